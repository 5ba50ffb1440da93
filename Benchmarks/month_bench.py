"""Questions to a month of a million decisions: how long each takes, and whether the answers are right. Ends with 1
when a bar is not kept."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
# At most so many seconds, and of records verified in a second at least so many.
SEARCH, REPLAY, VERIFY = 1, 60, 100_000


def run(*arguments, codes=(0,)) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(
        [os.environ["OCMGATE"], *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    took = time.monotonic() - began
    if done.returncode not in codes:
        sys.exit(f"{arguments}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return took, done.stdout


def same(what: str, found, wanted) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found} instead of {wanted}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    options = parser.parse_args()
    # What was asked, what came of it, the bar, and whether it is kept.
    rows: list[tuple[str, str, str, bool]] = []
    with tempfile.TemporaryDirectory(prefix="ocmgate-month-") as folder:
        folder = Path(folder)
        began = time.monotonic()
        subprocess.run([sys.executable, HERE / "month.py", folder / "month", "--decisions",
                        str(options.decisions)], check=True)
        month = folder / "month"
        journal, policy = month / "journal", month / "policy.toml"
        expected = json.loads((month / "expected.json").read_text())
        size = sum(file.stat().st_size for file in journal.iterdir())
        print(f"{options.decisions} decisions, {expected['lines']} lines, {size / 1e9:.2f} GB, made in "
              f"{time.monotonic() - began:.0f} s", file=sys.stderr)

        took, _ = run("journal", "verify", "--dir", journal, "--key", month / "journal.pub", "--head",
                      expected["head"])
        rows.append(("`journal verify`", f"{took:.1f} s, {expected['lines'] / took:,.0f} records a second",
                     f"{VERIFY:,} a second", expected["lines"] / took >= VERIFY))
        day = sorted(journal.iterdir())[15].stem
        following = sorted(journal.iterdir())[16].stem
        took, text = run("journal", "search", "--dir", journal, "--peer", "cloud7.partner.example", "--since", day,
                         "--until", following, "--json")
        rows.append(("`journal search`, a peer and a day", f"{took:.2f} s, {len(text.splitlines())} found",
                     f"{SEARCH} s", took <= SEARCH))
        took, text = run("policy", "replay", "--against", policy, "--dir", journal, "--json")
        found = json.loads(text)
        same("the same policy", (found["changed"], found["judged"], found["guarded"]),
             (0, expected["judged"], expected["guarded"]))
        rows.append(("`policy replay`, the same policy", f"{took:.1f} s", f"{REPLAY} s", took <= REPLAY))
        strict = month / "strict.toml"
        strict.write_text(policy.read_text().replace('mode   = "report"', ""))
        took, text = run("policy", "replay", "--against", strict, "--dir", journal, "--json", "--html",
                         month / "report.html", codes=(1,))
        found = json.loads(text)
        enforced = sum(row["transitions"].get("allow > deny token_exchange_required", 0) for row in found["by_kind"])
        same("tokens enforced", enforced, expected["tokens_enforced"])
        rows.append(("`policy replay`, tokens enforced", f"{took:.1f} s, {found['changed']} changes", f"{REPLAY} s",
                     took <= REPLAY))
        limited = month / "limited.toml"
        limited.write_text(policy.read_text() + '\n[[limit]]\nname = "flood"\non = "*.in"\nper = "peer"\n'
                           'rate = "60/min"\nburst = 120\n\n[[limit]]\nname = "fan-out"\non = "share.in"\n'
                           'per = "sender"\ndistinct = "recipient"\nrate = "50/day"\n')
        took, text = run("policy", "replay", "--against", limited, "--dir", journal, "--json", codes=(0, 1))
        rows.append(("`policy replay`, with two limits", f"{took:.1f} s, {json.loads(text)['changed']} changes",
                     f"{REPLAY} s", took <= REPLAY))
        took, _ = run("policy", "suggest", policy, "--dir", journal, "--json")
        rows.append(("`policy suggest`", f"{took:.1f} s", "–", True))
        line = next(line for line in (journal / f"{day}.jsonl").open() if '"type":"decision"' in line)
        took, _ = run("explain", json.loads(line)["decision"], "--dir", journal)
        rows.append(("`explain`", f"{took:.2f} s", "–", True))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("| question | time | at most |\n|---|---|---|")
    for name, value, bar, is_kept in rows:
        print(f"| {name} | {value}{'' if is_kept else ' **over**'} | {bar} |")
    print(f"\nThe most memory of one of them: {memory:.0f} MiB.")
    return 0 if all(is_kept for *_, is_kept in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

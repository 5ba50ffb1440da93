"""CPU time per request: the gateway against nginx and haproxy, interleaved, medians; a Markdown table."""

import argparse
import datetime
import re
import sys
import tempfile
from pathlib import Path

from cases import Cases, Row
from world import World


def amount(row: Row, value: float) -> str:
    if row.is_memory:
        return f"{value / 1024:.1f} KiB"
    return f"{value * 1e6:.1f} µs" if value < 0.01 else f"{value * 1e3:.1f} ms"


def bars(row: Row) -> str:
    """The one that counts, and the older ones that it took the place of."""
    if row.is_memory:
        return ", ".join(f"{bar / 1024:.0f} KiB" for bar in row.bars)
    first, *rest = [f"{bar:g}" for bar in sorted(row.bars)] or ["–"]
    return first + (f" (once {', '.join(rest)})" if rest else "")


def table(rows: list[Row]) -> str:
    lines = ["| case | ocmgate | beside | its own | ratio | at most |", "|---|---|---|---|---|---|"]
    for row in rows:
        mark = "" if row.is_kept else " **over**"
        lines.append(f"| {row.title} | {amount(row, row.ours)} | {row.beside} | "
                     f"{amount(row, row.theirs)} | {row.ratio:.2f}{mark} | {bars(row)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, choices=range(1, 21), metavar="1…20")
    parser.add_argument("--seconds", type=int, default=2, choices=range(1, 31), metavar="1…30",
                        help="of one round of one server")
    parser.add_argument("--only", metavar="NAME,…", help="of: " + ", ".join(Cases.names()))
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else Cases.names()
    if unknown := set(names) - set(Cases.names()):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="ocmgate-bench-") as place:
        world = World(Path(place))
        try:
            cases = Cases(world, chosen.rounds, chosen.seconds)
            rows = [row for name in Cases.names() if name in names for row in cases.run(name)]
            cipher = world.cipher
        finally:
            world.stop()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.M))
    print(f"{datetime.date.today()}, {cores} cores of {model[1] if model else 'unknown'}; {cipher}; "
          f"medians of {chosen.rounds} interleaved rounds, CPU time per request of the proxy.\n")
    print(table(rows))
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

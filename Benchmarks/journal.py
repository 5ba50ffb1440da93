"""What the journal costs: shares with and without it, and reading a month of it.

    .venv/bin/python Benchmarks/journal.py [--records 1000000] [--shares 1500]

The gateway is the release build. Shares go over 8 connections; CPU time is that of the gateway's process, time is
that of the clock. The month has lines as the gateway writes them, without checkpoints and with one peer in a hundred
asked for; `verify` reads all of it, `search` one day.
"""

import argparse
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "Tests/Harness"))

from backend import ScriptedBackend  # noqa: E402
from certificates import Authority  # noqa: E402
from gateway import Evidence, Gateway, binary  # noqa: E402
from legacy import LegacyServer  # noqa: E402
from peers import PeerServer, as_json, share  # noqa: E402
from wire import compose  # noqa: E402

HOST = "cloud.test"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(folder: Path, count: int, rounds: int) -> None:
    """Interleaved rounds of distinct signed shares, with the journal and without."""
    authority = Authority(folder)
    peers = PeerServer(authority)
    peer = peers.add("modern.test", "rfc9421")
    backend = ScriptedBackend(LegacyServer("nextcloud", f"https://{HOST}").script)
    made = {}
    for name in ("with", "without"):
        made[name] = Gateway(
            folder / name, authority, Evidence(), peers, backend.url,
            configuration="[limits]\nrequests_per_connection = 1000000000\n")
        if name == "without":
            file = made[name].configuration
            file.write_text(file.read_text().replace(f'dir = "{folder / name}/journal"', 'dir = ""'))
        made[name].start()
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in made}
    try:
        for _ in range(rounds):
            for name, gateway in made.items():
                messages = []
                for _ in range(count):
                    body = as_json(share(peer))
                    fields = peer.signed("POST", f"https://{HOST}/ocm/shares", body, "application/json",
                                         nonce=secrets.token_hex(8))
                    messages.append(compose("POST /ocm/shares HTTP/1.1", fields, body))
                figures[name].append(once(gateway, messages))
                backend.take()
    finally:
        for gateway in made.values():
            gateway.stop()
        backend.stop()
        peers.stop()
    for name, runs in figures.items():
        wall, cpu = (sorted(each)[len(each) // 2] for each in zip(*runs))
        print(f"shares {name} the journal: {count / wall:.0f} a second, "
              f"{cpu / count * 1e6:.0f} us of CPU each")


def once(gateway: Gateway, messages: list[bytes]) -> tuple[float, float]:
    refused: list[int] = []

    def work(mine):
        with gateway.connect() as connection:
            for message in mine:
                connection.send(message)
                status = connection.receive("POST").status
                if status != 201:
                    refused.append(status)

    threads = [threading.Thread(target=work, args=(messages[part::8],)) for part in range(8)]
    before, start = cpu_seconds(gateway.process.pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - start
    if refused:
        raise RuntimeError(f"{len(refused)} shares answered {refused[0]}")
    return wall, cpu_seconds(gateway.process.pid) - before


def month(folder: Path, sample: dict, records: int) -> None:
    """Writes thirty days of lines that link up."""
    previous, seq = bytes(32), 0
    start = date(2026, 10, 1)
    for number in range(30):
        day = start + timedelta(days=number)
        rows = []

        def add(kind: str, members: dict) -> None:
            nonlocal previous, seq
            seq += 1
            head = json.dumps({"seq": seq, "type": kind, "at": f"{day}T12:00:00.000Z"} | members,
                              separators=(",", ":"), ensure_ascii=False).encode()[:-1]
            previous = hashlib.sha256(previous + head).digest()
            rows.append(head + b',"hash":"' + previous.hex().encode() + b'"}\n')

        add("begin", {"prev": previous.hex(), "site": HOST})
        for each in range(records // 30):
            add("decision", sample | {"decision": f"06p8x2m4k{each:07d}"[:16],
                                      "peer": f"peer{each % 100}.test"})
        (folder / f"{day}.jsonl").write_bytes(b"".join(rows))


def read(folder: Path, sample: dict, records: int) -> None:
    journal = folder / "month"
    journal.mkdir(mode=0o700)
    month(journal, sample, records)
    size = sum(file.stat().st_size for file in journal.iterdir())
    key = folder / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "private.pem"], check=True)
    subprocess.run(["openssl", "pkey", "-in", folder / "private.pem", "-pubout", "-out", key], check=True)
    for name, arguments in {
        "verify": ["verify", "--key", key],
        "search by peer and day": ["search", "--peer", "peer7.test", "--day", "2026-10-15", "--json"],
        "search by peer, the whole month": ["search", "--peer", "peer7.test", "--limit", "10", "--json"],
    }.items():
        start = time.monotonic()
        run = subprocess.run([binary(), "journal", *arguments, "--dir", journal],
                             capture_output=True, text=True)
        took = time.monotonic() - start
        if run.returncode != 0:
            raise RuntimeError(f"{name}: {run.stdout[-500:]}{run.stderr[-500:]}")
        print(f"{name}: {took:.2f} s for {records} records of {size / records:.0f} bytes, "
              f"{records / took:.0f} a second; {len(run.stdout.splitlines())} lines out")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--shares", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shares(folder, options.shares, options.rounds)
        file = min((folder / "with/journal").glob("*.jsonl"))
        rows = [json.loads(row) for row in file.read_text().splitlines()]
        sample = next(row for row in rows if row["type"] == "decision" and row["action"] == "allow")
        for member in ("seq", "type", "at", "hash"):
            del sample[member]
        read(folder, sample, options.records)
    return 0


if __name__ == "__main__":
    sys.exit(main())

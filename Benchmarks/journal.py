"""What the journal costs: shares with and without it (reading a month of it: scripts/month).

    .venv/bin/python Benchmarks/journal.py [--shares 1500] [--rounds 3] [--senders 32]

The gateway is the release build. Shares go over so many connections; CPU time is that of the gateway's process, time is
that of the clock.
"""

import argparse
import os
import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "Tests/Harness"))

from backend import ScriptedBackend  # noqa: E402
from certificates import Authority  # noqa: E402
from gateway import Evidence, Gateway  # noqa: E402
from legacy import LegacyServer  # noqa: E402
from peers import PeerServer, as_json, share  # noqa: E402
from wire import compose  # noqa: E402

HOST = "cloud.test"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(folder: Path, count: int, rounds: int, senders: int) -> None:
    """Interleaved rounds of distinct signed shares, with the journal and without."""
    authority = Authority(folder)
    peers = PeerServer(authority)
    peer = peers.add("modern.test", "rfc9421")
    backend = ScriptedBackend(LegacyServer("nextcloud", f"https://{HOST}").script)
    made = {}
    for name in ("with", "without"):
        made[name] = Gateway(
            folder / name, authority, Evidence(), peers, backend.url,
            configuration="[limits]\nrequests_per_connection = 1000000000\nper_client = 1024\n")
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
                figures[name].append(once(gateway, messages, senders))
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


def once(gateway: Gateway, messages: list[bytes], senders: int) -> tuple[float, float]:
    refused: list[int] = []

    def work(mine):
        with gateway.connect() as connection:
            for message in mine:
                connection.send(message)
                status = connection.receive("POST").status
                if status != 201:
                    refused.append(status)

    threads = [threading.Thread(target=work, args=(messages[part::senders],))
               for part in range(senders)]
    before, start = cpu_seconds(gateway.process.pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - start
    if refused:
        raise RuntimeError(f"{len(refused)} shares answered {refused[0]}")
    return wall, cpu_seconds(gateway.process.pid) - before


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shares", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, default=32, help="connections that shares come by")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        shares(Path(name), options.shares, options.rounds, options.senders)
    return 0


if __name__ == "__main__":
    sys.exit(main())

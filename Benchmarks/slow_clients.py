"""How long good requests take beside crowds of slow clients, alone and with them; a Markdown table of
medians, since the 99th percentile of either moves by twice on a machine that others use too.

    OCMGATE=<release binary> PYTHONPATH=Tests/Harness .venv/bin/python Benchmarks/slow_clients.py [--large]
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from certificates import Authority
from crowds import Crowd, allow_descriptors, measure
from gateway import Evidence, Gateway
from listener import free_port
from peers import serving
from servers import start_origin
from sink import Sink

HOST = "cloud.test"
MODEST = {"head": 400, "body": 400, "read": 400, "hung": 400}
# More of the last than nginx has in its queue would not be connected.
LARGE = {"head": 8000, "body": 8000, "read": 900, "hung": 400}
WORDS = {"head": "slow heads", "body": "slow bodies", "read": "readers that take nothing",
         "hung": "requests for a backend that is stopped"}


def wait_for(gateway: Gateway, count: int) -> None:
    """Until it has so many sockets."""
    deadline = time.monotonic() + 120
    while len(os.listdir(f"/proc/{gateway.process.pid}/fd")) < count:
        if time.monotonic() > deadline:
            raise TimeoutError("the crowd does not get in")
        time.sleep(0.1)


def beside(gateway: Gateway, plain: int, origin, form: str, count: int, requests: int) -> list:
    """Waits alone, and beside the crowd."""
    # Of a backend that hangs nothing can be had; of what is in memory all.
    target = "/.well-known/ocm" if form == "hung" else "/1k"
    alone = measure(gateway, target, requests)
    before = len(os.listdir(f"/proc/{gateway.process.pid}/fd"))
    pid = origin.process.pid
    children = [int(word) for word in
                Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    if form == "hung":
        for child in children:
            os.kill(child, signal.SIGSTOP)
    try:
        with Crowd(plain, form, count):
            wait_for(gateway, before + count)
            return [alone, measure(gateway, target, requests), gateway.memory("VmRSS") >> 20]
    finally:
        for child in children:
            os.kill(child, signal.SIGCONT)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--large", action="store_true", help="crowds of up to 8,000")
    options.add_argument("--requests", type=int, default=1000, help="of each of two good clients")
    options.add_argument("--rounds", type=int, default=5, help="alone and beside it, of each crowd")
    chosen = options.parse_args()
    allow_descriptors()
    discovery = json.dumps({
        "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": f"https://{HOST}/ocm",
        "resourceTypes": [{"name": "file", "shareTypes": ["user"],
                           "protocols": {"webdav": "/public.php/webdav/"}}]})
    over = False
    with tempfile.TemporaryDirectory() as name:
        folder, plain = Path(name), free_port()
        authority = Authority(folder)
        with serving(authority, {"modern.test": "rfc9421"}) as peers:
            sink = Sink()
            origin = start_origin(folder, discovery, sink.port)
            gateway = Gateway(
                folder / "gateway", authority, Evidence(), peers,
                f"http://127.0.0.1:{origin.port}",
                configuration='[limits]\nconnections = 9500\nrequest_head = "10m"\n'
                              'requests_per_connection = 1000000\n')
            gateway.configuration.write_text(gateway.configuration.read_text().replace(
                "[tls.", f'[[listen]]\naddress = "127.0.0.1:{plain}"\n\n[tls.', 1))
            gateway.start()
            try:
                print("| crowd | alone, p50 / p99 | beside it, p50 / p99 | p99, at most 2 | memory |")
                print("|---|---|---|---|---|")
                for form, count in (LARGE if chosen.large else MODEST).items():
                    rounds = []
                    for _ in range(chosen.rounds):
                        alone, with_it, memory = beside(
                            gateway, plain, origin, form, count, chosen.requests)
                        if alone.statuses | with_it.statuses != {200}:
                            raise RuntimeError(f"{form}: {alone.statuses} {with_it.statuses}")
                        rounds.append((alone.p50, alone.p99, with_it.p50, with_it.p99,
                                       with_it.p99 / alone.p99, memory))
                        time.sleep(2)
                    first, last, beside_first, beside_last, ratio, memory = map(
                        statistics.median, zip(*rounds))
                    over |= ratio > 2
                    print(f"| {count} {WORDS[form]} | {first:.2f} / {last:.2f} ms | "
                          f"{beside_first:.2f} / {beside_last:.2f} ms | {ratio:.2f}"
                          f"{' **over**' if ratio > 2 else ''} | {memory:.0f} MiB |", flush=True)
            finally:
                gateway.stop()
                origin.stop()
                sink.stop()
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())

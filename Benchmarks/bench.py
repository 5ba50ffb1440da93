"""CPU time per request: the gateway against nginx, interleaved, medians; a Markdown table."""

import argparse
import base64
import datetime
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from backend import answer
from certificates import Authority
from gateway import Evidence, Gateway
from peers import Peer, PeerServer, as_json, share
from relay import Relay
from servers import cpu_seconds, start_data, start_origin, start_proxy, start_way
from wire import Connection, compose

HOST = "cloud.test"
FILE = "/public.php/webdav/1k"
SIGNED = 1500
# Connections that they come by.
SENDERS = 32


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Where the peer has its data.
DATA_HOST = "data.test"


class Sender(Peer):
    """A peer that gives a token for every code, and has its data on another host."""

    def script(self, request):
        if request.target == "/ocm/token":
            return answer(200, {"access_token": "t" * 64, "token_type": "Bearer", "expires_in": 3600})
        return super().script(request)


class Peers(PeerServer):
    """The peers, and the host of their data."""

    def __init__(self, authority: Authority):
        self.places: dict[str, str] = {}
        super().__init__(authority)

    def resolve(self) -> dict[str, str]:
        return super().resolve() | self.places


class Bench:
    def __init__(self, folder: Path, seconds: float, rounds: int):
        self.seconds, self.rounds, self.folder = seconds, rounds, folder
        self.authority = Authority(folder)
        self.peers = Peers(self.authority)
        self.peer = self.peers.put(Sender("modern.test", "rfc9421"))
        discovery = json.dumps({
            "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": f"https://{HOST}/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user"],
                               "protocols": {"webdav": "/public.php/webdav/"}}]})
        self.origin = start_origin(folder, discovery)
        self.proxy = start_proxy(folder, self.origin, self.authority.issue(HOST))
        self.data = start_data(folder, self.authority.issue(DATA_HOST))
        self.peers.places[f"{DATA_HOST}:443"] = f"127.0.0.1:{self.data.port}"
        self.way = start_way(folder, self.data, DATA_HOST, self.authority.issue(HOST),
                             self.authority.file)
        evidence = Evidence()
        self.gateway = Gateway(
            folder / "gateway", self.authority, evidence, self.peers,
            f"http://127.0.0.1:{self.origin.port}", ttl="1h", egress="",
            partners=[self.peer.host, DATA_HOST],
            configuration="[limits]\nrequests_per_connection = 1000000000\n").start()
        self.token = self.gateway.token(self.peer, evidence.secret())
        self.targets = {"gateway": (self.gateway.process.pid, self.gateway.port),
                        "nginx": (self.proxy.process.pid, self.proxy.port)}
        self.relays = [Relay(self.gateway.egress_port, self.peer.host), Relay(self.way.port)]
        self.targets |= {"way out": (self.gateway.process.pid, self.relays[0].port),
                         "nginx, TLS to TLS": (self.way.process.pid, self.relays[1].port)}

    def receive_share(self) -> str:
        """A share of the peer's whose data are elsewhere; the credential of the backend."""
        body = share(self.peer, resourceType="folder")
        webdav = body["protocol"]["webdav"]
        webdav |= {"uri": f"https://{DATA_HOST}/data/", "requirements": []}
        response = self.gateway.post(self.peer, "/ocm/shares", body)
        if response.status != 201:
            raise RuntimeError(f"the share was answered {response.status}: {response.body!r}")
        pair = base64.b64encode(f"{webdav['sharedSecret']}:".encode()).decode()
        return f"Authorization: Basic {pair}"

    def stop(self) -> None:
        for relay in self.relays:
            relay.stop()
        self.gateway.stop()
        self.way.stop()
        self.data.stop()
        self.proxy.stop()
        self.origin.stop()
        self.peers.stop()

    # One measurement: seconds of CPU per request

    def with_wrk(self, name: str, path: str, connections: int, headers=()) -> float:
        pid, port = self.targets[name]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{self.seconds}s", "--timeout", "30s"]
        if not any(header.startswith("Host:") for header in headers):
            command += ["-H", f"Host: {HOST}"]
        for header in headers:
            command += ["-H", header]
        before = cpu_seconds(pid)
        run = subprocess.run(command + [f"https://127.0.0.1:{port}{path}"],
                             capture_output=True, text=True, check=True)
        used = cpu_seconds(pid) - before
        count = int(re.search(r"(\d+) requests in", run.stdout)[1])
        if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout):
            raise RuntimeError(f"{name} {path}: {bad[1]} of {count} answers were refusals")
        if errors := re.search(r"Socket errors: (.*)", run.stdout):
            raise RuntimeError(f"{name} {path}: socket errors: {errors[1]}")
        return used / count

    def with_shares(self, name: str) -> float:
        """Distinct signed messages, made before the clock starts, over kept connections."""
        import secrets

        messages = []
        for _ in range(SIGNED):
            body = as_json(share(self.peer))
            fields = self.peer.signed("POST", f"https://{HOST}/ocm/shares", body,
                                      "application/json", nonce=secrets.token_hex(8))
            messages.append(compose("POST /ocm/shares HTTP/1.1", fields, body))
        pid, port = self.targets[name]
        refused: list[int] = []

        def work(mine):
            with Connection(("127.0.0.1", port), self.authority.client_context(), HOST) as one:
                for message in mine:
                    one.send(message)
                    status = one.receive().status
                    if status != 201:
                        refused.append(status)

        threads = [threading.Thread(target=work, args=(messages[part::SENDERS],))
                   for part in range(SENDERS)]
        before = cpu_seconds(pid)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used = cpu_seconds(pid) - before
        if refused:
            raise RuntimeError(f"{name}: {len(refused)} shares answered {refused[0]}")
        return used / SIGNED

    # Cases

    def compare(self, title: str, gateway, nginx) -> tuple[float, float]:
        """Medians of interleaved rounds."""
        ours, theirs = [], []
        for number in range(self.rounds):
            say(f"{title}: round {number + 1} of {self.rounds}")
            ours.append(gateway())
            theirs.append(nginx())
        return statistics.median(ours), statistics.median(theirs)

    def run(self) -> list[tuple[str, float, float, float, float]]:
        """(case, gateway, compared with, ratio, bound)"""
        rows = []

        def row(title, pair, bound, more=0.0):
            ours, theirs = pair[0], pair[1] + more
            rows.append((title, ours, theirs, ours / theirs, bound))

        bearer = [f"Authorization: Bearer {self.token}"]
        row("pass-through, 1 KiB, TLS, keep-alive",
            self.compare("pass-through", lambda: self.with_wrk("gateway", "/1k", 16),
                         lambda: self.with_wrk("nginx", "/1k", 16)), 1.3)
        row("download, 64 MiB",
            self.compare("download", lambda: self.with_wrk("gateway", "/64m", 2),
                         lambda: self.with_wrk("nginx", "/64m", 2)), 1.3)
        row("WebDAV GET by token, 1 KiB, against plain pass-through",
            self.compare("WebDAV", lambda: self.with_wrk("gateway", FILE, 16, bearer),
                         lambda: self.with_wrk("nginx", FILE, 16)), 1.5)
        verification = verification_seconds()
        row("signed share (Ed25519), against one verification + pass-through",
            self.compare("shares", lambda: self.with_shares("gateway"),
                         lambda: self.with_shares("nginx")), 1.3, verification)
        secret = self.receive_share()
        theirs = [f"Host: {self.peer.host}", secret]
        row("the way out: intercepted WebDAV GET by token, 1 KiB, keep-alive, against TLS to TLS",
            self.compare("way out", lambda: self.with_wrk("way out", FILE, 16, theirs),
                         lambda: self.with_wrk("nginx, TLS to TLS", FILE, 16, theirs)), 1.5)
        once = "/public.php/webdav/once/1k"
        ends = [*theirs, "Connection: close"]
        row("the way out: a request on new connections, against a pair of TLS handshakes",
            self.compare("handshakes", lambda: self.with_wrk("way out", once, 8, ends),
                         lambda: self.with_wrk("nginx, TLS to TLS", once, 8, ends)), 1.3)
        return rows


def verification_seconds() -> float:
    """One Ed25519 verification, as `openssl speed` has it."""
    run = subprocess.run(["openssl", "speed", "-seconds", "2", "-mr", "ed25519"],
                         capture_output=True, text=True, check=True)
    match = re.search(r"^\+F\d+:\d+:\d+:Ed25519:([\d.e-]+):([\d.e-]+)", run.stdout, re.M)
    value = float(match[2])
    return value if value < 0.01 else 1 / value


def amount(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs" if seconds < 0.01 else f"{seconds * 1e3:.0f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one round of one server")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ocmgate-bench-") as name:
        bench = Bench(Path(name), chosen.seconds, chosen.rounds)
        try:
            rows = bench.run()
        finally:
            bench.stop()
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.M))
    print(f"{datetime.date.today()}, {cores} cores of {model[1] if model else 'unknown'}; "
          f"medians of {chosen.rounds} interleaved rounds, CPU time per request of the proxy.\n")
    print("| case | ocmgate | compared with | ratio | at most |")
    print("|---|---|---|---|---|")
    for title, ours, theirs, ratio, bound in rows:
        mark = "" if ratio <= bound else " **over**"
        print(f"| {title} | {amount(ours)} | {amount(theirs)} | {ratio:.2f}{mark} | {bound} |")
    return 0 if all(row[3] <= row[4] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

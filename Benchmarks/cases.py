"""What is measured, case by case; each gives the rows of the table that come of it."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from load import allow_descriptors, idle_connections, sending, uploading, with_h2load, \
    with_handshakes, with_wrk
from processes import cpu_seconds, memory
from senders import A_SECOND, shares, verification_seconds
from world import World

# Connections that shares come by.
SENDERS = 32
HANDSHAKES = 400
IDLE = 8000
FILE = "/public.php/webdav/1k"


@dataclass(frozen=True)
class Row:
    """One comparison. `bars` are ratios, or with `is_memory` bytes; the smallest is what counts."""

    title: str
    ours: float
    beside: str
    theirs: float
    bars: tuple[float, ...] = ()
    is_memory: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def is_kept(self) -> bool:
        return all((self.ours if self.is_memory else self.ratio) <= bar for bar in self.bars)


class Cases:
    """The cases by name, in the order in which they run: idle connections need nothing quiet, and
    shares fill the state, so that they come late."""

    def __init__(self, world: World, rounds: int, seconds: int):
        self.world, self.rounds, self.seconds = world, rounds, seconds
        self.context = world.authority.client_context()

    @classmethod
    def names(cls) -> list[str]:
        return list(CASES)

    def run(self, name: str) -> list[Row]:
        begun = time.monotonic()
        rows = CASES[name](self)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return rows

    # Measuring

    def interleaved(self, measures: dict[str, Callable[[], float]]) -> dict[str, float]:
        """The median of each over the rounds; another one begins each round."""
        taken: dict[str, list[float]] = {name: [] for name in measures}
        names = list(measures)
        for number in range(self.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                taken[name].append(measures[name]())
        return {name: statistics.median(values) for name, values in taken.items()}

    def each(self, load: Callable[[int, int], int], targets=("gateway", "nginx", "haproxy")
             ) -> dict[str, float]:
        """Seconds of CPU for one of what `load` counts; it gets the ports with TLS and without."""
        def measure(target):
            pid, port, plain = self.world.targets[target]
            return lambda: cost(pid, lambda: load(port, plain))

        return self.interleaved({target: measure(target) for target in targets})

    def against_both(self, title: str, load, nginx: tuple[float, ...] = (),
                     haproxy: tuple[float, ...] = ()) -> list[Row]:
        took = self.each(load)
        return [Row(title, took["gateway"], "nginx", took["nginx"], nginx),
                Row(title, took["gateway"], "haproxy", took["haproxy"], haproxy)]

    # Cases

    def plain(self):
        return self.against_both("HTTP/1.1 without TLS, 1 KiB", lambda _, plain: with_wrk(
            f"http://127.0.0.1:{plain}/1k", 16, self.seconds))

    def tls(self):
        return self.against_both("HTTP/1.1 over TLS, 1 KiB", lambda port, _: with_wrk(
            f"https://127.0.0.1:{port}/1k", 16, self.seconds), (1.0, 1.3))

    def tls_100k(self):
        return self.against_both("HTTP/1.1 over TLS, 100 KiB", lambda port, _: with_wrk(
            f"https://127.0.0.1:{port}/100k", 16, self.seconds))

    def http2(self):
        return self.against_both("HTTP/2 over TLS, 1 KiB", lambda port, _: with_h2load(
            f"https://127.0.0.1:{port}/1k", self.seconds, self.world.cipher), (0.85,), (1.05,))

    def http2_100k(self):
        return self.against_both("HTTP/2 over TLS, 100 KiB", lambda port, _: with_h2load(
            f"https://127.0.0.1:{port}/100k", self.seconds, self.world.cipher))

    def download(self):
        return self.against_both("download over TLS, 64 MiB", lambda port, _: with_wrk(
            f"https://127.0.0.1:{port}/64m", 2, self.seconds), (1.0, 1.3))

    def upload(self):
        script = uploading(self.world.folder, 64 << 20)
        return self.against_both("upload over TLS, 64 MiB", lambda port, _: with_wrk(
            f"https://127.0.0.1:{port}/sink", 2, self.seconds, script=script), (1.0,))

    def handshake(self):
        return self.against_both("full handshake, TLS 1.3, P-256", lambda port, _: with_handshakes(
            port, self.context, HANDSHAKES, False), (1.05,))

    def resumed(self):
        return self.against_both("resumed handshake, TLS 1.3", lambda port, _: with_handshakes(
            port, self.context, HANDSHAKES, True))

    def webdav(self):
        bearer = [f"Authorization: Bearer {self.world.token()}"]
        ours, nginx = (self.world.targets[name][:2] for name in ("gateway", "nginx"))

        def get(target, path, headers=()):
            return lambda: cost(target[0], lambda: with_wrk(
                f"https://127.0.0.1:{target[1]}{path}", 16, self.seconds, headers))

        took = self.interleaved({"token": get(ours, FILE, bearer), "own": get(ours, "/1k"),
                                 "nginx": get(nginx, FILE)})
        title = "WebDAV GET by token, 1 KiB"
        return [Row(title, took["token"], "own pass-through", took["own"], (1.15,)),
                Row(title, took["token"], "nginx", took["nginx"], (1.5,))]

    def shares(self, algorithm: str, own=(), nginx=()) -> list[Row]:
        peer = self.world.senders[algorithm]
        verification = verification_seconds(algorithm)

        def post(target, path, count):
            pid, port, _ = self.world.targets[target]

            def measure():
                # Signed before the clock starts.
                script = sending(self.world.folder, shares(peer, count, path))
                return cost(pid, lambda: with_wrk(
                    f"https://127.0.0.1:{port}", SENDERS, 1, script=script))
            return measure

        took = self.interleaved({"share": post("gateway", "/ocm/shares", A_SECOND),
                                 "own": post("gateway", "/plain/shares", 500),
                                 "nginx": post("nginx", "/plain/shares", 500)})
        title = f"signed share, {algorithm}, with the journal"
        return [Row(title, took["share"], "verification + own pass-through",
                    verification + took["own"], own),
                Row(title, took["share"], "verification + nginx", verification + took["nginx"], nginx)]

    def way_out(self, file: str, title: str, connections: int, bar: float, *more: str) -> list[Row]:
        world = self.world
        headers = [f"Host: {world.peer.host}", world.received_share(), *more]
        places = zip((world.gateway, world.way), world.relays)
        ours, theirs = ((server.process.pid, relay.port) for server, relay in places)

        def get(target):
            return lambda: cost(target[0], lambda: with_wrk(
                f"https://127.0.0.1:{target[1]}{file}", connections, self.seconds, headers))

        took = self.interleaved({"ours": get(ours), "theirs": get(theirs)})
        return [Row(title, took["ours"], "nginx, TLS to TLS", took["theirs"], (bar,))]

    def idle(self):
        """Each on servers of its own: what others left free would hide what is taken."""
        allow_descriptors(2 * IDLE + 500)
        rows = []
        for kind, context, bar in (("without TLS", None, 6 << 10), ("TLS", self.context, 24 << 10)):
            held = {}
            for start in (self.world.another_gateway, self.world.another_nginx):
                name = start.__name__.removeprefix("another_")
                server = start(f"idle-{name}-{kind.replace(' ', '-')}")
                port = server.plain if context is None else server.port
                for one in idle_connections(port, context, 50):
                    one.close()
                before = memory(server.process.pid)
                connections = idle_connections(port, context, IDLE)
                held[name] = (memory(server.process.pid) - before) / IDLE
                for one in connections:
                    one.close()
                self.world.end(server)
            rows.append(Row(f"memory of an idle connection, {kind}", held["gateway"], "nginx",
                            held["nginx"], (bar,), is_memory=True))
        return rows


def cost(pid: int, load: Callable[[], int]) -> float:
    """Seconds of CPU of a process for one of what `load` counts."""
    before = cpu_seconds(pid)
    count = load()
    # What is left to do after the last answer belongs to it.
    time.sleep(0.1)
    return (cpu_seconds(pid) - before) / count


CASES: dict[str, Callable[[Cases], list[Row]]] = {
    "idle": Cases.idle,
    "plain": Cases.plain,
    "tls": Cases.tls,
    "tls-100k": Cases.tls_100k,
    "http2": Cases.http2,
    "http2-100k": Cases.http2_100k,
    "download": Cases.download,
    "upload": Cases.upload,
    "handshake": Cases.handshake,
    "resumed": Cases.resumed,
    "webdav": Cases.webdav,
    "way-out": lambda cases: cases.way_out(
        FILE, "the way out: intercepted WebDAV GET by token, 1 KiB", 16, 1.5),
    "way-out-new": lambda cases: cases.way_out(
        "/public.php/webdav/once/1k", "the way out: a request on new connections", 8, 1.3,
        "Connection: close"),
    "share-ed25519": lambda cases: cases.shares("ed25519", (1.1,), (1.3,)),
    "share-p256": lambda cases: cases.shares("ecdsap256"),
    "share-rsa": lambda cases: cases.shares("rsa2048"),
}

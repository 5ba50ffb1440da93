"""A small federation: an old server behind a gateway, the peers of each age, and one behind another
gateway. All that is said between them passes one listener, which keeps it."""

import base64
import re
from urllib.parse import quote

from backend import ScriptedBackend, answer
from gateway import Gateway
from oldserver import OldServer
from peers import PeerServer
from strictserver import StrictServer
from verify import Keys, Unverified, either
from ways import RELAYS, DirectWay
from wire import Connection, compose, read_response

GATEWAYS = "127.0.0.1"
HOME, FAR = "home.test", "far.test"
STRICT, CAVAGE, LEGACY, THIRD = "strict.test", "cavage.test", "legacy.test", "third.test"
FOURTH = "fourth.test"


class Relay:
    """What stands at a gateway's public name: it hands on, so that the listener can keep it."""

    generation = "rfc9421"

    def __init__(self, host: str, place):
        self.host, self.place = host, place
        self.requests = []
        # A test may answer in the gateway's place.
        self.before = lambda request: None

    def script(self, request) -> bytes:
        told = self.before(request)
        if told is not None:
            return told
        gateway = self.place()
        if gateway is None or gateway.process is None:
            return answer(503)
        fields = [(name, value) for name, value in request.headers
                  if name.lower() not in ("transfer-encoding", "connection")]
        if "content-length" not in {name.lower() for name, _ in fields} and request.body:
            fields.append(("Content-Length", str(len(request.body))))
        with Connection(("127.0.0.1", gateway.port), gateway.authority.client_context(), self.host,
                        40, source=RELAYS) as connection:
            connection.send(compose(request.start, fields, request.body))
            got = read_response(connection.reader, request.method)
        fields = [(name, value) for name, value in got.headers
                  if name.lower() not in ("transfer-encoding", "connection", "content-length")]
        if request.method == "HEAD":
            fields += [("Content-Length", value) for value in got.all("content-length")]
        elif got.status not in (204, 304):
            fields.append(("Content-Length", str(len(got.body))))
        return compose(got.start, fields, got.body)


class Federation:
    """`kind` is the old server behind the gateway at home."""

    def __init__(self, folder, authority, evidence, kind: str, far_kind: str = "nc27",
                 policy: str = "", configuration: str = "", egress: str = "", **options):
        self.kind = kind
        self.evidence = evidence
        self.capture = PeerServer(authority, keeps=True)
        self.home: Gateway | None = None
        self.far: Gateway | None = None
        self.home_relay = self.capture.put(Relay(HOME, lambda: self.home))
        self.far_relay = self.capture.put(Relay(FAR, lambda: self.far))
        self.strict = self.capture.put(StrictServer(STRICT, evidence))
        self.cavage = self.capture.put(OldServer("nc33", CAVAGE, evidence))
        self.legacy = self.capture.put(OldServer("nc27", LEGACY, evidence))
        self.third = self.capture.put(OldServer("nc27", THIRD, evidence))
        self.fourth = self.capture.put(OldServer("nc27", FOURTH, evidence))
        self.context = authority.client_context()
        for server in (self.strict, self.cavage, self.legacy, self.third, self.fourth):
            server.way = DirectWay(self.context, self.capture.resolve)
        self.backend = OldServer(kind, HOME, evidence)
        self.far_backend = OldServer(far_kind, FAR, evidence)
        self.listeners = []
        common = {"partners": [STRICT, CAVAGE, HOME, FAR], "legacy": [LEGACY, THIRD, FOURTH],
                  "policy": policy, "configuration": configuration}
        common |= options
        self.home = self._gateway(folder / "home", authority, self.backend, egress, common)
        self.far = self._gateway(folder / "far", authority, self.far_backend, egress, common)
        self.peers = {"strict": self.strict, "cavage": self.cavage, "legacy": self.legacy,
                      "gateway": self.far_backend}

    def _gateway(self, folder, authority, backend: OldServer, egress, options) -> Gateway:
        listener = ScriptedBackend(backend.script)
        self.listeners.append(listener)
        # No list names the site itself.
        partners = [host for host in options["partners"] if host != backend.host]
        gateway = Gateway(folder, authority, self.evidence, self.capture, listener.url,
                          host=backend.host, kind=backend.kind.family, egress=egress,
                          **options | {"partners": partners})
        backend.way = gateway.way_out(backend.kind.agent)
        backend.checks = False
        return gateway

    def start(self) -> "Federation":
        self.home.start()
        self.far.start()
        return self

    def stop(self) -> None:
        wrong = self.home.end() + self.far.end()
        self.capture.stop()
        for listener in self.listeners:
            listener.stop()
        assert wrong == [], "\n".join(wrong)

    # What was on the wire outside

    def mark(self) -> int:
        return len(self.capture.exchanges)

    def since(self, mark: int = 0):
        return self.capture.exchanges[mark:]

    def of_gateways(self, mark: int = 0):
        """(host, request) of what the gateways sent."""
        return [(host, request) for source, host, request, _ in self.since(mark)
                if source == GATEWAYS]

    def messages(self, mark: int = 0):
        """The OCM messages and token requests that the gateways sent, to whom."""
        return [(host, request) for host, request in self.of_gateways(mark)
                if request.method == "POST"]

    def keys(self) -> dict[str, Keys]:
        way = DirectWay(self.context, self.capture.resolve)
        return {host: Keys.fetch(way, host) for host in (HOME, FAR)}

    def unverified(self, mark: int = 0, keys: dict[str, Keys] | None = None) -> list[str]:
        """Every request of an OCM API that the gateways sent and that nobody can verify."""
        keys = keys or self.keys()
        wrong = []
        for host, request in self.messages(mark):
            path = request.target.partition("?")[0]
            if "/ocs/" in path:
                wrong.append(f"{host}: {request.start}: the older API, which nobody can sign")
                continue
            if "shareinfo" in path:
                continue
            problems = []
            for key in keys.values():
                try:
                    either(request, host, key)
                    break
                except Unverified as error:
                    problems.append(str(error))
            else:
                wrong.append(f"{host}: {' | '.join(problems)}")
        return wrong

    def leaks(self, mark: int = 0) -> list[str]:
        """Where a permanent secret of a server behind a gateway, in any form, was outside."""
        found = []
        secrets = [(share.secret, backend.host) for backend in (self.backend, self.far_backend)
                   for share in list(backend.ever)]
        for source, host, request, told in self.since(mark):
            text = request.raw_head + request.body + told
            inside = b" ".join(decoded(text))
            for secret, of in secrets:
                for form in forms(secret):
                    if form in text or form in inside:
                        found.append(f"a secret of {of}, in {request.start} for {host} or its "
                                     f"answer (dialled by {source})")
        return found


def forms(secret: str) -> set[bytes]:
    """How it may be written where nobody should find it."""
    plain = secret.encode()
    return {plain, quote(secret, safe="").encode(), plain.hex().encode(),
            base64.b64encode(plain).rstrip(b"="), base64.b64encode(plain + b":").rstrip(b"="),
            base64.urlsafe_b64encode(plain).rstrip(b"=")}


def decoded(text: bytes):
    """What is inside the Basic credentials of a message."""
    for found in re.findall(rb"(?i)basic ([A-Za-z0-9+/=]+)", text):
        try:
            yield base64.b64decode(found)
        except ValueError:
            continue

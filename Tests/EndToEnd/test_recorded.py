"""What real servers said to each other, said again to a gateway in front of one of them.

A recorded message goes out as it was recorded, but for what time and keys have made void: a signed
one is signed anew, and a secret that the gateway's way out would have replaced by a code is
replaced by that code. The scripted backend answers what the real one answered, and what reaches it
must be what it could have got from a server of its own age.
"""

import base64
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend import ScriptedBackend, answer
from legacy import LegacyServer
from peers import PeerServer
from wire import compose

RECORDINGS = Path(__file__).parents[1] / "Vectors" / "wire"
GENERATION = {"nc19": "unsigned", "nc25": "unsigned", "nc27": "unsigned", "nc33": "cavage",
              "oc10": "unsigned", "opencloud": "unsigned", "ocmgo": "rfc9421"}
KIND = {"nc19": "nextcloud", "nc25": "nextcloud", "nc27": "nextcloud", "nc33": "nextcloud",
        "oc10": "owncloud10", "opencloud": "opencloud", "ocmgo": "generic"}
HOSTS = [f"{name}{letter}.test" for name in ("nc19", "nc27", "nc33", "oc10") for letter in "ab"]
HOSTS += ["opencloud1.test", "opencloud2.test", "ocmgo1.test", "ocmgo2.test"]
DISCOVERY = {"/.well-known/ocm", "/index.php/.well-known/ocm", "/ocm-provider/", "/ocm-provider",
             "//ocm-provider/"}
HOP_FIELDS = {"host", "content-length", "connection", "signature", "signature-input",
              "content-digest", "date", "digest", "keep-alive", "transfer-encoding"}
OUTGOING = {"SHARE_ACCEPTED", "SHARE_DECLINED", "REQUEST_RESHARE"}


def family(host: str) -> str:
    return next(name for name in sorted(GENERATION, key=len, reverse=True)
                if host.startswith(name))


def recordings():
    """(file, receiving host) for every host that a recording has messages for."""
    for file in sorted(RECORDINGS.glob("*.json")):
        for host in sorted({entry["to"] for entry in json.loads(file.read_text())}):
            if host in HOSTS:
                yield pytest.param(file, host, id=f"{file.stem}@{host}")


def other_side(entries: list[dict], host: str) -> str:
    """Who speaks to `host` in a recording."""
    text = json.dumps(entries)
    named = re.findall(r"[a-z]+\d+[ab]?\.test", text)
    others = [name for name in named if name != host and name in HOSTS]
    twin = [name for name in others if family(name) == family(host)]
    return (twin or others)[0]


class Replay:
    """One receiving host of one recording, behind a gateway."""

    def __init__(self, entries, host, start, peers, evidence):
        self.host = host
        self.entries = [entry for entry in entries if entry["to"] == host]
        self.peer = peers.peers[other_side(entries, host)]
        self.model = LegacyServer(KIND[family(host)], f"https://{host}")
        self.answer_now: bytes | None = None
        self.backend = ScriptedBackend(self._answer)
        self.evidence = evidence
        self.codes: dict[str, str] = {}
        self.gateway = start(self.backend.url, prepare=self._register, peers=peers, host=host,
                             kind=self.model.kind)

    def _register(self, gateway):
        for share in self._outgoing():
            self.codes[share["secret"]] = gateway.add_share(
                self.peer.host, share["id"], share["secret"])

    def _answer(self, request):
        path = urlsplit(request.target).path
        if request.method == "GET" and path in DISCOVERY | {"/ocs-provider/"} \
                and request.get("user-agent", "").lower().startswith("ocmgate"):
            return self.model.script(request)
        if self.answer_now is None:
            return self.model.script(request)
        return self.answer_now

    def _outgoing(self):
        """The shares that this host had made, as far as notifications about them tell."""
        seen = {}
        for entry in self.entries:
            if not entry["request"]["start"].startswith("POST ") \
                    or "/notifications" not in entry["request"]["start"]:
                continue
            note = json.loads(entry["request"]["body"])
            # opencloudmesh-go sends none: any will do, nothing of the recording shows it.
            secret = (note.get("notification") or {}).get("sharedSecret", "no-secret-at-all")
            if note["notificationType"] in OUTGOING:
                seen[secret] = {"id": note["providerId"], "secret": secret}
                self.evidence.hide(secret)
        return seen.values()

    def with_codes(self, text: str) -> str:
        for secret, code in self.codes.items():
            text = text.replace(secret, code)
        return text

    def send(self, entry):
        request, response = entry["request"], entry["response"]
        method, target, _ = request["start"].split(" ")
        target = self.with_codes(target).replace("<opencloud-internal-transfer-jwt>", "JWT")
        body = self.with_codes(request["body"] or "").encode()
        names = {name.lower() for name, _ in request["headers"]}
        headers = [(name, self._credential(value) if name.lower() == "authorization" else value)
                   for name, value in request["headers"] if name.lower() not in HOP_FIELDS]
        if "signature" in names:
            kind = next(value for name, value in headers if name.lower() == "content-type")
            headers = [pair for pair in headers if pair[0].lower() != "content-type"]
            headers += [pair for pair in self.peer.signed(
                method, f"https://{self.host}{target}", body, kind) if pair[0] != "Host"]
        elif body or method in ("POST", "PUT", "PROPFIND"):
            headers.append(("Content-Length", str(len(body))))
        status = int(response["start"].split(" ")[1])
        recorded = (response["body"] or "").encode()
        self.answer_now = compose(
            f"HTTP/1.1 {status} As recorded",
            [("Content-Type", "application/json")]
            + ([("Content-Length", str(len(recorded)))] if status not in (204, 304) else []),
            b"" if method == "HEAD" or status in (204, 304) else recorded)
        self.backend.take()
        got = self.gateway.request(method, target, headers, body)
        reached = [each for each in self.backend.take()
                   if not each.get("user-agent", "").lower().startswith("ocmgate")]
        self.answer_now = None
        return got, reached, status

    def _credential(self, value: str) -> str:
        scheme, _, rest = value.partition(" ")
        if scheme.lower() == "basic":
            plain = base64.b64decode(rest).decode()
            self.evidence.hide(plain.partition(":")[0], rest)
            return f"{scheme} {base64.b64encode(self.with_codes(plain).encode()).decode()}"
        self.evidence.hide(rest)
        return self.with_codes(value)


@pytest.fixture(scope="module")
def everyone(authority):
    server = PeerServer(authority)
    for host in HOSTS:
        server.add(host, GENERATION[family(host)])
    yield server
    server.stop()


def bare(address: str) -> str:
    user, _, host = address.rpartition("@")
    return user + "@" + host.removeprefix("https://").rstrip("/")


def check_share(sent: dict, got: dict, kind: str) -> None:
    """The same share, in the form that this kind of backend reads."""
    for name in ("name", "providerId", "shareType", "resourceType"):
        assert got[name] == sent[name] and type(got[name]) is type(sent[name]), name
    for name in ("shareWith", "owner", "sender", "sharedBy"):
        if name in sent:
            assert bare(got[name]) == bare(sent[name])
    protocol = got["protocol"]
    if kind == "opencloud":
        assert protocol["name"] == "multi"
        assert protocol["webdav"]["sharedSecret"]
        assert protocol["webdav"].get("uri") or protocol["webdav"].get("url")
    elif kind != "generic":
        assert protocol["name"] == "webdav"
        assert 0 < len(protocol["options"]["sharedSecret"]) <= 64


@pytest.mark.parametrize("file, host", list(recordings()))
def test_recorded(file, host, start, everyone, evidence):
    entries = json.loads(file.read_text())
    replay = Replay(entries, host, start, everyone, evidence)
    fell_through = file.stem.startswith("direct-fail")
    for number, entry in enumerate(replay.entries):
        start_line = entry["request"]["start"]
        method, target, _ = start_line.split(" ")
        # Not urlsplit: it takes what follows a doubled slash for a host.
        path = target.partition("?")[0]
        case = f"{number}: {start_line}"
        if "/ocs/v" in path and "/cloud/shares" in path:
            # The way around: closed, and with a status that no old sender takes for delivery.
            got, reached, _ = replay.send(entry)
            assert 400 <= got.status < 500 and reached == [], case
        elif path in DISCOVERY:
            got, reached, _ = replay.send(entry)
            assert got.status == 200 and reached == [], case
            document = json.loads(got.body)
            assert document["endPoint"].startswith(f"https://{host}/"), case
        elif path in ("/ocm/jwks", "/.well-known/jwks.json"):
            got, reached, _ = replay.send(entry)
            assert got.status == 200 and json.loads(got.body)["keys"] and reached == [], case
        elif path.endswith("/shares"):
            if fell_through:
                # What the strict server refused itself is now for the policy to say.
                continue
            got, reached, recorded = replay.send(entry)
            assert got.status == (201 if recorded == 200 else recorded), (case, got.body)
            [message] = reached
            check_share(json.loads(entry["request"]["body"]), json.loads(message.body),
                        replay.model.kind)
        elif path.endswith("/notifications"):
            got, reached, recorded = replay.send(entry)
            assert got.status == (201 if recorded == 200 else recorded), (case, got.body)
            [message] = reached
            # The backend sees its own secret again, filled in where the peer sent none.
            sent, arrived = json.loads(entry["request"]["body"]), json.loads(message.body)
            if "notification" not in sent:
                arrived.pop("notification", None)
            assert arrived == sent, case
        elif path == "/ocm/token":
            continue  # the gateway's own; a code of this recording was never given by it
        else:
            got, reached, recorded = replay.send(entry)
            if path in ("/ocs-provider/", "//ocs-provider/"):
                # The gateway's own answer: where WebDAV is, and not a word of the older API.
                assert got.status == 200 and reached == [], case
                assert b'"share"' not in got.body, case
                continue
            assert got.status == recorded, (case, got.body[:200])
            [message] = reached
            assert message.method == method, case
            assert message.target == target.replace(
                "<opencloud-internal-transfer-jwt>", "JWT"), case
            assert message.body == (entry["request"]["body"] or "").encode(), case
            for name, value in entry["request"]["headers"]:
                if name.lower() == "authorization":
                    assert message["authorization"] == value, case
                elif name.lower() == "destination":
                    assert urlsplit(message["destination"]).path == urlsplit(value).path, case

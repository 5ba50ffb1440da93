"""What real servers said to each other, said again to a gateway in front of one of them.

A recorded message goes out as it was recorded, but for what time and keys have made void: a signed
one is signed anew, and a secret that the gateway's way out would have replaced by a code is
replaced by that code. The scripted backend answers what the real one answered, and what reaches it
must be what it could have got from a server of its own age.
"""

import base64
import copy
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from backend import ScriptedBackend
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
VERSION = {"nc19": "19.0.13.1", "nc25": "25.0.13.2", "nc27": "27.1.3.2", "nc33": "33.0.3.2"}
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


def document_of(host: str) -> dict | None:
    """The discovery document that this host was recorded with."""
    for file in sorted(RECORDINGS.glob("*.json")):
        for entry in json.loads(file.read_text()):
            path = entry["request"]["start"].split(" ")[1].partition("?")[0]
            if entry["to"] == host and path in DISCOVERY \
                    and entry["response"]["start"].split(" ")[1] == "200":
                return json.loads(entry["response"]["body"])
    return None


def model_of(host: str) -> LegacyServer:
    """A server that says of itself what the recorded one said."""
    name = family(host)
    return LegacyServer(KIND[name], f"https://{host}", document=document_of(host),
                        version=VERSION.get(name, "27.1.3.2"))


class Replay:
    """One receiving host of one recording, behind a gateway."""

    def __init__(self, entries, host, start, peers, evidence, **options):
        self.host = host
        self.peers = peers.peers
        self.recording = entries
        self.entries = [entry for entry in entries if entry["to"] == host]
        self.peer = peers.peers[other_side(entries, host)]
        self.model = model_of(host)
        self.answer_now: bytes | None = None
        self.backend = ScriptedBackend(self._answer)
        self.evidence = evidence
        self.codes: dict[str, str] = {}
        # What the gateway gave out, and the secret that the backend knows in its place.
        self.tokens: dict[str, str] = {}
        self.gateway = start(self.backend.url, prepare=self._register, peers=peers, host=host,
                             kind=self.model.kind, **options)

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
            # opencloudmesh-go sends none: the share itself, on its way out, has it.
            secret = (note.get("notification") or {}).get("sharedSecret") \
                or self._secret_of(note["providerId"])
            if note["notificationType"] in OUTGOING:
                seen[secret] = {"id": note["providerId"], "secret": secret}
                self.evidence.hide(secret)
        return seen.values()

    def _secret_of(self, provider_id: str) -> str:
        for entry in self.recording:
            if entry["to"] != self.host and entry["request"]["start"].startswith("POST /ocm/shares "):
                share = json.loads(entry["request"]["body"])
                if share["providerId"] == provider_id:
                    return share["protocol"]["webdav"]["sharedSecret"]
        raise KeyError(provider_id)

    def with_codes(self, text: str) -> str:
        for secret, code in self.codes.items():
            text = text.replace(quote(secret, safe=""), code).replace(secret, code)
        return text

    def speaker(self, entry):
        """Who sent a message: the host that it names, else the other side of the recording."""
        found = re.search(r"(?:owner|recipientProvider)\":\"[^\"]*?([a-z]+\d+[ab]?\.test)[^a-z]",
                          (entry["request"]["body"] or "").replace("\\", ""))
        return self.peers[found[1]] if found and found[1] in self.peers else self.peer

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
            headers += [pair for pair in self.speaker(entry).signed(
                method, f"https://{self.host}{target}", body, kind) if pair[0] != "Host"]
        elif body or method in ("POST", "PUT", "PROPFIND"):
            headers.append(("Content-Length", str(len(body))))
        self.sent = (headers, body)
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


HANDLE = re.compile(r"[A-Za-z0-9]{1,64}")


def check_share(replay, entry, message) -> None:
    """What arrives is what the backend was recorded to take, member by member."""
    sent, got = json.loads(entry["request"]["body"]), json.loads(message.body)
    name = family(replay.host)
    if name == "ocmgo" and "webdav" in sent["protocol"]:
        # The gateway exchanges the code itself; the backend knows the share by a handle.
        secret = got["protocol"]["webdav"]["sharedSecret"]
        assert HANDLE.fullmatch(secret) and secret != sent["protocol"]["webdav"]["sharedSecret"]
        sent["protocol"]["webdav"]["sharedSecret"] = secret
        assert sent["protocol"]["webdav"].pop("requirements") == ["must-exchange-token"]
        assert got == sent
    elif name == "opencloud":
        # Its own age reads `url`, the next one `uri`: both, with the place that `url` named.
        sent["protocol"]["webdav"]["uri"] = sent["protocol"]["webdav"]["url"]
        assert got == sent
    else:
        # From a server of its own age: not a byte has to change.
        assert message.body == replay.sent[1]
    if name == "nc33":
        # It verifies what it gets itself, so all that was signed has to reach it.
        fields = dict((key.lower(), value) for key, value in replay.sent[0])
        for field in ("signature", "digest", "date", "content-length"):
            assert message[field] == fields[field], field
        assert message["host"] == replay.host


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
                # The strict server asked for a signature of its own kind. The gateway has verified
                # the one of draft-cavage, so now the share arrives.
                entry = copy.deepcopy(entry)
                entry["response"] = {"start": "HTTP/1.1 201 Created", "headers": [],
                                     "body": '{"recipientDisplayName":"admin"}'}
            got, reached, recorded = replay.send(entry)
            assert got.status == (201 if recorded == 200 else recorded), (case, got.body)
            [message] = reached
            check_share(replay, entry, message)
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
            # Answered by the gateway itself: its code against a token of its own.
            got, reached, recorded = replay.send(entry)
            assert got.status == recorded == 200 and reached == [], (case, got.body)
            given = json.loads(got.body)
            assert given["token_type"] == "Bearer" and given["expires_in"] > 0, case
            before = json.loads(entry["response"]["body"])["access_token"]
            [secret] = parse_qs(entry["request"]["body"])["code"]
            replay.codes[before] = given["access_token"]
            replay.tokens[f"Bearer {before}"] = secret
            evidence.hide(given["access_token"], before)
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
                if name.lower() == "authorization" and value in replay.tokens:
                    secret = base64.b64encode(f"{replay.tokens[value]}:".encode()).decode()
                    assert message["authorization"] == f"Basic {secret}", case
                elif name.lower() == "authorization":
                    assert message["authorization"] == value, case
                elif name.lower() == "destination":
                    assert urlsplit(message["destination"]).path == urlsplit(value).path, case


OPENED = """
[[rule]]
name   = "older-api"
on     = ["ocs"]
action = "allow"
"""


def recorded_forms():
    """The messages of the older API, with the host that got each."""
    seen = set()
    for file in sorted(RECORDINGS.glob("*.json")):
        for entry in json.loads(file.read_text()):
            path = entry["request"]["start"].split(" ")[1]
            if "/ocs/" in path and "/cloud/shares" in path and entry["to"] in HOSTS:
                name = f"{family(entry['to'])}-{path.partition('?')[0]}-{len(seen)}"
                if entry["request"]["body"] not in seen:
                    seen.add(entry["request"]["body"])
                    yield pytest.param(file, entry, id=name)


@pytest.fixture(scope="module")
def opened(start, everyone, evidence):
    """A gateway for each host, whose policy opens the older API."""
    replays = {}

    def replay(file, host):
        if (file, host) not in replays:
            replays[file, host] = Replay(json.loads(file.read_text()), host, start, everyone,
                                         evidence, policy=OPENED)
        return replays[file, host]

    yield replay
    for each in replays.values():
        each.backend.stop()


@pytest.mark.parametrize("file, entry", list(recorded_forms()))
def test_the_older_api_where_a_rule_opens_it(file, entry, opened, everyone):
    replay = opened(file, entry["to"])
    got, reached, recorded = replay.send(entry)
    form = parse_qs(entry["request"]["body"])
    peer = urlsplit(form["remote"][0]).hostname if "remote" in form else replay.peer.host
    if everyone.peers[peer].generation != "unsigned":
        # Who publishes a key has to sign, and here nobody can.
        assert 400 <= got.status < 500 and reached == [], got.body
        return
    [message] = reached
    assert parse_qs(message.body.decode()) == form
    assert message.target == entry["request"]["start"].split(" ")[1]
    assert got.status == recorded, got.body
    answered = json.loads(got.body)
    if "ocs" in json.loads(entry["response"]["body"]):
        assert answered["ocs"]["meta"]["statuscode"] == recorded
    # That a user does not exist is nobody's business.
    assert b"exist" not in got.body


def test_every_recorded_message_is_replayed():
    for file in sorted(RECORDINGS.glob("*.json")):
        assert {entry["to"] for entry in json.loads(file.read_text())} <= set(HOSTS), file.name


def recorded_shares():
    """One share of each kind of server that was recorded."""
    seen = set()
    for file in sorted(RECORDINGS.glob("*.json")):
        for entry in json.loads(file.read_text()):
            path = entry["request"]["start"].split(" ")[1]
            if not path.endswith("/shares") or "/ocs/" in path:
                continue
            body = json.loads(entry["request"]["body"])
            sender = body["owner"].rpartition("@")[2].removeprefix("https://").rstrip("/")
            if family(sender) not in seen:
                seen.add(family(sender))
                yield pytest.param(sender, body, id=family(sender))


BARE = re.compile(r"[^@/]+@[a-z0-9.]+\.test")
WITH_SCHEME = re.compile(r"[^@/]+@https://[a-z0-9.]+\.test")
WITH_SLASH = re.compile(r"[^@/]+@https://[a-z0-9.]+\.test/")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LITERAL = "{http://open-cloud-mesh.org/ns}share-permissions"


def check_age(name: str, sent: dict, got: dict) -> None:
    """Whether a server of this family could have got this from one of its own age."""
    protocol = got["protocol"]
    if name == "opencloud":
        assert all(BARE.fullmatch(got[member]) for member in ("owner", "sender")), got
        assert isinstance(got["providerId"], str)
        assert protocol["name"] == "multi" and protocol.get("options", {}) == {}
        webdav = protocol["webdav"]
        assert webdav["url"] == webdav["uri"] and webdav["url"].startswith("https://")
        assert set(webdav["permissions"]) <= {"read", "write", "share"}
        assert HANDLE.fullmatch(webdav["sharedSecret"])
        assert set(protocol) <= {"name", "options", "webdav"}
        return
    assert protocol["name"] == "webdav" and set(protocol) == {"name", "options"}, protocol
    assert HANDLE.fullmatch(protocol["options"]["sharedSecret"])
    assert type(got["providerId"]) is type(sent["providerId"])
    assert got["resourceType"] == "file"
    if name == "nc27":
        # Without a scheme it would store `host/` and fail on every access.
        for member in ("owner", "sharedBy"):
            assert WITH_SLASH.fullmatch(got[member]) or WITH_SCHEME.fullmatch(got[member]), got
        assert protocol["options"].get("permissions", LITERAL) == LITERAL
    elif name == "oc10":
        for member in ("owner", "sender"):
            assert WITH_SLASH.fullmatch(got[member]) or WITH_SCHEME.fullmatch(got[member]), got
    else:
        assert got["sharedBy"] and got["owner"]


@pytest.fixture(scope="module")
def receivers(start, everyone):
    """A gateway in front of one server of each age."""
    made = {}
    for host in ("nc27b.test", "nc33b.test", "oc10b.test", "opencloud2.test"):
        model = model_of(host)
        backend = ScriptedBackend(model.script)
        model.users |= {"056fc874-dd7f-11ef-ba84-af6fca4b7289", "staff"}
        made[family(host)] = (start(backend.url, peers=everyone, host=host, kind=model.kind),
                              model, backend)
    yield made
    for _, _, backend in made.values():
        backend.stop()


@pytest.mark.parametrize("receiver", ["nc27", "nc33", "oc10", "opencloud"])
@pytest.mark.parametrize("sender, body", list(recorded_shares()))
def test_a_share_of_any_age_arrives_in_the_receivers_own(sender, body, receiver, receivers,
                                                         everyone):
    gateway, model, backend = receivers[receiver]
    sent = copy.deepcopy(body)
    sent["shareWith"] = f"bob@{gateway.host}"
    sent["x-unknown"] = {"kept": [1, 2.50, "as it is"]}
    gateway.evidence.hide(*re.findall(r'"sharedSecret": "([^"]+)"', json.dumps(sent)))
    path = f"{model.end_point}/shares"
    backend.take()
    response = gateway.post(everyone.peers[sender], path, sent)
    messages = [request for request in backend.take() if request.method == "POST"]
    assert response.status == 201, (response.body, gateway.log()[-1500:])
    [message] = messages
    got = json.loads(message.body)
    check_age(receiver, sent, got)
    # Who and what it is stays the same, and what nobody knows is kept.
    for member in ("owner", "shareWith"):
        assert bare(got[member]) == bare(sent[member])
    assert bare(got.get("sender") or got["sharedBy"]) == bare(sent.get("sender") or sent["sharedBy"])
    assert got["providerId"] in told_ids(receiver, sent["providerId"], sender) and got["name"] == sent["name"]
    assert got["x-unknown"] == sent["x-unknown"]
    if "must-exchange-token" not in json.dumps(sent):
        secret = re.search(r'"sharedSecret": "([^"]+)"', json.dumps(sent))[1]
        assert secret in message.body.decode()


def told_ids(receiver: str, provider_id, sender: str) -> tuple:
    """OpenCloud tells shares apart by the id alone: a UUID alone is told as it came."""
    if receiver != "opencloud":
        return provider_id, str(provider_id)
    return (provider_id if UUID.fullmatch(str(provider_id)) else f"{provider_id}@{sender}",)


def bare(address: str) -> str:
    """Without a scheme, and by the account where that is written as the base64 of an address."""
    user, _, host = address.rpartition("@")
    host = host.removeprefix("https://").rstrip("/")
    try:
        inner, _, again = base64.b64decode(user + "==", altchars=b"-_").decode().rpartition("@")
    except ValueError:
        return f"{user}@{host}"
    return f"{inner if again.removeprefix('https://') == host else user}@{host}"

"""Attacks on the way out: peers whose documents name what is not theirs, that answer with what they
were told, or that take the ids of others; and requests that would carry a secret past the
gateway."""

import base64
import json

import pytest

from backend import answer
from federation import CAVAGE, FAR, FOURTH, HOME, LEGACY, STRICT, THIRD, Federation
from interpreters import wait_for
from lives import life, newest, shared
from oldserver import DavFailed, OldServer
from peers import as_json, legacy_share, share
from strictserver import StrictServer
from tree import Tree
from ways import DirectWay
from wire import Connection, compose

HOSTILE = FOURTH
JSON = ("Content-Type", "application/json")
THIRD_IS_BLOCKED = '[list.bad]\nstanding = "block"\nentries = ["third.test"]\n'


@pytest.fixture
def build(tmp_path_factory, authority, evidence):
    """Starts a Nextcloud 27 behind a gateway, and a hostile server that is on one of its lists."""
    running = []

    def build(hostile=None, on: str | None = "partners", **options) -> Federation:
        lists = {"partners": [STRICT, CAVAGE, HOME, FAR], "legacy": [LEGACY, THIRD]}
        if on is not None:
            lists[on].append(HOSTILE)
        made = Federation(tmp_path_factory.mktemp("attack"), authority, evidence, "nc27",
                          **lists, **options)
        running.append(made)
        made.hostile = made.capture.put(hostile or OldServer("nc27", HOSTILE, evidence))
        made.hostile.way = DirectWay(made.context, made.capture.resolve)
        made.home.start()
        return made

    yield build
    for made in running:
        made.stop()


def whole_log(federation) -> str:
    """Once nothing more is written to it."""
    assert federation.home.stop() == 0
    return federation.home.log()


def refusals(federation) -> set[str]:
    """The codes with which messages to others were refused."""
    return {line["code"] for line in federation.home.decisions(1)
            if line.get("direction") == "out" and line.get("code")}


def reads_nothing(federation, got) -> None:
    with pytest.raises(DavFailed):
        federation.backend.open(got).read()


# What a code is good for


def test_a_code_that_has_to_be_exchanged_opens_nothing_by_itself(build, evidence):
    """protocol.md 5: the share says must-exchange-token, so tokens only; also when it is sent again."""
    federation = build()
    for _ in range(2):
        sent, got = shared(federation.backend, federation.strict, "folder", Tree({"in.txt": b"text\n"}))
        for target in ("/public.php/webdav/", "/public.php/webdav/in.txt",
                       f"/public.php/dav/files/{got.secret}/in.txt"):
            assert federation.home.with_secret("GET", target, got.secret).status == 401, target
            assert federation.home.dav("GET", target, got.secret).status == 401, target
        told = federation.home.request(
            "POST", f"/index.php/apps/files_sharing/shareinfo?t={got.secret}",
            [("Content-Type", "application/x-www-form-urlencoded")], b"password=")
        assert told.status == 503, told.body
        # By a token it opens.
        assert federation.strict.open(got).read("in.txt") == b"text\n"


# What a peer's document names


def test_the_code_of_one_peer_is_not_exchanged_for_another(build, evidence):
    """The hostile one holds a code of the strict peer's for our bob, which is worth nothing to it.
    It shares with that code and names the strict one's token endpoint: no token must come to it."""
    federation = build(StrictServer(HOSTILE, evidence, tokenEndPoint=f"https://{STRICT}/ocm/token"))
    sent, _ = shared(federation.strict, federation.backend, "secret", Tree(b"top secret"))
    before = len(federation.backend.received)
    bait = share(HOSTILE, HOME)
    bait["protocol"]["webdav"]["sharedSecret"] = sent.secret
    told = federation.hostile._post(HOME, "/shares", bait)
    assert told.status == 201, told.body
    reads_nothing(federation, newest(federation.backend, before))
    assert federation.strict.exchanges == [] and federation.strict.tokens == {}
    assert federation.hostile.dav_seen == []
    # It was not the policy's rule for token requests that refused it.
    def tokens() -> list[dict]:
        return [line for line in federation.home.decisions() if line["kind"] == "token"]

    wait_for(tokens)
    line = tokens()[0]
    assert line["action"] != "allow" and line["by"].startswith("guard:"), line


def test_no_message_goes_to_a_blocked_host_that_a_peer_names(build, evidence):
    federation = build(StrictServer(HOSTILE, evidence, endPoint=f"https://{THIRD}/ocm"),
                       policy=THIRD_IS_BLOCKED)
    sent = federation.backend.share("alice", f"bob@{HOSTILE}", "x", Tree(b"x"))
    assert sent.delivered is None, federation.backend.way.story()
    assert federation.third.requests == []
    assert refusals(federation) == {"peer_unavailable"}
    assert federation.leaks() == []


def test_no_message_goes_to_an_odd_port_that_a_peer_names(build, evidence):
    federation = build(StrictServer(HOSTILE, evidence, endPoint=f"https://{THIRD}:2525/ocm"))
    sent = federation.backend.share("alice", f"bob@{HOSTILE}", "x", Tree(b"x"))
    assert sent.delivered is None, federation.backend.way.story()
    assert federation.third.requests == []
    assert refusals(federation) == {"egress_refused"}
    assert federation.leaks() == []


def test_no_code_goes_to_an_odd_port_that_a_peer_names(build, evidence):
    federation = build(
        StrictServer(HOSTILE, evidence, tokenEndPoint=f"https://{THIRD}:2525/ocm/token"))
    _, got = shared(federation.hostile, federation.backend, "bait", Tree(b"bait"))
    reads_nothing(federation, got)
    assert federation.third.requests == [] and federation.hostile.dav_seen == []
    [line, *_] = federation.home.lines("data.refused")
    assert line["code"] == "peer_unavailable" and "no token endpoint of its own" in line["detail"]


class OddlyPlaced(OldServer):
    """Its OCM API has an odd path; whatever it comes to in the end, it is served there."""

    def __init__(self, evidence, path: str):
        super().__init__("nc27", HOSTILE, evidence)
        self.path = path

    def discovery(self) -> dict:
        return super().discovery() | {"endPoint": self.origin + self.path}

    def _script(self, request) -> bytes:
        if request.method == "POST" and request.target.endswith("/ocm/shares"):
            return self._share(request)
        if request.method == "POST" and request.target.endswith("/ocm/notifications"):
            return self._notification(request)
        return super()._script(request)


@pytest.mark.parametrize("path", ["/%61pp/ocm", "//app/ocm", "/a//b/ocm", "/a/../b/ocm",
                                  "/a/./ocm", "/a%2Fb/ocm", "/a;x/ocm", "/A/ocm"])
def test_the_life_of_a_share_with_an_odd_end_point(build, evidence, path):
    """What goes to a path that is not known again as one of OCM would go out as it is."""
    federation = build(OddlyPlaced(evidence, path), on="legacy", egress='other = "tunnel"')
    life(federation.backend, federation.hostile, swapped=True)
    assert federation.leaks() == []


# What would go past the gateway


def without_connect(federation, form, method, path, fields=(), body=b""):
    """A request for the hostile server in one of the two forms that the gateway reads itself."""
    port = federation.home.egress_port
    if form == "absolute":
        target, host = f"http://{HOSTILE}{path}", HOSTILE
    else:
        target, host = f"/egress/{HOSTILE}{path}", f"127.0.0.1:{port}"
    fields = [("Host", host), ("Content-Length", str(len(body))), *fields]
    with Connection(("127.0.0.1", port)) as connection:
        connection.send(compose(f"{method} {target} HTTP/1.1", fields, body))
        return connection.receive(method)


@pytest.mark.parametrize("form", ["absolute", "prefix"])
def test_nothing_goes_unjudged_to_who_is_on_no_list(build, evidence, form):
    """`other` is for what is no message and no shared data."""
    federation = build(on=None, egress=f'other = ["{HOSTILE}"]')
    assert without_connect(federation, form, "GET", "/status.php").status == 200
    federation.hostile.requests.clear()
    document = legacy_share(HOME, HOSTILE)
    evidence.hide(document["protocol"]["options"]["sharedSecret"])
    got = without_connect(federation, form, "POST", "/ocm/shares", [JSON], as_json(document))
    assert got.status == 403, (got.start, got.body)
    path = f"/public.php/dav/files/{evidence.secret()}/"
    got = without_connect(federation, form, "PROPFIND", path, [("Depth", "0")])
    assert got.status == 403, (got.start, got.body)
    path = f"/ocs/v2.php/apps/activity/api/v2/remote/{evidence.secret()}"
    got = without_connect(federation, form, "POST", path)
    assert got.status == 403, (got.start, got.body)
    assert federation.hostile.requests == []


def at_the_top(document, secret):
    document["sharedSecret"] = secret


def as_a_token(document, secret):
    document["protocol"]["options"]["token"] = secret


def in_the_uri(document, secret):
    document["protocol"]["webdav"] = {
        "sharedSecret": secret, "permissions": ["read"],
        "uri": f"https://{HOME}/public.php/dav/files/{secret}/"}


def sends(federation, document):
    return federation.home.way_out().request("POST", f"https://{LEGACY}/ocm/shares", [JSON],
                                             as_json(document))


@pytest.mark.parametrize("place", [at_the_top, as_a_token, in_the_uri],
                         ids=lambda place: place.__name__)
def test_a_secret_in_another_place_too_does_not_leave(build, evidence, place):
    federation = build()
    secret = evidence.secret()
    document = legacy_share(HOME, LEGACY)
    document["protocol"]["options"]["sharedSecret"] = secret
    place(document, secret)
    got = sends(federation, document)
    assert b"protocol_not_supported" in got.body, (got.start, got.body)
    assert federation.messages() == []


def test_the_secret_of_an_unknown_type_of_resource_does_not_leave(build, evidence):
    federation = build()
    secret = evidence.secret()
    document = legacy_share(HOME, LEGACY, resourceType="dataset")
    document["protocol"]["options"]["sharedSecret"] = secret
    assert sends(federation, document).status == 201
    [got] = federation.legacy.received
    assert got.secret != secret, "the permanent secret was given away"
    [(_, request)] = federation.messages()
    assert secret.encode() not in request.raw_head + request.body


# What would get into the log


def test_a_code_that_the_peer_repeats_is_not_logged(build, evidence):
    federation = build()
    codes = []

    def repeats(request):
        if request.method != "POST" or not request.target.endswith("/ocm/shares"):
            return None
        codes.append(json.loads(request.body)["protocol"]["options"]["sharedSecret"])
        return answer(400, {"message": f"bad secret {codes[-1]}"})

    federation.legacy.before = repeats
    federation.backend.share("alice", f"bob@{LEGACY}", "x", Tree(b"x"))
    evidence.hide(*codes)
    assert codes
    log = whole_log(federation)
    assert "the peer answered 400" in log
    assert not any(code in log for code in codes)


@pytest.mark.parametrize("method, path", [("GET", "/index.php/s/{}/download"),
                                          ("PATCH", "/public.php/dav/files/{}/download")])
def test_the_token_of_a_link_is_not_logged(build, evidence, method, path):
    federation = build()
    token = evidence.secret()
    basic = base64.b64encode(f"{token}:".encode()).decode()
    got = federation.home.way_out().request(method, f"https://{HOSTILE}{path.format(token)}",
                                            [("Authorization", f"Basic {basic}")])
    assert got.status >= 400
    log = whole_log(federation)
    assert HOSTILE in log, "nothing was logged"
    assert token not in log and basic not in log


# Ids


def test_an_unshare_ends_our_share_and_not_the_peers_of_the_same_id(build, evidence):
    """The peer gave a share of its own the id of ours; the backend's word, without a secret, is
    about ours."""
    federation = build()
    strict, backend = federation.strict, federation.backend
    _, got = shared(backend, strict, "ours", Tree(b"x"))
    assert strict.exchange(got).status == 200
    before = len(backend.received)
    told = strict._post(HOME, "/shares", share(STRICT, HOME, providerId=got.provider_id))
    assert told.status == 201, told.body
    theirs = newest(backend, before)
    told = federation.home.way_out().request(
        "POST", f"https://{STRICT}/ocm/notifications", [JSON],
        as_json({"notificationType": "SHARE_UNSHARED", "providerId": got.provider_id,
                 "resourceType": "file", "notification": {"message": "gone"}}))
    assert told.status in (200, 201), (told.start, told.body)
    assert got.state == "unshared"
    assert strict.exchange(got).status == 400, "the code of a share that was taken back is good"
    states = {each["direction"]: each["state"] for each in federation.home.shares()}
    assert states == {"out": "ended", "in": "active"}
    assert theirs.provider_id == got.provider_id and theirs.state == "pending"


def test_who_shared_on_is_told_of_the_answer_by_no_permanent_secret(build):
    """The owner's server says under the id of the other one, and by its own secret, that the third party
    has accepted."""
    federation = build()
    ours, passer, third = federation.backend, federation.peers["legacy"], federation.third
    _, got = shared(ours, passer, "passed on", Tree({"in.txt": b"x"}))
    passer.accept(got)
    before = len(third.received)
    passer.ask_reshare(got, f"bob@{third.host}")
    passed = newest(third, before)
    assert third.accept(passed) == "ocm"
    made = ours.sent[max(ours.sent, key=int)]
    passer.before = lambda request: \
        answer(201, []) if request.target.endswith("/notifications") else None
    for kind, old in (("SHARE_ACCEPTED", "accept"), ("SHARE_DECLINED", "decline")):
        assert ours._notify(f"https://{passer.host}", kind, "31", {"sharedSecret": made.secret}, old,
                            {"token": made.secret}) == "ocm"
        _, told = [each for each in federation.messages() if each[0] == passer.host][-1]
        assert json.loads(told.body)["notification"]["sharedSecret"] == passed.secret
    assert federation.leaks() == []
    assert refusals(federation) == set()
    assert {each["state"] for each in federation.home.shares()} == {"active"}

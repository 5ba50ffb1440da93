"""Faults on the way out: the peer's token endpoint, its answers, keys that turn, and a gateway that is
killed at the worst moments. Nothing is lost, nothing is sent twice with different secrets, and the
backend gets an answer that makes it try again and never one that makes it delete."""

import json
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from backend import answer
from federation import STRICT, Federation
from lives import shared
from oldserver import TROUBLE, DavFailed, Sent
from tree import Tree

GONE = {401, 403, 404, 410}


def build(folder, authority, evidence, kind="nc27", **options):
    return Federation(folder, authority, evidence, kind, **options)


@pytest.fixture(scope="module", params=["nc27", "nc19", "oc10", "nc33"])
def federation(request, tmp_path_factory, authority, evidence):
    made = build(tmp_path_factory.mktemp("faults"), authority, evidence, request.param)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def one(tmp_path_factory, authority, evidence):
    """One kind is enough where the kinds do not differ."""
    made = build(tmp_path_factory.mktemp("one"), authority, evidence)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def as_it_was(request):
    yield
    for name in ("federation", "one"):
        if name in request.fixturenames:
            made = request.getfixturevalue(name)
            for server in (made.strict, made.cavage, made.legacy, made.third):
                server.before = lambda request: None
            made.strict.token_answer = lambda request: None
            made.strict.token_life = 300
            made.strict.must_exchange, made.strict.takes_secrets = True, False
            made.capture.opens.set()
            assert made.leaks() == []


def taken(federation, **change):
    """A share of the strict peer, accepted by the backend; it was not read yet."""
    for name, value in change.items():
        setattr(federation.strict, name, value)
    sent, got = shared(federation.strict, federation.backend, "folder", Tree({"in.txt": b"text\n"}))
    # ownCloud would look into the share before it accepts it.
    if not federation.backend.kind.is_owncloud:
        assert federation.backend.accept(got) == "ocm"
    return sent, got


def fails(federation, got) -> DavFailed:
    """Opens and reads; the failure, and that the mount is there after it."""
    with pytest.raises(DavFailed) as failed:
        federation.backend.open(got).read("in.txt")
    assert got.mounted, f"the mount was deleted after {failed.value}"
    return failed.value


# The token endpoint

OUTAGES = {
    "503": lambda request: answer(503, b"later\n", ("Retry-After", "9")),
    "500": lambda request: answer(500, {"error": "server_error"}),
    "429": lambda request: answer(429, {"error": "slow_down"}),
    "html": lambda request: answer(200, b"<html>hello</html>", ("Content-Type", "text/html")),
    "empty": lambda request: answer(200, {}),
    "no JSON": lambda request: answer(200, b"{", ("Content-Type", "application/json")),
    "two members": lambda request: answer(
        200, b'{"access_token":"a","access_token":"b","token_type":"Bearer","expires_in":9}',
        ("Content-Type", "application/json")),
    "another type": lambda request: answer(
        200, {"access_token": "abc", "token_type": "mac", "expires_in": 300}),
    "no token": lambda request: answer(
        200, {"access_token": 7, "token_type": "Bearer", "expires_in": 300}),
    "split head": lambda request: answer(
        200, {"access_token": "a\r\nX-Evil: 1", "token_type": "Bearer", "expires_in": 300}),
    "huge": lambda request: answer(
        200, {"access_token": "a" * 400_000, "token_type": "Bearer", "expires_in": 300}),
    "redirect": lambda request: answer(307, b"", ("Location", "https://legacy.test/ocm/token")),
    "no HTTP": lambda request: b"SSH-2.0-x\r\n\r\n",
}


def test_outages_of_the_token_endpoint_pass(federation):
    """A share for each, so that the gateway's pauses are waited for once."""
    waiting = {}
    for fault, told in OUTAGES.items():
        _, got = taken(federation)
        federation.strict.token_answer = told
        seen = len(federation.strict.dav_seen)
        failure = fails(federation, got)
        assert failure.status in (502, 503, 504), (fault, failure)
        assert len(federation.strict.dav_seen) == seen, f"{fault}: it was asked without a token"
        federation.strict.token_answer = lambda request: None
        waiting[fault] = got
    for got in waiting.values():
        wait_for(lambda: federation.backend.open(got).read("in.txt") == b"text\n", 35)


def wait_for(done, seconds: float) -> None:
    """What failed is tried again by then; how often, is the gateway's choice."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except (DavFailed, *TROUBLE) as error:
            last = error
        else:
            last = AssertionError("not yet")
        if time.monotonic() > deadline:
            raise last
        time.sleep(0.2)


@pytest.mark.parametrize("error, status", [("invalid_grant", 400), ("invalid_grant", 401),
                                           ("invalid_client", 401), ("unauthorized_client", 400)])
def test_a_grant_that_is_invalid_is_no_outage(federation, error, status):
    """The peer says no for good: the backend is told so, and keeps its mount all the same."""
    sent, got = taken(federation)
    federation.strict.token_answer = lambda request: answer(status, {"error": error})
    failure = fails(federation, got)
    if error == "invalid_grant":
        # ownCloud would fail for all files of its user.
        told = {503} if federation.backend.kind.is_owncloud else GONE
        assert failure.status in told, failure
    else:
        assert failure.status in GONE | {502, 503}, failure
    federation.strict.token_answer = lambda request: None


@pytest.mark.long
def test_a_slow_token_endpoint_is_given_up(one):
    sent, got = taken(one)
    release = threading.Event()

    def slow(request):
        release.wait(40)
        return answer(503)

    one.strict.token_answer = slow
    begin = time.monotonic()
    try:
        failure = fails(one, got)
        assert failure.status in (502, 503, 504)
        # Once for the file, and once more for what the backend asks after a failure.
        assert time.monotonic() - begin < 40
    finally:
        release.set()


def test_the_secret_is_never_what_opens_a_share_that_demands_tokens(one):
    sent, got = taken(one, takes_secrets=True)
    one.strict.token_answer = OUTAGES["503"]
    failure = fails(one, got)
    assert failure.status in (502, 503, 504)
    assert not any(sent.secret in (request.get("authorization") or "")
                   for request in one.strict.dav_seen)


def test_the_secret_opens_a_share_that_does_not_when_there_is_no_token(one):
    """protocol.md 5: the sender did not add it, so the receiver tries, and falls back."""
    sent, got = taken(one, must_exchange=False, takes_secrets=True)
    mount = one.backend.open(got)
    one.strict.token_answer = OUTAGES["500"]
    assert mount.read("in.txt") == b"text\n"


def test_twenty_readers_cause_one_exchange(one):
    sent, got = taken(one)
    mount = one.backend.open(got)
    hold = threading.Event()
    asked = []

    def slow(request):
        asked.append(request)
        hold.wait(3)

    one.strict.token_answer = slow
    results = []

    def read():
        way = one.home.way_out()
        results.append(way.request("GET", mount._url("in.txt"), [mount._basic()]).status)

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    hold.set()
    for thread in threads:
        thread.join()
    assert results == [200] * 20
    assert len(asked) == 1


def test_a_token_is_renewed_before_it_ends(one):
    sent, got = taken(one, token_life=5)
    mount = one.backend.open(got)
    begun = len(one.strict.exchanges)
    refused = []
    one.strict.before = lambda request: refused.append(request) if (
        request.get("authorization") or "").startswith("Bearer") and \
        one.strict.tokens[request["authorization"][7:]][1] < time.monotonic() else None
    deadline = time.monotonic() + 11
    while time.monotonic() < deadline:
        assert mount.read("in.txt") == b"text\n"
        time.sleep(0.25)
    assert refused == [], "a token was used after its end"
    assert 2 <= len(one.strict.exchanges) - begun <= 4


def test_a_token_that_the_peer_forgot_is_replaced(one):
    sent, got = taken(one)
    mount = one.backend.open(got)
    assert mount.read("in.txt") == b"text\n"
    one.strict.tokens.clear()
    assert mount._guzzle("GET", "in.txt").body == b"text\n"
    # One that is refused as soon as it was given is another matter.
    one.strict.tokens.clear()
    with pytest.raises(DavFailed) as failed:
        mount._guzzle("GET", "in.txt")
    assert failed.value.status >= 500 and got.mounted


def test_a_token_that_the_peer_forgot_where_there_is_a_body(one):
    """It is not sent again, and the backend hears that it is for now."""
    sent, got = taken(one)
    mount = one.backend.open(got)
    assert mount.read("in.txt") == b"text\n"
    one.strict.tokens.clear()
    try:
        assert mount.list() == {"in.txt": False}
    except DavFailed as failure:
        assert failure.status >= 500 and got.mounted, failure
        time.sleep(1.2)  # as its Retry-After says
    assert mount.list() == {"in.txt": False}


def test_a_peer_whose_files_are_down(federation):
    sent, got = taken(federation)
    for told in (answer(503, b"", ("Retry-After", "5")), answer(500), answer(502), answer(504)):
        federation.strict.before = lambda request: \
            told if request.target.startswith("/webdav/") else None
        failure = fails(federation, got)
        assert failure.status >= 500, failure
    federation.strict.before = lambda request: None
    assert federation.backend.open(got).read("in.txt") == b"text\n"


def test_a_peer_that_refuses_a_file_refuses_a_file(federation):
    sent, got = taken(federation)
    federation.strict.before = lambda request: \
        answer(403, b"") if request.target.startswith("/webdav/") else None
    failure = fails(federation, got)
    assert failure.status == 403, failure


# Keys


def test_a_peer_may_turn_its_key_in_the_middle(one):
    sent, got = taken(one)
    mount = one.backend.open(got)
    strict = one.strict
    old = strict.jwks()["keys"]
    strict.key, strict.key_name = ed25519.Ed25519PrivateKey.generate(), "key2"
    new = strict.jwks()["keys"]
    strict.jwks = lambda: {"keys": old + new}
    assert mount.read("in.txt") == b"text\n"
    assert strict.unshare(sent) == "ocm", strict.way.story()
    assert got.state == "unshared"


def test_our_keys_turn_in_the_middle(one):
    """Peers that pin, and peers that fetch, believe what is signed before, meanwhile and after."""
    gateway = one.home

    def turn(kind: str, made: str, *how: str) -> None:
        gateway.command("key", "new", "--kind", kind)
        gateway.command("key", "stage", made)
        shared(one.backend, one.strict, "staged", Tree(b"x"))
        gateway.command("key", "activate", made, *how)

    for peer in (one.strict, one.cavage):
        complaints = list(peer.complaints)
        sent, got = shared(one.backend, peer, "turned", Tree({"in.txt": b"text\n"}))
        mark = one.mark()
        if peer is one.strict:
            turn("ed25519", "ed25519-2", "--now", "--overlap", "1h")
        else:
            turn("rsa", "rsa-2")
        assert peer.accept(got) == "ocm" and sent.state == "accepted"
        assert peer.open(got).read("in.txt") == b"text\n"
        assert one.backend.unshare(sent) == "ocm", one.backend.way.story()
        assert got.state == "unshared" and peer.complaints == complaints
        assert one.unverified(mark) == []
    signed = [request["signature-input"] for host, request in one.messages()
              if host == STRICT and request.get("signature-input")]
    assert "ed25519-2" in signed[-1]


# Killed


def post_share(federation, sent: Sent) -> None:
    """What Nextcloud says again when its administrator tries once more: the same share."""
    federation.backend.sent[sent.provider_id] = sent
    sent.delivered = None
    federation.backend._deliver(sent, "alice", None)


def new_share(federation, peer, name="kept") -> Sent:
    backend = federation.backend
    sent = Sent(str(backend._next), federation.evidence.secret(), f"bob@{peer.host}",
                Tree({"in.txt": b"text\n"}), name)
    backend._next += 1
    backend.ever.append(sent)
    return sent


def codes_of(federation, peer, mark, name="kept") -> set[str]:
    codes = set()
    for host, request in federation.messages(mark):
        if host == peer.host and request.target.endswith("/shares"):
            body = json.loads(request.body)
            if body["name"] == name:
                protocol = body["protocol"]
                codes.add((protocol.get("webdav") or protocol["options"])["sharedSecret"])
    return codes


@pytest.fixture(params=["strict", "legacy", "cavage"])
def peer(request, one):
    return one.peers[request.param]


def test_killed_between_sending_and_the_answer(one, peer):
    mark = one.mark()
    sent = new_share(one, peer, "kept-1")
    arrived, release = threading.Event(), threading.Event()

    def hold(request):
        if request.target.endswith("/shares"):
            arrived.set()
            release.wait(20)

    peer.before = hold
    client = threading.Thread(target=post_share, args=(one, sent))
    client.start()
    assert arrived.wait(15), "the share was never sent"
    one.home.kill()
    release.set()
    client.join()
    peer.before = lambda request: None
    assert sent.delivered is None
    one.home.start()
    post_share(one, sent)
    assert sent.delivered == "ocm", one.backend.way.story()
    codes = codes_of(one, peer, mark, "kept-1")
    assert len(codes) == 1, "it was sent twice with different secrets"
    assert sent.secret not in codes
    one.home.kill()
    one.home.start()
    # And what the peer got is worth what it was, in each of the two that it may have kept.
    for got in [share for share in peer.received if share.name == "kept-1"][-1:]:
        assert peer.accept(got) == "ocm"
        assert sent.state == "accepted"
        assert peer.open(got).read("in.txt") == b"text\n"


def test_killed_between_recording_and_sending(one, peer):
    """The peer takes the connection and says nothing, not even in the handshake."""
    one.backend._discover(f"https://{peer.host}")
    one.home.kill()
    one.home.start()
    one.backend._discover(f"https://{peer.host}")
    mark = one.mark()
    sent = new_share(one, peer, "kept-2")
    # No connection that is open still may be used: they are all new from here on.
    before = one.capture.connections
    one.capture.opens.clear()
    client = threading.Thread(target=post_share, args=(one, sent))
    client.start()
    deadline = time.monotonic() + 8
    while one.capture.connections == before and client.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    one.home.kill()
    one.capture.opens.set()
    client.join()
    one.home.start()
    post_share(one, sent)
    assert sent.delivered == "ocm", one.backend.way.story()
    assert len(codes_of(one, peer, mark, "kept-2")) == 1
    got = [share for share in peer.received if share.name == "kept-2"]
    assert got
    assert peer.accept(got[-1]) == "ocm" and sent.state == "accepted"


@pytest.mark.long
def test_a_peer_that_never_answers_gets_one_secret_only(one):
    """The backend gives up first, falls back to the older API, and tries once more."""
    peer = one.legacy
    mark = one.mark()
    sent = new_share(one, peer, "kept-3")
    release = threading.Event()
    peer.before = lambda request: \
        release.wait(30) and None if request.target.endswith("/shares") else None
    one.backend.patience = 2
    try:
        post_share(one, sent)
    finally:
        one.backend.patience = 20
    assert sent.delivered is None, "nobody has said that it arrived"
    peer.before = lambda request: None
    release.set()
    post_share(one, sent)
    assert sent.delivered == "ocm", one.backend.way.story()
    assert len(codes_of(one, peer, mark, "kept-3")) == 1
    assert not any("/ocs/" in request.target for _, request in one.of_gateways(mark))


@pytest.mark.parametrize("status", [500, 503, 429, 502])
def test_a_peer_in_trouble_is_tried_again_with_the_same_secret(federation, status):
    peer = federation.legacy
    mark = federation.mark()
    name = f"kept-{status}"
    sent = new_share(federation, peer, name)
    peer.before = lambda request: \
        answer(status, b"") if request.target.endswith("/shares") else None
    post_share(federation, sent)
    assert sent.delivered is None
    peer.before = lambda request: None
    post_share(federation, sent)
    assert sent.delivered == "ocm", federation.backend.way.story()
    assert len(codes_of(federation, peer, mark, name)) == 1
    assert not any("/ocs/" in request.target for _, request in federation.of_gateways(mark))


@pytest.mark.parametrize("status", [400, 403, 501])
def test_what_a_peer_refuses_is_over(federation, status):
    """The code is dead, and the refusal does not become a delivery on the older API."""
    peer = federation.strict
    mark = federation.mark()
    name = f"over-{status}"
    sent = new_share(federation, peer, name)
    peer.before = lambda request: answer(status, {"error": "no"}) \
        if request.target.endswith("/shares") else None
    post_share(federation, sent)
    assert sent.delivered is None
    peer.before = lambda request: None
    for code in codes_of(federation, peer, mark, name):
        federation.evidence.hide(code)
        # The end is written a moment after the answer.
        wait_for(lambda: federation.home.exchange(peer, code).status == 400, 10)
        response = federation.home.exchange(peer, code)
        assert json.loads(response.body)["error"] == "invalid_grant"


def test_a_notification_is_said_again_after_a_kill(one):
    peer = one.legacy
    sent, got = shared(peer, one.backend, "noted", Tree({"in.txt": b"text\n"}))
    arrived, release = threading.Event(), threading.Event()

    def hold(request):
        if request.target.endswith("/notifications"):
            arrived.set()
            release.wait(20)

    peer.before = hold
    client = threading.Thread(target=one.backend.accept, args=(got,))
    client.start()
    assert arrived.wait(15)
    one.home.kill()
    release.set()
    client.join()
    peer.before = lambda request: None
    one.home.start()
    assert one.backend.accept(got) == "ocm"
    assert sent.state == "accepted"

"""Every kind of message that leaves a gateway, to a peer of every age, as the wire outside has it:
verified by PyPI http-message-signatures (RFC 9421) and httpsig (draft-cavage), refused by them with
one byte changed, and without a permanent secret of the server behind."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

from backend import answer
from federation import GATEWAYS, HOME, THIRD, Federation
from peers import as_json, legacy_share
from tree import Tree
from verify import Unverified, cavage, rfc9421

JSON = [("Content-Type", "application/json")]
OF_OURS = ["SHARE_UNSHARED"]
OF_THEIRS = ["SHARE_ACCEPTED", "REQUEST_RESHARE", "RESHARE_UNDO", "RESHARE_CHANGE_PERMISSION",
             "SHARE_DECLINED"]
KINDS = {"shares", "invite-accepted", "request-share", *OF_OURS, *OF_THEIRS}
# Who exchanges codes is asked for tokens as well.
AGES = {"strict": (rfc9421, KINDS | {"token"}), "cavage": (cavage, KINDS),
        "legacy": (rfc9421, KINDS), "gateway": (rfc9421, KINDS | {"token"})}


@pytest.fixture(scope="module")
def federation(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("outbound"), authority, evidence, "nc27")
    try:
        yield made.start()
    finally:
        made.stop()


def takes_everything(request):
    """A peer's answer to any message; it makes its tokens itself."""
    endpoint = request.target.rpartition("/")[2]
    if request.method != "POST" or endpoint == "token":
        return None
    if endpoint == "notifications" and b"REQUEST_RESHARE" in request.body:
        return answer(201, {"token": "TOKENOFARESHARE", "sharedSecret": "TOKENOFARESHARE",
                            "providerId": "4711"})
    return answer(200 if endpoint == "invite-accepted" else 201,
                  {"userID": "alice", "email": "a@example.org", "name": "A"})


def say(federation, host: str, endpoint: str, body: dict) -> None:
    response = federation.home.way_out().request(
        "POST", f"https://{host}/ocm/{endpoint}", JSON, as_json(body))
    assert response.status in (200, 201), (endpoint, body, response.start, response.body)


def notify(federation, host: str, kind: str, provider_id, secret: str) -> None:
    say(federation, host, "notifications", {
        "notificationType": kind, "resourceType": "file", "providerId": str(provider_id),
        "notification": {"sharedSecret": secret, "message": "as Nextcloud says it",
                         "senderId": str(provider_id), "shareWith": f"carol@{THIRD}",
                         "permission": ["read"]}})


def all_that_is_said(federation, peer) -> tuple[str, str]:
    """One message of each kind; the permanent secrets of a share of ours, and of one of theirs."""
    backend, host = federation.backend, peer.host
    given = peer.share("alice", f"bob@{HOME}", "theirs", Tree({"in.txt": b"x"}))
    assert given.delivered == "ocm", given.told
    got = backend.received[-1]
    assert backend.open(got).read("in.txt") == b"x"
    front = federation.far_relay if peer is federation.far_backend else peer
    front.before = takes_everything
    try:
        for kind in OF_THEIRS:
            notify(federation, host, kind, got.provider_id, got.secret)
        secret = federation.evidence.secret()
        backend.ever.append(SimpleNamespace(secret=secret))
        share = legacy_share(HOME, host)
        share["protocol"]["options"]["sharedSecret"] = secret
        say(federation, host, "shares", share)
        for kind in OF_OURS:
            notify(federation, host, kind, share["providerId"], secret)
        say(federation, host, "invite-accepted", {
            "recipientProvider": HOME, "token": federation.evidence.secret(), "userID": "bob",
            "email": "b@example.org", "name": "B"})
        say(federation, host, "request-share", {
            "owner": f"alice@{host}", "shareWith": f"bob@{HOME}", "share": "a data set"})
    finally:
        front.before = lambda request: None
    return secret, given.secret


def kind_of(request) -> str:
    endpoint = request.target.rpartition("/")[2]
    return json.loads(request.body)["notificationType"] if endpoint == "notifications" \
        else endpoint


def spoiled(request):
    """The same with one byte changed, where a signature has to hold it."""
    body = request.body[:-1] + bytes([request.body[-1] ^ 1])
    yield dataclasses.replace(request, body=body)
    method, target, version = request.start.split(" ")
    yield dataclasses.replace(request, start=f"{method} {target}/ {version}")
    yield dataclasses.replace(request, start=f"PUT {target} {version}")


@pytest.mark.parametrize("age", AGES)
def test_every_kind_of_message_is_signed_as_its_peer_verifies_it(federation, age):
    verify, kinds = AGES[age]
    peer, mark = federation.peers[age], federation.mark()
    secret, theirs = all_that_is_said(federation, peer)
    keys = federation.keys()[HOME]
    sent = [request for host, request in federation.messages(mark) if host == peer.host]
    assert {kind_of(request) for request in sent} == kinds
    for request in sent:
        key_id = verify(request, peer.host, keys)
        assert HOME in key_id
        for other in spoiled(request):
            with pytest.raises(Unverified):
                verify(other, peer.host, keys)
    # One code stands for our share's secret everywhere, and the peer's own is what it is told.
    codes = {json.loads(request.body).get("notification", {}).get("sharedSecret")
             for request in sent if kind_of(request) in OF_OURS}
    [share] = [json.loads(request.body) for request in sent if kind_of(request) == "shares"]
    protocol = share["protocol"]
    assert codes == {(protocol.get("webdav") or protocol["options"])["sharedSecret"]} - {secret}
    if age != "gateway":
        assert {json.loads(request.body)["notification"]["sharedSecret"] for request in sent
                if kind_of(request) in OF_THEIRS} == {theirs}
    assert federation.leaks(mark) == []
    assert not [request.start for source, host, request, _ in federation.since(mark)
                if source == GATEWAYS and "/ocs/" in request.target]

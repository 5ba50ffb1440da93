"""What the backend says over the older API becomes an OCM message, signed like any other."""

import pytest

from federation import Federation
from lives import shared
from tree import Tree


@pytest.fixture(scope="module", params=["nc27", "oc10"])
def federation(request, tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("older"), authority, evidence, request.param)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(params=["strict", "cavage", "legacy", "gateway"])
def peer(request, federation):
    return federation.peers[request.param]


@pytest.fixture(autouse=True)
def nothing_unsigned(federation):
    mark = federation.mark()
    yield
    assert federation.leaks(mark) == []
    assert federation.unverified(mark) == []


def form(federation, peer, secret, provider_id, user="bob") -> dict:
    backend = federation.backend
    owner = backend.address("alice")
    told = {"shareWith": user, "token": secret, "name": "older", "remoteId": provider_id,
            "owner": "alice", "ownerFederatedId": owner, "sharedBy": "alice",
            "sharedByFederatedId": "alice" if backend.kind.is_owncloud else owner,
            "remote": backend.origin + "/"}
    return told if backend.kind.is_owncloud else told | {"shareType": "6"}


def test_a_share_of_the_older_api_arrives_as_a_message(federation, peer):
    secret = federation.evidence.secret()
    before = len(peer.received)
    assert federation.backend._fall_back(
        f"https://{peer.host}", "", form(federation, peer, secret, "771")), \
        federation.backend.way.story()
    assert len(peer.received) == before + 1
    assert peer.received[-1].name == "older" and peer.received[-1].secret != secret


def test_a_refused_one_is_refused_there_too(federation, peer):
    before = len(peer.received)
    assert not federation.backend._fall_back(
        f"https://{peer.host}", "",
        form(federation, peer, federation.evidence.secret(), "772", user="nobody"))
    assert len(peer.received) == before


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_what_is_said_of_a_share(federation, peer, action):
    sent, got = shared(peer, federation.backend, "older", Tree({"in.txt": b"x"}))
    assert federation.backend._fall_back(f"https://{peer.host}", f"/{got.provider_id}/{action}",
                                         {"token": got.secret}), federation.backend.way.story()
    assert sent.state == {"accept": "accepted", "decline": "declined"}[action]


def test_its_end(federation, peer):
    sent, got = shared(federation.backend, peer, "older", Tree({"in.txt": b"x"}))
    assert federation.backend._fall_back(f"https://{peer.host}", f"/{sent.provider_id}/unshare",
                                         {"token": sent.secret}), federation.backend.way.story()
    assert got.state == "unshared"


def test_a_wrong_token_ends_nothing(federation, peer):
    sent, got = shared(federation.backend, peer, "older", Tree({"in.txt": b"x"}))
    # Nextcloud answers 201 to the end of what it does not have, so the answer says nothing.
    federation.backend._fall_back(f"https://{peer.host}", f"/{sent.provider_id}/unshare",
                                  {"token": federation.evidence.secret()})
    assert got.state == "pending"

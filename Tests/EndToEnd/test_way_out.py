"""{each old server behind the gateway} × {each age of peer} × {both directions}, over real sockets."""

import re
import time

import pytest

from backend import answer
from federation import Federation
from lives import decline, life, names_like_escapes, reshare, shared, single_file
from oldserver import KINDS, DavFailed
from tree import Tree
from wire import compose

PEERS = ["strict", "cavage", "legacy", "gateway"]
THE_END_OF_A_RESHARE = """
[[rule]]
name   = "the end of a re-share"
on     = ["ocs.out"]
when   = { notification_type = ["RESHARE_UNDO"] }
action = "allow"
"""


@pytest.fixture(scope="module", params=list(KINDS))
def federation(request, tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("federation"), authority, evidence, request.param,
                      policy=THE_END_OF_A_RESHARE)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(params=PEERS)
def peer(request, federation):
    return federation.peers[request.param]


@pytest.fixture(autouse=True)
def nothing_leaves_that_must_not(federation):
    """After each life: what was outside was signed, and held no permanent secret. Nextcloud 33 takes
    the end of a re-share by the older API alone, which nobody can sign."""
    mark = federation.mark()
    for each in (federation.backend, federation.far_backend, *federation.peers.values()):
        each.complaints.clear()
    yield
    assert federation.leaks(mark) == []
    assert [each for each in federation.unverified(mark)
            if not re.match(rf"{federation.cavage.host}: POST /+ocs/v2.php/cloud/shares/\d+/revoke\b",
                            each)] == []
    for backend in (federation.backend, federation.far_backend):
        assert backend.complaints == [], "what reached the backend it could not take"


@pytest.fixture(params=["out", "in"])
def direction(request):
    return request.param


def sides(federation, peer, direction):
    return (federation.backend, peer) if direction == "out" else (peer, federation.backend)


def is_swapped(federation, giver) -> bool:
    return giver in (federation.backend, federation.far_backend)


def test_the_life_of_a_share(federation, peer, direction):
    giver, taker = sides(federation, peer, direction)
    life(giver, taker, is_swapped(federation, giver))


def test_the_life_of_a_share_by_absolute_addresses(federation):
    """Its URI is an URL, and so is what its server lists."""
    strict = federation.strict
    strict.absolute_uri = strict.absolute_hrefs = True
    try:
        life(strict, federation.backend, is_swapped(federation, strict))
    finally:
        strict.absolute_uri = strict.absolute_hrefs = False


def test_a_single_file(federation, peer, direction):
    single_file(*sides(federation, peer, direction))


def test_a_single_file_of_a_peer_without_properties(federation):
    """opencloudmesh-go refuses PROPFIND: what HEAD tells of the file takes the place of its properties."""
    strict, backend = federation.strict, federation.backend
    strict.has_files_alone = True
    try:
        _, got = shared(strict, backend, "doc.txt", Tree(b"one file\n"))
        assert backend.accept(got) == "ocm"
        mount = backend.open(got)
        for _ in range(2):
            assert mount.list() == {"": False}
            assert mount.read() == b"one file\n"

        def asked():
            return backend.way.request("PROPFIND", mount._url(""), [mount._basic(), ("Depth", "0")],
                                       b"")

        told = asked().body
        for each in (b"<d:getcontentlength>9<", b'<d:getetag>"', b"<ocs:share-permissions>1<",
                     b"<d:getcontenttype>application/octet-stream<"):
            assert each in told, told
        with pytest.raises(DavFailed) as refused:
            mount.write("", b"changed\n")
        assert refused.value.status == 405
        lost = 503 if backend.kind.is_owncloud else 404
        for head, status in ((answer(404), lost), (compose("HTTP/1.1 200 OK", [], b""), 405)):
            strict.before = lambda request, head=head: head if request.method == "HEAD" else None
            assert asked().status == status
    finally:
        strict.before = lambda request: None
        strict.has_files_alone = False


def test_a_folder_is_called_one(federation):
    """Nextcloud and ownCloud call it a file. Who takes files alone refuses it, and the sender is told."""
    strict, backend = federation.strict, federation.backend
    for tree, kind in ((Tree({"in.txt": b"read me\n"}), "folder"), (Tree(b"one file\n"), "file")):
        _, got = shared(backend, strict, kind, tree)
        assert got.body["resourceType"] == kind
    strict.has_files_alone = True
    try:
        before = len(strict.received)
        sent = backend.share("alice", f"bob@{strict.host}", "folder", Tree({"in.txt": b"read me\n"}))
        assert sent.delivered is None and [each.status for each in sent.told] == [500]
        assert len(strict.received) == before
    finally:
        strict.has_files_alone = False


def test_names_that_look_like_escapes(federation, peer, direction):
    names_like_escapes(*sides(federation, peer, direction))


def test_a_share_is_declined(federation, peer, direction):
    decline(*sides(federation, peer, direction))


def test_a_share_is_passed_on(federation, peer, direction):
    if peer is federation.strict:
        pytest.skip("not a case: the strict server offers no resharing")
    giver, taker = sides(federation, peer, direction)
    if giver.kind.is_owncloud != taker.kind.is_owncloud and \
            not is_swapped(federation, giver) and not is_swapped(federation, taker):
        pytest.skip("not a case: these two cannot without a gateway between them")
    # What Nextcloud 33 sends itself, 27 cannot open: there the third one has a gateway.
    third = federation.far_backend if giver is federation.cavage else federation.third
    reshare(giver, taker, third)


def decided(gateway) -> int:
    """How many decisions its log tells of, once no more come of what was asked before."""
    before, now = -1, 0
    while now != before:
        time.sleep(0.5)
        before, now = now, len(gateway.decisions())
    return now


def test_the_life_of_a_share_between_two_of_the_site(federation):
    """By their addresses: it goes out by the proxy, back in, and nowhere else."""
    mark, backend = federation.mark(), federation.backend
    before = decided(federation.home)
    life(backend, backend, swapped=False)
    single_file(backend, backend)
    decline(backend, backend)
    assert federation.messages(mark) == []
    # Three messages, two and two, or more of one that says them twice.
    lines = federation.home.decisions(at_least=before + 7)[before:]
    assert {line["by"] for line in lines} == {"guard:own_site"}, lines


def test_a_share_is_passed_on_to_one_of_the_owners_site(federation, peer):
    if peer is federation.strict:
        pytest.skip("not a case: the strict server offers no resharing")
    reshare(federation.backend, peer, federation.backend)


def test_a_share_is_passed_on_to_a_colleague(federation, peer):
    if peer is federation.strict:
        pytest.skip("not a case: the strict server offers no resharing")
    reshare(peer, federation.backend, federation.backend)


def test_something_was_signed_and_verified(federation):
    """What the check after each life looks at is there."""
    kinds = {request.target.rpartition("/")[2] for _, request in federation.messages()}
    assert {"shares", "notifications", "token"} <= kinds
    assert federation.strict.verified > 3 and federation.cavage.verified > 3

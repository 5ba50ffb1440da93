"""The life of a share between two real servers, as its users and their databases see it: alice owns, bobby receives."""

import json
import secrets
import time

import pytest

from federation import decoded, forms
from peers import as_json, legacy_share
from servers import Site

# Bits of the servers' own API: reading is 1, changing 2, making 4, deleting 8, sharing on 16.
READ, CHANGE, ALL = 1, 19, 31


class Pair:
    """Two sites, and what happens between alice and bobby."""

    def __init__(self, owner: Site, receiver: Site):
        self.owner, self.receiver = owner, receiver

    def file(self, data: bytes) -> str:
        """The name of a new one at alice's."""
        name = f"{secrets.token_hex(6)}.txt"
        self.owner.write("alice", name, data)
        return name

    def offer(self, name: str, permissions=CHANGE) -> int:
        """The number of the share at its owner's."""
        made = self.owner.ocs("alice", "POST", "/shares", path="/" + name, shareType=6, permissions=permissions,
                              shareWith=f"bobby@{self.receiver.host}")
        return int(made["id"])

    def pending(self, name: str) -> list[int]:
        """The offers of it that wait for bobby."""
        return [offer["id"] for offer in self.receiver.ocs("bobby", "GET", "/remote_shares/pending")
                if offer["name"].strip("/") == name]

    def accept(self, name: str) -> None:
        [number] = self.pending(name)
        self.receiver.ocs("bobby", "POST", f"/remote_shares/pending/{number}")

    def accepted(self, data: bytes) -> tuple[str, int]:
        """A file with this in it, which bobby reads: its name, and the number of the share."""
        name = self.file(data)
        number = self.offer(name)
        self.accept(name)
        assert self.receiver.read("bobby", name) == data
        return name, number

    def given(self, number: int) -> list[str]:
        """The permanent secret of a share, as long as its owner has it."""
        return [row[0] for row in self.owner.rows("select token from oc_share where id = ?", number)]

    def got(self, name: str) -> list[str]:
        """What bobby's server keeps in the place of the secret: what its gateway knows the code by."""
        return [row[0] for row in self.receiver.rows(
            "select share_token from oc_share_external where user = 'bobby' and name in (?, ?)", name, "/" + name)]


@pytest.fixture
def pair(world, trees) -> Pair:
    owner, receiver = trees
    return Pair(world.owners[owner], world.receivers[receiver])


def until(condition) -> None:
    """What one server tells the other it may tell after its answer to the user."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it has not become so within a minute"
        time.sleep(0.2)


def test_a_file_is_offered_accepted_read_and_written_back(pair):
    name, _ = pair.accepted(b"from its owner\n")
    pair.receiver.write("bobby", name, b"from its receiver\n")
    assert pair.owner.read("alice", name) == b"from its receiver\n"


def test_a_folder_is_so_too(pair):
    folder = f"folder {secrets.token_hex(4)}"
    assert pair.owner.dav("alice", "MKCOL", folder).status == 201
    pair.owner.write("alice", f"{folder}/in \xe4.txt", b"inside\n")
    pair.offer(folder, ALL)
    pair.accept(folder)
    assert pair.receiver.read("bobby", f"{folder}/in \xe4.txt") == b"inside\n"
    pair.receiver.write("bobby", f"{folder}/new.txt", b"new\n")
    assert pair.owner.read("alice", f"{folder}/new.txt") == b"new\n"
    assert pair.receiver.dav("bobby", "DELETE", f"{folder}/in \xe4.txt").status == 204
    assert pair.owner.dav("alice", "GET", f"{folder}/in \xe4.txt").status == 404


def test_a_permission_that_the_owner_takes_back_is_gone(pair):
    name, number = pair.accepted(b"one\n")
    pair.receiver.write("bobby", name, b"two\n")
    pair.owner.ocs("alice", "PUT", f"/shares/{number}", permissions=READ)
    assert pair.receiver.dav("bobby", "PUT", name, b"three\n").status >= 400
    assert pair.owner.read("alice", name) == b"two\n"
    assert pair.receiver.read("bobby", name) == b"two\n"


def test_a_share_that_the_owner_ends_is_gone(pair):
    name, number = pair.accepted(b"for a while\n")
    assert len(pair.got(name)) == 1
    pair.owner.ocs("alice", "DELETE", f"/shares/{number}")
    assert pair.given(number) == []
    until(lambda: pair.got(name) == [])
    assert pair.receiver.dav("bobby", "GET", name).status == 404


def test_what_the_receiver_declines_its_owner_knows(pair):
    name = pair.file(b"unwanted\n")
    number = pair.offer(name)
    [offer] = pair.pending(name)
    assert len(pair.given(number)) == 1
    pair.receiver.ocs("bobby", "DELETE", f"/remote_shares/pending/{offer}")
    until(lambda: pair.given(number) == [])
    assert str(number) not in {str(share["id"]) for share in pair.owner.ocs("alice", "GET", "/shares")}


def holding(folder, patterns: set[bytes]) -> list[str]:
    """The files that hold one of these."""
    return [str(file) for file in folder.rglob("*") if file.is_file()
            and any(pattern in data for data in [file.read_bytes()] for pattern in patterns)]


def stays_with_its_owner(pair, capture, name, secret, handle, kept):
    """The permanent secret of the share of this name is in no message, and on disk at its owner's alone."""
    said = [(request, request.raw_head + request.body + told) for _, _, request, told in list(capture.exchanges)]
    [offer] = [json.loads(request.body) for request, _ in said
               if request.target.endswith("/shares") and name.encode() in request.body]
    code = offer["protocol"]["webdav"]["sharedSecret"]
    assert len(secret) >= 12 and len({secret, code, handle}) == 3
    # On the wire.
    wanted = forms(secret)
    assert [request.start for request, text in said
            if any(form in part for part in (text, b" ".join(decoded(text))) for form in wanted)] == []
    # On disk: nowhere but where its owner keeps it, and nothing of the kind in what gateways write.
    assert holding(kept, wanted) != []
    assert holding(pair.receiver.folder, wanted) == []
    for site in (pair.owner, pair.receiver):
        assert holding(site.gateway.folder, wanted | forms(code) | forms(handle)) == []


def test_the_permanent_secret_stays_with_its_owner(pair, capture):
    name, number = pair.accepted(b"read by a code\n")
    pair.receiver.write("bobby", name, b"and written\n")
    [secret], [handle] = pair.given(number), pair.got(name)
    stays_with_its_owner(pair, capture, name, secret, handle, pair.owner.folder / "data")


def test_an_unsigned_offer_in_the_name_of_a_known_peer_makes_no_share(pair):
    pair.accepted(b"so that the peer is known\n")
    forged = f"{secrets.token_hex(6)}.txt"
    body = as_json(legacy_share(pair.owner.host, pair.receiver.host, name=forged,
                                shareWith=f"bobby@{pair.receiver.host}"))
    response = pair.receiver.gateway.request(
        "POST", "/ocm/shares", [("Content-Type", "application/json")], body)
    assert (response.status, b"signature_required" in response.body) == (401, True), response.body
    assert pair.got(forged) == [] and pair.pending(forged) == []


def test_the_permanent_secret_opens_nothing_from_outside(pair):
    name, number = pair.accepted(b"by the code alone\n")
    [secret] = pair.given(number)
    asked = "PROPFIND", "/public.php/webdav/", secret, [("Depth", "0")]
    # At the server itself it does: the one in front of it is what keeps it shut.
    assert pair.owner.with_secret(*asked).status == 207
    assert pair.owner.gateway.with_secret(*asked).status in (401, 403, 404)
    assert pair.receiver.read("bobby", name) == b"by the code alone\n"

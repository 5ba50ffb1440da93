"""The life of a share that a real OpenCloud or oCIS receives, from another one or from an older server."""

import secrets

import pytest

from opencloud import CHANGE, CHANGE_FOLDER, READ, OpenCloud
from peers import as_json
from servers import Site
from test_lives import stays_with_its_owner


class Pair:
    """Two of these, and what happens between alice and bobby, whom she has invited."""

    def __init__(self, owner: OpenCloud, receiver: OpenCloud):
        self.owner, self.receiver = owner, receiver

    def meet(self) -> str:
        """By an invitation; whom she shares with then."""
        if not self.owner.contacts("alice", "bobby", self.receiver.host):
            self.receiver.accept_invitation("bobby", self.owner.invitation("alice"), self.owner.host)
        [contact] = self.owner.contacts("alice", "bobby", self.receiver.host)
        return contact

    def file(self, data: bytes) -> str:
        """The name of a new one at alice's."""
        name = f"{secrets.token_hex(6)}.txt"
        self.owner.write("alice", self.owner.place("alice", name), data)
        return name

    def offer(self, name: str, role=CHANGE) -> str:
        """The resource that the owner's API has for the share; the last part is its id."""
        item = self.owner.item("alice", name)
        made = self.owner.ask("alice", "POST", f"{item}/invite", {
            "recipients": [{"@libre.graph.recipient.type": "user", "objectId": self.meet()}], "roles": [role]})
        return f"{item}/permissions/{made['value'][0]['id']}"

    def accepted(self, data: bytes) -> tuple[str, str, str]:
        """A file with this in it, which bobby reads: its name, its place at his, and the share at its owner's."""
        name = self.file(data)
        share = self.offer(name)
        place = self.receiver.mount("bobby", name)
        assert self.receiver.read("bobby", place) == data
        return name, place, share


def number(share: str) -> str:
    return share.rpartition("/")[2]


@pytest.fixture
def pair(world, releases) -> Pair:
    owner, receiver = releases
    return Pair(world.owners[owner], world.receivers[receiver])


def test_an_accepted_invitation_makes_each_the_contact_of_the_other(pair):
    pair.meet()
    assert len(pair.receiver.contacts("bobby", "alice", pair.owner.host)) == 1


def test_nobody_accepts_an_invitation_in_the_name_of_a_known_peer_without_its_signature(pair):
    pair.meet()
    token = pair.owner.invitation("alice")
    response = pair.owner.gateway.request(
        "POST", "/ocm/invite-accepted", [("Content-Type", "application/json")], as_json({
            "token": token, "recipientProvider": pair.receiver.host, "userID": f"mallory@{pair.receiver.host}",
            "email": "mallory@example.org", "name": "Mallory"}))
    assert (response.status, b"signature_required" in response.body) == (401, True), response.body
    assert pair.owner.contacts("alice", "mallory", pair.receiver.host) == []


def test_a_file_is_offered_read_and_written_back(pair):
    name, place, _ = pair.accepted(b"from its owner\n")
    pair.receiver.write("bobby", place, b"from its receiver\n")
    assert pair.owner.read("alice", pair.owner.place("alice", name)) == b"from its receiver\n"
    large = secrets.token_bytes(3_000_000)
    pair.receiver.write("bobby", place, large)
    assert pair.owner.read("alice", pair.owner.place("alice", name)) == large
    assert pair.receiver.read("bobby", place) == large


def test_a_folder_is_so_too(pair):
    folder = f"folder {secrets.token_hex(4)}"
    assert pair.owner.dav("alice", "MKCOL", pair.owner.place("alice", folder)).status == 201
    pair.owner.write("alice", pair.owner.place("alice", f"{folder}/in \xe4.txt"), b"inside\n")
    pair.offer(folder, CHANGE_FOLDER)
    place = pair.receiver.mount("bobby", folder)
    assert pair.receiver.names("bobby", place) == ["in%20%C3%A4.txt"]
    assert pair.receiver.read("bobby", f"{place}/in%20%C3%A4.txt") == b"inside\n"
    assert pair.receiver.dav("bobby", "MKCOL", f"{place}/a%25b").status == 201
    pair.receiver.write("bobby", f"{place}/new%20%231:%3F.txt", b"new\n")
    moved = pair.receiver.dav("bobby", "MOVE", f"{place}/new%20%231:%3F.txt", b"", [
        ("Destination", f"https://{pair.receiver.host}{place}/a%25b/moved%20%2B.txt")])
    assert moved.status == 201
    assert pair.owner.read("alice", pair.owner.place("alice", f"{folder}/a%b/moved +.txt")) == b"new\n"
    assert pair.receiver.dav("bobby", "DELETE", f"{place}/in%20%C3%A4.txt").status == 204
    assert pair.owner.names("alice", pair.owner.place("alice", folder)) == ["a%25b"]


def test_a_permission_that_the_owner_takes_back_is_gone(pair):
    name, place, share = pair.accepted(b"one\n")
    pair.receiver.write("bobby", place, b"two\n")
    response = pair.owner.request("alice", "PATCH", share, [("Content-Type", "application/json")],
                                  as_json({"roles": [READ]}))
    assert response.status == 200, response.body
    assert pair.receiver.dav("bobby", "PUT", place, b"three\n").status >= 400
    assert pair.owner.read("alice", pair.owner.place("alice", name)) == b"two\n"
    assert pair.receiver.read("bobby", place) == b"two\n"


def test_a_share_that_the_owner_ends_is_gone(pair):
    name, place, share = pair.accepted(b"for a while\n")
    pair.owner.ask("alice", "DELETE", share)
    assert number(share) not in pair.owner.shares()
    assert pair.receiver.dav("bobby", "GET", place).status >= 400
    # Its owner tells nobody; the receiver sees that there is nothing to be had.
    assert pair.receiver.received("bobby", name) == []


def test_the_permanent_secret_stays_with_its_owner(pair, capture):
    name, place, share = pair.accepted(b"read by a code\n")
    pair.receiver.write("bobby", place, b"and written\n")
    secret = pair.owner.shares()[number(share)]["token"]
    handle = pair.receiver.received_secrets()[number(share)]
    stays_with_its_owner(pair, capture, name, secret, handle, pair.owner.folder / "data/storage/ocm")


def test_an_unsigned_offer_in_the_name_of_a_known_peer_makes_no_share(pair):
    pair.meet()
    forged = f"{secrets.token_hex(6)}.txt"
    alice = f"{pair.owner.accounts['alice']}@{pair.owner.host}"
    response = pair.receiver.gateway.request(
        "POST", "/ocm/shares", [("Content-Type", "application/json")], as_json({
            "shareWith": f"{pair.receiver.accounts['bobby']}@{pair.receiver.host}", "name": forged,
            "providerId": secrets.token_hex(8), "owner": alice, "sender": alice, "shareType": "user",
            "resourceType": "file", "protocol": {"name": "multi", "options": {}, "webdav": {
                "uri": f"https://{pair.owner.host}/dav/ocm/1", "sharedSecret": secrets.token_hex(16),
                "permissions": ["read"]}}}))
    assert (response.status, b"signature_required" in response.body) == (401, True), response.body
    assert pair.receiver.received("bobby", forged) == []


def test_the_permanent_secret_opens_nothing_from_outside(pair):
    name, place, share = pair.accepted(b"by the code alone\n")
    secret = pair.owner.shares()[number(share)]["token"]
    for target in (f"/dav/ocm/{number(share)}/{name}", f"/remote.php/dav/ocm/{number(share)}/{name}"):
        asked = "PROPFIND", target
        # At the server itself it does: the one in front of it is what keeps it shut.
        assert pair.owner.with_secret(*asked, secret, [("Depth", "0")]).status == 207
        answers = [pair.owner.gateway.dav(*asked, secret, [("Depth", "0")]),
                   pair.owner.gateway.with_secret(*asked, secret, [("Depth", "0")])]
        assert all(answer.status in (401, 403, 404) for answer in answers), answers
    assert pair.receiver.read("bobby", place) == b"by the code alone\n"


@pytest.fixture
def older(world, tree_and_release) -> tuple[Site, OpenCloud]:
    tree, release = tree_and_release
    return world.owners[tree], world.receivers[release]


def test_what_an_older_server_shares_is_read_and_written_back(older):
    owner, receiver = older
    name = f"{secrets.token_hex(6)}.txt"
    owner.write("alice", name, b"from its owner\n")
    owner.ocs("alice", "POST", "/shares", path="/" + name, shareType=6, permissions=19,
              shareWith=f"{receiver.accounts['bobby']}@{receiver.host}")
    place = receiver.mount("bobby", name)
    assert receiver.read("bobby", place) == b"from its owner\n"
    receiver.write("bobby", place, b"from its receiver\n")
    assert owner.read("alice", name) == b"from its receiver\n"


def test_a_folder_of_an_older_server_is_so_too(older):
    owner, receiver = older
    folder = f"folder {secrets.token_hex(4)}"
    assert owner.dav("alice", "MKCOL", folder).status == 201
    owner.write("alice", f"{folder}/in \xe4.txt", b"inside\n")
    owner.ocs("alice", "POST", "/shares", path="/" + folder, shareType=6, permissions=31,
              shareWith=f"{receiver.accounts['bobby']}@{receiver.host}")
    place = receiver.mount("bobby", folder)
    assert receiver.names("bobby", place) == ["in%20%C3%A4.txt"]
    assert receiver.read("bobby", f"{place}/in%20%C3%A4.txt") == b"inside\n"
    receiver.write("bobby", f"{place}/new.txt", b"new\n")
    assert owner.read("alice", f"{folder}/new.txt") == b"new\n"

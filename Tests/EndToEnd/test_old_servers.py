"""The old servers of the harness are as the real ones were recorded: their bytes, field by field, and
they get along with each other when nothing stands between them."""

import json
import re
from pathlib import Path

import pytest

from lives import decline, life, reshare, single_file
from oldserver import KINDS, DavFailed, OldServer
from peers import PeerServer
from tree import Tree
from ways import DirectWay

RECORDINGS = Path(__file__).parents[1] / "Vectors" / "wire"
RECORDED = {"nc27": "nc27.1.3-to-nc27.1.3", "nc33": "nc33.0.3-to-nc33.0.3",
            "oc10": "oc10.15.2-to-oc10.15.2"}


class Pair:
    def __init__(self, authority, evidence, giver: str, taker: str):
        self.server = PeerServer(authority, keeps=True)
        names = ("a.test", "b.test", "c.test")
        self.giver, self.taker, self.third = (
            self.server.put(OldServer(kind, host, evidence))
            # The third one is as old as the giver: 33 and 27 do not get along.
            for kind, host in zip((giver, taker, giver), names))
        for each in (self.giver, self.taker, self.third):
            each.way = DirectWay(authority.client_context(), self.server.resolve)


@pytest.fixture
def pair(authority, evidence):
    made = []

    def make(giver, taker):
        made.append(Pair(authority, evidence, giver, taker))
        return made[-1]

    yield make
    for each in made:
        each.server.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_two_of_a_kind_share(pair, kind):
    both = pair(kind, kind)
    life(both.giver, both.taker, swapped=False)
    single_file(both.giver, both.taker)
    decline(both.giver, both.taker)
    reshare(both.giver, both.taker, both.third)
    # Nextcloud 33 takes who undoes a re-share for the third one, and has its signature against it.
    known = ["signed by https://b.test/ocm#signature, but it speaks for c.test"]
    assert both.giver.complaints == (known if kind == "nc33" else [])
    assert not both.taker.complaints


@pytest.mark.parametrize("taker", ["nc19", "nc27"])
def test_a_new_one_and_an_old_one_are_broken_without_a_gateway(pair, taker):
    both = pair("nc33", taker)
    with pytest.raises(AssertionError, match="Unable to parse URI"):
        life(both.giver, both.taker, swapped=False)


def test_a_refused_share_comes_back_over_the_older_api(pair):
    both = pair("nc33", "nc27")
    made = both.giver.share("alice", "nobody@b.test", "x", Tree(b"x"))
    assert made.delivered is None
    assert [asked.url.rpartition("b.test")[2] for asked in both.giver.way.asked] == [
        "/.well-known/ocm", "/ocm-provider", "/ocm/shares", "/ocs-provider/",
        "/ocs/v2.php/cloud/shares?format=json"]


def test_a_refusal_that_no_one_meant_deletes_a_mount(pair):
    both = pair("nc27", "nc27")
    sent = both.giver.share("alice", "bob@b.test", "x", Tree(b"x"))
    got = both.taker.received[-1]
    mount = both.taker.open(got)
    sent.state = "revoked"
    with pytest.raises(DavFailed):
        mount.read()
    assert not got.mounted


def names(headers: list) -> list[str]:
    return [name.lower() for name, _ in headers if name.lower() != "connection"]


def shape(body: str) -> list:
    """The members in their order, and the form of the values: what is not of one share only."""

    def form(value):
        if isinstance(value, dict):
            return [(name, form(each)) for name, each in value.items()]
        if isinstance(value, str):
            value = re.sub("^(alice|bob)@", "USER@", value)
            value = re.sub(r"(nc|oc)\d+[ab]\.test|[abc]\.test", "HOST", value)
            return re.sub(r"^(?!\{http)[A-Za-z0-9 ._-]+$", "TEXT", value)
        return type(value).__name__

    return form(json.loads(body))


@pytest.mark.parametrize("kind", RECORDED)
@pytest.mark.parametrize("what", ["shares", "SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED",
                                  "REQUEST_RESHARE"])
def test_messages_are_as_recorded(pair, kind, what):
    recorded = [entry["request"] for entry in
                json.loads((RECORDINGS / f"{RECORDED[kind]}.json").read_text())
                if entry["request"]["start"].startswith("POST ")
                and "/ocs/" not in entry["request"]["start"]
                and (what in entry["request"]["start"] or f'"{what}"' in entry["request"]["body"])]
    both = pair(kind, kind)
    sent = both.giver.share("alice", "bob@b.test", "name.txt", Tree(b"x"))
    got = both.taker.received[-1]
    both.taker.accept(got)
    both.taker.ask_reshare(got, "bob@c.test")
    both.taker.decline(got)
    both.giver.unshare(sent)
    ours = [request for _, _, request, _ in both.server.exchanges
            if request.method == "POST" and "/ocs/" not in request.start
            and (what in request.start or f'"{what}"' in request.body.decode())]
    assert recorded and ours
    there = recorded[0]
    assert shape(ours[0].body.decode()) == shape(there["body"])
    assert names(ours[0].headers) == names(there["headers"])
    assert ours[0].get("user-agent") == dict(
        (name.lower(), value) for name, value in there["headers"])["user-agent"]


@pytest.mark.parametrize("kind", RECORDED)
@pytest.mark.parametrize("method", ["PROPFIND", "GET", "PUT", "MKCOL", "MOVE", "DELETE"])
def test_webdav_is_as_recorded(pair, kind, method):
    recorded = [entry["request"] for entry in
                json.loads((RECORDINGS / f"{RECORDED[kind]}.json").read_text())
                if re.match(rf"{method} /public.php/webdav/.", entry["request"]["start"])]
    both = pair(kind, kind)
    life(both.giver, both.taker, swapped=False)
    ours = [request for request in both.giver.dav_seen if request.method == method
            and request.get("authorization") and request.target != "/public.php/webdav/"]
    there = {name.lower(): value for name, value in recorded[0]["headers"]}
    got = {name.lower(): value for name, value in ours[0].headers}
    for name in ("user-agent", "accept", "depth", "content-type"):
        assert got.get(name) == there.get(name), name
    assert got["authorization"].startswith("Basic ")
    if method == "MOVE":
        assert got["destination"].startswith("https://a.test/public.php/webdav/")

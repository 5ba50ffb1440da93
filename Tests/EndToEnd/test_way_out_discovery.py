"""What the backend reads of its peers: documents of its own kind and age, whatever the peer speaks."""

import json

import pytest

from backend import answer
from federation import CAVAGE, FAR, LEGACY, STRICT, Federation
from oldserver import KINDS
from tree import Tree
from ways import Refused

HOSTS = {"strict": STRICT, "cavage": CAVAGE, "legacy": LEGACY, "gateway": FAR}


@pytest.fixture(scope="module", params=list(KINDS))
def federation(request, tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("documents"), authority, evidence, request.param)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(params=list(HOSTS))
def peer(request, federation):
    return federation.peers[request.param]


def ask(federation, host, path):
    return federation.backend.way.request("GET", f"https://{host}{path}",
                                          [("User-Agent", federation.backend.kind.agent)])


def test_the_backend_can_use_it(federation, peer):
    """By its own rules of what is usable."""
    document = federation.backend._discover(f"https://{peer.host}")
    root = federation.backend._webdav(document, f"https://{peer.host}")
    assert document["endPoint"].startswith(f"https://{peer.host}/")
    assert root.startswith(f"https://{peer.host}/")


@pytest.mark.parametrize("path", ["/ocm-provider/", "/ocm-provider", "//ocm-provider/",
                                  "/.well-known/ocm", "/index.php/.well-known/ocm",
                                  "/ocm-provider/index.php"])
def test_every_place_of_the_document(federation, peer, path):
    """Nextcloud up to 26 wants exactly this apiVersion, ownCloud a list of its own name."""
    got = ask(federation, peer.host, path)
    assert got.status == 200, (path, got.start, got.body)
    document = json.loads(got.body)
    assert document["enabled"] is True
    assert document["apiVersion"] == "1.0-proposal1"
    assert not document["endPoint"].endswith("/")
    kind = federation.backend.kind
    types = document["shareTypes" if kind.is_owncloud else "resourceTypes"]
    [file] = [each for each in types if each["name"] == "file"]
    prefix = file["protocols"]["webdav"]
    assert isinstance(prefix, str) and prefix.startswith("/") and prefix.endswith("/")
    key = document.get("publicKey")
    assert key is None or key["keyId"].startswith("https://"), key


@pytest.mark.parametrize("path", ["/ocs-provider/", "//ocs-provider/", "/ocs-provider/index.php"])
def test_the_older_document_names_the_same_data(federation, peer, path):
    got = ask(federation, peer.host, path)
    assert got.status == 200, got.start
    services = json.loads(got.body)["services"]["FEDERATED_SHARING"]["endpoints"]
    allowed = "/." if federation.backend.kind.is_owncloud else "/.-"
    assert all(each.isalnum() or each in allowed for each in services["webdav"]), services
    document = json.loads(ask(federation, peer.host, "/ocm-provider/").body)
    types = document.get("shareTypes") or document["resourceTypes"]
    [file] = [each for each in types if each["name"] == "file"]
    assert file["protocols"]["webdav"].rstrip("/") == services["webdav"].rstrip("/")


def test_the_peer_is_asked_once(federation, peer):
    """Without a cache an old server asks four times for each operation on a file."""
    relay = federation.capture.peers[peer.host]
    ask(federation, peer.host, "/ocm-provider/")
    before = len(relay.requests)
    for _ in range(20):
        federation.backend._discover(f"https://{peer.host}")
    assert len(relay.requests) == before


def test_a_public_key_that_kills_old_readers_does_not_come_through(federation):
    """A bare PEM text makes Nextcloud 31 to 33 throw the whole document away."""
    peer = federation.fourth
    usual = peer.discovery
    peer.discovery = lambda: usual() | {"publicKey": "-----BEGIN RSA PUBLIC KEY-----\nAA==\n"}
    try:
        # Nobody has asked this one before.
        document = json.loads(ask(federation, peer.host, "/ocm-provider/").body)
        assert isinstance(document.get("publicKey"), (dict, type(None)))
        federation.backend._usable(document)
    finally:
        peer.discovery = usual


def test_a_peer_without_a_document_is_none(federation):
    """A peer that answers 200 with a page, as Nextcloud 19 does, has no document."""
    federation.third.before = lambda request: answer(
        200, b"<html>welcome</html>", ("Content-Type", "text/html"))
    try:
        try:
            got = ask(federation, federation.third.host, "/ocm-provider/")
        except Refused as refused:
            got = refused.response
        assert got.status >= 400, got.body
        sent = federation.backend.share("alice", f"bob@{federation.third.host}", "x", Tree(b"x"))
        # The page would have counted as a delivery over the older API.
        assert sent.delivered is None
    finally:
        federation.third.before = lambda request: None

"""What the gateway makes of answers that it reads itself: of the backend in forms and codings of its choice, and
of peers whose documents and key sets are elsewhere."""

import gzip
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from backend import answer
from federation import CAVAGE, FAR, HOME, LEGACY, STRICT, THIRD, Federation
from lives import shared
from peers import Peer, legacy_share, serving, share
from test_shares import reached, refused
from tree import Tree

FORM = ("Content-Type", "application/x-www-form-urlencoded")
OCS_IS_OPEN = '[[rule]]\nname = "older API"\non = "ocs"\naction = "allow"\n'


# The older API


def in_xml(code: int, data: str = "") -> bytes:
    """As servers answer whom nobody asked for JSON."""
    text = (f'<?xml version="1.0"?>\n<ocs><meta><status>{"ok" if code in (100, 200) else "failure"}</status>'
            f"<statuscode>{code}</statuscode><message>User does not exist</message></meta><data>{data}</data></ocs>")
    return answer(200, text.encode(), ("Content-Type", "text/xml; charset=UTF-8"))


@pytest.fixture
def old(legacy, start):
    """A Nextcloud that answers XML unless it is asked for JSON."""
    server, backend = legacy("nextcloud")
    ordinary = backend.script

    def script(request):
        url = urlsplit(request.target)
        if url.path.startswith("/ocs/v") and "format=json" not in url.query.split("&"):
            return in_xml(404)
        return ordinary(request)

    backend.script = script
    gateway = start(backend.url, policy=OCS_IS_OPEN)
    return gateway, server, backend


def call(secret: str, **change) -> bytes:
    return urlencode({
        "shareWith": "bob", "token": secret, "name": "x", "remoteId": "71", "owner": "carol",
        "ownerFederatedId": "carol@legacy.test", "sharedBy": "carol",
        "sharedByFederatedId": "carol@legacy.test", "remote": "https://legacy.test/", "shareType": "6",
    } | change).encode()


@pytest.mark.parametrize("query", ["", "?format=xml", "?format=json"])
def test_the_backend_is_always_asked_for_json(old, evidence, query):
    gateway, _, backend = old
    backend.take()
    response = gateway.request("POST", f"/ocs/v2.php/cloud/shares{query}", [FORM], call(evidence.secret()))
    assert response.status == 200, response.body
    assert json.loads(response.body)["ocs"]["meta"]["statuscode"] == 200
    [message] = reached(backend)
    assert urlsplit(message.target).query == "format=json"


def test_an_account_that_looks_like_an_address_is_at_the_host_of_its_server(old, evidence):
    gateway, _, backend = old
    backend.take()
    account = "carol@elsewhere.org"
    written = {"owner": account, "ownerFederatedId": f"{account}@https://legacy.test", "sharedBy": account,
               "sharedByFederatedId": account}
    response = gateway.request(
        "POST", "/ocs/v2.php/cloud/shares", [FORM], call(evidence.secret(), **written))
    assert response.status == 200, response.body
    [message] = reached(backend)
    told = dict(parse_qsl(message.body.decode()))
    # The backend hears no address on another host either.
    assert told["sharedByFederatedId"] == f"{account}@https://legacy.test"
    response = gateway.request(
        "POST", "/ocs/v2.php/cloud/shares", [FORM],
        call(evidence.secret(), **written | {"owner": "carol", "ownerFederatedId": "carol@legacy.test"}))
    assert response.status == 403, response.body
    assert reached(backend) == []


def test_an_answer_of_the_older_api_that_cannot_be_read_is_no_delivery(old, evidence):
    gateway, _, backend = old
    backend.script = lambda request: in_xml(404) if request.method == "POST" else answer(404)
    response = gateway.request("POST", "/ocs/v2.php/cloud/shares", [FORM], call(evidence.secret()))
    assert response.status == 502 and b"exist" not in response.body, response.body
    assert json.loads(response.body)["ocs"]["meta"]["status"] == "failure"


def test_the_secret_of_a_reshare_does_not_leave_in_another_form(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("xml"), authority, evidence, "nc27", policy=OCS_IS_OPEN,
                      partners=[STRICT, CAVAGE, HOME, FAR], legacy=[LEGACY, THIRD])
    listener = made.listeners[0]
    ordinary = listener.script
    secret = evidence.secret()

    def script(request):
        if urlsplit(request.target).path.endswith("/reshare"):
            return in_xml(200, f"<token>{secret}</token><remoteId>7</remoteId>")
        return ordinary(request)

    listener.script = script
    try:
        made.home.start()
        _, got = shared(made.backend, made.legacy, "folder", Tree({"in.txt": b"text\n"}))
        response = made.home.request(
            "POST", f"/ocs/v2.php/cloud/shares/{got.provider_id}/reshare", [FORM],
            urlencode({"token": got.secret, "shareWith": f"bob@{THIRD}", "permission": "1",
                       "remoteId": "1"}).encode())
        assert response.status == 502 and secret.encode() not in response.body, response.body
        assert made.leaks() == []
    finally:
        made.stop()


# Content codings


def coded(script):
    """A web server before the backend that compresses for who takes it."""
    def answers(request):
        raw = script(request)
        head, _, body = raw.partition(b"\r\n\r\n")
        if "gzip" not in (request.get("accept-encoding") or "") or not body:
            return raw
        return answer(int(head.split()[1]), gzip.compress(body), ("Content-Type", "application/json"),
                      ("Content-Encoding", "gzip"))
    return answers


def test_no_answer_that_is_read_is_asked_for_in_a_coding(holding, start, peers):
    server, backend, secret = holding()
    backend.script = coded(backend.script)
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    body = json.dumps(share(peer)).encode()
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    response = gateway.request("POST", "/ocm/shares", [*fields, ("Accept-Encoding", "gzip, br")], body)
    assert response.status == 201, response.body
    assert json.loads(response.body)["recipientDisplayName"]
    response = gateway.request("GET", "/status.php", [("Accept-Encoding", "gzip")])
    assert response.get("content-encoding") == "gzip", "what passes on is the client's"


def test_an_answer_in_a_coding_all_the_same_is_not_taken(legacy, start, peers):
    _, backend = legacy("nextcloud")
    ordinary = backend.script

    def script(request):
        if request.method == "POST":
            return answer(201, gzip.compress(b"{}"), ("Content-Type", "application/json"),
                          ("Content-Encoding", "gzip"))
        return ordinary(request)

    backend.script = script
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    refused(gateway.post(peer, "/ocm/shares", share(peer)), 502, "backend_unavailable")


# Where a peer's documents are


class Elsewhere(Peer):
    """The first place of its document leads to another host."""

    def __init__(self, host: str, generation: str, leads_to: str):
        super().__init__(host, generation)
        self.leads_to = leads_to

    def script(self, request):
        if request.target == "/.well-known/ocm":
            self.requests.append(request)
            return answer(302, b"", ("Location", self.leads_to))
        return super().script(request)


@pytest.mark.parametrize("leads_to", ["https://sso.elsewhere.test/login",
                                      "http://plain.test/index.php/.well-known/ocm"])
def test_a_place_that_leads_elsewhere_does_not_hide_the_next(legacy, start, authority, leads_to):
    _, backend = legacy("nextcloud")
    with serving(authority, {}) as server:
        peer = server.put(Elsewhere("plain.test", "cavage", leads_to))
        gateway = start(backend.url, peers=server, partners=[peer.host], legacy=[])
        sent = legacy_share(peer, owner="alice@plain.test", sharedBy="alice@plain.test")
        sent["sender"] = "alice@plain.test"
        response = gateway.post(peer, "/ocm/shares", sent)
        assert response.status == 201, (response.body, gateway.log()[-2000:])


@pytest.mark.parametrize("uri", ["https://blocked.test/internal/status?x=1", "https://free.test:2525/keys"])
def test_no_key_set_is_fetched_where_nothing_may_be(legacy, start, authority, uri):
    _, backend = legacy("nextcloud")
    with serving(authority, {"blocked.test": "rfc9421", "free.test": "rfc9421"}) as server:
        peer = server.put(Peer("evil.test", "rfc9421", jwksUri=uri))
        gateway = start(backend.url, peers=server, partners=[peer.host], legacy=[],
                        policy='[list.bad]\nstanding = "block"\nentries = ["blocked.test"]\n')
        body = refused(gateway.post(peer, "/ocm/shares", share(peer)), 503, "key_unavailable")
        assert all(other.requests == [] for other in (server.peers["blocked.test"], server.peers["free.test"]))
        why = gateway.decision(body["decision"])["detail"]
        assert "is blocked" in why or "names the port" in why, why


def test_a_key_set_may_be_on_a_host_that_nobody_lists(legacy, start, authority):
    _, backend = legacy("nextcloud")
    with serving(authority, {}) as server:
        keys = server.put(Peer("keys.test", "rfc9421"))
        peer = server.put(Peer("good.test", "rfc9421", jwksUri="https://keys.test/ocm/jwks"))
        keys.jwks = peer.jwks
        gateway = start(backend.url, peers=server, partners=[peer.host], legacy=[])
        assert gateway.post(peer, "/ocm/shares", share(peer)).status == 201

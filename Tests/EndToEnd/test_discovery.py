"""What peers, old and new, see of a server behind the gateway."""

import json
import threading
import time

import pytest

from backend import ScriptedBackend, answer
from oldserver import OldServer

PATHS = ["/.well-known/ocm", "/ocm-provider", "/ocm-provider/", "//ocm-provider/",
         "/index.php/.well-known/ocm", "/index.php/ocm-provider/", "/ocm-provider/index.php"]
CACHE = """
[discovery]
cache = { fresh = "1s", stale_if_error = "24h", negative = "1s" }
"""


@pytest.fixture(scope="module", params=["nextcloud", "owncloud10", "opencloud"])
def gateway(request, legacy, start):
    server, backend = legacy(request.param)
    gateway = start(backend.url, kind=request.param)
    gateway.kind = request.param
    return gateway


def test_every_path_serves_the_same_document(gateway):
    answers = [gateway.request("GET", path) for path in PATHS]
    assert [answer.status for answer in answers] == [200] * len(PATHS)
    assert len({answer.body for answer in answers}) == 1
    assert all(answer["content-type"].startswith("application/json") for answer in answers)


def test_the_oldest_clients_find_what_they_insist_on(gateway):
    document = json.loads(gateway.request("GET", "/ocm-provider/").body)
    assert document["enabled"] is True
    assert document["apiVersion"] == "1.0-proposal1"
    assert document["version"]
    assert document["endPoint"].startswith("https://cloud.test/")
    assert not document["endPoint"].endswith("/")
    kinds = document["resourceTypes"]
    assert any(kind["name"] == "file" for kind in kinds)
    for kind in kinds:
        path = kind["protocols"]["webdav"]
        assert path.startswith("/") and path.endswith("/")
    if gateway.kind == "owncloud10":
        assert document["shareTypes"]
    # Nextcloud 31 to 33 stop at any other shape of this.
    assert set(document["publicKey"]) == {"keyId", "publicKeyPem"}
    assert document["publicKey"]["keyId"].startswith("https://cloud.test/")
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")


def test_modern_peers_find_keys_and_the_token_endpoint(gateway):
    document = json.loads(gateway.request("GET", "/.well-known/ocm").body)
    assert {"http-sig", "exchange-token"} <= set(document["capabilities"])
    assert document["tokenEndPoint"] == "https://cloud.test/ocm/token"
    assert document["jwksUri"].startswith("https://cloud.test/")
    path = document["jwksUri"].removeprefix("https://cloud.test")
    keys = json.loads(gateway.request("GET", path).body)["keys"]
    assert keys == json.loads(gateway.request("GET", "/.well-known/jwks.json").body)["keys"]
    assert any(key["kty"] == "OKP" and key["crv"] == "Ed25519" for key in keys)
    for key in keys:
        assert "d" not in key and "p" not in key
    assert "must-use-http-sig" in document.get("criteria", [])


def test_discovery_answers_while_the_backend_is_down(gateway, legacy, start):
    server, backend = legacy("nextcloud")
    other = start(backend.url)
    first = other.request("GET", "/.well-known/ocm")
    backend.stop()
    assert other.request("GET", "/.well-known/ocm").body == first.body


@pytest.mark.parametrize("place, follows", [
    ("/cloud/index.php/.well-known/ocm", True), ("http://cloud.test/cloud/index.php/.well-known/ocm", True),
    ("https://evil.test/cloud/index.php/.well-known/ocm", False),
    ("//cloud.test/cloud/index.php/.well-known/ocm", False), ("/.well-known/ocm", False),
])
def test_the_root_may_redirect_to_the_folder_of_the_backend(evidence, start, place, follows):
    document = OldServer("nc33", "cloud.test", evidence).discovery()
    document["endPoint"] = "https://cloud.test/cloud/index.php/ocm"

    def script(request):
        if request.target == "/.well-known/ocm":
            return answer(301, b"", ("Location", place))
        return answer(200, document) if request.target == "/cloud/index.php/.well-known/ocm" else answer(404)

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url)
        assert (gateway.request("GET", "/.well-known/ocm").status == 200) is follows
        if not follows:
            assert "/.well-known/ocm: " in gateway.lines("backend.undiscovered")[0]["detail"]
    finally:
        backend.stop()


@pytest.mark.parametrize("kind", ["nextcloud", "owncloud10"])
@pytest.mark.parametrize("path", ["/.well-known/carddav", "/.well-known/caldav"])
@pytest.mark.parametrize("origin, follows", [("", True), ("http://cloud.test", True), ("https://evil.test", False)])
def test_the_root_may_lead_calendars_alone_to_the_folder(evidence, start, kind, path, origin, follows):
    document = OldServer("nc27", "cloud.test", evidence).discovery()
    document["endPoint"] = "https://cloud.test/cloud/index.php/ocm"

    def script(request):
        if request.target == path:
            return answer(301, b"", ("Location", origin + "/cloud/remote.php/dav/"))
        return answer(200, document) if request.target == "/cloud/ocm-provider/" else answer(404)

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url, kind=kind)
        assert (gateway.request("GET", "/.well-known/ocm").status == 200) is follows
        if follows:
            assert gateway.request("POST", "/old/ocm/shares").status == 404
            assert "/cloud/status.php" in [request.target for request in backend.requests]
        else:
            remedy = gateway.lines("backend.undiscovered")[0]["remedy"]
            assert "redirects /ocm-provider/ (or, as its manual has it, /.well-known/carddav) there" in remedy
    finally:
        backend.stop()


def test_a_backend_that_is_not_found_by_calendars_is_told_of_none(start):
    backend = ScriptedBackend(lambda request: answer(404))
    try:
        remedy = start(backend.url, kind="ocis").lines("backend.undiscovered")[0]["remedy"]
        assert "redirects /ocm-provider/ there" in remedy and "carddav" not in remedy
    finally:
        backend.stop()


@pytest.mark.parametrize("origin", ["", "http://cloud.test", "https://cloud.test"])
def test_a_redirect_of_the_backend_to_itself_is_told_as_that(start, origin):
    backend = ScriptedBackend(lambda request: answer(301, b"", ("Location", origin + request.target)))
    try:
        detail = start(backend.url).lines("backend.undiscovered")[0]["detail"]
        assert "/.well-known/ocm: status 301 to itself; if it forces https," in detail
    finally:
        backend.stop()


def test_a_backend_that_takes_long_for_a_page_is_found_by_one_request(evidence, start):
    server = OldServer("nc33", "cloud.test", evidence)

    def script(request):
        if request.target == "/page":
            return answer(200, b"ok")
        time.sleep(7)
        return server.script(request)

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url)
        began = time.monotonic()
        assert gateway.request("GET", "/page").status == 200
        assert time.monotonic() - began < 6
        assert gateway.request("GET", "/.well-known/ocm").status == 200
        asked = [request.target for request in backend.requests if request.target != "/page"]
        assert asked == ["/index.php/.well-known/ocm", "/status.php"]
        assert gateway.lines("backend.undiscovered", 0) == []
    finally:
        backend.stop()


def test_a_backend_that_hangs_is_asked_for_less_and_less(start):
    """It does not notice that nobody waits any more."""
    is_over = threading.Event()

    def script(request):
        if request.target != "/page":
            is_over.wait(60)
        return answer(200, b"ok")

    def hasty(gateway):
        gateway.configuration.write_text(gateway.configuration.read_text().replace(
            'pass = "all"', 'pass = "all"\ntimeouts = { headers = "1s" }'))

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url, hasty)
        end = time.monotonic() + 14
        while time.monotonic() < end:
            assert gateway.request("GET", "/page").status == 200
            time.sleep(0.2)
        # Nor do those who want it have it asked for.
        assert gateway.request("GET", "/.well-known/ocm").status == 502
        asked = [request.target for request in backend.requests if request.target != "/page"]
        # After 0, 3 and 8 seconds.
        assert set(asked) == {"/index.php/.well-known/ocm"} and 2 <= len(asked) <= 3
        [line] = gateway.lines("backend.undiscovered")
        assert line["detail"] == "/index.php/.well-known/ocm: deadline"
        assert "longer than 1s for a page" in line["remedy"]
        assert "raise backend.timeouts.headers" in line["remedy"]
        assert gateway.lines("backend.suspended", 0) == []
    finally:
        is_over.set()
        backend.stop()


def test_a_document_that_is_lost_is_told_of_and_so_is_that_it_is_back(evidence, start):
    server = OldServer("nc33", "cloud.test", evidence)
    isAway = threading.Event()
    backend = ScriptedBackend(
        lambda request: answer(404, b"") if isAway.is_set() else server.script(request))
    try:
        gateway = start(backend.url, configuration=CACHE)
        first = gateway.request("GET", "/.well-known/ocm")
        # It has a key, and there is no way out.
        gateway.lines("backend.signs")
        isAway.set()
        assert "404" in gateway.lines("backend.undiscovered")[0]["detail"]
        assert gateway.request("GET", "/.well-known/ocm").body == first.body
        # While it is away, nothing is said of what it was.
        signs = len(gateway.lines("backend.signs"))
        asked = len(backend.requests)
        deadline = time.monotonic() + 20
        while len(backend.requests) < asked + 4:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(gateway.lines("backend.signs")) == signs
        isAway.clear()
        gateway.lines("backend.discovered")
    finally:
        backend.stop()

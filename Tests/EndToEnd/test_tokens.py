"""The code flow: a permanent secret becomes a short-lived token, and only the token travels."""

import base64
import contextlib
import json
import subprocess
import time
from urllib.parse import urlencode

import pytest

from backend import answer
from gateway import binary
from legacy import MULTISTATUS
from peers import share

FORM = "application/x-www-form-urlencoded"
DAV = "/public.php/webdav"


@pytest.fixture(scope="module")
def world(holding, start):
    server, backend, secret = holding()
    server.files["a b.txt"] = b"space\n"
    gateway = start(backend.url, ttl="1m")
    return gateway, server, backend, secret


@pytest.fixture(scope="module")
def modern(peers):
    return peers.peers["modern.test"]


def test_a_code_becomes_a_bearer_token(world, modern):
    gateway, _, _, secret = world
    response = gateway.exchange(modern, secret)
    assert response.status == 200, (response.body, gateway.log()[-3000:])
    assert response["cache-control"] == "no-store"
    assert response["content-type"].startswith("application/json")
    grant = json.loads(response.body)
    assert grant["token_type"] == "Bearer" and grant["expires_in"] == 60
    assert secret not in grant["access_token"]
    assert "refresh_token" not in grant


def test_each_exchange_gives_a_token_of_its_own(world, modern):
    gateway, _, _, secret = world
    assert gateway.token(modern, secret) != gateway.token(modern, secret)


def error_of(response) -> str:
    assert response["cache-control"] == "no-store"
    return json.loads(response.body)["error"]


def test_the_errors_of_the_token_endpoint(world, modern, peers):
    gateway, _, _, secret = world

    def ask(form, content_type=FORM, peer=modern):
        body = urlencode(form).encode() if isinstance(form, dict) else form
        return gateway.post(peer, "/ocm/token", body, content_type)

    good = {"grant_type": "authorization_code", "client_id": modern.host, "code": secret}
    cases = [
        (good | {"grant_type": "password"}, "unsupported_grant_type"),
        (good | {"code": "never-given"}, "invalid_grant"),
        ({"client_id": modern.host, "code": secret}, "invalid_request"),
        ({"grant_type": "authorization_code", "client_id": modern.host}, "invalid_request"),
        (urlencode(good).encode() + b"&code=" + secret.encode(), "invalid_request"),
        (b"", "invalid_request"),
        (b"%", "invalid_request"),
    ]
    for form, expected in cases:
        response = ask(form)
        assert (response.status, error_of(response)) == (400, expected), form
    # Signed by one host, claimed for another.
    response = ask(good, peer=peers.peers["other.test"])
    assert response.status in (400, 401) and error_of(response) == "invalid_client"


def test_an_unsigned_request_gets_no_token(world, modern):
    gateway, _, _, secret = world
    response = gateway.request("POST", "/ocm/token", [("Content-Type", FORM)],
                               modern.token_form(secret))
    assert response.status in (400, 401)
    assert error_of(response) == "invalid_client"
    assert b"access_token" not in response.body


def test_the_code_is_bound_to_the_peer_that_used_it_first(world, modern, peers, evidence):
    gateway, server, _, _ = world
    secret = evidence.secret()
    server.secrets.add(secret)
    gateway.token(modern, secret)
    response = gateway.exchange(peers.peers["other.test"], secret)
    assert response.status == 400 and error_of(response) == "invalid_grant"


def test_only_a_post_of_a_form_is_heard(world, modern):
    gateway, _, _, _ = world
    assert gateway.request("GET", "/ocm/token").status == 405
    response = gateway.post(modern, "/ocm/token", b"{}")
    assert 400 <= response.status < 500


def test_a_file_is_read_and_written_with_the_token(world, modern):
    gateway, server, backend, secret = world
    token = gateway.token(modern, secret)
    backend.take()
    response = gateway.dav("GET", f"{DAV}/notes.txt", token)
    assert (response.status, response.body) == (200, b"hello\n")
    [request] = backend.take()
    assert request["authorization"] == "Basic " + base64.b64encode(
        f"{secret}:".encode()).decode()
    assert request["host"] == "cloud.test"
    assert gateway.dav("PUT", f"{DAV}/new.txt", token, body=b"written\n").status == 201
    assert server.files["new.txt"] == b"written\n"
    assert gateway.dav("PROPFIND", f"{DAV}/", token, [("Depth", "0")]).status == 207


def test_a_token_ends(world, modern, start):
    _, _, backend, secret = world
    gateway = start(backend.url, ttl="6s")
    token = gateway.token(modern, secret)
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 200
    time.sleep(7)
    backend.take()
    response = gateway.dav("GET", f"{DAV}/notes.txt", token)
    assert response.status == 401
    assert response["www-authenticate"]
    assert backend.take() == []


def test_a_token_that_we_did_not_make_opens_nothing(world, modern):
    gateway, _, backend, secret = world
    token = gateway.token(modern, secret)
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:]
    backend.take()
    response = gateway.dav("GET", f"{DAV}/notes.txt", changed)
    assert response.status == 401 and response["www-authenticate"].startswith("Bearer")
    assert backend.take() == []


@pytest.mark.parametrize("target", [
    f"{DAV}/../../config.php", f"{DAV}/%2e%2e/%2e%2e/config.php", f"{DAV}/a%2f..%2f..%2fb",
    f"{DAV}/a%5cb", f"{DAV}/a%00b", f"{DAV}/a/./b", f"{DAV}/..;/b", "/public.php/other",
    f"{DAV}/a%252f..%252f..%252fb", f"{DAV}/%25252e%25252e/b", f"{DAV}%252fb",
    "/public.php/dav%252ffiles/b",
])
def test_a_token_stays_on_its_path(world, modern, target):
    gateway, _, backend, secret = world
    token = gateway.token(modern, secret)
    backend.take()
    response = gateway.dav("GET", target, token)
    assert 400 <= response.status < 500, response.status
    assert all(secret not in base64.b64decode(
        (request.get("authorization") or "Basic ").split(" ")[1] + "==").decode("latin-1")
        for request in backend.take())


def test_the_destination_of_a_move_is_mapped_and_bound(world, modern):
    gateway, _, backend, secret = world
    token = gateway.token(modern, secret)
    backend.take()
    moved = gateway.dav("MOVE", f"{DAV}/notes.txt", token,
                        [("Destination", f"https://cloud.test{DAV}/moved.txt")])
    assert moved.status == 201
    [request] = backend.take()
    assert request["destination"].endswith(f"{DAV}/moved.txt")
    for elsewhere in ("https://evil.test/public.php/webdav/x", "https://cloud.test/remote.php/x",
                      f"https://cloud.test{DAV}/../../x", f"https://cloud.test{DAV}/%2e%2e/x"):
        response = gateway.dav("MOVE", f"{DAV}/notes.txt", token, [("Destination", elsewhere)])
        assert 400 <= response.status < 600 and response.status != 201
    copied = gateway.dav("COPY", f"{DAV}/moved.txt", token, [
        ("Destination", f"https://cloud.test{DAV}/x"), ("Source", "http://192.0.2.1/x")])
    assert copied.status == 403
    assert backend.take() == []


def test_a_first_request_without_credentials_is_challenged_as_old_clients_need_it(world):
    gateway, _, _, _ = world
    response = gateway.request("PROPFIND", f"{DAV}/", [("Depth", "0")])
    assert response.status == 401
    challenges = response.all("www-authenticate")
    assert any(value.startswith("Basic realm=") for value in challenges)
    assert not any(value.lower().startswith("digest") for value in challenges)


def test_a_secret_made_before_the_gateway_still_opens_its_share(world, evidence):
    gateway, server, backend, _ = world
    secret = evidence.secret()
    server.secrets.add(secret)
    assert gateway.with_secret("GET", f"{DAV}/notes.txt", secret).status == 200


def test_no_permanent_secret_opens_anything_when_none_is_accepted(holding, start, modern):
    _, backend, secret = holding()
    gateway = start(backend.url, token='accept_secret = "none"')
    assert gateway.with_secret("GET", f"{DAV}/notes.txt", secret).status in (401, 403)
    token = gateway.token(modern, secret)
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 200


def test_a_bearer_backend_gets_the_secret_as_bearer(legacy, start, evidence, modern):
    server, backend = legacy("opencloud")
    secret = evidence.secret(32)
    server.secrets = {secret}
    server.files = {"7f3a/notes.txt": b"hello\n"}
    gateway = start(backend.url, kind="opencloud")
    response = gateway.request("GET", "/dav/ocm/7f3a/notes.txt",
                               [("Authorization", f"Bearer {secret}")])
    assert (response.status, response.body) == (200, b"hello\n")


def test_a_share_of_a_bearer_backend_is_found_at_the_root_of_all_shares(
        legacy, start, evidence, modern):
    server, backend = legacy("opencloud")
    secret = evidence.secret(32)
    server.secrets = {secret}
    server.files = {"7f3a/notes.txt": b"hello\n"}
    codes = []
    gateway = start(backend.url, kind="opencloud",
                    prepare=lambda it: codes.append(it.add_share(modern.host, "7f3a", secret)))
    code = codes[0]
    token = gateway.token(modern, code)
    as_reader = [lambda *what: gateway.with_secret(*what[:2], code, *what[2:]),
                 lambda *what: gateway.dav(*what[:2], token, *what[2:])]
    for ask in as_reader:
        response = ask("PROPFIND", "/dav/ocm/notes.txt", [("Depth", "0")])
        assert response.status == 207
        assert b"<d:href>/dav/ocm/notes.txt</d:href>" in response.body
        assert ask("GET", "/remote.php/dav/ocm/notes.txt").body == b"hello\n"
        assert ask("GET", "/dav/ocm/7f3a/notes.txt").body == b"hello\n"
        assert ask("PUT", "/dav/ocm/new.txt", [], b"new\n").status in (201, 204)
        backend.take()
        moved = ask("MOVE", "/dav/ocm/new.txt",
                    [("Destination", f"https://{gateway.host}/dav/ocm/dir/new.txt")])
        assert moved.status == 201
        [request] = backend.take()
        assert request.target == "/dav/ocm/7f3a/new.txt"
        assert request["destination"].endswith("/dav/ocm/7f3a/dir/new.txt")
    assert server.files["7f3a/new.txt"] == b"new\n"
    probe = gateway.request("POST", f"/index.php/apps/files_sharing/shareinfo?t={code}",
                            [("Content-Type", FORM)], b"password=")
    assert probe.status == 503 and probe["retry-after"]


def test_the_share_probe_never_answers_what_deletes_a_mount(world):
    gateway, _, backend, _ = world
    response = gateway.request(
        "POST", "/index.php/apps/files_sharing/shareinfo?t=unknownsecret00",
        [("Content-Type", FORM)], b"password=")
    assert response.status not in (401, 403)


class Shared:
    """Shares of the backend's own, known to the gateway: one to read, one to read and write."""

    def __init__(self, server, evidence, peer):
        self.secrets = {name: evidence.secret() for name in ("read", "read,write")}
        server.secrets.update(self.secrets.values())
        self.peer = peer
        self.codes: dict[str, str] = {}

    def register(self, gateway):
        for number, (permissions, secret) in enumerate(self.secrets.items()):
            self.codes[permissions] = gateway.add_share(
                self.peer.host, str(100 + number), secret, "--permissions", permissions)


@pytest.fixture(scope="module")
def shared(legacy, start, evidence, modern):
    server, backend = legacy("nextcloud")
    server.files = {"notes.txt": b"hello\n"}
    shares = Shared(server, evidence, modern)
    gateway = start(backend.url, prepare=shares.register)
    return gateway, server, backend, shares


def test_the_code_is_not_the_secret(shared):
    _, _, _, shares = shared
    assert set(shares.codes.values()).isdisjoint(shares.secrets.values())


@pytest.mark.parametrize("method, headers", [
    ("PUT", []), ("DELETE", []), ("MKCOL", []), ("PROPPATCH", []),
    ("MOVE", [("Destination", f"https://cloud.test{DAV}/x.txt")]),
    ("COPY", [("Destination", f"https://cloud.test{DAV}/x.txt")]),
])
def test_a_read_only_share_is_for_reading_only(shared, modern, method, headers):
    gateway, _, backend, shares = shared
    token = gateway.token(modern, shares.codes["read"])
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 200
    backend.take()
    body = b"x" if method == "PUT" else b""
    response = gateway.dav(method, f"{DAV}/notes.txt", token, headers, body)
    assert response.status == 403
    assert backend.take() == []


def inspected(gateway, token: str, *more: str) -> subprocess.CompletedProcess:
    """By standard input: one may begin with a dash."""
    return subprocess.run([binary(), "token", "inspect", "-", "-c", gateway.configuration, *more],
                          input=token, capture_output=True, text=True, timeout=30)


def test_a_token_that_was_revoked_is_told(shared, modern):
    gateway, _, _, shares = shared
    token = gateway.token(modern, shares.codes["read"])
    good = json.loads(inspected(gateway, token, "--json").stdout)
    assert good["valid"] is True and good["unchecked"] is None
    number = good["share"]
    gateway.command("token", "revoke", number)
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 401
    run = inspected(gateway, token)
    assert run.returncode == 1 and "it was revoked" in run.stderr, run
    run = inspected(gateway, token, "--json")
    assert json.loads(run.stdout)["valid"] is False and run.returncode == 1
    assert "before the last revocation" in gateway.command("share", "show", number).stdout
    newer = inspected(gateway, gateway.token(modern, shares.codes["read"]), "--json")
    assert newer.returncode == 0 and json.loads(newer.stdout)["valid"] is True


@pytest.mark.parametrize("command", ["share", "token"])
def test_an_access_that_is_revoked_after_a_take_over_ends_where_it_streams(start, holding, modern, command):
    """The process that streams has the state no more, and is told nothing."""
    server, backend, secret = holding()
    size = 64 << 20
    server.files["big.bin"] = b"x" * size
    codes = []
    gateway = start(backend.url, prepare=lambda made: codes.append(made.add_share(modern.host, "1", secret)))
    token = gateway.token(modern, codes[0])
    with gateway.connect() as download:
        request = (f"GET {DAV}/big.bin HTTP/1.1\r\nHost: cloud.test\r\n"
                   f"Authorization: Bearer {token}\r\n\r\n")
        download.send(request.encode())
        got = len(download.reader.read(1 << 16))
        former = gateway.process
        gateway.arguments = ["--take-over"]
        gateway.start()
        gateway.command(command, "revoke", "1")
        # A second until this is known there, a second until what streams asks: half of it lasts for longer.
        with contextlib.suppress(OSError):
            while piece := download.reader.read1(1 << 16):
                got += len(piece)
                time.sleep(0.01)
        assert got < size
    assert former.wait(20) == 0


def test_a_writable_share_is_for_writing_too(shared, modern):
    gateway, server, _, shares = shared
    token = gateway.token(modern, shares.codes["read,write"])
    assert gateway.dav("PUT", f"{DAV}/notes.txt", token, body=b"new\n").status == 204
    assert server.files["notes.txt"] == b"new\n"


def test_a_code_is_for_the_peer_that_the_share_was_made_for(shared, peers):
    gateway, _, _, shares = shared
    response = gateway.exchange(peers.peers["other.test"], shares.codes["read"])
    assert response.status == 400 and error_of(response) == "invalid_grant"


def test_unknown_and_foreign_codes_get_the_same_answer(shared, peers):
    gateway, _, backend, shares = shared
    backend.take()
    foreign = gateway.exchange(peers.peers["other.test"], shares.codes["read"])
    unknown = gateway.exchange(peers.peers["other.test"], "no-code-of-ours-at-all")
    # The backend slows down who fails: the peer, not the gateway.
    assert [request.get("x-forwarded-for") for request in backend.take()] == ["127.0.0.1"] * 2
    assert foreign.status == unknown.status
    assert error_of(foreign) == error_of(unknown)


def test_the_secret_of_a_tokens_only_share_does_not_open_it_from_outside(shared):
    gateway, _, backend, shares = shared
    backend.take()
    response = gateway.with_secret("GET", f"{DAV}/notes.txt", shares.secrets["read"])
    assert response.status == 401
    assert backend.take() == []


def test_a_share_is_added_while_the_gateway_runs(shared, modern, evidence):
    gateway, server, _, _ = shared
    secret = evidence.secret()
    server.secrets.add(secret)
    code = gateway.add_share(modern.host, "200", secret)
    token = gateway.token(modern, code)
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 200
    assert "200" in {entry["providerId"] for entry in gateway.shares()}


def test_a_secret_in_the_path_is_judged_like_one_in_the_credential(shared):
    gateway, _, backend, shares = shared
    files = "/public.php/dav/files"
    backend.take()
    assert gateway.request("GET", f"{files}/{shares.secrets['read']}/notes.txt").status == 401
    assert gateway.request("PUT", f"{files}/{shares.codes['read']}/notes.txt", [], b"x").status == 403
    assert backend.take() == []
    gateway.request("GET", f"{files}/{shares.codes['read']}/notes.txt")
    [request] = backend.take()
    assert request.target == f"{files}/{shares.secrets['read']}/notes.txt"


@pytest.mark.parametrize("files", ["/public.php/dav/files", "/remote.php/dav/public-files"])
@pytest.mark.parametrize("method, status", [("PROPFIND", 207), ("LOCK", 200), ("MKCOL", 405), ("PUT", 201)])
def test_no_answer_tells_the_secret_behind_a_code_in_the_path(named, files, method, status):
    gateway, backend, secret, code = named[files]
    backend.take()
    response = gateway.request(method, f"{files}/{code}/a.txt",
                               [("Depth", "1"), ("Accept-Encoding", "gzip"), ("Range", "bytes=0-9"),
                                ("If", f"<https://cloud.test{files}/{code}/a.txt> (<opaquelocktoken:1>)")])
    [request] = backend.take()
    assert request.get("range") is None
    assert request.target == f"{files}/{secret}/a.txt"
    assert request.get("if") == f"<{files}/{secret}/a.txt> (<opaquelocktoken:1>)"
    assert response.status == status
    assert secret not in str(response.headers) + response.body.decode()
    assert response["location"] == f"https://cloud.test{files}/{code}/a.txt"
    assert response.body.decode() == MULTISTATUS.format(href=f"{files}/{code}/a.txt", kind=code)


@pytest.fixture(scope="module")
def named(legacy, start, evidence, modern):
    """Gateways before servers that name shares in the path, and answer with it."""
    statuses = {"PROPFIND": 207, "LOCK": 200, "MKCOL": 405, "PUT": 201}
    found = {}
    for kind, files in [("nextcloud", "/public.php/dav/files"), ("owncloud10", "/remote.php/dav/public-files")]:
        server, backend = legacy(kind)
        secret = evidence.secret()

        def script(request, server=server, files=files, secret=secret):
            if not request.target.startswith(files):
                return server.script(request)
            body = MULTISTATUS.format(href=request.target, kind=secret).encode()
            return answer(statuses[request.method], body, ("Content-Type", "application/xml; charset=utf-8"),
                          ("Location", f"https://cloud.test{request.target}"))

        backend.script = script
        codes = []
        gateway = start(backend.url, kind=kind,
                        prepare=lambda gateway: codes.append(gateway.add_share(modern.host, "300", secret)))
        found[files] = gateway, backend, secret, codes[0]
    return found


def test_a_whole_tree_is_not_listed_at_once(shared, modern):
    gateway, _, backend, shares = shared
    token = gateway.token(modern, shares.codes["read"])
    backend.take()
    assert gateway.dav("PROPFIND", f"{DAV}/", token, [("Depth", "infinity")]).status == 403
    assert backend.take() == []


def test_a_disk_that_takes_no_more_is_a_503_and_reading_goes_on(holding, start, peers, evidence):
    """A limit of file sizes stands in for a full disk: writes of the state fail from now on."""
    import resource

    _, backend, secret = holding()
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    token = gateway.token(peer, secret)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    sent = share(peer)
    evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    backend.take()
    refused = gateway.post(peer, "/ocm/shares", sent)
    assert refused.status == 503 and refused["retry-after"]
    assert gateway.exchange(peer, secret).status == 503
    assert [each for each in backend.take() if each.method == "POST"] == []
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 200
    # Started again with room, it goes on where it was.
    assert gateway.stop() == 0
    gateway.start()
    assert gateway.post(peer, "/ocm/shares", share(peer)).status == 201

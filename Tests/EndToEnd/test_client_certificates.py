"""Client certificates (`client_ca`) and the need `mtls`, with clients of OpenSSL and curl."""

import json
import re
import ssl
import subprocess

import pytest

from certificates import Authority
from gateway import binary
from peers import as_json, legacy_share, share
from test_shares import reached, refused
from wire import Connection

POLICY = """
[[require]]
name = "by certificate"
on   = ["share.in", "webdav.in"]
need = "mtls"
"""


@pytest.fixture(scope="module")
def clients(tmp_path_factory) -> Authority:
    """Whom the gateway believes about clients."""
    return Authority(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def world(holding, start, clients):
    _, backend, backend.secret = holding()

    def prepare(gateway):
        text = gateway.configuration.read_text()
        [key] = [line for line in text.splitlines() if line.startswith("key  = ")]
        gateway.configuration.write_text(
            text.replace(key, f'{key}\nclient_ca = "{clients.file}"'))

    return start(backend.url, prepare, policy=POLICY), backend


def context(gateway, identity=None, version=ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    made = gateway.authority.client_context()
    made.minimum_version = made.maximum_version = version
    if identity:
        made.load_cert_chain(identity.certificate, identity.key)
    return made


def connect(gateway, *how) -> Connection:
    return Connection(("127.0.0.1", gateway.port), context(gateway, *how), "cloud.test")


def sent(gateway, peer, *how):
    with connect(gateway, *how) as connection:
        return gateway.post(peer, "/ocm/shares", share(peer), connection=connection)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_peer_that_shows_its_certificate_is_let_in(world, clients, peers, version):
    gateway, backend = world
    backend.take()
    modern = peers.peers["modern.test"]
    assert sent(gateway, modern, clients.issue_client("modern.test"), version).status == 201
    [message] = reached(backend)
    line = gateway.decision(message["x-ocm-decision"])
    assert line["certificate"]["names"] == ["modern.test"]
    assert {"name": "require:by certificate", "result": "passed"} in line["checks"]
    # The journal says the same, and by which facts it was judged.
    words = gateway.command("explain", line["decision"]).stdout
    assert f"client certificate of modern.test, SHA-256 {line['certificate']['fingerprint']}" in words
    told = json.loads(gateway.command("journal", "show", line["decision"], "--json").stdout)
    assert '"mtls":true' in json.dumps(told, separators=(",", ":"))


def test_without_one_or_with_that_of_another_a_peer_is_refused(world, clients, peers):
    gateway, backend = world
    backend.take()
    modern = peers.peers["modern.test"]
    body = refused(sent(gateway, modern), 403, "not_allowed")
    line = gateway.decision(body["decision"])
    assert line["by"] == "require:by certificate" and "certificate" not in line
    body = refused(sent(gateway, modern, clients.issue_client("other.test")), 403, "not_allowed")
    assert gateway.decision(body["decision"])["certificate"]["names"] == ["other.test"]
    assert reached(backend) == []


def test_a_token_over_a_connection_without_the_certificate_reads_nothing(
        world, clients, peers):
    """Also in the second in which the same client was let in with it."""
    gateway, backend = world
    modern = peers.peers["modern.test"]
    token = gateway.token(modern, backend.secret)
    with connect(gateway, clients.issue_client("modern.test")) as proved, \
            connect(gateway) as bare:
        for _ in range(20):
            for connection, status in [(proved, 200), (bare, 403)]:
                response = gateway.dav("GET", "/public.php/webdav/notes.txt", token,
                                       connection=connection)
                assert response.status == status, response.body


def test_an_unsigned_server_is_known_by_its_certificate(world, clients, peers):
    gateway, backend = world
    backend.take()
    body = as_json(legacy_share("legacy.test", owner="alice@legacy.test",
                                sharedBy="alice@legacy.test"))
    fields = [("Content-Type", "application/json")]
    for identity, status in [(None, 403), (clients.issue_client("legacy.test"), 201)]:
        with connect(gateway, identity) as connection:
            response = gateway.request("POST", "/ocm/shares", fields, body, connection)
        assert response.status == status, response.body
    assert len(reached(backend)) == 1


def test_a_certificate_that_is_not_good_ends_the_handshake(world, clients, peers, tmp_path):
    gateway, backend = world
    stranger = Authority(tmp_path)
    bad = {
        "of another authority": stranger.issue_client("modern.test"),
        "expired": clients.issue_client("modern.test", days=-1),
        "not for clients": clients.issue("modern.test"),
    }
    for what, identity in bad.items():
        for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
            # With TLS 1.3 the client is done before it is judged.
            with pytest.raises((ssl.SSLError, ConnectionError)):
                with connect(gateway, identity, version) as connection:
                    connection.send(b"GET /.well-known/ocm HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
                    assert connection.socket.recv(1) == b"", what
                    raise ConnectionError("closed")
    with connect(gateway) as connection:
        assert gateway.request("GET", "/.well-known/ocm", connection=connection).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_keeps_the_certificate(world, clients, peers, version):
    gateway, backend = world
    modern = peers.peers["modern.test"]
    one = context(gateway, clients.issue_client("modern.test"), version)
    session = None
    for resumed in [False, True]:
        with ResumingConnection(gateway, one, session) as connection:
            assert connection.socket.session_reused is resumed
            response = gateway.post(modern, "/ocm/shares", share(modern), connection=connection)
            assert response.status == 201, response.body
            session = connection.socket.session


class ResumingConnection(Connection):
    def __init__(self, gateway, context, session):
        super().__init__(("127.0.0.1", gateway.port))
        self.reader.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="cloud.test",
                                          session=session)
        self.reader = self.socket.makefile("rb", buffering=65536)


def test_clients_of_every_day_are_asked_and_may_decline(world, clients):
    gateway, _ = world
    base = ["curl", "-sS", "--noproxy", "*", "--resolve", f"cloud.test:{gateway.port}:127.0.0.1",
            "--cacert", str(gateway.authority.file), "-o", "/dev/null", "-w", "%{http_code}",
            f"https://cloud.test:{gateway.port}/.well-known/ocm"]
    good = clients.issue_client("modern.test")
    late = clients.issue_client("modern.test", days=-1)
    for more, code in [([], "200"),
                       (["--cert", str(good.certificate), "--key", str(good.key)], "200"),
                       (["--cert", str(late.certificate), "--key", str(late.key)], "000")]:
        run = subprocess.run([*base, *more], capture_output=True, text=True, timeout=20)
        assert run.stdout == code, run.stderr
    said = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername",
         "cloud.test"], input=b"", capture_output=True, timeout=20).stdout
    assert b"Acceptable client certificate CA names\nCN = Test authority" in said, said[-2000:]


def test_check_says_when_nobody_could_meet_the_need(world, clients):
    gateway, _ = world
    assert "mtls" not in gateway.command("check").stderr
    text = gateway.configuration.read_text()
    without = text.replace(f'client_ca = "{clients.file}"', "")
    run = subprocess.run([str(binary()), "check", "-c", "-"], input=without, text=True,
                         cwd=gateway.folder, capture_output=True, timeout=30)
    assert "require:by certificate needs mtls, and no listener asks for client certificates" \
        in run.stderr, run.stderr
    # Nor of a table for which nobody listens.
    [table] = re.findall(r'\[tls\."cloud\.test"\]\n[^\[]*', text)
    beside = table.replace("cloud.test", "other.test", 1) + '\nmin_version = "1.3"\n'
    run = subprocess.run([str(binary()), "check", "-c", "-"], input=text + "\n" + beside, text=True,
                         cwd=gateway.folder, capture_output=True, timeout=30)
    assert 'no [[listen]] names [tls."other.test"]: its min_version counts for nobody' \
        in run.stderr, run.stderr

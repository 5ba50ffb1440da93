"""Who is at the other end: trusted proxies, names of handshakes, numbers of connections."""

import json
import os
import resource
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from backend import ScriptedBackend, answer
from listener import free_port
from peers import as_json, share
from wire import Closed, Connection, compose, read_response


@pytest.fixture(scope="module")
def echo():
    backend = ScriptedBackend(lambda request: answer(200, {"headers": request.headers}))
    yield backend
    backend.stop()


def seen(response) -> dict[str, str]:
    """What the backend was told of the client."""
    assert response.status == 200, (response.status, response.body)
    fields: dict[str, str] = {}
    for name, value in json.loads(response.body)["headers"]:
        assert name.lower() not in fields or name.lower() not in ("forwarded", "x-forwarded-for")
        fields[name.lower()] = value
    return fields


# Trusted proxies: the gateway believes 127.0.0.2 and 127.0.0.3, and nobody else.

@pytest.fixture(scope="module")
def proxied(start, echo):
    return start(echo.url, listen='trusted_proxies = ["127.0.0.2", "127.0.0.3"]',
                 configuration="\n[limits]\nper_client = 8\n")


def ask(gateway, source, *headers, target="/page"):
    with gateway.connect(source=source) as connection:
        return gateway.request("GET", target, headers, connection=connection)


@pytest.mark.parametrize("headers, client", [
    ([("X-Forwarded-For", "192.0.2.7")], "192.0.2.7"),
    ([("X-Forwarded-For", "198.51.100.1, 192.0.2.7, 127.0.0.3")], "192.0.2.7"),
    ([("X-Forwarded-For", "2001:db8::7")], "2001:db8::7"),
    ([("Forwarded", 'for="[2001:db8::7]:4711";proto=http;host=evil.test')], "2001:db8::7"),
    ([("Forwarded", "for=192.0.2.7"), ("X-Forwarded-For", "192.0.2.7")], "192.0.2.7"),
    ([], "127.0.0.2"),
    ([("X-Forwarded-For", "unknown")], "127.0.0.2"),
])
def test_a_trusted_hop_is_believed_and_the_backend_told_once(proxied, headers, client):
    fields = seen(ask(proxied, "127.0.0.2", *headers, ("X-Forwarded-Proto", "http"),
                      ("X-Forwarded-Host", "evil.test"), ("X-Real-IP", "203.0.113.1")))
    assert fields["x-forwarded-for"] == client
    node = f'"[{client}]"' if ":" in client else client
    assert fields["forwarded"] == f"for={node};host=cloud.test;proto=https"
    assert fields["x-forwarded-proto"] == "https"
    assert fields["x-forwarded-host"] == "cloud.test"
    assert "x-real-ip" not in fields


@pytest.mark.parametrize("header", [
    ("X-Forwarded-For", "somebody"), ("X-Forwarded-For", "192.0.2.7, 127.1"),
    ("Forwarded", 'for="'), ("Forwarded", "for=192.0.2.7 by=x")])
def test_what_a_trusted_hop_writes_must_be_readable(proxied, echo, header):
    echo.take()
    assert ask(proxied, "127.0.0.2", header, target="/unreadable").status == 400
    assert ask(proxied, "127.0.0.2", ("X-Forwarded-For", "192.0.2.7"),
               ("Forwarded", "for=192.0.2.8"), target="/unreadable").status == 400
    assert not any(request.target == "/unreadable" for request in echo.take())


def test_a_stranger_is_not_believed_and_not_judged_by_it(proxied):
    fields = seen(ask(proxied, "127.0.0.4", ("X-Forwarded-For", "somebody"),
                      ("Forwarded", 'for="')))
    assert fields["x-forwarded-for"] == "127.0.0.4"


def test_the_log_names_the_believed_client(proxied):
    response = ask(proxied, "127.0.0.3", ("X-Forwarded-For", "192.0.2.77"),
                   target="/public.php/webdav/x")
    assert response.status == 401
    with proxied.connect(source="127.0.0.3") as connection:
        response = proxied.request(
            "POST", "/ocm/shares", [("X-Forwarded-For", "192.0.2.78"),
                                    ("Content-Type", "application/json")], b"{}", connection)
    assert response.status == 400
    decision = json.loads(response.body)["decision"]
    assert proxied.decision(decision)["client"] == "192.0.2.78"


def test_a_limit_by_client_does_not_lock_out_a_trusted_hop(proxied):
    def hold(source, count):
        held = []
        try:
            for _ in range(count):
                held.append(proxied.connect(timeout=5, source=source))
        except (OSError, ssl.SSLError):
            pass
        return held

    strangers, hops = hold("127.0.0.9", 12), hold("127.0.0.2", 24)
    try:
        assert len(strangers) == 8
        assert len(hops) == 24
        assert ask(proxied, "127.0.0.10").status == 200
    finally:
        for connection in strangers + hops:
            connection.close()
    deadline = time.monotonic() + 5
    while True:  # the count goes down with the connections
        try:
            assert ask(proxied, "127.0.0.9").status == 200
            return
        except (OSError, ssl.SSLError, Closed):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_client_by_ipv4_is_one_on_a_socket_for_both(start, echo):
    gateway = start(echo.url, address="[::]", listen='trusted_proxies = ["127.0.0.2"]')
    assert seen(ask(gateway, "127.0.0.4"))["x-forwarded-for"] == "127.0.0.4"
    assert seen(ask(gateway, "127.0.0.2", ("X-Forwarded-For", "192.0.2.7"))
                )["x-forwarded-for"] == "192.0.2.7"


# Names of handshakes.

@pytest.fixture(scope="module")
def named(start, echo):
    return start(echo.url)


@pytest.mark.parametrize("name, host, status", [
    ("cloud.test", "cloud.test", 200),
    ("CLOUD.test", "Cloud.TEST:443", 200),
    ("cloud.test", "other.test", 421),
    ("other.test", "cloud.test", 421),
    ("other.test", "other.test", 421),
    (None, "cloud.test", 200),
    (None, "other.test", 421),
])
def test_the_name_of_the_handshake_is_the_name_of_the_request(named, name, host, status):
    context = named.authority.client_context()
    context.check_hostname = False
    with Connection(("127.0.0.1", named.port), context, name) as connection:
        response = named.request("GET", "/page", [("Host", host)], connection=connection)
    assert response.status == status


def test_an_address_in_the_place_of_a_name_is_none(named):
    run = subprocess.run(
        ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{named.port}",
         "-servername", "127.0.0.1"],
        input=b"GET /page HTTP/1.1\r\nHost: cloud.test\r\nConnection: close\r\n\r\n",
        capture_output=True, timeout=30, check=False)
    assert run.stdout.startswith(b"HTTP/1.1 200 ")


def test_an_alias_is_reached_by_its_own_name(start, echo):
    gateway = start(echo.url, prepare=lambda gateway: gateway.configuration.write_text(
        gateway.configuration.read_text().replace(
            "provider = ", 'aliases = ["https://old.test"]\nprovider = ')))
    context = gateway.authority.client_context()
    context.check_hostname = False
    for name, host, status in [("old.test", "old.test", 200), ("cloud.test", "old.test", 421),
                               ("old.test", "cloud.test", 421), (None, "old.test", 200)]:
        with Connection(("127.0.0.1", gateway.port), context, name) as connection:
            response = gateway.request("GET", "/page", [("Host", host)], connection=connection)
        assert response.status == status, (name, host)


def test_a_resumed_session_keeps_the_name_that_it_was_made_for(named):
    context = named.authority.client_context()
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def shake(name, session=None, host="cloud.test"):
        raw = socket.create_connection(("127.0.0.1", named.port), timeout=10)
        secured = context.wrap_socket(raw, server_hostname=name, session=session)
        secured.sendall(f"GET /page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = secured.recv(12)
        found = secured.session, secured.session_reused, status
        secured.close()
        return found

    session, _, status = shake("cloud.test")
    assert status == b"HTTP/1.1 200"
    assert shake("cloud.test", session)[1:] == (True, b"HTTP/1.1 200")
    # RFC 5246 sessions carry their name; the new one in the hello does not replace it.
    assert shake("other.test", session, "other.test")[2] == b"HTTP/1.1 421"


# The way to https.

def test_plain_http_leads_to_https_on_the_same_site_only(start, echo):
    port = free_port()
    gateway = start(echo.url, prepare=lambda gateway: gateway.configuration.write_text(
        gateway.configuration.read_text().replace(
            "[tls.", f'[[listen]]\naddress = "127.0.0.1:{port}"\nredirect = "https"\n\n[tls.', 1)))

    def ask(text):
        with Connection(("127.0.0.1", port)) as connection:
            connection.send(text)
            return connection.receive()

    response = ask(b"GET /a/b?c=d HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
    assert (response.status, response["location"]) == (308, "https://cloud.test/a/b?c=d")
    response = ask(b"GET //evil.test/ HTTP/1.1\r\nHost: cloud.test:80\r\n\r\n")
    assert response["location"] == "https://cloud.test//evil.test/"
    assert ask(b"GET / HTTP/1.0\r\n\r\n")["location"] == "https://cloud.test/"
    response = ask(b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n")
    assert (response.status, response.get("location")) == (421, None)
    assert ask(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400
    assert gateway.request("GET", "/page").status == 200


# Numbers of connections.

def cpu(process) -> float:
    """Seconds of CPU that the process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_when_full_further_clients_wait_until_one_leaves(start, echo):
    gateway = start(echo.url, configuration="\n[limits]\nconnections = 8\n")
    time.sleep(0.3)
    held = [gateway.connect() for _ in range(8)]
    for connection in held:
        assert gateway.request("GET", "/page", connection=connection).status == 200
    waiting = []
    for _ in range(6):
        raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=1.5)
        waiting.append(raw)
    context = gateway.authority.client_context()
    # Each loop takes a few at once before it looks at the count again; then it is over.
    before = cpu(gateway.process)
    hung = 0
    secured = []
    for raw in waiting:
        try:
            secured.append(context.wrap_socket(raw, server_hostname="cloud.test"))
        except TimeoutError:
            hung += 1
    assert hung > 0
    assert cpu(gateway.process) - before < 0.1 * 1.5 * hung + 0.2
    assert gateway.request("GET", "/page", connection=held[0]).status == 200
    for connection in held + secured:
        connection.close()
    for raw in waiting:
        raw.close()
    time.sleep(0.6)
    assert gateway.request("GET", "/page").status == 200


def test_who_fills_the_gateway_does_not_keep_its_backend_in(start, echo):
    gateway = start(echo.url, egress='other = "refuse"', configuration="\n[limits]\nconnections = 8\n")
    held = [gateway.connect() for _ in range(8)]
    for connection in held:
        assert gateway.request("GET", "/page", connection=connection).status == 200
    time.sleep(0.5)  # It looks once more at who waits.
    # A few may get in before it looks at the count.
    for _ in range(6):
        with Connection(("127.0.0.1", gateway.egress_port), timeout=20) as connection:
            connection.send(compose("CONNECT nobody.test:443 HTTP/1.1", [("Host", "nobody.test:443")]))
            assert connection.receive("CONNECT").status == 403
    for connection in held:
        connection.close()


def test_without_descriptors_it_does_not_spin_and_recovers(start, echo):
    gateway = start(echo.url)
    kept = gateway.connect()
    assert gateway.request("GET", "/page", connection=kept).status == 200
    pid = gateway.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # Also those that libraries take for themselves some time after the start: without them they end the
    # process.
    used, before = gateway.descriptors(), 0
    while used != before:
        time.sleep(2)
        used, before = gateway.descriptors(), used
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 4, hard))
    raw = [socket.create_connection(("127.0.0.1", gateway.port), timeout=5) for _ in range(24)]
    try:
        time.sleep(0.5)
        before = cpu(gateway.process)
        time.sleep(3)
        assert cpu(gateway.process) - before < 0.3  # 10 %
        assert gateway.request("GET", "/page", connection=kept).status == 200
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    for each in raw:
        each.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert gateway.request("GET", "/page").status == 200
            break
        except (OSError, ssl.SSLError, Closed):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert gateway.request("GET", "/page", connection=kept).status == 200


def test_what_the_descriptors_do_not_allow_is_said_at_the_start(start, echo):
    def few(gateway):
        gateway.wrapper = ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"]

    [record] = start(echo.url, few).lines("gateway.few-connections")
    assert record["count"] == (256 - 64) // 2 and "LimitNOFILE" in record["remedy"]


def test_what_the_hard_limit_allows_is_taken(start, echo):
    """A shell gives 1024 of what the system would let it have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 10_000:
        pytest.skip("the hard limit is too low")

    def few(gateway):
        gateway.wrapper = ["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh"]

    gateway = start(echo.url, few)
    assert "gateway.few-connections" not in gateway.log()
    soft, after = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    assert 2 * 4096 < soft <= after == hard


# What hangs on the believed address.

NETWORK_RULE = """\
[[rule]]
name   = "bad network"
on     = ["share"]
when   = { net = ["198.51.100.0/24"] }
action = "deny"
code   = "network_refused"

[[rule]]
name   = "admitted"
"""


@pytest.fixture(scope="module")
def judged(start, legacy, evidence):
    """A gateway behind 127.0.0.2 whose policy looks at networks, and a secret of its backend."""
    server, backend = legacy("nextcloud")
    secret = evidence.secret()
    server.secrets = {secret}

    def prepare(gateway):
        policy = gateway.folder / "policy.toml"
        text = policy.read_text()
        assert '[[rule]]\nname   = "admitted"\n' in text
        policy.write_text(text.replace('[[rule]]\nname   = "admitted"\n', NETWORK_RULE))

    gateway = start(backend.url, prepare=prepare, listen='trusted_proxies = ["127.0.0.2"]')
    return gateway, secret


def posted(gateway, source, client, path, fields, body):
    with gateway.connect(source=source) as connection:
        return gateway.request("POST", path, [*fields, ("X-Forwarded-For", client)], body,
                               connection)


def test_policy_judges_the_network_of_the_believed_client(judged, peers):
    gateway, _ = judged
    modern = peers.peers["modern.test"]

    def share_from(source, client):
        body = as_json(share(modern))
        fields = modern.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
        return posted(gateway, source, client, "/ocm/shares", fields, body)

    assert share_from("127.0.0.2", "192.0.2.7").status == 201
    refused = share_from("127.0.0.2", "198.51.100.7")
    assert refused.status == 403 and b"network_refused" in refused.body, refused.body
    # A stranger's word neither helps nor hurts it.
    assert share_from("127.0.0.5", "198.51.100.7").status == 201


def test_an_honest_double_comes_from_the_same_believed_client(judged, peers):
    gateway, secret = judged
    modern = peers.peers["modern.test"]

    def request():
        body = modern.token_form(secret)
        return modern.signed("POST", "https://cloud.test/ocm/token", body,
                             "application/x-www-form-urlencoded",
                             nonce=os.urandom(8).hex()), body

    def ask(client, message):
        return posted(gateway, "127.0.0.2", client, "/ocm/token", *message)

    message = request()
    assert ask("192.0.2.7", message).status == 200
    assert ask("192.0.2.7", message).status == 200
    message = request()
    assert ask("192.0.2.7", message).status == 200
    refused = ask("192.0.2.8", message)
    assert (refused.status, json.loads(refused.body)["error"]) == (401, "invalid_client")


def listening_at(path):
    """Listens at a socket file, too."""
    def prepare(gateway):
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(text.replace(
            "[tls.", f'[[listen]]\naddress = "unix:{path}"\n\n[tls.', 1))
    return prepare


def test_the_socket_of_a_gateway_that_runs_is_not_taken_away(start, echo, tmp_path):
    path = tmp_path / "http.sock"
    first = start(echo.url, prepare=listening_at(path))
    with pytest.raises(AssertionError, match="another program listens there"):
        start(echo.url, prepare=listening_at(path))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(b"GET /page HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        with connection.makefile("rb") as reader:
            assert read_response(reader).status == 200
    # What a gateway that was killed left behind hinders nobody.
    first.kill()
    assert path.exists()
    start(echo.url, prepare=listening_at(path))


def test_a_unix_socket_has_no_address_to_tell(start, echo, tmp_path):
    place = {"socket": str(tmp_path / "http.sock")}
    start(echo.url, prepare=listening_at(place["socket"]))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(place["socket"])
        connection.sendall(b"GET /page HTTP/1.1\r\nHost: cloud.test\r\n"
                           b"X-Forwarded-For: 192.0.2.7\r\n\r\n")
        with connection.makefile("rb") as reader:
            fields = seen(read_response(reader))
    assert "x-forwarded-for" not in fields
    assert fields["forwarded"] == "for=unknown;host=cloud.test;proto=https"

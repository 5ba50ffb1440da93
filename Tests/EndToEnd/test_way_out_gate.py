"""The forward proxy as such: who may use it, what it opens, what it hides, and what it makes of loops."""

import contextlib
import json
import os
import re
import socket
import ssl
import stat
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from backend import answer
from federation import CAVAGE, HOME, LEGACY, STRICT, Federation
from listener import Listener
from tree import Tree
from ways import Refused, Tunnel
from wire import Closed, Connection, compose, read_head, read_response, shake_hands


@pytest.fixture(scope="module")
def federation(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("gate"), authority, evidence, "nc27")
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def way(federation):
    return federation.home.way_out()


def raw_exchange(gateway, data: bytes, method="GET", timeout=10):
    with Connection(("127.0.0.1", gateway.egress_port), timeout=timeout) as connection:
        connection.send(data)
        return connection.receive(method)


# The authority and its leaves


def test_the_authority_is_made_once_and_its_key_is_its_own(federation):
    gateway = federation.home
    certificate = x509.load_pem_x509_certificate(gateway.egress_authority.read_bytes())
    key_file = gateway.egress_authority.with_suffix(".key")
    assert b"PRIVATE" not in gateway.egress_authority.read_bytes()
    assert stat.S_IMODE(os.stat(key_file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(gateway.egress_authority).st_mode) & 0o444 == 0o444
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and basic.value.ca
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    years = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days / 365
    assert 9 < years < 11
    before = gateway.egress_authority.read_bytes()
    assert gateway.stop() == 0
    gateway.start()
    assert gateway.egress_authority.read_bytes() == before


def test_a_leaf_is_of_its_host_alone(federation, way):
    with way.open(LEGACY) as tunnel:
        leaf = x509.load_der_x509_certificate(tunnel.socket.getpeercert(True))
        assert tunnel.socket.selected_alpn_protocol() == "http/1.1"
        assert tunnel.socket.version() in ("TLSv1.2", "TLSv1.3")
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [LEGACY]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 8
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.SERVER_AUTH]
    with way.open(CAVAGE) as tunnel:
        other = x509.load_der_x509_certificate(tunnel.socket.getpeercert(True))
    assert other.serial_number != leaf.serial_number


def test_who_does_not_believe_the_authority_gets_nowhere(federation, way, authority):
    with pytest.raises(ssl.SSLError):
        Tunnel(way.proxy, authority.client_context(), LEGACY, 443, 10)


def test_a_client_of_http2_alone_is_told_so(federation, way):
    context = way.context()
    context.set_alpn_protocols(["h2"])
    try:
        with Tunnel(way.proxy, context, LEGACY, 443, 10) as tunnel:
            assert tunnel.socket.selected_alpn_protocol() != "h2"
    except ssl.SSLError:
        pass


# Who, and where to


def test_only_the_clients_that_are_named_may_use_it(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("clients"), authority, evidence, "nc27")
    file = made.home.configuration
    file.write_text(file.read_text().replace('clients = ["127.0.0.0/8"]',
                                             'clients = ["127.0.0.9/32"]'))
    made.home.start()
    try:
        for data in (compose(f"CONNECT {LEGACY}:443 HTTP/1.1", [("Host", f"{LEGACY}:443")]),
                     compose(f"GET http://{LEGACY}/ocm-provider/ HTTP/1.1", [("Host", LEGACY)]),
                     compose(f"GET /egress/{LEGACY}/ocm-provider/ HTTP/1.1", [("Host", "x")])):
            assert raw_exchange(made.home, data).status == 403
        assert made.legacy.requests == []
        with Connection(("127.0.0.1", made.home.egress_port), source="127.0.0.9") as connection:
            connection.send(compose(f"CONNECT {LEGACY}:443 HTTP/1.1", [("Host", f"{LEGACY}:443")]))
            start, _, _ = read_head(connection.reader)
            assert " 200 " in start
    finally:
        assert made.home.stop() == 0
        made.capture.stop()
        for each in made.listeners:
            each.stop()


def test_without_the_table_there_is_no_way_out(legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url, host="cloud.test")
    assert gateway.egress_port is None and not gateway.egress_authority.exists()


@pytest.mark.parametrize("form", ["CONNECT", "absolute", "prefix"])
def test_three_ways_in_show_the_same(federation, form):
    gateway = federation.home
    federation.legacy.requests.clear()
    if form == "CONNECT":
        got = gateway.way_out().request("GET", f"https://{LEGACY}/ocm-provider/")
    elif form == "absolute":
        got = raw_exchange(gateway, compose(f"GET http://{LEGACY}/ocm-provider/ HTTP/1.1",
                                            [("Host", LEGACY)]))
    else:
        got = raw_exchange(gateway, compose(f"GET /egress/{LEGACY}/ocm-provider/ HTTP/1.1",
                                            [("Host", f"127.0.0.1:{gateway.egress_port}")]))
    assert got.status == 200, (got.start, got.body)
    document = json.loads(got.body)
    assert document["enabled"] is True and document["endPoint"].startswith(f"https://{LEGACY}/")


def test_many_requests_in_one_tunnel(federation, way):
    with way.open(LEGACY) as tunnel:
        for _ in range(50):
            got = way.request("GET", f"https://{LEGACY}/ocm-provider/", connection=tunnel)
            assert got.status == 200


def test_a_backend_that_calls_itself_stays_inside(federation, way):
    federation.home_relay.requests.clear()
    got = way.request("GET", f"https://{HOME}/status.php")
    assert got.status == 200 and json.loads(got.body)["version"] == "27.1.3.2"
    got = way.request("GET", f"https://{HOME}/.well-known/ocm")
    assert json.loads(got.body)["endPoint"] == f"https://{HOME}/ocm"
    got = way.request("POST", f"https://{HOME}/index.php/apps/circles/async/x/", body=b"")
    assert got.status == 404 and got.body == b"not here\n"
    assert federation.home_relay.requests == []


def when_asked(open_it):
    """What comes of a CONNECT once the gateway knows whether its host is a peer: until a slow host
    has answered, which takes no more than its own limit, the client is told to come back."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return open_it()
        except Refused as refused:
            if refused.response.status != 502 or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("other, unknown, opened", [
    ('"refuse"', "allow", []), ('"tunnel"', "allow", ["updates.test", "any.test"]),
    ('"tunnel"', "deny", []), ('["updates.test"]', "deny", ["updates.test"]),
    ('["updates.test"]', "allow", ["updates.test"])])
def test_what_is_no_peer(tmp_path_factory, authority, evidence, other, unknown, opened):
    """Tunnelled untouched, with the far certificate and not ours, or refused.

    Under `unknown = "deny"` nobody may be asked whether it is a peer: then only a name opens."""
    made = Federation(tmp_path_factory.mktemp("other"), authority, evidence, "nc27",
                      egress=f"other = {other}", unknown=unknown)
    for host in ("updates.test", "any.test"):
        server = made.capture.add(host, "unsigned")
        server.script = lambda request: answer(404, b"nothing\n") \
            if "ocm" in request.target else answer(200, b"plain to see\n")
    config = made.home.configuration
    config.write_text(re.sub(r"resolve       = \{.*\}", "resolve       = { " + ", ".join(
        f'"{a}" = "{b}"' for a, b in made.capture.resolve().items() if a != f"{HOME}:443") + " }",
        config.read_text()))
    told = made.home.command("check", check=False).stderr
    assert ("name the hosts in egress.other" in told) == (other == '"tunnel"' and unknown == "deny")
    made.home.start()
    try:
        way = made.home.way_out()
        for host in ("updates.test", "any.test"):
            if host in opened:
                with when_asked(lambda: Tunnel(
                        way.proxy, authority.client_context(), host, 443, 10)) as tunnel:
                    tunnel.send(compose("GET / HTTP/1.1", [("Host", host)]))
                    assert tunnel.receive().body == b"plain to see\n"
            else:
                with pytest.raises(Refused) as refused:
                    when_asked(lambda: way.open(host))
                assert refused.value.response.status == 403
                if unknown == "deny":
                    assert made.capture.peers[host].requests == []
    finally:
        assert made.home.stop() == 0
        made.capture.stop()
        for each in made.listeners:
            each.stop()


# Smuggling


@pytest.mark.parametrize("fields, after", [
    ([("Content-Length", "5")], b"hello"),
    ([("Content-Length", "0")], b""),
    ([("Transfer-Encoding", "chunked")], b"0\r\n\r\n"),
    ([("Transfer-Encoding", "chunked")], b"5\r\nhello\r\n0\r\n\r\n"),
    ([("Content-Length", "5"), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n"),
    ([], b"GET /ocm-provider/ HTTP/1.1\r\nHost: legacy.test\r\n\r\n"),
    ([], b"GET http://legacy.test/ocm-provider/ HTTP/1.1\r\nHost: legacy.test\r\n\r\n"),
    ([("Upgrade", "websocket"), ("Connection", "upgrade")], b""),
])
def test_nothing_is_smuggled_through_a_connect(federation, fields, after):
    """What follows is TLS or nothing; a CONNECT has no body."""
    federation.legacy.requests.clear()
    data = compose(f"CONNECT {LEGACY}:443 HTTP/1.1", [("Host", f"{LEGACY}:443"), *fields]) + after
    with Connection(("127.0.0.1", federation.home.egress_port), timeout=20) as connection:
        connection.send(data)
        answers = 0
        try:
            while True:
                got = read_response(connection.reader, "CONNECT")
                answers += 1
                connection.socket.settimeout(2)
                assert got.status == 200 or 400 <= got.status < 500, got.start
                if got.status != 200:
                    break
        except (Closed, OSError, ValueError, IndexError):
            pass
        assert answers == 1
    assert federation.legacy.requests == []


@pytest.mark.parametrize("host", [HOME, LEGACY])
def test_what_comes_behind_a_refused_connect_is_no_request(federation, host):
    """RFC 9931, section 8: what a program passes on too early is somebody else's, who would speak for the site."""
    data = compose("CONNECT nobody.test:443 HTTP/1.1", [("Host", "nobody.test:443")])
    data += compose(f"GET http://{host}/ocm-provider/ HTTP/1.1", [("Host", host)])
    federation.legacy.requests.clear()
    with Connection(("127.0.0.1", federation.home.egress_port), timeout=20) as connection:
        connection.send(data)
        refused = connection.receive("CONNECT")
        assert (refused.status, refused["connection"]) == (403, "close")
        assert connection.reader.read() == b""
    assert federation.legacy.requests == []


def test_what_is_refused_on_the_way_out_is_recorded_as_going_out(federation, way):
    """Also inside of what a CONNECT opened, and where it names no port."""
    got = way.request("GET", f"https://{STRICT}/index.php/apps/spreed")
    assert got.status == 403 and b"egress_refused" in got.body, got
    data = compose(f"CONNECT {STRICT} HTTP/1.1", [("Host", STRICT)])
    assert raw_exchange(federation.home, data, "CONNECT").status == 400
    deadline = time.monotonic() + 5
    while True:
        found = federation.home.command(
            "journal", "search", "--direction", "out", "--kind", "egress", "--json", check=False).stdout
        records = [json.loads(line) for line in found.splitlines()]
        inside = [each for each in records if "egress.other" in each.get("detail", "")]
        if inside and any(each.get("status") == 400 for each in records):
            break
        assert time.monotonic() < deadline, records
        time.sleep(0.1)
    assert (inside[-1]["peer"], inside[-1]["code"]) == (STRICT, "egress_refused")


def test_a_hello_that_came_with_the_connect_is_not_lost(federation, way):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = way.context().wrap_bio(incoming, outgoing, server_hostname=LEGACY)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    head = compose(f"CONNECT {LEGACY}:443 HTTP/1.1", [("Host", f"{LEGACY}:443")])
    with socket.create_connection(way.proxy, timeout=10) as plain:
        plain.sendall(head + outgoing.read())
        got = b""
        while b"\r\n\r\n" not in got:
            got += plain.recv(65536)
        assert got.startswith(b"HTTP/1.1 200")
        incoming.write(got.split(b"\r\n\r\n", 1)[1])
        shake_hands(tls, incoming, outgoing, plain)
        tls.write(compose("GET /ocm-provider/ HTTP/1.1", [("Host", LEGACY)]))
        plain.sendall(outgoing.read())
        data = b""
        while b"endPoint" not in data:
            try:
                data += tls.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(plain.recv(65536))
        assert data.startswith(b"HTTP/1.1 200")


def test_a_handshake_one_byte_at_a_time(federation, way):
    """The head of the CONNECT and the first record come in pieces of one byte."""
    left, right = socket.socketpair()

    def pump():
        with socket.create_connection(way.proxy, timeout=10) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def back():
                # Until the test is over, which closes both.
                with contextlib.suppress(OSError):
                    while piece := plain.recv(65536):
                        left.sendall(piece)

            threading.Thread(target=back, daemon=True).start()
            while data := left.recv(65536):
                for byte in data[:700]:
                    plain.sendall(bytes([byte]))
                plain.sendall(data[700:])

    threading.Thread(target=pump, daemon=True).start()
    right.settimeout(20)
    right.sendall(compose(f"CONNECT {LEGACY}:443 HTTP/1.1", [("Host", f"{LEGACY}:443")]))
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        got += right.recv(1)
    assert got.startswith(b"HTTP/1.1 200")
    with way.context().wrap_socket(right, server_hostname=LEGACY) as secure:
        secure.sendall(compose("GET /ocm-provider/ HTTP/1.1", [("Host", LEGACY)]))
        assert read_response(secure.makefile("rb")).status == 200


# Loops


def pseudonym(federation, way) -> str:
    """The name that the gateway gives itself, as a peer sees it."""
    sent = federation.legacy.share("alice", f"bob@{HOME}", "seen", Tree(b"seen\n"))
    assert sent.delivered == "ocm", sent.told
    got = federation.backend.received[-1]
    federation.legacy.requests.clear()
    federation.backend.open(got).read()
    [via] = {request["via"] for request in federation.legacy.requests if request.method == "GET"
             and request.target.startswith("/public.php")}
    assert re.fullmatch(r"1\.1 [0-9a-f]{16}", via), via
    return via


def test_a_request_that_comes_round_is_ended(federation, way):
    via = pseudonym(federation, way)
    gateway = federation.home
    for fields in ([("Via", via)], [("Via", "1.1 elsewhere"), ("Via", via)],
                   [("Via", f"1.0 a, {via}, 1.1 b (c)")]):
        got = way.request("GET", f"https://{LEGACY}/ocm-provider/", fields)
        assert got.status == 508, (fields, got.start)
        got = gateway.request("GET", "/.well-known/ocm", fields)
        assert got.status == 508, (fields, got.start)
    assert way.request("GET", f"https://{LEGACY}/ocm-provider/",
                       [("Via", "1.1 0123456789abcdef")]).status == 200


# What a peer sees of the backend, and the backend of a peer


SHOWN = [("Set-Cookie", "a=b"), ("Access-Control-Allow-Origin", "*"),
         ("Strict-Transport-Security", "max-age=9"), ("Clear-Site-Data", '"*"'),
         ("Content-Security-Policy", "none"), ("Public-Key-Pins", "x"), ("Server", "secret/1.0"),
         ("X-Powered-By", "x"), ("Alt-Svc", 'h3=":443"'), ("Refresh", "0"),
         ("Proxy-Authenticate", "Basic"), ("X-OCM-Peer", HOME)]


def mounted(federation):
    tree = Tree({"in.txt": b"text\n"})
    sent = federation.legacy.share("alice", f"bob@{HOME}", "shown", tree)
    assert sent.delivered == "ocm"
    return tree, federation.backend.open(federation.backend.received[-1])


def test_of_an_answer_only_what_files_need_comes_in(federation):
    _, mount = mounted(federation)
    federation.legacy.before = lambda request: answer(
        200, b"text\n", ("ETag", '"1"'), ("OC-ETag", '"1"'), ("Content-Type", "text/plain"),
        ("Last-Modified", "Mon, 23 Nov 2026 20:40:44 GMT"), *SHOWN) \
        if request.method == "GET" and "/public.php" in request.target else None
    try:
        got = mount._guzzle("GET", "in.txt")
    finally:
        federation.legacy.before = lambda request: None
    assert got.body == b"text\n" and got["etag"] == '"1"' and got["oc-etag"] == '"1"'
    for name, _ in SHOWN:
        if name != "Server":
            assert got.get(name) is None, name
    assert got.get("server") != "secret/1.0"


def test_of_a_request_nothing_of_the_inside_goes_out(federation):
    _, mount = mounted(federation)
    federation.legacy.requests.clear()
    mount._guzzle("GET", "in.txt", [
        ("Cookie", "session=1"), ("X-Forwarded-For", "10.1.2.3"), ("Forwarded", "for=10.1.2.3"),
        ("X-Real-IP", "10.1.2.3"), ("Proxy-Authorization", "Basic QQ=="), ("Proxy-Connection", "x"),
        ("X-OCM-Peer", "x"), ("X-Request-Id", "inner-4711"), ("Range", "bytes=0-3")])
    [request] = [each for each in federation.legacy.requests if each.method == "GET"
                 and "/public.php" in each.target]
    names = {name.lower() for name, _ in request.headers}
    for name in ("cookie", "x-forwarded-for", "forwarded", "x-real-ip", "proxy-authorization",
                 "proxy-connection", "x-ocm-peer", "x-forwarded-proto", "x-forwarded-host"):
        assert name not in names, name
    assert request["range"] == "bytes=0-3" and request["host"] == LEGACY
    assert b"10.1.2.3" not in request.raw_head


def test_big_bodies_stream_both_ways(federation):
    """More than anything that would be kept in memory, and it is not kept there."""
    tree, mount = mounted(federation)
    data = os.urandom(1 << 20) * 48
    before = federation.home.memory("VmRSS")
    assert mount.write("big.bin", data) == 201
    assert tree["big.bin"] == data
    assert mount.read("big.bin") == data
    assert federation.home.memory("VmHWM") - before < 24 << 20


def test_an_answer_that_breaks_off_is_seen_to_break_off(federation):
    _, mount = mounted(federation)

    def cut(request):
        if request.method == "GET" and "/public.php" in request.target:
            request.closes = True
            return b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"

    federation.legacy.before = cut
    try:
        with pytest.raises(Exception) as broken:
            mount._guzzle("GET", "in.txt")
        assert not isinstance(broken.value, AssertionError)
    finally:
        federation.legacy.before = lambda request: None


def test_it_ends_when_it_is_told_to_while_a_peer_says_nothing_more(tmp_path_factory, authority,
                                                                    evidence):
    """The client has gone long ago; what waits for the peer is nobody's any more."""
    made = Federation(tmp_path_factory.mktemp("stalled"), authority, evidence, "nc27").start()
    try:
        _, mount = mounted(made)
        made.legacy.before = lambda request: (
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
            if request.method == "GET" and "/public.php" in request.target else None)
        with pytest.raises(TimeoutError):
            made.backend.way.request("GET", mount._url("in.txt"), [mount._basic()], timeout=1)
        begin = time.monotonic()
        assert made.home.stop() == 0
        assert time.monotonic() - begin < 10
    finally:
        made.stop()


# Behind an outer proxy


class OuterProxy(Listener):
    """Opens every tunnel to one place, and keeps what it was asked for."""

    def __init__(self, place: int):
        self.place = place
        self.asked: list[str] = []
        super().__init__()

    def _serve(self, connection, number):
        with connection, connection.makefile("rb", buffering=0) as reader:
            start, headers, _ = read_head(reader)
            self.asked.append(start)
            if not start.startswith("CONNECT "):
                connection.sendall(answer(405))
                return
            with socket.create_connection(("127.0.0.1", self.place)) as far:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

                def back():
                    try:
                        while piece := far.recv(65536):
                            connection.sendall(piece)
                        connection.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass

                threading.Thread(target=back, daemon=True).start()
                try:
                    while piece := connection.recv(65536):
                        far.sendall(piece)
                except OSError:
                    pass


def test_behind_an_outer_proxy_what_was_judged_is_what_is_asked_for(
        tmp_path_factory, authority, evidence):
    from lives import life

    folder = tmp_path_factory.mktemp("outer")
    made = Federation(folder, authority, evidence, "nc27")
    outer = OuterProxy(made.capture.port)
    for gateway in (made.home, made.far):
        file = gateway.configuration
        text = file.read_text().replace("[outbound]\n",
                                        f'[outbound]\nproxy = "http://127.0.0.1:{outer.port}"\n')
        file.write_text(text)
    # A name whose only address may not be dialled is not asked of the outer proxy either.
    file = made.home.configuration
    file.write_text(file.read_text().replace(
        f'"{CAVAGE}:443" = "127.0.0.1:{made.capture.port}"', f'"{CAVAGE}:443" = "10.0.0.1:443"'))
    made.start()
    try:
        life(made.backend, made.legacy, swapped=True)
        life(made.strict, made.backend, swapped=False)
        place = f"CONNECT 127.0.0.1:{made.capture.port} HTTP/1.1"
        assert outer.asked and set(outer.asked) == {place}
        before = len(outer.asked)
        try:
            got = made.home.way_out().request("GET", f"https://{CAVAGE}/ocm-provider/")
            assert got.status >= 400
        except (Refused, OSError, Closed):
            pass
        assert len(outer.asked) == before
        assert made.leaks() == []
    finally:
        made.stop()
        outer.stop()

"""WebSocket: passed where everything else is passed, and nowhere else."""

import base64
import os
import select
import ssl
import threading
import time

import pytest

from origin import Origin
from wire import read_head

GRANT = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
ASK = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
       ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "notify")]


class Chat:
    """An origin that grants everything that asks, and says back what it is told."""

    def __init__(self):
        self.grant = GRANT
        self.ended = threading.Event()
        self.heads = []
        self.heard = 0
        self.has_read = threading.Event()
        self.may_go = threading.Event()
        self.origin = Origin(self.conduct)

    def conduct(self, visit):
        while True:
            request = visit.head()
            self.heads.append(request)
            if request.target.startswith("/plain"):
                visit.reader.read(int(request.get("content-length", "0")))
                visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                continue
            if request.target == "/forbidden":
                visit.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
                continue
            if request.target == "/demands":
                visit.send(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Content-Length: 2\r\n\r\nno")
                continue
            visit.send(self.grant)
            if request.target == "/hangs-up":
                visit.send(b"bye")
                return
            try:
                if request.target == "/reads-slowly":
                    self.read_slowly(visit)
                    return
                while piece := visit.reader.read1(65536):
                    visit.send(piece)
                if request.target == "/stays":
                    self.may_go.wait(20)
            finally:
                self.ended.set()
            return

    def read_slowly(self, visit):
        # Shorter than the gateway waits for one that takes nothing.
        time.sleep(0.7)
        while piece := visit.reader.read1(65536):
            self.heard += len(piece)
            time.sleep(0.005)
        self.has_read.set()


@pytest.fixture(scope="module")
def chat():
    chat = Chat()
    yield chat
    assert chat.origin.errors == []
    chat.origin.stop()


@pytest.fixture(scope="module")
def gateway(start, chat):
    return start(chat.origin.url, prepare=lambda gateway: gateway.configuration.write_text(
        gateway.configuration.read_text().replace(
            'pass = "all"', 'pass = "all"\ntimeouts = { idle = "3s" }')))


def opening(target, fields=ASK, line="GET {} HTTP/1.1") -> bytes:
    lines = [line.format(target), "Host: cloud.test", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_what_is_said_goes_both_ways(gateway, chat):
    chat.heads.clear()
    with gateway.connect() as connection:
        connection.send(opening("/push/ws"))
        status, headers, _ = read_head(connection.reader)
        fields = {name.lower(): value for name, value in headers}
        assert status == "HTTP/1.1 101 Switching Protocols"
        assert fields["upgrade"] == "websocket" and fields["connection"] == "upgrade"
        assert fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        for word in (b"\x81\x05hello", b"GET /ocm/shares HTTP/1.1\r\n\r\n"):
            connection.send(word)
            assert connection.reader.read(len(word)) == word
        [head] = chat.heads
        assert (head["upgrade"], head["connection"]) == ("websocket", "upgrade")
        assert head["sec-websocket-key"] == "dGhlIHNhbXBsZSBub25jZQ=="
        assert head["sec-websocket-protocol"] == "notify"
        assert head["x-forwarded-for"] == "127.0.0.1"


def test_much_is_said_in_both_directions_at_once(gateway):
    data = os.urandom(8 << 20)
    with gateway.connect() as connection:
        connection.send(opening("/push/ws"))
        read_head(connection.reader)
        # One thread for both directions: a TLS socket of Python must not be used by two.
        connection.socket.setblocking(False)
        sent, heard = 0, bytearray()
        deadline = time.monotonic() + 60
        while len(heard) < len(data) and time.monotonic() < deadline:
            waits = 0
            try:
                sent += connection.socket.send(data[sent:sent + 65536]) if sent < len(data) else 0
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                waits += 1
            try:
                piece = connection.socket.recv(65536)
                assert piece, f"cut off after {len(heard)} bytes"
                heard += piece
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                waits += 1
            if waits == 2 or (waits == 1 and sent == len(data)):
                writing = [connection.socket] if sent < len(data) else []
                select.select([connection.socket], writing, [], 1)
        assert bytes(heard) == data


@pytest.mark.parametrize("fields", [ASK, ASK + [("Content-Length", "0")]])
def test_who_speaks_before_it_is_granted_is_heard(gateway, fields):
    with gateway.connect() as connection:
        connection.send(opening("/push/ws", fields) + b"early words")
        read_head(connection.reader)
        assert connection.reader.read(11) == b"early words"


@pytest.mark.parametrize("fields, line", [
    ([field for field in ASK if field[0] != "Sec-WebSocket-Key"], "GET {} HTTP/1.1"),
    ([field for field in ASK if field[0] != "Sec-WebSocket-Version"], "GET {} HTTP/1.1"),
    ([field for field in ASK if field[0] != "Connection"], "GET {} HTTP/1.1"),
    ([(name, "h2c" if name == "Upgrade" else value) for name, value in ASK], "GET {} HTTP/1.1"),
    (ASK + [("Upgrade", "h2c")], "GET {} HTTP/1.1"),
    (ASK, "POST {} HTTP/1.1"), (ASK, "GET {} HTTP/1.0"),
    ([("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
      ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")], "GET {} HTTP/1.1"),
])
def test_anything_less_is_an_ordinary_request(gateway, chat, fields, line):
    chat.heads.clear()
    with gateway.connect() as connection:
        connection.send(opening("/plain", fields, line))
        assert connection.receive().status == 200
    [head] = chat.heads
    assert head.get("upgrade") is None and head.get("http2-settings") is None
    # And an origin that grants it all the same is at fault.
    with gateway.connect() as connection:
        connection.send(opening("/push/ws", fields, line))
        assert connection.receive().status == 502


@pytest.mark.parametrize("grant", [
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: x\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    GRANT.replace(b"Sec-", b"Content-Length: 5\r\nSec-", 1),
])
def test_a_grant_of_something_else_is_a_502(gateway, chat, grant):
    chat.grant = grant
    try:
        with gateway.connect() as connection:
            connection.send(opening("/push/ws"))
            assert connection.receive().status == 502
    finally:
        chat.grant = GRANT


@pytest.mark.parametrize("target", [
    "/public.php/webdav/x", "/public.php/dav/files/abcdefghijklmno/x", "/ocm/shares",
    "/.well-known/ocm", "/ocm/token"])
def test_no_tunnel_leads_where_policy_hangs(gateway, chat, target):
    chat.heads.clear()
    secret = base64.b64encode(b"nosuchsecretatall:").decode()
    with gateway.connect() as connection:
        connection.send(opening(target, ASK + [("Authorization", f"Basic {secret}")]))
        response = connection.receive()
    assert response.status != 101
    assert all(head.get("upgrade") is None for head in chat.heads)


def test_a_refusal_is_an_answer_like_any_other(gateway):
    with gateway.connect() as connection:
        connection.send(opening("/forbidden"))
        response = connection.receive()
        assert (response.status, response.body) == (403, b"no")
        assert gateway.request("GET", "/plain", connection=connection).status == 200


def test_who_does_not_ask_is_told_to(gateway):
    with gateway.connect() as connection:
        response = gateway.request("GET", "/demands", connection=connection)
        assert (response.status, response.body) == (426, b"no")
        assert response.all("upgrade") == ["websocket"] and response.all("connection") == ["upgrade"]
        assert gateway.request("GET", "/plain", connection=connection).status == 200


def test_each_side_that_hangs_up_ends_it_for_the_other(gateway, chat):
    chat.ended.clear()
    connection = gateway.connect()
    connection.send(opening("/push/ws"))
    read_head(connection.reader)
    connection.close()
    assert chat.ended.wait(5)
    with gateway.connect() as connection:
        connection.send(opening("/hangs-up"))
        read_head(connection.reader)
        assert connection.reader.read(3) == b"bye"
        assert connection.is_closed_by_peer()


def test_what_was_said_before_it_ended_arrives_however_slowly(gateway, chat):
    connection = gateway.connect()
    connection.send(opening("/reads-slowly"))
    read_head(connection.reader)
    connection.send(bytes(8_000_000))
    connection.close()
    assert chat.has_read.wait(20)
    assert chat.heard == 8_000_000


def test_a_tunnel_is_never_used_for_another_request(gateway, chat):
    # How many connections there are says nothing: several may have waited since the tests before.
    with gateway.connect() as connection:
        connection.send(opening("/push/ws"))
        read_head(connection.reader)
        for number in range(4):
            assert gateway.request("GET", f"/plain/{number}").status == 200
        connection.send(b"still mine")
        assert connection.reader.read(10) == b"still mine"


def test_silence_ends_it_and_words_from_either_side_do_not(gateway, chat):
    with gateway.connect() as connection:
        connection.send(opening("/push/ws"))
        read_head(connection.reader)
        for _ in range(13):
            time.sleep(0.3)
            connection.send(b"x")
            assert connection.reader.read(1) == b"x"
        began = time.monotonic()
        assert connection.is_closed_by_peer(60)
        assert 2.5 < time.monotonic() - began < 60


@pytest.mark.parametrize("target", ["/push/ws", "/stays"])
def test_open_tunnels_do_not_hold_up_the_end(start, chat, target):
    """Nor does an origin that does not hang up."""
    gateway = start(chat.origin.url)
    with gateway.connect() as connection:
        connection.send(opening(target))
        read_head(connection.reader)
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 10
    chat.may_go.set()


def test_nothing_is_passed_when_only_federation_may_pass(start, chat):
    gateway = start(chat.origin.url, passing="ocm")
    with gateway.connect() as connection:
        connection.send(opening("/push/ws"))
        assert connection.receive().status == 404

"""Clients that say half of what they want to say, or all of it and close their side, and what that costs others."""

import contextlib
import socket
import ssl
import threading
import time

import h2.exceptions
import pytest

from backend import ScriptedBackend, answer
from http2 import HTTP2Connection, RawHTTP2
from listener import free_port
from peers import share
from wire import read_response, shake_hands

IMPATIENT = ('pass = "all"', 'pass = "all"\ntimeouts = { connect = "1s", headers = "1s" }')


def replaced(*pairs):
    def prepare(gateway):
        text = gateway.configuration.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        gateway.configuration.write_text(text)
    return prepare


@pytest.fixture
def plain(start):
    """Starts a gateway with a listener without TLS, on `.plain`."""
    def make(backend, *pairs, **options):
        port = free_port()
        gateway = start(backend.url, replaced(*pairs), listen=f'[[listen]]\naddress = "127.0.0.1:{port}"',
                        **options)
        gateway.plain = port
        return gateway
    return make


@pytest.fixture
def late():
    """A backend that takes its time, and long answers without an end of their own to HTTP/1.0."""
    def script(request):
        if request.target.startswith("/late"):
            time.sleep(0.5)
        if request.target == "/long":
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 50 + b"0\r\n\r\n"
        return answer(200, b"ok " + request.body)
    backend = ScriptedBackend(script)
    yield backend
    backend.stop()


def said(port: int, text: bytes, after: float = 0, pause: float = 0) -> bytes:
    """What comes for a client that says this and closes its side."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        client.sendall(text)
        time.sleep(after)
        client.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := client.recv(16 << 10):
            heard += piece
            time.sleep(pause)
        return heard


@pytest.mark.parametrize("after", [0, 0.2])
@pytest.mark.parametrize("request_text", [
    b"GET /late HTTP/1.1\r\nHost: cloud.test\r\n\r\n",
    b"POST /late HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: 4\r\n\r\nbody",
    b"POST /late HTTP/1.1\r\nHost: cloud.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    b"POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: 2\r\n\r\n{}",
])
def test_who_closes_its_side_is_answered(plain, late, request_text, after):
    gateway = plain(late)
    heard = said(gateway.plain, request_text, after)
    if b"/ocm/" in request_text:
        assert heard.startswith(b"HTTP/1.1 415 ") and heard.endswith(b"}"), heard
    else:
        assert heard.startswith(b"HTTP/1.1 200 ") and b"ok" in heard, heard


@pytest.mark.parametrize("is_said", [True, False])
def test_inside_of_tls_who_closes_its_side_and_says_so_is_answered(start, late, is_said):
    """Without the alert of RFC 8446, section 6.1, the end of the socket says that the client is gone."""
    gateway = start(late.url)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = gateway.authority.client_context().wrap_bio(incoming, outgoing,
                                                         server_hostname="cloud.test")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        with contextlib.suppress(ConnectionResetError):
            shake_hands(engine, incoming, outgoing, client)
            engine.write(b"GET /late HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
            if is_said:
                with pytest.raises(ssl.SSLWantReadError):
                    engine.unwrap()
            client.sendall(outgoing.read())
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(16 << 10):
                incoming.write(piece)
    heard = b""
    with contextlib.suppress(ssl.SSLError):
        while piece := engine.read(16 << 10):
            heard += piece
    assert heard.startswith(b"HTTP/1.1 200 ") == is_said, heard


def test_who_closes_its_side_within_a_body_is_not_answered_and_the_backend_hears_no_whole(plain, late):
    gateway = plain(late)
    with pytest.raises(ConnectionResetError):
        heard = said(gateway.plain, b"POST /x HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: 9\r\n\r\nbody", 0.2)
        assert heard == b""
        raise ConnectionResetError("an end without a word")
    assert all(request.method != "POST" for request in late.take())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_who_closes_its_side_and_reads_slowly_gets_all_of_it(plain, late, version):
    gateway = plain(late)
    heard = said(gateway.plain, f"GET /long HTTP/{version}\r\nHost: cloud.test\r\n\r\n".encode(), pause=0.002)
    assert heard.count(b"x") == 50 * 65536
    if version == "1.1":
        assert heard.endswith(b"0\r\n\r\n")


def test_who_closes_its_side_while_the_answer_is_on_its_way_gets_all_of_it(plain, late):
    """The answer is whole on our side, its tail is not taken yet, and then the client closes its side."""
    gateway = plain(late)
    with socket.create_connection(("127.0.0.1", gateway.plain), timeout=20) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        client.sendall(b"GET /long HTTP/1.0\r\nHost: cloud.test\r\n\r\n")
        heard, isClosed = 0, False
        while piece := client.recv(16 << 10):
            heard += piece.count(b"x")
            if heard > 48 * 65536 and not isClosed:
                # Time for the backend to end it.
                time.sleep(0.3)
                isClosed = True
                client.shutdown(socket.SHUT_WR)
                time.sleep(0.3)
            time.sleep(0.001)
    assert isClosed and heard == 50 * 65536


def test_a_crowd_that_holds_back_bodies_does_not_make_the_backend_look_dead(plain, late):
    gateway = plain(late, IMPATIENT)
    crowd = [socket.create_connection(("127.0.0.1", gateway.plain)) for _ in range(12)]
    for each in crowd:
        each.sendall(b"POST /up HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: 10\r\n\r\n")
    try:
        statuses, end = set(), time.monotonic() + 3
        while time.monotonic() < end:
            statuses.add(gateway.request("GET", "/page").status)
            time.sleep(0.1)
        assert statuses == {200}
        assert gateway.lines("backend.failed", 0) == []
        # They may still finish, and are answered.
        crowd[0].sendall(b"0123456789")
        with crowd[0].makefile("rb") as reader:
            assert read_response(reader, "POST").body == b"ok 0123456789"
    finally:
        for each in crowd:
            each.close()


@pytest.mark.parametrize("body", [b"Content-Length: 4\r\n\r\nbody", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_backend_is_found_to_answer_again_whatever_is_asked(plain, body):
    """Five failures in a row open the breaker; requests with bodies alone, also such as may not be the one that
    tries, keep it open no longer than the backend is silent."""
    silent = threading.Event()

    def script(request):
        if silent.is_set():
            time.sleep(6)
        return answer(200, b"ok")

    backend = ScriptedBackend(script)
    try:
        gateway = plain(backend, IMPATIENT)
        silent.set()
        threads = [threading.Thread(target=gateway.request, args=("GET", f"/{number}")) for number in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        gateway.lines("backend.suspended")
        silent.clear()
        deadline, statuses = time.monotonic() + 20, []
        while 200 not in statuses:
            assert time.monotonic() < deadline, statuses
            with socket.create_connection(("127.0.0.1", gateway.plain), timeout=10) as client:
                client.sendall(b"PUT /up HTTP/1.1\r\nHost: cloud.test\r\n" + body)
                if b"chunked" in body:
                    time.sleep(0.1)
                    client.sendall(b"4\r\nbody\r\n0\r\n\r\n")
                with client.makefile("rb") as reader:
                    statuses.append(read_response(reader, "PUT").status)
            time.sleep(0.3)
        assert set(statuses) <= {200, 503}
    finally:
        backend.stop()


@pytest.mark.parametrize("said_each_second", ["preface", "ping"])
def test_who_only_greets_is_not_there_for_ever(start, late, said_each_second):
    gateway = start(late.url, configuration='[limits]\nkeep_alive = "1s"\nrequest_head = "1s"\n')
    raw = RawHTTP2(("127.0.0.1", gateway.port), gateway.authority.client_context(), gateway.host,
                   greeting=b"PRI * HTTP" if said_each_second == "preface" else None)
    try:
        begin = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() < begin + 90:
                raw.socket.sendall(b"/" if said_each_second == "preface" else
                                   b"\0\0\x08\x06\0\0\0\0\0" + bytes(8))
                time.sleep(0.5)
                raw.socket.settimeout(0.1)
                try:
                    if raw.socket.recv(4096) == b"":
                        raise ConnectionResetError("closed")
                except TimeoutError:
                    pass
        assert time.monotonic() < begin + 60
    finally:
        raw.close()


# At a hand-over


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_that_is_judged_while_another_takes_over_is_answered_and_recorded(legacy, start, peers, version):
    _, backend = legacy("nextcloud")
    ordinary = backend.script
    heard = threading.Event()

    def script(request):
        if request.target.endswith("/ocm/shares"):
            heard.set()
            time.sleep(2)
        return ordinary(request)

    backend.script = script
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    sent = share(peer)
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    connection = HTTP2Connection(gateway) if version == "2" else gateway.connect()
    former, log = gateway.process, gateway.log_file
    told = []

    def post():
        # The client of HTTP/2 here takes nothing behind a GOAWAY: then the log says what became of it.
        with contextlib.suppress(h2.exceptions.ProtocolError):
            told.append(gateway.post(peer, "/ocm/shares", sent, connection=connection))

    poster = threading.Thread(target=post)
    poster.start()
    assert heard.wait(10)
    gateway.arguments = ["--take-over"]
    gateway.start()
    poster.join(20)
    assert version == "2" or told[0].status == 201, told
    assert former.wait(20) == 0
    [line] = [line for line in log.read_text().splitlines() if '"message":"ocm.decision"' in line]
    assert '"action":"allow"' in line and '"status":201' in line, line
    assert gateway.command("journal", "search", "--kind", "shares", "--json").stdout.count('"type":"decision"') == 1


def test_who_says_nothing_delays_no_hand_over_for_long(start, late):
    gateway = start(late.url, configuration='[limits]\nrequest_head = "120s"\n')
    with socket.create_connection(("127.0.0.1", gateway.port)):
        time.sleep(0.2)
        gateway.arguments = ["--take-over"]
        begin = time.monotonic()
        gateway.start()
        assert time.monotonic() - begin < 60
        assert gateway.request("GET", "/page").status == 200


def test_a_message_that_comes_slowly_delays_no_hand_over_for_long(start, late):
    """What is not whole was not judged: its sender is told to send it again."""
    gateway = start(late.url)
    slow, log = gateway.connect(timeout=60), gateway.log_file
    slow.send(b"POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\nContent-Type: application/json\r\n"
              b"Content-Length: 60000\r\n\r\n{" + b" " * 30000)
    gateway.arguments = ["--take-over"]
    begin = time.monotonic()
    gateway.start()
    # By itself it would be cut off after thirty.
    assert time.monotonic() - begin < 25
    answer = slow.receive()
    assert answer.status == 503 and answer["retry-after"] == "2" and answer["connection"] == "close"
    slow.close()
    assert gateway.request("GET", "/page").status == 200
    [line] = [line for line in log.read_text().splitlines() if '"message":"ocm.decision"' in line]
    assert '"status":503' in line and "handed_over" in line, line

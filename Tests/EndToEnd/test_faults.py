"""Origins that die, stall and lie, and clients that leave: nothing is silently cut, nothing is
sent twice, and the next request is fine."""

import os
import socket
import ssl
import threading
import time

import pytest

from origin import Origin, reset
from wire import Closed

OK = b"HTTP/1.1 200 OK\r\n"


class Stage:
    """A gateway in front of an origin whose conduct each test sets by target."""

    def __init__(self, start, **options):
        self.conducts = {}
        self.origin = Origin(self.conduct)
        self.gateway = start(self.origin.url, **options)

    def conduct(self, visit):
        while True:
            request = visit.head()
            conduct = self.conducts.get(request.target)
            if conduct is None:
                visit.reader.read(int(request.get("content-length", "0")))
                visit.send(OK + b"Content-Length: 2\r\n\r\nok")
            elif conduct(visit, request) is not True:
                return

    def get(self, target, conduct=None, method="GET", **more):
        if conduct:
            self.conducts[target] = conduct
        return self.gateway.request(method, target, **more)

    def count(self, target) -> int:
        return self.origin.targets().count(target)


@pytest.fixture(scope="module")
def stage(start):
    stage = Stage(start, configuration="")
    yield stage
    stage.origin.stop()


@pytest.fixture(autouse=True)
def all_is_well_afterwards(stage):
    yield
    assert stage.get("/well").status == 200
    assert stage.origin.errors == []


# F1, F3, N3: the origin dies at byte k of its answer.

WHOLE = {
    "length": OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000,
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1f4\r\n" + b"x" * 500 + b"\r\n"
               + b"1f4\r\n" + b"x" * 500 + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("framing", WHOLE)
@pytest.mark.parametrize("how", ["fin", "reset"])
@pytest.mark.parametrize("cut", ["nothing", "a byte", "head", "first", "half", "last but one"])
def test_an_origin_that_dies_is_never_a_whole_answer(stage, framing, how, cut):
    whole = WHOLE[framing]
    head = whole.index(b"\r\n\r\n") + 4
    count = {"nothing": 0, "a byte": 1, "head": head, "first": head + 6, "half": len(whole) // 2,
             "last but one": len(whole) - 1}[cut]
    target = f"/dies/{framing}/{how}/{cut.replace(' ', '-')}"

    def conduct(visit, _):
        visit.send(whole[:count])
        if how == "reset":
            time.sleep(0.05)  # what was sent arrives first
            reset(visit.socket)

    if cut in ("nothing", "a byte"):
        assert stage.get(target, conduct, method="POST", body=b"1").status == 502
    else:
        with pytest.raises((Closed, OSError)):
            stage.get(target, conduct, method="POST", body=b"1")
    assert stage.count(target) == 1, "a POST is never sent twice"


@pytest.mark.parametrize("name, rest", [
    ("trailer", b"2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n"), ("chunk", b"2\r\nokay\r\n0\r\n\r\n"),
])
def test_an_answer_that_breaks_a_rule_before_a_byte_of_it_has_gone_is_a_502(stage, name, rest):
    """A kept connection that ends without a byte would have its client send the request once more."""
    def conduct(visit, _):
        visit.send(OK + b"Transfer-Encoding: chunked\r\n\r\n" + rest)
        visit.ends()

    target = f"/breaks/{name}"
    with stage.gateway.connect() as connection:
        assert stage.get("/before", connection=connection).body == b"ok"
        assert stage.get(target, conduct, connection=connection).status == 502
        assert stage.get("/after", connection=connection).body == b"ok"
    assert stage.count(target) == 1


def test_the_end_of_a_body_without_length_is_passed_on_as_an_end(stage):
    response = stage.get("/until-close", lambda visit, _: visit.send(OK + b"\r\nall of it"))
    assert response.body == b"all of it"


# Item 17: answers that can be read in two ways.

@pytest.mark.parametrize("name, answer", [
    ("both", OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two-lengths", OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    ("bad-length", OK + b"Content-Length: +5\r\n\r\nhello"),
    ("folded", OK + b"X-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n"),
    ("bare-lf", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    ("bad-status", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    ("http2", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("no-http", b"+OK ready\r\n\r\n"),
    ("big-head", OK + b"X-A: " + b"a" * 40000 + b"\r\n\r\n"),
    ("many-fields", OK + b"".join(b"X-%d: 1\r\n" % n for n in range(201)) + b"\r\n"),
    ("body-on-204", b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc"),
    ("switched", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 b"Connection: upgrade\r\n\r\n"),
    ("flood", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 6 + OK + b"Content-Length: 0\r\n\r\n"),
])
def test_an_answer_with_two_readings_is_a_502_and_costs_the_connection(stage, name, answer):
    ended = threading.Event()

    def conduct(visit, _):
        visit.send(answer)
        if visit.ends():
            ended.set()

    assert stage.get(f"/odd/{name}", conduct).status == 502
    assert ended.wait(5)


@pytest.mark.parametrize("name, answer, method, body", [
    ("after-length", OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
                          b"Content-Length: 4\r\n\r\nevil", "GET", b"ok"),
    ("after-chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil", "GET",
     b"ok"),
    ("after-head", OK + b"Content-Length: 4\r\n\r\nevil", "HEAD", b""),
    ("after-304", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", "GET", b""),
])
def test_bytes_behind_an_answer_belong_to_nobody(stage, name, answer, method, body):
    ended = threading.Event()

    def conduct(visit, _):
        visit.send(answer)
        if visit.ends():
            ended.set()

    with stage.gateway.connect() as connection:
        response = stage.get(f"/extra/{name}", conduct, method, connection=connection)
        assert response.body == body
        assert ended.wait(5)
        after = stage.get("/after", connection=connection)
        assert after.body == b"ok"


def test_bytes_that_come_later_belong_to_nobody(stage):
    sent = threading.Event()

    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 2\r\n\r\nok")
        time.sleep(0.2)
        visit.send(OK + b"Content-Length: 4\r\n\r\nevil")
        sent.set()
        visit.ends()

    assert stage.get("/late", conduct).body == b"ok"
    assert sent.wait(5)
    time.sleep(0.1)
    for number in range(8):
        assert stage.get(f"/after-late/{number}").body == b"ok"


# Item 18: a kept connection that the origin has just closed.

def test_only_a_safe_request_is_sent_again(stage):
    kept = []

    def closing(visit, request):
        """Answers and keeps the connection; closes it on the next request."""
        kept.append(visit.socket)
        visit.send(OK + b"Content-Length: 2\r\n\r\nok")
        visit.head()

    # Each loop keeps its own connections, and the system chooses the loop of a client: a few tries
    # until two clients in a row had the same.
    for number in range(40):
        assert stage.get(f"/kept/{number}", closing).status == 200
        target = f"/again/{number}"
        assert stage.get(target).status == 200
        if stage.count(target) == 2:
            break
    else:
        raise AssertionError("none was sent again, on another connection")
    for number in range(4):
        stage.get(f"/kept/post/{number}", closing)
        target = f"/never-again/{number}"
        assert stage.get(target, method="POST", body=b"1").status in (200, 502)
        assert stage.count(target) == 1
    for number in range(4):
        stage.get(f"/kept/put/{number}", closing)
        target = f"/never-again/put/{number}"
        assert stage.get(target, method="PUT", body=b"1").status in (200, 502)
        assert stage.count(target) == 1
    # None stays for the tests behind this one.
    for connection in kept:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed
    time.sleep(0.1)


# F2, F4: in the middle of an upload or a download.

def test_an_origin_that_dies_in_an_upload_stops_the_client(stage):
    def conduct(visit, _):
        visit.reader.read(100_000)
        reset(visit.socket)

    stage.conducts["/upload"] = conduct
    with stage.gateway.connect() as connection:
        connection.send(b"PUT /upload HTTP/1.1\r\nHost: cloud.test\r\n"
                        b"Content-Length: 100000000\r\n\r\n")
        began = time.monotonic()
        status = None
        try:
            # A client that does not look for an answer; one that does is told at once.
            for _ in range(320):
                connection.send(b"x" * 65536)
        except OSError:
            pass
        try:
            status = connection.receive().status
        except (Closed, OSError):
            pass
        assert time.monotonic() - began < 8
        assert status in (502, None)
    assert stage.count("/upload") == 1


@pytest.mark.parametrize("sent", [500_000, 40_000_000], ids=["in part", "whole"])
def test_an_early_refusal_reaches_a_client_that_still_sends(stage, sent):
    """One that has sent all before it reads an answer, too, as many a library does."""
    def conduct(visit, _):
        visit.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        visit.ends()

    stage.conducts["/refused"] = conduct
    with stage.gateway.connect() as connection:
        connection.send(b"PUT /refused HTTP/1.1\r\nHost: cloud.test\r\n"
                        b"Content-Length: 40000000\r\n\r\n" + b"x" * sent)
        response = connection.receive()
        assert (response.status, response.body) == (403, b"no")
        assert connection.is_closed_by_peer()


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("how", ["fin", "reset"])
def test_a_client_that_leaves_in_an_upload_is_no_end_of_it(stage, framing, how):
    began, got = threading.Event(), threading.Event()
    outcome = {}

    def conduct(visit, _):
        body = b""
        began.set()
        visit.socket.settimeout(8)
        try:
            while piece := visit.reader.read1(65536):
                body += piece
        except OSError as error:
            outcome["error"] = error
        outcome["body"] = body
        got.set()

    target = f"/leaves/{framing}/{how}"
    stage.conducts[target] = conduct
    connection = stage.gateway.connect()
    fields = "Content-Length: 1000" if framing == "length" else "Transfer-Encoding: chunked"
    body = b"x" * 400 if framing == "length" else b"190\r\n" + b"x" * 400 + b"\r\n"
    connection.send(f"PUT {target} HTTP/1.1\r\nHost: cloud.test\r\n{fields}\r\n\r\n".encode()
                    + body)
    assert began.wait(8), "the origin was not asked"
    if how == "reset":
        reset(connection.socket)
    else:
        connection.close()
    assert got.wait(8), "the origin was not told"
    assert not isinstance(outcome.get("error"), TimeoutError)
    assert b"0\r\n\r\n" not in outcome["body"] and outcome["body"].count(b"x") == 400


def test_a_client_that_leaves_in_a_download_frees_the_origin(stage):
    told = threading.Event()

    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 1000000000\r\n\r\n")
        try:
            while True:
                visit.send(b"x" * 65536)
        except OSError:
            told.set()

    stage.conducts["/download"] = conduct
    connection = stage.gateway.connect()
    connection.send(b"GET /download HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
    connection.reader.read(1_000_000)
    reset(connection.socket)
    assert told.wait(10)


# F7, F9: slow and in pieces.

def test_a_slow_reader_holds_back_the_origin_and_not_the_memory(stage):
    sent = [0]

    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 300000000\r\n\r\n")
        for _ in range(300_000_000 // 100_000):
            visit.send(b"x" * 100_000)
            sent[0] += 100_000

    stage.conducts["/slow-reader"] = conduct
    stage.get("/well")
    before = stage.gateway.memory("VmRSS")
    with stage.gateway.connect() as connection:
        connection.send(b"GET /slow-reader HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        held, end = -1, time.monotonic() + 60
        while sent[0] != held and time.monotonic() < end:
            held = sent[0]
            time.sleep(1)
        assert held < 150_000_000, "it takes on without end"
        assert stage.gateway.memory("VmRSS") - before < 16 << 20


def test_the_result_does_not_depend_on_how_the_bytes_were_cut(stage):
    body = os.urandom(3000)

    def conduct(visit, request):
        answer = (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(body) + body
                  + b"\r\n0\r\n\r\n")
        visit.reader.read(int(request.get("content-length", "0")))
        for index in range(0, len(answer), 7):
            visit.send(answer[index:index + 7])
        return True

    stage.conducts["/pieces"] = conduct
    with stage.gateway.connect() as connection:
        message = (b"POST /pieces HTTP/1.1\r\nHost: cloud.test\r\nContent-Length: 40\r\n\r\n"
                   + b"y" * 40)
        for byte in message:
            connection.send(bytes([byte]))
        assert connection.receive().body == body


# F6, F8, limits in time.

@pytest.fixture(scope="module")
def hasty(start):
    """Short timeouts."""
    stage = Stage(start, prepare=lambda gateway: gateway.configuration.write_text(
        gateway.configuration.read_text().replace(
            'pass = "all"', 'pass = "all"\n'
            'timeouts = { connect = "1s", headers = "1s", pages = "4s", idle = "2s" }')),
        configuration='\n[limits]\nrequest_head = "2s"\nkeep_alive = "3s"\n'
                      'requests_per_connection = 5\n')
    yield stage
    stage.origin.stop()


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "PUT", "COPY"])
def test_an_origin_that_does_not_answer_is_a_504(hasty, method):
    target = f"/hung/{method}"
    began = time.monotonic()
    response = hasty.get(target, lambda visit, _: visit.ends(30), method)
    assert response.status == 504
    # The origin itself ends after thirty.
    # A page may take `timeouts.pages`.
    assert 4 <= time.monotonic() - began < 25
    assert hasty.count(target) == 1
    assert hasty.get("/well").status == 200


def test_an_origin_that_stops_in_its_answer_is_cut_off(hasty):
    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 100\r\n\r\nhalf")
        visit.ends(30)

    began = time.monotonic()
    with pytest.raises((Closed, OSError)):
        hasty.get("/stops", conduct)
    assert 2 <= time.monotonic() - began < 25


def test_an_origin_that_is_slow_but_goes_on_is_waited_for(hasty):
    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 15\r\n\r\n")
        for _ in range(15):
            time.sleep(0.2)
            visit.send(b"x")
        return True

    assert hasty.get("/drips", conduct).body == b"x" * 15


def test_a_stopped_origin_is_a_504_and_a_refused_one_a_502(start):
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    has_answered = threading.Event()

    def answer_until_asked_for_x():
        while not has_answered.is_set():
            connection, _ = listener.accept()
            with connection:
                if b"GET /x " in connection.recv(65536):
                    has_answered.set()
                connection.sendall(OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    answering = threading.Thread(target=answer_until_asked_for_x)
    answering.start()
    gateway = start(f"http://127.0.0.1:{port}", prepare=lambda gateway:
                    gateway.configuration.write_text(gateway.configuration.read_text().replace(
                        'pass = "all"', 'pass = "all"\ntimeouts = { connect = "1s" }')))
    # It has answered: what follows are the first failures, too few for it to be left alone.
    assert gateway.request("GET", "/x").status == 200
    answering.join()
    # A backlog that is full: further SYNs are not answered.
    fill = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fill.append(filler)
    time.sleep(0.1)
    began = time.monotonic()
    assert gateway.request("GET", "/x").status == 504
    assert time.monotonic() - began < 5
    for each in fill:
        each.close()
    listener.close()
    assert gateway.request("GET", "/x").status == 502


def test_slow_clients_are_told_and_cut_while_a_good_one_is_served(hasty):
    """Slowloris in three forms: heads that never end, one byte at a time, and nothing at all."""
    gateway = hasty.gateway
    crowd, outcomes = [], {}
    before = gateway.descriptors()
    for number in range(45):
        connection = gateway.connect()
        crowd.append(connection)
        if number % 3 == 0:
            connection.send(b"GET /slow HTTP/1.1\r\nHost: cloud.test\r\n")
        elif number % 3 == 1:
            connection.send(b"G")

    def said(connection):
        connection.socket.settimeout(0)
        try:
            return connection.socket.recv(12)
        except ssl.SSLWantReadError:
            return None
        except OSError:
            return b"reset"
        finally:
            connection.socket.settimeout(20)

    def drip():
        # As long as anybody lets them: what is said now and then buys no time.
        end = time.monotonic() + 30
        while len(outcomes) < len(crowd) and time.monotonic() < end:
            for number, connection in enumerate(crowd):
                if number in outcomes:
                    continue
                try:
                    if number % 3 != 2:
                        connection.send(b"X-A: 1\r\n" if number % 3 == 0 else b"E")
                except OSError:
                    pass
                word = said(connection)
                if word is not None:
                    outcomes[number] = word
            time.sleep(0.1)

    thread = threading.Thread(target=drip)
    thread.start()
    with gateway.connect() as good:
        for number in range(4):
            assert gateway.request("GET", f"/good/{number}", connection=good).status == 200
    held = gateway.descriptors() - before
    thread.join()
    for connection in crowd:
        connection.close()
    assert held > 20, "the good one waited until they were cut"
    assert len(outcomes) == len(crowd), "some may drip on"
    assert set(outcomes.values()) <= {b"HTTP/1.1 408", b"HTTP/1.1 501", b"", b"reset"}
    assert hasty.count("/slow") == 0


def test_an_idle_connection_is_closed_without_a_word(hasty):
    with hasty.gateway.connect() as connection:
        assert hasty.get("/well", connection=connection).status == 200
        began = time.monotonic()
        assert connection.is_closed_by_peer(40)
        # By default it is sixty.
        assert 3 <= time.monotonic() - began < 40


def test_a_connection_carries_as_many_requests_as_it_may(hasty):
    with hasty.gateway.connect() as connection:
        for number in range(5):
            response = hasty.get(f"/many/{number}", connection=connection)
            assert (response.get("connection") == "close") == (number == 4)
        assert connection.is_closed_by_peer()


def test_a_handshake_that_stalls_is_cut(stage):
    raw = socket.create_connection(("127.0.0.1", stage.gateway.port), timeout=60)
    raw.sendall(b"\x16\x03\x01\x02\x00\x01")
    began = time.monotonic()
    try:
        assert raw.recv(1) == b""
    except ConnectionResetError:
        pass
    assert 9 < time.monotonic() - began < 40
    raw.close()


# N6: nothing is left behind.

def test_descriptors_and_memory_come_back(stage):
    descriptors = stage.gateway.descriptors

    def conduct(visit, _):
        visit.send(OK + b"Content-Length: 10\r\n\r\nhalf")

    stage.get("/well")
    time.sleep(0.5)
    before, memory = descriptors(), stage.gateway.memory("VmRSS")
    for _ in range(60):
        try:
            stage.get("/dies", conduct)
        except (Closed, OSError):
            pass
    deadline = time.monotonic() + 10
    while descriptors() > before + 4:
        assert time.monotonic() < deadline, (before, descriptors())
        time.sleep(0.2)
    assert stage.gateway.memory("VmRSS") - memory < 8 << 20

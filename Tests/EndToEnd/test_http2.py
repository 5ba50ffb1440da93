"""HTTP/2 towards clients: the same gateway behind other frames, and what is done to it by abusers."""

import hashlib
import json
import os
import subprocess
import threading
import time

import pytest

from backend import ScriptedBackend, answer
from http2 import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, NO_ERROR, PADDED,
                   PING, PRIORITY, PROTOCOL_ERROR, REFUSED_STREAM, RST_STREAM, SETTINGS, WINDOW_UPDATE,
                   HTTP2Connection, RawHTTP2, frame, settings)
from origin import Origin
from peers import share
from wire import Closed

DAV = "/public.php/webdav"
LARGE = os.urandom(1 << 20) * 16


@pytest.fixture(scope="module")
def echo():
    """Answers with what it received, head and all, as JSON; or with much, or slowly."""

    def script(request):
        path = request.target.partition("?")[0]
        if path == "/large":
            return answer(200, LARGE)
        if path == "/digest":
            return answer(200, {"digest": hashlib.sha256(request.body).hexdigest()})
        return answer(200, {"start": request.start, "headers": request.headers,
                            "body": request.body.decode("latin-1")},
                      ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "x-hop"), ("X-Hop", "1"))

    backend = ScriptedBackend(script)
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def gateway(start, echo):
    return start(echo.url)


@pytest.fixture
def client(gateway):
    with HTTP2Connection(gateway) as connection:
        yield connection


def raw(gateway, **options) -> RawHTTP2:
    connection = RawHTTP2(("127.0.0.1", gateway.port), gateway.authority.client_context(), gateway.host,
                          **options)
    assert connection.read(lambda c: len(c.all(SETTINGS)) >= 2)
    return connection


# What passes


def test_a_request_arrives_as_one_of_http1_does(gateway, client):
    fields = [("Cookie", "session=1; other=2"), ("Accept", "*/*"), ("X-Custom", "yes"), ("TE", "trailers"),
              ("X-Forwarded-For", "192.0.2.7")]
    target = "/index.php/apps/files/?dir=/a%20b&x=1;y=2"
    old = gateway.request("GET", target, fields)
    new = gateway.request("GET", target, fields, connection=client)
    assert new.status == old.status == 200
    ours, theirs = json.loads(new.body), json.loads(old.body)
    assert ours["start"] == theirs["start"] == f"GET {target} HTTP/1.1"
    lower = [[(name.lower(), value) for name, value in got["headers"]] for got in (ours, theirs)]
    assert sorted(lower[0]) == sorted(lower[1])
    assert new.all("set-cookie") == ["a=1", "b=2"]
    assert not {"connection", "x-hop", "transfer-encoding", "keep-alive"} & {name for name, _ in new.headers}


def test_one_connection_carries_many_requests_at_once(gateway, client):
    streams = [client.ask("POST", f"/{number}", [], b"x" * number) for number in range(60)]
    for number, stream in reversed(list(enumerate(streams))):
        got = json.loads(client.receive(stream=stream).body)
        assert got["start"] == f"POST /{number} HTTP/1.1" and len(got["body"]) == number


def test_bodies_that_come_with_a_hundred_requests_at_once_are_whole(gateway, echo):
    echo.take()
    streams, parts = range(1, 200, 2), [b"A" * 40, b"B" * 10]
    with raw(gateway) as connection:
        connection.send(*[connection.post(stream) for stream in streams],
                        *[frame(DATA, 0, stream, parts[0]) for stream in streams],
                        *[frame(DATA, END_STREAM, stream, parts[1]) for stream in streams])
        assert connection.read(lambda c: len(c.ended) == len(streams))
    bodies = [request.body for request in echo.take() if request.start.startswith("POST ")]
    assert bodies == [b"".join(parts)] * len(streams)


def test_a_body_without_a_length_arrives_and_trailers_do_not(client):
    stream = client.ask("PUT", "/dav", ends=False)
    client.write(stream, b"one ")
    client.write(stream, b"two")
    client.state.send_headers(stream, [("x-checksum", "1")], end_stream=True)
    client.flush()
    got = json.loads(client.receive(stream=stream).body)
    assert got["body"] == "one two"
    assert "x-checksum" not in {name.lower() for name, _ in got["headers"]}


def test_head_and_refusals_of_methods(gateway, client):
    response = gateway.request("HEAD", "/page", connection=client)
    assert response.status == 200 and response.body == b"" and int(response["content-length"]) > 0
    for method, status in [("TRACE", 405), ("CONNECT", 405), ("get", 501), ("FOO", 501)]:
        with raw(gateway) as connection:
            fields = connection.request(method)
            if method == "CONNECT":
                fields = [pair for pair in fields if pair[0] not in (":scheme", ":path")]
            connection.send(connection.headers(1, fields))
            assert connection.read(lambda c: c.status() == str(status) or c.reset() == PROTOCOL_ERROR)
            assert method == "CONNECT" or connection.status() == str(status)


def test_large_bodies_go_both_ways_whole(client):
    wanted = hashlib.sha256(LARGE).hexdigest()
    down = client.ask("GET", "/large")
    up = client.ask("PUT", "/digest", [("Content-Length", str(len(LARGE)))], LARGE)
    assert json.loads(client.receive(stream=up).body)["digest"] == wanted
    digest = hashlib.sha256()
    client.receive(stream=down, takes=digest.update)
    assert digest.hexdigest() == wanted


def test_a_slow_reader_and_a_slow_backend_are_held_back_not_buffered(start):
    """Twenty streams whose clients do not read, and twenty bodies that the origin does not read."""
    hold = threading.Event()

    def conduct(visit):
        head = visit.head()
        if head.method == "GET":
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n")
            try:
                for _ in range(512):
                    visit.send(bytes(65536))
            except OSError:
                return
        hold.wait(60)

    origin = Origin(conduct)
    gateway = start(origin.url)
    with raw(gateway) as reader, HTTP2Connection(gateway) as writer:
        before = gateway.memory("VmRSS")
        reader.send(settings((4, 1 << 20)), frame(WINDOW_UPDATE, 0, 0, (30 << 20).to_bytes(4, "big")))
        for number in range(20):
            reader.send(reader.headers(2 * number + 1, reader.request("GET", f"/{number}")))
        streams = [writer.ask("PUT", f"/{number}", ends=False) for number in range(20)]
        for stream in streams:
            room = min(writer.state.local_flow_control_window(stream), 65535)
            while room > 0:
                size = min(room, 16384)
                writer.state.send_data(stream, bytes(size))
                room -= size
        writer.flush()
        deadline = time.monotonic() + 20
        while len(origin.heads) < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(origin.heads) == 40
        time.sleep(0.5)
        assert gateway.memory("VmRSS") - before < 40 * (256 << 10)
    hold.set()
    origin.stop()


def test_an_early_answer_comes_whole_and_the_rest_is_not_waited_for(start, legacy):
    server, backend = legacy("nextcloud")
    gateway = start(backend.url)
    with HTTP2Connection(gateway) as client:
        # Longer than a message may be: refused before it has come.
        stream = client.ask("POST", "/ocm/shares", [("Content-Type", "application/json"),
                                                    ("Content-Length", "10000000")], b"{", ends=False)
        response = client.receive(stream=stream)
        assert response.status in (401, 413)
        json.loads(response.body)
        assert gateway.request("GET", "/page", connection=client).status == 404


def test_continue_is_sent_to_who_waits_for_it(client):
    stream = client.ask("PUT", "/digest", [("Expect", "100-continue"), ("Content-Length", "5")], ends=False)
    deadline = time.monotonic() + 10
    while not client.events[stream] and time.monotonic() < deadline:
        client.read()
    client.write(stream, b"hello", ends=True)
    response = client.receive(stream=stream)
    assert response.interim == [100]
    assert json.loads(response.body)["digest"] == hashlib.sha256(b"hello").hexdigest()


def test_the_names_of_other_certificates_are_misdirected(gateway):
    with raw(gateway) as connection:
        connection.send(connection.headers(1, [
            (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "other.test")]))
        assert connection.read(lambda c: c.status() is not None)
        assert connection.status() == gateway.request("GET", "/", [("Host", "other.test")]).start.split(" ")[1]


def test_a_backend_that_breaks_off_breaks_the_stream_alone(start):
    def conduct(visit):
        while visit.head().target == "/whole":
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    origin = Origin(conduct)
    gateway = start(origin.url)
    with HTTP2Connection(gateway) as client:
        stream = client.ask("GET", "/half")
        with pytest.raises(Closed):
            client.receive(stream=stream)
        assert gateway.request("GET", "/whole", connection=client).body == b"ok"
    origin.stop()


# The federation


def test_a_share_a_token_and_its_files(start, holding, peers, evidence):
    server, backend, secret = holding()
    gateway = start(backend.url)
    modern = peers.peers["modern.test"]
    with HTTP2Connection(gateway) as client:
        sent = share(modern)
        evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
        assert gateway.post(modern, "/ocm/shares", sent, connection=client).status == 201
        grant = gateway.exchange(modern, secret, connection=client)
        assert grant.status == 200, grant.body
        token = json.loads(grant.body)["access_token"]
        evidence.hide(token)
        got = gateway.dav("GET", f"{DAV}/notes.txt", token, connection=client)
        assert (got.status, got.body) == (200, b"hello\n")
        assert gateway.dav("PROPFIND", f"{DAV}/", token, [("Depth", "1")], connection=client).status == 207
        put = gateway.dav("PUT", f"{DAV}/new.txt", token, body=b"written", connection=client)
        assert put.status in (201, 204), put.body
        assert server.files["new.txt"] == b"written"
        refused = gateway.request("GET", f"{DAV}/notes.txt", [("Authorization", "Bearer nonsense")],
                                  connection=client)
        assert refused.status == 401


# Downgrades


SMUGGLED = [
    ("length short of DATA", lambda c: c.post(1, ("content-length", "1")) + frame(DATA, END_STREAM, 1, b"GET /x")),
    ("length beyond DATA", lambda c: c.post(1, ("content-length", "9")) + frame(DATA, END_STREAM, 1, b"a")),
    ("transfer-encoding", lambda c: c.post(1, ("transfer-encoding", "chunked")) + frame(
        DATA, END_STREAM, 1, b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n")),
    *[(f"{name!r}: {value!r}", lambda c, pair=(name, value): c.headers(1, c.request("GET", "/", pair)))
      for name, value in [
          ("a", "b\r\nc: d"), ("a", "b\nc: d"), ("a", "b\0"), ("a\r\nb", "c"), ("a: b\r\nc", "d"), ("a:b", "c"),
          ("", "x"), (" a", "b"), ("a ", "b"), ("a", " b"), ("a", "b "), ("A", "b"), ("a\tb", "c"),
          ("connection", "close"), ("keep-alive", "1"), ("proxy-connection", "a"), ("upgrade", "h2c"),
          ("te", "chunked"), ("x_forwarded_for", "1.2.3.4"), ("host", "evil.test"), ("host", "a, b"),
          ("content-length", "+1"), ("content-length", "1, 1")]],
    *[(f"{name} {value!r}", lambda c, name=name, value=value: c.headers(
        1, [(key, value if key == name else old) for key, old in c.request()]))
      for name, value in [
          (":path", "/ HTTP/1.1\r\nX: y"), (":path", "/a b"), (":path", ""), (":path", "a"), (":path", "*"),
          (":path", "http://evil.test/"), (":path", "/#x"), (":path", "/\0"), (":method", "GET / HTTP/1.1"),
          (":method", "G\r\nET"), (":method", ""), (":scheme", "ftp"), (":scheme", "http\r\nx"),
          (":authority", "user@cloud.test"), (":authority", ""), (":authority", "cloud.test/x"),
          (":authority", "cloud.test\r\nx: y")]],
    ("two paths", lambda c: c.headers(1, c.request() + [(":path", "/x")])),
    ("a late pseudo-field", lambda c: c.headers(1, [(":method", "GET"), ("a", "b"), (":scheme", "https"),
                                                    (":path", "/"), (":authority", "cloud.test")])),
    ("an unknown pseudo-field", lambda c: c.headers(1, c.request() + [(":x", "/x")])),
    ("extended CONNECT", lambda c: c.headers(1, [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/"),
        (":authority", "cloud.test")])),
    ("trailers that frame", lambda c: c.post() + c.headers(1, [("content-length", "3")])),
    ("trailers that authorize", lambda c: c.post() + c.headers(1, [("authorization", "x")])),
]


def test_nothing_smuggled_reaches_the_backend(gateway, echo):
    """Each alone on its stream, a good request beside it on the same connection."""
    echo.take()
    for name, frames in SMUGGLED:
        with raw(gateway) as connection:
            connection.send(frames(connection), connection.headers(3, connection.request("GET", "/good")))
            assert connection.read(lambda c: c.status(3) == "200"), name
            assert connection.read(lambda c: c.reset() == PROTOCOL_ERROR
                                   or (c.status() or "")[:1] == "4"), (name, connection.frames)
    # The gateway asks for the backend's own document now and then, and for its folder.
    targets = [request.target for request in echo.take()
               if "ocm" not in request.target and not request.target.startswith("/.well-known/")]
    assert set(targets) == {"/good"} and len(targets) == len(SMUGGLED), targets


# Abuse


def many(count, one):
    return lambda c: b"".join(one(c, number) for number in range(count))


def in_turn(one):
    """Streams that the gateway resets, not more of them at once than there may be."""
    def frames(c):
        for start in range(1, 301, 60):
            c.send(b"".join(one(c, number) for number in range(start, start + 60, 2)))
            c.read(lambda c: c.goaway is not None or len(c.all(RST_STREAM)) >= (start + 59) // 2)
        return b""
    return frames


def block_of(c, *parts):
    return frame(HEADERS, END_STREAM | END_HEADERS, 1, c.block() + b"".join(parts))


FLOODS = [
    ("rapid reset", many(200, lambda c, n: c.headers(2 * n + 1) + frame(RST_STREAM, 0, 2 * n + 1, b"\0\0\0\x08"))),
    ("our own resets (MadeYouReset)", in_turn(lambda c, n: c.post(n) + frame(
        WINDOW_UPDATE, 0, n, b"\x7f\xff\xff\xff"))),
    ("malformed requests", in_turn(lambda c, n: c.headers(n, [("a", "b")]))),
    ("CONTINUATION", lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + many(
        50, lambda c, n: frame(CONTINUATION, 0, 1, c.block([("x", "y")])))(c)),
    ("PING", many(400, lambda c, n: frame(PING, payload=bytes(8)))),
    ("PING that answer nothing", many(400, lambda c, n: frame(PING, ACK, payload=bytes(8)))),
    ("SETTINGS", many(400, lambda c, n: settings())),
    ("unknown frames", many(400, lambda c, n: frame(0xAA, payload=bytes(8)))),
    ("PRIORITY", many(400, lambda c, n: frame(PRIORITY, 0, 2 * n + 1, b"\0\0\0\0\x10"))),
    ("empty DATA", lambda c: c.post() + frame(DATA, 0, 1) * 100),
    ("padding alone", lambda c: c.post() + frame(DATA, PADDED, 1, b"\4" + bytes(4)) * 100),
    ("empty CONTINUATION", lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + frame(CONTINUATION, 0, 1) * 5),
    ("windows of one byte", lambda c: c.post() + frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1") * 400),
    ("HPACK that expands", lambda c: block_of(c, b"\x40\x01x\x7f\x81\x1d" + b"y" * 3840, b"\xbe" * 10000)),
    ("heads that are too large", many(40, lambda c, n: c.headers(
        2 * n + 1, c.request("GET", "/", *[(f"x{i}", "y" * 3000) for i in range(4)]), END_STREAM)
        + frame(CONTINUATION, END_HEADERS, 2 * n + 1, c.block([(f"z{i}", "y" * 3000) for i in range(5)])))),
]


@pytest.fixture(scope="module")
def flooded(start, echo):
    """A gateway, and the floods that it has seen."""
    return start(echo.url), []


@pytest.mark.parametrize("name, frames", FLOODS, ids=[name for name, _ in FLOODS])
def test_a_flood_ends_its_connection_alone(flooded, name, frames):
    gateway, seen = flooded
    with HTTP2Connection(gateway) as client:
        with raw(gateway) as connection:
            connection.send(frames(connection))
            assert gateway.request("GET", "/good", connection=client).status == 200
            assert connection.read(lambda c: c.goaway == ENHANCE_YOUR_CALM), (name, connection.frames[-3:])
            assert connection.read(lambda c: c.closed)
        assert gateway.request("GET", "/good", connection=client).status == 200
    seen.append(name)


def test_every_flood_is_told_of(flooded):
    """In a line of its own, or in the number of those that were left out."""
    gateway, seen = flooded
    assert gateway.stop() == 0
    told = [line for line in gateway.records() if line.get("reason") == "http2_flood"]
    assert sum(line["count"] if "count" in line else 1 + line.get("suppressed", 0) for line in told) == len(seen)


def test_who_opens_no_window_is_cut_off_and_harms_nobody(start, echo):
    gateway = start(echo.url)
    with raw(gateway) as connection, HTTP2Connection(gateway) as good:
        connection.send(settings((4, 0)), *[connection.headers(2 * n + 1, connection.request("GET", "/large"))
                                            for n in range(100)])
        for _ in range(50):
            assert gateway.request("GET", "/good", connection=good).status == 200
        connection.send(connection.headers(201))
        assert connection.read(lambda c: c.reset(201) == REFUSED_STREAM or c.goaway == PROTOCOL_ERROR)


# Ends


def test_a_gateway_that_stops_finishes_what_is_open(start):
    """A download and an upload in the middle go on to their ends; the client is told at once."""
    go, begun = threading.Event(), threading.Semaphore(0)

    def conduct(visit):
        request = visit.head()
        begun.release()
        if request.method == "GET":
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + bytes(30000))
            go.wait(20)
            visit.send(bytes(30000))
        else:
            length = len(visit.reader.read(30000))
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n%d" % length)

    origin = Origin(conduct)
    gateway = start(origin.url)
    with raw(gateway) as client:
        client.send(client.headers(1, client.request("GET", "/down")),
                    client.post(3, ("content-length", "30000")), frame(DATA, 0, 3, bytes(10000)))
        for _ in range(2):
            assert begun.acquire(timeout=20)
        ended = []
        stopper = threading.Thread(target=lambda: ended.append(gateway.stop()))
        stopper.start()
        assert client.read(lambda c: c.goaway == NO_ERROR)
        [ping] = client.all(PING)
        client.send(frame(PING, ACK, payload=ping[3]))
        go.set()
        client.send(frame(DATA, 0, 3, bytes(10000)), frame(DATA, END_STREAM, 3, bytes(10000)))
        assert client.read(lambda c: {1, 3} <= c.ended)
        bodies = {stream: b"".join(one[3] for one in client.all(DATA) if one[2] == stream) for stream in (1, 3)}
        assert len(bodies[1]) == 60000 and bodies[3] == b"30000"
        assert client.read(lambda c: c.closed)
        stopper.join(20)
        assert ended == [0]
    origin.stop()


# Other people's clients


def test_curl_nghttp_and_h2load_are_served(gateway, tmp_path):
    url = f"https://cloud.test:{gateway.port}"
    curl = subprocess.run(
        ["curl", "--http2", "-sS", "--cacert", gateway.authority.file, "--resolve",
         f"cloud.test:{gateway.port}:127.0.0.1", "-w", "%{http_version}", "-o", tmp_path / "got", f"{url}/large"],
        capture_output=True, text=True, timeout=60)
    assert curl.stdout == "2", curl.stderr
    assert (tmp_path / "got").read_bytes() == LARGE
    local = f"https://127.0.0.1:{gateway.port}/page"
    nghttp = subprocess.run(["nghttp", "-nv", "--no-dep", "-H", ":authority: cloud.test", local],
                            capture_output=True, text=True, timeout=60)
    assert ":status: 200" in nghttp.stdout, nghttp.stdout + nghttp.stderr
    load = subprocess.run(["h2load", "-n500", "-c5", "-m20", "-H", ":authority: cloud.test", local],
                          capture_output=True, text=True, timeout=60)
    assert "500 succeeded, 0 failed" in load.stdout, load.stdout

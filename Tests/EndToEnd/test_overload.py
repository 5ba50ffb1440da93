"""More than the process may hold: it says no, and goes on."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from h2.events import ResponseReceived

from backend import ScriptedBackend, answer
from http2 import HTTP2Connection
from listener import free_port
from peers import as_json, share
from wire import Closed


@pytest.fixture
def slow():
    """A backend that answers `/slow` only when it is let go."""
    gone = threading.Event()

    def script(request):
        if request.target == "/slow":
            gone.wait(30)
        return answer(200, b"ok")

    backend = ScriptedBackend(script)
    backend.release = gone.set
    yield backend
    gone.set()
    backend.stop()


def test_without_descriptors_it_says_no_and_goes_on(start, slow):
    gateway = start(slow.url, lambda gateway: gateway.wrapper.extend(["prlimit", "--nofile=160:160"]))
    connections = [HTTP2Connection(gateway) for _ in range(3)]
    asked = [(connection, connection.ask("GET", "/slow")) for connection in connections for _ in range(90)]
    more = [socket.create_connection(("127.0.0.1", gateway.port), timeout=2) for _ in range(60)]
    time.sleep(1.5)
    # It could not do this without a descriptor.
    policy = gateway.folder / "policy.toml"
    policy.write_text(policy.read_text() + "\n# changed\n")
    gateway.lines("gateway.reloaded")
    for connection in more:
        connection.close()
    slow.release()
    statuses = {}
    for connection, stream in asked:
        response = connection.receive(stream=stream)
        statuses[response.status] = statuses.get(response.status, 0) + 1
        assert response.status == 200 or response.all("retry-after")
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= 16 and statuses[503] >= 20
    for connection in connections:
        connection.close()
    assert gateway.request("GET", "/after").status == 200


def test_with_too_few_descriptors_it_does_not_begin(start, backend):
    for count in (16, 32, 95):
        with pytest.raises(AssertionError, match=f"may have {count} files open.*LimitNOFILE"):
            start(backend.url,
                  lambda gateway: gateway.wrapper.extend(["prlimit", f"--nofile={count}:{count}"]))


def test_bodies_that_are_held_back_take_no_memory_from_others(start, backend, peers):
    gateway = start(backend.url)
    gateway.request("GET", "/well")
    before = gateway.memory("VmRSS")
    connections = [HTTP2Connection(gateway) for _ in range(2)]
    asked = []
    for connection in connections:
        for _ in range(60):
            stream = connection.ask("POST", "/ocm/shares",
                                    [("Content-Type", "application/json")], ends=False)
            connection.write(stream, b"x" * 200_000)
            asked.append((connection, stream))
    statuses = []
    for connection, stream in asked:
        if any(isinstance(event, ResponseReceived) for event in connection.events[stream]):
            response = connection.receive(stream=stream)
            assert response["retry-after"] and b"backend_unavailable" in response.body
            statuses.append(response.status)
    # 4 MiB are 20 bodies of these.
    assert set(statuses) == {503} and len(statuses) >= 90
    assert gateway.memory("VmRSS") - before < 24 << 20
    # Another client has its own part.
    modern = peers.peers["modern.test"]
    body = as_json(share(modern))
    fields = modern.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    with gateway.connect(source="127.0.0.2") as other:
        fields.append(("Content-Length", str(len(body))))
        answered = gateway.request("POST", "/ocm/shares", fields, body, other)
    assert answered.status != 503
    for connection in connections:
        connection.close()
    deadline = time.monotonic() + 10
    while gateway.post(modern, "/ocm/shares", share(modern)).status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("target", [
    "/index.php/apps/text/public/session/create", "/index.php/apps/files_sharing/shareinfo?t=publiclink00000"])
def test_answers_that_nobody_reads_take_no_memory_from_others(start, target):
    document = b"x" * (12 << 20)
    asked = threading.Semaphore(0)

    def script(request):
        if request.target != target:
            return answer(200, b"ok")
        asked.release()
        return answer(200, document, ("Content-Type", "application/json"), ("Cache-Control", "no-store"))

    server = ScriptedBackend(script)
    gateway = start(server.url)
    greedy = HTTP2Connection(gateway)
    assert gateway.request("GET", "/well").status == 200
    before = gateway.memory("VmRSS")
    streams = [greedy.ask("POST", target, [("Content-Type", "application/json")], b'{"x":1}') for _ in range(64)]
    for _ in streams:
        assert asked.acquire(timeout=60)
    # Until it holds what it holds.
    held, last, end = gateway.memory("VmRSS"), 0, time.monotonic() + 30
    while held != last and time.monotonic() < end:
        last = held
        time.sleep(1)
        held = gateway.memory("VmRSS")
        with gateway.connect(source="127.0.0.77") as good:
            assert gateway.request("GET", "/well", connection=good).status == 200
    assert held - before < 64 << 20, f"{held - before >> 20} MiB"
    response = greedy.receive(stream=streams[0])
    assert (response.status, response["cache-control"]) == (200, "no-store")
    assert response.body == document
    greedy.close()
    server.stop()


# F6, F8: a backend that is dead, or hangs.

def hasty(gateway):
    gateway.configuration.write_text(gateway.configuration.read_text().replace(
        'pass = "all"',
        'pass = "all"\ntimeouts = { connect = "1s", headers = "1s", pages = "4s" }'))


class Helper:
    """A backend in a process of its own, which can be stopped and killed."""

    CODE = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = sys.argv[2].encode() if self.path.startswith("/.well-known/ocm") else b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer.request_queue_size = 64
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
    DISCOVERY = json.dumps({
        "enabled": True, "apiVersion": "1.1.0", "endPoint": "https://cloud.test/ocm",
        "provider": "Helper", "resourceTypes": [{
            "name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/public.php/webdav/"}}]})

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.CODE, str(self.port), self.DISCOVERY])
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def helper():
    helper = Helper()
    yield helper
    helper.kill()


def statuses(gateway, count):
    """Of requests at once, with how long the longest took."""
    def ask(number):
        began = time.monotonic()
        response = gateway.request("GET", f"/page/{number}")
        if response.status == 503:
            assert 1 <= int(response["retry-after"]) <= 5
        return response.status, time.monotonic() - began

    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(ask, range(count)))
    return [status for status, _ in found], max(seconds for _, seconds in found)


def answers_again(gateway):
    deadline = time.monotonic() + 20
    while gateway.request("GET", "/page").status != 200:
        assert time.monotonic() < deadline, gateway.log()
        time.sleep(0.2)


@pytest.mark.parametrize("way", ["dead", "hung"])
def test_a_backend_that_gives_no_answers_is_left_alone_until_it_does(start, helper, peers, way):
    gateway = start(helper.url, hasty)
    modern = peers.peers["modern.test"]
    code = gateway.add_share("modern.test", "7", "secret-of-a-share")
    assert gateway.request("GET", "/page").status == 200
    assert gateway.request("GET", "/.well-known/ocm").status == 200
    if way == "dead":
        helper.kill()
    else:
        helper.process.send_signal(signal.SIGSTOP)
    failure = 502 if way == "dead" else 504
    found, _ = statuses(gateway, 8)
    assert set(found) <= {failure, 503} and found.count(failure) >= 5, found
    [line] = gateway.lines("backend.suspended")
    assert line["level"] == "warning" and "remedy" in line
    assert line["reason"] == ("connect_refused" if way == "dead" else "first_byte_timeout")
    # Most get an answer at once; one now and then tries it.
    found, _ = statuses(gateway, 30)
    assert found.count(503) >= 28 and set(found) <= {failure, 503}, found
    # What needs no backend goes on.
    assert gateway.request("GET", "/.well-known/ocm").status == 200
    assert gateway.exchange(modern, code).status == 200
    if way == "dead":
        helper.start()
    else:
        helper.process.send_signal(signal.SIGCONT)
    answers_again(gateway)
    assert len(gateway.lines("backend.resumed")) == 1
    assert len(gateway.lines("backend.suspended")) == 1
    found, _ = statuses(gateway, 8)
    assert set(found) == {200}


# F24: memory. The limit of the resident set is one that the kernel leaves to us.

def limit_memory(gateway, percent):
    """From now on what it uses is so much of what it may."""
    if "OCMGATE_SANITIZED" in os.environ:
        pytest.skip("memory under a sanitizer says nothing")
    used = gateway.memory("RssAnon")
    limit = used * 100 // percent if percent else resource.RLIM_INFINITY
    resource.prlimit(gateway.process.pid, resource.RLIMIT_RSS, (limit, resource.RLIM_INFINITY))


def test_near_the_limit_of_its_memory_it_sheds_and_recovers(start, backend):
    gateway = start(backend.url)
    idle, busy = gateway.connect(), gateway.connect()
    newer = HTTP2Connection(gateway)
    for connection in (idle, busy, newer):
        assert gateway.request("GET", "/page", connection=connection).status == 200
    busy.send(b"GET /page HTTP/1.1\r\n")
    # What it gives back to the system meanwhile does not change the level.
    limit_memory(gateway, 85)
    gateway.lines("memory.short")
    # Who is there is served; of others some are let in before it is seen that nobody is to be.
    assert gateway.request("GET", "/page", connection=idle).status == 200
    knocking = []
    with contextlib.suppress(TimeoutError):
        for _ in range(24):
            # Nor does what those take who are let in.
            limit_memory(gateway, 85)
            raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=1)
            knocking.append(raw)
            raw = gateway.authority.client_context().wrap_socket(raw, server_hostname="cloud.test")
            knocking.append(raw)
        raise AssertionError("nobody had to wait")
    limit_memory(gateway, 400)
    gateway.lines("memory.short", 2)
    assert idle.is_closed_by_peer()
    # Each loop sees it on its own next tick.
    time.sleep(0.5)
    busy.send(b"Host: cloud.test\r\n\r\n")
    response = busy.receive()
    assert response.status == 503 and int(response["retry-after"]) > 0
    with pytest.raises(Closed):
        while True:
            newer.read()
    limit_memory(gateway, None)
    gateway.lines("memory.enough")
    for each in knocking:
        each.close()
    answers_again(gateway)


def test_the_pages_of_the_program_fill_no_memory(start, backend):
    """The kernel takes them back: under a limit below all that is resident everybody is served."""
    if "OCMGATE_SANITIZED" in os.environ:
        pytest.skip("memory under a sanitizer says nothing")

    def little(gateway):
        gateway.wrapper = ["prlimit", f"--rss={40 << 20}:unlimited"]

    gateway = start(backend.url, little)
    assert gateway.memory("VmRSS") > 40 << 20
    [line] = gateway.lines("memory.little")
    assert line["limit"] == 40 << 20 and "64 MiB" in line["remedy"]
    time.sleep(1.5)
    assert gateway.request("GET", "/page").status == 200
    assert "memory.short" not in gateway.log()

"""The differential proof: what the gateway lets through is one request to every server, and the
same one. The bytes that it sends for each case of the corpus go to real servers as they are."""

import ssl
from pathlib import Path

import pytest

from interpreters import Apache, Cheroot, Gunicorn, H11, Nginx, Understood, Waitress
from listener import Listener
from test_http1 import CORPUS, HOST
from wire import Closed, raw, read_request

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"


class Recorder(Listener):
    """A backend that keeps the very bytes of each request."""

    def __init__(self):
        self.messages: list[tuple[Understood, bytes]] = []
        super().__init__()

    def _serve(self, connection, number):
        with connection, connection.makefile("rb") as file:
            reader = _Tee(file)
            while True:
                reader.taken = b""
                try:
                    request = read_request(reader)
                except (Closed, OSError):
                    return
                if not request.get("user-agent", "").startswith("ocmgate"):
                    self.messages.append((
                        Understood.of(request.method, request.target, request.body),
                        reader.taken))
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    return


class _Tee:
    def __init__(self, file):
        self.file, self.taken = file, b""

    def readline(self, limit):
        line = self.file.readline(limit)
        self.taken += line
        return line

    def read(self, count):
        piece = self.file.read(count)
        self.taken += piece
        return piece


@pytest.fixture(scope="module")
def sent(start):
    """Each case with what the gateway sent for it: (id, understood, bytes)."""
    recorder = Recorder()
    gateway = start(recorder.url, host=HOST, kind="generic")
    sent = []
    for case in CORPUS["cases"]:
        if case.get("role") == "forward" or "refused" in case:
            continue
        recorder.messages.clear()
        with gateway.connect(timeout=5) as connection:
            try:
                connection.send(raw(case["bytes"]))
                connection.receive(case["accepted"].get("method", "GET"))
                if case["accepted"].get("rest"):
                    connection.receive()
            except (Closed, OSError, ssl.SSLError):
                pass
        sent += [(case["id"], *message) for message in list(recorder.messages)]
    recorder.stop()
    return sent


@pytest.mark.parametrize("kind", [Nginx, Apache, Cheroot, Gunicorn, Waitress, H11],
                         ids=lambda kind: kind.name)
def test_every_server_reads_what_was_sent_alike(kind, sent, tmp_path):
    if kind.program and not Path(kind.program).exists():
        pytest.skip(f"there is no {kind.program}")
    interpreter = kind(tmp_path / kind.name)
    complaints, agreed = [], 0
    try:
        for case, meant, message in sent:
            understood, statuses = interpreter.read(message + SENTINEL)
            sentinel = Understood("GET", b"/sentinel", "", b"")
            if understood == [meant, sentinel]:
                agreed += 1
            elif not understood and statuses and 400 <= statuses[0] < 600:
                pass  # it refused the first and closed: nobody was led astray
            elif understood == [sentinel] and 400 <= statuses[0] < 600:
                pass  # it refused the first, and knew where it ends
            elif understood == [sentinel] and meant.path == b"*":
                pass  # about the server itself, which answered for itself
            else:
                complaints.append(f"{case}: {understood} {statuses}, sent {message[:300]!r}")
    finally:
        interpreter.stop()
    print(f"{kind.name}: {agreed} of {len(sent)} taken alike, the others refused")
    assert complaints == [], "\n".join(complaints)
    assert len(sent) > 100 and agreed > len(sent) * 3 // 4

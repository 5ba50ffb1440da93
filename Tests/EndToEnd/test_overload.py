"""More than the process may hold: it says no, and goes on."""

import socket
import threading
import time

import pytest
from h2.events import ResponseReceived

from backend import ScriptedBackend, answer
from http2 import HTTP2Connection
from peers import as_json, share


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
    assert statuses[200] >= 20 and statuses[503] >= 20
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

"""More than the process may hold: it says no, and goes on."""

import socket
import threading
import time

import pytest

from backend import ScriptedBackend, answer
from http2 import HTTP2Connection
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
    assert statuses[200] >= 20 and statuses[503] >= 20
    for connection in connections:
        connection.close()
    assert gateway.request("GET", "/after").status == 200

"""Clients that ask for much and read nothing: what each of them holds is bounded, and the others do not
notice them."""

import time

import pytest

from backend import ScriptedBackend, answer

LARGE = b"x" * (32 << 20)
READERS = 60


@pytest.fixture
def gateway(start):
    server = ScriptedBackend(lambda request: answer(200, LARGE if request.target == "/large" else b"ok"))
    yield start(server.url)
    server.stop()


def test_each_holds_little_and_a_good_client_is_served(gateway):
    readers = [gateway.connect(source=f"127.0.0.{20 + number // 30}") for number in range(READERS)]
    with gateway.connect() as good:
        for _ in range(20):
            assert gateway.request("GET", "/", connection=good).status == 200
        before = gateway.memory("VmRSS")
        for reader in readers:
            reader.send(b"GET /large HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        # Until it has taken what it takes, which is more than the system's own buffers for a while.
        held, last, end = gateway.memory("VmRSS"), 0, time.monotonic() + 30
        while held != last and time.monotonic() < end:
            last = held
            time.sleep(1)
            held = gateway.memory("VmRSS")
        each = (held - before) // READERS
        assert each < 160 << 10, f"{each >> 10} KiB for each"
        slowest = 0.0
        for _ in range(100):
            began = time.monotonic()
            assert gateway.request("GET", "/", connection=good).status == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2, f"{slowest:.2f} s"
    for reader in readers:
        reader.close()

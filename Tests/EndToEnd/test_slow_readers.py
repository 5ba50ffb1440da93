"""Clients that ask for much and read nothing: what each of them holds is bounded, and the others do not
notice them."""

import socket
import threading
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
        began = time.monotonic()
        for _ in range(100):
            assert gateway.request("GET", "/", connection=good).status == 200
        # Whoever reads nothing is cut off after a minute: nobody waits for that.
        assert time.monotonic() - began < 50
    for reader in readers:
        reader.close()


def test_who_pauses_gets_all_of_an_answer_though_the_connection_ends_with_it(start):
    """What the system's buffers do not take waits in ours, though the client has sent more than its request:
    beyond some size, which is the system's."""
    sizes = range(180_000, 420_000, 8_000)
    server = ScriptedBackend(
        lambda request: answer(200, b"x" * int(request.target[1:])) if request.target[1:].isdigit() else answer(404))
    gateway = start(server.url)
    got = {}

    def ask(size):
        with socket.socket() as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)
            plain.settimeout(30)
            plain.connect(("127.0.0.1", gateway.port))
            with gateway.authority.client_context().wrap_socket(
                    plain, server_hostname="cloud.test") as client:
                request = f"GET /{size} HTTP/1.1\r\nHost: cloud.test\r\n"
                client.sendall(f"{request}Connection: close\r\n\r\n{request}\r\n".encode())
                # Longer than one waits for a client that has its answer.
                time.sleep(8)
                body = b""
                while piece := client.recv(65536):
                    body += piece
                got[size] = len(body.split(b"\r\n\r\n", 1)[1])

    clients = [threading.Thread(target=ask, args=(size,)) for size in sizes]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    server.stop()
    assert got == {size: size for size in sizes}

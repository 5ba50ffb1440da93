"""Crowds of clients that take their time, and a good client beside them that measures how long it
waits. As a program it is that client: `crowds.py PORT AUTHORITY HOST TARGET COUNT`."""

import json
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from wire import Connection, compose

# Of one address; `limits.per_client` is 64.
EACH = 60

FORMS = {
    # The head never ends.
    "head": (b"GET /slow HTTP/1.1\r\nHost: cloud.test\r\n", b"X-A: 1\r\n"),
    # The body of a message, which is read before anything is decided, never ends.
    "body": (b"POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\nContent-Type: application/json\r\n"
             b"Content-Length: 200000\r\n\r\n{", b" "),
    # The answer is not taken.
    "read": (b"GET /64m HTTP/1.1\r\nHost: cloud.test\r\n\r\n", b""),
    # The backend gives none.
    "hung": (b"GET /hung HTTP/1.1\r\nHost: cloud.test\r\n\r\n", b""),
}


def allow_descriptors() -> None:
    """As many files open as this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Crowd:
    """So many clients of one form, on a plain port, from as many addresses as that takes."""

    def __init__(self, port: int, form: str, count: int, network: int = 1):
        allow_descriptors()
        first, self._more = FORMS[form]
        self.clients: list[socket.socket] = []
        for number in range(count):
            client = socket.socket()
            # The buffers of the system are not what is to be filled.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            index = number // EACH
            client.bind((f"127.{network}.{index // 250}.{index % 250 + 1}", 0))
            client.settimeout(20)
            client.connect(("127.0.0.1", port))
            client.sendall(first)
            self.clients.append(client)
        self._leaves = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)
        self._thread.start()

    def _drip(self) -> None:
        """A little more of each, every five seconds or so; a few at a time, since many clients far apart do
        not speak at one moment."""
        while not self._leaves.is_set():
            for number, client in enumerate(self.clients):
                if self._more and not self._leaves.is_set():
                    try:
                        client.send(self._more)
                    except OSError:
                        pass
                if number % 5 == 4:
                    self._leaves.wait(0.001)
            self._leaves.wait(5)

    def standing(self) -> int:
        """How many the gateway has not closed."""
        count = 0
        for client in self.clients:
            client.setblocking(False)
            try:
                count += client.recv(1, socket.MSG_PEEK) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def leave(self) -> None:
        self._leaves.set()
        self._thread.join()
        for client in self.clients:
            # By RST: who only closes its side is answered still.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()


@dataclass
class Waits:
    """How long good requests took, in milliseconds, and what they were answered."""

    statuses: set[int]
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms"


def measure(gateway, target: str = "/good", count: int = 300, clients: int = 2) -> Waits:
    """Good clients, each a process of its own, that ask one after the other on kept connections."""
    command = [sys.executable, __file__, str(gateway.port), str(gateway.authority.file),
               gateway.host, target, str(count)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(clients)]
    seconds, statuses = [], set()
    for process in started:
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0, "a good client was cut off"
        for status, took in json.loads(told):
            statuses.add(status)
            seconds.append(took)
    seconds.sort()
    return Waits(statuses, seconds[len(seconds) // 2] * 1000,
                 seconds[min(len(seconds) - 1, len(seconds) * 99 // 100)] * 1000)


def _ask(port: str, authority: str, host: str, target: str, count: str) -> None:
    found = []
    request = compose(f"GET {target} HTTP/1.1", [("Host", host)])
    context = ssl.create_default_context(cafile=authority)
    with Connection(("127.0.0.1", int(port)), context, host, timeout=60) as connection:
        for number in range(int(count) + 10):
            began = time.perf_counter()
            connection.send(request)
            status = connection.receive().status
            # The first ones make connections and fill caches.
            if number >= 10:
                found.append((status, time.perf_counter() - began))
            time.sleep(0.002)
    print(json.dumps(found))


if __name__ == "__main__":
    _ask(*sys.argv[1:])

"""An origin that does with each connection what a test says: cuts, stalls, lies, resets."""

import os
import socket
import struct
import threading
import time
from typing import Callable

from listener import Listener
from wire import Closed, Request, read_exactly, read_head

Conduct = Callable[["Visit"], None]


def reset(connection: socket.socket) -> None:
    """Closes with RST instead of FIN, at once, whoever still reads from it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


class Visit:
    """One connection to the origin."""

    def __init__(self, origin: "Origin", connection: socket.socket, number: int):
        self.origin = origin
        self.socket = connection
        self.reader = connection.makefile("rb", buffering=65536)
        self.number = number

    def head(self) -> Request:
        """The next head, without its body; it is counted."""
        start, headers, raw = read_head(self.reader)
        request = Request(start, headers, b"", raw)
        with self.origin.lock:
            self.origin.heads.append((self.number, request))
        return request

    def request(self) -> Request:
        request = self.head()
        request.body = read_exactly(self.reader, int(request.get("content-length", "0")))
        return request

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ends(self, timeout: float = 10) -> bool:
        """Whether the gateway closes within the time; what it still sends is dropped."""
        self.socket.settimeout(timeout)
        try:
            while self.reader.read1(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


class Origin(Listener):
    """`conduct` is called with each visit, on a thread of its own; the
    gateway's own questions are answered 404 before it."""

    def __init__(self, conduct: Conduct):
        self.conduct = conduct
        self.lock = threading.Lock()
        self.heads: list[tuple[int, Request]] = []
        self.errors: list[Exception] = []
        super().__init__()

    def targets(self) -> list[str]:
        with self.lock:
            return [request.target for _, request in self.heads]

    def _serve(self, connection: socket.socket, number: int) -> None:
        visit = Visit(self, connection, number)
        try:
            # The gateway asks for documents of its own, on connections that others use too.
            while self._is_own_question(visit):
                visit.head()
                with self.lock:
                    self.heads.pop()
                visit.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            self.conduct(visit)
        except (Closed, OSError):
            pass
        except Exception as error:  # a mistake of the test
            self.errors.append(error)
        finally:
            try:
                visit.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            try:
                visit.reader.close()
                visit.socket.close()
            except OSError:
                pass

    @staticmethod
    def _is_own_question(visit: Visit) -> bool:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            seen = visit.reader.peek(1)
            if not seen:
                raise Closed(b"")
            if b"\r\n\r\n" in seen or len(seen) > 4096:
                return b"user-agent: ocmgate" in seen.lower()
            time.sleep(0.005)
        raise Closed(b"")

"""A scripted backend: records the bytes that reached it and answers as it was told."""

import json
import socket
import threading
from typing import Callable

from wire import Closed, Request, compose, read_request

Script = Callable[[Request], bytes]

REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 207: "Multi-Status", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}


def answer(status: int, body: bytes | dict | list = b"", *headers: tuple[str, str]) -> bytes:
    fields = list(headers)
    if isinstance(body, (dict, list)):
        body = json.dumps(body, separators=(",", ":")).encode()
        fields.insert(0, ("Content-Type", "application/json"))
    if status not in (204, 304):
        fields.append(("Content-Length", str(len(body))))
    return compose(f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", fields, body)


class ScriptedBackend:
    """Threaded, on loopback. `script` gets each request and gives the answer's bytes."""

    def __init__(self, script: Script):
        self.script = script
        self.requests: list[Request] = []
        self.malformed: list[Exception] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self) -> list[Request]:
        """The requests since the last call."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def stop(self) -> None:
        self._stopping = True
        # Closing alone would leave it listening under the thread that waits in accept().
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was stopped before
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb", buffering=65536) as reader:
            while True:
                try:
                    request = read_request(reader)
                except Closed as end:
                    if end.partial:
                        self.malformed.append(end)
                    return
                except OSError:
                    return
                except ValueError as error:
                    self.malformed.append(error)
                    return
                with self._lock:
                    self.requests.append(request)
                try:
                    connection.sendall(self.script(request))
                except OSError:
                    return

"""A scripted backend: records the bytes that reached it and answers as it was told."""

import json
import socket
import threading
from typing import Callable

from listener import Listener
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


class ScriptedBackend(Listener):
    """`script` gets each request and gives the answer's bytes."""

    def __init__(self, script: Script):
        self.script = script
        self.requests: list[Request] = []
        self.malformed: list[Exception] = []
        self._lock = threading.Lock()
        super().__init__()

    def take(self) -> list[Request]:
        """The requests since the last call."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def _serve(self, connection: socket.socket, number: int) -> None:
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

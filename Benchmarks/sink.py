"""Takes what is uploaded and keeps nothing; its own time counts for nobody."""

import socket

from listener import Listener
from wire import Closed, read_head


class Sink(Listener):
    """Answers 204 once the whole body has come, one request a connection."""

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb", buffering=65536) as reader:
            try:
                _, fields, _ = read_head(reader)
                left = int(next(value for name, value in fields if name.lower() == "content-length"))
                room = memoryview(bytearray(1 << 18))
                while left > 0:
                    count = reader.readinto(room[:min(left, len(room))])
                    if not count:
                        return
                    left -= count
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            except (Closed, OSError, StopIteration):
                return

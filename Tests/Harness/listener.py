"""What the servers of the harness stand on: a listener on loopback, a thread for each client."""

import secrets
import socket
import threading


def free_port() -> int:
    """Not of those that the system hands out by itself: one of these would be taken by the next
    client before our program listens, or while that is stopped."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue


class Listener:
    """Listens from here on. A server of this kind says in `_serve` what it does with a connection,
    which it closes; connections are numbered from 1 as they come."""

    def __init__(self):
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        # Closing alone would leave it listening under the thread that waits in accept().
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was stopped before
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(
                target=self._serve, args=(connection, self.connections), daemon=True).start()

"""HTTP/1.1 as bytes: what was read is kept exactly, and what is written is exactly what was given.

No HTTP library stands between a test and the wire, since libraries mend what the tests must see.
"""

import socket
import ssl
from dataclasses import dataclass, field


def raw(value) -> bytes:
    """The bytes of a corpus: a text whose code points they are, or a list of such and of repeated ones."""
    if isinstance(value, str):
        return value.encode("latin-1")
    return b"".join(
        raw(part) if isinstance(part, str) else raw(part["repeat"]) * part["times"]
        for part in value)


class Closed(Exception):
    """The other side closed before a message was complete; `.partial` holds what had come."""

    def __init__(self, partial: bytes):
        super().__init__(f"closed after {len(partial)} bytes of a message")
        self.partial = partial


@dataclass
class Message:
    start: str
    headers: list[tuple[str, str]]
    body: bytes
    raw_head: bytes = b""

    def __getitem__(self, name: str) -> str:
        """The one value of a field; it is an error when there are more."""
        values = self.all(name)
        if len(values) != 1:
            raise KeyError(f"{name}: {values}")
        return values[0]

    def get(self, name: str, default: str | None = None) -> str | None:
        values = self.all(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Request(Message):
    @property
    def method(self) -> str:
        return self.start.split(" ")[0]

    @property
    def target(self) -> str:
        return self.start.split(" ")[1]


@dataclass
class Response(Message):
    interim: list[int] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1])


def read_head(reader) -> tuple[str, list[tuple[str, str]], bytes]:
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = reader.readline(65536)
        if not line:
            raise Closed(raw)
        raw += line
    lines = raw[:-4].decode("latin-1").split("\r\n")
    headers = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.append((name, value.strip(" \t")))
    return lines[0], headers, raw


def read_exactly(reader, count: int) -> bytes:
    body = reader.read(count)
    if len(body) != count:
        raise Closed(body)
    return body


def read_chunked(reader) -> bytes:
    body = b""
    while True:
        line = reader.readline(4096)
        if not line.endswith(b"\r\n"):
            raise Closed(body)
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while reader.readline(4096) not in (b"\r\n", b""):
                pass
            return body
        body += read_exactly(reader, size)
        if read_exactly(reader, 2) != b"\r\n":
            raise ValueError("a chunk does not end where it said")


def _one(headers: list[tuple[str, str]], name: str) -> str | None:
    values = [value for key, value in headers if key.lower() == name]
    if len(values) > 1:
        raise ValueError(f"{name} comes {len(values)} times")
    return values[0] if values else None


def read_request_head(reader) -> Request:
    """A request whose body has not been read."""
    start, headers, raw = read_head(reader)
    return Request(start, headers, b"", raw)


def read_body(reader, request: Request) -> Request:
    length = _one(request.headers, "content-length")
    coding = _one(request.headers, "transfer-encoding")
    if length is not None and coding is not None:
        raise ValueError("both content-length and transfer-encoding")
    request.body = read_chunked(reader) if coding is not None \
        else read_exactly(reader, int(length or 0))
    return request


def read_request(reader) -> Request:
    return read_body(reader, read_request_head(reader))


def read_response(reader, method: str = "GET") -> Response:
    interim: list[int] = []
    while True:
        start, headers, raw = read_head(reader)
        status = int(start.split(" ")[1])
        if status >= 200 or status == 101:
            break
        interim.append(status)
    length, coding = _one(headers, "content-length"), _one(headers, "transfer-encoding")
    if method == "HEAD" or status in (204, 304):
        body = b""
    elif coding is not None:
        body = read_chunked(reader)
    elif length is not None:
        body = read_exactly(reader, int(length))
    else:
        body = reader.read()
    return Response(start, headers, body, raw, interim)


def compose(start: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    lines = [start] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def shake_hands(engine: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, plain: socket.socket,
                send=None) -> None:
    """The handshake of TLS for who has its records in hand; `send` writes them in another way than at once."""
    while True:
        try:
            engine.do_handshake()
            return
        except ssl.SSLWantReadError:
            (send or plain.sendall)(outgoing.read())
            incoming.write(plain.recv(65536))


class Connection:
    """One client connection, TLS or plain."""

    def __init__(self, address, context: ssl.SSLContext | None = None, name: str | None = None,
                 timeout: float = 20, source: str | None = None):
        self.socket = socket.create_connection(
            address, timeout=timeout, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=name)
        self.reader = self.socket.makefile("rb", buffering=65536)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self, method: str = "GET") -> Response:
        return read_response(self.reader, method)

    def is_closed_by_peer(self, timeout: float = 5) -> bool:
        """True when the other side has closed and sent nothing more."""
        self.socket.settimeout(timeout)
        try:
            return self.reader.read(1) == b""
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            return True
        except TimeoutError:
            return False

    def close(self) -> None:
        try:
            self.reader.close()
            self.socket.close()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

"""How the servers of the harness reach others: straight, or through the gateway's forward proxy."""

import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wire import Closed, Connection, Response, compose, read_response

# The addresses that tell, at the receiving end, who dialled: gateways come from 127.0.0.1.
SERVERS, RELAYS = "127.0.0.2", "127.0.0.3"


class Refused(Exception):
    """The proxy did not open a tunnel; `.response` is what it said."""

    def __init__(self, response: Response):
        super().__init__(f"{response.start}: {response.body[:300]!r}")
        self.response = response


@dataclass
class Asked:
    """A request that a server sent, and what it got: a response, or why there is none."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    response: Response | None = None
    error: Exception | None = None

    def __str__(self) -> str:
        shown = 240 if self.response and self.response.status >= 300 else 60
        got = self.response.start + " " + repr(self.response.body[:shown]) if self.response \
            else repr(self.error)
        return f"{self.method} {self.url} -> {got}"


class Way:
    """`open` gives a TLS connection to a host; what was asked over it is kept."""

    def __init__(self):
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def open(self, host: str, port: int = 443, timeout: float = 20) -> Connection:
        raise NotImplementedError

    def request(self, method: str, url: str, headers=(), body: bytes | None = None,
                timeout: float = 20, connection: Connection | None = None) -> Response:
        """Sends one request. A body, even an empty one, is sent with its length."""
        parts = urlsplit(url)
        # Not the parts of the URL: a doubled slash at its beginning has to stay.
        target = "/" + url.split("/", 3)[3] if url.count("/") > 2 else "/"
        fields = list(headers)
        if not any(name.lower() == "host" for name, _ in fields):
            fields.insert(0, ("Host", parts.netloc))
        if body is not None and not any(name.lower() == "content-length" for name, _ in fields):
            fields.append(("Content-Length", str(len(body))))
        asked = Asked(method, url, fields, body or b"")
        with self._lock:
            self.asked.append(asked)
        try:
            made = connection or self.open(parts.hostname, parts.port or 443, timeout)
            try:
                made.send(compose(f"{method} {target} HTTP/1.1", fields, body or b""))
                asked.response = made.receive(method)
            finally:
                if connection is None:
                    made.close()
        except (OSError, Closed, Refused, ValueError) as error:
            asked.error = error
            raise
        return asked.response

    def story(self, last: int = 12) -> str:
        """What was asked last, for a person who reads why a test failed."""
        return "\n".join(f"  {asked}" for asked in self.asked[-last:])


class DirectWay(Way):
    """Straight to where the test put a host."""

    def __init__(self, context: ssl.SSLContext, resolve, source: str = SERVERS):
        super().__init__()
        self.context, self.resolve, self.source = context, resolve, source

    def open(self, host, port=443, timeout=20):
        place = self.resolve().get(f"{host}:{port}")
        if place is None:
            raise OSError(f"{host}:{port} is nowhere")
        address, _, number = place.rpartition(":")
        return Connection((address, int(number)), self.context, host, timeout, source=self.source)


class Tunnel(Connection):
    """TLS inside a CONNECT, as curl makes it."""

    def __init__(self, proxy: tuple[str, int], context: ssl.SSLContext | None, host: str, port: int,
                 timeout: float, name: str | None = None, agent: str = "curl"):
        plain = socket.create_connection(proxy, timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = [("Host", f"{host}:{port}"), ("User-Agent", agent),
                  ("Proxy-Connection", "Keep-Alive")]
        try:
            plain.sendall(compose(f"CONNECT {host}:{port} HTTP/1.1", fields))
            self.opened = read_response(_Careful(plain), "CONNECT")
            if self.opened.status != 200:
                raise Refused(self.opened)
            self.socket = context.wrap_socket(plain, server_hostname=name or host) \
                if context else plain
        except BaseException:
            plain.close()
            raise
        self.reader = self.socket.makefile("rb", buffering=65536)


class _Careful:
    """Reads no byte further than it was asked to: what follows the head is TLS."""

    def __init__(self, plain: socket.socket):
        self.plain = plain
        self.opened = False

    def readline(self, limit: int) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) < limit:
            byte = self.plain.recv(1)
            if not byte:
                break
            line += byte
        self.opened = self.opened or line.startswith(b"HTTP/1.1 2")
        return line

    def read(self, count: int | None = None) -> bytes:
        if self.opened:
            return b""
        data = b""
        while count is None or len(data) < count:
            piece = self.plain.recv(65536 if count is None else count - len(data))
            if not piece:
                break
            data += piece
        return data


class ProxyWay(Way):
    """Through the forward proxy, believing nobody but its authority."""

    def __init__(self, port: int, authority: Path, agent: str = "curl"):
        super().__init__()
        self.proxy = ("127.0.0.1", port)
        self.authority = authority
        self.agent = agent

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.authority)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def open(self, host, port=443, timeout=20, name=None):
        return Tunnel(self.proxy, self.context(), host, port, timeout, name, self.agent)

"""Clients of HTTP/2: one that keeps the rules (the PyPI library h2), and one that sends any frames."""

import contextlib
import socket
import ssl
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
from hpack import Decoder, Encoder

from wire import Closed, Response

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x1, 0x1, 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, \
    FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, \
    ENHANCE_YOUR_CALM = range(12)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
OF_ONE_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"}


def secured(address, context: ssl.SSLContext, name: str, timeout: float = 20) -> ssl.SSLSocket:
    context.set_alpn_protocols(["h2"])
    raw = socket.create_connection(address, timeout=timeout)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(raw, server_hostname=name)


class OnSocket(contextlib.AbstractContextManager):
    """Something that is closed with its socket."""

    socket: ssl.SSLSocket

    def close(self) -> None:
        self.socket.close()

    def __exit__(self, *_):
        self.close()


class HTTP2Connection(OnSocket):
    """Speaks as `wire.Connection` does: takes requests written for HTTP/1 and gives answers."""

    def __init__(self, gateway, timeout: float = 20):
        self.socket = secured(
            ("127.0.0.1", gateway.port), gateway.authority.client_context(), gateway.host, timeout)
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="latin-1"))
        self.state.initiate_connection()
        # Only the windows of streams hold anything back.
        self.state.increment_flow_control_window(1 << 30)
        self.host = gateway.host
        self.last = 0
        self.events: dict[int, list] = {}
        self.ended: h2.events.ConnectionTerminated | None = None
        self.flush()

    # Requests

    def send(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = start.split(" ")
        fields = [tuple(line.split(": ", 1)) for line in lines]
        self.last = self.ask(method, target, fields, body)

    def ask(self, method: str, target: str, fields=(), body: bytes = b"", ends=True) -> int:
        """Begins a request; its stream."""
        stream = self.state.get_next_available_stream_id()
        host = next((value for name, value in fields if name.lower() == "host"), self.host)
        block = [(":method", method), (":scheme", "https"), (":authority", host), (":path", target)]
        block += [(name.lower(), value) for name, value in fields if name.lower() not in OF_ONE_HOP]
        self.events[stream] = []
        self.state.send_headers(stream, block, end_stream=ends and not body)
        self.flush()
        if body:
            self.write(stream, body, ends)
        return stream

    def write(self, stream: int, body: bytes, ends: bool = False) -> None:
        """Sends all of it, as the windows let it; stops when the stream has ended."""
        view = memoryview(body)
        while view:
            # `h2` keeps the windows of a stream that was reset for a while.
            if any(isinstance(event, h2.events.StreamReset) for event in self.events[stream]):
                return
            try:
                room = min(self.state.local_flow_control_window(stream),
                           self.state.max_outbound_frame_size, len(view))
                if room > 0:
                    self.state.send_data(stream, view[:room].tobytes())
                    view = view[room:]
                    self.flush()
                    continue
            except (h2.exceptions.StreamClosedError, h2.exceptions.NoSuchStreamError):
                return
            self.read()
        if ends:
            self.state.end_stream(stream)
            self.flush()

    # Answers

    def receive(self, method: str = "GET", stream: int | None = None, takes=None) -> Response:
        """The answer on a stream. `takes` gets each piece of its body, which is not kept then."""
        stream = stream or self.last
        interim, fields, body, index = [], None, bytearray(), 0
        while True:
            events = self.events[stream]
            while index < len(events):
                event, index = events[index], index + 1
                if isinstance(event, h2.events.InformationalResponseReceived):
                    interim.append(int(dict(event.headers)[":status"]))
                elif isinstance(event, h2.events.ResponseReceived):
                    fields = event.headers
                elif isinstance(event, h2.events.DataReceived):
                    if takes:
                        takes(event.data)
                    else:
                        body += event.data
                    self.state.acknowledge_received_data(event.flow_controlled_length, stream)
                    self.flush()
                    event.data = b""
                elif isinstance(event, h2.events.StreamEnded):
                    status = dict(fields)[":status"]
                    rest = [pair for pair in fields if not pair[0].startswith(":")]
                    return Response(f"HTTP/2 {status} ", rest, bytes(body), b"", interim)
                elif isinstance(event, h2.events.StreamReset):
                    raise Closed(f"reset {event.error_code}".encode())
            self.read()

    def read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise Closed(b"")
        for event in self.state.receive_data(data):
            if isinstance(event, h2.events.ConnectionTerminated):
                self.ended = event
            stream = getattr(event, "stream_id", None)
            if stream in self.events:
                self.events[stream].append(event)
        self.flush()

    def flush(self) -> None:
        data = self.state.data_to_send()
        if data:
            self.socket.sendall(data)


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"", length=None) -> bytes:
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def settings(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, payload=b"".join(
        key.to_bytes(2, "big") + value.to_bytes(4, "big") for key, value in pairs))


class RawHTTP2(OnSocket):
    """Sends frames as it is told and keeps those that come; the compression of fields is right."""

    def __init__(self, address, context: ssl.SSLContext, name: str, greeting: bytes | None = None,
                 timeout: float = 5):
        self.socket = secured(address, context, name, timeout)
        self.host = name
        self.encoder, self.decoder = Encoder(), Decoder()
        self.waiting = b""
        self.frames: list[tuple[int, int, int, bytes]] = []
        self.answers: dict[int, list[tuple[str, str]]] = {}
        self.closed = False
        self.ended: set[int] = set()
        self.send(PREFACE + settings() if greeting is None else greeting)

    def send(self, *frames: bytes) -> None:
        try:
            self.socket.sendall(b"".join(frames))
        except OSError:
            self.closed = True

    def request(self, method="GET", path="/", *more: tuple[str, str]) -> list[tuple[str, str]]:
        return [(":method", method), (":scheme", "https"), (":path", path),
                (":authority", self.host), *more]

    def block(self, fields=None) -> bytes:
        return self.encoder.encode(fields or self.request(), huffman=False)

    def headers(self, stream: int = 1, fields=None, flags: int = END_HEADERS | END_STREAM) -> bytes:
        return frame(HEADERS, flags, stream, self.block(fields))

    def post(self, stream: int = 1, *more: tuple[str, str]) -> bytes:
        """A request with a body to come."""
        return self.headers(stream, self.request("POST", "/", *more), END_HEADERS)

    def read(self, until, timeout: float = 5) -> bool:
        """Reads frames until `until(self)` holds; false when the time is over, or the other side
        has closed and it does not."""
        deadline = time.monotonic() + timeout
        while not until(self):
            left = deadline - time.monotonic()
            if self.closed or left <= 0:
                return False
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return False
            except OSError:
                data = b""
            self.closed = not data
            self.take(data)
        return True

    def take(self, data: bytes) -> None:
        self.waiting += data
        while len(self.waiting) >= 9:
            size = int.from_bytes(self.waiting[:3], "big")
            if len(self.waiting) < 9 + size:
                return
            kind, flags = self.waiting[3], self.waiting[4]
            stream = int.from_bytes(self.waiting[5:9], "big")
            payload = self.waiting[9:9 + size]
            self.waiting = self.waiting[9 + size:]
            self.frames.append((kind, flags, stream, payload))
            if kind == HEADERS:
                self.answers.setdefault(stream, []).extend(self.decoder.decode(payload))
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                self.ended.add(stream)
            if kind == SETTINGS and not flags & ACK:
                self.send(frame(SETTINGS, ACK))

    def all(self, kind: int) -> list[tuple[int, int, int, bytes]]:
        return [one for one in self.frames if one[0] == kind]

    @property
    def goaway(self) -> int | None:
        codes = [int.from_bytes(payload[4:8], "big") for *_, payload in self.all(GOAWAY)]
        return codes[-1] if codes else None

    def reset(self, stream: int = 1) -> int | None:
        return next((int.from_bytes(payload[:4], "big")
                     for _, _, number, payload in self.all(RST_STREAM) if number == stream), None)

    def status(self, stream: int = 1) -> str | None:
        return dict(self.answers.get(stream, [])).get(":status")

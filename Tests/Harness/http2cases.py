"""Cases of conformance to RFC 9113 and RFC 7541, by the sections of h2spec's list: what a client sends
after the two sides have greeted each other, and what the server must do then.

A case is (section, what it does, frames, outcome). `frames` gets a `RawHTTP2` and gives what is sent; an
outcome says when it is met. As in that list a connection error is met by GOAWAY with one of the codes or
by the end of the connection, and a stream error by those too."""

from http2 import (ACK, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR,
                   FRAME_SIZE_ERROR, GOAWAY, HEADERS, PADDED, PING, PRIORITY, PRIORITY_FLAG,
                   PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, STREAM_CLOSED,
                   WINDOW_UPDATE, frame, settings)

PING_FRAME = frame(PING, payload=b"h2spec\0\0")
UNKNOWN = 0x16


def connection_error(*codes):
    return lambda c: c.closed or c.goaway in codes


def stream_error(*codes, stream=1):
    return lambda c: c.closed or c.goaway in codes or c.reset(stream) in codes


def answered(stream=1):
    return lambda c: c.status(stream) is not None


def acknowledged(c):
    return any(flags & ACK for _, flags, _, _ in c.all(PING))


def settings_acknowledged(count):
    return lambda c: sum(bool(flags & ACK) for _, flags, _, _ in c.all(SETTINGS)) >= count


def priority(stream, depends=0, weight=15):
    return frame(PRIORITY, 0, stream, depends.to_bytes(4, "big") + bytes([weight]))


def window(stream, count):
    return frame(WINDOW_UPDATE, 0, stream, count.to_bytes(4, "big"))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def goaway(stream=0, code=0):
    return frame(GOAWAY, 0, stream, b"\0\0\0\0" + code.to_bytes(4, "big"))


def dummies(count):
    """Fields that make a block of some size."""
    return [(f"x-dummy{number}", "x" * 100) for number in range(count)]


def split(c, *flags_of_rest, first=END_STREAM, fields=None):
    """HEADERS without an end, and a CONTINUATION for each of the flags."""
    block = c.block(fields)
    parts = len(flags_of_rest) + 1
    size = max(1, len(block) // parts)
    cut = [block[size * i:size * (i + 1)] if i < parts - 1 else block[size * i:] for i in range(parts)]
    return frame(HEADERS, first, 1, cut[0]) + b"".join(
        frame(CONTINUATION, flags, 1, part) for flags, part in zip(flags_of_rest, cut[1:]))


def raw(c, *bytes_):
    """HEADERS with a block of these bytes behind that of a request."""
    return frame(HEADERS, END_STREAM | END_HEADERS, 1, c.block() + b"".join(bytes_))


def without(c, name, *more):
    return c.headers(1, [pair for pair in c.request() if pair[0] != name] + list(more))


def after_answer(c):
    """A request, whose answer is waited for: the stream is closed then."""
    c.send(c.headers(1))
    c.read(lambda c: 1 in c.ended)
    return b""


def literal(prefix, name, value, huffman=False):
    from hpack.huffman import HuffmanEncoder
    from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
    coder = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)

    def text(word):
        data = coder.encode(word) if huffman else word
        return bytes([len(data) | (0x80 if huffman else 0)]) + data
    return bytes([prefix]) + (text(name) if name else b"") + text(value)


GENERIC = [
    ("generic/1", "sends a client connection preface", lambda c: b"", lambda c: bool(c.all(SETTINGS))),
    ("generic/2", "sends PRIORITY on an idle stream", lambda c: priority(1) + PING_FRAME, acknowledged),
    ("generic/2", "sends WINDOW_UPDATE on a half-closed stream", lambda c: c.headers(1) + window(1, 1), answered()),
    ("generic/2", "sends PRIORITY on a half-closed stream", lambda c: c.headers(1) + priority(1), answered()),
    ("generic/2", "sends RST_STREAM on a half-closed stream", lambda c: c.headers(1) + reset(1) + PING_FRAME,
     acknowledged),
    ("generic/2", "sends PRIORITY on a closed stream", lambda c: after_answer(c) + priority(1) + PING_FRAME,
     acknowledged),
    ("generic/3.1", "sends DATA", lambda c: c.post() + frame(DATA, END_STREAM, 1, b"test"), answered()),
    ("generic/3.1", "sends several DATA",
     lambda c: c.post() + frame(DATA, 0, 1, b"test") + frame(DATA, END_STREAM, 1, b"test"), answered()),
    ("generic/3.1", "sends DATA with padding",
     lambda c: c.post() + frame(DATA, END_STREAM | PADDED, 1, b"\6test" + bytes(6)), answered()),
    ("generic/3.2", "sends HEADERS", lambda c: c.headers(1), answered()),
    ("generic/3.2", "sends HEADERS with padding",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\6" + c.block() + bytes(6)), answered()),
    ("generic/3.2", "sends HEADERS with priority",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS | PRIORITY_FLAG, 1, b"\0\0\0\0\xff" + c.block()), answered()),
    ("generic/3.3", "sends PRIORITY with weight 1", lambda c: priority(1, weight=0) + c.headers(1), answered()),
    ("generic/3.3", "sends PRIORITY with weight 256", lambda c: priority(1, weight=255) + c.headers(1), answered()),
    ("generic/3.3", "sends PRIORITY with a dependency",
     lambda c: priority(1, depends=0) + priority(3, depends=1) + c.headers(3), answered(3)),
    ("generic/3.3", "sends PRIORITY with an exclusive one",
     lambda c: priority(3, depends=0x80000001) + c.headers(3), answered(3)),
    ("generic/3.3", "sends PRIORITY on an idle stream, then HEADERS on a lower one",
     lambda c: priority(3) + c.headers(1), answered()),
    ("generic/3.4", "sends RST_STREAM", lambda c: c.post() + reset(1) + PING_FRAME, acknowledged),
    ("generic/3.5", "sends SETTINGS", lambda c: settings((3, 100)), settings_acknowledged(2)),
    ("generic/3.7", "sends PING", lambda c: PING_FRAME, acknowledged),
    ("generic/3.8", "sends GOAWAY", lambda c: goaway() + PING_FRAME, lambda c: c.closed or acknowledged(c)),
    ("generic/3.9", "sends WINDOW_UPDATE on stream 0", lambda c: window(0, 1) + PING_FRAME, acknowledged),
    ("generic/3.9", "sends WINDOW_UPDATE on stream 1", lambda c: c.post() + window(1, 1) + PING_FRAME, acknowledged),
    ("generic/3.10", "sends CONTINUATION", lambda c: split(c, END_HEADERS), answered()),
    ("generic/3.10", "sends several CONTINUATION", lambda c: split(c, 0, END_HEADERS), answered()),
    ("generic/4", "sends GET", lambda c: c.headers(1), answered()),
    ("generic/4", "sends HEAD", lambda c: c.headers(1, c.request("HEAD")), answered()),
    ("generic/4", "sends POST", lambda c: c.post() + frame(DATA, END_STREAM, 1, b"test"), answered()),
    ("generic/4", "sends POST with trailers",
     lambda c: c.post(1, ("trailer", "x-test")) + frame(DATA, 0, 1, b"test")
     + c.headers(1, [("x-test", "ok")]), answered()),
    ("generic/5", "sends an indexed field", lambda c: raw(c, b"\x90"), answered()),
    *[("generic/5", f"sends a literal field {how}, {what}, {coded}",
       lambda c, prefix=prefix, name=name, huffman=huffman: raw(
           c, literal(prefix, name, b"PostmanRuntime/7.26.8", huffman)), answered())
      for how, indexed, new in [("with incremental indexing", 0x7A, 0x40), ("without indexing", None, 0x00),
                                ("never indexed", None, 0x10)]
      for what, prefix, name in [("indexed name", indexed or new | 0x0F, b""), ("new name", new, b"x-test")]
      for coded, huffman in [("plain", False), ("Huffman", True)] if indexed or name],
    *[("generic/5", f"sends a literal field {how}, indexed name, {coded}",
       lambda c, new=new, huffman=huffman: raw(c, bytes([new | 0x0F, 0x2B]) + literal(
           0, b"", b"PostmanRuntime/7.26.8", huffman)[1:]), answered())
      for how, new in [("without indexing", 0x00), ("never indexed", 0x10)]
      for coded, huffman in [("plain", False), ("Huffman", True)]],
    ("generic/5", "sends an update of the table's size",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe1\x0f" + c.block()), answered()),
    ("generic/5", "sends two updates of the table's size",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x20\x3f\xe1\x0f" + c.block()), answered()),
]

HTTP2 = [
    ("http2/3.5", "sends the preface", lambda c: b"", lambda c: bool(c.all(SETTINGS))),
    ("http2/3.5", "sends an invalid preface", b"INVALID CONNECTION PREFACE\r\n\r\n", connection_error(PROTOCOL_ERROR)),
    ("http2/4.1", "sends a frame of unknown type", lambda c: frame(UNKNOWN, payload=bytes(8)) + PING_FRAME,
     acknowledged),
    ("http2/4.1", "sends a frame with an undefined flag",
     lambda c: frame(PING, 0x16, payload=bytes(8)), acknowledged),
    ("http2/4.1", "sends a frame with the reserved bit",
     lambda c: frame(PING, 0, 0x80000000, bytes(8)), acknowledged),
    ("http2/4.2", "sends DATA of 2^14 bytes",
     lambda c: c.post() + frame(DATA, END_STREAM, 1, bytes(1 << 14)), answered()),
    ("http2/4.2", "sends DATA beyond SETTINGS_MAX_FRAME_SIZE",
     lambda c: c.post() + frame(DATA, END_STREAM, 1, bytes((1 << 14) + 1)), stream_error(FRAME_SIZE_ERROR)),
    ("http2/4.2", "sends HEADERS beyond SETTINGS_MAX_FRAME_SIZE",
     lambda c: c.headers(1, c.request() + dummies(150)), connection_error(FRAME_SIZE_ERROR)),
    ("http2/4.3", "sends a block that cannot be read",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\0\0\0\0\0" + b"\xff" * 6),
     connection_error(COMPRESSION_ERROR)),
    ("http2/4.3", "sends PRIORITY within a block",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + priority(1) + frame(
         CONTINUATION, END_HEADERS, 1, b""), connection_error(PROTOCOL_ERROR)),
    ("http2/4.3", "sends HEADERS of another stream within a block",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + c.headers(3), connection_error(PROTOCOL_ERROR)),
    ("http2/5.1", "idle: DATA", lambda c: frame(DATA, END_STREAM, 1, b"test"),
     connection_error(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("http2/5.1", "idle: RST_STREAM", lambda c: reset(1), connection_error(PROTOCOL_ERROR)),
    ("http2/5.1", "idle: WINDOW_UPDATE", lambda c: window(1, 100), connection_error(PROTOCOL_ERROR)),
    ("http2/5.1", "idle: CONTINUATION", lambda c: frame(CONTINUATION, END_HEADERS, 1, c.block()),
     connection_error(PROTOCOL_ERROR)),
    ("http2/5.1", "half closed: DATA", lambda c: c.headers(1) + frame(DATA, END_STREAM, 1, b"test"),
     stream_error(STREAM_CLOSED)),
    ("http2/5.1", "half closed: HEADERS", lambda c: c.headers(1) + c.headers(1), stream_error(STREAM_CLOSED)),
    ("http2/5.1", "half closed: CONTINUATION",
     lambda c: c.headers(1) + frame(CONTINUATION, END_HEADERS, 1, c.block([("x", "y")])),
     connection_error(STREAM_CLOSED, PROTOCOL_ERROR)),
    ("http2/5.1", "closed after RST_STREAM: DATA",
     lambda c: c.post() + reset(1) + frame(DATA, END_STREAM, 1, b"test"), stream_error(STREAM_CLOSED)),
    ("http2/5.1", "closed after RST_STREAM: HEADERS", lambda c: c.post() + reset(1) + c.headers(1),
     stream_error(STREAM_CLOSED)),
    ("http2/5.1", "closed after RST_STREAM: CONTINUATION",
     lambda c: c.post() + reset(1) + frame(CONTINUATION, END_HEADERS, 1, c.block([("x", "y")])),
     connection_error(STREAM_CLOSED, PROTOCOL_ERROR)),
    ("http2/5.1", "closed: DATA", lambda c: after_answer(c) + frame(DATA, END_STREAM, 1, b"test"),
     stream_error(STREAM_CLOSED)),
    ("http2/5.1", "closed: HEADERS", lambda c: after_answer(c) + c.headers(1), connection_error(STREAM_CLOSED)),
    ("http2/5.1", "closed: CONTINUATION",
     lambda c: after_answer(c) + frame(CONTINUATION, END_HEADERS, 1, c.block([("x", "y")])),
     connection_error(STREAM_CLOSED, PROTOCOL_ERROR)),
    ("http2/5.1.1", "opens a stream of even number", lambda c: c.headers(2), connection_error(PROTOCOL_ERROR)),
    ("http2/5.1.1", "opens a stream of a lower number than before", lambda c: c.headers(5) + c.headers(3),
     connection_error(PROTOCOL_ERROR)),
    ("http2/5.1.2", "opens one stream more than there may be",
     lambda c: b"".join(c.post(2 * number + 1) for number in range(101)),
     lambda c: c.closed or c.goaway == PROTOCOL_ERROR or c.reset(201) in (PROTOCOL_ERROR, REFUSED_STREAM)),
    ("http2/5.3.1", "sends HEADERS that depend on themselves",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS | PRIORITY_FLAG, 1, b"\0\0\0\1\xff" + c.block()),
     stream_error(PROTOCOL_ERROR)),
    ("http2/5.3.1", "sends PRIORITY that depends on itself", lambda c: priority(2, depends=2),
     stream_error(PROTOCOL_ERROR, stream=2)),
    ("http2/5.4.1", "sends an invalid PING: the connection ends",
     lambda c: frame(PING, 0, 3, bytes(8)), lambda c: c.closed),
    ("http2/5.4.1", "sends an invalid PING: GOAWAY comes before it ends",
     lambda c: frame(PING, 0, 3, bytes(8)), lambda c: c.goaway == PROTOCOL_ERROR),
    ("http2/5.5", "sends a frame of unknown type", lambda c: frame(UNKNOWN, payload=bytes(8)) + PING_FRAME,
     acknowledged),
    ("http2/5.5", "sends a frame of unknown type within a block",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + frame(UNKNOWN, payload=bytes(8)),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.1", "sends DATA on stream 0", lambda c: frame(DATA, END_STREAM, 0, b"test"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.1", "sends DATA on a stream that is not open",
     lambda c: after_answer(c) + frame(DATA, END_STREAM, 1, b"test"), stream_error(STREAM_CLOSED)),
    ("http2/6.1", "sends DATA with invalid padding",
     lambda c: c.post() + frame(DATA, END_STREAM | PADDED, 1, b"\x06Test"), connection_error(PROTOCOL_ERROR)),
    ("http2/6.2", "sends PRIORITY behind HEADERS without an end",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + priority(1), connection_error(PROTOCOL_ERROR)),
    ("http2/6.2", "sends HEADERS of another stream behind HEADERS without an end",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + c.headers(3), connection_error(PROTOCOL_ERROR)),
    ("http2/6.2", "sends HEADERS on stream 0", lambda c: c.headers(0), connection_error(PROTOCOL_ERROR)),
    ("http2/6.2", "sends HEADERS with invalid padding",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\xff" + c.block()),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.3", "sends PRIORITY on stream 0", lambda c: priority(0), connection_error(PROTOCOL_ERROR)),
    ("http2/6.3", "sends PRIORITY of other than 5 bytes",
     lambda c: c.post() + frame(PRIORITY, 0, 1, b"\0\0\0\1"), stream_error(FRAME_SIZE_ERROR)),
    ("http2/6.4", "sends RST_STREAM on stream 0", lambda c: reset(0), connection_error(PROTOCOL_ERROR)),
    ("http2/6.4", "sends RST_STREAM on an idle stream", lambda c: reset(1), connection_error(PROTOCOL_ERROR)),
    ("http2/6.4", "sends RST_STREAM of other than 4 bytes",
     lambda c: c.post() + frame(RST_STREAM, 0, 1, b"\0\0\0"), connection_error(FRAME_SIZE_ERROR)),
    ("http2/6.5", "sends SETTINGS with ACK and a payload",
     lambda c: frame(SETTINGS, ACK, 0, bytes(6)), connection_error(FRAME_SIZE_ERROR)),
    ("http2/6.5", "sends SETTINGS on stream 1", lambda c: frame(SETTINGS, 0, 1, b"\0\3\0\0\0\x64"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.5", "sends SETTINGS of other than 6 bytes each", lambda c: frame(SETTINGS, 0, 0, b"\0\3\0"),
     connection_error(FRAME_SIZE_ERROR)),
    ("http2/6.5.2", "ENABLE_PUSH other than 0 or 1", lambda c: settings((2, 2)), connection_error(PROTOCOL_ERROR)),
    ("http2/6.5.2", "INITIAL_WINDOW_SIZE beyond the most", lambda c: settings((4, 1 << 31)),
     connection_error(FLOW_CONTROL_ERROR)),
    ("http2/6.5.2", "MAX_FRAME_SIZE below the least", lambda c: settings((5, (1 << 14) - 1)),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.5.2", "MAX_FRAME_SIZE beyond the most", lambda c: settings((5, 1 << 24)),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.5.2", "an unknown setting", lambda c: settings((0xFF, 1)) + PING_FRAME, acknowledged),
    ("http2/6.5.3", "sends INITIAL_WINDOW_SIZE twice in one frame",
     lambda c: settings((4, 100), (4, 1)) + c.headers(1),
     lambda c: any(len(payload) == 1 for *_, payload in c.all(DATA)) or 1 in c.ended and not c.all(DATA)),
    ("http2/6.5.3", "sends SETTINGS without ACK", lambda c: settings(), settings_acknowledged(2)),
    ("http2/6.7", "sends PING", lambda c: PING_FRAME, acknowledged),
    ("http2/6.7", "sends PING with ACK", lambda c: frame(PING, ACK, 0, b"invalid\0") + PING_FRAME,
     lambda c: [payload for _, flags, _, payload in c.all(PING) if flags & ACK] == [b"h2spec\0\0"]),
    ("http2/6.7", "sends PING on stream 1", lambda c: frame(PING, 0, 1, bytes(8)), connection_error(PROTOCOL_ERROR)),
    ("http2/6.7", "sends PING of other than 8 bytes", lambda c: frame(PING, 0, 0, bytes(6)),
     connection_error(FRAME_SIZE_ERROR)),
    ("http2/6.8", "sends GOAWAY on stream 1", lambda c: goaway(1), connection_error(PROTOCOL_ERROR)),
    ("http2/6.9", "sends WINDOW_UPDATE of 0", lambda c: window(0, 0), connection_error(PROTOCOL_ERROR)),
    ("http2/6.9", "sends WINDOW_UPDATE of 0 on a stream", lambda c: c.post() + window(1, 0),
     stream_error(PROTOCOL_ERROR)),
    ("http2/6.9", "sends WINDOW_UPDATE of other than 4 bytes", lambda c: frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"),
     connection_error(FRAME_SIZE_ERROR)),
    ("http2/6.9.1", "sets the first window to 1 and sends HEADERS", lambda c: settings((4, 1)) + c.headers(1),
     lambda c: any(len(payload) == 1 for *_, payload in c.all(DATA))),
    ("http2/6.9.1", "opens the window of the connection beyond 2^31-1",
     lambda c: window(0, (1 << 31) - 1) * 2, connection_error(FLOW_CONTROL_ERROR)),
    ("http2/6.9.1", "opens the window of a stream beyond 2^31-1",
     lambda c: c.post() + window(1, (1 << 31) - 1) * 2, stream_error(FLOW_CONTROL_ERROR)),
    ("http2/6.9.2", "changes the first window after HEADERS",
     lambda c: settings((4, 0)) + c.headers(1) + settings((4, 1)),
     lambda c: any(len(payload) == 1 for *_, payload in c.all(DATA))),
    ("http2/6.9.2", "makes a window negative",
     lambda c: settings((4, 3)) + c.headers(1) + settings((4, 2)) + window(1, 2),
     lambda c: sum(len(payload) for *_, payload in c.all(DATA)) >= 3),
    ("http2/6.9.2", "sets the first window beyond the most", lambda c: settings((4, 1 << 31)),
     connection_error(FLOW_CONTROL_ERROR)),
    ("http2/6.10", "sends CONTINUATION behind HEADERS", lambda c: split(c, 0, END_HEADERS), answered()),
    ("http2/6.10", "sends CONTINUATION and another frame behind it",
     lambda c: split(c, 0) + frame(DATA, END_STREAM, 1, b"test"), connection_error(PROTOCOL_ERROR)),
    ("http2/6.10", "sends CONTINUATION on stream 0",
     lambda c: frame(HEADERS, END_STREAM, 1, c.block()) + frame(CONTINUATION, END_HEADERS, 0, b"\x90"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.10", "sends CONTINUATION behind HEADERS with an end",
     lambda c: c.headers(1, flags=END_HEADERS) + frame(CONTINUATION, END_HEADERS, 1, b"\x90"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.10", "sends CONTINUATION behind CONTINUATION with an end",
     lambda c: split(c, END_HEADERS, first=0) + frame(CONTINUATION, END_HEADERS, 1, b"\x90"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/6.10", "sends CONTINUATION behind DATA",
     lambda c: c.post() + frame(DATA, 0, 1, b"test") + frame(CONTINUATION, END_HEADERS, 1, b"\x90"),
     connection_error(PROTOCOL_ERROR)),
    ("http2/7", "sends GOAWAY with an unknown code", lambda c: goaway(code=0xFF) + PING_FRAME,
     lambda c: c.closed or acknowledged(c)),
    ("http2/7", "sends RST_STREAM with an unknown code", lambda c: c.post() + reset(1, 0xFF) + PING_FRAME,
     acknowledged),
    ("http2/8.1", "sends second HEADERS without END_STREAM",
     lambda c: c.post() + c.headers(1, [("x-test", "ok")], END_HEADERS), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2", "sends a name in upper case", lambda c: c.headers(1, c.request() + [("X-TEST", "ok")]),
     stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.1", "sends an unknown pseudo-field", lambda c: c.headers(1, [(":test", "ok")] + c.request()),
     stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.1", "sends the pseudo-field of answers",
     lambda c: c.headers(1, c.request() + [(":status", "200")]), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.1", "sends a pseudo-field in trailers",
     lambda c: c.post(1, ("trailer", "x-test")) + c.headers(1, [(":method", "200")]), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.1", "sends a pseudo-field behind others",
     lambda c: c.headers(1, [("x-test", "ok")] + c.request()), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.2", "sends a field of one connection",
     lambda c: c.headers(1, c.request() + [("connection", "keep-alive")]), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.2", "sends TE other than trailers",
     lambda c: c.headers(1, c.request() + [("te", "trailers, deflate")]), stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.3", "sends an empty path", lambda c: c.headers(1, c.request(path="")), stream_error(PROTOCOL_ERROR)),
    *[("http2/8.1.2.3", f"sends no {name}", lambda c, name=name: without(c, name), stream_error(PROTOCOL_ERROR))
      for name in (":method", ":scheme", ":path")],
    *[("http2/8.1.2.3", f"sends {name} twice",
       lambda c, name=name: c.headers(1, [(name, dict(c.request())[name])] + c.request()),
       stream_error(PROTOCOL_ERROR)) for name in (":method", ":scheme", ":path")],
    ("http2/8.1.2.6", "sends a length that DATA does not have",
     lambda c: c.post(1, ("content-length", "1")) + frame(DATA, END_STREAM, 1, b"test"),
     stream_error(PROTOCOL_ERROR)),
    ("http2/8.1.2.6", "sends a length that several DATA do not have",
     lambda c: c.post(1, ("content-length", "1")) + frame(DATA, 0, 1, b"test") + frame(
         DATA, END_STREAM, 1, b"test"), stream_error(PROTOCOL_ERROR)),
    ("http2/8.2", "sends PUSH_PROMISE",
     lambda c: frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\3" + c.block()), connection_error(PROTOCOL_ERROR)),
]

HPACK = [
    ("hpack/2.3.3", "sends an index beyond the tables", lambda c: raw(c, b"\xff\x7f"),
     connection_error(COMPRESSION_ERROR)),
    ("hpack/2.3.3", "sends a literal with an index beyond the tables", lambda c: raw(c, b"\x7f\x7f\x05empty"),
     connection_error(COMPRESSION_ERROR)),
    ("hpack/4.2", "sends an update of the table's size at the end of a block",
     lambda c: settings((1, 4096)) + raw(c, b"\x20"), connection_error(COMPRESSION_ERROR)),
    ("hpack/5.2", "sends Huffman padding of more than 7 bits",
     lambda c: raw(c, b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"), connection_error(COMPRESSION_ERROR)),
    ("hpack/5.2", "sends Huffman padding of zeros",
     lambda c: raw(c, b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"), connection_error(COMPRESSION_ERROR)),
    ("hpack/5.2", "sends a Huffman text with EOS",
     lambda c: raw(c, b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"),
     connection_error(COMPRESSION_ERROR)),
    ("hpack/6.1", "sends index 0", lambda c: raw(c, b"\x80"), connection_error(COMPRESSION_ERROR)),
    ("hpack/6.3", "sends an update of the table's size beyond the setting",
     lambda c: frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe1\x7f" + c.block()),
     connection_error(COMPRESSION_ERROR)),
]

CASES = GENERIC + HTTP2 + HPACK

"""A server of lists: pages by path, with ETags, and the signatures of a publisher."""

import json
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives import serialization

from backend import answer
from peers import b64url
from wire import Request


@dataclass
class Page:
    body: bytes = b""
    status: int = 200
    etag: str | None = None
    # Seconds before it is answered.
    delay: float = 0


class Publisher:
    """Signs lists by Ed25519, with the RFCs alone (7515, 8037)."""

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.generate()

    def jwk(self) -> dict:
        raw = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": b64url(raw)}

    def _signed(self, content: bytes, **header) -> tuple[str, str]:
        """The protected header, and the signature."""
        protected = b64url(json.dumps({"alg": "EdDSA"} | header).encode())
        return protected, b64url(self.key.sign(f"{protected}.{b64url(content)}".encode()))

    def jws(self, payload: bytes, **header) -> bytes:
        """Flattened JSON serialisation."""
        protected, signature = self._signed(payload, **header)
        return json.dumps({"payload": b64url(payload), "protected": protected,
                           "signature": signature}).encode()

    def detached(self, content: bytes) -> bytes:
        """What lies beside the content (RFC 7515, appendix F)."""
        return "..".join(self._signed(content)).encode()


@dataclass
class ListServer:
    """To be put into a `PeerServer`."""

    host: str = "lists.test"
    generation: str = "lists"
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def put(self, path: str, body: bytes | str, **page) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, **page)

    def script(self, request: Request) -> bytes:
        page = self.pages.get(request.target, Page(b"nothing", 404))
        time.sleep(page.delay)
        tags = [("ETag", page.etag)] if page.etag else []
        if page.etag and request.get("if-none-match") == page.etag:
            return answer(304, b"", *tags)
        return answer(page.status, page.body, *tags)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.target == path]

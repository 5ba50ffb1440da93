"""Peers of the gateway: servers with discovery and keys, and the messages they sign.

Signatures are made by independent libraries (PyPI http-message-signatures and httpsig).
"""

import base64
import contextlib
import datetime
import email.utils
import hashlib
import json
import secrets
import socket
import ssl
import threading
import time
from urllib.parse import urlencode

import http_message_signatures as hms
import httpsig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from backend import answer
from certificates import Authority
from listener import Listener
from wire import Closed, Request, read_body, read_request_head


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest_field(body: bytes) -> str:
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


class Peer:
    """One federated server. `generation` is `rfc9421`, `cavage` or `unsigned`."""

    def __init__(self, host: str, generation: str, **discovery):
        self.host = host
        self.generation = generation
        self.requests: list[Request] = []
        self.extra_discovery = discovery
        self.key_name = "key1"
        # Of RFC 9421; who changes it and the key says in `jwk` how the key is published.
        self.algorithm = hms.algorithms.ED25519
        if generation == "rfc9421":
            self.key = ed25519.Ed25519PrivateKey.generate()
        elif generation == "cavage":
            self.key = rsa.generate_private_key(65537, 2048)
        else:
            self.key = None

    @property
    def key_id(self) -> str:
        if self.generation == "cavage":
            return f"https://{self.host}/ocm#signature"
        return f"{self.host}#{self.key_name}"

    # What it serves

    def discovery(self) -> dict:
        document = {
            "enabled": True,
            "apiVersion": "1.0-proposal1",
            "endPoint": f"https://{self.host}/ocm",
            "resourceTypes": [
                {"name": "file", "shareTypes": ["user"],
                 "protocols": {"webdav": "/public.php/webdav/"}}
            ],
        }
        if self.generation == "rfc9421":
            document |= {
                "apiVersion": "1.4.0",
                "provider": "OpenCloudMesh",
                "capabilities": ["http-sig", "exchange-token", "invites", "invite-wayf",
                                 "notifications"],
                "criteria": ["must-use-http-sig", "must-exchange-token", "must-invite"],
                "tokenEndPoint": f"https://{self.host}/ocm/token",
                "jwksUri": f"https://{self.host}/ocm/jwks",
            }
        elif self.generation == "cavage":
            pem = self.key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            document |= {
                "version": "1.1.0",
                "provider": "Nextcloud 33.0.3.2",
                "publicKey": {"keyId": self.key_id, "publicKeyPem": pem.decode()},
                "capabilities": ["invite-accepted", "notifications", "shares"],
            }
        return document | self.extra_discovery

    def jwks(self) -> dict:
        if self.generation != "rfc9421":
            return {"keys": []}
        return {"keys": [{"kid": self.key_id, "use": "sig"} | self.jwk()]}

    def jwk(self) -> dict:
        raw = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return {"kty": "OKP", "alg": "Ed25519", "crv": "Ed25519", "x": b64url(raw)}

    def script(self, request: Request) -> bytes:
        path = request.target.partition("?")[0]
        if path == "/.well-known/ocm":
            if self.generation == "unsigned":
                return answer(404, {"message": "ocm not supported"})
            return answer(200, self.discovery())
        if path in ("/ocm-provider", "/ocm-provider/"):
            if self.generation == "rfc9421":
                return answer(401, {"error": {"code": "Unauthorized"}})
            return answer(200, self.discovery())
        if path in ("/ocm/jwks", "/.well-known/jwks.json") and self.generation == "rfc9421":
            return answer(200, self.jwks())
        return answer(404, {"message": "not found"})

    # What it sends

    def signed(self, method: str, url: str, body: bytes, content_type: str, **change
               ) -> list[tuple[str, str]]:
        """The fields of a request to `url`, signed in this peer's generation."""
        host = url.split("/")[2]
        path = "/" + url.split("/", 3)[3]
        fields = [("Host", host), ("Content-Type", content_type),
                  ("Content-Length", str(len(body)))]
        if self.generation == "rfc9421":
            return fields + self._rfc9421(method, url, body, **change)
        if self.generation == "cavage":
            return fields + self._cavage(method, host, path, body, **change)
        return fields

    def _rfc9421(self, method, url, body, created=None, nonce=None, key_id=None, tag="ocm",
                 label="ocm", components=None, alg=True, key=None):
        class Resolver(hms.HTTPSignatureKeyResolver):
            def resolve_private_key(_, key_id):
                return key or self.key

        class Target:
            pass

        message = Target()
        message.method, message.url = method, url
        message.headers = {"Content-Digest": digest_field(body),
                           "Content-Length": str(len(body))}
        signer = hms.HTTPMessageSigner(
            signature_algorithm=self.algorithm, key_resolver=Resolver()
        )
        signer.sign(
            message, key_id=key_id or self.key_id,
            created=datetime.datetime.fromtimestamp(created or time.time()),
            nonce=nonce, tag=tag, label=label, include_alg=alg, use_existing_digest=True,
            covered_component_ids=components
            or ("@method", "@target-uri", "content-digest", "content-length"),
        )
        return [(name, message.headers[name])
                for name in ("Content-Digest", "Signature-Input", "Signature")]

    def _cavage(self, method, host, path, body, created=None, key_id=None, headers=None,
                key=None):
        digest = "SHA-512=" + base64.b64encode(hashlib.sha512(body).digest()).decode()
        date = email.utils.formatdate(created or time.time(), usegmt=True)
        pem = (key or self.key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        signer = httpsig.HeaderSigner(
            key_id or self.key_id, pem, algorithm="rsa-sha512", sign_header="signature",
            headers=headers or ["(request-target)", "content-length", "date", "digest", "host"],
        )
        signed = signer.sign(
            {"host": host, "date": date, "digest": digest, "content-length": str(len(body))},
            method=method, path=path,
        )
        return [("Date", date), ("Digest", digest), ("Signature", signed["signature"])]

    def token_form(self, code: str, **change) -> bytes:
        form = {"grant_type": "authorization_code", "client_id": self.host, "code": code}
        return urlencode(form | change).encode()


def share(sender: Peer | str, receiver: str = "cloud.test", **change) -> dict:
    """An ordinary share of a modern server."""
    host = sender if isinstance(sender, str) else sender.host
    document = {
        "shareWith": f"bob@{receiver}",
        "name": "notes.txt",
        "providerId": secrets.token_hex(8),
        "owner": f"alice@{host}",
        "sender": f"alice@{host}",
        "ownerDisplayName": "Alice",
        "senderDisplayName": "Alice",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {
            "name": "multi",
            "webdav": {"uri": secrets.token_hex(16), "sharedSecret": secrets.token_urlsafe(24),
                       "permissions": ["read"], "requirements": ["must-exchange-token"]},
        },
    }
    return document | change


def legacy_share(sender: Peer | str, receiver: str = "cloud.test", **change) -> dict:
    """A share as Nextcloud 27 writes it."""
    host = sender if isinstance(sender, str) else sender.host
    document = {
        "shareWith": f"bob@https://{receiver}",
        "shareType": "user",
        "name": "notes.txt",
        "resourceType": "file",
        "description": "",
        "providerId": secrets.randbelow(1 << 30),
        "owner": f"alice@https://{host}/",
        "ownerDisplayName": "alice",
        "sharedBy": f"alice@https://{host}/",
        "sharedByDisplayName": "alice",
        "protocol": {
            "name": "webdav",
            "options": {
                "sharedSecret": secrets.token_hex(8)[:15],
                "permissions": "{http://open-cloud-mesh.org/ns}share-permissions",
            },
        },
    }
    return document | change


def as_json(document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


class PeerServer(Listener):
    """One HTTPS listener for all peers: SNI picks the certificate, Host the peer."""

    def __init__(self, authority: Authority, keeps: bool = False):
        self.authority = authority
        self.keeps = keeps
        self.peers: dict[str, Peer] = {}
        self._lock = threading.Lock()
        self._default = authority.issue("nobody.test").server_context()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._default.sni_callback = self._pick
        # Cleared, it keeps new connections waiting before their handshake.
        self.opens = threading.Event()
        self.opens.set()
        # An answer to a request before its body is read, or None; the connection ends with it.
        self.early = lambda request: None
        # Everything that came and went: (who dialled, for which host, request, answer's bytes).
        self.exchanges: list[tuple[str, str, Request, bytes]] = []
        # The hosts that were asked for over each connection.
        self.spoken: dict[int, set[str]] = {}
        super().__init__()

    def add(self, host: str, generation: str, **discovery) -> Peer:
        return self.put(Peer(host, generation, **discovery))

    def put(self, peer):
        """A server of the test's own: it has `host`, `generation`, `requests` and `script`."""
        self.peers[peer.host] = peer
        self._contexts[peer.host] = self.authority.issue(peer.host).server_context()
        return peer

    def present(self, host: str, context: ssl.SSLContext) -> None:
        """From now on, in the place of a certificate that is right."""
        self._contexts[host] = context

    def resolve(self) -> dict[str, str]:
        return {f"{host}:443": f"127.0.0.1:{self.port}" for host in self.peers}

    def _pick(self, connection: ssl.SSLSocket, name: str | None, _context) -> None:
        if name in self._contexts:
            connection.context = self._contexts[name]

    @staticmethod
    def _leave(connection: ssl.SSLSocket) -> None:
        """As servers in Go do after an early answer: so much is read still that it arrives."""
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        for _ in range(16):
            if not connection.recv(16 << 10):
                break

    def _serve(self, plain: socket.socket, number: int) -> None:
        source = plain.getpeername()[0]
        self.opens.wait(60)
        try:
            with self._default.wrap_socket(plain, server_side=True) as connection, \
                    connection.makefile("rb", buffering=65536) as reader:
                while True:
                    request = read_request_head(reader)
                    told = self.early(request)
                    if told is not None:
                        connection.sendall(told)
                        self._leave(connection)
                        return
                    read_body(reader, request)
                    peer = self.peers.get((request.get("host") or "").lower())
                    if peer is None:
                        connection.sendall(answer(404))
                        continue
                    with self._lock:
                        peer.requests.append(request)
                        self.spoken.setdefault(number, set()).add(peer.host)
                    told = peer.script(request)
                    if self.keeps:
                        with self._lock:
                            self.exchanges.append((source, peer.host, request, told))
                    connection.sendall(told)
                    if getattr(request, "closes", False):
                        return
        except (OSError, Closed, ValueError):
            plain.close()


@contextlib.contextmanager
def serving(authority: Authority, generations: dict[str, str]):
    """Peers of these hosts and generations on one listener, which ends with the block."""
    server = PeerServer(authority)
    try:
        for host, generation in generations.items():
            server.add(host, generation)
        yield server
    finally:
        server.stop()

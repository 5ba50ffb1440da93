"""The peers of the benchmark, what they sign, and what one verification of it takes by itself."""

import re
import secrets
import subprocess

import http_message_signatures as hms
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from backend import answer
from certificates import Authority
from load import HOST
from peers import Peer, PeerServer, as_json, b64url, share
from wire import compose


# More shares than two cores accept in a second: none may come twice.
A_SECOND = 12_000


def number(value: int, size: int) -> str:
    return b64url(value.to_bytes(size, "big"))


class Sender(Peer):
    """A peer that gives a token for every code, and has its data on another host."""

    def __init__(self, host: str):
        super().__init__(host, "rfc9421")

    def script(self, request):
        if request.target == "/ocm/token":
            return answer(200, {"access_token": "t" * 64, "token_type": "Bearer", "expires_in": 3600})
        return super().script(request)


class P256Sender(Sender):
    def __init__(self, host: str):
        super().__init__(host)
        self.key, self.algorithm = ec.generate_private_key(ec.SECP256R1()), \
            hms.algorithms.ECDSA_P256_SHA256

    def jwk(self) -> dict:
        place = self.key.public_key().public_numbers()
        return {"kty": "EC", "alg": "ES256", "crv": "P-256", "x": number(place.x, 32),
                "y": number(place.y, 32)}


class RSASender(Sender):
    """2048 bits, PKCS #1 v1.5."""

    def __init__(self, host: str):
        super().__init__(host)
        self.key, self.algorithm = rsa.generate_private_key(65537, 2048), \
            hms.algorithms.RSA_V1_5_SHA256

    def jwk(self) -> dict:
        public = self.key.public_key().public_numbers()
        return {"kty": "RSA", "alg": "RS256", "n": number(public.n, 256), "e": number(public.e, 3)}


class Peers(PeerServer):
    """The peers, and the host of their data."""

    def __init__(self, authority: Authority):
        self.places: dict[str, str] = {}
        super().__init__(authority)

    def resolve(self) -> dict[str, str]:
        return super().resolve() | self.places


def shares(peer: Peer, count: int, path: str = "/ocm/shares") -> list[bytes]:
    """Distinct messages, signed now; of another path than that of shares, they are only carried."""
    messages = []
    for _ in range(count):
        body = as_json(share(peer))
        fields = peer.signed("POST", f"https://{HOST}/ocm/shares", body, "application/json",
                             nonce=secrets.token_hex(8))
        messages.append(compose(f"POST {path} HTTP/1.1", fields, body))
    return messages


def verification_seconds(algorithm: str) -> float:
    """One verification of `ed25519`, `ecdsap256` or `rsa2048`, as `openssl speed` has it."""
    run = subprocess.run(["openssl", "speed", "-seconds", "2", "-mr", algorithm],
                         capture_output=True, text=True, check=True, timeout=30)
    line = re.search(r"^\+F[246]:(.*)$", run.stdout, re.M)[1]
    # The last is verifications a second, or seconds of one in older versions.
    value = float(line.split(":")[-1])
    return value if value < 0.01 else 1 / value

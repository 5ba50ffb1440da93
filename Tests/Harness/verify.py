"""Captured requests, verified by libraries of others: PyPI http-message-signatures and httpsig."""

import base64
import hashlib
import json
from dataclasses import dataclass

import http_message_signatures as hms
import httpsig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from wire import Request

COVERED = ("@method", "@target-uri", "content-digest", "content-length")


class Unverified(AssertionError):
    """A request that nobody can believe, and why."""


@dataclass
class Keys:
    """What a host publishes: its key set and, for draft-cavage, its one key."""

    jwks: dict[str, ed25519.Ed25519PublicKey]
    key_id: str | None = None
    pem: str | None = None

    @staticmethod
    def of(document: dict, key_set: dict | None) -> "Keys":
        keys = {}
        for jwk in (key_set or {}).get("keys", []):
            if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
                raw = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
                keys[jwk["kid"]] = ed25519.Ed25519PublicKey.from_public_bytes(raw)
        old = document.get("publicKey") or {}
        return Keys(keys, old.get("keyId"), old.get("publicKeyPem"))

    @staticmethod
    def fetch(way, host: str) -> "Keys":
        document = json.loads(way.request("GET", f"https://{host}/.well-known/ocm").body)
        key_set = None
        if document.get("jwksUri"):
            key_set = json.loads(way.request("GET", document["jwksUri"]).body)
        return Keys.of(document, key_set)


class _Message:
    def __init__(self, request: Request, host: str):
        self.method = request.method
        self.url = f"https://{host}{request.target}"
        self.headers = dict(request.headers)


def rfc9421(request: Request, host: str, keys: Keys) -> str:
    """The key id of the one signature that has the label `ocm` and the tag `ocm`."""

    class Resolver(hms.HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id):
            return keys.jwks.get(key_id)

    if request.get("signature-input") is None:
        raise Unverified(f"{request.start}: there is no Signature-Input")
    verifier = hms.HTTPMessageVerifier(signature_algorithm=hms.algorithms.ED25519,
                                       key_resolver=Resolver())
    try:
        results = verifier.verify(_Message(request, host), expect_tag="ocm", expect_label="ocm",
                                  require_components=COVERED, body=request.body)
    except hms.HTTPMessageSignaturesException as error:
        raise Unverified(f"{request.start}: {error}") from error
    if len(results) != 1:
        raise Unverified(f"{request.start}: {len(results)} signatures")
    return results[0].parameters["keyid"]


def cavage(request: Request, host: str, keys: Keys) -> str:
    """The key id of a signature of draft-cavage, exactly as Nextcloud 31 to 34 want it."""
    text = request.get("signature") or ""
    named = httpsig.utils.parse_signature_header(text) if text else {}
    if not named.get("keyid"):
        raise Unverified(f"{request.start}: there is no signature of draft-cavage")
    if text.split('headers="')[1].split('"')[0] != "(request-target) content-length date digest host" \
            or '", ' in text:
        raise Unverified(f"{request.start}: not as Nextcloud writes it: {text}")
    digest = "SHA-512=" + base64.b64encode(hashlib.sha512(request.body).digest()).decode()
    if request["digest"] != digest or request["host"] != host:
        raise Unverified(f"{request.start}: of another body or host")
    if named["keyid"] != keys.key_id:
        raise Unverified(f"{request.start}: signed by {named['keyid']}, published is {keys.key_id}")
    verifier = httpsig.HeaderVerifier(
        dict(request.headers), keys.pem,
        required_headers=["(request-target)", "content-length", "date", "digest", "host"],
        method=request.method, path=request.target, sign_header="signature")
    if not verifier.verify():
        raise Unverified(f"{request.start}: the signature does not verify")
    return named["keyid"]


def either(request: Request, host: str, keys: Keys) -> str:
    """Whichever it carries; both at once is nobody's form."""
    if request.get("signature-input") is not None:
        return rfc9421(request, host, keys)
    return cavage(request, host, keys)


def public_pem(key) -> str:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

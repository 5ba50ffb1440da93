"""Signatures against independent libraries, both ways, through the binary's own `sig` commands.

PyPI http-message-signatures speaks RFC 9421, httpsig speaks draft-cavage-12.
"""

import base64
import hashlib
import json
import subprocess
from email.utils import formatdate

import http_message_signatures as hms
import httpsig
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import binary
from peers import Peer, b64url
from wire import compose

URL = "https://cloud.test/ocm/shares"
ORIGIN = "https://cloud.test"
ALGORITHMS = {
    "ed25519": (hms.algorithms.ED25519, ed25519.Ed25519PrivateKey.generate),
    "ecdsa-p256-sha256": (hms.algorithms.ECDSA_P256_SHA256,
                          lambda: ec.generate_private_key(ec.SECP256R1())),
    "rsa-pss-sha512": (hms.algorithms.RSA_PSS_SHA512,
                       lambda: rsa.generate_private_key(65537, 2048)),
    "rsa-v1_5-sha256": (hms.algorithms.RSA_V1_5_SHA256,
                        lambda: rsa.generate_private_key(65537, 2048)),
}


@pytest.fixture(scope="module")
def keys():
    return {name: make() for name, (_, make) in ALGORITHMS.items()}


def private_pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def public_pem(key) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Message:
    """What http-message-signatures calls a message."""

    def __init__(self, headers, method="POST", url=URL):
        self.method, self.url, self.headers = method, url, dict(headers)


def key_set(key, kid: str) -> bytes:
    """The public key as a JWK set, so that the name of the key matters."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": b64url(raw)}
    else:
        numbers = public.public_numbers()
        jwk = {"kty": "RSA", "n": b64url(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    return json.dumps({"keys": [jwk | {"kid": kid}]}).encode()


def resolver(key):
    class Resolver(hms.HTTPSignatureKeyResolver):
        def resolve_private_key(self, key_id):
            return key

        def resolve_public_key(self, key_id):
            return key.public_key()

    return Resolver()


def sig(command: str, folder, message: bytes, key_file: bytes, *more: str):
    (folder / "message.http").write_bytes(message)
    (folder / "key.pem").write_bytes(key_file)
    (folder / "key.pem").chmod(0o600)
    return subprocess.run(
        [binary(), "sig", command, str(folder / "message.http"), "--key",
         str(folder / "key.pem"), "--origin", ORIGIN, *more],
        capture_output=True, timeout=30, stdin=subprocess.DEVNULL)


def theirs(peer: Peer, body: bytes, **change) -> bytes:
    """A raw message signed by their library."""
    return compose("POST /ocm/shares HTTP/1.1",
                   peer.signed("POST", URL, body, "application/json", **change), body)


def rfc9421_message(key, algorithm, body: bytes, nonce="n-1") -> bytes:
    import datetime

    from peers import digest_field

    message = Message({"Host": "cloud.test", "Content-Type": "application/json",
                       "Content-Length": str(len(body)),
                       "Content-Digest": digest_field(body)})
    hms.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver(key)).sign(
        message, key_id="modern.test#key1", created=datetime.datetime.now(), nonce=nonce,
        tag="ocm", label="ocm", use_existing_digest=True,
        covered_component_ids=("@method", "@target-uri", "content-digest", "content-length"))
    return compose("POST /ocm/shares HTTP/1.1", list(message.headers.items()), body)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_their_library_signs_we_verify(keys, name, tmp_path):
    message = rfc9421_message(keys[name], ALGORITHMS[name][0], b'{"name":"x"}')
    run = sig("verify", tmp_path, message, public_pem(keys[name]))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_we_sign_their_library_verifies(keys, name, tmp_path):
    body = b'{"name":"x"}'
    raw = compose("POST /ocm/shares HTTP/1.1", [("Host", "cloud.test"),
                  ("Content-Type", "application/json"), ("Content-Length", "12")], body)
    run = sig("sign", tmp_path, raw, private_pem(keys[name]), "--keyid", "cloud.test#1",
              "--alg", name)
    assert run.returncode == 0, run.stderr
    head, _, got = run.stdout.partition(b"\r\n\r\n")
    assert got == body
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    verifier = hms.HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[name][0], key_resolver=resolver(keys[name]))
    [result] = verifier.verify(Message(fields), expect_tag="ocm", body=body)
    assert result.label == "ocm"
    covered = {component.strip('"') for component in result.covered_components}
    assert {"@method", "@target-uri", "content-digest", "content-length"} <= covered
    assert result.nonce


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512"])
@pytest.mark.parametrize("field", ["signature", "authorization"])
def test_what_httpsig_signs_we_verify(tmp_path, algorithm, field):
    peer = Peer("cavage.test", "cavage")
    body = b'{"name":"x"}'
    covered = {"host": "cloud.test", "date": formatdate(usegmt=True), "digest": legacy_digest(body),
               "content-length": str(len(body))}
    signed = httpsig.HeaderSigner(
        peer.key_id, private_pem(peer.key), algorithm=algorithm, sign_header=field,
        headers=["(request-target)", "content-length", "date", "digest", "host"],
    ).sign(dict(covered), method="POST", path="/ocm/shares")
    message = compose("POST /ocm/shares HTTP/1.1", [*covered.items(), (field, signed[field])], body)
    run = sig("verify", tmp_path, message, public_pem(peer.key))
    assert run.returncode == 0, run.stdout + run.stderr


def legacy_digest(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


@pytest.mark.parametrize("algorithm", ["rsa-v1_5-sha256", "rsa-v1_5-sha512"])
def test_what_we_sign_after_cavage_httpsig_verifies(tmp_path, algorithm):
    key = rsa.generate_private_key(65537, 2048)
    body = b'{"name":"x"}'
    raw = compose("POST /ocm/shares HTTP/1.1", [("Host", "cloud.test"),
                  ("Content-Type", "application/json"), ("Content-Length", "12")], body)
    run = sig("sign", tmp_path, raw, private_pem(key), "--keyid",
              "https://cloud.test/ocm#signature", "--generation", "cavage", "--alg", algorithm)
    assert run.returncode == 0, run.stderr
    head = run.stdout.partition(b"\r\n\r\n")[0].decode()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    verifier = httpsig.HeaderVerifier(
        fields, public_pem(key), required_headers=["(request-target)", "date", "digest", "host"],
        method="POST", path="/ocm/shares", host="cloud.test", sign_header="signature")
    assert verifier.verify()


def test_the_key_of_a_set_is_found_by_its_name(keys, tmp_path):
    key = keys["ed25519"]
    message = rfc9421_message(key, hms.algorithms.ED25519, b"{}")
    assert sig("verify", tmp_path, message, key_set(key, "modern.test#key1")).returncode == 0
    run = sig("verify", tmp_path, message, key_set(key, "modern.test#key2"))
    assert run.returncode == 2
    assert b"modern.test#key1" in run.stderr
    assert sig("verify", tmp_path, message, key_set(key, "modern.test#key2"),
               "--keyid", "modern.test#key2").returncode == 0


SPOTS = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255))


@pytest.mark.long
@pytest.mark.parametrize("generation", ["rfc9421", "cavage"])
def test_one_changed_byte_anywhere_that_counts_is_refused(generation, tmp_path_factory):
    """Hypothesis chooses the byte. Fields that nothing covers are not sent at all."""
    folder = tmp_path_factory.mktemp("mutation")
    peer = Peer("modern.test", generation)
    body = b'{"shareWith":"bob@cloud.test","name":"notes.txt"}'
    fields = [pair for pair in peer.signed("POST", URL, body, "application/json")
              if pair[0] != "Content-Type"]
    message = compose("POST /ocm/shares HTTP/1.1", fields, body)
    keys = key_set(peer.key, peer.key_id)  # draft-cavage does not sign the name of the key
    assert sig("verify", folder, message, keys).returncode == 0

    # The version of HTTP is covered by nothing; RFC 9421 takes the host from `@target-uri`, for
    # which the site's own origin stands. Names have no case, and how a line is spaced is no matter.
    end = message.index(b"\r\n")
    outside = set(range(end - 8, end))
    if generation == "rfc9421":
        outside |= set(range(end, message.index(b"\r\n", end + 2)))

    @settings(max_examples=150, deadline=None,
              suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(SPOTS)
    def refused(spot):
        place = int(spot[0] * len(message))
        if place in outside:
            return
        changed = bytearray(message)
        changed[place] ^= spot[1]
        if bytes(changed).lower() == message.lower() or bytes(changed).split() == message.split():
            return
        assert sig("verify", folder, bytes(changed), keys).returncode != 0, place

    refused()

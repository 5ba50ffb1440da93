"""Certificates of peers, as the gateway meets them when it asks for their keys: who is believed."""

import datetime
import ipaddress
import json
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certificates import Identity
from peers import PeerServer, share

USES = x509.ExtendedKeyUsageOID
# What is otherwise about the certificate of a peer, whose name is {}; and whether it is believed.
KINDS = {
    "its name": ({}, True),
    "its name in capitals": ({"names": ["{upper}"]}, True),
    "no use said": ({"use": None}, True),
    "a wildcard in the place of the first label": ({"names": ["*.peers.test"]}, True),
    "a wildcard below the last label": ({"names": ["*.test"]}, False),
    "a wildcard for a part of a label": ({"names": ["{part}*.peers.test"]}, False),
    "two wildcards": ({"names": ["*.*.test"]}, False),
    "a wildcard within": ({"names": ["{label}.*.test"]}, False),
    "the common name alone": ({"names": [], "common": "{host}"}, False),
    "the common name beside another one": ({"names": ["other.test"], "common": "{host}"}, False),
    "its address": ({"names": [], "address": "127.0.0.1"}, False),
    "its name and a dot": ({"names": ["{host}."]}, False),
    "its name before another one": ({"names": ["{host}.evil.test"]}, False),
    "past its end": ({"days": (-5, -1)}, False),
    "before its beginning": ({"days": (1, 3)}, False),
    "for clients alone": ({"use": USES.CLIENT_AUTH}, False),
    "RSA of 1024 bits": ({"key": lambda: rsa.generate_private_key(65537, 1024)}, False),
    "signed with SHA-1": ({"is_old": True}, False),
    "issued by another peer": ({"is_from_peer": True}, False),
}


def pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


class Issuer:
    """Issues what an authority should not, into a folder of its own."""

    def __init__(self, folder, authority):
        self.folder, self.authority = folder, authority
        self.key_file = folder / "authority.key"
        self.key_file.write_bytes(pem(authority.key))

    def context(self, host: str, **change) -> ssl.SSLContext:
        made = self.old(host) if change.pop("is_old", False) else self.issue(host, **change)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(made.certificate, made.key)
        return context

    def issue(self, host: str, *, names=("{host}",), common="a peer", address=None, days=(-1, 2),
              use=USES.SERVER_AUTH, key=lambda: ec.generate_private_key(ec.SECP256R1()),
              is_from_peer=False) -> Identity:
        said = {"host": host, "upper": host.upper(), "label": host.split(".")[0], "part": host[:2]}
        alternatives = [x509.DNSName(name.format(**said)) for name in names]
        if address is not None:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(address)))
        name, signer, chain = self.authority.name, self.authority.key, b""
        if is_from_peer:
            between = self.authority.issue("between.test")
            chain = between.certificate.read_bytes()
            name = x509.load_pem_x509_certificate(chain).subject
            signer = serialization.load_pem_private_key(between.key.read_bytes(), None)
        own, now = key(), datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([
                x509.NameAttribute(x509.NameOID.COMMON_NAME, common.format(**said))]))
            .issuer_name(name)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True))
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        if use is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        made = Identity(self.folder / f"{host}.pem", self.folder / f"{host}.key")
        made.certificate.write_bytes(
            builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + chain)
        made.key.write_bytes(pem(own))
        return made

    def old(self, host: str) -> Identity:
        """By openssl, since the library signs nothing with SHA-1 any more."""
        made = Identity(self.folder / f"{host}.pem", self.folder / f"{host}.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-sha1", "-newkey", "rsa:2048", "-noenc", "-days", "2",
             "-subj", "/CN=a peer", "-addext", f"subjectAltName=DNS:{host}",
             "-addext", "basicConstraints=critical,CA:false", "-CA", self.authority.file,
             "-CAkey", self.key_file, "-keyout", made.key, "-out", made.certificate],
            check=True, capture_output=True)
        return made


@pytest.fixture(scope="module")
def world(tmp_path_factory, authority, start, backend):
    """A gateway with a peer for each kind of certificate."""
    issuer = Issuer(tmp_path_factory.mktemp("issuer"), authority)
    server = PeerServer(authority)
    peers = {}
    for number, (kind, (change, _)) in enumerate(KINDS.items()):
        host = "peer.test" if change.get("names") == ["*.test"] else f"{number:02}.peers.test"
        peers[kind] = server.add(host, "rfc9421")
        server.present(host, issuer.context(host, **change))
    try:
        yield start(backend.url, peers=server), peers
    finally:
        server.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_peer_is_asked_behind_a_certificate_of_its_own_alone(world, kind):
    gateway, peers = world
    got = gateway.post(peers[kind], "/ocm/shares", share(peers[kind]))
    if KINDS[kind][1]:
        assert peers[kind].requests != [] and got.status != 503, got.body
    else:
        assert (got.status, json.loads(got.body)["error"]) == (503, "key_unavailable")
        assert peers[kind].requests == []
        # It is the certificate, and nothing else.
        assert "(tls_verify)" in gateway.decision(json.loads(got.body)["decision"])["detail"]

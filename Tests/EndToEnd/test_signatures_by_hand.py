"""Keys and signatures of messages in files."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from commandline import ocmgate, openssl


def test_keys_are_made_listed_and_exported(fresh):
    listed = json.loads(ocmgate("key", "list", "--json", cwd=fresh).stdout)["keys"]
    assert [key["kind"] for key in listed] == ["ed25519", "rsa-3072"]
    assert listed[0]["keyId"] == "cloud.test#ed25519-1"
    pem = ocmgate("key", "export", "--pem", "ed25519-1", cwd=fresh).stdout
    public = serialization.load_pem_public_key(pem.encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    fingerprint = base64.urlsafe_b64encode(hashlib.sha256(public).digest()).rstrip(b"=").decode()
    assert listed[0]["fingerprint"] == fingerprint
    assert ocmgate("key", "list", cwd=fresh).stdout.splitlines()[0].split("\t")[-1] == fingerprint
    made = ocmgate("key", "new", "--kind", "p256", "--json", cwd=fresh)
    assert made.returncode == 0, made.stderr
    file = fresh / json.loads(made.stdout)["file"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert {key["kty"] for key in json.loads(ocmgate("key", "export", cwd=fresh).stdout)["keys"]} == {"OKP"}
    assert ocmgate("key", "stage", "p256-1", cwd=fresh).returncode == 0
    keys = json.loads(ocmgate("key", "export", cwd=fresh).stdout)["keys"]
    assert {key["kty"] for key in keys} == {"OKP", "EC"}
    assert all("d" not in key for key in keys)
    pem = ocmgate("key", "export", "--pem", "p256-1", cwd=fresh).stdout
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    unknown = ocmgate("key", "export", "--pem", "p256-9", cwd=fresh)
    assert unknown.returncode == 2 and "there are: ed25519-1" in unknown.stderr
    assert ocmgate("key", "new", "--kind", "dsa", cwd=fresh).returncode == 2


MESSAGE = "POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\nContent-Type: application/json\r\n\r\n{}"


@pytest.fixture(scope="module")
def signer(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signer")
    openssl("genpkey", "-algorithm", "ed25519", "-out", folder / "key.pem")
    openssl("pkey", "-in", folder / "key.pem", "-pubout", "-out", folder / "public.pem")
    return folder


@pytest.mark.parametrize("change,code", [(lambda text: text, 0), (lambda text: text.replace("{}", "[]"), 1),
                                         (lambda text: text.replace("POST", "PUT"), 1),
                                         (lambda text: MESSAGE, 1), (lambda text: "junk", 2)])
def test_signed_messages_go_through_standard_input(signer, change, code):
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "a.test#1",
                     stdin=MESSAGE)
    assert signed.returncode == 0, signed.stderr
    for flags in ([], ["--json"]):
        verified = ocmgate("sig", "verify", "-", "--key", signer / "public.pem", *flags,
                           stdin=change(signed.stdout))
        assert verified.returncode == code, verified
        if flags:
            assert json.loads(verified.stdout).get("accepted", False) is (code == 0)


def test_the_signature_base_is_printed(signer):
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "a.test#1",
                     stdin=MESSAGE).stdout
    base = ocmgate("sig", "base", "-", stdin=signed)
    assert base.returncode == 0
    assert base.stdout.splitlines()[0] == '"@method": POST'
    assert ocmgate("sig", "base", "-", "--json", stdin=MESSAGE).returncode == 1
    assert ocmgate("sig", "base", "/nonexistent").returncode == 2

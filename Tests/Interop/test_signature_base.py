"""Random messages and random covered components: both sides must build the same base.

The contract of the command line that these tests stand on:

    ocmgate sig sign FILE --key PEM --keyid ID --origin ORIGIN --component C ... [--fields]
    ocmgate sig verify FILE --key PEM --origin ORIGIN --profile none
    ocmgate sig base FILE --origin ORIGIN

Exit codes: 0 fine, 1 the signature is wrong or cannot be read, 2 a file or option is.
"""

import base64
import datetime
import hashlib
import subprocess

import http_message_signatures as hms
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import binary
from test_signatures import Message, ORIGIN, private_pem, public_pem, resolver, sig
from wire import compose

# Of the empty body.
SHA256 = base64.b64encode(hashlib.sha256(b"").digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(b"").digest()).decode()

VALUES = st.text(alphabet="abcXYZ019 \t,;=\"'()/-_.~", max_size=20).map(lambda text: text.strip())
DICTIONARY = st.sampled_from([
    "a=1, b=2;x=1;y=2, c=(a b c), d", "a=?0,b;c=:AAAA:,  d=\"x\\\"y\"", "a=1.50;q=0.500, b=tok/en",
    "b=(\"x\" 1;p);z, a", "d=-0, c=00012",
])
QUERY = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c%20d", "%C3%BC"]),
              st.sampled_from(["", "1", "a+b", "%7E~", "%26%3D", "%c3%bc", "x/y?z"])),
    max_size=4).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
COMPONENTS = st.lists(
    st.sampled_from([
        '"@method"', '"@target-uri"', '"@authority"', '"@scheme"', '"@request-target"', '"@path"',
        '"@query"', '"@query-param";name="a"', '"@query-param";name="c%20d"',
        '"@query-param";name="%C3%BC"', '"x-one"', '"x-two"', '"x-one";bs', '"x-dict"',
        '"x-dict";key="a"', '"x-dict";key="d"', '"x-dict";sf;key="b"', '"cache-control"',
        '"content-digest";sf', '"content-digest";key="sha-256"', '"date"',
    ]), unique=True, max_size=12)


@st.composite
def messages(draw):
    path = draw(st.sampled_from(["/", "/ocm/shares", "/a%20b//c", "/%C3%BC"]))
    query = draw(st.none() | QUERY)
    fields = {
        "Host": "cloud.test",
        "X-One": draw(VALUES),
        "X-Two": draw(VALUES),
        "X-Dict": draw(DICTIONARY),
        "Cache-Control": "max-age=60,   must-revalidate",
        "Content-Digest": f"sha-256=:{SHA256}:,  sha-512=:{SHA512}:",
        "Date": "Tue, 20 Apr 2021 02:07:56 GMT",
    }
    target = path + ("" if query is None else "?" + query)
    return draw(st.sampled_from(["POST", "GET", "PROPFIND"])), target, fields, draw(COMPONENTS)


@pytest.fixture(scope="module")
def key():
    return ed25519.Ed25519PrivateKey.generate()


def with_settings(check):
    return settings(max_examples=120, deadline=None,
                    suppress_health_check=[HealthCheck.function_scoped_fixture])(
                        given(messages())(check))


@pytest.mark.long
def test_what_they_cover_we_build_the_same(key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")
    outcomes = {"signed": 0, "refused": 0}

    def check(case):
        method, target, fields, components = case
        message = Message(fields, method, ORIGIN + target)
        signer = hms.HTTPMessageSigner(
            signature_algorithm=hms.algorithms.ED25519, key_resolver=resolver(key))
        try:
            signer.sign(message, key_id="k", created=datetime.datetime.now(), label="x",
                        covered_component_ids=tuple(components), use_existing_digest=True)
        except hms.HTTPMessageSignaturesException:
            outcomes["refused"] += 1
            return
        outcomes["signed"] += 1
        raw = compose(f"{method} {target} HTTP/1.1", list(message.headers.items()), b"")
        run = sig("verify", folder, raw, public_pem(key), "--profile", "none")
        assert run.returncode == 0, (raw, run.stdout, run.stderr)

    with_settings(check)()
    assert outcomes["signed"] > 10


@pytest.mark.long
def test_what_we_cover_they_build_the_same(key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ours")
    outcomes = {"signed": 0, "refused": 0}

    def check(case):
        method, target, fields, components = case
        raw = compose(f"{method} {target} HTTP/1.1", list(fields.items()), b"")
        chosen = [word for component in components for word in ("--component", component)]
        run = sig("sign", folder, raw, private_pem(key), "--keyid", "k", "--label", "x", "--tag",
                  "", *chosen)
        if run.returncode != 0:
            assert run.returncode == 2 and run.stderr, (raw, run.stderr)
            outcomes["refused"] += 1
            return
        if not components:  # then the OCM ones stand for none
            return
        outcomes["signed"] += 1
        head = run.stdout.partition(b"\r\n\r\n")[0].decode()
        signed = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
                      for line in head.split("\r\n")[1:])
        verifier = hms.HTTPMessageVerifier(
            signature_algorithm=hms.algorithms.ED25519, key_resolver=resolver(key))
        verifier.verify(Message(signed, method, ORIGIN + target))

    with_settings(check)()
    assert outcomes["signed"] > 10


def test_the_base_is_printed_as_it_is_signed(key, tmp_path):
    raw = compose("POST /a?b=c HTTP/1.1", [("Host", "cloud.test")], b"")
    run = sig("sign", tmp_path, raw, private_pem(key), "--keyid", "k", "--created", "1618884473",
              "--nonce", "", "--component", "@method", "--component", '"@query-param";name="b"')
    (tmp_path / "signed.http").write_bytes(run.stdout)
    base = subprocess.run(
        [binary(), "sig", "base", str(tmp_path / "signed.http"), "--origin", ORIGIN],
        capture_output=True, timeout=30)
    assert base.returncode == 0
    assert base.stdout.decode() == (
        '"@method": POST\n'
        '"@query-param";name="b": c\n'
        '"@signature-params": ("@method" "@query-param";name="b");created=1618884473;keyid="k"'
        ';alg="ed25519";tag="ocm"\n')
    signature = run.stdout.split(b"Signature: ocm=:")[1].split(b":")[0]
    key.public_key().verify(base64.b64decode(signature), base.stdout[:-1])


@pytest.mark.parametrize("message, code", [
    (b"", 2), (b"GET / HTTP/1.1\r\n", 2), (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1),
    (b"GET / HTTP/1.1\r\nHost: a\r\nSignature: x\r\n\r\n", 1),
    (b"GET / HTTP/1.1\r\nHost: a\r\nSignature-Input: a=()\r\n\r\n", 1),
    (b"GET / HTTP/1.1\r\nHost: a\r\nSignature-Input: a=()\r\nSignature: a=:AAAA:\r\n\r\n", 1),
])
def test_messages_without_a_good_signature_are_told_apart(key, tmp_path, message, code):
    run = sig("verify", tmp_path, message, public_pem(key))
    assert run.returncode == code
    assert run.stdout if code == 1 else run.stderr

"""TLS as clients meet it: what is refused, and that plain bytes reach nobody."""

import socket
import ssl
import subprocess
import warnings

import pytest

from gateway import binary
from wire import Connection, shake_hands


@pytest.fixture(scope="module")
def gateway(start, backend):
    return start(backend.url)


def shake(gateway, context) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    return context.wrap_socket(raw, server_hostname="cloud.test")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_versions_are_refused(gateway, version):
    context = gateway.authority.client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    with pytest.raises(ssl.SSLError):
        shake(gateway, context)


@pytest.mark.parametrize("ciphers", [
    "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256",
    "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA", "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES256-CCM8"])
def test_weak_ciphers_are_refused(gateway, ciphers):
    context = gateway.authority.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        shake(gateway, context)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_versions_of_today_are_spoken_without_compression(gateway, version):
    context = gateway.authority.client_context()
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    with shake(gateway, context) as connection:
        assert connection.compression() is None
        assert connection.cipher()[2] >= 128


@pytest.mark.parametrize("offer, chosen", [
    ("AES256-GCM-SHA384", "AES128-GCM-SHA256"), ("AES128-GCM-SHA256", "AES128-GCM-SHA256"),
    # Who has ChaCha20 first has no AES in the processor.
    ("CHACHA20-POLY1305", "CHACHA20-POLY1305")])
def test_the_gateways_order_of_ciphers_counts(gateway, offer, chosen):
    context = gateway.authority.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    rest = ["AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256"]
    context.set_ciphers(":".join(f"ECDHE-{key}-{name}" for name in [offer, *rest]
                                 for key in ("ECDSA", "RSA")))
    with shake(gateway, context) as connection:
        assert connection.cipher()[0].endswith(chosen)


def test_the_gateways_order_of_ciphers_counts_in_tls_13(gateway):
    # OpenSSL's clients name AES-256 first.
    with shake(gateway, gateway.authority.client_context()) as connection:
        assert connection.cipher()[0] == "TLS_AES_128_GCM_SHA256"


@pytest.mark.parametrize("offer, chosen", [(["http/1.1"], "http/1.1"), ([], None),
                                           (["http/1.1", "h2"], "h2"), (["h2"], "h2"),
                                           (["http/1.0", "http/1.1"], "http/1.1"), (["http/1.0"], "http/1.0")])
def test_the_protocol_is_agreed_on(gateway, offer, chosen):
    context = gateway.authority.client_context()
    if offer:
        context.set_alpn_protocols(offer)
    with shake(gateway, context) as connection:
        assert connection.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("offer", [["h2c"], ["ftp", "imap"]])
def test_another_protocol_is_refused(gateway, offer):
    context = gateway.authority.client_context()
    context.set_alpn_protocols(offer)
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        shake(gateway, context)


def test_nobody_renegotiates(gateway):
    run = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2", "-servername",
         "cloud.test", "-CAfile", str(gateway.authority.file)],
        input=b"R\nR\n", capture_output=True, timeout=20)
    said = run.stdout + run.stderr
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said or b"unexpected message" in said, said[-600:]


def test_plain_http_on_the_secured_port_reaches_nobody(gateway, backend):
    backend.take()
    with Connection(("127.0.0.1", gateway.port)) as connection:
        connection.send(b"GET /plain HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        connection.socket.settimeout(5)
        try:
            said = connection.reader.read()
        except ConnectionResetError:
            said = b""
    assert not said.startswith(b"HTTP/")
    assert not any(request.target == "/plain" for request in backend.take())


def test_a_hello_in_single_bytes_is_a_hello(gateway):
    context = gateway.authority.client_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_hostname="cloud.test")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def in_single_bytes(data):
            for byte in data:
                raw.sendall(bytes([byte]))

        shake_hands(engine, incoming, outgoing, raw, in_single_bytes)
        engine.write(b"GET /x HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        in_single_bytes(outgoing.read())
        while True:
            incoming.write(raw.recv(65536))
            try:
                assert engine.read(12) == b"HTTP/1.1 200"
                return
            except ssl.SSLWantReadError:
                pass


def test_the_program_is_linked_as_a_server_should_be():
    """Position-independent, no executable stack, and what the linker wrote cannot be written."""
    def read(*arguments):
        return subprocess.run(["readelf", "-W", *arguments, binary()], capture_output=True,
                              text=True, check=True).stdout

    assert "DYN (Position-Independent Executable" in read("-h")
    assert "BIND_NOW" in read("-d")
    segments = read("-l")
    assert "GNU_RELRO" in segments
    [stack] = [line for line in segments.splitlines() if "GNU_STACK" in line]
    assert "RWE" not in stack

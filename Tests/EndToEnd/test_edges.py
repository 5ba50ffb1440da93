"""What stands before and behind the gateway: proxies that announce clients, Unix sockets, staples."""

import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from wire import Connection, read_request

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def announced(gateway, header: bytes, name="cloud.test") -> Connection:
    """A connection that begins by a header, before TLS."""
    connection = Connection(("127.0.0.1", gateway.port))
    connection.send(header)
    connection.reader.close()
    connection.socket = gateway.authority.client_context().wrap_socket(
        connection.socket, server_hostname=name)
    connection.reader = connection.socket.makefile("rb", buffering=65536)
    return connection


def version2(address: str, port: int = 4711) -> bytes:
    packed = socket.inet_aton(address) + socket.inet_aton("198.51.100.1")
    return SIGNATURE + b"\x21\x11\0\x0c" + packed + struct.pack(">HH", port, 443)


class AnnouncedBackend:
    """A backend that takes a PROXY header before each connection, and answers all with 200."""

    def __init__(self, path=None):
        self.headers, self.requests = [], []
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.socket.bind(str(path) if path else ("127.0.0.1", 0))
        self.socket.listen(16)
        self.url = f"unix:{path}" if path else "http://{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        reader = connection.makefile("rb")
        head = reader.read(16)
        self.headers.append(head + reader.read(struct.unpack(">H", head[14:])[0]))
        try:
            while True:
                request = read_request(reader)
                self.requests.append(request)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except Exception:  # noqa: BLE001 - the gateway has closed
            connection.close()


# Of the two, only that of a Unix socket is there at once.
@pytest.fixture(scope="module", params=["unix", "tcp"])
def world(start, tmp_path_factory, request):
    server = AnnouncedBackend(
        tmp_path_factory.mktemp("sockets") / "backend.sock" if request.param == "unix" else None)

    def prepare(gateway):
        gateway.is_announced = True
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(
            text.replace('pass = "all"', 'pass = "all"\nproxy_protocol = "v2"'))

    gateway = start(server.url, prepare, listen='proxy_protocol = ["127.0.0.1"]\n')
    yield gateway, server
    server.socket.close()


@pytest.mark.parametrize("header", [
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n", version2("192.0.2.7")], ids=["v1", "v2"])
def test_the_client_is_the_one_that_the_hop_names(world, header):
    gateway, backend = world
    backend.requests.clear()
    with announced(gateway, header) as connection:
        assert gateway.request("GET", "/page", connection=connection).status == 200
        assert gateway.request("GET", "/page", connection=connection).status == 200
    seen = [request for request in backend.requests if request.target == "/page"]
    assert [request["x-forwarded-for"] for request in seen] == ["192.0.2.7", "192.0.2.7"]
    # And the backend hears it, once for the connection.
    told = [header for header in backend.headers if header[12:14] == b"\x21\x11"]
    assert told[-1][16:20] == socket.inet_aton("192.0.2.7")
    assert struct.unpack(">H", told[-1][24:26]) == (4711,)
    # What the gateway asks itself is its own.
    assert SIGNATURE + b"\x20\0\0\0" in backend.headers


def test_a_hop_has_to_announce_and_a_stranger_may_not(world, start, backend):
    gateway, _ = world
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gateway.connect()
    deadline = time.monotonic() + 20
    while "proxy_headers_refused_total" not in [
            row["reason"] for row in gateway.lines("connections.refused")]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # The same header from one who is no such hop is no TLS and no HTTP.
    other = start(backend.url, listen='proxy_protocol = ["192.0.2.0/24"]\n')
    with pytest.raises((ssl.SSLError, ConnectionError)):
        announced(other, version2("192.0.2.7"))
    assert other.request("GET", "/page").status == 200


def staple(authority, identity, until=1):
    """What the authority says of a certificate: good, for `until` days."""
    import datetime
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    return ocsp.OCSPResponseBuilder().add_response(
        cert=certificate, issuer=authority.certificate, algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now + datetime.timedelta(days=min(0, until - 1), hours=-1),
        next_update=now + datetime.timedelta(days=until), revocation_time=None,
        revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate).sign(
        authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_what_the_authority_says_is_stapled_as_long_as_it_counts(start, backend, authority, tmp_path):
    file = tmp_path / "cloud.der"
    chain = tmp_path / "chain.pem"

    def prepare(gateway):
        own = authority.issue("cloud.test")
        chain.write_bytes(own.certificate.read_bytes() + authority.file.read_bytes())
        file.write_bytes(staple(authority, own))
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(
            text.replace(f'"{own.certificate}"', f'"{chain}"\nocsp = "{file}"'))

    gateway = start(backend.url, prepare)

    def said(version) -> bytes:
        return subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername",
             "cloud.test", "-status", version], input=b"", capture_output=True, timeout=20).stdout

    for version in ["-tls1_2", "-tls1_3"]:
        assert b"OCSP Response Status: successful" in said(version)
    # One that counts no more is kept back, and so is one for another certificate.
    for spoiled in [staple(authority, authority.issue("cloud.test"), until=-1),
                    staple(authority, authority.issue("other.test")), b"nothing"]:
        taken = len(gateway.lines("certificate.staple-unusable", 0))
        file.write_bytes(spoiled)
        gateway.lines("certificate.staple-unusable", taken + 1)
        assert b"OCSP response: no response sent" in said("-tls1_3")
        assert gateway.request("GET", "/page").status == 200
    file.write_bytes(staple(authority, authority.issue("cloud.test")))
    gateway.command("reload")
    assert b"OCSP Response Status: successful" in said("-tls1_3")

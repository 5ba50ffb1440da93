"""The haproxy that the gateway is compared with, started and ended by its id."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from certificates import Identity
from listener import free_port
from wire import Connection

CONFIGURATION = """\
global
    nbthread {threads}
    maxconn 9800
    ssl-default-bind-ciphersuites {cipher}
    ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    option http-keep-alive
    http-reuse always
frontend clients
    bind 127.0.0.1:{port} ssl crt {pair} alpn h2,http/1.1
    bind 127.0.0.1:{plain}
    option forwardfor
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin}
"""


class HAProxy:
    """TLS on `.port`, none on `.plain`; as many threads as nginx has workers."""

    def __init__(self, folder: Path, origin: int, own: Identity, cipher: str):
        self.port, self.plain = free_port(), free_port()
        pair = folder / "haproxy.pem"
        pair.write_bytes(own.certificate.read_bytes() + own.key.read_bytes())
        file = folder / "haproxy.cfg"
        file.write_text(CONFIGURATION.format(
            threads=os.cpu_count(), cipher=cipher, port=self.port, plain=self.plain, pair=pair,
            origin=origin))
        binary = shutil.which("haproxy") or "/usr/sbin/haproxy"
        self.process = subprocess.Popen(
            [binary, "-db", "-f", file], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                Connection(("127.0.0.1", self.plain), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("haproxy did not start") from None
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

"""The nginx instances of the benchmark: one is the origin of all, one the proxy compared with."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from certificates import Identity
from listener import free_port
from wire import Connection

ORIGIN = """\
worker_processes 1;
daemon off;
pid {folder}/origin.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/octet-stream;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/origin-body;
    proxy_temp_path {folder}/origin-proxy;
    fastcgi_temp_path {folder}/origin-fastcgi;
    uwsgi_temp_path {folder}/origin-uwsgi;
    scgi_temp_path {folder}/origin-scgi;
    sendfile on;
    client_max_body_size 0;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        location /sink {{
            proxy_pass http://127.0.0.1:{sink};
            proxy_http_version 1.1;
            proxy_request_buffering off;
        }}
        location = /ocm-provider/ {{
            default_type application/json;
            return 200 '{discovery}';
        }}
        location ~ ^/(ocm|plain)/shares$ {{
            default_type application/json;
            return 201 '{{"recipientDisplayName":"bob"}}';
        }}
        location /public.php/webdav/ {{
            alias {folder}/files/;
            if ($request_method = PROPFIND) {{
                return 207 '<d:multistatus xmlns:d="DAV:"/>';
            }}
        }}
    }}
}}
"""

PROXY = """\
worker_processes {workers};
daemon off;
pid {folder}/proxy.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/proxy-body;
    proxy_temp_path {folder}/proxy-proxy;
    fastcgi_temp_path {folder}/proxy-fastcgi;
    uwsgi_temp_path {folder}/proxy-uwsgi;
    scgi_temp_path {folder}/proxy-scgi;
    upstream origin {{
        server 127.0.0.1:{origin};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    client_max_body_size 0;
    server {{
        listen 127.0.0.1:{port} ssl http2 reuseport;
        listen 127.0.0.1:{plain} reuseport;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_conf_command Ciphersuites {cipher};
        proxy_request_buffering off;
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $host;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""


# The peer whose data are read, over TLS. What is `once` ends its connection.
DATA = """\
worker_processes 1;
daemon off;
pid {folder}/data.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/octet-stream;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/data-body;
    proxy_temp_path {folder}/data-proxy;
    fastcgi_temp_path {folder}/data-fastcgi;
    uwsgi_temp_path {folder}/data-uwsgi;
    scgi_temp_path {folder}/data-scgi;
    sendfile on;
    server {{
        listen 127.0.0.1:{port} ssl reuseport;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache off;
        ssl_session_tickets off;
        location /data/ {{ alias {folder}/files/; }}
        location /data/once/ {{
            keepalive_timeout 0;
            alias {folder}/files/;
        }}
    }}
}}
"""

# TLS on both sides, a whole handshake for each connection.
WAY = """\
worker_processes {workers};
daemon off;
pid {folder}/way.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/way-body;
    proxy_temp_path {folder}/way-proxy;
    fastcgi_temp_path {folder}/way-fastcgi;
    uwsgi_temp_path {folder}/way-uwsgi;
    scgi_temp_path {folder}/way-scgi;
    upstream data {{
        server 127.0.0.1:{data};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} ssl reuseport;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache off;
        ssl_session_tickets off;
        location /public.php/webdav/ {{
            proxy_pass https://data/data/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host {host};
            proxy_ssl_server_name on;
            proxy_ssl_name {host};
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {authority};
            proxy_ssl_session_reuse off;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""


# Workers of a root nginx would run as another user, who cannot read the temporary folder.
USER = "user root;" if os.getuid() == 0 else ""


class Nginx:
    """One nginx with a configuration of ours, ended by its id."""

    def __init__(self, folder: Path, name: str, configuration: str, port: int):
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        file = folder / f"{name}.conf"
        file.write_text(configuration)
        self.port = port
        self.process = subprocess.Popen(
            [binary, "-p", str(folder), "-c", str(file)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                Connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"nginx ({name}) did not start") from None
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start_origin(folder: Path, discovery: str, sink: int) -> Nginx:
    """Files of 1 KiB, 100 KiB and 64 MiB; what is put below `/sink` goes to that port."""
    files = folder / "files"
    files.mkdir()
    (files / "1k").write_bytes(os.urandom(1024))
    (files / "100k").write_bytes(os.urandom(100 << 10))
    (files / "64m").write_bytes(os.urandom(1 << 20) * 64)
    port = free_port()
    return Nginx(folder, "origin",
                 ORIGIN.format(folder=folder, port=port, discovery=discovery,
                               sink=sink, user=USER), port)


def start_proxy(folder: Path, origin: Nginx, own: Identity, cipher: str) -> Nginx:
    """It listens without TLS too, on `.plain`."""
    port, plain = free_port(), free_port()
    proxy = Nginx(folder, "proxy", PROXY.format(
        folder=folder, port=port, plain=plain, origin=origin.port, certificate=own.certificate,
        key=own.key, cipher=cipher, workers=os.cpu_count(), user=USER), port)
    proxy.plain = plain
    return proxy


def start_data(folder: Path, own: Identity) -> Nginx:
    """The same files over TLS, below `/data/`, and below `/data/once/` on connections that end."""
    port = free_port()
    return Nginx(folder, "data", DATA.format(
        folder=folder, port=port, certificate=own.certificate, key=own.key, user=USER), port)


def start_way(folder: Path, data: Nginx, host: str, own: Identity, authority: Path) -> Nginx:
    port = free_port()
    return Nginx(folder, "way", WAY.format(
        folder=folder, port=port, data=data.port, host=host, certificate=own.certificate,
        key=own.key, authority=authority, workers=os.cpu_count(), user=USER), port)

"""wsgidav as the WebDAV of a Nextcloud, and a forwarder that adds what simple clients cannot send."""

import json
import socket
import threading
from pathlib import Path

from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

from listener import Listener
from wire import Closed, Connection, read_head

PREFIX = "/public.php/webdav"


class DavServer:
    """A folder at `/public.php/webdav`, opened by each secret as Basic user without a password."""

    def __init__(self, folder: Path, secret: str, origin: str = "https://cloud.test"):
        self.folder = folder
        app = WsgiDAVApp({
            "provider_mapping": {"/": {"root": str(folder)}},
            "mount_path": PREFIX,
            "http_authenticator": {"domain_controller": None, "accept_basic": True,
                                   "accept_digest": False, "default_to_digest": False},
            "simple_dc": {"user_mapping": {"*": {secret: {"password": ""}}}},
            "logging": {"enable": False},
            "verbose": 0,
            "lock_storage": True,
            "property_manager": True,
            "dir_browser": {"enable": False},
            "hotfixes": {"re_encode_path_info": True},
        })
        discovery = json.dumps({
            "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": origin + "/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user", "group"],
                               "protocols": {"webdav": PREFIX + "/"}}],
        }).encode()

        def application(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/ocm-provider/":
                start_response("200 OK", [("Content-Type", "application/json"),
                                          ("Content-Length", str(len(discovery)))])
                return [discovery]
            if path != PREFIX and not path.startswith(PREFIX + "/"):
                start_response("404 Not Found", [("Content-Length", "0")])
                return [b""]
            environ["SCRIPT_NAME"] = PREFIX
            environ["PATH_INFO"] = path[len(PREFIX):] or "/"
            return app(environ, start_response)

        self.server = wsgi.Server(("127.0.0.1", 0), application, numthreads=16)
        self.server.error_log = lambda *_, **__: None
        self.server.prepare()
        self.port = self.server.bind_addr[1]
        threading.Thread(target=self.server.serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.server.stop()


class Forwarder(Listener):
    """Plain HTTP on loopback to `dial()`: names the public host and adds an Authorization.

    litmus can send neither a Bearer token nor another Host; the same forwarder stands in front of
    the direct run, so that the two runs differ by the gateway alone.
    """

    def __init__(self, dial, public: str, authorization: str):
        self.dial = dial
        self.public = public
        self.authorization = authorization
        super().__init__()

    def _serve(self, client: socket.socket, number: int) -> None:
        upstream: Connection | None = None
        try:
            with client, client.makefile("rb", buffering=65536) as reader:
                while True:
                    start, headers, _ = read_head(reader)
                    if upstream is None:
                        upstream = self.dial()
                    upstream.send(self._rewritten(start, headers))
                    if any(name.lower() == "expect" for name, _ in headers):
                        _, _, interim = read_head(upstream.reader)
                        client.sendall(interim)
                        if b" 100 " not in interim:
                            return
                    _copy_body(reader, headers, upstream.socket.sendall)
                    if self._answer(start.split(" ")[0], upstream, client):
                        upstream.close()
                        upstream = None
        except (Closed, OSError, ValueError):
            pass
        finally:
            if upstream is not None:
                upstream.close()

    def _rewritten(self, start, headers) -> bytes:
        host = self.public.split("//")[1]
        lines = [start]
        for name, value in headers:
            low = name.lower()
            if low in ("authorization", "connection", "te"):
                continue
            if low == "host":
                value = host
            elif low in ("destination", "if"):
                value = value.replace(self.url, self.public)
            lines.append(f"{name}: {value}")
        lines.append(f"Authorization: {self.authorization}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _answer(self, method: str, upstream: Connection, client: socket.socket) -> bool:
        """Passes one answer on; true when the upstream connection ends with it."""
        while True:
            start, headers, raw = read_head(upstream.reader)
            client.sendall(raw)
            status = int(start.split(" ")[1])
            if status >= 200:
                break
        names = {name.lower(): value.lower() for name, value in headers}
        if method == "HEAD" or status in (204, 304):
            return names.get("connection") == "close"
        if "content-length" in names or "transfer-encoding" in names:
            _copy_body(upstream.reader, headers, client.sendall)
            return names.get("connection") == "close"
        while piece := upstream.reader.read1(65536):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return True


def _copy_body(reader, headers, write) -> None:
    names = {name.lower(): value for name, value in headers}
    if "transfer-encoding" in names:
        while True:
            line = reader.readline(4096)
            if not line:
                raise Closed(b"")
            write(line)
            size = int(line.split(b";")[0], 16)
            remaining = size + 2
            if size == 0:
                while (line := reader.readline(4096)) not in (b"\r\n", b""):
                    write(line)
                write(line)
                return
            while remaining:
                piece = reader.read(min(remaining, 65536))
                if not piece:
                    raise Closed(b"")
                write(piece)
                remaining -= len(piece)
    remaining = int(names.get("content-length", "0"))
    while remaining:
        piece = reader.read1(min(remaining, 65536))
        if not piece:
            raise Closed(b"")
        write(piece)
        remaining -= len(piece)

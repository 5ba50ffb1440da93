"""Real servers that say how they read what they are sent: each by its own parser."""

import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import cheroot.wsgi
import gunicorn.config
import gunicorn.http
import gunicorn.http.errors
import uvicorn
import waitress.server

from backend import ScriptedBackend, answer
from listener import Listener, free_port


@dataclass(frozen=True)
class Understood:
    """One request, as a server understood it. Escapes are resolved, as some servers keep no
    others."""

    method: str
    path: bytes
    query: str
    body: bytes

    @staticmethod
    def of(method: str, target: str, body: bytes) -> "Understood":
        path, _, query = target.partition("?")
        return Understood(method, unquote_to_bytes(path), query, body)


class Interpreter:
    """A server on loopback; `understood` grows with each request that it takes for one."""

    name = ""
    program = ""

    def __init__(self, folder: Path):
        self.folder = folder
        self.understood: list[Understood] = []
        self.port = 0
        self.start()

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        pass

    def read(self, message: bytes, timeout: float = 5) -> tuple[list[Understood], list[int]]:
        """What it makes of the bytes, which end with a request that says close; its answers."""
        self.understood.clear()
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(message)
            answers = b""
            try:
                while piece := connection.recv(65536):
                    answers += piece
            except (ConnectionResetError, TimeoutError):
                pass
        return list(self.understood), [
            int(line[9:12]) for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.")]

    def application(self, environ, start_response):
        """The WSGI side of it."""
        body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") or environ.get(
            "wsgi.input_terminated") or environ.get("HTTP_TRANSFER_ENCODING") else b""
        self.understood.append(Understood(
            environ["REQUEST_METHOD"], self.path(environ["PATH_INFO"].encode("latin-1")),
            environ.get("QUERY_STRING", ""), body))
        start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
        return [b"ok"]


    def path(self, path: bytes) -> bytes:
        return path


class Cheroot(Interpreter):
    """The server below wsgidav and CherryPy. It keeps escaped slashes, and calls `*` `/*`."""

    name = "cheroot"

    def path(self, path):
        return b"*" if path == b"/*" else path.replace(b"%2F", b"/")

    def start(self):
        self.server = cheroot.wsgi.Server(("127.0.0.1", 0), self.application, numthreads=2)
        self.server.prepare()
        self.port = self.server.bind_addr[1]
        threading.Thread(target=self.server.serve, daemon=True).start()

    def stop(self):
        self.server.stop()


class Waitress(Interpreter):
    name = "waitress"

    def start(self):
        self.server = waitress.server.create_server(
            self.application, host="127.0.0.1", port=0, threads=2, clear_untrusted_proxy_headers=False)
        self.port = self.server.effective_port
        threading.Thread(target=self.server.run, daemon=True).start()

    def stop(self):
        self.server.close()


class H11(Interpreter):
    """uvicorn with h11."""

    name = "h11"

    def start(self):
        async def application(scope, receive, send):
            body, more = b"", True
            while more:
                event = await receive()
                if event["type"] != "http.request":
                    return
                body += event.get("body", b"")
                more = event.get("more_body", False)
            self.understood.append(Understood(
                scope["method"], unquote_to_bytes(scope["raw_path"]),
                scope["query_string"].decode("latin-1"), body))
            await send({"type": "http.response.start", "status": 200,
                        "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.server = uvicorn.Server(uvicorn.Config(
            application, http="h11", lifespan="off", log_level="critical", ws="none"))
        threading.Thread(target=self.server.run, kwargs={"sockets": [listener]},
                         daemon=True).start()
        wait_for(lambda: self.server.started)

    def stop(self):
        self.server.should_exit = True


class Gunicorn(Interpreter):
    """The reader of gunicorn, behind which Seafile's pages are; without its processes."""

    name = "gunicorn"

    def start(self):
        self.server = _GunicornListener(self.understood)
        self.port = self.server.port

    def stop(self):
        self.server.stop()


class _GunicornListener(Listener):
    def __init__(self, understood: list[Understood]):
        self.understood = understood
        super().__init__()

    def _serve(self, connection, number):
        with connection:
            try:
                for request in gunicorn.http.RequestParser(
                        gunicorn.config.Config(), connection, connection.getpeername()):
                    body = request.body.read()
                    self.understood.append(Understood.of(request.method, request.uri, body))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except gunicorn.http.errors.ParseException:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            except (OSError, StopIteration):
                pass


class Proxy(Interpreter):
    """A server written in C; what it sends on says how it read."""

    arguments: list[str]
    configuration = ""

    def start(self):
        self.behind = ScriptedBackend(lambda request: answer(200, b"ok"))
        self.port = free_port()
        self.folder.mkdir(parents=True)
        file = self.folder / "server.conf"
        file.write_text(self.configuration.replace("FOLDER", str(self.folder)).replace(
            "PORT", str(self.port)).replace("BEHIND", str(self.behind.port)))
        self.log = (self.folder / "output").open("wb")
        self.process = subprocess.Popen(
            [self.program, *self.arguments, str(file)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

        def listens():
            assert self.process.poll() is None, (self.folder / "output").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(listens)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.behind.stop()
        self.log.close()

    def read(self, message, timeout=5):
        self.behind.take()
        _, statuses = super().read(message, timeout)
        return [Understood.of(request.method, request.target, request.body)
                for request in self.behind.take()], statuses


class Nginx(Proxy):
    name = "nginx"
    program, arguments = "/usr/sbin/nginx", ["-c"]
    configuration = """
daemon off; master_process off; pid FOLDER/pid; error_log FOLDER/error.log;
events { }
http {
    access_log off;
    client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;
    server { listen 127.0.0.1:PORT; location / { proxy_pass http://127.0.0.1:BEHIND; } }
}
"""


class Apache(Proxy):
    name = "apache"
    program, arguments = "/usr/sbin/apache2", ["-X", "-f"]
    configuration = """
ServerRoot FOLDER
PidFile FOLDER/pid
ErrorLog FOLDER/error.log
ServerName localhost
Listen 127.0.0.1:PORT
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
AllowEncodedSlashes NoDecode
ProxyPass / http://127.0.0.1:BEHIND/ nocanon
"""


def wait_for(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("a server did not start")
        time.sleep(0.02)

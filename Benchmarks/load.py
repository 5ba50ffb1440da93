"""Load on one port for some seconds, or some hundred times; each function returns how often."""

import os
import re
import resource
import socket
import ssl
import subprocess
import threading
from pathlib import Path

from wire import Connection

HOST = "cloud.test"


def with_wrk(url: str, connections: int, seconds: float, headers=(), script: Path | None = None
             ) -> int:
    """HTTP/1.1 over kept connections; a refusal is an error."""
    return timed_with_wrk(url, connections, seconds, headers, script)[0]


def timed_with_wrk(url: str, connections: int, seconds: float, headers=(),
                   script: Path | None = None) -> tuple[int, float]:
    """How often, and in how many seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    if script:
        command += ["-s", str(script)]
    if not any(header.startswith("Host:") for header in headers):
        command += ["-H", f"Host: {HOST}"]
    for header in headers:
        command += ["-H", header]
    run = subprocess.run([*command, url], capture_output=True, text=True, check=True,
                         timeout=seconds + 60)
    found = re.search(r"(\d+) requests in ([\d.]+)(m?)s", run.stdout)
    count, took = int(found[1]), float(found[2]) / (1000 if found[3] else 1)
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout):
        raise RuntimeError(f"{url}: {bad[1]} of {count} answers were refusals")
    if errors := re.search(r"Socket errors: (.*)", run.stdout):
        raise RuntimeError(f"{url}: socket errors: {errors[1]}")
    return count, took


def uploading(folder: Path, size: int) -> Path:
    """The script by which wrk puts so many bytes."""
    script = folder / "upload.lua"
    script.write_text(f'wrk.method = "PUT"\nwrk.body = string.rep("0123456789abcdef", {size // 16})\n')
    return script


MESSAGES = """\
local messages, last = {}, 0
local file = io.open("%s", "rb")
for size in function() return file:read("*l") end do
    messages[#messages + 1] = file:read(tonumber(size))
end
file:close()
function request()
    last = last %% #messages + 1
    return messages[last]
end
"""


def sending(folder: Path, messages: list[bytes]) -> Path:
    """The script by which wrk sends each of them once, and then all over again."""
    file, script = folder / "messages", folder / "messages.lua"
    file.write_bytes(b"".join(b"%d\n%s" % (len(message), message) for message in messages))
    script.write_text(MESSAGES % file)
    return script


def with_h2load(url: str, seconds: float, cipher: str) -> int:
    """HTTP/2: 8 connections with 8 requests each at a time. By itself h2load asks for AES-128 first,
    as other clients do not."""
    run = subprocess.run(
        ["h2load", "-t1", "-c8", "-m8", f"-D{seconds}", f"--tls13-ciphers={cipher}",
         "-H", f":authority: {HOST}", url],
        capture_output=True, text=True, check=True, timeout=seconds + 60)
    if "Application protocol: h2" not in run.stdout or f"Cipher: {cipher}" not in run.stdout:
        raise RuntimeError(f"{url} does not speak HTTP/2 with {cipher}")
    count = int(re.search(r"(\d+) succeeded", run.stdout)[1])
    failed = int(re.search(r"(\d+) failed", run.stdout)[1])
    good = int(re.search(r"status codes: (\d+) 2xx", run.stdout)[1])
    if failed or count == 0 or good < count:
        raise RuntimeError(f"{url}: {run.stdout}")
    return count


def handshake(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
    """TLS, no request, and the end of it: what the server still sends is taken, so that no reset
    cuts its part short."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=20)
    with context.wrap_socket(raw, server_hostname=HOST, session=session) as secured:
        if secured.session_reused != (session is not None) or secured.version() != "TLSv1.3":
            raise RuntimeError(f"port {port}: {secured.version()}, resumed: {secured.session_reused}")
        plain = socket.socket(fileno=secured.detach())
    with plain:
        plain.settimeout(20)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65536):
            pass


def session_of(port: int, context: ssl.SSLContext) -> ssl.SSLSession:
    """What a later connection resumes: it comes with the first answer."""
    with Connection(("127.0.0.1", port), context, HOST) as one:
        one.send(f"GET /1k HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        one.receive()
        return one.socket.session


def with_handshakes(port: int, context: ssl.SSLContext, count: int, resumes: bool) -> int:
    session = session_of(port, context) if resumes else None

    def work():
        for _ in range(count // 4):
            handshake(port, context, session)

    in_threads([work] * 4)
    return count // 4 * 4


def idle_connections(port: int, context: ssl.SSLContext | None, count: int) -> list[socket.socket]:
    """Connections that have had one answer and say no more. This side forgets its TLS."""
    held = []
    for _ in range(count):
        one = Connection(("127.0.0.1", port), context, HOST)
        one.send(f"GET /1k HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        if (status := one.receive().status) != 200:
            raise RuntimeError(f"port {port}: connection {len(held) + 1} was answered {status}")
        one.reader.close()
        held.append(socket.socket(fileno=os.dup(one.socket.fileno())))
        one.socket.close() if context is None else socket.socket(fileno=one.socket.detach()).close()
    return held


def allow_descriptors(count: int) -> None:
    """For this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def in_threads(works) -> None:
    """Runs all beside each other; the first error of any is raised at the end."""
    errors: list[BaseException] = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]

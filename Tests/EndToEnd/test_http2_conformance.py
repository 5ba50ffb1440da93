"""Conformance to RFC 9113 and RFC 7541 by h2spec's list of sections, beside libnghttp2's own server."""

import os
import signal
import subprocess
import time

import pytest

from backend import ScriptedBackend, answer
from http2 import RawHTTP2, SETTINGS
from http2cases import CASES
from listener import free_port


@pytest.fixture(scope="module")
def gateway(start):
    backend = ScriptedBackend(lambda request: answer(200, b"hello"))
    yield start(backend.url)
    backend.stop()


@pytest.fixture(scope="module")
def nghttpd(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("nghttpd")
    (folder / "index.html").write_text("hello")
    own = authority.issue("cloud.test")
    port = free_port()
    server = subprocess.Popen(
        ["nghttpd", "--address=127.0.0.1", f"--htdocs={folder}", str(port), own.key, own.certificate],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    yield port
    server.send_signal(signal.SIGTERM)
    server.wait(10)


def passes(port: int, context, case, seconds: float) -> bool:
    _, _, frames, outcome = case
    greeting = frames if isinstance(frames, bytes) else None
    with RawHTTP2(("127.0.0.1", port), context, "cloud.test", greeting) as client:
        if greeting is None:
            assert client.read(lambda c: len(c.all(SETTINGS)) >= 2)
            client.send(frames(client))
        return client.read(outcome, timeout=seconds)


def failures(port: int, authority) -> list[str]:
    """What does not pass, not even with more time than a machine takes that is busy."""
    return [f"{section}: {name}" for section, name, frames, outcome in CASES
            if not any(passes(port, authority.client_context(), (section, name, frames, outcome), seconds)
                       for seconds in (2, 10))]


def test_at_least_what_the_librarys_own_server_passes(gateway, nghttpd, authority):
    deadline = time.monotonic() + 10
    while True:
        try:
            RawHTTP2(("127.0.0.1", nghttpd), authority.client_context(), "cloud.test").close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    theirs = failures(nghttpd, authority)
    ours = failures(gateway.port, authority)
    print(f"of {len(CASES)} cases: nghttpd {len(CASES) - len(theirs)}, ocmgate {len(CASES) - len(ours)}")
    assert set(ours) <= set(theirs), (ours, theirs)
    assert len(CASES) - len(ours) >= 144

import itertools
import shutil
from pathlib import Path

import pytest

from backend import ScriptedBackend, answer
from commandline import ocmgate, serve
from gateway import Gateway
from legacy import LegacyServer
from listener import free_port
from peers import serving


@pytest.fixture(scope="module")
def peers(authority):
    with serving(authority, {"modern.test": "rfc9421", "other.test": "rfc9421",
                             "cavage.test": "cavage", "legacy.test": "unsigned"}) as server:
        yield server


@pytest.fixture(scope="module")
def start(tmp_path_factory, authority, evidence, peers):
    """Starts gateways; they end with the module. `prepare` gets one before it is started."""
    running: list[Gateway] = []
    numbers = itertools.count(1)

    def start(backend_url: str, prepare=lambda gateway: None, **options) -> Gateway:
        folder = tmp_path_factory.mktemp("gateway") / str(next(numbers))
        server = options.pop("peers", peers)
        gateway = Gateway(folder, authority, evidence, server, backend_url, **options)
        prepare(gateway)
        running.append(gateway)
        return gateway.start()

    yield start
    wrong = [problem for gateway in running for problem in gateway.end()]
    assert wrong == [], "\n".join(wrong)


@pytest.fixture(scope="module")
def backend():
    """One that answers everything with 200."""
    server = ScriptedBackend(lambda request: answer(200, b"ok"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def legacy():
    """A legacy server of a kind behind a scripted backend: `legacy("nextcloud")`."""
    backends: list[ScriptedBackend] = []

    def make(kind: str, origin: str = "https://cloud.test") -> tuple[LegacyServer, ScriptedBackend]:
        server = LegacyServer(kind, origin)
        backend = ScriptedBackend(server.script)
        backends.append(backend)
        return server, backend

    yield make
    for backend in backends:
        backend.stop()


@pytest.fixture(scope="module")
def holding(legacy, evidence):
    """A Nextcloud that holds notes.txt for who has its secret: `server, backend, secret = holding()`."""

    def make() -> tuple[LegacyServer, ScriptedBackend, str]:
        server, backend = legacy("nextcloud")
        server.files = {"notes.txt": b"hello\n"}
        secret = evidence.secret()
        server.secrets = {secret}
        return server, backend, secret

    return make


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Path:
    """What `init` wrote, with keys and an empty state: it ran once."""
    folder = tmp_path_factory.mktemp("installation")
    made = ocmgate("init", "nextcloud", "--origin", "https://cloud.test",
                   "--listen", f"127.0.0.1:{free_port()}", "--egress", f"127.0.0.1:{free_port()}",
                   cwd=folder)
    assert made.returncode == 0, made.stderr
    serve(folder, lambda process: None)
    return folder


@pytest.fixture
def fresh(installation, tmp_path) -> Path:
    """A copy that a test may spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(installation, folder)
    return folder

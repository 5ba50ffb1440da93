"""One gateway takes the place of another, while others want its state, too."""

import contextlib
import fcntl
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from backend import answer
from gateway import binary
from peers import as_json, legacy_share, share
from test_service import SlowBackend, Successor, begin


@pytest.fixture
def streaming(start):
    """A gateway, a download through it, and the event that lets it end."""
    server = SlowBackend()
    gateway = start(server.url)
    yield gateway, begin(gateway), server.release
    server.release.set()
    server.stop()


class TakeOver:
    """A process that is to take the place of a gateway."""

    def __init__(self, gateway, name: str):
        self.log = gateway.folder / f"{name}.log"
        gateway.evidence.files.append(self.log)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [binary(), "run", "--take-over", "-c", gateway.configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def serves(self) -> bool:
        return "gateway.started" in self.log.read_text()


def wait(until, tells) -> None:
    end = time.monotonic() + 150
    while not until():
        assert time.monotonic() < end, tells()
        time.sleep(0.02)


def lock_again_and_again(path, is_over: threading.Event) -> None:
    """As commands do, which have the state for a moment when nobody else has it."""
    with path.open("r+") as file:
        while not is_over.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.0005)
                continue
            time.sleep(0.4)
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(0.011)


def test_one_of_them_serves_whoever_has_the_state_in_between(streaming):
    gateway, download, release = streaming
    former, is_over = gateway.process, threading.Event()
    other = threading.Thread(target=lock_again_and_again, args=(gateway.folder / "state.db.lock", is_over))
    other.start()
    next_one = TakeOver(gateway, "next")
    try:
        wait(lambda: next_one.serves() or len(gateway.lines("gateway.started", 0)) == 2
             or None not in (former.poll(), next_one.process.poll()),
             lambda: gateway.log() + next_one.log.read_text())
    finally:
        is_over.set()
        other.join()
    assert gateway.request("GET", "/a", connection=gateway.connect(timeout=60)).status == 200
    release.set()
    assert download.receive().body == b"x" * 1000 + b"y" * 1000
    download.close()
    if next_one.serves():
        assert former.wait(60) == 0
        gateway.process = next_one.process
    else:
        assert next_one.process.wait(60) == 2


def test_of_four_that_take_over_at_once_one_serves(streaming):
    gateway, download, release = streaming
    former = gateway.process
    others = [TakeOver(gateway, f"next.{number}") for number in range(4)]

    def tells() -> str:
        return "\n".join([gateway.log()] + [other.log.read_text() for other in others])

    wait(lambda: all(other.serves() or other.process.poll() is not None for other in others), tells)
    release.set()
    assert download.receive().body == b"x" * 1000 + b"y" * 1000
    download.close()
    processes = [former] + [other.process for other in others]
    wait(lambda: [process.poll() for process in processes].count(None) <= 1, tells)
    left = [process for process in processes if process.poll() is None]
    assert len(left) == 1, tells()
    gateway.process = left[0]
    assert gateway.request("GET", "/a", connection=gateway.connect(timeout=60)).status == 200


@pytest.mark.parametrize("leaving", ["gateway.stopping", "gateway.handing-over"])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_who_asks_back_before_it_answers_a_message_is_heard(
        start, legacy, peers, monkeypatch, direction, leaving):
    """A peer, or the server behind, fetches documents over a connection of its own before it takes a share."""
    server, backend = legacy("nextcloud")
    gateway = start(backend.url, egress="")
    peer, log, former = peers.peers["modern.test"], gateway.log_file, gateway.process
    has_it, told = threading.Event(), []

    def ask_back() -> int:
        if direction == "out":
            return gateway.request("GET", "/.well-known/ocm").status
        return gateway.way_out().request("GET", "https://modern.test/.well-known/ocm").status

    def asking_back(script):
        def answered(request):
            if not request.target.endswith("/shares"):
                return script(request)
            has_it.set()
            wait(lambda: leaving in log.read_text(), log.read_text)
            # Those who are not needed are not accepted any more by now.
            time.sleep(0.3)
            told.append(ask_back())
            return answer(201, {"recipientDisplayName": "Bob"})
        return answered

    def send():
        if direction == "in":
            told.append(gateway.post(peer, "/ocm/shares", share(peer)).status)
            return
        document = legacy_share("cloud.test", "modern.test")
        told.append(gateway.way_out().request(
            "POST", "https://modern.test/ocm/shares", [("Content-Type", "application/json")],
            as_json(document)).status)

    asked = peer if direction == "out" else backend
    monkeypatch.setattr(asked, "script", asking_back(asked.script))
    sender = threading.Thread(target=send)
    sender.start()
    assert has_it.wait(20), gateway.log()
    if leaving == "gateway.stopping":
        assert gateway.stop() == 0
    else:
        gateway.arguments = ["--take-over"]
        gateway.start()
        assert former.wait(20) == 0
    sender.join()
    assert told == [200, 201]


# Files that are read at a start alone, and what makes them useless.
SPOILING = {
    "ca.pem": lambda file: file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    "egress-ca.key": lambda file: file.unlink(),
    "keys/ed25519-1.pem": lambda file: file.write_text("none"),
    "keys/journal.key": lambda file: file.chmod(0o644),
    "seal.key": lambda file: file.chmod(0o644),
}


@pytest.fixture
def with_own_authorities(start, backend, authority):
    """A gateway all of whose files may be spoilt."""
    def prepare(gateway):
        own = gateway.folder / "ca.pem"
        shutil.copy(authority.file, own)
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(text.replace(f'= "{authority.file}"', f'= "{own}"'))

    return start(backend.url, prepare, egress="")


def test_whoever_cannot_read_a_file_does_not_ask_for_the_place(with_own_authorities):
    gateway = with_own_authorities
    for name, spoil in SPOILING.items():
        file = gateway.folder / name
        kept = file.read_bytes()
        spoil(file)
        run = subprocess.run([binary(), "run", "--take-over", "-c", gateway.configuration],
                             capture_output=True, text=True, timeout=60)
        assert run.returncode == 2 and name in run.stderr, (name, run.stderr)
        file.unlink(missing_ok=True)
        file.touch(0o600)
        file.write_bytes(kept)
    assert gateway.lines("gateway.handing-over", 0) == []
    assert gateway.request("GET", "/a").status == 200


def test_whoever_would_change_the_schema_does_not_ask_for_the_place(with_own_authorities):
    """The one that runs could not go on with what the other one has made of the state."""
    gateway = with_own_authorities
    state = gateway.folder / "state.db"

    def version(number=None) -> int:
        with contextlib.closing(sqlite3.connect(state)) as database:
            if number is not None:
                database.execute(f"PRAGMA user_version = {number}")
            return database.execute("PRAGMA user_version").fetchone()[0]

    newest = version()
    version(newest - 1)
    run = subprocess.run([binary(), "run", "--take-over", "-c", gateway.configuration],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 2 and f"from schema {newest - 1} to {newest}" in run.stderr, run.stderr
    checked = gateway.command("check", check=False)
    assert "older ones refuse it then" in checked.stderr, checked.stderr
    assert version() == newest - 1
    # Nor does an older program, which could not open it.
    version(newest + 1)
    run = subprocess.run([binary(), "run", "--take-over", "-c", gateway.configuration],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 2 and "written by a newer ocmgate" in run.stderr, run.stderr
    version(newest)
    assert gateway.lines("gateway.handing-over", 0) == []
    assert gateway.lines("gateway.hand-over-failed", 0) == []
    assert gateway.request("GET", "/a").status == 200


def test_one_that_goes_on_needs_none_of_its_files_again(with_own_authorities):
    gateway = with_own_authorities
    next_one = Successor(gateway)
    for name, spoil in SPOILING.items():
        spoil(gateway.folder / name)
    next_one.fail()
    gateway.lines("gateway.started", at_least=2)
    assert gateway.request("GET", "/a", connection=gateway.connect(timeout=60)).status == 200

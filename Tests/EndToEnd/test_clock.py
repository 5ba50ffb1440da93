"""A wall clock that somebody sets while the gateway runs, and before it starts."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from peers import as_json, share
from test_shares import refused

SOURCE = Path(__file__).parents[1] / "Harness" / "clock_offset.c"


class Clock:
    """The wall clock of one gateway, moved by seconds."""

    def __init__(self, file: Path | None = None):
        self.file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        self.seconds = seconds
        if self.file is not None:
            self.file.write_text(f"{seconds}\n")

    def now(self) -> int:
        return int(time.time()) + self.seconds


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    built = tmp_path_factory.mktemp("clock") / "clock_offset.so"
    # Swift's toolchain brings the one, its packages the other.
    compiler = shutil.which("clang") or shutil.which("cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, SOURCE, "-ldl"], check=True)
    return built


@pytest.fixture
def clocked(start, tmp_path, library):
    """Starts a gateway before a backend, with a clock of its own."""
    def before(backend):
        clock = Clock(tmp_path / "offset")
        variables = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(clock.file)}
        gateway = start(backend.url,
                        prepare=lambda gateway: gateway.environment.update(variables))
        return gateway, clock
    return before


@pytest.fixture
def world(legacy, clocked):
    return clocked(legacy("nextcloud")[1])


def signed(peer, clock):
    body = as_json(share(peer))
    return peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json",
                       created=clock.now()), body


@pytest.mark.parametrize("step", [3600, -3600, 400 * 86400])
def test_signatures_are_judged_by_the_clock_as_it_is_and_nothing_is_taken_twice(
        world, peers, step):
    gateway, clock = world
    peer = peers.peers["modern.test"]
    fields, body = signed(peer, clock)
    assert gateway.request("POST", "/ocm/shares", fields, body).status == 201
    clock.set(step)
    # What was of now is not any more.
    refused(gateway.request("POST", "/ocm/shares", *signed(peer, Clock())), 401)
    later, other = signed(peer, clock)
    if step > 0:
        assert gateway.request("POST", "/ocm/shares", later, other).status == 201
        refused(gateway.request("POST", "/ocm/shares", later, other), 401)
    else:
        # Of a time before its state was made the gateway knows nothing, so it takes nothing.
        answer = gateway.request("POST", "/ocm/shares", later, other)
        told = refused(answer, 503, "backend_unavailable")
        assert 0 < int(answer.get("retry-after")) <= 3600
        assert "nothing is known" in gateway.decision(told["decision"])["detail"]
    # Set right again: what was taken then is still known.
    clock.set(0)
    refused(gateway.request("POST", "/ocm/shares", fields, body), 401)
    assert gateway.request("POST", "/ocm/shares", *signed(peer, clock)).status == 201


def test_a_clock_that_is_behind_at_the_start_opens_no_replay(world, peers):
    gateway, clock = world
    peer = peers.peers["modern.test"]
    fields, body = signed(peer, clock)
    assert gateway.request("POST", "/ocm/shares", fields, body).status == 201
    assert gateway.stop() == 0
    clock.set(-200)
    gateway.start()
    refused(gateway.request("POST", "/ocm/shares", fields, body), 401)
    clock.set(0)
    refused(gateway.request("POST", "/ocm/shares", fields, body), 401)


def test_a_token_of_a_clock_that_was_ahead_ends_when_it_is_set_right(holding, clocked, peers):
    _, backend, secret = holding()
    gateway, clock = clocked(backend)
    peer = peers.peers["modern.test"]

    def exchanged() -> str:
        response = gateway.exchange(peer, secret, created=clock.now())
        assert response.status == 200
        return json.loads(response.body)["access_token"]

    def read(token: str):
        return gateway.dav("GET", "/public.php/webdav/notes.txt", token)

    clock.set(3600)
    token = exchanged()
    assert read(token).status == 200
    clock.set(0)
    assert read(token).status == 401
    assert read(exchanged()).status == 200

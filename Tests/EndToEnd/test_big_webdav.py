"""Real WebDAV clients against a real WebDAV server, with and without the gateway in between."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import threading

import pytest

from dav import PREFIX, DavServer, Forwarder
from wire import Connection, read_head

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def world(tmp_path_factory, start, evidence):
    folder = tmp_path_factory.mktemp("dav")
    secret = evidence.secret()
    server = DavServer(folder, secret)
    gateway = start(server.url, ttl="1h", configuration="[limits]\nrequests_per_connection = 100000\n")
    yield gateway, server, secret
    server.stop()


@pytest.fixture
def through(world, peers):
    """A forwarder to the gateway, with a token."""
    gateway, _, secret = world
    token = gateway.token(peers.peers["modern.test"], secret)
    forwarder = Forwarder(gateway.connect, "https://cloud.test", f"Bearer {token}")
    yield forwarder
    forwarder.stop()


@pytest.fixture
def directly(world):
    """The same forwarder straight to the server, with the secret."""
    _, server, secret = world
    value = base64.b64encode(f"{secret}:".encode()).decode()
    forwarder = Forwarder(lambda: Connection(("127.0.0.1", server.port)),
                          server.url, f"Basic {value}")
    yield forwarder
    forwarder.stop()


def litmus(forwarder: Forwarder, folder) -> dict[str, str]:
    """Each case with its result: `pass`, `FAIL`, `SKIPPED` or `WARNING`."""
    if shutil.which("litmus") is None:
        pytest.fail("litmus is not installed")
    run = subprocess.run(
        ["litmus", "-k", f"{forwarder.url}{PREFIX}/"], cwd=folder, capture_output=True,
        text=True, timeout=300, stdin=subprocess.DEVNULL,
    )
    results, suite = {}, ""
    for line in run.stdout.replace("\r", "\n").splitlines():
        if match := re.match(r"-> running `(\w+)'", line):
            suite = match[1]
        match = re.match(r"\s*\d+\. (\w+)\.+ (pass|FAIL|SKIPPED|WARNING)", line)
        if match:
            results[f"{suite}.{match[1]}"] = match[2]
    assert len(results) > 50, run.stdout + run.stderr
    return results


def test_litmus_passes_as_many_cases_through_the_gateway_as_directly(
        through, directly, tmp_path):
    plain = litmus(directly, tmp_path)
    # A server that can little would compare well.
    assert sum(value == "pass" for value in plain.values()) > 70, plain
    gated = litmus(through, tmp_path)
    worse = {case: (plain[case], gated.get(case)) for case in plain
             if plain[case] == "pass" and gated.get(case) != "pass"}
    assert worse == {}
    print(f"{sum(value == 'pass' for value in gated.values())} of {len(gated)} cases pass")


def test_rclone_copies_a_tree_there_and_back(through, tmp_path):
    if shutil.which("rclone") is None:
        pytest.fail("rclone is not installed")
    tree, back = tmp_path / "tree", tmp_path / "back"
    names = ["a.txt", "empty", "with space.txt", "ümläut/é.bin", "deep/er/and/deeper.bin",
             "per%cent.txt", "plus+and&.txt", "deep/#hash.txt"]
    for number, name in enumerate(names):
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"" if name == "empty" else os.urandom(1 + number * 90_001))
    base = ["rclone", "--config", "/dev/null", "--webdav-url", f"{through.url}{PREFIX}",
            "--webdav-vendor", "other", "--retries", "1", "--low-level-retries", "1"]
    for arguments in (["copy", str(tree), ":webdav:copied"],
                      ["copy", ":webdav:copied", str(back)],
                      ["check", "--download", str(tree), ":webdav:copied"]):
        run = subprocess.run(base + arguments, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
    for name in names:
        assert (back / name).read_bytes() == (tree / name).read_bytes(), name


GIB = 1 << 30
BLOCK = bytes(range(256)) * 4096  # 1 MiB


def test_a_file_of_one_gib_streams_both_ways_in_little_memory(world, peers):
    gateway, server, secret = world
    token = gateway.token(peers.peers["modern.test"], secret)
    sent = hashlib.sha256()
    head = (f"PUT {PREFIX}/large.bin HTTP/1.1\r\nHost: cloud.test\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {GIB}\r\n\r\n").encode()
    with gateway.connect(timeout=120) as connection:
        connection.send(head)
        for number in range(GIB // len(BLOCK)):
            block = number.to_bytes(8, "big") + BLOCK[8:]
            sent.update(block)
            connection.send(block)
        assert connection.receive("PUT").status == 201
    assert (server.folder / "large.bin").stat().st_size == GIB

    got, length = hashlib.sha256(), 0
    with gateway.connect(timeout=120) as connection:
        connection.send((f"GET {PREFIX}/large.bin HTTP/1.1\r\nHost: cloud.test\r\n"
                         f"Authorization: Bearer {token}\r\n\r\n").encode())
        start, _, _ = read_head(connection.reader)
        assert " 200 " in start
        while length < GIB:
            piece = connection.reader.read(min(1 << 20, GIB - length))
            assert piece
            got.update(piece)
            length += len(piece)
    assert got.digest() == sent.digest()
    (server.folder / "large.bin").unlink()
    assert gateway.memory() < 64 << 20, f"{gateway.memory() >> 20} MiB"


def test_a_slow_reader_does_not_fill_the_memory(world, peers):
    """Back-pressure: what a client does not take stays with the server."""
    gateway, server, secret = world
    (server.folder / "slow.bin").write_bytes(BLOCK * 128)
    token = gateway.token(peers.peers["modern.test"], secret)
    stalled = []
    for _ in range(4):
        connection = gateway.connect(timeout=30)
        connection.send((f"GET {PREFIX}/slow.bin HTTP/1.1\r\nHost: cloud.test\r\n"
                         f"Authorization: Bearer {token}\r\n\r\n").encode())
        stalled.append(connection)
    try:
        for connection in stalled:
            start, _, _ = read_head(connection.reader)
            assert " 200 " in start
        threading.Event().wait(3)
        grown = gateway.memory("VmRSS")
    finally:
        for connection in stalled:
            connection.close()
    (server.folder / "slow.bin").unlink()
    assert grown < 64 << 20, f"{grown >> 20} MiB"

"""Under a service manager: sockets that it opens, notices that it gets; ends that cost nobody anything."""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from clients import Clients
from gateway import binary, replace
from listener import Listener
from origin import reset
from peers import as_json, share
from wire import Closed, Connection, compose, read_request

# What systemd does before the program: descriptor 3 is the socket, and its environment says so.
ACTIVATED = 'exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'

# How an answer that was cut off ends.
CUT = (Closed, ConnectionError, ssl.SSLError)


def activated(gateway, listening: socket.socket, place: str = "port"):
    """Gives the gateway a socket in the place of the one that it would open."""
    port = listening.getsockname()[1]
    gateway.configuration.write_text(gateway.configuration.read_text().replace(
        f"127.0.0.1:{getattr(gateway, place)}", f"127.0.0.1:{port}"))
    setattr(gateway, place, port)
    gateway.wrapper = ["bash", "-c", ACTIVATED, "bash", str(listening.fileno())]
    gateway.inherited = (listening.fileno(),)


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        yield server


class Manager:
    """Takes the notices of a service."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(20)
        self.path = str(path)

    def next(self) -> dict:
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())


def test_the_manager_is_told_what_the_gateway_does(start, backend, tmp_path):
    manager = Manager(tmp_path / "notify")
    gateway = start(backend.url,
                    lambda made: made.environment.update(NOTIFY_SOCKET=manager.path))
    first = manager.next()
    assert first.keys() == {"READY", "STATUS"} and re.fullmatch(r"policy [0-9a-f]{16}", first["STATUS"]), first
    gateway.process.send_signal(signal.SIGHUP)
    reloading = manager.next()
    assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) > 0
    assert manager.next() == first
    # A file that is seen to have changed is no reload of the manager's, and is told as what it came to.
    policy = gateway.folder / "policy.toml"
    kept = policy.read_bytes()
    replace(policy, kept + b"nonsense = 1\n")
    told = manager.next()
    assert told.keys() == {"STATUS"} and told["STATUS"].startswith(f"{first['STATUS']}; another policy refused since 2")
    assert "policy.toml:" in told["STATUS"], told
    replace(policy, kept)
    assert manager.next() == {"STATUS": first["STATUS"]}
    assert gateway.stop() == 0
    stopping = manager.next()
    assert stopping["STOPPING"] == "1" and int(stopping["EXTEND_TIMEOUT_USEC"]) > 30_000_000


def test_the_manager_hears_that_it_lives_until_it_ends(start, backend, tmp_path):
    manager = Manager(tmp_path / "notify")
    gateway = start(backend.url, lambda made: made.environment.update(
        NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="400000"))
    assert "READY" in manager.next()
    began, alive = time.monotonic(), {"WATCHDOG": "1"}
    assert [manager.next() for _ in range(5)] == [alive] * 5
    assert 0.6 < time.monotonic() - began < 10
    assert gateway.stop() == 0
    manager.socket.settimeout(1)
    told = [manager.next()]
    with contextlib.suppress(TimeoutError):
        while True:
            told.append(manager.next())
    assert [notice for notice in told if notice != alive] == [told[-1]] and "STOPPING" in told[-1], told


def test_who_waits_for_another_process_hears_nothing(start, backend, tmp_path):
    manager = Manager(tmp_path / "notify")
    start(backend.url, lambda made: made.environment.update(
        NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="400000", WATCHDOG_PID="1"))
    assert "READY" in manager.next()
    manager.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        manager.next()


def test_a_socket_that_no_listener_has_is_told(start, backend, listening):
    def prepare(gateway):
        port = gateway.port
        activated(gateway, listening)
        gateway.configuration.write_text(gateway.configuration.read_text().replace(
            f"127.0.0.1:{gateway.port}", f"127.0.0.1:{port}"))
        gateway.port = port

    with pytest.raises(AssertionError, match=r"no \[\[listen\]\] and no egress\.listen has this address"):
        start(backend.url, prepare)


def test_restarts_behind_a_socket_of_the_manager_cost_nobody_a_request(start, backend, listening):
    gateway = start(backend.url, lambda made: activated(made, listening))
    clients = Clients(gateway)
    for _ in range(5):
        clients.let(50)
        # Its port is still the manager's while nobody serves.
        assert gateway.stop() == 0
        gateway.start()
    assert clients.end() == []


def test_who_uses_the_way_out_waits_through_a_restart_as_well(start, backend, listening):
    gateway = start(backend.url, lambda made: activated(made, listening, "egress_port"), egress="")
    assert gateway.stop() == 0
    with socket.create_connection(("127.0.0.1", gateway.egress_port), timeout=20) as client:
        client.sendall(b"CONNECT nobody.test:443 HTTP/1.1\r\nHost: nobody.test:443\r\n\r\n")
        gateway.start()
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")


class SlowBackend(Listener):
    """Sends half of an answer, and the rest when it is told."""

    def __init__(self):
        self.release = threading.Event()
        super().__init__()

    def _serve(self, connection, number):
        with connection, connection.makefile("rb") as reader:
            try:
                while True:
                    if read_request(reader).target != "/big":
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        continue
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 1000)
                    self.release.wait(60)
                    connection.sendall(b"y" * 1000)
            except (Closed, OSError):
                pass


@pytest.fixture
def slow(start):
    server = SlowBackend()
    yield start(server.url), server.release
    server.release.set()
    server.stop()


def begin(gateway) -> Connection:
    connection = gateway.connect()
    connection.send(b"GET /big HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
    assert connection.reader.peek(1)[:1] == b"H"
    return connection


def asked(gateway, *arguments) -> subprocess.Popen:
    return subprocess.Popen([binary(), *arguments, "-c", gateway.configuration],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def refuses(gateway) -> bool:
    try:
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True


def test_drain_lets_what_is_under_way_end(slow):
    gateway, release = slow
    download = begin(gateway)
    command = asked(gateway, "drain")
    gateway.lines("gateway.stopping")
    deadline = time.monotonic() + 10
    while not refuses(gateway):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert command.poll() is None
    release.set()
    assert download.receive().body == b"x" * 1000 + b"y" * 1000
    download.close()
    out, err = command.communicate(timeout=30)
    assert command.returncode == 0 and out.startswith("ended after"), (out, err)
    assert gateway.process.wait(10) == 0


def test_orders_are_heard_while_it_drains_and_stop_shortens_it(slow):
    gateway, _ = slow
    download = begin(gateway)
    command = asked(gateway, "drain")
    gateway.lines("gateway.stopping")
    heard = gateway.command("peer", "forget", "nobody.test", check=False)
    assert heard.returncode == 1 and "nothing was known of nobody.test" in heard.stderr
    began = time.monotonic()
    assert gateway.command("stop", "--limit", "1").stdout.startswith("ended after")
    assert 0.5 < time.monotonic() - began < 15
    assert gateway.process.wait(10) == 0
    download.close()
    command.communicate(timeout=30)
    assert command.returncode == 0


def test_a_signal_while_it_drains_cuts_nothing_at_once_and_a_second_one_does(slow):
    gateway, release = slow
    download = begin(gateway)
    command = asked(gateway, "drain")
    gateway.lines("gateway.stopping")
    gateway.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        gateway.process.wait(2)
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(10) == 0
    with pytest.raises(CUT):
        download.receive()
    command.communicate(timeout=30)


@pytest.mark.parametrize("named", [True, False])
def test_the_journal_of_the_system_is_told_what_to_file_each_line_under(start, backend, named):
    """Only where the manager reads the log itself: a pipe to something else gets lines of JSON."""
    gateway = start(backend.url)
    assert gateway.stop() == 0
    read, written = socket.socketpair()
    with read, written:
        status = os.fstat(written.fileno())
        name = f"{status.st_dev}:{status.st_ino + (0 if named else 1)}"
        process = subprocess.Popen([binary(), "run", "-c", gateway.configuration], stderr=written,
                                   env=os.environ | {"JOURNAL_STREAM": name})
        written.close()
        with read.makefile("r") as lines:
            for line in lines:
                assert line.startswith("<") == named, line
                if "gateway.started" in line:
                    assert line[:3] in ("<6>", "<5>") or not named
                    break
            process.terminate()
            assert process.wait(20) == 0


def test_the_journal_of_the_system_is_told_that_a_start_failed(start, backend, listening):
    gateway = start(backend.url)
    assert gateway.stop() == 0
    gateway.configuration.write_text(gateway.configuration.read_text().replace(
        f"127.0.0.1:{gateway.port}", "127.0.0.1:{}".format(listening.getsockname()[1])))
    read, written = socket.socketpair()
    with read, written:
        status = os.fstat(written.fileno())
        process = subprocess.Popen(
            [binary(), "run", "-c", gateway.configuration], stderr=written,
            env=os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        written.close()
        with read.makefile("r") as lines:
            told = list(lines)
        assert process.wait(20) == 2
        reason = [line for line in told if line.startswith("<3>")]
        assert reason and all(line.startswith("<") for line in told), told


def test_a_second_signal_ends_it_at_once_and_a_storm_of_reloads_does_not_delay_the_first(slow):
    gateway, _ = slow
    download = begin(gateway)
    for _ in range(200):
        gateway.process.send_signal(signal.SIGHUP)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.lines("gateway.stopping")
    assert len(gateway.lines("configuration.taken", 0)) < 100
    assert gateway.process.poll() is None
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(10) == 0
    with pytest.raises(CUT):
        download.receive()


# Who starts it has a signal blocked, and sends it before the program can have said that it wants it.
EARLY = """
import os, signal, sys
number = int(sys.argv[1])
signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, [number])
os.kill(os.getpid(), number)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_sigquit_ends_it_as_the_others_do(slow):
    """And shows nothing of its memory, as the runtime would by itself."""
    gateway, _ = slow
    gateway.process.send_signal(signal.SIGQUIT)
    assert gateway.process.wait(30) == 0
    assert "gateway.stopped" in gateway.log() and "acktrac" not in gateway.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_was_there_before_the_gateway_is_heard(slow, number):
    gateway, _ = slow
    assert gateway.stop() == 0
    early = subprocess.Popen(
        [sys.executable, "-c", EARLY, str(int(number)), binary(), "run", "-c", gateway.configuration],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        early.wait(30)
    except subprocess.TimeoutExpired:
        early.kill()
        pytest.fail("it goes on: " + early.communicate()[0])
    # By its own end, or before it had begun.
    assert early.returncode in (0, -number), early.communicate()[0]


def test_stop_has_a_limit(slow):
    gateway, _ = slow
    download = begin(gateway)
    run = gateway.command("stop", "--limit", "1", "--json")
    assert '"ended":true' in run.stdout.replace(" ", "")
    assert gateway.process.wait(10) == 0
    # What was cut off does not look whole.
    with pytest.raises(CUT):
        download.receive()
    again = gateway.command("stop", check=False)
    assert again.returncode == 2 and "no gateway uses this state" in again.stderr


def test_a_gateway_takes_the_place_of_another_and_nobody_notices(slow):
    """Requests go on without a failure, and downloads end where they began."""
    gateway, release = slow
    clients, downloads, former = Clients(gateway), [], []
    for _ in range(4):
        clients.let(50)
        downloads.append(begin(gateway))
        former.append(gateway.process)
        gateway.arguments = ["--take-over"]
        gateway.start()
    clients.let(50)
    assert clients.end() == []
    # All of them are there until their downloads are over.
    assert [process.poll() for process in former] == [None] * 4
    release.set()
    for download in downloads:
        assert download.receive().body == b"x" * 1000 + b"y" * 1000
        # Whoever has handed over knows nothing of what came since, and answers nothing more.
        with contextlib.suppress(OSError):
            download.send(b"GET /quick HTTP/1.1\r\nHost: cloud.test\r\n\r\n")
        assert download.is_closed_by_peer()
        download.close()
    assert [process.wait(20) for process in former] == [0] * 4
    gateway.command("check")
    assert gateway.stop() == 0


def test_one_that_fails_to_take_over_leaves_the_other_serving(slow):
    """It fails before it asks, while it opens the journal, at a port, by being killed; or only connects."""
    gateway, release = slow
    download, clients = begin(gateway), Clients(gateway)
    whole = gateway.configuration.read_text()
    attempt = [binary(), "run", "--take-over", "-c", gateway.configuration]

    def fails(text: str, says: str):
        gateway.configuration.write_text(text)
        run = subprocess.run(attempt, capture_output=True, text=True, timeout=60)
        assert run.returncode == 2 and says in run.stderr, run.stderr
        gateway.configuration.write_text(whole)
        clients.let(50)

    assert "policy.toml" in whole
    fails(whole.replace("policy.toml", "none.toml"), "none.toml")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = f'\n[[listen]]\naddress = "127.0.0.1:{port}"\ntls = "cloud.test"\n'
        fails(whole + more, "another program listens there")
    gateway.lines("gateway.hand-over-failed")
    gateway.lines("gateway.started", at_least=2)
    for _ in range(2):
        count = len(gateway.lines("gateway.handing-over"))
        killed = subprocess.Popen(attempt, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gateway.lines("gateway.handing-over", at_least=count + 1)
        killed.kill()
        killed.wait()
        clients.let(50)
    with socket.socket(socket.AF_UNIX) as only:
        only.connect(str(gateway.folder / "state.db.sockets"))
        clients.let(50)
    assert clients.end() == []
    assert gateway.process.poll() is None
    release.set()
    assert download.receive().body == b"x" * 1000 + b"y" * 1000
    download.close()
    gateway.command("check")


def test_take_overs_that_fail_leave_no_threads_behind(slow):
    gateway, _ = slow
    whole = gateway.configuration.read_text()

    def threads() -> int:
        return len(os.listdir(f"/proc/{gateway.process.pid}/task"))

    with socket.create_server(("127.0.0.1", 0)) as taken:
        more = f'\n[[listen]]\naddress = "127.0.0.1:{taken.getsockname()[1]}"\ntls = "cloud.test"\n'
        gateway.configuration.write_text(whole + more)
        for number in range(5):
            if number == 1:
                before = threads()
            run = subprocess.run([binary(), "run", "--take-over", "-c", gateway.configuration],
                                 capture_output=True, timeout=60)
            assert run.returncode == 2
            # The one that served has ended, and another one serves in its process.
            gateway.lines("gateway.stopped", at_least=number + 1)
    gateway.configuration.write_text(whole)
    # Those that the system keeps for a while may differ; resolvers alone have nine for each.
    end = time.monotonic() + 20
    while threads() >= before + 18:
        assert time.monotonic() < end, (before, threads())
        time.sleep(0.1)


class Successor:
    """One that has asked for the place of a gateway, and hangs."""

    def __init__(self, gateway):
        before = len(gateway.lines("gateway.handing-over", 0))
        self.process = subprocess.Popen(
            [binary(), "run", "--take-over", "-c", gateway.configuration],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gateway.lines("gateway.handing-over", at_least=before + 1)
        self.process.send_signal(signal.SIGSTOP)

    def fail(self):
        self.process.kill()
        self.process.wait()


def test_one_that_waits_for_the_next_can_be_ended(slow):
    gateway, _ = slow
    download = begin(gateway)
    next_one = Successor(gateway)
    try:
        # It waits for the one that hangs, and for the answer that it has begun.
        gateway.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(1)
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0
    finally:
        next_one.fail()
        download.close()


def test_after_a_take_over_that_failed_it_goes_on_with_what_it_had_and_ends_in_time(slow):
    """A policy that was broken meanwhile does not keep it from serving, nor an old download from ending."""
    gateway, _ = slow
    download = begin(gateway)
    next_one = Successor(gateway)
    (gateway.folder / "policy.toml").write_text("broken")
    next_one.fail()
    gateway.lines("gateway.started", at_least=2)
    assert gateway.request("GET", "/a").status == 200
    run = gateway.command("stop", "--limit", "1", "--json")
    assert '"ended":true' in run.stdout.replace(" ", "")
    assert gateway.process.wait(10) == 0
    download.close()


def test_without_another_to_take_over_from_it_starts_as_usual(start, backend):
    gateway = start(backend.url, lambda made: made.arguments.append("--take-over"))
    assert gateway.request("GET", "/a").status == 200


def holding_shares_back(server, backend):
    """The server behind answers shares when what is returned is set."""
    goes_on = threading.Event()

    def script(request):
        if request.target.endswith("/shares"):
            goes_on.wait(30)
        return server.script(request)

    backend.script = script
    return goes_on


def test_a_policy_that_is_changed_during_a_take_over_is_in_force_after_it(start, legacy, peers):
    """The next one has read its files when it begins to wait for what the other one has judged."""
    server, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer, goes_on = peers.peers["modern.test"], holding_shares_back(server, backend)
    told = []
    sender = threading.Thread(
        target=lambda: told.append(gateway.post(peer, "/ocm/shares", share(peer)).status))
    sender.start()
    deadline = time.monotonic() + 15
    while not any(each.target.endswith("/shares") for each in backend.take()):
        assert time.monotonic() < deadline, told
        time.sleep(0.01)
    with open(gateway.folder / "next.log", "wb") as log:
        next_one = subprocess.Popen([binary(), "run", "--take-over", "-c", gateway.configuration],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        gateway.lines("gateway.handing-over")
        policy = gateway.folder / "policy.toml"
        text = policy.read_text()
        assert '"modern.test", ' in text
        replace(policy, text.replace('"modern.test", ', "").encode())
        goes_on.set()
        sender.join()
        assert told == [201]
        end = time.monotonic() + 15
        while "gateway.reloaded" not in (gateway.folder / "next.log").read_text():
            assert time.monotonic() < end, "the change is not seen"
            time.sleep(0.05)
        assert gateway.post(peer, "/ocm/shares", share(peer)).status == 403
    finally:
        goes_on.set()
        next_one.terminate()
        assert next_one.wait(20) == 0


@pytest.mark.parametrize("leaving", ["stop", "take over"])
def test_a_message_whose_client_has_gone_ends_before_the_gateway(start, legacy, peers, leaving):
    """The server behind takes it all the same, and the journal says so."""
    server, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer, goes_on = peers.peers["modern.test"], holding_shares_back(server, backend)
    body, client = as_json(share(peer)), gateway.connect()
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    client.send(compose("POST /ocm/shares HTTP/1.1", fields, body))
    deadline = time.monotonic() + 15
    while not any(each.target.endswith("/shares") for each in backend.take()):
        assert time.monotonic() < deadline, gateway.log()
        time.sleep(0.01)
    reset(client.socket)
    # The reset is heard, and the end begins, before the server behind has answered.
    time.sleep(0.5)
    threading.Timer(1.5, goes_on.set).start()
    if leaving == "stop":
        assert gateway.stop() == 0
    else:
        former = gateway.process
        gateway.arguments = ["--take-over"]
        gateway.start()
        assert former.wait(20) == 0
    found = gateway.command("journal", "search", "--json", "--kind", "shares").stdout.splitlines()
    assert [(each["action"], each["status"]) for each in map(json.loads, found)] == [("allow", 201)]

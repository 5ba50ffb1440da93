"""A disk that does not answer while the gateway reads its policy again, as a signal asks."""

import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from test_service import Manager
from test_take_over import TakeOver, wait

SOURCE = Path(__file__).parents[1] / "Harness" / "hung_disk.c"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    built = tmp_path_factory.mktemp("disk") / "hung_disk.so"
    # Swift's toolchain brings the one, its packages the other.
    compiler = shutil.which("clang") or shutil.which("cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, SOURCE, "-ldl"], check=True)
    return built


@pytest.fixture
def hung(start, backend, tmp_path, library):
    """A gateway that reads its policy again and does not get it, and what lets the disk answer."""
    flag = tmp_path / "hung"
    variables = {"LD_PRELOAD": str(library), "HUNG_NAME": "policy.toml", "HUNG_WHILE": str(flag)}
    gateway = start(backend.url, lambda made: made.environment.update(variables))
    flag.touch()
    gateway.process.send_signal(signal.SIGHUP)
    wait(Path(f"{flag}.waits").exists, gateway.log)
    yield gateway, flag.unlink
    flag.unlink(missing_ok=True)


@pytest.mark.parametrize("way", ["signal", "command"])
def test_an_end_does_not_wait_for_it(hung, way):
    gateway, _ = hung
    assert gateway.request("GET", "/a").status == 200
    if way == "signal":
        gateway.process.send_signal(signal.SIGTERM)
    else:
        gateway.command("stop")
    assert gateway.process.wait(25) == 0
    gateway.process = None


def test_nor_does_a_take_over(hung):
    gateway, _ = hung
    successor = TakeOver(gateway, "successor")
    wait(successor.serves, successor.log.read_text)
    assert gateway.process.wait(60) == 0
    gateway.process = successor.process
    assert gateway.request("GET", "/a").status == 200


def test_a_command_that_has_files_read_can_take_it_back(hung):
    gateway, release = hung
    keys = sorted((gateway.folder / "keys").iterdir())
    run = gateway.command("key", "new", check=False)
    assert run.returncode != 0 and "may still be reading files" in run.stderr, run.stderr
    release()
    gateway.lines("configuration.taken")
    gateway.command("reload")
    assert sorted((gateway.folder / "keys").iterdir()) == keys


def test_all_signals_meanwhile_are_one_more(hung):
    gateway, release = hung
    for _ in range(20):
        gateway.process.send_signal(signal.SIGHUP)
    # An order that reads no files is carried out meanwhile; by then all of them have come.
    heard = gateway.command("peer", "forget", "nobody.test", check=False)
    assert "nothing was known of nobody.test" in heard.stderr
    assert gateway.lines("configuration.taken", 0) == []
    release()
    gateway.lines("configuration.taken", 2)
    # It would wait for one more of them.
    gateway.command("reload")
    assert len(gateway.lines("configuration.taken", 3)) == 3


def test_a_start_that_takes_long_says_what_it_does(start, backend, tmp_path, library):
    """The service manager would end it, and the next one would take as long."""
    flag, manager = tmp_path / "hung", Manager(tmp_path / "notify")
    variables = {"LD_PRELOAD": str(library), "HUNG_NAME": ".mark", "HUNG_WHILE": str(flag),
                 "NOTIFY_SOCKET": manager.path}
    gateway = start(backend.url, lambda made: made.environment.update(variables))
    assert "READY" in manager.next()
    assert gateway.lines("gateway.starting", 0) == []
    assert gateway.stop() == 0
    assert "STOPPING" in manager.next()
    flag.touch()
    threading.Timer(8, flag.unlink).start()
    gateway.start()
    told = manager.next()
    assert told["STATUS"].startswith("checks the state"), told
    assert told["EXTEND_TIMEOUT_USEC"] == "60000000"
    assert "READY" in manager.next()
    [line] = gateway.lines("gateway.starting")
    assert line["detail"] == told["STATUS"]

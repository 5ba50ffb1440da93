"""Orders that a command leaves for the gateway that runs."""

import signal
import subprocess
import time

import pytest

from gateway import binary


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_order_is_taken_back_by_who_ends_its_command(start, backend, number):
    """The gateway, which was held up, does not carry it out later."""
    gateway = start(backend.url)
    gateway.add_share("one.test", "7", "SECRET0PERMANENT")
    share_id = str(gateway.shares()[0]["id"])
    orders, = gateway.folder.rglob("*.orders")
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        # A shell may have had it ignored for what it runs behind itself.
        command = subprocess.Popen([binary(), "share", "revoke", share_id, "-c", gateway.configuration],
                                   stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
        while command.poll() is None and not list(orders.glob("[!.]*.order")):
            time.sleep(0.01)
        command.send_signal(number)
        assert "taken back" in command.communicate(timeout=20)[1]
        assert command.returncode == 128 + number
        assert list(orders.iterdir()) == []
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    # It looks for orders before it looks for this one.
    gateway.command("reload")
    assert gateway.shares()[0]["state"] == "active"


def test_what_was_begun_is_carried_out_before_another_gateway_takes_over(start, backend):
    gateway = start(backend.url)
    orders, = gateway.folder.rglob("*.orders")
    former, keys = gateway.process, set((gateway.folder / "keys").glob("rsa-*.pem"))
    command = subprocess.Popen([binary(), "key", "new", "--kind", "rsa", "-c", gateway.configuration],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while command.poll() is None and not list(orders.glob("*.taken")):
        time.sleep(0.001)
    gateway.arguments = ["--take-over"]
    gateway.start()
    problem = command.communicate(timeout=60)[1]
    assert command.returncode == 0, problem
    assert former.wait(20) == 0
    assert len(set((gateway.folder / "keys").glob("rsa-*.pem")) - keys) == 1

"""The demonstration tells programs the truth: what it says of each step is what the gateway did."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gateway import binary

# What is met, step by step: of peers and one gateway, of two gateways (both ways), of a gateway and a
# strict server (both ways); None where nobody is answered.
ALONE = [200, 200, 201, 201, 201, 403, 401, 401, 201, 401, 403, 200, 200, 204, 200, 403, 401]
TO_OWNCLOUD = [201, 201, 200, 204, 201, 503]
TO_NEXTCLOUD = [201, 201, 200, 204, 201, 403]
FROM_STRICT, TO_STRICT = [201, 201, 200, 204, 201], [201, 201, 200, 200, 204, 201, 401]
WAYS = {"nextcloud": TO_OWNCLOUD + TO_NEXTCLOUD, "owncloud10": TO_NEXTCLOUD + TO_OWNCLOUD}
ACTIONS = {200: "allow", 201: "allow", 401: "deny", 403: "deny"}


@pytest.mark.parametrize("backend", ["nextcloud", "owncloud10"])
def test_every_step_of_the_demo_is_as_expected(backend):
    run = subprocess.run([binary(), "demo", "--json", "--backend", backend], timeout=120,
                         capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (run.returncode, run.stderr) == (0, ""), (run.stdout[-2000:], run.stderr)
    assert run.stdout.count("\n") == 1, "one document on one line"
    told = json.loads(run.stdout)
    assert told["ok"] is True
    steps = told["steps"]
    met = ALONE + WAYS[backend] + FROM_STRICT + TO_STRICT + [None]
    assert [step["status"] for step in steps] == met
    assert len({step["step"] for step in steps}) == len(steps)
    for step in steps:
        assert step["ok"] is True and step["complaints"] == []
        assert step["lines"] and all(set(line) == {"who", "what"} for line in step["lines"])
        if decision := step["decision"]:
            assert decision["status"] == step["status"]
            assert len(decision["decision"]) == 16
            if decision["message"] == "ocm.decision":
                assert decision["action"] == ACTIONS[step["status"]] and decision["by"]
            else:
                assert decision["message"] == "data.refused" and decision["code"]
            assert any(line["who"].startswith("gateway") and f"status={step['status']}" in line["what"]
                       for line in step["lines"])
    decided = [step["decision"]["decision"] for step in steps if step["decision"]]
    assert len(set(decided)) == len(decided) >= 25


def test_a_demo_of_an_unknown_backend_is_refused():
    run = subprocess.run([binary(), "demo", "--backend", "gopher"], timeout=60,
                         capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode != 0 and run.stdout == ""
    assert "nextcloud" in run.stderr and "owncloud10" in run.stderr


def children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


@pytest.mark.parametrize("number, waits", [
    (signal.SIGTERM, True), (signal.SIGINT, True), (signal.SIGTERM, False)])
def test_who_ends_the_command_ends_the_demo(number, waits, tmp_path):
    """While it waits, and in the middle of the story: no gateway goes on, nothing is left behind."""
    command = subprocess.Popen([binary(), "demo", "--keep"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=os.environ | {"TMPDIR": str(tmp_path)})
    try:
        said = ""
        while waits and "Ctrl-C" not in said and (line := command.stdout.readline()):
            said += line
        deadline = time.monotonic() + 20
        while not (demos := children(command.pid)) or len(gateways := children(demos[0])) < 2:
            assert time.monotonic() < deadline, said
            time.sleep(0.02)
        (demo,) = demos
        assert Path(f"/proc/{demo}/exe").resolve().name == "ocmgate-demo"
        command.send_signal(number)
        command.communicate(timeout=30)
        assert list(tmp_path.iterdir()) == []
        # Whoever has ended is there until its parent, or that one's, has heard of it.
        deadline = time.monotonic() + 20
        while any(Path(f"/proc/{each}").exists() for each in (demo, *gateways)):
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
    finally:
        if command.poll() is None:
            command.kill()

"""The program as operators call it, and an installation that it made."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from gateway import binary


def ocmgate(*arguments, cwd=None, stdin="", env=None, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(binary().resolve()), *map(str, arguments)], cwd=cwd, input=stdin, text=True,
        capture_output=True, timeout=60, env={**os.environ, **(env or {})}, **more,
    )


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def listing(folder: Path) -> dict:
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_mode)
            for path in sorted(folder.rglob("*"))}


def serve(folder: Path, while_running, *arguments) -> tuple[int, list[dict]]:
    """Runs the gateway until it listens, then ends it as systemd would; its code and log lines."""
    log = folder / "run.log"
    with log.open("w") as stderr:
        process = subprocess.Popen([str(binary().resolve()), "run", *arguments], cwd=folder,
                                   stdout=stderr, stderr=stderr, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while "gateway.started" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"it did not start: {process.wait()}\n{log.read_text()}")
        time.sleep(0.02)
    try:
        while_running(process)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
    text = log.read_text()
    assert code == 0, text
    log.unlink()
    return code, [json.loads(line) for line in text.splitlines()]


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, (file, old)
    file.write_text(text.replace(old, new))


def wait_for(message: str, folder: Path) -> None:
    log = folder / "run.log"
    deadline = time.monotonic() + 10
    while message not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)

"""What commands do where their output cannot be written, or their input read."""

import json
import os
import subprocess

import pytest

from gateway import binary
from commandline import ocmgate

FULL = "standard output: No space left on device"


def into_full(*arguments, cwd=None, stream="stdout", **more) -> subprocess.CompletedProcess:
    """A command, one of whose streams is a disk that has no room."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with open("/dev/full", "w") as full:
        return subprocess.run([str(binary().resolve()), *arguments], cwd=cwd, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, **(streams | {stream: full}), **more)


@pytest.mark.parametrize("command", [
    "version", "version --json", "--help", "--version", "check --json", "config show",
    "config schema", "policy english", "policy fmt policy.toml", "key list", "key export",
    "share list --json", "journal export --format csv", "list export partners --format json",
])
def test_output_that_cannot_be_written_is_no_success(command, installation):  # noqa: F811
    arguments = command.split()
    assert ocmgate(*arguments, cwd=installation).stdout
    run = into_full(*arguments, cwd=installation)
    assert run.returncode == 2 and FULL in run.stderr, run


def test_a_command_that_says_nothing_needs_no_output(installation):  # noqa: F811
    run = into_full("policy", "fmt", "--check", "policy.toml", cwd=installation)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_code_that_could_not_be_told_is_said_to_be_lost(fresh):  # noqa: F811
    (fresh / "secret").write_text("a-secret\n")
    add = ["share", "add", "--peer", "p.test", "--provider-id", "7", "--secret-file", "secret"]
    run = into_full(*add, cwd=fresh)
    assert run.returncode == 2 and FULL in run.stderr
    assert "share 1 is lost: ocmgate share revoke 1" in run.stderr
    assert ocmgate("share", "revoke", "1", cwd=fresh).returncode == 0
    again = ocmgate(*add, "--json", cwd=fresh)
    assert again.returncode == 0 and json.loads(again.stdout)["code"], again


def test_output_that_nobody_reads_any_more_ends_a_command(tmp_path):
    """Also where the signal of it is ignored, as some that start programs leave it."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        # Python ignores SIGPIPE; its children do, too, unless it is restored for them.
        run = subprocess.run([str(binary().resolve()), "version"], stdout=gone, text=True, timeout=60,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, restore_signals=False)
    assert run.returncode == 2 and "standard output: Broken pipe" in run.stderr, run


@pytest.mark.parametrize("command, code", [
    ("check -c /nonexistent/config.toml", 2), ("policy fmt --nonsense", 2), ("check", 1)])
def test_what_cannot_be_said_on_standard_error_ends_nothing(command, code, tmp_path):
    (tmp_path / "config.toml").write_text("version = 1\n")
    run = into_full(*command.split(), cwd=tmp_path, stream="stderr")
    assert run.returncode == code, run


def test_standard_input_that_cannot_be_read_is_an_error(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        run = subprocess.run([str(binary().resolve()), "policy", "english", "-"], stdin=folder,
                             capture_output=True, text=True, timeout=60)
    finally:
        os.close(folder)
    assert run.returncode == 2 and "stdin: this cannot be read as a file" in run.stderr, run


@pytest.mark.parametrize("columns", ["-1", "0", "1", "26", "39", "200"])
def test_help_is_shown_however_narrow_the_terminal_is(columns):
    run = ocmgate("journal", "search", "--help", env={"COLUMNS": columns})
    assert run.returncode == 0 and "--since" in run.stdout, run

"""Every command through the real binary: what it says, what it leaves alone, its exit codes."""

import json
import os

import pytest

from commandline import listing, ocmgate, replace, serve
from gateway import binary

COMMANDS = [
    "run", "check", "init", "demo", "version", "discover", "key list", "key new", "key stage",
    "key activate", "key retire", "key export", "sig verify", "sig sign", "sig base", "sig explain",
    "policy test", "policy explain", "policy prove", "policy diff", "policy fmt", "policy english",
    "config show", "config schema", "token inspect", "token revoke", "share list", "share show",
    "share add", "share revoke",
    "peer forget", "peer probe", "list show", "list update", "list diff", "list verify",
    "list import", "list export",
    "list apply", "reload", "drain", "stop", "peer list", "peer show", "peer pin", "peer hold list",
    "peer hold approve", "peer hold refuse", "journal tail", "journal search", "journal show",
    "journal verify", "journal export", "journal erase", "explain", "policy replay",
    "policy suggest",
]
LATER = [
    "status", "token list", "probe https://a.test", "doctor",
    "top", "completion",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_json_and_a_help_that_says_something(command):
    run = ocmgate(*command.split(), "--help")
    assert run.returncode == 0, run.stderr
    assert "OVERVIEW" in run.stdout and "--json" in run.stdout


@pytest.mark.parametrize("command", LATER)
def test_a_command_of_a_later_version_says_so(command):
    run = ocmgate(*command.split())
    assert run.returncode == 2
    assert "is not available yet" in run.stderr
    assert command.split()[0] in run.stderr


@pytest.mark.parametrize("arguments", [["bogus"], ["check", "--bogus"], ["key"], ["discover"],
                                       ["init", "netxcloud"], ["policy", "bogus"]])
def test_a_slip_is_exit_code_2_or_help(arguments):
    run = ocmgate(*arguments)
    if arguments == ["key"]:
        assert run.returncode == 0 and "SUBCOMMANDS" in run.stdout
    else:
        assert run.returncode == 2, run
        assert run.stderr.strip() and not run.stdout


def test_programs_get_errors_as_json():
    run = ocmgate("check", "-c", "/nonexistent/config.toml", "--json")
    assert run.returncode == 2
    assert "no such file" in json.loads(run.stdout)["error"]
    assert "/nonexistent/config.toml" in run.stderr
    # Each command in the same form, with the place of each error.
    for command in (["english", "-"], ["explain", "-"], ["diff", "-", "/dev/null"]):
        run = ocmgate("policy", *command, "--json", stdin="version = 2\nname = x\n")
        answer = json.loads(run.stdout)
        assert run.returncode == 2 and "stdin:2:8" in answer["error"]
        [row] = answer["errors"]
        assert (row["file"], row["line"], row["column"]) == ("stdin", 2, 8)
        assert row["remedy"] == 'put a text in straight quotes: "x"'


def test_version():
    text = ocmgate("version").stdout.strip()
    told = json.loads(ocmgate("version", "--json").stdout)
    assert text == (f"ocmgate {told['version']}, schema {told['schema']} "
                    f"(OpenSSL {told['openssl']}, nghttp2 {told['nghttp2']})")
    assert told["openssl"].startswith("3.") and told["nghttp2"].startswith("1."), told
    assert ocmgate("--version").stdout.strip() in text


def test_an_error_says_once_who_tells_it(fresh):
    replace(fresh / "config.toml", 'dir = "state/journal"', 'dir = ""')
    for command in ("journal search", "journal show X", "journal export"):
        run = ocmgate(*command.split(), cwd=fresh)
        assert run.returncode == 2 and run.stderr.startswith("ocmgate: [journal] dir is"), run
    (fresh / "config.toml").unlink()
    for command in ("key export --journal", "journal search"):
        run = ocmgate(*command.split(), "-c", "config.toml", cwd=fresh)
        assert run.returncode == 2 and run.stderr.startswith("config.toml: "), run


def test_a_password_in_a_url_is_never_shown(fresh):
    """Where one cannot stand it is refused, and neither commands nor the log repeat it."""
    text = (fresh / "config.toml").read_text()

    def reload(_):
        # In one step, since the gateway looks at the file by itself, too.
        assert 'url  = "http://' in text
        (fresh / "new.toml").write_text(
            text.replace('url  = "http://', 'url  = "http://admin:hunter2@')
            + '[outbound]\nproxy = "http://user:hunter2@proxy.example:3128"\n')
        (fresh / "new.toml").replace(fresh / "config.toml")
        for command in ("reload", "check", "config show"):
            for form in ([], ["--json"]):
                run = ocmgate(*command.split(), *form, cwd=fresh)
                assert run.returncode in (1, 2), run
                assert "hunter2" not in run.stdout + run.stderr, run
                assert "***@proxy.example" in run.stdout + run.stderr, run

    code, records = serve(fresh, reload)
    assert code == 0 and "hunter2" not in json.dumps(records)
    [kept] = {record["problem"] for record in records if record["message"] == "configuration.kept"}
    assert "a user and password cannot stand here" in kept
    (fresh / "config.toml").write_text(text)
    with (fresh / "policy.toml").open("a") as file:
        file.write('[list.far]\nstanding = "block"\nsource = "http://user:hunter2@list.test/a"\n')
    for command in (["run"], ["check"], ["policy", "test"]):
        run = ocmgate(*command, cwd=fresh)
        assert run.returncode in (1, 2) and "***@list.test" in run.stderr + run.stdout, run
        assert "hunter2" not in run.stdout + run.stderr


def test_what_another_user_may_not_read_is_not_absent(fresh):
    """What is denied is told as denied: no command says that there is nothing."""
    as_other = {}
    if os.geteuid() == 0:
        as_other = {"user": 65534, "group": 65534, "extra_groups": []}
        if not all(folder.stat().st_mode & 1 for folder in binary().resolve().parents):
            pytest.skip("another user cannot reach the binary")
        for folder in (fresh, *fresh.parents):
            if folder.stat().st_mode & 1 == 0:
                folder.chmod(folder.stat().st_mode | 0o055)
    state = fresh / "state"
    try:
        state.chmod(0o700 if as_other else 0)
        run = ocmgate("check", "-c", state / "config.toml", cwd=fresh, **as_other)
        assert run.returncode == 2, run
        assert f"cannot be looked at: this user may not enter {state}; see who may: ls -ld {state}" in run.stderr, run
        for command in ("key list", "key export", "share list", "share show 1", "share revoke 1",
                        "peer hold list"):
            run = ocmgate(*command.split(), cwd=fresh, **as_other)
            assert run.returncode == 2 and ("may not enter" in run.stderr or "Permission denied" in run.stderr), (
                command, run)
        run = ocmgate("check", cwd=fresh, **as_other)
        assert run.returncode == 0, run
        assert "is not there" not in run.stderr and "cannot be read" not in run.stderr, run.stderr
        for name in ("tls/cert.pem", "keys", "state.db", "seal.key", "journal"):
            told = [line for line in run.stderr.splitlines() if f"state/{name}: was not checked" in line]
            assert len(told) == 1, (name, run.stderr)
        if as_other:
            # Who owns the state runs the gateway: what that one may not read keeps it from starting.
            os.chown(state, 65534, 65534)
            run = ocmgate("check", cwd=fresh, **as_other)
            assert run.returncode == 1, run
            for name in ("state.db", "seal.key"):
                assert f"state/{name}: this user, whose the state is, may not read it; chown " in run.stderr, run
            # To own a file in a folder of root's alone, as certbot has it, would not help.
            assert (f"state/tls/cert.pem: this user, whose the state is, may not read it: it may not enter "
                    f"{state}/tls; see who may: ls -ld {state}/tls; of a certificate a hook") in run.stderr, run
            run = ocmgate("run", cwd=fresh, **as_other)
            assert run.returncode == 2, run
            assert f"state/tls/cert.pem: cannot be read: this user may not enter {state}/tls; see" in run.stderr, run
    finally:
        state.chmod(0o700)


def test_before_the_first_start_commands_say_that_there_was_none(tmp_path):
    ocmgate("init", "--origin", "https://cloud.test", "--listen", "127.0.0.1:9", cwd=tmp_path)
    for command in ("stop", "drain", "reload"):
        run = ocmgate(command, cwd=tmp_path)
        assert run.returncode == 2 and "no gateway runs here" in run.stderr, run
        assert "if state.url was changed while one runs" in run.stderr, run
    for command in ("share list", "share revoke 1", "token revoke 1", "peer hold list", "list update",
                    "journal tail", "journal search", "journal show x", "journal verify"):
        run = ocmgate(*command.split(), cwd=tmp_path)
        assert run.returncode == 2, (command, run)
        assert "is not there; the gateway makes it at its first start" in run.stderr, (command, run)


def test_a_list_that_the_gateway_has_not_read_yet_is_told_as_that(fresh):
    replace(fresh / "config.toml", 'file = "policy.toml"', 'file = "policy.toml"\nreload = "signal"')

    def update(_):
        with (fresh / "policy.toml").open("a") as file:
            file.write('[list.far]\nstanding = "block"\nsource = "https://list.test/a"\n')
        run = ocmgate("list", "update", cwd=fresh)
        assert run.returncode == 1 and "ocmgate reload" in run.stderr, run
        assert "no list is downloaded" not in run.stdout
        run = ocmgate("list", "update", "--json", cwd=fresh)
        assert run.returncode == 1 and json.loads(run.stdout)["needs_reload"] is True, run
        run = ocmgate("list", "update", "far", cwd=fresh)
        assert run.returncode == 2 and "ocmgate reload" in run.stderr, run

    assert serve(fresh, update)[0] == 0


def test_commands_that_look_change_nothing(tmp_path):
    """On an installation that never ran: no key, no state is there, and none comes to be."""
    ocmgate("init", "--origin", "https://cloud.test", "--listen", "127.0.0.1:9", cwd=tmp_path)
    before = listing(tmp_path)
    expected = {
        "check": 0, "key list": 0, "key export": 0, "policy test": 0,
        "policy explain --peer stranger.example": 3, "token inspect abc": 2, "share list": 2,
        "share show 1": 2, "version": 0,
    }
    for command, code in expected.items():
        run = ocmgate(*command.split(), cwd=tmp_path)
        assert run.returncode == code, (command, run)
        assert run.stdout or run.stderr
    assert listing(tmp_path) == before

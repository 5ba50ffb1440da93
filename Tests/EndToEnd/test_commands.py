"""Every command through the real binary: what it says, what it leaves alone, its exit codes."""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gateway import binary
from listener import free_port
from peers import legacy_share

ROOT = Path(__file__).parents[2]
KINDS = ["nextcloud", "owncloud10", "ocis", "opencloud", "cernbox", "seafile", "generic"]
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


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Path:
    """What `init` wrote, with keys and an empty state: it ran once."""
    folder = tmp_path_factory.mktemp("installation")
    made = ocmgate("init", "nextcloud", "--origin", "https://cloud.test",
                   "--listen", f"127.0.0.1:{free_port()}", "--egress", f"127.0.0.1:{free_port()}",
                   cwd=folder)
    assert made.returncode == 0, made.stderr
    serve(folder, lambda process: None)
    return folder


@pytest.fixture
def fresh(installation, tmp_path) -> Path:
    """A copy that a test may spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(installation, folder)
    return folder


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


# Help, slips and what comes later


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
    assert text == f"ocmgate {json.loads(ocmgate('version', '--json').stdout)['version']}"
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


# init, check, run


@pytest.mark.parametrize("kind", KINDS)
def test_day_one(kind, tmp_path):
    """init, then check, then run, as the README has it."""
    egress = f"127.0.0.1:{free_port()}"
    made = ocmgate("init", kind, "--origin", "https://cloud.test",
                   "--listen", f"127.0.0.1:{free_port()}", "--egress", egress, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "To fill in" in made.stdout
    lines = (tmp_path / "backend.txt").read_text()
    assert "cloud.test" in lines
    if kind in ("nextcloud", "owncloud10"):
        for word in ("overwriteprotocol", "overwritehost", "overwrite.cli.url"):
            assert word in lines
        # Nothing that is there already has these numbers, and would be lost.
        for word in ("trusted_proxies", "trusted_domains"):
            assert f"occ config:system:set {word} 90 --value=" in lines
    # With a way out what passes is signed again for those who check themselves.
    assert "ocm_signed_request_disabled" not in lines
    # Its way out, and the authority that it has to believe.
    assert egress in lines and str(tmp_path / "state/egress-ca.pem") in lines
    before = listing(tmp_path)
    checked = ocmgate("check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert f"goes out by the proxy {egress}" in checked.stderr
    assert ("Nextcloud 31 and newer" in checked.stderr) == (kind == "nextcloud")
    assert "self-signed" in checked.stderr
    assert listing(tmp_path) == before
    code, records = serve(tmp_path, lambda process: None)
    assert code == 0
    assert [record["message"] for record in records][-2:] == ["gateway.stopping",
                                                              "gateway.stopped"]
    assert ocmgate("-t", cwd=tmp_path).returncode == 0
    assert (tmp_path / "state/egress-ca.pem").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("kind", ["nextcloud", "owncloud10"])
def test_a_site_without_a_way_out_is_told_what_that_means(kind, tmp_path):
    made = ocmgate("init", kind, "--origin", "https://cloud.test", "--egress", "", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "[egress]" not in (tmp_path / "config.toml").read_text()
    lines = (tmp_path / "backend.txt").read_text()
    assert "proxy --value" not in lines
    assert ("ocm_signed_request_disabled" in lines) == (kind == "nextcloud")
    notes = json.loads(ocmgate("check", "--json", cwd=tmp_path).stdout)["notes"]
    assert any("leaves unsigned" in note for note in notes)
    assert any("ocm_signed_request_disabled" in note for note in notes) == (kind == "nextcloud")


def test_init_overwrites_nothing(fresh):
    before = listing(fresh)
    again = ocmgate("init", cwd=fresh)
    assert again.returncode == 2 and "exists" in again.stderr
    assert listing(fresh) == before


def test_init_says_what_comes_next_in_lines(tmp_path):
    run = ocmgate("init", "nextcloud", "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "\ufffd" not in run.stdout and "\n  2. https://cloud.test" in run.stdout, run.stdout


@pytest.mark.parametrize("kind", ["ocis", "opencloud", "cernbox", "generic"])
def test_init_lets_a_backend_reach_its_own_services_without_the_proxy(kind, tmp_path):
    run = ocmgate("init", kind, "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "backend.txt").read_text().splitlines()
    assert "HTTPS_PROXY=http://127.0.0.1:3128" in lines and "NO_PROXY=localhost,127.0.0.1" in lines


@pytest.mark.parametrize("kind, options, there, absent", [
    ("nextcloud", ["--backend", "http://10.1.2.3:8080"],
     ["occ config:system:set trusted_proxies 90 --value=ADDRESS-OF-THE-GATEWAY",
      "occ config:system:set proxy --value=ADDRESS-OF-THE-GATEWAY:3128"], "=127.0.0.1"),
    ("nextcloud", ["--backend", "http://10.1.2.3:8080", "--egress", "10.1.2.4:3128"],
     ["occ config:system:set proxy --value=10.1.2.4:3128"], "=127.0.0.1"),
    ("owncloud10", ["--egress", "[::]:3128"],
     ["occ config:system:set trusted_proxies 90 --value=127.0.0.1",
      "occ config:system:set proxy --value=ADDRESS-OF-THE-GATEWAY:3128"], "[::]"),
    ("seafile", ["--egress", "0.0.0.0:3128"], ["HTTPS_PROXY=http://ADDRESS-OF-THE-GATEWAY:3128"], "0.0.0.0"),
    ("generic", ["--egress", "unix:/run/out.sock"],
     ["# Give [egress] listen an address and a port."], "HTTPS_PROXY"),
    ("nextcloud", ["--egress", "unix:/run/out.sock"],
     ["# Give [egress] listen an address and a port."], "proxy --value"),
    ("ocis", ["--backend", "unix:/run/ocis.sock"], ["PROXY_TLS=false"], "PROXY_HTTP_ADDR"),
    ("ocis", ["--backend", "https://127.0.0.1:9200"],
     ["PROXY_TLS=true", "PROXY_HTTP_ADDR=127.0.0.1:9200", "HTTPS_PROXY=http://127.0.0.1:3128"], "ADDRESS-OF"),
    ("opencloud", ["--backend", "https://[2001:db8::1]"], ["PROXY_HTTP_ADDR=[2001:db8::1]:443"], "/127.0.0.1"),
])
def test_init_tells_a_backend_elsewhere_and_a_way_out_elsewhere_as_they_are(kind, options, there, absent, tmp_path):
    run = ocmgate("init", kind, "--origin", "https://cloud.test", *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "backend.txt").read_text()
    assert set(there) <= set(lines.splitlines()) and absent not in lines, lines
    assert ("# ADDRESS-OF-THE-GATEWAY is" in lines) == (lines.count("ADDRESS-OF-THE-GATEWAY") > 0)
    if "--egress" in options:
        notes = json.loads(ocmgate("check", "--json", cwd=tmp_path).stdout)["notes"]
        note, = (note for note in notes if "is signed only if" in note)
        assert ("no server uses a unix socket" in note) == ("unix:" in options[-1])
        assert "proxy 0.0.0.0" not in note and "proxy [::]" not in note


def test_init_writes_lines_that_a_shell_takes_and_refuses_an_address(tmp_path):
    run = ocmgate("init", "nextcloud", "--origin", "https://cloud.test", "--dir", "a b", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"cp '{tmp_path}/a b/state/egress-ca.pem' /usr" in run.stdout
    assert "ocmgate check -c 'a b/config.toml'" in run.stdout
    run = ocmgate("init", "--origin", "https://[2001:db8::1]:8443", "--dir", "c", cwd=tmp_path)
    assert run.returncode == 2 and "an address cannot be the origin" in run.stderr
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("arguments", [
    "-t", "-tc config.toml", "-cconfig.toml -t", "-c config.toml -t", "--config config.toml -t",
    "-t -q", "-qt -c config.toml", "-t -c config.toml", "--config=config.toml -t",
])
def test_t_is_check_in_every_form_that_nginx_takes(fresh, arguments):
    run = ocmgate(*arguments.split(), cwd=fresh)
    assert run.returncode == 0 and "config.toml: fine" in run.stdout, run
    run = ocmgate("--json", *arguments.split(), cwd=fresh)
    assert run.returncode == 0 and json.loads(run.stdout)["ok"] is True, run
    # Another command has its own -t, or none.
    run = ocmgate("version", *arguments.split(), cwd=fresh)
    assert run.returncode == 2, run


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
        for command in ("key list", "key export", "share list", "share show 1", "share revoke 1",
                        "peer hold list"):
            run = ocmgate(*command.split(), cwd=fresh, **as_other)
            assert run.returncode == 2 and "Permission denied" in run.stderr, (command, run)
        run = ocmgate("check", cwd=fresh, **as_other)
        assert run.returncode == 0, run
        assert "is not there" not in run.stderr and "cannot be read" not in run.stderr, run.stderr
        for name in ("tls/cert.pem", "keys", "state.db", "seal.key", "journal"):
            told = [line for line in run.stderr.splitlines() if f"state/{name}: was not checked" in line]
            assert len(told) == 1, (name, run.stderr)
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


def test_a_broken_configuration_does_not_keep_commands_from_the_gateway_that_runs(fresh):
    """It goes on with what it had, is asked to read again, says what is wrong, and ends."""
    def while_running(process):
        replace(fresh / "config.toml", 'profile = "bridge"', 'profil = "bridge"')
        reload = ocmgate("reload", cwd=fresh)
        assert reload.returncode == 1, reload.stdout + reload.stderr
        assert 'unknown key "profil"' in reload.stderr and "policy " in reload.stdout
        stop = ocmgate("stop", cwd=fresh)
        assert stop.returncode == 0 and "ended" in stop.stdout, stop.stderr

    code, _ = serve(fresh, while_running)
    assert code == 0
    replace(fresh / "config.toml", "[state]", "[state]\nurrl = 1")
    run = ocmgate("stop", cwd=fresh)
    assert run.returncode == 2 and 'unknown key "urrl"' in run.stderr


@pytest.mark.parametrize("running", [False, True])
def test_a_share_and_its_tokens_are_revoked(fresh, running):
    def revoke(*_):
        (fresh / "secret").write_text("PERMANENT0SECRET\n")
        added = ocmgate("share", "add", "--peer", "p.test", "--provider-id", "1", "--secret-file", "secret",
                        "--json", cwd=fresh)
        number = json.loads(added.stdout)["id"]
        tokens = ocmgate("token", "revoke", number, cwd=fresh)
        assert tokens.returncode == 0 and "tokens of share" in tokens.stdout, tokens.stderr
        assert json.loads(ocmgate("share", "show", number, "--json", cwd=fresh).stdout)["state"] == "active"
        share = ocmgate("share", "revoke", number, "--json", cwd=fresh)
        assert json.loads(share.stdout) == {
            "share": number, "revoked": "share", "opened_by_its_secret": []}, share.stderr
        assert json.loads(ocmgate("share", "show", number, "--json", cwd=fresh).stdout)["state"] == "ended"
        for command, words in [
            (["share", "revoke", number], "is over already"), (["token", "revoke", "99"], "no share 99"),
            (["share", "revoke", "99"], "no share 99"), (["share", "show", "99"], "no share 99"),
        ]:
            again = ocmgate(*command, cwd=fresh)
            assert again.returncode == 1 and words in again.stderr, again.stderr

    if running:
        code, log = serve(fresh, revoke)
        assert code == 0 and [line["kind"] for line in log if line["message"] == "share.revoked"] == [
            "tokens", "share"]
    else:
        revoke()


@pytest.mark.parametrize("option", [["--origin", "http://cloud.test"], ["--origin", "cloud.test"],
                                    ["--origin", "https://cloud.test."],
                                    ["--backend", "nowhere"], ["--listen", "443"],
                                    ["--egress", "3128"]])
def test_init_writes_nothing_that_would_not_load(option, tmp_path):
    run = ocmgate("init", *option, cwd=tmp_path)
    assert run.returncode == 2 and run.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_reads_standard_input(installation):
    text = (installation / "config.toml").read_text()
    assert ocmgate("check", "-c", "-", cwd=installation, stdin=text).returncode == 0
    spoiled = ocmgate("check", "-c", "-", cwd=installation, stdin=text + "\n[bogus]\n")
    assert spoiled.returncode == 1
    assert "stdin:" in spoiled.stderr and 'unknown key "bogus"' in spoiled.stderr


def test_check_tells_places_to_programs(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "brigde"')
    run = ocmgate("check", "--json", cwd=fresh)
    assert run.returncode == 1
    answer = json.loads(run.stdout)
    assert answer["ok"] is False
    assert answer["findings"] == [{
        "file": "config.toml", "line": 4, "column": 11,
        "message": 'unknown profile "brigde"', "remedy": 'did you mean "bridge"?',
    }]


def test_check_and_list_show_tell_what_has_ended(fresh):
    """Tests of a policy have a day of their own, and stay green."""
    policy = fresh / "policy.toml"
    policy.write_text(policy.read_text() + """
[list.temporary]
standing = "allow"
entries  = [
  "stays.example",
  { host = "gone.example", until = 2026-06-30 },
]
""")
    line = policy.read_text().splitlines().index('  { host = "gone.example", until = 2026-06-30 },') + 1
    run = ocmgate("check", "--json", cwd=fresh)
    [row] = [row for row in json.loads(run.stdout)["warnings"] if "gone.example" in row["message"]]
    assert (row["line"], row["column"]) == (line, 3) and "1 of its 2 entries have ended" in row["message"]
    assert run.returncode == 0 and "until" in row["remedy"]
    shown = ocmgate("list", "show", cwd=fresh).stdout
    assert "temporary  allow  2 entries, 1 ended" in shown


def test_check_looks_into_the_journals_folder(fresh):
    folder = fresh / "journal"
    replace(fresh / "config.toml", 'dir = "state/journal"', f'dir = "{folder}"')
    # It remembers how the journal ended that was elsewhere.
    (fresh / "state/state.db.journal").unlink()

    def found(change, *words):
        change()
        run = ocmgate("check", "--json", cwd=fresh)
        answer = json.loads(run.stdout)
        rows = [row for row in answer["findings"] if row["file"] == str(folder)]
        assert len(rows) == 1 and run.returncode == 1, answer
        assert all(word in json.dumps(rows) for word in words), rows
        # It only looks.
        assert not folder.is_dir() or list(folder.iterdir()) == []

    assert ocmgate("check", "--json", cwd=fresh).returncode == 0 and not folder.exists()
    folder.mkdir(mode=0o750)
    found(lambda: None, "others than its owner", f"chmod 700 {folder}")
    found(lambda: folder.chmod(0o500), "may not write", f"chmod 700 {folder}")
    folder.chmod(0o700)
    assert ocmgate("check", "--json", cwd=fresh).returncode == 0
    found(lambda: (folder.rmdir(), folder.write_text("")), "is not a folder")


def test_check_finds_that_the_end_of_the_journal_is_missing(fresh):
    """As the start does, which refuses it."""
    head = int((fresh / "state/state.db.journal").read_text().split(":")[0])
    newest = max((fresh / "state/journal").glob("*.jsonl"))
    before = listing(fresh)
    assert ocmgate("check", cwd=fresh).returncode == 0 and listing(fresh) == before

    def refused(*words):
        for command in ("check", "run"):
            run = ocmgate(command, cwd=fresh)
            assert run.returncode == (1 if command == "check" else 2), run
            assert all(word in run.stderr for word in words), run

    newest.write_bytes(b"".join(newest.read_bytes().splitlines(keepends=True)[:-1]))
    refused(f"record {head} was signed: its end is missing")
    shutil.move(fresh / "state/journal", fresh / "elsewhere")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1 and f"is not there, but record {head} was signed" in run.stderr, run


def test_check_finds_files_of_the_journal_that_the_start_refuses(fresh):
    file = fresh / "state/journal/subjects.db"
    file.chmod(0o644)
    for command, code in (("check", 1), ("run", 2)):
        run = ocmgate(command, cwd=fresh)
        assert run.returncode == code and "others than its owner may use it" in run.stderr, run


@pytest.mark.parametrize("key", ["address", "listen"])
def test_check_finds_what_is_in_the_way_of_a_socket(key, fresh):
    """Of a listener, and of the way out; as the start does."""
    lines = (fresh / "config.toml").read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{key} = "))
    # Short, since the path of a socket is.
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        socket_file = Path(parent) / "sockets/s"
        lines[place] = f'{key} = "unix:{socket_file}"'
        (fresh / "config.toml").write_text("\n".join(lines))

        def refused(words):
            for command, code in (("check", 1), ("run", 2)):
                run = ocmgate(command, cwd=fresh)
                assert run.returncode == code and words in run.stderr, run

        refused(f"there is no folder {socket_file.parent}; mkdir {socket_file.parent}")
        socket_file.parent.mkdir()
        assert ocmgate("check", cwd=fresh).returncode == 0
        socket_file.write_text("")
        refused("something else than a socket lies there; move it away")


def test_check_names_what_weakens_the_profile(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "strict"')
    with (fresh / "config.toml").open("a") as file:
        file.write('[token]\naccept_secret = "all"\nbind = "none"\n')
    replace(fresh / "policy.toml", 'mode    = "enforce"', 'mode    = "report" ')
    run = ocmgate("check", "--json", cwd=fresh)
    messages = [row["message"] for row in json.loads(run.stdout)["warnings"]]
    assert any("token.accept_secret" in message for message in messages)
    assert any("token.bind" in message for message in messages)
    # With it the policy's own tests fail too, since nothing is refused any more.
    assert any('mode = "report" refuses nothing' in message for message in messages)


def warnings_of_a_rule(fresh, on: str, settings: str) -> list[str]:
    """What `check` warns of where one more rule lets through, with these terms."""
    with (fresh / "policy.toml").open("a") as file:
        file.write(f'[[rule]]\nname = "weak"\non = [{on}]\naction = "allow"\nset = {{ {settings} }}\n')
    run = ocmgate("check", "--json", cwd=fresh)
    return [row["message"] for row in json.loads(run.stdout)["warnings"]]


def test_check_names_rules_that_are_weaker_than_the_configuration(fresh):
    messages = warnings_of_a_rule(
        fresh, '"token.in", "webdav.in"', 'bind = "none", accept_secret = "all"')
    assert "rule:weak lets any peer exchange a code" in messages
    assert "rule:weak takes permanent secrets of peers that have tokens" in messages


def test_check_names_rules_that_take_secrets_which_strict_refuses(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "strict"')
    messages = warnings_of_a_rule(fresh, '"webdav.in"', 'accept_secret = "legacy"')
    assert 'rule:weak takes permanent secrets, which token.accept_secret = "none" refuses' in messages


def test_explain_says_that_a_known_key_is_shown_by_a_signature(tmp_path):
    (tmp_path / "p.toml").write_text(
        'version = 1\nname = "p"\nunknown = "allow"\n[[require]]\nname = "r"\non = "share"\n'
        'need = "key-pinned"\n')

    def reason(*options):
        run = ocmgate("policy", "explain", "p.toml", "--json", *options, cwd=tmp_path)
        [reason] = [check["reason"] for check in json.loads(run.stdout)["checks"]
                    if check["name"] == "require:r"]
        return reason

    unsigned = reason("--on", "share.in", "--signature", "none")
    assert unsigned == "needs key-pinned, and is not signed"
    assert reason("--on", "share.in", "--no-key-pinned") == "needs key-pinned"


EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "policy.example.toml"


@pytest.mark.parametrize("options, code, answer", [
    ([], 0, "allow by rule:files and folders from anyone we admit"),
    (["--over", "fan-out"], 3, "deny by limit:fan-out"),
    (["--on", "share.out", "--owner", "dr@med.uni.example", "--no-mfa"], 3,
     "deny by require:MFA for medical data"),
    (["--peer", "stranger.example"], 3, "hold by unknown"),
    (["--over", "fanout"], 2, 'there is no limit "fanout"; did you mean "fan-out"?'),
])
def test_explain_asks_the_whole_language(options, code, answer):
    run = ocmgate("policy", "explain", str(EXAMPLE), "--peer", "cloud.partner.example", *options)
    assert run.returncode == code
    assert answer in run.stdout + run.stderr


def test_check_finds_a_policy_test_that_fails(fresh):
    replace(fresh / "policy.toml", 'want  = { action = "deny", by = "unknown" }',
            'want  = { action = "allow" }')
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert 'test "a server on no list is refused" fails' in run.stderr
    assert "policy.toml:" in run.stderr


def spoil_mode(folder):
    (folder / "state/tls/key.pem").chmod(0o644)
    return "others than its owner may use it; chmod 600"


def spoil_match(folder):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", folder / "state/tls/key.pem")
    (folder / "state/tls/key.pem").chmod(0o600)
    return "is not the key of"


def spoil_certificate(folder):
    (folder / "state/tls/cert.pem").write_text("not a certificate\n")
    return "holds no certificate chain"


def spoil_presence(folder):
    (folder / "state/tls/cert.pem").unlink()
    return "cert.pem: cannot be read"


def spoil_policy(folder):
    with (folder / "policy.toml").open("a") as file:
        file.write("[lsit.more]\n")
    return 'did you mean "list"?'


def spoil_seal_key(folder):
    (folder / "state/seal.key").write_text("short\n")
    return "does not hold the base64 of 32 bytes"


def spoil_own_keys(folder):
    next((folder / "state/keys").glob("*.pem")).chmod(0o640)
    return "others than its owner may use it"


def spoil_keys_folder(folder):
    shutil.rmtree(folder / "state/keys")
    (folder / "state/keys").write_text("")
    return "state/keys: is not a folder"


def spoil_later_key(folder):
    with (folder / "config.toml").open("a") as file:
        file.write('[metrics]\nlisten = "127.0.0.1:9464"\n')
    return "metrics.listen is not available yet"


SPOILED = [spoil_mode, spoil_match, spoil_certificate, spoil_presence, spoil_policy,
           spoil_seal_key, spoil_own_keys, spoil_keys_folder, spoil_later_key]


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_what_check_finds_run_refuses(spoil, fresh):
    expected = spoil(fresh)
    before = listing(fresh)
    checked = ocmgate("check", cwd=fresh)
    assert checked.returncode == 1
    assert expected in checked.stderr, checked.stderr
    # What could not be looked at is not told to be for another name.
    assert "no certificate is for" not in checked.stderr, checked.stderr
    assert listing(fresh) == before
    ran = ocmgate("run", cwd=fresh)
    assert ran.returncode == 2
    assert expected in ran.stderr, ran.stderr


def test_an_expired_certificate_is_found_and_said_at_the_start(fresh):
    folder = fresh / "state/tls"
    openssl("req", "-new", "-key", folder / "key.pem", "-out", folder / "request.pem",
            "-subj", "/CN=cloud.test")
    (folder / "names").write_text("subjectAltName=DNS:cloud.test\n")
    openssl("x509", "-req", "-in", folder / "request.pem", "-signkey", folder / "key.pem",
            "-extfile", folder / "names", "-days", "-1", "-out", folder / "cert.pem")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert "cert.pem: the certificate is not valid now" in run.stderr
    code, records = serve(fresh, lambda process: None)
    said = [record for record in records if record["message"] == "certificate.expires"]
    assert code == 0 and said and said[0]["level"] == "error"
    # Nor does its unit keep it from starting.
    assert "ExecStartPre" not in (ROOT / "deploy/systemd/ocmgate.service").read_text()


def test_a_certificate_for_another_name_is_found(fresh):
    folder = fresh / "state/tls"
    openssl("req", "-x509", "-key", folder / "key.pem", "-out", folder / "cert.pem",
            "-subj", "/CN=other.test", "-addext", "subjectAltName=DNS:other.test", "-days", "30")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert "no certificate is for https://cloud.test" in run.stderr


def test_a_port_that_is_taken_is_told(fresh):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = (fresh / "config.toml").read_text()
        (fresh / "config.toml").write_text(
            "\n".join(f'address = "127.0.0.1:{port}"' if line.startswith("address") else line
                      for line in text.splitlines()))
        run = ocmgate("run", cwd=fresh)
    assert run.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there" in run.stderr


def test_a_second_gateway_gets_neither_the_state_nor_the_port(fresh, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(fresh, other)

    def try_both(_):
        same = ocmgate("run", cwd=fresh)
        assert same.returncode == 2
        assert "another ocmgate uses this state" in same.stderr
        port = ocmgate("run", cwd=other)
        assert port.returncode == 2
        assert "another program listens there" in port.stderr

    serve(fresh, try_both)


def wait_for(message: str, folder: Path) -> None:
    log = folder / "run.log"
    deadline = time.monotonic() + 10
    while message not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def test_a_changed_policy_is_taken_without_a_word(fresh):
    def change(_):
        with (fresh / "policy.toml").open("a") as file:
            file.write('[list.more]\nstanding = "allow"\nentries = ["a.test"]\n')
        wait_for("gateway.reloaded", fresh)

    assert serve(fresh, change)[0] == 0


def test_a_changed_list_is_taken_wherever_it_lies(fresh):
    (fresh / "lists").mkdir()
    hosts = fresh / "lists" / "more.hosts"
    hosts.write_text("a.test\n")
    with (fresh / "policy.toml").open("a") as file:
        file.write('[list.more]\nstanding = "allow"\nsource = "lists/more.hosts"\n')

    def change(_):
        hosts.write_text("a.test\nb.test\n")
        wait_for("gateway.reloaded", fresh)

    assert serve(fresh, change)[0] == 0


def test_a_policy_behind_a_link_that_is_led_elsewhere_is_taken(fresh):
    policy = fresh / "policy.toml"
    policy.rename(fresh / "first.policy")
    shutil.copy(fresh / "first.policy", fresh / "second.policy")
    with (fresh / "second.policy").open("a") as file:
        file.write('[list.more]\nstanding = "allow"\nentries = ["a.test"]\n')
    policy.symlink_to("first.policy")

    def change(_):
        (fresh / "link").symlink_to("second.policy")
        (fresh / "link").rename(policy)
        wait_for("gateway.reloaded", fresh)

    assert serve(fresh, change)[0] == 0


def test_sighup_takes_a_new_policy_and_keeps_the_old_one_for_a_broken_one(fresh):
    replace(fresh / "config.toml", 'file = "policy.toml"', 'file = "policy.toml"\nreload = "signal"')

    def change(process):
        replace(fresh / "policy.toml", 'unknown = "deny" ', 'unknown = "dney" ')
        process.send_signal(signal.SIGHUP)
        wait_for("gateway.reload-failed", fresh)
        assert 'did you mean \\"deny\\"?' in (fresh / "run.log").read_text()
        replace(fresh / "policy.toml", 'unknown = "dney" ', 'unknown = "deny" ')
        with (fresh / "policy.toml").open("a") as file:
            file.write('[list.more]\nstanding = "allow"\nentries = ["a.test"]\n')
        process.send_signal(signal.SIGHUP)
        wait_for("gateway.reloaded", fresh)

    code, _ = serve(fresh, change)
    assert code == 0


def test_share_add_takes_nothing_that_it_would_have_to_mend(fresh):
    (fresh / "good").write_text("a-secret\n")
    (fresh / "two").write_text("a-secret\nb-secret\n")
    (fresh / "empty").write_text("\n")

    def add(*more, secret="good", number="7"):
        return ocmgate("share", "add", "--peer", "p.test", "--provider-id", number,
                       "--secret-file", secret, *more, cwd=fresh)

    for refused, words in [
        (add(secret="two"), "holds no secret"), (add(secret="empty"), "holds no secret"),
        (add(number=""), "--provider-id is empty"),
        (add("--permissions", "read,wirte"), "read, write, share"),
        (add("--permissions", "read,"), "read, write, share"),
    ]:
        assert refused.returncode == 2 and words in refused.stderr, refused
    assert json.loads(ocmgate("share", "list", "--json", cwd=fresh).stdout) == {"shares": []}
    added = add("--permissions", "read,write")
    assert added.returncode == 0 and "--keep-secret" in added.stdout
    # Nor the same twice: to end it, both would have to be revoked.
    again = add()
    assert again.returncode == 2 and "share 1: is this one already" in again.stderr, again
    assert len(json.loads(ocmgate("share", "list", "--json", cwd=fresh).stdout)["shares"]) == 1


def test_a_secret_that_several_shares_have_is_told_when_one_is_revoked(fresh):
    (fresh / "secret").write_text("a-secret\n")
    for number in ("7", "8"):
        added = ocmgate("share", "add", "--peer", "p.test", "--provider-id", number,
                        "--secret-file", "secret", "--keep-secret", cwd=fresh)
        assert added.stdout == f"share {int(number) - 6}\n", added
    shown = ocmgate("share", "show", "1", cwd=fresh).stdout
    assert "opensBy\tsecret" in shown, shown
    revoked = ocmgate("share", "revoke", "1", cwd=fresh)
    assert revoked.returncode == 0 and "ocmgate share revoke 2" in revoked.stdout, revoked
    assert "share 1 is over\n" == ocmgate("share", "revoke", "2", cwd=fresh).stdout.replace("2", "1")


def test_a_configuration_that_everybody_may_write_is_refused(fresh):
    """It names the policy, the backend and the profile: who may federate would be anybody's choice."""
    def reload(_):
        (fresh / "config.toml").chmod(0o666)
        run = ocmgate("reload", cwd=fresh)
        assert "everybody may write this file" in run.stdout + run.stderr and run.returncode != 0, run
        (fresh / "config.toml").chmod(0o644)

    assert serve(fresh, reload)[0] == 0
    (fresh / "config.toml").chmod(0o666)
    for command in ("check", "run"):
        run = ocmgate(command, cwd=fresh)
        assert run.returncode in (1, 2) and "chmod o-w" in run.stderr, run


def test_run_logs_json_when_asked(fresh):
    with (fresh / "config.toml").open("a") as file:
        file.write('[log]\nformat = "text"\n')
    replace(fresh / "config.toml", 'file = "policy.toml"', 'file = "policy.toml"\nreload = "signal"')

    def reload(_):
        """What `--json` wants is no change of the file, and a key with a blank is one key."""
        assert json.loads(ocmgate("reload", "--json", cwd=fresh).stdout)["waiting"] == []
        with (fresh / "config.toml").open("a") as file:
            file.write('[tls."my cert"]\ncert = "state/tls/cert.pem"\nkey = "state/tls/key.pem"\n')
        taken = json.loads(ocmgate("reload", "--json", cwd=fresh).stdout)["taken"]
        assert 'tls."my cert".cert' in taken, taken

    code, records = serve(fresh, reload, "--json")
    assert code == 0 and records


def test_the_memory_of_a_running_gateway_is_not_dumped(fresh):
    def look(process):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]

    serve(fresh, look)


def test_the_seal_key_may_come_from_the_environment(fresh):
    replace(fresh / "config.toml", 'seal_key = "state/seal.key"', 'seal_key = "env:OCMGATE_SEAL"')
    key = (fresh / "state/seal.key").read_text().strip()
    missing = ocmgate("check", cwd=fresh)
    assert missing.returncode == 1 and "env:OCMGATE_SEAL: is not set" in missing.stderr
    assert ocmgate("check", cwd=fresh, env={"OCMGATE_SEAL": key}).returncode == 0


# Commands that only look


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


# key


def test_keys_are_made_listed_and_exported(fresh):
    listed = json.loads(ocmgate("key", "list", "--json", cwd=fresh).stdout)["keys"]
    assert [key["kind"] for key in listed] == ["ed25519", "rsa-3072"]
    assert listed[0]["keyId"] == "cloud.test#ed25519-1"
    pem = ocmgate("key", "export", "--pem", "ed25519-1", cwd=fresh).stdout
    public = serialization.load_pem_public_key(pem.encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    fingerprint = base64.urlsafe_b64encode(hashlib.sha256(public).digest()).rstrip(b"=").decode()
    assert listed[0]["fingerprint"] == fingerprint
    assert ocmgate("key", "list", cwd=fresh).stdout.splitlines()[0].split("\t")[-1] == fingerprint
    made = ocmgate("key", "new", "--kind", "p256", "--json", cwd=fresh)
    assert made.returncode == 0, made.stderr
    file = fresh / json.loads(made.stdout)["file"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert {key["kty"] for key in json.loads(ocmgate("key", "export", cwd=fresh).stdout)["keys"]} == {"OKP"}
    assert ocmgate("key", "stage", "p256-1", cwd=fresh).returncode == 0
    keys = json.loads(ocmgate("key", "export", cwd=fresh).stdout)["keys"]
    assert {key["kty"] for key in keys} == {"OKP", "EC"}
    assert all("d" not in key for key in keys)
    pem = ocmgate("key", "export", "--pem", "p256-1", cwd=fresh).stdout
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    unknown = ocmgate("key", "export", "--pem", "p256-9", cwd=fresh)
    assert unknown.returncode == 2 and "there are: ed25519-1" in unknown.stderr
    assert ocmgate("key", "new", "--kind", "dsa", cwd=fresh).returncode == 2


# sig


MESSAGE = "POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\nContent-Type: application/json\r\n\r\n{}"


@pytest.fixture(scope="module")
def signer(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signer")
    openssl("genpkey", "-algorithm", "ed25519", "-out", folder / "key.pem")
    openssl("pkey", "-in", folder / "key.pem", "-pubout", "-out", folder / "public.pem")
    return folder


@pytest.mark.parametrize("change,code", [(lambda text: text, 0), (lambda text: text.replace("{}", "[]"), 1),
                                         (lambda text: text.replace("POST", "PUT"), 1),
                                         (lambda text: MESSAGE, 1), (lambda text: "junk", 2)])
def test_signed_messages_go_through_standard_input(signer, change, code):
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "a.test#1",
                     stdin=MESSAGE)
    assert signed.returncode == 0, signed.stderr
    for flags in ([], ["--json"]):
        verified = ocmgate("sig", "verify", "-", "--key", signer / "public.pem", *flags,
                           stdin=change(signed.stdout))
        assert verified.returncode == code, verified
        if flags:
            assert json.loads(verified.stdout).get("accepted", False) is (code == 0)


def test_the_signature_base_is_printed(signer):
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "a.test#1",
                     stdin=MESSAGE).stdout
    base = ocmgate("sig", "base", "-", stdin=signed)
    assert base.returncode == 0
    assert base.stdout.splitlines()[0] == '"@method": POST'
    assert ocmgate("sig", "base", "-", "--json", stdin=MESSAGE).returncode == 1
    assert ocmgate("sig", "base", "/nonexistent").returncode == 2


# policy


def test_policies_are_tested_from_files_standard_input_and_the_configuration(fresh):
    policy = ROOT / "policies/default.toml"
    by_file = json.loads(ocmgate("policy", "test", policy, "--json").stdout)
    by_input = json.loads(ocmgate("policy", "test", "-", "--json", stdin=policy.read_text()).stdout)
    assert by_file["passed"] == by_input["passed"] > 0
    assert by_file["tests"][0]["line"] > 0
    assert ocmgate("policy", "test", cwd=fresh).returncode == 0
    assert ocmgate("policy", "test", "/nonexistent.toml").returncode == 2
    broken = ocmgate("policy", "test", "-", stdin="version = 1\n[[rul]]\n")
    assert broken.returncode == 2 and 'stdin:2:3: unknown' in broken.stderr
    replace(fresh / "policy.toml", 'by = "unknown"', 'by = "default"')
    failed = ocmgate("policy", "test", cwd=fresh)
    assert failed.returncode == 1 and "policy.toml:" in failed.stdout


def test_a_policy_is_asked(fresh):
    replace(fresh / "policy.toml", '# "cloud.partner.example",', '"cloud.partner.example",')
    asked = ["policy", "explain", "--on", "share.in", "--peer"]
    allowed = ocmgate(*asked, "cloud.partner.example", "--json", cwd=fresh)
    assert allowed.returncode == 0, allowed.stderr
    assert json.loads(allowed.stdout)["action"] == "allow"
    unsigned = ocmgate(*asked, "cloud.partner.example", "--signature", "none", "--json", cwd=fresh)
    assert unsigned.returncode == 3
    assert json.loads(unsigned.stdout)["code"] == "signature_required"
    stranger = ocmgate(*asked, "stranger.example", "-c", fresh / "config.toml")
    assert stranger.returncode == 3 and "deny by unknown" in stranger.stdout
    for wrong in (["--on", "share.inn"], ["--signature", "maybe"], ["--peer", "not a host"]):
        assert ocmgate("policy", "explain", *wrong, cwd=fresh).returncode == 2


# share and token


def test_shares_are_listed_beside_a_running_gateway(fresh):
    def look(_):
        listed = ocmgate("share", "list", "--json", cwd=fresh)
        assert listed.returncode == 0, listed.stderr
        assert json.loads(listed.stdout) == {"shares": []}
        assert ocmgate("share", "show", "7", cwd=fresh).returncode == 1
        (fresh / "secret").write_text("PERMANENT0SECRET\n")
        added = ocmgate("share", "add", "--peer", "p.test", "--provider-id", "1", "--secret-file", "secret",
                        "--permissions", "read,write", "--json", cwd=fresh)
        told = json.loads(added.stdout)
        share = json.loads(ocmgate("share", "show", told["id"], "--json", cwd=fresh).stdout)
        assert abs(share["created"] - time.time()) < 3600 and "ended" not in share
        assert share["protocols"] == ["webdav"] and share["opensBy"] == ["code"], share
        assert share["accesses"] == [{"protocol": "webdav", "opensBy": "code", "permissions": ["read", "write"],
                                      "requirements": [], "server": None}]
        assert share["origin"] in ("seen", "learned")
        assert ocmgate("share", "revoke", told["id"], cwd=fresh).returncode == 0
        ended = json.loads(ocmgate("share", "show", told["id"], "--json", cwd=fresh).stdout)
        assert ended["state"] == "ended" and ended["ended"] >= ended["created"]
        text = ocmgate("share", "show", told["id"], cwd=fresh).stdout
        assert f"ended\t{ended['ended']}\n" in text
        assert "access\twebdav by code; permissions read,write\n" in text, text
        for shown in (json.dumps(share), text):
            assert "PERMANENT0SECRET" not in shown and told["code"] not in shown

    serve(fresh, look)


def test_a_token_that_is_none_of_ours_is_a_finding(fresh):
    run = ocmgate("token", "inspect", "-", "--json", cwd=fresh, stdin="abc\n")
    assert run.returncode == 1
    assert json.loads(run.stdout)["valid"] is False


# discover


def test_a_host_that_cannot_be_asked_is_told(tmp_path):
    for host in ("127.0.0.1", "not a host"):
        run = ocmgate("discover", host, "--json", cwd=tmp_path)
        assert run.returncode == 2
        assert host in json.loads(run.stdout)["error"]


def test_a_peer_is_judged(legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    for host, signs, own in (("modern.test", "rfc9421", "rfc9421"), ("cavage.test", "cavage", "cavage"),
                             ("legacy.test", "none", "rfc9421")):
        run = gateway.command("discover", host, "--json")
        answer = json.loads(run.stdout)
        assert answer["published"] is True
        assert answer["signatures"] == signs
        assert answer["weSign"] == own
        assert bool(answer["keys"]) == (signs != "none")
        assert answer["policy"]["action"] == "allow", answer
    text = gateway.command("discover", "cavage.test").stdout
    assert "we would sign  cavage" in text


def test_what_the_profile_refuses_is_said_beside_the_policy(legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url, profile="strict")
    for host, code in (("modern.test", None), ("cavage.test", "signature_invalid"),
                       ("legacy.test", "signature_required")):
        for command in (["discover", host], ["peer", "probe", host]):
            answer = json.loads(gateway.command(*command, "--json").stdout)
            guard = answer["guard"]
            assert guard is None if code is None else (guard["status"], guard["code"]) == (401, code)
    text = gateway.command("discover", "cavage.test").stdout
    assert "its shares     deny: 401 signature_invalid, cavage is not in signature.accept" in text
    assert "the policy     allow by " in text
    text = gateway.command("peer", "probe", "legacy.test").stdout
    assert "refused before the policy is asked: 401 signature_required, profile strict takes" in text
    run = gateway.command("policy", "explain", "--on", "share.in", "--peer", "legacy.test",
                          "--signature", "none")
    assert run.returncode == 0 and "allow by rule:" in run.stdout
    assert "the configuration refuses it before: 401 signature_required, profile strict" in run.stdout
    run = gateway.command("policy", "explain", "--on", "share.in", "--peer", "modern.test", "--json")
    assert json.loads(run.stdout)["guard"] is None


# peer probe


def test_a_peer_is_told_what_we_would_send_it_and_why(legacy, start, peers):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peers.peers["modern.test"].requests.clear()

    def probed(host):
        answer = json.loads(gateway.command("peer", "probe", host, "--json").stdout)
        assert answer["published"] is True and answer["policy"]["in"]["action"] == "allow"
        return answer

    modern = probed("modern.test")
    assert modern["signatures"] == "rfc9421" and modern["keys"] == ["modern.test#key1"]
    assert modern["protocol"] == "multi" and modern["exchange"] == "demanded"
    assert modern["addresses"] == "alice@cloud.test"
    assert modern["tokenEndPoint"] == "https://modern.test/ocm/token"
    assert any("must-exchange-token" in sentence for sentence in modern["explanation"])
    cavage = probed("cavage.test")
    assert cavage["signatures"] == "cavage" and cavage["protocol"] == "legacy"
    assert cavage["exchange"] == "none" and cavage["tokenEndPoint"] is None
    assert probed("legacy.test")["addresses"] == "alice@https://cloud.test/"
    # Only documents were fetched: nothing was sent.
    assert {request.method for request in peers.peers["modern.test"].requests} == {"GET"}


def test_a_peer_that_has_signed_is_remembered_in_what_it_gets(legacy, start, peers):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    cavage = peers.peers["cavage.test"]
    assert gateway.post(cavage, "/ocm/shares", legacy_share(cavage)).status == 201
    text = gateway.command("peer", "probe", "cavage.test").stdout
    assert "It has signed by cavage before." in text


def test_a_document_can_be_judged_without_a_network(tmp_path):
    (tmp_path / "peer.json").write_text(json.dumps({
        "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": "https://old.test/ocm",
        "resourceTypes": [{"name": "file", "shareTypes": ["user"],
                           "protocols": {"webdav": "/public.php/webdav/"}}]}))
    run = ocmgate("peer", "probe", "old.test", "--document", "peer.json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "It is taken for a Nextcloud up to 30" in run.stdout
    text = (tmp_path / "peer.json").read_text()
    again = ocmgate("peer", "probe", "old.test", "--document", "-", "--json", cwd=tmp_path, stdin=text)
    assert json.loads(again.stdout)["signatures"] == "rfc9421"
    assert ocmgate("discover", "old.test", "--document", "-", cwd=tmp_path, stdin=text).returncode == 0
    wrong = ocmgate("peer", "probe", "old.test", "--document", "-", cwd=tmp_path, stdin="<html>")
    assert wrong.returncode == 2 and "no discovery document" in wrong.stderr

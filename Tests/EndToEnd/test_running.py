"""A gateway that runs, and commands beside it."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from commandline import ocmgate, replace, serve, wait_for
from gateway import binary


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


def test_signals_by_which_others_open_logs_again_end_nothing(fresh):
    def send(process):
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):
            process.send_signal(number)
            wait_for(number.name, fresh)
        assert process.poll() is None
        assert ocmgate("reload", cwd=fresh).returncode == 0

    code, log = serve(fresh, send)
    told = [line for line in log if line["message"] == "signal.ignored"]
    assert code == 0 and {line["reason"] for line in told} == {"SIGUSR1", "SIGUSR2"}, told
    assert all("copytruncate" in line["remedy"] for line in told), told


def test_they_end_nothing_while_the_configuration_is_read(fresh):
    def ignores(number) -> bool:
        status = Path(f"/proc/{process.pid}/status").read_text()
        [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:")]
        return int(mask, 16) >> (number - 1) & 1 == 1

    # Of which nothing comes.
    with subprocess.Popen([binary().resolve(), "run", "-c", "-"], cwd=fresh, stdin=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 10
            while not all(ignores(number) for number in (signal.SIGUSR1, signal.SIGUSR2)):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            process.kill()


def test_share_add_takes_nothing_that_it_would_have_to_mend(fresh):
    (fresh / "good").write_text("a-secret\n")
    (fresh / "two").write_text("a-secret\nb-secret\n")
    (fresh / "empty").write_text("\n")
    # By which a page of the backend would open unseen.
    (fresh / "short").write_text("abcdefg\n")
    (fresh / "odd").write_text("SECRET/WITH/SLASHES\n")

    def add(*more, secret="good", number="7"):
        return ocmgate("share", "add", "--peer", "p.test", "--provider-id", number,
                       "--secret-file", secret, *more, cwd=fresh)

    for refused, words in [
        (add(secret="two"), "holds no secret"), (add(secret="empty"), "holds no secret"),
        (add(secret="short"), "holds no secret of nextcloud"), (add(secret="odd"), "eight letters and digits"),
        (add(number=""), "--provider-id is empty"),
        (add("--permissions", "read,wirte"), "read, write, share"),
        (add("--permissions", "read,"), "read, write, share"),
        (add("--owner", "alice"), "is no address"),
        (add("--recipient", "bob@q.test"), "the share is for p.test"),
        (add("--sender", "carol@q.test"), "add --keep-secret"),
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


def test_of_a_share_that_is_added_those_who_take_part_in_it_are_known(fresh):
    (fresh / "secret").write_text("a-secret\n")
    added = ocmgate("share", "add", "--peer", "p.test", "--provider-id", "7", "--secret-file", "secret",
                    "--keep-secret", "--sender", "carol@https://q.test/", "--owner", "alice@cloud.test",
                    "--recipient", "bob@p.test", cwd=fresh)
    assert added.returncode == 0, added.stderr
    share = json.loads(ocmgate("share", "show", "1", "--json", cwd=fresh).stdout)
    assert [share[name] for name in ("sender", "owner", "recipient")] == [
        "carol@q.test", "alice@cloud.test", "bob@p.test"]


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
        assert share["opener"] == "permanent" and share["origin"] in ("seen", "learned")
        listed = ocmgate("share", "list", cwd=fresh).stdout
        assert listed.rstrip("\n").split("\t")[2:] == ["p.test", "1", "active", "permanent"], listed
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


def test_a_lock_that_is_removed_lets_no_second_one_in(fresh):
    def remove(_):
        for lock in [fresh / "state/state.db.lock", fresh / "state/journal/journal.lock"]:
            lock.unlink()
        second = ocmgate("run", cwd=fresh)
        assert second.returncode != 0 and "another ocmgate" in second.stderr, second
        # Commands find the one that runs.
        reload = ocmgate("reload", cwd=fresh)
        assert reload.returncode == 0, reload.stderr

    assert serve(fresh, remove)[0] == 0


def test_a_pipe_in_the_place_of_a_key_holds_up_nothing_else(fresh):
    key = fresh / "state/tls/key.pem"

    def hold_up(_):
        key.rename(fresh / "aside")
        os.mkfifo(key, 0o600)
        reload = ocmgate("reload", cwd=fresh)
        assert reload.returncode == 1 and "is not a regular file" in reload.stderr, reload
        revoke = ocmgate("share", "revoke", "99", cwd=fresh)
        assert revoke.returncode == 1 and "no share 99" in revoke.stderr, revoke
        key.unlink()
        (fresh / "aside").rename(key)
        assert ocmgate("reload", cwd=fresh).returncode == 0

    code, log = serve(fresh, hold_up)
    assert code == 0 and any(line["message"] == "configuration.kept" for line in log)

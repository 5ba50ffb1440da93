"""The gateway's own keys are changed while it runs: peers always find the one that signs."""

import json
import signal
import subprocess
import time

import pytest

from backend import ScriptedBackend
from federation import HOME, Federation
from gateway import binary
from interpreters import wait_for
from lives import FILES, shared
from oldserver import OldServer
from tree import Tree
from verify import either, rfc9421


@pytest.fixture
def gateway(legacy, start):
    _, backend = legacy("nextcloud")
    return start(backend.url)


def key(gateway, *arguments: str, check: bool = True) -> dict:
    return json.loads(gateway.command("key", *arguments, "--json", check=check).stdout)


def shown(gateway) -> tuple[set[str], str]:
    """The names in the key set, and that of the one key of draft-cavage."""
    keys = json.loads(gateway.request("GET", "/ocm/jwks").body)["keys"]
    assert all("d" not in one for one in keys)
    document = json.loads(gateway.request("GET", "/.well-known/ocm").body)
    return {one["kid"].partition("#")[2] for one in keys}, document["publicKey"]["keyId"]


def test_a_key_is_published_before_it_signs_and_after_it_has(gateway):
    assert shown(gateway) == ({"ed25519-1"}, "https://cloud.test/ocm#rsa-1")
    made = key(gateway, "new")
    assert (made["name"], made["state"], made["running"]) == ("ed25519-2", "new", True)
    assert shown(gateway)[0] == {"ed25519-1"}
    staged = key(gateway, "stage", "ed25519-2")
    assert staged["state"] == "staged" and staged["published"] and not staged["signs"]
    assert shown(gateway)[0] == {"ed25519-1", "ed25519-2"}

    early = gateway.command("key", "activate", "ed25519-2", check=False)
    assert early.returncode == 2 and "--now" in early.stderr
    active = key(gateway, "activate", "ed25519-2", "--now", "--overlap", "1h")
    assert active["signs"] and active["replaced"] == "ed25519-1"
    assert shown(gateway)[0] == {"ed25519-1", "ed25519-2"}
    former = key(gateway, "list")["keys"][0]
    assert former["name"] == "ed25519-1" and former["state"] == "retired" and former["published"]
    assert 3500 < former["until"] - time.time() <= 3600

    key(gateway, "retire", "ed25519-1", "--overlap", "0s")
    assert shown(gateway)[0] == {"ed25519-2"}
    # What was said holds after a crash, too.
    gateway.kill()
    gateway.start()
    assert shown(gateway)[0] == {"ed25519-2"}
    assert [line["action"] for line in gateway.records() if line["message"] == "keys.changed"] == []


def test_the_key_of_draft_cavage_changes_its_name_with_its_value(gateway):
    before = json.loads(gateway.request("GET", "/.well-known/ocm").body)["publicKey"]
    key(gateway, "new", "--kind", "rsa")
    assert key(gateway, "stage", "rsa-2")["published"] is False
    assert shown(gateway)[1] == before["keyId"]
    key(gateway, "activate", "rsa-2")
    after = json.loads(gateway.request("GET", "/ocm-provider/").body)["publicKey"]
    assert after["keyId"] == "https://cloud.test/ocm#rsa-2"
    assert after["publicKeyPem"] != before["publicKeyPem"]
    assert set(after) == {"keyId", "publicKeyPem"}
    back = key(gateway, "activate", "rsa-1")
    assert back["replaced"] == "rsa-2"
    assert json.loads(gateway.request("GET", "/.well-known/ocm").body)["publicKey"] == before


def test_a_key_that_is_over_leaves_the_key_set_by_itself(gateway):
    for step in (["new"], ["stage", "ed25519-2"],
                 ["activate", "ed25519-2", "--now", "--overlap", "1s"]):
        key(gateway, *step)
    deadline = time.monotonic() + 60
    while shown(gateway)[0] != {"ed25519-2"}:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    listed = gateway.command("key", "list").stdout.splitlines()
    assert listed[0].split("\t")[2] == "over"
    checked = gateway.command("check")
    assert "ed25519-1.pem: is a private key that is over; delete it" in checked.stderr
    (gateway.folder / "keys/ed25519-1.pem").unlink()
    assert key(gateway, "new")["name"] == "ed25519-3", "a name stands for one key for ever"


def test_keys_that_cannot_be_right_leave_those_in_force(gateway):
    before = shown(gateway)
    table = gateway.folder / "keys/keys.toml"
    good = table.read_text()
    table.write_text(good.replace("active", "activ"))
    gateway.process.send_signal(signal.SIGHUP)
    refused = gateway.lines("keys.refused")[0]
    assert "keys.toml:6:14" in refused["problem"]
    assert shown(gateway) == before
    assert gateway.command("check", check=False).returncode == 1
    reload = gateway.command("reload", check=False)
    assert reload.returncode == 1 and "the signing keys stay" in reload.stderr
    assert "keys.toml:6:14" in reload.stderr, reload.stderr
    assert [line for line in gateway.records() if line["message"] == "keys.changed"] == []
    table.write_text(good)
    gateway.command("reload")
    assert shown(gateway) == before
    # The end of the trouble is told too, once.
    assert "again" in gateway.lines("keys.changed")[0]["detail"]
    gateway.command("reload")
    assert len(gateway.lines("keys.changed")) == 1


def test_what_is_gone_is_not_made_anew_in_silence(gateway):
    """Keys, their names and the seal key of an installation that has run before."""
    before, folder = shown(gateway), gateway.folder
    gateway.add_share("p.test", "1", "secret-of-a-share")
    (folder / "keys").rename(folder / "away")
    # Those in memory stay, as after any mistake.
    reload = gateway.command("reload", "--json", check=False)
    assert reload.returncode == 1 and "holds no key" in json.loads(reload.stdout)["keys_problem"]
    assert shown(gateway) == before
    assert gateway.stop() == 0

    def refused(*words):
        for command in ("check", "run"):
            run = gateway.command(command, check=False)
            assert run.returncode == (1 if command == "check" else 2), run
            assert all(word in run.stderr for word in words), run.stderr

    refused("keys: holds no key", "bring the folder back", "ocmgate key new")
    (folder / "away").rename(folder / "keys")
    seal = folder / "seal.key"
    good = seal.read_text()
    seal.unlink()
    refused("seal.key: is missing", "state.db is sealed with it")
    assert not seal.exists()
    (folder / "secret").write_text("secret-of-another")
    added = gateway.command("share", "add", "--peer", "p.test", "--provider-id", "1", "--secret-file",
                            str(folder / "secret"), check=False)
    assert added.returncode == 2 and "bring it back" in added.stderr and not seal.exists()
    seal.write_text("A" * 43 + "=\n")
    seal.chmod(0o600)
    refused("was made with another seal key")
    seal.write_text(good)
    state = (folder / "state.db").read_bytes()
    (folder / "state.db").write_bytes(state[:len(state) // 2])
    refused("state.db: ")
    (folder / "state.db").unlink()
    refused("state.db: is gone")
    (folder / "state.db").write_bytes(state)
    (folder / "state.db").chmod(0o600)
    assert gateway.command("check").returncode == 0
    # Begun with others on purpose: under names that were never used.
    (folder / "keys").rename(folder / "away")
    key(gateway, "new")
    gateway.start()
    names, cavage = shown(gateway)
    assert len(names) == 1 and names.isdisjoint(before[0]) and cavage != before[1]


def test_a_command_before_the_first_start_leaves_a_start_that_works(gateway):
    """With a seal key that is there, as from the environment, it makes the state."""
    assert gateway.stop() == 0
    for path in gateway.folder.glob("state.db*"):
        if path.is_file():
            path.unlink()
    (gateway.folder / "keys").rename(gateway.folder / "old")
    revoke = gateway.command("share", "revoke", "1", check=False)
    assert revoke.returncode == 2 and "first start" in revoke.stderr, revoke
    gateway.command("list", "update")
    assert list(gateway.folder.glob("state.db"))
    gateway.start()
    assert shown(gateway)[0]


def test_a_name_that_no_key_has_makes_none(gateway):
    assert gateway.stop() == 0
    for path in gateway.folder.glob("state.db*"):
        if path.is_file():
            path.unlink()
    (gateway.folder / "keys").rename(gateway.folder / "old")
    (gateway.folder / "keys").mkdir(mode=0o700)
    for step in ("stage", "activate", "retire"):
        run = gateway.command("key", step, "typo", check=False)
        assert run.returncode == 2 and "there are no keys in" in run.stderr, run
    assert list((gateway.folder / "keys").iterdir()) == []


def test_without_a_gateway_the_command_does_it(gateway):
    assert gateway.stop() == 0
    made = key(gateway, "new", "--kind", "p256")
    assert made["running"] is False
    key(gateway, "stage", "p256-1")
    gateway.start()
    assert shown(gateway)[0] == {"ed25519-1", "p256-1"}


@pytest.mark.parametrize("runs", [True, False], ids=["by the gateway", "by the command"])
def test_killed_in_the_middle_the_keys_are_the_old_or_the_new(gateway, runs):
    """The one who does it is killed at many moments, at last when it is done: what there is afterwards is one or
    the other."""
    key(gateway, "new")
    key(gateway, "stage", "ed25519-2")
    after = set()
    signing = "ed25519-1"
    for number in range(8):
        other = {"ed25519-1": "ed25519-2", "ed25519-2": "ed25519-1"}[signing]
        if not runs:
            assert gateway.stop() == 0
        command = subprocess.Popen(
            [binary(), "key", "activate", other, "--now", "-c", gateway.configuration],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if number == 7:
            said = command.communicate(timeout=60)[1]
            assert command.returncode == 0, said
        elif number == 0:
            # Before it has done anything, however long the gateway takes to end.
            command.kill()
        else:
            time.sleep(0.02 * number)
        if runs:
            gateway.kill()
        command.kill()
        command.wait()
        gateway.start()
        # What a killed command had ordered is carried out now.
        for stage in ("order", "taken"):
            wait_for(lambda: not any(gateway.folder.glob(f"**/*.orders/[!.]*.{stage}")), 60)
        keys = {each["name"]: each for each in key(gateway, "list")["keys"]}
        now = [name for name, each in keys.items() if each["signs"] and name.startswith("ed25519")]
        assert len(now) == 1 and now[0] in (signing, other), keys
        # Whichever signs can be found by peers, and so can the one that may have signed before.
        assert {"ed25519-1", "ed25519-2"} <= shown(gateway)[0]
        after.add(now[0] == other)
        signing = now[0]
    assert after == {True, False}, "it was always killed before it was done, or never"


def test_a_backend_that_checks_signatures_needs_a_way_out_or_its_switch(evidence, start):
    server = OldServer("nc33", "cloud.test", evidence)
    backend = ScriptedBackend(server.script)
    try:
        gateway = start(backend.url)
        warning = gateway.lines("backend.signs")[0]
        assert warning["detail"] == "Nextcloud 33.0.3.2"
        assert "ocm_signed_request_disabled" in warning["remedy"]
        # With the way out it is shown the keys of what is signed again for it.
        gateway = start(backend.url, egress="")
        gateway.request("GET", "/.well-known/ocm")
        assert [line for line in gateway.records() if line["message"] == "backend.signs"] == []
    finally:
        backend.stop()


def test_other_backends_are_not(gateway):
    gateway.request("GET", "/.well-known/ocm")
    assert [line for line in gateway.records() if line["message"] == "backend.signs"] == []


@pytest.fixture
def federation(tmp_path, authority, evidence):
    made = Federation(tmp_path, authority, evidence, "nc27")
    try:
        yield made.start()
    finally:
        made.stop()


def test_keys_change_in_the_middle_of_shares_without_a_message_lost(federation):
    backend, home = federation.backend, federation.home
    peers = (federation.strict, federation.cavage)
    shares = [(peer, *shared(backend, peer, "folder", Tree(FILES))) for peer in peers]
    first = federation.messages()
    for kind, name in (("ed25519", "ed25519-2"), ("rsa", "rsa-2")):
        key(home, "new", "--kind", kind)
        key(home, "stage", name)
        key(home, "activate", name, "--now")
    mark = federation.mark()
    for peer, sent, got in shares:
        assert peer.accept(got) == "ocm" and sent.state == "accepted"
        assert peer.open(got).read("in.txt") == FILES["in.txt"]
        assert backend.unshare(sent) == "ocm" and got.state == "unshared"

    keys = federation.keys()[HOME]
    used = {either(request, host, keys) for host, request in federation.messages(mark)}
    assert used == {"home.test#ed25519-2", "https://home.test/ocm#rsa-2"}
    # What was sent before is still verified by the key set; draft-cavage has one key at a time.
    before = {rfc9421(request, host, keys) for host, request in first
              if request.get("signature-input")}
    assert before == {"home.test#ed25519-1"}
    assert keys.key_id == "https://home.test/ocm#rsa-2"

"""The journal: what was let through is in it, whatever happens; what is done to it is found."""

import csv
import hashlib
import json
import os
import random
import re
import select
import shutil
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway import binary
from kill import kill_while_posting
from peers import as_json, share


def lines(gateway) -> list[dict]:
    """All records, the oldest first; what is no line is left out."""
    found = []
    for file in sorted((gateway.folder / "journal").glob("*.jsonl")):
        for line in file.read_bytes().split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found


def decisions(gateway) -> list[dict]:
    return [line for line in lines(gateway) if line["type"] == "decision"]


def verify(gateway, *arguments) -> tuple[int, dict]:
    run = gateway.command("journal", "verify", "--json", *arguments, check=False)
    assert run.returncode in (0, 1), (run.stdout, run.stderr)
    return run.returncode, json.loads(run.stdout.splitlines()[0])


def newest(gateway) -> Path:
    return max((gateway.folder / "journal").glob("*.jsonl"))


def test_what_was_let_through_is_recorded_after_a_kill(legacy, start, peers):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    chance = random.Random(4)
    acknowledged: set[str] = set()
    heard: set[str] = set()
    for _ in range(6):
        acknowledged |= set(kill_while_posting(gateway, peer, 80, chance.randrange(5, 70)))
        # What a power cut may leave: half a line.
        if chance.random() < 0.5:
            with newest(gateway).open("ab") as file:
                file.write(b'{"seq":99999,"type":"deci')
        gateway.start()
        recorded = {record["ocm"]["provider_id"] for record in decisions(gateway)
                    if record["action"] == "allow"}
        assert acknowledged <= recorded, f"{len(acknowledged - recorded)} of them are missing"
        # What the backend had heard of, and nobody was answered about yet.
        heard |= {json.loads(request.body)["providerId"] for request in backend.take()
                  if request.target.endswith("/shares")}
        recorded = {record["ocm"]["provider_id"] for record in decisions(gateway)}
        assert heard <= recorded, f"{len(heard - recorded)} of them are missing"
        code, report = verify(gateway)
        assert code == 0, report
    assert gateway.stop() == 0
    code, report = verify(gateway)
    assert (code, report["unsigned"]) == (0, 0), report


def test_those_to_come_are_told_through_a_pipe_at_once(legacy, start, peers):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)

    def refuse() -> str:
        answer = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], b"{}")
        return json.loads(answer.body)["decision"]

    old = refuse()
    gateway.decisions(1)
    with subprocess.Popen([binary(), "journal", "tail", "-n", "0", "-f", "-c", gateway.configuration],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as tail:
        try:
            shown, new = b"", []
            deadline = time.monotonic() + 20
            # What was refused before it began to look is old; so there are several.
            while not any(each.encode() in shown for each in new):
                assert time.monotonic() < deadline, shown
                new.append(refuse())
                if select.select([tail.stdout], [], [], 0.5)[0]:
                    shown += os.read(tail.stdout.fileno(), 65536)
            assert old.encode() not in shown
        finally:
            tail.terminate()


# A title, the start of a sequence in C1, another direction of writing.
MOVES = "\x1b]0;pwn\x07\x9b31m\u202e"


@pytest.fixture(scope="module")
def recorded(legacy, start, peers):
    """A gateway that has let something through and refused something, stopped."""
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    modern, other = peers.peers["modern.test"], peers.peers["other.test"]
    for peer in (modern, other, modern):
        sent = share(peer)
        gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
        assert gateway.post(peer, "/ocm/shares", sent).status == 201
    refused = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], b"{}")
    assert refused.status == 400
    assert gateway.with_secret("GET", "/public.php/webdav/x", gateway.evidence.secret()).status
    gateway.post(other, "/ocm/invite-accepted", {
        "recipientProvider": "other.test", "token": "abcdefgh12345678", "email": "e@other.test",
        "userID": f"eve{MOVES}\r\n=1+1\r\nzz", "name": "E"})
    # Whose name anybody can write.
    forged = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")],
                             json.dumps(share(modern)).encode())
    assert forged.status == 401
    assert gateway.stop() == 0
    return gateway, json.loads(refused.body)["decision"]


@pytest.mark.parametrize("how, place", [
    ("a flipped byte", 4), ("a removed line", 4), ("a truncated file", None), ("a line put elsewhere", 4),
])
def test_what_is_done_to_it_is_found(recorded, how, place):
    gateway, _ = recorded
    file = newest(gateway)
    whole = file.read_bytes()
    rows = whole.splitlines(keepends=True)
    try:
        match how:
            case "a flipped byte":
                row = bytearray(rows[3])
                row[len(row) // 2] ^= 4
                rows[3] = bytes(row)
            case "a removed line":
                del rows[3]
            case "a truncated file":
                del rows[-2:]
            case "a line put elsewhere":
                rows[3], rows[4] = rows[4], rows[3]
        file.write_bytes(b"".join(rows))
        code, report = verify(gateway)
        assert code == 1
        found = report["findings"][0]
        assert found["line"] == place, report
        assert place is None or found["file"] == str(file)
        if how == "a truncated file":
            # It does not start behind that, and says what to do.
            run = subprocess.run([binary(), "run", "-c", gateway.configuration], timeout=30,
                                 capture_output=True, text=True, stdin=subprocess.DEVNULL)
            assert run.returncode == 2 and "its end is missing" in run.stderr, run.stderr
    finally:
        file.write_bytes(whole)
    assert verify(gateway)[0] == 0


def test_following_ends_when_nobody_reads_any_more(recorded):
    """Also where SIGPIPE is ignored, which Python does and leaves to its children so."""
    gateway, _ = recorded
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        run = subprocess.run([binary(), "journal", "tail", "-f", "-c", gateway.configuration],
                             stdout=gone, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                             timeout=30, restore_signals=False)
    assert run.returncode == 2 and "standard output: Broken pipe" in run.stderr, run


@pytest.mark.parametrize("old, new", [(b',"kind":', b'"kind":'), (b'},{', b'}{'), (b',"hash":"', b',"hach":"')])
def test_a_record_that_cannot_be_read_is_not_left_out_without_a_word(recorded, old, new):
    gateway, _ = recorded
    file = newest(gateway)
    whole = file.read_bytes()
    rows = whole.splitlines(keepends=True)
    number = next(number for number, row in enumerate(rows) if b'"peer":"modern.test"' in row and old in row)
    identity = json.loads(rows[number])["decision"]
    written = len(gateway.command("journal", "export").stdout.splitlines())
    rows[number] = rows[number].replace(old, new, 1)
    told = f"{file}:{number + 1}: cannot be read and was left out"

    def run(*arguments):
        run = gateway.command(*arguments, check=False)
        assert told in run.stderr, (arguments, run.stderr)
        return run.returncode, len(run.stdout.splitlines())

    try:
        file.write_bytes(b"".join(rows) + b'{"seq":999,"type":"deci')
        assert run("journal", "export") == (1, written - 1)
        assert run("journal", "search", "--peer", "modern.test") == (1, 2)
        assert run("journal", "show", identity) == (1, 0)
        assert run("explain", identity) == (1, 0)
        replay = ("policy", "replay", "--against", str(gateway.folder / "policy.toml"))
        if old == b',"hash":"':
            run(*replay)
        elif old == b',"kind":':
            assert "or cannot be read" in gateway.command(*replay, check=False).stdout
    finally:
        file.write_bytes(whole)


def test_the_public_key_is_all_that_it_takes(recorded, tmp_path):
    gateway, _ = recorded
    key = tmp_path / "journal.pub"
    key.write_text(gateway.command("key", "export", "--journal").stdout)
    copy = tmp_path / "copy"
    shutil.copytree(gateway.folder / "journal", copy)
    (copy / "subjects.db").unlink()
    run = subprocess.run([binary(), "journal", "verify", "--dir", copy, "--key", key, "--json"],
                         capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    heads = re.findall(r'"text":"(\d+:[0-9a-f]{64}:[-0-9]{10})"', gateway.log())
    file = max(copy.glob("*.jsonl"))
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-3]))
    for arguments, code in (([], 0), (["--head", heads[-1]], 1)):
        run = subprocess.run(
            [binary(), "journal", "verify", "--dir", copy, "--key", key, *arguments],
            capture_output=True, text=True, timeout=30, cwd=tmp_path)
        assert run.returncode == code, run.stdout + run.stderr


def test_records_are_found_shown_and_exported(recorded):
    gateway, refused = recorded

    def search(*arguments, code=0):
        run = gateway.command("journal", "search", "--json", *arguments, check=False)
        assert run.returncode == code, (run.stdout, run.stderr)
        return [json.loads(line) for line in run.stdout.splitlines()]

    assert len(search("--peer", "modern.test")) == 3
    assert len(search("--peer", "modern.test", "--kind", "shares", "--limit", "1")) == 1
    [nothing] = search("--peer", "nobody.test", code=1)
    assert nothing["error"] == "nothing found"
    [nothing] = search("--code", "malformed_mesage", code=1)
    assert 'did you mean "malformed_message"?' in nothing["error"]
    assert search("--kind", "share.in") == search("--kind", "shares")
    assert search("--since", "90m") == search("--since", f"{newest(gateway).stem}T00:00:00Z")
    assert {each["client"] for each in search("--subject", "127.0.0.1")} == {"127.0.0.1"}
    for wrong, reason in ((["--kind", "sharse"], 'did you mean "shares"?'), (["--limit=-1"], "from 1 to"),
                          (["--limit=9223372036854775807"], "from 1 to"), (["--since", "90x"], "an age"),
                          (["--kind", "policy", "--peer", "modern.test"], "--peer is: leave one of them out")):
        run = gateway.command("journal", "search", *wrong, check=False)
        assert run.returncode == 2 and reason in run.stderr, (wrong, run.stderr)
    assert [each["kind"] for each in search("--code", "malformed_message")] == ["shares"]
    day = newest(gateway).stem
    everything = search("--day", day)
    assert {each["kind"] for each in everything} >= {"shares"}
    before = newest(gateway).with_name(f"{date.fromisoformat(day) - timedelta(days=1)}.jsonl")
    assert search("--until", day, code=1)[0]["error"] == f"nothing found; not there: {before}"
    assert search("--kind", "torn", code=1)[0]["error"] == "nothing found"
    assert "@modern.test → " in gateway.command("journal", "search", "--plain", "--peer", "modern.test").stdout
    assert "@modern.test" not in gateway.command("journal", "search", "--peer", "modern.test").stdout

    shown = gateway.command("journal", "show", refused).stdout
    assert refused in shown and "malformed" in shown
    assert json.loads(gateway.command("journal", "show", refused, "--json").stdout)["status"] == 400
    assert gateway.command("journal", "show", "0000000000000000", check=False).returncode == 1
    assert len(gateway.command("journal", "tail", "-n2").stdout.splitlines()) == 2
    assert gateway.command("journal", "tail", "-n", "0").stdout == ""
    run = gateway.command("journal", "tail", "--lines=9223372036854775807", check=False)
    assert run.returncode == 2 and "from 0 to" in run.stderr
    table = gateway.command("journal", "export", "--format", "csv", "--peer", "modern.test").stdout
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == 3 and "@" in table
    # Who was verified, and who was only claimed to be.
    assert [(row["peer"], row["claimed"], row["status"]) for row in rows] == [
        ("modern.test", "modern.test", "201"), ("modern.test", "modern.test", "201"), ("", "modern.test", "401")]
    assert "@modern.test" in gateway.command("journal", "export", "--plain").stdout
    assert gateway.command("journal", "export", "--day", day, "--code", "peer_blocked").stdout == ""
    run = gateway.command("journal", "export", "--json", "--day", before.stem, check=False)
    assert (run.returncode, run.stdout) == (1, "") and f"nothing is written; not there: {before}" in run.stderr


def test_of_two_records_of_a_decision_both_are_shown_and_the_last_counts(recorded, tmp_path):
    """Something was let through, and could not be carried out after all."""
    gateway, _ = recorded
    copy = tmp_path / "copy"
    shutil.copytree(gateway.folder / "journal", copy)
    file = max(copy.glob("*.jsonl"))
    first = next(each for each in decisions(gateway) if each["action"] == "allow")
    last = json.loads(file.read_bytes().splitlines()[-1])
    again = first | {"seq": last["seq"] + 1, "action": "fail", "by": "guard:store_unavailable", "status": 503,
                     "code": "store_unavailable"}
    del again["hash"]
    head = json.dumps(again, separators=(",", ":"), ensure_ascii=False)[:-1].encode()
    link = hashlib.sha256(bytes.fromhex(last["hash"]) + head).hexdigest()
    with file.open("ab") as end:
        end.write(head + f',"hash":"{link}"}}\n'.encode())
    decision = first["decision"]

    def ask(*arguments) -> str:
        return gateway.command(*arguments, "--dir", str(copy)).stdout

    shown = [json.loads(line) for line in ask("journal", "show", decision, "--json").splitlines()]
    assert [(each["action"], each["status"]) for each in shown] == [("allow", 201), ("fail", 503)]
    assert shown[0]["hash"] == first["hash"] and shown[1]["hash"] == link
    text = ask("journal", "show", decision)
    assert text.index("record 1 of 2: what the next one takes back") < text.index("record 2 of 2: what counts")
    found = [json.loads(line) for line in ask("journal", "search", "--json").splitlines()]
    assert [each["action"] for each in found if each["decision"] == decision] == ["allow", "fail"]
    lines = ask("explain", decision).splitlines()
    [before] = [line for line in lines if line.startswith("before")]
    [result] = [line for line in lines if line.startswith("result")]
    assert "allow, 201" in before and "what follows counts" in before
    assert "fail, 503 store_unavailable, by guard:store_unavailable" in result
    told = json.loads(ask("explain", decision, "--json"))
    assert told["record"]["action"] == "fail"
    assert [each["record"]["action"] for each in told["earlier"]] == ["allow"]
    assert verify(gateway, "--dir", str(copy), "--key", str(gateway.folder / "keys/journal.pub"))[0] == 0


def test_the_configuration_is_read_from_standard_input_once(recorded):
    """`verify` needs it for the folder, the head and the key."""
    gateway, _ = recorded
    run = subprocess.run([binary(), "journal", "verify", "-c", "-"], cwd=gateway.folder, capture_output=True,
                         text=True, timeout=30, input=gateway.configuration.read_text())
    assert run.returncode == 0 and "signed up to record" in run.stdout, run.stdout + run.stderr
    # What is left there afterwards is no key.
    run = subprocess.run([binary(), "journal", "verify", "-c", "-", "--key", "-"], cwd=gateway.folder,
                         capture_output=True, text=True, timeout=30, input=gateway.configuration.read_text())
    assert run.returncode == 2 and "only one - can be given" in run.stderr, run.stdout + run.stderr


def test_what_peers_write_moves_no_cursor_and_makes_no_rows(recorded):
    gateway, _ = recorded
    [invite] = [each["decision"] for each in decisions(gateway) if each["kind"] == "invite-accepted"]
    shown = [gateway.command("journal", *words, "--plain").stdout
             for words in (["show", invite], ["show", invite, "--json"], ["export"],
                           ["export", "--format", "csv"], ["search", "--peer", "other.test", "--json"])]
    shown.append(gateway.command("explain", invite).stdout)
    for text in shown:
        assert "eve" in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), text
        assert not any(line.startswith("=1") for line in text.splitlines()), text


def test_a_recorded_decision_becomes_a_test_of_the_policy(recorded, tmp_path):
    gateway, refused = recorded
    allowed = next(each["decision"] for each in decisions(gateway)
                   if each["action"] == "allow" and each.get("peer") == "modern.test")
    test = gateway.command("policy", "test", "--record", allowed).stdout
    assert test.startswith(f"# Decision {allowed}, ") and 'action = "allow"' in test
    # People are pseudonyms, unless they are asked for.
    assert 'owner = "~' in test and "@modern.test" in test
    assert 'owner = "~' not in gateway.command("policy", "test", "--record", allowed, "--plain").stdout
    policy = tmp_path / "policy.toml"
    policy.write_text((gateway.folder / "policy.toml").read_text() + "\n" + test)
    run = gateway.command("policy", "test", policy, "--json")
    assert [each["passed"] for each in json.loads(run.stdout)["tests"]][-1] is True
    # A guard's refusal is no policy's, and what is not there is not there.
    assert gateway.command("policy", "test", "--record", refused, check=False).returncode == 2
    assert gateway.command("policy", "test", "--record", "0" * 16, check=False).returncode == 1


def test_a_person_is_forgotten_beside_a_running_gateway(legacy, start, peers):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    sent = share(peer)
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    assert gateway.post(peer, "/ocm/shares", sent).status == 201
    owner = sent["owner"]
    name = owner.split("@")[0]
    assert name not in newest(gateway).read_text()
    assert owner in gateway.command("journal", "export", "--plain").stdout
    found = gateway.command("journal", "search", "--subject", owner, "--json").stdout
    assert len(found.splitlines()) == 1

    told = json.loads(gateway.command("journal", "erase", owner, "--json").stdout)
    assert re.fullmatch("[0-9a-f]{24}", told["pseudonym"]) and len(told["shares"]) == 1
    assert owner not in gateway.command("journal", "export", "--plain").stdout
    assert told["pseudonym"] in gateway.command("journal", "export", "--plain").stdout
    assert gateway.command("journal", "erase", owner, check=False).returncode == 1
    assert verify(gateway)[0] == 0
    assert gateway.stop() == 0
    # And without one.
    recipient = sent["shareWith"]
    assert gateway.command("journal", "erase", recipient).returncode == 0
    assert verify(gateway)[0] == 0


@pytest.fixture
def small(tmp_path):
    """Starts gateways whose journal has a disk of its own: `small(backend, size)`."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    folder = tmp_path / "small"
    folder.mkdir(mode=0o700)
    made = []

    def open_on(start, backend, size: str):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder])
        if mounted.returncode != 0:
            pytest.skip("this machine lets nobody mount")
        made.append(None)

        def prepare(gateway):
            text = gateway.configuration.read_text()
            gateway.configuration.write_text(
                text.replace(f'dir = "{gateway.folder}/journal"', f'dir = "{folder}/journal"'))

        made[0] = start(backend.url, prepare)
        return made[0], folder

    yield open_on
    if made and made[0] is not None:
        made[0].kill()
    if made:
        subprocess.run(["umount", "-l", folder], check=True)


def let_through(folder: Path) -> set[str]:
    """Of the records in a folder, what was let through."""
    found = set()
    for file in folder.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            record = json.loads(line)
            if record["type"] == "decision" and record["action"] == "allow":
                found.add(record["ocm"]["provider_id"])
    return found


def test_a_full_disk_refuses_and_mends_itself(legacy, start, peers, small):
    _, backend = legacy("nextcloud")
    gateway, folder = small(start, backend, "1m")
    peer = peers.peers["modern.test"]

    def post() -> int:
        sent = share(peer)
        gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
        status = gateway.post(peer, "/ocm/shares", sent).status
        told.append((sent["providerId"], status))
        return status

    told: list[tuple[str, int]] = []
    assert post() == 201
    for _ in range(600):
        if post() == 503:
            break
    else:
        raise AssertionError("a full disk refuses nothing")
    messages = len([each for each in backend.take() if each.method == "POST"])
    assert post() == 503
    assert not [each for each in backend.take() if each.method == "POST"], "it had an effect"
    assert messages == sum(status == 201 for _, status in told)
    assert len(gateway.lines("journal.failed")) == 1
    subprocess.run(["mount", "-o", "remount,size=8m", folder], check=True)
    assert post() == 201
    assert gateway.stop() == 0
    assert let_through(folder / "journal") == {name for name, status in told if status == 201}
    assert verify(gateway)[0] == 0


def test_a_disk_without_room_for_new_people_refuses_and_mends_itself(legacy, start, peers, small):
    _, backend = legacy("nextcloud")
    gateway, folder = small(start, backend, "48m")
    peer = peers.peers["modern.test"]
    told: dict[str, int] = {}

    def post() -> int:
        owner = f"user{len(told)}@modern.test"
        sent = share(peer) | {"owner": owner, "sender": owner}
        gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
        told[sent["providerId"]] = gateway.post(peer, "/ocm/shares", sent).status
        return told[sent["providerId"]]

    assert post() == 201
    # The journal has taken 32 MB beforehand; all else is somebody else's from now on.
    with (folder / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while filler.write(bytes(4096)):
            pass
    # What had its place is let through and recorded, whoever it names.
    for _ in range(600):
        if post() == 503:
            break
    else:
        raise AssertionError("a full disk refuses nothing")
    backend.take()
    assert post() == 503
    assert not [each for each in backend.take() if each.method == "POST"], "it had an effect"
    assert len(gateway.lines("journal.failed")) == 1
    (folder / "filler").unlink()
    # Whoever is first to find that there is room tells it, be it a refusal.
    unsigned = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], as_json(share(peer)))
    assert unsigned.status == 401
    assert gateway.lines("journal.resumed")
    assert post() == 201
    assert len(gateway.lines("journal.resumed")) == 1
    assert gateway.stop() == 0
    assert let_through(folder / "journal") == {name for name, status in told.items() if status == 201}
    assert verify(gateway)[0] == 0
    people = gateway.command("journal", "export", "--plain").stdout
    for number, status in enumerate(told.values()):
        assert (f'"user{number}@modern.test"' in people) == (status == 201), number

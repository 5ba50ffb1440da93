"""The policy of a gateway that runs: limits, peers that wait for a person, keys that change, a candidate,
and a policy that changes under load."""

import fcntl
import json
import os
import re
import subprocess
import threading
import time
from bisect import bisect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from gateway import binary
from peers import as_json, legacy_share, serving, share
from test_journal import lines as journal_lines
from test_shares import decided, reached, refused

LISTED = ["flooding.test", "spraying.test", "surprise.test", "steady.test", "careful.test"]
POLICY = """
[[limit]]
name  = "flood"
on    = "share.in"
peer  = "flooding.test"
per   = "peer"
rate  = "1/s"
burst = 2

[[limit]]
name     = "fan-out"
on       = "share.in"
peer     = "spraying.test"
per      = "sender"
distinct = "recipient"
rate     = "2/day"
"""
ASKED = """
[[rule]]
name   = "asked first"
on     = "share.in"
peer   = "careful.test"
action = "hold"
"""
# The policy as it is, but that shares of one peer are refused.
CANDIDATE = """
[[rule]]
name   = "not steady"
on     = "share.in"
peer   = "steady.test"
action = "deny"
code   = "enough"
"""


@pytest.fixture(scope="module")
def crowd(authority):
    hosts = [*LISTED, "stranger.test", "unwanted.test", "hurried.test"]
    with serving(authority, dict.fromkeys(hosts, "rfc9421") | {"legacy.test": "unsigned"}) as server:
        yield server


@pytest.fixture(scope="module")
def world(legacy, start, crowd):
    _, backend = legacy("nextcloud")

    def prepare(gateway):
        policy = (gateway.folder / "policy.toml").read_text()
        first = '[[rule]]\nname   = "admitted"'
        assert first in policy
        policy = policy.replace(first, ASKED + first)
        (gateway.folder / "next.toml").write_text(policy.replace(first, CANDIDATE + first))
        (gateway.folder / "policy.toml").write_text(
            policy + '\n[list.unwanted]\nstanding = "block"\nsource = "unwanted.txt"\n')
        (gateway.folder / "unwanted.txt").write_text("# by hand\n")
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(text.replace(
            'file = "policy.toml"', 'file = "policy.toml"\ncandidate = "next.toml"'))

    return start(backend.url, prepare, peers=crowd, unknown="hold", partners=LISTED, policy=POLICY,
                 configuration="""
[discovery]
cache = { fresh = "1s", stale_if_error = "24h", negative = "1s" }
"""), backend


def send(gateway, peer, recipient="bob", **change):
    sent = share(peer)
    sent["shareWith"] = f"{recipient}@cloud.test"
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    return gateway.post(peer, "/ocm/shares", sent, **change)


def told(gateway, *arguments, check=True) -> dict:
    return json.loads(gateway.command(*arguments, "--json", check=check).stdout)


def test_a_burst_passes_then_429_says_when_and_then_there_is_room(world, crowd):
    gateway, backend = world
    peer = crowd.peers["flooding.test"]
    assert [send(gateway, peer).status for _ in range(2)] == [201, 201]
    backend.take()
    response = send(gateway, peer)
    answer = refused(response, 429, "limit_exceeded")
    assert reached(backend) == []
    line = gateway.decision(answer["decision"])
    assert line["by"] == "limit:flood" and line["action"] == "deny"
    # What it is asked of later, it says again: the limit was full.
    again = told(gateway, "policy", "explain", "--decision", answer["decision"], check=False)
    assert (again["by"], again["status"]) == ("limit:flood", 429), again
    time.sleep(int(response["retry-after"]))
    assert send(gateway, peer).status == 201
    assert send(gateway, crowd.peers["steady.test"]).status == 201


def held(gateway, peer: str) -> dict:
    """How this peer waits, once it does; of one that waits already the state is written later."""
    deadline = time.monotonic() + 20
    while True:
        for row in told(gateway, "peer", "hold", "list")["held"]:
            if row["peer"] == peer:
                return row
        assert time.monotonic() < deadline, gateway.log()[-2000:]
        time.sleep(0.2)


def test_a_stranger_waits_for_a_person_who_lets_it_in(world, crowd):
    gateway, backend = world
    peer = crowd.peers["stranger.test"]
    backend.take()
    response = send(gateway, peer, "bob")
    answer = refused(response, 503, "peer_held")
    assert int(response["retry-after"]) >= 60
    assert reached(backend) == []
    assert gateway.decision(answer["decision"])["action"] == "hold"
    # A wrong signature is refused, and nobody is asked.
    wrong = gateway.post(peer, "/ocm/shares", share(peer), key_id="stranger.test#other")
    refused(wrong, 401, "signature_invalid")
    row = held(gateway, "stranger.test")
    assert row["peer"] == "stranger.test" and row["count"] == 1
    [message] = row["messages"]
    assert message["on"] == "share.in" and message["signature"] == "rfc9421"
    assert message["decision"] == answer["decision"] and message["by"] == "unknown"
    assert message["sender"] == "alice@stranger.test" and message["recipient"] == "bob@cloud.test"

    before = (gateway.folder / "policy.toml").read_text()
    done = told(gateway, "peer", "hold", "approve", "stranger.test", "--list", "partners",
                "--note", "asked Eve")
    assert done["list"] == "partners" and done["running"] and done["problem"] is None
    after = (gateway.folder / "policy.toml").read_text()
    assert done["entry"] in after and "asked Eve" in done["entry"]
    assert after.splitlines()[done["line"] - 1].endswith(done["entry"] + "]")
    assert after.replace(", " + done["entry"], "") == before
    assert send(gateway, peer).status == 201
    assert told(gateway, "peer", "hold", "list")["held"] == []
    shown = told(gateway, "peer", "show", "stranger.test")
    assert shown["by"] == "list:partners" and shown["keys"] == "pinned"
    assert "asked Eve" in shown["note"]


def test_what_a_rule_holds_is_let_in_by_no_list(world, crowd):
    gateway, _ = world
    refused(send(gateway, crowd.peers["careful.test"]), 503, "held")
    held(gateway, "careful.test")
    before = (gateway.folder / "policy.toml").read_text()
    run = gateway.command("peer", "hold", "approve", "careful.test", "--list", "partners", check=False)
    assert run.returncode == 1 and "rule:asked first" in run.stderr, run.stderr
    assert (gateway.folder / "policy.toml").read_text() == before


def test_an_edit_of_the_policy_meanwhile_is_kept_and_nothing_else_is_changed(world, crowd):
    gateway, _ = world
    refused(send(gateway, crowd.peers["hurried.test"]), 503, "peer_held")
    held(gateway, "hurried.test")
    file = gateway.folder / "policy.toml"
    before = file.read_text()
    with file.open("a") as editor:
        # The command has read the file, and waits with what it makes of it.
        fcntl.flock(editor, fcntl.LOCK_EX)
        command = subprocess.Popen(
            [binary(), "peer", "hold", "approve", "hurried.test", "--list", "partners",
             "-c", gateway.configuration],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not re.search(rf"->.* {command.pid} ", Path("/proc/locks").read_text()):
            assert command.poll() is None, command.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        editor.write("# by hand\n")
    said = command.communicate(timeout=60)
    assert command.returncode == 1 and "was changed meanwhile; try again" in said[1], said
    assert file.read_text() == before + "# by hand\n"
    held(gateway, "hurried.test")
    file.write_text(before)
    gateway.command("reload")


def test_one_that_is_refused_is_blocked_by_the_list_that_was_named(world, crowd):
    gateway, backend = world
    peer = crowd.peers["unwanted.test"]
    refused(send(gateway, peer), 503, "peer_held")
    held(gateway, "unwanted.test")
    # A decision about somebody who does not wait is none.
    policy = (gateway.folder / "policy.toml").read_text()
    for host, said in (("steady.test", "it is on the list partners already: "),
                       ("later.test", "to put it on the list partners all the same, write at ")):
        run = gateway.command("peer", "hold", "approve", host, "--list", "partners", check=False)
        assert run.returncode == 1 and f"nothing of {host} waits" in run.stderr, run
        assert said in run.stderr and "policy.toml:" in run.stderr, run
    assert '{ host = "later.test", note = ' in run.stderr
    assert (gateway.folder / "policy.toml").read_text() == policy
    run = gateway.command("peer", "hold", "refuse", "later.test", check=False)
    assert run.returncode == 1 and "to put it on" not in run.stderr, run
    done = told(gateway, "peer", "hold", "refuse", "unwanted.test", "--list", "unwanted")
    lines = (gateway.folder / "unwanted.txt").read_text().splitlines()
    assert lines[0] == "# by hand" and lines[done["line"] - 1] == done["entry"]
    refused(send(gateway, peer), 403, "peer_blocked")
    # A list that blocks and is cut short is not taken by being seen, only when it is asked for.
    failures = len([line for line in gateway.records()
                    if line["message"] == "gateway.reload-failed"])
    (gateway.folder / "unwanted.txt").write_text("")
    line = gateway.lines("gateway.reload-failed", failures + 1)[-1]
    assert "unwanted" in line["problem"] and "ocmgate reload" in line["problem"]
    refused(send(gateway, peer), 403, "peer_blocked")
    gateway.command("reload")
    refused(send(gateway, peer), 503, "peer_held")
    # Nor is one that anybody may write.
    (gateway.folder / "policy.toml").chmod(0o646)
    run = gateway.command("reload", check=False)
    assert run.returncode == 1 and "chmod o-w" in run.stderr
    (gateway.folder / "policy.toml").chmod(0o644)
    gateway.command("reload")


def test_keys_that_changed_are_shown_and_taken_by_their_fingerprint(world, crowd):
    gateway, backend = world
    peer = crowd.peers["surprise.test"]
    assert send(gateway, peer).status == 201
    peer.key = ed25519.Ed25519PrivateKey.generate()
    time.sleep(1.1)
    response = send(gateway, peer)
    answer = refused(response, 503, "key_changed")
    line = gateway.decision(answer["decision"])
    assert line["action"] == "hold" and "peer pin surprise.test" in line["detail"]
    held(gateway, "surprise.test")
    assert told(gateway, "peer", "show", "surprise.test")["keys"] == "changed"
    # A list does not help, and nothing says that it did.
    shown = gateway.command("peer", "hold", "list").stdout
    assert "not checked: its keys changed" in shown and "signed (rfc9421-" in shown, shown
    assert "the fingerprint of each new key, then ocmgate peer pin surprise.test --fingerprint" in shown
    approved = gateway.command(
        "peer", "hold", "approve", "surprise.test", "--list", "partners", check=False)
    assert approved.returncode == 1 and "ocmgate peer pin surprise.test" in approved.stderr, approved
    held(gateway, "surprise.test")
    wrong = gateway.command("peer", "pin", "surprise.test", "--fingerprint", "-" + "x" * 42, check=False)
    assert wrong.returncode == 1 and "shows no key with the fingerprint" in wrong.stderr
    refused(send(gateway, peer), 503, "key_changed")
    asked = gateway.command("peer", "pin", "surprise.test", check=False)
    assert asked.returncode == 2 and "surprise.test is known by" in asked.stderr
    [new] = [text.split()[0] for text in asked.stderr.splitlines() if text.endswith("(new)")]
    done = told(gateway, "peer", "pin", "surprise.test", "--fingerprint", new)
    assert done["accepted"] and new in done["keys"]
    assert send(gateway, peer).status == 201
    rows = {row["host"]: row for row in told(gateway, "peer", "list")["peers"]}
    assert rows["surprise.test"]["keys"] == "pinned" and rows["surprise.test"]["held"] == 0
    assert rows["surprise.test"]["shares"] >= 2 and rows["legacy.test"]["by"] == "list:legacy"


def test_a_candidate_says_what_it_would_do_and_does_nothing(world, crowd):
    gateway, backend = world
    assert send(gateway, crowd.peers["steady.test"]).status == 201
    line = decided(gateway, backend)
    candidate = line["candidate"]
    assert candidate["action"] == "deny" and candidate["by"] == "rule:not steady"
    assert candidate["code"] == "enough" and candidate["policy"] != line["policy"]
    assert send(gateway, crowd.peers["surprise.test"]).status == 201
    assert "candidate" not in decided(gateway, backend)
    # One that is broken is told by everything that reads it, and the last good one stays.
    text = (gateway.folder / "next.toml").read_text()
    (gateway.folder / "next.toml").write_text(text.replace("[[rule]]", "[[rul]]", 1))
    checked = gateway.command("check", check=False)
    assert checked.returncode == 1 and 'unknown key "rul"' in checked.stderr, checked.stderr
    run = gateway.command("reload", "--json", check=False)
    told = json.loads(run.stdout)
    assert run.returncode == 1 and "next.toml:" in told["candidate_problem"] and told["problem"] is None, told
    (gateway.folder / "next.toml").write_text(text)
    assert "candidate_problem" in gateway.command("reload", "--json").stdout


def test_a_candidate_is_named_changed_and_taken_away_while_the_gateway_runs(world, crowd):
    gateway, backend = world
    peer, text = crowd.peers["steady.test"], gateway.configuration.read_text()

    def candidate(name: str) -> dict:
        gateway.configuration.write_text(text.replace('candidate = "next.toml"', f'candidate = "{name}"'))
        answer = told(gateway, "reload", check=False)
        assert answer["waiting"] == [] and answer["problem"] is None, answer
        assert send(gateway, peer).status == 201
        return answer

    assert candidate("")["candidate_problem"] is None
    assert "candidate" not in decided(gateway, backend)
    # One that is broken is told, and changes nothing.
    (gateway.folder / "other.toml").write_text("version = 2\n")
    assert "other.toml:" in candidate("other.toml")["candidate_problem"]
    assert "candidate" not in decided(gateway, backend)
    assert candidate("next.toml")["candidate_problem"] is None
    tried = decided(gateway, backend)["candidate"]
    assert tried["by"] == "rule:not steady"
    assert "other.toml:" in candidate("other.toml")["candidate_problem"]
    assert decided(gateway, backend)["candidate"] == tried
    assert candidate("next.toml")["candidate_problem"] is None


def test_a_limit_of_two_a_day_outlives_a_restart(world, crowd):
    gateway, _ = world
    peer = crowd.peers["spraying.test"]
    assert [send(gateway, peer, to).status for to in ("bob", "alice", "bob")] == [201, 201, 201]
    refused(send(gateway, peer, "admin"), 429, "limit_exceeded")
    assert gateway.stop() == 0
    gateway.start()
    response = send(gateway, peer, "admin")
    refused(response, 429, "limit_exceeded")
    assert 86_000 < int(response["retry-after"]) <= 86_400
    assert send(gateway, peer, "alice").status == 201


def journal_shows(gateway, hashes: list[str], possible: dict[str, list[str]]) -> None:
    """Every message by every check of one policy alone, which was in force for some of its time, and
    every switch in its order."""
    records = journal_lines(gateway)
    judged = [line for line in records if line["type"] == "decision"]
    assert {line["decision"] for line in judged} == set(possible)
    for line in judged:
        assert line["policy"] in possible[line["decision"]], line
    versions: dict[str, set[str]] = {}
    for line in judged:
        versions.setdefault(line["policy"], set()).add(
            " ".join(check["name"] for check in line["checks"]))
    # The names of a whole policy, each of its own.
    assert all(len(checks) == 1 for checks in versions.values()), versions
    for [checks] in versions.values():
        assert len({word.partition("-")[2] for word in checks.split() if word.startswith(
            ("require:signed", "rule:admitted"))}) == 1, checks
    # Behind a broken version the same one as before may be read again, which is no switch.
    hashes = [name for name, before in zip(hashes, [None, *hashes]) if name != before]
    switches = [line for line in records if line["type"] == "policy"]
    assert [line["policy"] for line in switches] == hashes
    # Before the first start there was none.
    assert [line.get("was") for line in switches] == [None, *hashes[:-1]]


# One a second; in a minute one policy is broken six times.
CHANGES = 60 if os.environ.get("OCMGATE_LONG") == "1" else 7


def test_a_policy_that_changes_under_load_is_whole_for_every_message(legacy, start, crowd):
    """A new policy each second, every tenth of them broken, while messages come without a pause."""
    _, backend = legacy("nextcloud")
    gateway = start(backend.url, peers=crowd, partners=[])
    file = gateway.folder / "policy.toml"
    text = file.read_text()
    # Two blocks that belong together: a message that saw half of a policy would name the wrong ones.
    versions = [
        text.replace('name   = "admitted"', f'name   = "admitted-{word}"').replace(
            'name   = "signed"', f'name   = "signed-{word}"') for word in ("a", "b")]
    statuses: list[int] = []
    began: dict[int, float] = {}
    answered: dict[int, float] = {}
    written: list[float] = []
    told: list[float] = []
    over = threading.Event()

    def post(thread: int):
        with gateway.connect() as connection:
            number = 0
            while not over.is_set():
                number += 1
                if number % 900 == 0:
                    connection.close()
                    connection = gateway.connect()
                sent = legacy_share("legacy.test", providerId=4 * number + thread)
                gateway.evidence.hide(sent["protocol"]["options"]["sharedSecret"])
                body = as_json(sent)
                began[sent["providerId"]] = time.monotonic()
                response = gateway.request(
                    "POST", "/ocm/shares", [("Content-Type", "application/json")], body, connection)
                answered[sent["providerId"]] = time.monotonic()
                statuses.append(response.status)

    def change():
        broken = 0
        for number in range(1, CHANGES + 1):
            next_change = time.monotonic() + 1
            new, is_broken = versions[number % 2], number % 10 == 5
            if is_broken:
                broken += 1
                new = new.replace("version = 1", "version = one")
            draft = gateway.folder / "draft"
            draft.write_text(new)
            if not is_broken:
                written.append(time.monotonic())
            draft.rename(file)
            if is_broken:
                gateway.lines("gateway.reload-failed", broken)
            else:
                gateway.lines("gateway.reloaded", number - broken)
                told.append(time.monotonic())
            time.sleep(max(0, next_change - time.monotonic()))
        return broken

    with ThreadPoolExecutor(4) as pool:
        posters = [pool.submit(post, number) for number in range(4)]
        try:
            broken = change()
        finally:
            over.set()
    # Not one request was cut.
    for poster in posters:
        poster.result()

    assert statuses and set(statuses) == {201}, {code: statuses.count(code) for code in set(statuses)}
    reloads = gateway.lines("gateway.reloaded", CHANGES - broken)
    assert len(gateway.lines("gateway.reload-failed", broken)) == broken
    # The log tells of every switch, from what to what.
    hashes = [gateway.lines("gateway.started")[0]["policy"]]
    for line in reloads:
        assert line["was"] == hashes[-1]
        hashes.append(line["policy"])
    shares = {request["x-ocm-decision"]: json.loads(request.body)["providerId"]
              for request in backend.take() if request.method == "POST"}
    names, possible = {}, {}
    for line in gateway.decisions(len(statuses)):
        names.setdefault(line["policy"], set()).add(line["by"])
        # Not one that was over, as the log told, when it began, nor one that was not written yet.
        share = shares[line["decision"]]
        possible[line["decision"]] = hashes[bisect(told, began[share]):bisect(written, answered[share]) + 1]
        assert line["policy"] in possible[line["decision"]], line
    assert len(names) == 3 and all(len(blocks) == 1 for blocks in names.values()), names
    journal_shows(gateway, hashes, possible)
    print(f"{len(statuses)} messages, {CHANGES} changes, {broken} of them broken")

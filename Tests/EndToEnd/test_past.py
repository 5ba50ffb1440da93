"""What is asked of the past: one decision whole, and another policy over all of them."""

import json
import os
import re
import stat

import pytest

from peers import share
from test_shares import decided

RULES = """
[[rule]]
name   = "no folders"
on     = "share.in"
when   = { resource_type = "folder" }
action = "deny"
code   = "no_folders"
"""


@pytest.fixture(scope="module")
def nextcloud(legacy):
    return legacy("nextcloud")[1]


@pytest.fixture(scope="module")
def gateway(start, nextcloud):
    return start(nextcloud.url)


def post(gateway, peer, document) -> tuple[int, dict]:
    gateway.evidence.hide(document["protocol"]["webdav"]["sharedSecret"])
    response = gateway.post(peer, "/ocm/shares", document)
    return response.status, json.loads(response.body)


def asked(gateway, *words, codes=(0,)) -> dict:
    run = gateway.command(*words, "--json", check=False)
    assert run.returncode in codes, (run.stdout, run.stderr)
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def past(gateway, nextcloud, peers):
    """Decisions of every sort; their ids by what they were."""
    modern, other = peers.peers["modern.test"], peers.peers["other.test"]
    ids = {"allowed": [], "folders": []}
    for number in range(6):
        document = share(modern if number % 2 else other)
        assert post(gateway, modern if number % 2 else other, document)[0] == 201
        ids["allowed"].append(decided(gateway, nextcloud)["decision"])
    for sender in (modern, other):
        assert post(gateway, sender, share(sender, resourceType="folder"))[0] == 201
        ids["folders"].append(decided(gateway, nextcloud)["decision"])
    # What the policy lets through and the backend cannot take is not the policy's doing.
    post(gateway, modern, share(modern, shareType="group"))
    document = share("stranger.test")
    status, answer = post(gateway, modern, document)
    assert status == 403, answer
    ids["unknown"] = answer["decision"]
    # A path that a proxy shortened.
    document = share(modern)
    body = json.dumps(document).encode()
    gateway.evidence.hide(document["protocol"]["webdav"]["sharedSecret"])
    fields = modern.signed("POST", "https://cloud.test/index.php/ocm/shares", body, "application/json")
    response = gateway.request("POST", "/ocm/shares", fields, body)
    assert response.status == 401
    ids["forged"] = json.loads(response.body)["decision"]
    gateway.lines("signature.near-miss")
    return ids


def test_a_refusal_is_explained_with_what_would_change_it(gateway, past):
    found = asked(gateway, "explain", past["unknown"])
    assert found["record"]["standing"] == "unknown" and found["record"]["type"] == "decision"
    [advice] = found["advice"]
    assert advice["command"] == '{ host = "stranger.test", note = "" },'
    assert "policy.toml:" in advice["place"]
    words = gateway.command("explain", past["unknown"]).stdout
    for word in ("stranger.test (as it claims)", "403 peer_unknown", "to change it", "policy.toml:"):
        assert word in words, words


def test_a_failed_signature_is_explained_with_its_cause(gateway, past):
    found = asked(gateway, "explain", past["forged"])
    assert found["near_miss"]["distortions"] == ["index-php-removed"]
    assert found["advice"][0]["command"] is None and "proxy_pass" in found["advice"][0]["text"]
    words = gateway.command("explain", past["forged"]).stdout
    assert "/index.php was removed from the path" in words
    assert "guard:signature_invalid" in words
    # Every check, in the order of judgement; none behind the signature was reached.
    results = [(check["name"], check["result"]) for check in found["checks"]]
    assert results[:3] == [("framing", "passed"), ("standing", "passed"), ("signature", "refused")]
    assert ("rule:admitted", "not-reached") in results
    assert {result for _, result in results[3:]} == {"not-reached"}
    assert re.search(r"^  refused +signature +\S", words, re.M), words
    # The journal that says so is whole.
    assert gateway.command("journal", "verify", check=False).returncode == 0


def test_what_was_let_through_is_shown_whole(gateway, past):
    words = gateway.command("explain", past["allowed"][0]).stdout
    for word in ("allow, 201, by rule:admitted", "passed", "require:signed", "verified", "alice@",
                 "the one in force now"):
        assert word in words, words
    results = [(check["name"], check["result"])
               for check in asked(gateway, "explain", past["allowed"][0])["checks"]]
    assert results[:3] == [("framing", "passed"), ("standing", "passed"), ("signature", "passed")]
    assert ("rule:admitted", "allowed") in results


def test_what_cannot_be_read_reached_no_check(gateway, peers):
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], b'{"a":1,"a":2}')
    assert response.status == 400
    found = asked(gateway, "explain", json.loads(response.body)["decision"])
    assert [(check["name"], check["result"]) for check in found["checks"]] == [("framing", "refused")]
    assert found["checks"][0]["reason"]


def test_what_another_host_signed_is_refused_behind_its_signature(gateway, peers):
    document = share("modern.test")
    gateway.evidence.hide(document["protocol"]["webdav"]["sharedSecret"])
    response = gateway.post(peers.peers["other.test"], "/ocm/shares", document)
    assert response.status == 403
    found = asked(gateway, "explain", json.loads(response.body)["decision"])
    results = [(check["name"], check["result"]) for check in found["checks"]]
    assert ("guard:sender_mismatch", "refused") in results
    assert ("rule:admitted", "not-reached") in results


def test_what_is_not_there_is_told_with_the_files(gateway, past):
    known = past["allowed"][0]
    run = gateway.command("explain", known[:-1] + ("1" if known[-1] == "0" else "0"), check=False)
    assert run.returncode == 1 and ".jsonl" in run.stderr
    assert gateway.command("explain", "nonsense", check=False).returncode == 1


def test_a_change_of_the_policy_changes_exactly_these(gateway, past, tmp_path):
    policy = (gateway.folder / "policy.toml").read_text()
    same = asked(gateway, "policy", "replay", "--against", str(gateway.folder / "policy.toml"))
    assert (same["changed"], same["unknown"]) == (0, 0)
    assert same["judged"] >= 9 and same["guarded"] >= 1

    other = tmp_path / "policy.toml"
    other.write_text(policy.replace("[[rule]]", RULES + "\n[[rule]]", 1))
    page = tmp_path / "report.html"
    found = asked(gateway, "policy", "replay", "--against", str(other), "--html", str(page), codes=(1,))
    changed = [example["decision"] for example in found["examples"]]
    assert changed == past["folders"]
    assert {row["name"] for row in found["by_kind"]} <= {"share.in"}
    html = page.read_text()
    assert "<script" not in html and all(name in html for name in changed)

    # Who was unknown may come in by another list.
    other.write_text(policy.replace('"modern.test"', '"modern.test", "stranger.test"', 1))
    found = asked(gateway, "policy", "replay", "--against", str(other), codes=(1,))
    assert [example["decision"] for example in found["examples"]] == [past["unknown"]]
    assert found["examples"][0]["certainty"] == "if-signed"


def test_a_page_goes_into_a_file_and_into_nothing_else(gateway, past, tmp_path):
    replay = ("policy", "replay", "--against", str(gateway.folder / "policy.toml"), "--html")
    page = tmp_path / "report.html"
    page.touch(mode=0o600)
    link = tmp_path / "link.html"
    link.symlink_to(page)
    gateway.command(*replay, str(link))
    assert link.is_symlink() and page.read_text().startswith("<!")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = gateway.command(*replay, str(pipe), check=False)
    assert run.returncode == 2 and "not a regular file" in run.stderr
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_page_takes_the_place_of_nothing_that_is_read(gateway, past, tmp_path):
    other = tmp_path / "next.toml"
    other.write_text((gateway.folder / "policy.toml").read_text())
    link = tmp_path / "link.toml"
    link.symlink_to(other)
    kept = {file: file.read_bytes() for file in (other, gateway.folder / "policy.toml", gateway.configuration)}
    for page in (*kept, link, "-"):
        run = gateway.command("policy", "replay", "--against", str(other), "--html", str(page), check=False)
        assert run.returncode == 2 and not run.stdout, run
        assert run.stderr.startswith(f"ocmgate: --html {page}: "), run.stderr
    assert kept == {file: file.read_bytes() for file in kept} and link.is_symlink()


def test_a_past_message_is_asked_of_another_policy(gateway, past, tmp_path):
    asked_now = asked(gateway, "policy", "explain", "--decision", past["folders"][0])
    assert asked_now["action"] == "allow"
    other = tmp_path / "policy.toml"
    other.write_text((gateway.folder / "policy.toml").read_text().replace("[[rule]]", RULES + "\n[[rule]]", 1))
    then = asked(gateway, "policy", "explain", str(other), "--decision", past["folders"][0], codes=(3,))
    assert (then["by"], then["code"]) == ("rule:no folders", "no_folders")
    assert asked(gateway, "policy", "explain", str(other), "--decision", past["folders"][0],
                 "--resource-type", "file")["action"] == "allow"
    # The lists refused it before anybody looked at its signature.
    other.write_text((gateway.folder / "policy.toml").read_text().replace('unknown = "deny"', 'unknown = "allow"'))
    admitted = asked(gateway, "policy", "explain", str(other), "--decision", past["unknown"])
    assert admitted["action"] == "allow" and admitted["ifSigned"] is True
    text = gateway.command("policy", "explain", str(other), "--decision", past["unknown"]).stdout
    assert "its signature, which nobody looked at, is taken to be good" in text
    unsigned = asked(gateway, "policy", "explain", str(other), "--decision", past["unknown"],
                     "--signature", "none", codes=(3,))
    assert unsigned["code"] == "signature_required" and unsigned["ifSigned"] is False
    missing = asked(gateway, "policy", "explain", "--decision", "0" * 16, codes=(1,))
    assert "no decision" in missing["error"] and missing["errors"] == []


def test_suggestions_can_be_pasted(gateway, past):
    found = asked(gateway, "policy", "suggest", "--least", "1")
    assert [row["peer"] for row in found["candidates"]] == ["stranger.test"]
    policy = gateway.folder / "pasted.toml"
    policy.write_text((gateway.folder / "policy.toml").read_text() + found["toml"])
    assert gateway.command("policy", "test", str(policy), check=False).returncode in (0, 2)
    # The lists refused it before anybody looked at its signature.
    assert "#   stranger.test: " in found["toml"] and "[list.candidates]" not in found["toml"]


def test_a_word_that_a_test_takes_for_a_slip_is_told_of(gateway, nextcloud, peers):
    sender = peers.peers["modern.test"]
    assert post(gateway, sender, share(sender, resourceType="files"))[0] == 201
    decision = decided(gateway, nextcloud)["decision"]
    run = gateway.command("policy", "test", "--record", decision, check=False)
    assert run.returncode == 2 and not run.stdout, run
    assert 'says "files", which a test takes for a misspelt "file"' in run.stderr, run.stderr


def test_data_that_a_list_refuses_reached_no_later_check(start, legacy):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    code = gateway.add_share("modern.test", "7", gateway.evidence.secret())
    # It goes through, to a backend that never heard of it.
    assert gateway.with_secret("GET", "/public.php/webdav/a", code).status == 401
    file = gateway.folder / "policy.toml"
    file.write_text(file.read_text() + '\n[list.out]\nstanding = "block"\nhard = true\nentries = ["modern.test"]\n')
    gateway.command("reload")
    answer = gateway.with_secret("GET", "/public.php/webdav/a", code)
    assert answer.status == 403
    decision = json.loads(answer.body)["decision"]
    told = asked(gateway, "explain", decision)["record"]
    assert (told["kind"], told["by"]) == ("webdav", "list:out")
    results = {check["name"]: check["result"] for check in told["checks"]}
    assert results.pop("standing") == "refused"
    assert "rule:admitted" in results and set(results.values()) == {"not-reached"}
    text = gateway.command("explain", decision).stdout
    assert re.search(r"^  refused +standing ", text, re.M) and re.search(r"^  not-reached +rule:admitted", text, re.M)
    assert not re.search(r"^  (allowed|passed) ", text, re.M)

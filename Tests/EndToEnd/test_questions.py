"""What would be decided, and what is sent to whom: commands that ask the policy."""

import json
from pathlib import Path

import pytest

from commandline import ocmgate, replace
from peers import legacy_share

ROOT = Path(__file__).parents[2]


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


def test_a_peer_is_judged_by_what_it_says_and_by_what_is_known_of_it(legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url, policy="""
[[require]]
name = "known"
on   = "share.in"
when = { software = "opencloudmesh*" }
need = "key-pinned"

[[require]]
name = "second factor"
on   = "share.out"
need = "mfa"
""")

    def answers(host):
        discovered = json.loads(gateway.command("discover", host, "--json").stdout)["policy"]
        probed = json.loads(gateway.command("peer", "probe", host, "--json").stdout)["policy"]
        assert probed["in"] == discovered
        return discovered["by"], probed["out"]["by"]

    assert answers("modern.test") == ("require:known", "require:second factor")
    assert answers("cavage.test") == ("rule:admitted", "require:second factor")
    gateway.command("peer", "pin", "modern.test", "--yes")
    assert answers("modern.test") == ("rule:admitted", "require:second factor")


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

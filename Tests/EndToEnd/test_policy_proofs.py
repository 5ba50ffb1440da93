"""`policy test --coverage --mutate`, `policy prove` and `policy diff`: the example is as good as it says,
and a copy that was broken on purpose is told so in words that somebody new to it understands."""

import json
import re
import time
from pathlib import Path

import pytest

from commandline import ocmgate

EXAMPLE = (Path(__file__).parents[2] / "docs" / "policy.example.toml").read_text()


@pytest.fixture
def broken(tmp_path):
    """The example with one text in the place of another, as a file."""
    def write(old="", new="", text=EXAMPLE):
        assert old == "" or text.count(old) == 1, old
        path = tmp_path / "policy.toml"
        path.write_text(text.replace(old, new) if old else text)
        return path
    return write


def without_test(name: str) -> str:
    text, count = re.subn(r'\[\[test\]\]\nname  = "' + re.escape(name) + r'"\n.*\n.*\n', "", EXAMPLE)
    assert count == 1
    return text


def test_the_example_is_covered_noticed_and_proved(broken):
    path = broken()
    run = ocmgate("policy", "test", path, "--coverage", "--mutate")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "25 passed, 0 failed" in run.stdout and "20 of 20 blocks, 100 %" in run.stdout
    assert re.search(r"(\d+) of \1 changes noticed, 100 %", run.stdout)
    told = json.loads(ocmgate("policy", "test", path, "--coverage", "--mutate", "--json").stdout)
    assert told["coverage"][0]["percent"] == told["mutants"][0]["percent"] == 100
    assert told["coverage"][0]["missed"] == told["mutants"][0]["survivors"] == []
    begun = time.monotonic()
    proved = ocmgate("policy", "prove", path)
    # Within ten seconds, in a release build on a machine that does nothing else.
    assert time.monotonic() - begun < 60
    assert proved.returncode == 0 and proved.stdout.count("proved for all messages") == 3
    told = json.loads(ocmgate("policy", "prove", "-", "--json", stdin=EXAMPLE).stdout)
    assert (told["proved"], told["broken"], told["open"]) == (3, 0, 0)
    assert ocmgate("policy", "diff", path, path).stdout == "the same\n"


def test_a_list_that_lost_its_hardness_fails_a_test(broken):
    run = ocmgate("policy", "test", broken("hard     = true\n"))
    assert run.returncode == 1
    assert "a legal hold beats even our own list" in run.stdout
    assert 'action: wanted "deny", got "allow"' in run.stdout
    assert "decided by rule:files and folders from anyone we admit" in run.stdout
    # Mutants would all be noticed by a test that fails anyway.
    more = ocmgate("policy", "test", broken("hard     = true\n"), "--mutate")
    assert more.returncode == 1 and "as long as tests fail" in more.stdout


def test_a_block_without_a_test_is_named_with_its_place(broken):
    path = broken(text=without_test("ssh share"))
    run = ocmgate("policy", "test", path, "--coverage")
    assert run.returncode == 1
    assert f"{path}:108: no test reaches rule:no ssh" in run.stdout
    assert "tests reach 19 of 20 blocks, 95 %" in run.stdout


def test_a_change_that_no_test_notices_is_named_with_a_message_that_tells(broken):
    path = broken(text=without_test("partners may ask for write"))
    run = ocmgate("policy", "test", path, "--mutate")
    assert run.returncode == 1
    assert f"{path}:116: no test notices: rule:read-only from legacy peers: peer is taken away" in run.stdout
    assert 'permissions = "write"' in run.stdout
    survivor = json.loads(ocmgate("policy", "test", path, "--mutate", "--json").stdout)["mutants"][0]["survivors"]
    assert [entry["block"] for entry in survivor] == ["rule:read-only from legacy peers"]
    assert ocmgate("policy", "test", path, "--values").returncode not in (0, 1)


def test_a_broken_invariant_is_shown_as_a_test_that_runs(broken):
    old, new = '"share", "notification", "invite", "token"]\nexcept', '"share", "notification", "invite"]\nexcept'
    path = broken(old, new)
    run = ocmgate("policy", "prove", path)
    assert run.returncode == 1
    assert "broken: \"no unsigned share, token or invite is accepted, except from @legacy\"" in run.stdout
    assert run.stdout.count("proved for all messages") == 2
    test = run.stdout[run.stdout.index("[[test]]"):].split("\n\n")[0]
    assert 'signature = "none"' in test and '"token.in"' in test
    # It says what the policy does now, so that it passes there, and fails in the example.
    path = broken(text=EXAMPLE.replace(old, new) + "\n" + test + "\n")
    assert "26 passed, 0 failed" in ocmgate("policy", "test", path).stdout
    path = broken(text=EXAMPLE + "\n" + test + "\n")
    assert "25 passed, 1 failed" in ocmgate("policy", "test", path).stdout


def test_what_changes_is_told_by_messages(broken, tmp_path):
    (tmp_path / "old.toml").write_text(EXAMPLE)
    new = broken('except = ["@legacy"]\nneed   = ["signature"]', 'need   = ["signature"]')
    run = ocmgate("policy", "diff", tmp_path / "old.toml", new)
    assert run.returncode == 1
    assert 'require:signed\n  - except "@legacy"' in run.stdout
    assert "→  deny by require:signed (401 signature_required)" in run.stdout
    first = run.stdout.split("\n\n")[1]
    assert first.startswith("allow by rule:files and folders from anyone we admit  →  deny by require:signed")
    assert "share.in, peers of whom list:legacy speaks" in first
    assert 'for example { on = "share.in", peer = "old-cloud.partner.example", signature = "none" }' in first
    assert "let through, but otherwise answered" in run.stdout.split("\n\n")[-1]
    told = json.loads(ocmgate("policy", "diff", tmp_path / "old.toml", new, "--json").stdout)
    assert told["same"] is False and told["doubt"] is None
    assert [edit["block"] for edit in told["edits"]] == ["require:signed"]
    assert all(change["after"].startswith("deny by require:signed") for change in told["changes"])
    assert [change["access"] for change in told["changes"]] == sorted(
        (change["access"] for change in told["changes"]), reverse=True)
    assert ocmgate("policy", "diff", tmp_path / "old.toml", tmp_path / "none.toml").returncode == 2

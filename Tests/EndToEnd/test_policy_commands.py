"""`policy test` and `policy explain`: what they say is what the gateway would do, with its place."""

import json

import pytest

from commandline import ocmgate

POLICY = """\
version = 1
name    = "school"
mode    = "enforce"
unknown = "deny"
default = "deny"

[list.partners]
standing = "allow"
entries  = ["*.partner.example"]

[list.blocked]
standing = "block"
entries  = ["bad.partner.example"]

[[require]]
name = "signed"
on   = ["share", "token"]
need = ["signature"]
hint = "Sign it."

[[rule]]
name   = "no campus guests"
on     = "share.in"
when   = { net = "192.0.2.0/24" }
action = "deny"
code   = "campus_refused"

[[rule]]
name   = "small files"
on     = "share.in"
when   = { share_type = "user", resource_type = "file", protocol = "webdav", permissions = ["read"], \
size_max = "1MiB", owner = "*@*.partner.example" }
action = "allow"

[[rule]]
name   = "news"
on     = "notification.in"
when   = { notification_type = "SHARE_ACCEPTED" }
action = "allow"
"""
TESTS = """
[[test]]
name  = "a small file"
given = { on = "share.in", peer = "a.partner.example", owner = "x@a.partner.example", address = "198.51.100.1" }
want  = { action = "allow", by = "rule:small files" }

[[test]]
name  = "a blocked one"
given = { on = "share.in", peer = "bad.partner.example" }
want  = { action = "deny" }
"""
FINE = ["--peer", "a.partner.example", "--owner", "x@a.partner.example", "--address", "198.51.100.1"]
ASKED = {
    "as it should be": ([], "allow", "rule:small files"),
    "from nobody": (["--peer", "stranger.example"], "deny", "unknown"),
    "from a blocked one": (["--peer", "bad.partner.example"], "deny", "list:blocked"),
    "unsigned": (["--signature", "none"], "deny", "require:signed"),
    "unsigned by a peer with keys": (["--signature", "none", "--peer-advertises-keys"], "deny",
                                     "built-in:advertised-keys"),
    "from the campus": (["--address", "192.0.2.9"], "deny", "rule:no campus guests"),
    "to a group": (["--share-type", "group"], "deny", "default"),
    "of a folder": (["--resource-type", "folder"], "deny", "default"),
    "over ssh too": (["--protocol", "webdav,ssh"], "deny", "default"),
    "to be written": (["--permissions", "read,write"], "deny", "default"),
    "of a large file": (["--size", "2MiB"], "deny", "default"),
    "of somebody else": (["--owner", "x@other.example"], "deny", "default"),
    "another message": (["--on", "notification.in", "--notification-type", "SHARE_ACCEPTED"], "allow",
                        "rule:news"),
    "another message that is not named": (["--on", "invite.in"], "deny", "default"),
}


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return path


@pytest.mark.parametrize("name", ASKED)
def test_every_fact_that_is_given_counts(policy, name):
    more, action, by = ASKED[name]
    given = [*FINE, *more]
    run = ocmgate("policy", "explain", policy, *given, "--json")
    told = json.loads(run.stdout)
    assert (told["action"], told["by"]) == (action, by), run.stdout
    assert run.returncode == (0 if action == "allow" else 3)
    assert told["checks"] and all({"name", "result", "place", "reason"} <= check.keys()
                                  for check in told["checks"])
    if ":" in by and not by.startswith("built-in"):
        file, line = told["place"].rsplit(":", 2)[:2] if told["place"].count(":") > 1 else \
            told["place"].rsplit(":", 1)
        assert file.endswith("policy.toml") and int(line) > 6
    # For people: the same answer, on its last lines.
    text = ocmgate("policy", "explain", policy, *given)
    assert text.returncode == run.returncode
    assert f"{action} by {by}" in text.stdout


def test_the_place_of_a_refusal_by_a_list_is_its_entry(policy):
    run = ocmgate("policy", "explain", policy, *FINE, "--peer", "bad.partner.example", "--json")
    told = json.loads(run.stdout)
    line = POLICY[:POLICY.index('["bad.partner.example"]')].count("\n") + 1
    assert told["by"] == "list:blocked" and told["place"].endswith(f"policy.toml:{line}"), told
    assert told["place"] == told["checks"][0]["place"]


def test_a_refusal_is_explained_in_the_words_that_the_peer_reads(policy):
    run = ocmgate("policy", "explain", policy, *FINE, "--signature", "none")
    assert "the peer reads: Sign it." in run.stdout
    run = ocmgate("policy", "explain", policy, *FINE, "--on", "share.out", "--signature", "none")
    assert "our own server reads: Sign it." in run.stdout
    told = json.loads(ocmgate("policy", "explain", policy, *FINE, "--address", "192.0.2.9", "--json").stdout)
    assert (told["code"], told["status"]) == ("campus_refused", 403)


def test_every_host_that_a_message_names_is_asked_about(policy, tmp_path):
    message = tmp_path / "share.json"
    document = {"shareWith": "bob@here.example", "name": "a.txt", "providerId": "7", "shareType": "user",
                "owner": "x@a.partner.example", "sender": "y@b.partner.example", "resourceType": "file",
                "protocol": {"name": "multi", "webdav": {"uri": "x7", "sharedSecret": "s" * 16,
                                                         "permissions": ["read"]}}}
    asked = ["policy", "explain", policy, "--message", message, "--signature", "rfc9421",
             "--address", "198.51.100.1"]
    message.write_text(json.dumps(document))
    assert "allow by rule:small files" in ocmgate(*asked).stdout
    for member in "owner", "sender":
        message.write_text(json.dumps(document | {member: "y@bad.partner.example"}))
        run = ocmgate(*asked)
        assert run.returncode == 3 and "deny by list:blocked" in run.stdout, run.stdout
    assert "bad.partner.example in @blocked" in run.stdout
    message.write_text(json.dumps(document | {"owner": "y@bad.partner.example"}))
    assert "of bad.partner.example, which the message names" in ocmgate(*asked).stdout
    # Of what goes out it is the one that the message is for; those whom it names are ours.
    policy.write_text(POLICY + '[[rule]]\nname = "out"\non = "share.out"\naction = "allow"\n')
    message.write_text(json.dumps(document | {"shareWith": "bob@a.partner.example",
                                              "owner": "x@here.example", "sender": "x@here.example"}))
    run = ocmgate(*asked, "--on", "share.out")
    assert run.returncode == 0 and "share.out, a.partner.example;" in run.stdout, run.stdout


def test_a_limit_with_the_name_of_a_built_in_one_is_refused(policy):
    limit = '[[limit]]\nname = "built-in:ping-pong"\non = "share"\nper = "all"\nrate = "1/s"\n'
    invariant = '[[invariant]]\nname = "i"\ngiven = { standing = "block" }\nnever = "allow"\n'
    policy.write_text(POLICY + limit + invariant)
    line = policy.read_text().splitlines().index("[[limit]]") + 2
    for command in (["prove", policy], ["test", policy], ["diff", policy, policy]):
        run = ocmgate("policy", *command)
        assert run.returncode == 2, run.stdout + run.stderr
        assert f'policy.toml:{line}:1: "built-in:ping-pong" is the name of a built-in limit' in run.stderr


def test_without_an_address_no_network_is_left_behind(policy):
    run = ocmgate("policy", "explain", policy, *FINE[:4])
    assert run.returncode == 3 and "deny by rule:no campus guests" in run.stdout


def test_what_is_only_reported_is_told(policy):
    policy.write_text(POLICY.replace('"enforce"', '"report"'))
    run = ocmgate("policy", "explain", policy, *FINE, "--peer", "stranger.example", "--json")
    told = json.loads(run.stdout)
    assert (run.returncode, told["action"]) == (0, "allow")
    assert "unknown" in told["would"]


@pytest.mark.parametrize("wrong", [
    ["--on", "share.sideways"], ["--peer", "no host"], ["--signature", "perhaps"], ["--size", "big"],
    ["--address", "1.2.3"], ["--now", "tomorrow"], ["--bogus"],
])
def test_a_question_that_is_none_is_refused(policy, wrong):
    run = ocmgate("policy", "explain", policy, *FINE, *wrong)
    assert run.returncode not in (0, 1, 3) and run.stdout == "" and run.stderr


def test_a_policy_is_explained_from_standard_input(policy):
    run = ocmgate("policy", "explain", "-", *FINE, stdin=POLICY)
    assert run.returncode == 0 and "allow by rule:small files" in run.stdout
    assert ocmgate("policy", "explain", "-", *FINE, stdin=POLICY + "[[rul]]\n").returncode == 2


def test_tests_that_stand_in_the_file_and_beside_it_are_run(policy):
    policy.write_text(POLICY + TESTS)
    (policy.parent / "policy.toml.test.toml").write_text("")
    run = ocmgate("policy", "test", policy)
    assert run.returncode == 0 and "2 passed, 0 failed" in run.stdout, run.stdout + run.stderr
    policy.write_text(POLICY + TESTS.replace('action = "deny" }', 'action = "allow" }'))
    run = ocmgate("policy", "test", policy)
    assert run.returncode == 1 and "1 passed, 1 failed" in run.stdout
    line = policy.read_text().splitlines().index('name  = "a blocked one"')
    assert f"policy.toml:{line}:1: a blocked one" in run.stdout
    assert "decided by list:blocked (" in run.stdout
    told = json.loads(ocmgate("policy", "test", policy, "--json").stdout)
    assert (told["passed"], told["failed"]) == (1, 1)
    failed = next(test for test in told["tests"] if not test["passed"])
    assert failed["differences"] and failed["by"] == "list:blocked"


def test_of_several_files_each_is_tested(policy, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(POLICY + TESTS)
    run = ocmgate("policy", "test", policy, other)
    assert run.returncode == 0
    assert "policy.toml: no tests" in run.stdout and "other.toml: 2 passed" in run.stdout
    other.write_text("version = 1\nmode = \n")
    run = ocmgate("policy", "test", policy, other)
    assert run.returncode == 2 and "other.toml:2:" in run.stderr

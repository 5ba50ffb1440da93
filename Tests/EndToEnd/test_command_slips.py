"""Slips in the arguments of commands: what is said names what was written, and what mends it."""

import json

import pytest

from listserver import Publisher
from commandline import ocmgate


@pytest.mark.parametrize("arguments, words", [
    ("policy tst", 'there is no command policy tst; did you mean "test"?'),
    ("chekc -c x", 'there is no command chekc; did you mean "check"?'),
    ("key bogus", "there is no command key bogus; known here: list, new, stage, activate, retire, export"),
    ("peer hold nothing", "there is no command peer hold nothing; known here: list, approve, refuse"),
    ("nonexistent", "there is no command nonexistent; ocmgate --help names all"),
    ("help nonexistent", "there is no command nonexistent; ocmgate --help names all"),
    ("help policy tst", 'there is no command policy tst; did you mean "test"?'),
    ("policy tst --help", 'there is no command policy tst; did you mean "test"?'),
])
def test_a_misspelt_command_is_named_with_the_nearest_one(arguments, words):
    run = ocmgate(*arguments.split())
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"ocmgate: {words}\n")
    if "help" not in arguments:
        run = ocmgate(*arguments.split(), "--json")
        assert run.returncode == 2 and json.loads(run.stdout)["error"] == f"ocmgate: {words}"


@pytest.mark.parametrize("arguments", ["help", "help policy", "help policy test", "policy --help",
                                       "help help"])
def test_help_for_what_there_is_is_shown(arguments):
    run = ocmgate(*arguments.split())
    assert run.returncode == 0 and "USAGE: ocmgate" in run.stdout, run


@pytest.mark.parametrize("option, value", [
    ("--listen", "20443"), ("--backend", "nowhere"), ("--egress", "3128")])
def test_init_names_the_option_that_is_wrong(option, value, tmp_path):
    run = ocmgate("init", option, value, cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.startswith(f'ocmgate: {option} {value}: "{value}" is not ')
    assert "config.toml" not in run.stderr and list(tmp_path.iterdir()) == []


def test_a_demo_of_an_unknown_backend_is_refused_to_programs_too():
    run = ocmgate("demo", "--backend", "gopher", "--json")
    assert run.returncode == 2 and "owncloud10" in json.loads(run.stdout)["error"], run


def test_one_key_is_exported_at_a_time(installation):  # noqa: F811
    run = ocmgate("key", "export", "--journal", "--pem", "ed25519-1", cwd=installation)
    assert run.returncode == 2 and "--journal and --pem" in run.stderr and not run.stdout, run


def test_a_search_says_what_it_takes(installation):  # noqa: F811
    run = ocmgate("journal", "search", "--since", "1", cwd=installation)
    assert run.returncode == 2 and '--since: "1" is none of: a day (2026-11-01), a time' in run.stderr
    run = ocmgate("journal", "search", "--kind", "foo", cwd=installation)
    assert run.returncode == 2 and "known here: " in run.stderr and "share" in run.stderr, run


def test_a_dash_is_standard_input_or_refused(installation, tmp_path):  # noqa: F811
    publisher = Publisher()
    (tmp_path / "a.txt").write_text("a.test\n")
    (tmp_path / "a.txt.jws").write_bytes(publisher.detached(b"a.test\n"))
    verify = ("list", "verify", tmp_path / "a.txt", "--key", "-")
    run = ocmgate(*verify, stdin=json.dumps(publisher.jwk()), cwd=tmp_path)
    assert run.returncode == 0 and "signed by" in run.stdout, run
    run = ocmgate(*verify, stdin="{}", cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.startswith("ocmgate: stdin:"), run
    run = ocmgate("list", "verify", "-", "--format", "text", "--key", "-",
                  stdin=json.dumps(publisher.jwk()), cwd=tmp_path)
    assert run.returncode == 2 and "only one - can be given" in run.stderr, run
    before = sorted(tmp_path.iterdir())
    for arguments, words in [
        (("list", "import", "a.txt", "--into", "-"), "--into -: name a file"),
        (("list", "export", "partners", "--format", "ocm-directory", "--sign", "-",
          "-c", installation / "config.toml"), "--sign -: a private key is read from a file of mode 0600"),
    ]:
        run = ocmgate(*arguments, cwd=tmp_path)
        assert run.returncode == 2 and words in run.stderr and not run.stdout, run
    assert sorted(tmp_path.iterdir()) == before


def test_a_past_decision_is_not_tested(installation):  # noqa: F811
    for more in ("--coverage", "--mutate"):
        run = ocmgate("policy", "test", "--record", "0" * 16, more, cwd=installation)
        assert run.returncode == 2 and "--record runs no tests: leave --coverage and --mutate out" in run.stderr, run


def test_an_empty_name_of_the_configuration_is_none(installation):  # noqa: F811
    run = ocmgate("check", cwd=installation, env={"OCMGATE_CONFIG": ""})
    assert run.returncode == 0 and run.stdout.startswith("config.toml: fine"), run


def test_check_takes_t_as_the_program_does(installation):  # noqa: F811
    for arguments in ("-t", "-t -c config.toml", "-c config.toml -t"):
        run = ocmgate("check", *arguments.split(), cwd=installation)
        assert run.returncode == 0 and run.stdout.startswith("config.toml: fine"), run


def test_help_says_where_a_dash_is_read_and_how_it_ends(installation):  # noqa: F811
    for command, words in [("policy explain", "1 when there is no decision of this id"),
                           ("policy replay", "- for standard input"), ("policy suggest", "- for standard input")]:
        run = ocmgate(*command.split(), "--help")
        assert words in " ".join(run.stdout.split()), run
    policy = (installation / "policy.toml").read_text()
    run = ocmgate("policy", "replay", "--against", "-", cwd=installation, stdin=policy)
    assert run.returncode == 0 and " under stdin (" in run.stdout, run

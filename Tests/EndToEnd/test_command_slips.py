"""Slips in the arguments of commands: what is said names what was written, and what mends it."""

import json

import pytest

from commandline import ocmgate
from listserver import Publisher
from test_signatures_by_hand import MESSAGE, signer  # noqa: F401


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
    words = run.stderr.partition("known here: ")[2].strip().split(", ")
    assert len(words) == len(set(words)), words


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


SHOWN = {"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize("keys, words", [
    ([SHOWN | {"alg": "ed25519"}],
     "no key k; it has none that can be used. Not usable: key k: kind of key or algorithm not supported"),
    ([SHOWN | {"alg": None}], "no key k; it has none that can be used. Not usable: key k: malformed key"),
    ([{**SHOWN, "kid": None}], "Not usable: an unnamed key: malformed key"),
    ([SHOWN, SHOWN], "no usable set of public keys: two keys with one kid"),
    ([SHOWN | {"d": "AA"}], "no usable set of public keys: a private or symmetric key is published"),
    ([SHOWN | {"kid": str(number)} for number in range(21)], "no usable set of public keys: more than 20 keys"),
    ("mark", "no usable set of public keys: no strict JSON (byte order mark, byte 1)"),
])
def test_why_a_key_of_a_set_is_not_taken_is_said(keys, words, signer, tmp_path):  # noqa: F811
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "k", stdin=MESSAGE).stdout
    text = json.dumps({"keys": [SHOWN] if keys == "mark" else keys})
    (tmp_path / "set.json").write_text(text, encoding="utf-8-sig" if keys == "mark" else "utf-8")
    for command in ("verify", "explain"):
        run = ocmgate("sig", command, "-", "--key", "set.json", stdin=signed, cwd=tmp_path)
        assert run.returncode == 2 and not run.stdout, run
        assert run.stderr.startswith("ocmgate: set.json: no ") and words in run.stderr, run


def test_explain_says_which_keys_of_a_set_it_leaves_out(signer, tmp_path):  # noqa: F811
    signed = ocmgate("sig", "sign", "-", "--key", signer / "key.pem", "--keyid", "k", stdin=MESSAGE).stdout
    (tmp_path / "set.json").write_text(json.dumps({"keys": [SHOWN | {"alg": "ed25519"}, SHOWN | {"kid": "j"}]}))
    explain = ("sig", "explain", "-", "--key", "set.json")
    why = "key k: kind of key or algorithm not supported"
    run = ocmgate(*explain, stdin=signed, cwd=tmp_path)
    assert run.returncode == 1 and f"not usable {why}\n" in run.stdout, run
    run = ocmgate(*explain, "--json", stdin=signed, cwd=tmp_path)
    assert json.loads(run.stdout)["unusableKeys"] == [why], run

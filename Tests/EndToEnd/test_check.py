"""`check`: what it finds, and that the gateway refuses to run by the same."""

import json
import re
import shutil
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from commandline import listing, ocmgate, openssl, replace, serve

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("arguments", [
    "-t", "-tc config.toml", "-cconfig.toml -t", "-c config.toml -t", "--config config.toml -t",
    "-t -q", "-qt -c config.toml", "-t -c config.toml", "--config=config.toml -t",
])
def test_t_is_check_in_every_form_that_nginx_takes(fresh, arguments):
    run = ocmgate(*arguments.split(), cwd=fresh)
    assert run.returncode == 0 and "config.toml: fine" in run.stdout, run
    run = ocmgate("--json", *arguments.split(), cwd=fresh)
    assert run.returncode == 0 and json.loads(run.stdout)["ok"] is True, run
    # Another command has its own -t, or none.
    run = ocmgate("version", *arguments.split(), cwd=fresh)
    assert run.returncode == 2, run


def test_check_tells_of_shares_under_a_name_that_the_site_gives_up(fresh):
    (fresh / "secret").write_text("PERMANENT0SECRET\n")
    added = ocmgate("share", "add", "--peer", "p.test", "--provider-id", "1", "--secret-file", "secret",
                    cwd=fresh)
    assert added.returncode == 0, added.stderr
    told = "peers know 1 active share by the name cloud.test"
    assert told not in ocmgate("check", cwd=fresh).stderr
    config = fresh / "config.toml"
    replace(config, 'origin = "https://cloud.test"', 'origin = "https://new.test"')
    assert told in ocmgate("check", cwd=fresh).stderr
    replace(config, "[site]\n", '[site]\naliases = ["https://cloud.test"]\n')
    assert told not in ocmgate("check", cwd=fresh).stderr


def test_check_reads_standard_input(installation):
    text = (installation / "config.toml").read_text()
    assert ocmgate("check", "-c", "-", cwd=installation, stdin=text).returncode == 0
    spoiled = ocmgate("check", "-c", "-", cwd=installation, stdin=text + "\n[bogus]\n")
    assert spoiled.returncode == 1
    assert "stdin:" in spoiled.stderr and 'unknown key "bogus"' in spoiled.stderr


def test_check_tells_places_to_programs(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "brigde"')
    run = ocmgate("check", "--json", cwd=fresh)
    assert run.returncode == 1
    answer = json.loads(run.stdout)
    assert answer["ok"] is False
    assert answer["findings"] == [{
        "file": "config.toml", "line": 4, "column": 11,
        "message": 'unknown profile "brigde"', "remedy": 'did you mean "bridge"?',
    }]


def test_check_and_list_show_tell_what_has_ended(fresh):
    """Tests of a policy have a day of their own, and stay green."""
    policy = fresh / "policy.toml"
    policy.write_text(policy.read_text() + """
[list.temporary]
standing = "allow"
entries  = [
  "stays.example",
  { host = "gone.example", until = 2026-06-30 },
]
""")
    line = policy.read_text().splitlines().index('  { host = "gone.example", until = 2026-06-30 },') + 1
    run = ocmgate("check", "--json", cwd=fresh)
    [row] = [row for row in json.loads(run.stdout)["warnings"] if "gone.example" in row["message"]]
    assert (row["line"], row["column"]) == (line, 3) and "1 of its 2 entries have ended" in row["message"]
    assert run.returncode == 0 and "until" in row["remedy"]
    shown = ocmgate("list", "show", cwd=fresh).stdout
    assert "temporary  allow  2 entries, 1 ended" in shown


def test_check_looks_into_the_journals_folder(fresh):
    folder = fresh / "journal"
    replace(fresh / "config.toml", 'dir = "state/journal"', f'dir = "{folder}"')
    # It remembers how the journal ended that was elsewhere.
    (fresh / "state/state.db.journal").unlink()

    def found(change, *words):
        change()
        run = ocmgate("check", "--json", cwd=fresh)
        answer = json.loads(run.stdout)
        rows = [row for row in answer["findings"] if row["file"] == str(folder)]
        assert len(rows) == 1 and run.returncode == 1, answer
        assert all(word in json.dumps(rows) for word in words), rows
        # It only looks.
        assert not folder.is_dir() or list(folder.iterdir()) == []

    assert ocmgate("check", "--json", cwd=fresh).returncode == 0 and not folder.exists()
    folder.mkdir(mode=0o750)
    found(lambda: None, "others than its owner", f"chmod 700 {folder}")
    found(lambda: folder.chmod(0o500), "may not write", f"chmod 700 {folder}")
    folder.chmod(0o700)
    assert ocmgate("check", "--json", cwd=fresh).returncode == 0
    found(lambda: (folder.rmdir(), folder.write_text("")), "is not a folder")


def test_the_folder_of_a_first_state_is_made_and_no_other(fresh):
    config = fresh / "config.toml"
    replace(config, '"sqlite:state/state.db"', '"sqlite:other/state.db"')
    replace(config, 'dir = "state/journal"', 'dir = "other/journal"')
    replace(config, '"state/egress-ca.pem"', '"other/egress-ca.pem"')
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 0 and not (fresh / "other").exists(), run
    for wanted, missing in [("other/state.db", "none/other/state.db"), ("other/egress-ca.pem", "none/egress-ca.pem")]:
        before = config.read_text()
        replace(config, wanted, missing)
        for command, code in [("check", 1), ("run", 2)]:
            run = ocmgate(command, cwd=fresh)
            assert run.returncode == code, run
            assert "cannot be made: there is no folder none; mkdir -p -m 700 none" in run.stderr, run
        config.write_text(before)
    serve(fresh, lambda process: None)
    assert {"state.db", "journal", "egress-ca.pem"} <= {file.name for file in (fresh / "other").iterdir()}


def test_an_authority_whose_key_is_there_is_made_again(fresh):
    """With the same key: who trusts the one that is lost trusts the new one."""
    certificate = fresh / "state/egress-ca.pem"
    certificate.unlink()
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 0 and "warning: state/egress-ca.pem: is not there" in run.stderr, run.stderr
    assert not certificate.exists() and serve(fresh, lambda process: None)[0] == 0
    assert certificate.exists()
    key = fresh / "state/egress-ca.key"
    certificate.unlink()
    key.chmod(0o644)
    for command, code in (("check", 1), ("run", 2)):
        run = ocmgate(command, cwd=fresh)
        assert run.returncode == code and "egress-ca.key: others than its owner" in run.stderr, run


def test_check_finds_that_the_end_of_the_journal_is_missing(fresh):
    """As the start does, which refuses it."""
    head = int((fresh / "state/state.db.journal").read_text().split(":")[0])
    newest = max((fresh / "state/journal").glob("*.jsonl"))
    before = listing(fresh)
    assert ocmgate("check", cwd=fresh).returncode == 0 and listing(fresh) == before

    def refused(*words):
        for command in ("check", "run"):
            run = ocmgate(command, cwd=fresh)
            assert run.returncode == (1 if command == "check" else 2), run
            assert all(word in run.stderr for word in words), run

    newest.write_bytes(b"".join(newest.read_bytes().splitlines(keepends=True)[:-1]))
    refused(f"record {head} was signed: its end is missing")
    shutil.move(fresh / "state/journal", fresh / "elsewhere")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1 and f"is not there, but record {head} was signed" in run.stderr, run


def test_check_warns_of_a_state_that_is_older_than_the_journal(fresh):
    """As a copy of its whole folder is, beside the journal of today; the next start says it, too."""
    head = fresh / "state/state.db.journal"
    kept = head.read_bytes()
    for _ in range(2):
        serve(fresh, lambda process: None)
    assert "an older copy" not in ocmgate("check", cwd=fresh).stderr
    head.write_bytes(kept)
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 0 and "an older copy" in run.stderr, run
    _, records = serve(fresh, lambda process: None)
    [told] = [record for record in records if record["message"] == "state.older"]
    assert told["level"] == "error" and told["problem"] in run.stderr
    assert "an older copy" not in ocmgate("check", cwd=fresh).stderr


def test_check_warns_of_a_journal_that_goes_on_in_a_day_far_off(fresh):
    """As a clock leaves it that was ahead once."""
    newest = max((fresh / "state/journal").glob("*.jsonl"))
    newest.rename(newest.with_name("2199-01-01.jsonl"))
    # It says which day's file it is.
    (fresh / "state/state.db.journal").unlink()
    run = ocmgate("check", "--json", cwd=fresh)
    [row] = [row for row in json.loads(run.stdout)["warnings"] if "2199-01-01" in row["message"]]
    assert run.returncode == 0 and row["file"].endswith("2199-01-01.jsonl")
    assert "state.db.journal, start" in row["remedy"]


def test_check_looks_at_the_folder_of_orders(fresh):
    """The gateway starts without it; commands then reach nobody."""
    orders = fresh / "state/state.db.orders"
    assert "takes no order" not in ocmgate("check", cwd=fresh).stderr
    orders.chmod(0o500)
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 0 and re.search(r"chmod 700 \S*/state.db.orders", run.stderr), run
    assert "may not write here: the gateway takes no order of a command" in run.stderr
    orders.chmod(0o777)
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1 and "others may write to this folder" in run.stderr, run


def test_check_finds_files_of_the_journal_that_the_start_refuses(fresh):
    file = fresh / "state/journal/subjects.db"
    file.chmod(0o644)
    for command, code in (("check", 1), ("run", 2)):
        run = ocmgate(command, cwd=fresh)
        assert run.returncode == code and "others than its owner may use it" in run.stderr, run


@pytest.mark.parametrize("key", ["address", "listen"])
def test_check_finds_what_is_in_the_way_of_a_socket(key, fresh):
    """Of a listener, and of the way out; as the start does."""
    lines = (fresh / "config.toml").read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{key} = "))
    # Short, since the path of a socket is.
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        socket_file = Path(parent) / "sockets/s"
        lines[place] = f'{key} = "unix:{socket_file}"'
        (fresh / "config.toml").write_text("\n".join(lines))

        def refused(words):
            for command, code in (("check", 1), ("run", 2)):
                run = ocmgate(command, cwd=fresh)
                assert run.returncode == code and words in run.stderr, run

        refused(f"there is no folder {socket_file.parent}; mkdir {socket_file.parent}")
        socket_file.parent.mkdir()
        assert ocmgate("check", cwd=fresh).returncode == 0
        socket_file.write_text("")
        refused("something else than a socket lies there; move it away")


def test_check_names_what_weakens_the_profile(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "strict"')
    with (fresh / "config.toml").open("a") as file:
        file.write('[token]\naccept_secret = "all"\nbind = "none"\n')
    replace(fresh / "policy.toml", 'mode    = "enforce"', 'mode    = "report" ')
    run = ocmgate("check", "--json", cwd=fresh)
    messages = [row["message"] for row in json.loads(run.stdout)["warnings"]]
    assert any("token.accept_secret" in message for message in messages)
    assert any("token.bind" in message for message in messages)
    # With it the policy's own tests fail too, since nothing is refused any more.
    assert any('mode = "report" refuses nothing' in message for message in messages)


def warnings_of_a_rule(fresh, on: str, settings: str) -> list[str]:
    """What `check` warns of where one more rule lets through, with these terms."""
    with (fresh / "policy.toml").open("a") as file:
        file.write(f'[[rule]]\nname = "weak"\non = [{on}]\naction = "allow"\nset = {{ {settings} }}\n')
    run = ocmgate("check", "--json", cwd=fresh)
    return [row["message"] for row in json.loads(run.stdout)["warnings"]]


def test_check_names_rules_that_are_weaker_than_the_configuration(fresh):
    messages = warnings_of_a_rule(
        fresh, '"token.in", "webdav.in"', 'bind = "none", accept_secret = "all"')
    assert "rule:weak lets any peer exchange a code" in messages
    assert "rule:weak takes permanent secrets of peers that have tokens" in messages


def test_check_names_rules_that_take_secrets_which_strict_refuses(fresh):
    replace(fresh / "config.toml", 'profile = "bridge"', 'profile = "strict"')
    messages = warnings_of_a_rule(fresh, '"webdav.in"', 'accept_secret = "legacy"')
    assert 'rule:weak takes permanent secrets, which token.accept_secret = "none" refuses' in messages


def test_check_finds_a_policy_test_that_fails(fresh):
    replace(fresh / "policy.toml", 'want  = { action = "deny", by = "unknown" }',
            'want  = { action = "allow" }')
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert 'test "a server on no list is refused" fails' in run.stderr
    assert "policy.toml:" in run.stderr


def spoil_mode(folder):
    (folder / "state/tls/key.pem").chmod(0o644)
    return "others than its owner may use it; chmod 600"


def spoil_match(folder):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", folder / "state/tls/key.pem")
    (folder / "state/tls/key.pem").chmod(0o600)
    return "is not the key of"


def spoil_certificate(folder):
    (folder / "state/tls/cert.pem").write_text("not a certificate\n")
    return "holds no certificate chain"


def spoil_presence(folder):
    (folder / "state/tls/cert.pem").unlink()
    return "cert.pem: cannot be read"


def spoil_policy(folder):
    with (folder / "policy.toml").open("a") as file:
        file.write("[lsit.more]\n")
    return 'did you mean "list"?'


def spoil_seal_key(folder):
    (folder / "state/seal.key").write_text("short\n")
    return "does not hold the base64 of 32 bytes"


def spoil_own_keys(folder):
    next((folder / "state/keys").glob("*.pem")).chmod(0o640)
    return "others than its owner may use it"


def spoil_keys_folder(folder):
    shutil.rmtree(folder / "state/keys")
    (folder / "state/keys").write_text("")
    return "state/keys: is not a folder"


def spoil_later_key(folder):
    with (folder / "config.toml").open("a") as file:
        file.write('[metrics]\nlisten = "127.0.0.1:9464"\n')
    return "metrics.listen is not available yet"


def spoil_state_folder(folder: Path) -> str:
    (folder / "state").chmod(0o777)
    return "state: others may write to this folder; chmod 700"


def spoil_writing_to_state(folder: Path) -> str:
    (folder / "state").chmod(0o500)
    return "state: its owner may not write here; chmod 700"


SPOILED = [spoil_mode, spoil_match, spoil_certificate, spoil_presence, spoil_policy,
           spoil_seal_key, spoil_own_keys, spoil_keys_folder, spoil_later_key,
           spoil_state_folder, spoil_writing_to_state]


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_what_check_finds_run_refuses(spoil, fresh):
    expected = spoil(fresh)
    before = listing(fresh)
    checked = ocmgate("check", cwd=fresh)
    assert checked.returncode == 1
    assert expected in checked.stderr, checked.stderr
    # What could not be looked at is not told to be for another name.
    assert "no certificate is for" not in checked.stderr, checked.stderr
    assert listing(fresh) == before
    ran = ocmgate("run", cwd=fresh)
    assert ran.returncode == 2
    assert expected in ran.stderr, ran.stderr


def test_an_expired_certificate_is_found_and_said_at_the_start(fresh):
    folder = fresh / "state/tls"
    openssl("req", "-new", "-key", folder / "key.pem", "-out", folder / "request.pem",
            "-subj", "/CN=cloud.test")
    (folder / "names").write_text("subjectAltName=DNS:cloud.test\n")
    openssl("x509", "-req", "-in", folder / "request.pem", "-signkey", folder / "key.pem",
            "-extfile", folder / "names", "-days", "-1", "-out", folder / "cert.pem")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert re.search(r"cert\.pem: the certificate has expired on \d{4}-", run.stderr), run.stderr
    code, records = serve(fresh, lambda process: None)
    said = [record for record in records if record["message"] == "certificate.expires"]
    assert code == 0 and said and said[0]["level"] == "error" and said[0]["remedy"] == "renew it"
    assert re.fullmatch(r"valid until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said[0]["detail"])
    # Nor does its unit keep it from starting.
    assert "ExecStartPre" not in (ROOT / "deploy/systemd/ocmgate.service").read_text()


@pytest.mark.parametrize("days", [1, 30])
def test_a_certificate_that_is_not_valid_yet_is_found_and_said(fresh, days):
    now = datetime.now(UTC)
    key = serialization.load_pem_private_key((fresh / "state/tls/key.pem").read_bytes(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cloud.test")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + timedelta(days=days))
        .not_valid_after(now + timedelta(days=days + 90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cloud.test")]), critical=False)
        .sign(key, hashes.SHA256()))
    (fresh / "state/tls/cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert "cert.pem: the certificate is not valid before 2" in run.stderr and "the clock" in run.stderr
    _, records = serve(fresh, lambda process: None)
    [said] = [record for record in records if record["message"] == "certificate.expires"]
    assert said["level"] == "error" and said["detail"].startswith("not valid before 2")
    assert "clock" in said["remedy"]


def test_a_certificate_for_another_name_is_found(fresh):
    folder = fresh / "state/tls"
    openssl("req", "-x509", "-key", folder / "key.pem", "-out", folder / "cert.pem",
            "-subj", "/CN=other.test", "-addext", "subjectAltName=DNS:other.test", "-days", "30")
    run = ocmgate("check", cwd=fresh)
    assert run.returncode == 1
    assert "no certificate is for https://cloud.test" in run.stderr
    assert "cert.pem is for other.test" in run.stderr, run.stderr


def test_a_chain_that_does_not_hold_together_is_told(fresh):
    """As after the authority has another intermediate, and the old one stayed in the file."""
    folder = fresh / "state/tls"
    for name in ("one", "two"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
                "-subj", f"/CN={name}", "-days", "30")
    openssl("req", "-new", "-key", folder / "key.pem", "-out", folder / "request.pem",
            "-subj", "/CN=cloud.test")
    (folder / "names").write_text("subjectAltName=DNS:cloud.test\n")
    openssl("x509", "-req", "-in", folder / "request.pem", "-CA", folder / "one.pem",
            "-CAkey", folder / "one.key", "-set_serial", "7", "-extfile", folder / "names",
            "-days", "90", "-out", folder / "leaf.pem")
    for below, told in [
        ("one", None), ("two", "certificate 2 (CN=two) did not sign certificate 1"),
        ("leaf", "certificate 2 (CN=cloud.test) did not sign certificate 1"),
    ]:
        chain = (folder / "leaf.pem").read_bytes() + (folder / f"{below}.pem").read_bytes()
        (folder / "cert.pem").write_bytes(chain)
        run = ocmgate("check", cwd=fresh)
        assert run.returncode == 0, run.stderr
        assert ("did not sign" in run.stderr) is (told is not None), run.stderr
        assert told is None or f"{told}, whose issuer is CN=one" in run.stderr, run.stderr


def certified(folder, name, issuer=None, *, key=None, days=30):
    """The certificate of a name by an authority's key, which is made when it is not there."""
    def secret(of):
        path = folder / f"{of}.key"
        if not path.exists():
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
        return serialization.load_pem_private_key(path.read_bytes(), None)

    now = datetime.now(UTC)
    own = secret(name).public_key() if key is None else key.public_key()
    return (
        x509.CertificateBuilder().serial_number(x509.random_serial_number()).public_key(own)
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=key is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(secret(issuer or name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def test_a_chain_with_more_than_it_needs_is_whole(fresh):
    folder = fresh / "state/tls"
    key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
    leaf = certified(folder, "cloud.test", "E", key=key)
    both, roots = [certified(folder, "E", "X2"), certified(folder, "E", "X1")], [
        certified(folder, "X2"), certified(folder, "X1")]
    over = certified(folder, "E", "X3", days=-1)
    for chain, told in [
        ([leaf, *both], None), ([leaf, *both, *roots], None), ([leaf, both[0], *roots], None),
        ([leaf, both[0], over], "certificate 3 (CN=E) has expired on"),
        ([leaf, over, both[0]], "certificate 2 (CN=E) has expired on"),
        ([leaf, roots[0], both[0]], "certificate 2 (CN=X2) did not sign certificate 1"),
    ]:
        (folder / "cert.pem").write_bytes(b"".join(chain))
        run = ocmgate("check", cwd=fresh)
        assert run.returncode == 0, run.stderr
        said = [line for line in run.stderr.splitlines() if "its certificate" in line]
        assert len(said) == (told is not None), run.stderr
        assert told is None or told in said[0], said
        assert ("take it out, or put" in run.stderr) is ("expired" in (told or "")), run.stderr


def test_a_port_that_is_taken_is_told(fresh):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = (fresh / "config.toml").read_text()
        (fresh / "config.toml").write_text(
            "\n".join(f'address = "127.0.0.1:{port}"' if line.startswith("address") else line
                      for line in text.splitlines()))
        run = ocmgate("run", cwd=fresh)
    assert run.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there" in run.stderr


def test_a_second_gateway_gets_neither_the_state_nor_the_port(fresh, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(fresh, other)

    def try_both(_):
        same = ocmgate("run", cwd=fresh)
        assert same.returncode == 2
        assert "another ocmgate uses this state" in same.stderr
        port = ocmgate("run", cwd=other)
        assert port.returncode == 2
        assert "another program listens there" in port.stderr

    serve(fresh, try_both)


def test_a_configuration_that_everybody_may_write_is_refused(fresh):
    """It names the policy, the backend and the profile: who may federate would be anybody's choice."""
    def reload(_):
        (fresh / "config.toml").chmod(0o666)
        run = ocmgate("reload", cwd=fresh)
        assert "everybody may write this file" in run.stdout + run.stderr and run.returncode != 0, run
        (fresh / "config.toml").chmod(0o644)

    assert serve(fresh, reload)[0] == 0
    (fresh / "config.toml").chmod(0o666)
    for command in ("check", "run"):
        run = ocmgate(command, cwd=fresh)
        assert run.returncode in (1, 2) and "chmod o-w" in run.stderr, run

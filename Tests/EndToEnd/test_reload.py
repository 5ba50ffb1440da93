"""Certificates and configuration that change while the gateway runs."""

import json
import socket
import ssl
import subprocess
import time

import pytest

from certificates import Authority
from gateway import replace


@pytest.fixture
def gateway(start, backend, tmp_path):
    """One whose certificate is a copy that may be changed."""
    return start(backend.url, lambda made: made.own_certificate(tmp_path))


def shown(gateway, name="cloud.test") -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname=name) as connection:
            return connection.getpeercert(binary_form=True)


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def renew(gateway, folder):
    """Another certificate of the same name, from another authority, which is what tells them apart."""
    folder.mkdir(exist_ok=True)
    identity = Authority(folder).issue("cloud.test")
    replace(gateway.certificate, identity.certificate.read_bytes())
    replace(gateway.key, identity.key.read_bytes())


def test_a_new_certificate_is_shown_without_being_asked_and_a_bad_one_is_not(gateway, tmp_path):
    before = shown(gateway)
    renew(gateway, tmp_path / "a")
    eventually(lambda: shown(gateway) != before)
    good = shown(gateway)
    # One that is not the key's, one that is cut, none at all: the last good one stays.
    for spoiled in [(tmp_path / "a/authority.pem").read_bytes(), b"-----BEGIN CERTIFICATE-----\nMII", b""]:
        told = len(gateway.lines("configuration.kept", 0))
        replace(gateway.certificate, spoiled)
        gateway.lines("configuration.kept", told + 1)
        assert shown(gateway) == good
    run = gateway.command("reload", check=False)
    assert run.returncode == 1 and "stay as they were" in run.stderr, run.stderr
    renew(gateway, tmp_path / "b")
    eventually(lambda: shown(gateway) != good)


@pytest.mark.parametrize("name, days, problem", [
    ("cloud.test", -1, "is not valid now"), ("other.test", 2, "does not speak for cloud.test")])
def test_a_certificate_that_would_shut_clients_out_does_not_replace_a_good_one(gateway, tmp_path, name,
                                                                               days, problem):
    good = shown(gateway)
    (tmp_path / "a").mkdir()
    identity = Authority(tmp_path / "a").issue(name, days=days)
    replace(gateway.key, identity.key.read_bytes())
    replace(gateway.certificate, identity.certificate.read_bytes())
    eventually(lambda: any(problem in line["problem"] for line in gateway.lines("configuration.kept")))
    assert shown(gateway) == good
    run = gateway.command("reload", check=False)
    assert run.returncode == 1 and str(gateway.certificate) in run.stderr, run.stderr
    renew(gateway, tmp_path / "b")
    eventually(lambda: shown(gateway) != good)


def test_nor_does_one_in_a_table_of_another_name(gateway, tmp_path):
    good = shown(gateway)
    whole = gateway.configuration.read_text()
    (tmp_path / "a").mkdir()
    identity = Authority(tmp_path / "a").issue("other.test", days=2)
    changed = whole.replace('tls     = "cloud.test"', 'tls     = "new"').replace(
        '[tls."cloud.test"]', '[tls.new]').replace(
        str(gateway.certificate), str(identity.certificate)).replace(
        str(gateway.key), str(identity.key))
    assert changed.count("new") >= 2
    replace(gateway.configuration, changed.encode())
    eventually(lambda: any("does not speak for cloud.test" in line["problem"]
                           for line in gateway.lines("configuration.kept")))
    assert shown(gateway) == good
    replace(gateway.configuration, whole.encode())
    assert gateway.command("reload").returncode == 0


def test_a_bad_certificate_keeps_no_other_from_being_taken(gateway, tmp_path):
    (tmp_path / "b").mkdir()
    other = Authority(tmp_path / "b").issue("other.test")
    certificate, key = tmp_path / "other.pem", tmp_path / "other.key"
    text = gateway.configuration.read_text()
    table = f'\n[tls."other.test"]\ncert = "{certificate}"\nkey = "{key}"\n'
    replace(gateway.configuration, (text + table).encode())
    eventually(lambda: any(str(certificate) in line["problem"]
                           for line in gateway.lines("configuration.kept")))
    # The files of a configuration that could not be taken are followed, too.
    replace(key, other.key.read_bytes())
    replace(certificate, other.certificate.read_bytes())
    eventually(lambda: shown(gateway, "other.test") != shown(gateway))
    before, beside = shown(gateway), shown(gateway, "other.test")
    replace(certificate, b"")
    renew(gateway, tmp_path / "a")
    eventually(lambda: shown(gateway) != before)
    assert shown(gateway, "other.test") == beside
    assert any(line.get("renewed") == [str(gateway.certificate)]
               for line in gateway.lines("configuration.taken"))
    run = gateway.command("reload", check=False)
    assert run.returncode == 1 and str(certificate) in run.stderr, run.stderr


def test_sessions_are_resumed_over_a_new_certificate(gateway, tmp_path, authority):
    before = shown(gateway)
    context = authority.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    with context.wrap_socket(raw, server_hostname="cloud.test") as connection:
        session = connection.session
    renew(gateway, tmp_path / "c")
    eventually(lambda: shown(gateway) != before)
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    with context.wrap_socket(raw, server_hostname="cloud.test", session=session) as connection:
        assert connection.session_reused


def test_what_of_the_configuration_can_change_changes_and_the_rest_is_told(gateway):
    with gateway.connect() as old:
        assert gateway.request("GET", "/a", connection=old).get("strict-transport-security") is None
        text = gateway.configuration.read_text()
        changed = text.replace("tls     = ", 'hsts    = "365d"\ntls     = ').replace(
            'provider = "End to end"', 'provider = "Other"')
        replace(gateway.configuration, changed.encode())
        [line] = gateway.lines("configuration.waits")
        assert line["keys"] == ["site.provider"]
        assert gateway.lines("configuration.taken")[-1]["keys"] == ["listen[0].hsts"]
        told = json.loads(gateway.command("reload", "--json").stdout)
        assert told["waiting"] == ["site.provider"] and told["taken"] == []
        # New connections begin by the new terms, and who was there stays connected by the old.
        assert gateway.request("GET", "/a").get("strict-transport-security") == "max-age=31536000"
        assert gateway.request("GET", "/a", connection=old).get("strict-transport-security") is None
    replace(gateway.configuration, changed.replace('hsts    = "365d"', 'hsts = "soon"').encode())
    [line] = gateway.lines("configuration.kept")
    assert "config.toml:" in line["problem"] and "soon" in line["problem"]
    assert gateway.request("GET", "/a").get("strict-transport-security") == "max-age=31536000"


def test_that_other_authorities_wait_for_the_next_start_is_told(start, backend, tmp_path):
    file = tmp_path / "authorities.pem"

    def prepare(made):
        file.write_bytes(made.authority.file.read_bytes())
        text = made.configuration.read_text()
        assert str(made.authority.file) in text
        made.configuration.write_text(text.replace(str(made.authority.file), str(file)))

    gateway = start(backend.url, prepare)
    assert json.loads(gateway.command("reload", "--json").stdout)["waiting"] == []
    # Written again as it was, by what keeps it: nothing to wait for.
    replace(file, file.read_bytes())
    assert json.loads(gateway.command("reload", "--json").stdout)["waiting"] == []
    replace(file, file.read_bytes() * 2)
    [line] = gateway.lines("configuration.waits")
    assert line["keys"] == ["outbound.ca_file"]
    assert json.loads(gateway.command("reload", "--json").stdout)["waiting"] == ["outbound.ca_file"]
    # What the next start could not use does not wait for it.
    whole = file.read_bytes()
    replace(file, b"junk\n")
    [line] = gateway.lines("configuration.kept")
    assert str(file) in line["problem"] and "authorities" in line["problem"], line
    heard = gateway.command("reload", "--json", check=False)
    assert heard.returncode == 1 and file.name in heard.stdout, heard
    replace(file, whole)
    assert json.loads(gateway.command("reload", "--json").stdout)["waiting"] == ["outbound.ca_file"]


def test_by_signal_a_new_certificate_takes_no_configuration_that_nobody_asked_for(start, backend, tmp_path):
    def prepare(gateway):
        gateway.own_certificate(tmp_path)
        text = gateway.configuration.read_text()
        assert 'file = "policy.toml"' in text
        gateway.configuration.write_text(text.replace(
            'file = "policy.toml"', 'file = "policy.toml"\nreload = "signal"'))

    def strict():
        return gateway.request("GET", "/a").get("strict-transport-security")

    gateway = start(backend.url, prepare)
    before, text = shown(gateway), gateway.configuration.read_text()
    replace(gateway.configuration, text.replace("tls     = ", 'hsts    = "365d"\ntls     = ').encode())
    renewed = gateway.authority.issue("cloud.test", days=3)
    replace(gateway.certificate, renewed.certificate.read_bytes())
    replace(gateway.key, renewed.key.read_bytes())
    eventually(lambda: shown(gateway) != before)
    assert strict() is None
    assert all("keys" not in line for line in gateway.lines("configuration.taken"))
    assert gateway.command("reload").returncode == 0
    assert strict() == "max-age=31536000"
    # One that was asked for waits for its certificate, as it was then.
    other = gateway.authority.issue("other.test")
    certificate, key = tmp_path / "other.pem", tmp_path / "other.key"
    table = f'\n[tls."other.test"]\ncert = "{certificate}"\nkey = "{key}"\n'
    replace(gateway.configuration, (text + table).encode())
    assert gateway.command("reload", check=False).returncode == 1
    assert strict() == "max-age=31536000"
    replace(gateway.configuration, text.encode())
    replace(key, other.key.read_bytes())
    replace(certificate, other.certificate.read_bytes())
    eventually(lambda: shown(gateway, "other.test") != shown(gateway))
    assert strict() is None


def test_two_that_start_at_one_moment_do_not_share_a_unix_socket(start, backend, tmp_path):
    """The second one says what is wrong, and the first one goes on."""
    path = tmp_path / "http.sock"

    def prepare(gateway):
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(
            text.replace("[tls.", f'[[listen]]\naddress = "unix:{path}"\n\n[tls.', 1))

    def ask() -> bytes:
        return subprocess.run(
            ["curl", "-sS", "--unix-socket", str(path), "http://cloud.test/a", "-o",
             "/dev/null", "-w", "%{http_code}"], capture_output=True, timeout=20).stdout

    first = start(backend.url, prepare)
    assert ask() == b"200"
    with pytest.raises(AssertionError, match="another program listens there"):
        start(backend.url, prepare)
    assert ask() == b"200"
    first.kill()
    # What a process left that was killed is no obstacle.
    first.start()
    assert ask() == b"200"

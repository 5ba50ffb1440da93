"""`init`: what it writes, and what it tells to do next."""

import json
import tomllib
from pathlib import Path

import pytest

from commandline import listing, ocmgate, serve
from listener import free_port

KINDS = ["nextcloud", "owncloud10", "ocis", "opencloud", "cernbox", "seafile", "generic"]
# In this order.
TRUST = ("occ security:certificates:import ", "touch resources/config/ca-bundle.crt", "occ config:system:set proxy ")


DEPLOY = Path(__file__).parents[2] / "deploy"
# Comments of three lines.
BEGINS = ("# If it is in a folder (/cloud), ", "# Each user has a bundle of certificates of his own, ")


@pytest.mark.parametrize("kind", KINDS)
def test_day_one(kind, tmp_path):
    """init, then check, then run, as the README has it."""
    egress = f"127.0.0.1:{free_port()}"
    made = ocmgate("init", kind, "--origin", "https://cloud.test",
                   "--listen", f"127.0.0.1:{free_port()}", "--egress", egress, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "To fill in" in made.stdout
    assert "\n  4. the hosts that the backend itself needs" in made.stdout and "\n  5. the backend" in made.stdout
    lines = (tmp_path / "backend.txt").read_text()
    assert "cloud.test" in lines
    if kind in ("nextcloud", "owncloud10"):
        for word in ("overwriteprotocol", "overwritehost", "overwrite.cli.url"):
            assert word in lines
        orders = [line for line in lines.splitlines() if line.startswith(TRUST)]
        # Without the second an ownCloud deletes what its users have received.
        assert len(orders) == (3 if kind == "owncloud10" else 2) and all(map(
            str.startswith, orders, TRUST if kind == "owncloud10" else TRUST[::2])), lines
        # In the words of deploy/, where it says what else a folder or a bundle needs.
        script = (DEPLOY / kind / "backend.sh").read_text().splitlines()
        for begin in BEGINS:
            told = [script[at:at + 3] for at, line in enumerate(script) if line.startswith(begin)]
            assert len(told) == (1 if begin in BEGINS[:1] or kind == "owncloud10" else 0)
            assert all("\n".join(comment) in lines for comment in told), lines
        # Of the web server, line for line as it is written there, apart from the commands.
        for words in ("absolute_redirect off;", "ServerName https://cloud.test", "UseCanonicalName On"):
            assert f"#     {words}" in lines.splitlines(), lines
        hand = lines.index("\n\n# By hand, ")
        assert "occ config:system:set" not in lines[hand:lines.index("\n\n", hand + 2)], lines
        # Nothing that is there already has these numbers, and would be lost.
        for word in ("trusted_proxies", "trusted_domains"):
            assert f"occ config:system:set {word} 90 --value=" in lines
    # People come through as well, many of them from one address.
    assert tomllib.loads((tmp_path / "config.toml").read_text())["limits"]["per_client"] == 1000
    # With a way out what passes is signed again for those who check themselves.
    assert "ocm_signed_request_disabled" not in lines
    # Its way out, and the authority that it has to believe.
    assert egress in lines and str(tmp_path / "state/egress-ca.pem") in lines
    before = listing(tmp_path)
    checked = ocmgate("check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert f"goes out by the proxy {egress}" in checked.stderr
    assert ("Nextcloud 31 and newer" in checked.stderr) == (kind == "nextcloud")
    assert "self-signed" in checked.stderr
    assert listing(tmp_path) == before
    code, records = serve(tmp_path, lambda process: None)
    assert code == 0
    assert [record["message"] for record in records][-2:] == ["gateway.stopping",
                                                              "gateway.stopped"]
    assert ocmgate("-t", cwd=tmp_path).returncode == 0
    assert (tmp_path / "state/egress-ca.pem").stat().st_mode & 0o777 == 0o644


def test_the_lines_for_an_owncloud_renew_the_bundles_of_its_users_before_the_proxy():
    lines = (DEPLOY / "owncloud10/backend.sh").read_text().splitlines()
    assert [word for line in lines for word in TRUST if line.startswith(word)] == list(TRUST)


@pytest.mark.parametrize("kind", ["nextcloud", "owncloud10"])
def test_a_site_without_a_way_out_is_told_what_that_means(kind, tmp_path):
    made = ocmgate("init", kind, "--origin", "https://cloud.test", "--egress", "", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "[egress]" not in (tmp_path / "config.toml").read_text()
    lines = (tmp_path / "backend.txt").read_text()
    assert "proxy --value" not in lines
    assert "itself needs" not in made.stdout and "\n  4. the backend listens" in made.stdout
    assert ("ocm_signed_request_disabled" in lines) == (kind == "nextcloud")
    notes = json.loads(ocmgate("check", "--json", cwd=tmp_path).stdout)["notes"]
    assert any("leaves unsigned" in note for note in notes)
    assert any("ocm_signed_request_disabled" in note for note in notes) == (kind == "nextcloud")


def test_check_names_the_lines_that_init_has_left(fresh):
    def told() -> list[str]:
        return [note for note in json.loads(ocmgate("check", "--json", cwd=fresh).stdout)["notes"] if "lines" in note]

    assert ["the lines for it are in backend.txt" in note for note in told()] == [True]
    (fresh / "backend.txt").rename(fresh / "elsewhere.txt")
    assert ["ocmgate init, in an empty folder, writes" in note for note in told()] == [True]


def test_init_overwrites_nothing(fresh):
    before = listing(fresh)
    again = ocmgate("init", cwd=fresh)
    assert again.returncode == 2 and "exists" in again.stderr
    assert listing(fresh) == before


def test_init_leaves_nothing_where_it_cannot_write_all(tmp_path):
    """Else what is there is in the way of the next attempt."""
    last = tmp_path / "backend.txt"
    last.symlink_to("nowhere")
    run = ocmgate("init", "nextcloud", "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 2 and "backend.txt: cannot be made: File exists" in run.stderr
    last.unlink()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    assert ocmgate("init", "nextcloud", "--origin", "https://cloud.test", cwd=tmp_path).returncode == 0


def test_init_says_what_comes_next_in_lines(tmp_path):
    run = ocmgate("init", "nextcloud", "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "\ufffd" not in run.stdout and "\n  2. https://cloud.test" in run.stdout, run.stdout


@pytest.mark.parametrize("kind", ["ocis", "opencloud", "cernbox", "seafile", "generic"])
def test_init_lets_a_backend_reach_its_own_services_without_the_proxy(kind, tmp_path):
    run = ocmgate("init", kind, "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "backend.txt").read_text().splitlines()
    assert "HTTPS_PROXY=http://127.0.0.1:3128" in lines and "NO_PROXY=localhost,127.0.0.1" in lines
    assert "HTTP_PROXY=http://127.0.0.1:3128" in lines


def test_init_names_what_turns_on_a_seafiles_federation_and_no_port_of_its_own(tmp_path):
    run = ocmgate("init", "seafile", "--origin", "https://cloud.test", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "backend.txt").read_text()
    assert "ENABLE_OCM_VIA_WEBDAV = True" in lines.splitlines() and "Leave OCM_ENDPOINT as it is" in lines
    url = tomllib.loads((tmp_path / "config.toml").read_text())["backend"]["url"]
    # seahub, its WebDAV server, its file server and what tells clients of changes.
    assert url in lines and not url.endswith((":8000", ":8080", ":8082", ":8083")), url


@pytest.mark.parametrize("kind, options, there, absent", [
    ("nextcloud", ["--backend", "http://10.1.2.3:8080"],
     ["occ config:system:set trusted_proxies 90 --value=ADDRESS-OF-THE-GATEWAY",
      "occ config:system:set proxy --value=ADDRESS-OF-THE-GATEWAY:3128"], "=127.0.0.1"),
    ("nextcloud", ["--backend", "http://10.1.2.3:8080", "--egress", "10.1.2.4:3128"],
     ["occ config:system:set proxy --value=10.1.2.4:3128"], "=127.0.0.1"),
    ("owncloud10", ["--egress", "[::]:3128"],
     ["occ config:system:set trusted_proxies 90 --value=127.0.0.1",
      "occ config:system:set proxy --value=ADDRESS-OF-THE-GATEWAY:3128"], "[::]"),
    ("seafile", ["--egress", "0.0.0.0:3128"],
     ["HTTPS_PROXY=http://ADDRESS-OF-THE-GATEWAY:3128",
      "cat /usr/local/share/ca-certificates/ocmgate.crt >> "
      "\"$(python3 -c 'import certifi; print(certifi.where())')\""], "0.0.0.0"),
    ("seafile", [], ["HTTPS_PROXY=http://127.0.0.1:3128"], "REQUESTS_CA_BUNDLE="),
    ("generic", ["--egress", "unix:/run/out.sock"],
     ["# Give [egress] listen an address and a port."], "HTTPS_PROXY"),
    ("nextcloud", ["--egress", "unix:/run/out.sock"],
     ["# Give [egress] listen an address and a port."], "proxy --value"),
    ("ocis", ["--backend", "unix:/run/ocis.sock"], ["PROXY_TLS=false"], "PROXY_HTTP_ADDR"),
    ("ocis", ["--backend", "https://127.0.0.1:9200"],
     ["PROXY_TLS=true", "PROXY_HTTP_ADDR=127.0.0.1:9200", "HTTPS_PROXY=http://127.0.0.1:3128"], "ADDRESS-OF"),
    ("cernbox", [],
     ["[http.services.ocm]", "ocm_client_use_env_proxy = true", "ocm_use_env_proxy = true",
      "[grpc.services.storageprovider.drivers.ocmreceived]", "allow_loopback_federation = true",
      "[http.services.dataprovider.drivers.ocmreceived]"], "allowed_federation_cidrs"),
    ("cernbox", ["--backend", "http://10.1.2.3:8080", "--egress", "10.1.2.4:3128"],
     ['allowed_federation_cidrs = ["10.1.2.4/32"]'], "allow_loopback_federation"),
    ("cernbox", ["--backend", "http://10.1.2.3:8080"],
     ['allowed_federation_cidrs = ["ADDRESS-OF-THE-GATEWAY/32"]'], "allow_loopback_federation"),
    ("cernbox", ["--egress", "[fd42::5]:3128"],
     ['allowed_federation_cidrs = ["fd42::5/128"]'], "allow_loopback_federation"),
    ("cernbox", ["--egress", "192.0.2.4:3128"],
     ["ocm_use_env_proxy = true"], "allowed_federation_cidrs"),
    ("opencloud", ["--backend", "https://[2001:db8::1]"], ["PROXY_HTTP_ADDR=[2001:db8::1]:443"], "/127.0.0.1"),
])
def test_init_tells_a_backend_elsewhere_and_a_way_out_elsewhere_as_they_are(kind, options, there, absent, tmp_path):
    run = ocmgate("init", kind, "--origin", "https://cloud.test", *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "backend.txt").read_text()
    assert set(there) <= set(lines.splitlines()) and absent not in lines, lines
    assert ("# ADDRESS-OF-THE-GATEWAY is" in lines) == (lines.count("ADDRESS-OF-THE-GATEWAY") > 0)
    if "--egress" in options:
        notes = json.loads(ocmgate("check", "--json", cwd=tmp_path).stdout)["notes"]
        note, = (note for note in notes if "is signed only if" in note)
        assert ("no server uses a unix socket" in note) == ("unix:" in options[-1])
        assert "proxy 0.0.0.0" not in note and "proxy [::]" not in note


def test_init_writes_lines_that_a_shell_takes_and_refuses_an_address(tmp_path):
    run = ocmgate("init", "nextcloud", "--origin", "https://cloud.test", "--dir", "a b", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"install -m 0644 '{tmp_path}/a b/state/egress-ca.pem' /usr" in run.stdout
    assert "ocmgate check -c 'a b/config.toml'" in run.stdout
    run = ocmgate("init", "--origin", "https://[2001:db8::1]:8443", "--dir", "c", cwd=tmp_path)
    assert run.returncode == 2 and "an address cannot be the origin" in run.stderr
    assert not (tmp_path / "c").exists()
    # As the configuration takes it too.
    run = ocmgate("init", "--origin", "https://Bücher.example", "--dir", "d", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "https://xn--bcher-kva.example" in (tmp_path / "d" / "config.toml").read_text()


@pytest.mark.parametrize("option", [["--origin", "http://cloud.test"], ["--origin", "cloud.test"],
                                    ["--origin", "https://cloud.test."],
                                    ["--backend", "nowhere"], ["--listen", "443"],
                                    ["--egress", "3128"]])
def test_init_writes_nothing_that_would_not_load(option, tmp_path):
    run = ocmgate("init", *option, cwd=tmp_path)
    assert run.returncode == 2 and run.stderr
    assert list(tmp_path.iterdir()) == []

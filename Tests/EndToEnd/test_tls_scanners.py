"""TLS as a scanner sees it that looks for weaknesses, held to Mozilla's advice."""

import json
import os
import shutil
import subprocess

import pytest

# Of an environment of its own, since it and our tests want different versions of the same packages.
SSLYZE = os.environ.get("SSLYZE") or shutil.which("sslyze")


@pytest.fixture(scope="module")
def gateway(start, backend):
    # A scanner has many connections at once.
    return start(backend.url, configuration="[limits]\nper_client = 1000\n")


@pytest.mark.skipif(SSLYZE is None, reason="SSLYZE names no sslyze")
def test_mozillas_intermediate_configuration_is_kept(gateway):
    run = subprocess.run(
        [SSLYZE, "--mozilla_config=intermediate", f"--certinfo_ca_file={gateway.authority.file}",
         f"{gateway.host}:{gateway.port}{{127.0.0.1}}"],
        capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr
    assert "OK - Compliant" in run.stdout, run.stdout[-3000:]


# What no gateway can mend: the scanner's own OpenSSL has no engines; the certificate of a test has no
# revocation, no CAA record and no log of certificate transparency, and the site behind sets no headers;
# to resume a session of TLS 1.3 the scanner leaves before the ticket can have come, and then it has none.
NOT_OURS = ("engine_problem", "cert_", "DNS_CAArecord", "OCSP_", "HSTS", "HPKP", "security_headers",
            "banner_", "cookie_", "sessionresumption_")


@pytest.mark.skipif(shutil.which("testssl") is None, reason="testssl is not installed")
def test_testssl_finds_nothing(gateway, tmp_path):
    def scanned(number):
        found = tmp_path / f"found-{number}.json"
        subprocess.run(
            ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "min", "--ip", "127.0.0.1",
             "--add-ca", gateway.authority.file, "--jsonfile", found, f"{gateway.host}:{gateway.port}"],
            capture_output=True, text=True, timeout=400, stdin=subprocess.DEVNULL)
        findings = json.loads(found.read_text())
        # It has looked: at protocols, ciphers and each of its attacks.
        assert {"TLS1_3", "heartbleed", "ROBOT", "LUCKY13"} <= {each["id"] for each in findings}
        return [each for each in findings if each["severity"] not in ("OK", "INFO")
                and not each["id"].startswith(NOT_OURS)]

    bad = scanned(1)
    # WARN is what it could not find out: its own limits of time are short for a busy machine.
    if any(each["severity"] == "WARN" for each in bad):
        bad = scanned(2)
    assert bad == []

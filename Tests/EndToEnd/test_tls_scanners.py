"""TLS as a scanner sees it that looks for weaknesses, held to Mozilla's advice."""

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

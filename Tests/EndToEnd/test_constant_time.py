"""Secrets are compared in a time that does not tell how much of a guess is right.

What the compiler made of the one comparison is read: it has no loop of its own, calls the comparison of
OpenSSL that looks at every byte, and none that stops at the first difference.
"""

import os
import re
import subprocess

import pytest

from gateway import binary

OURS = "$s7OpenSSL17constantTimeEqual"


def functions() -> dict[str, str]:
    """The instructions of each function of the comparison, by its symbol."""
    listed = subprocess.run(["nm", binary()], capture_output=True, text=True, check=True).stdout
    names = [line.split()[-1] for line in listed.splitlines() if line.split()[-1].startswith(OURS)]
    return {
        name: subprocess.run(
            ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={name}", binary()],
            capture_output=True, text=True, check=True).stdout
        for name in names
    }


@pytest.mark.skipif("OCMGATE_SANITIZED" in os.environ, reason="a sanitizer makes other code")
def test_the_comparison_of_secrets_looks_at_every_byte():
    code = functions()
    assert code, "the comparison is not in the binary under its name"
    calls = {call for text in code.values() for call in re.findall(r"call\s+\w+ <([^>+]+)", text)}
    assert any(call.startswith("CRYPTO_memcmp") for call in calls), calls
    assert not [call for call in calls if re.match(r"(memcmp|bcmp|strn?cmp)\b", call)], calls
    for name, text in code.items():
        for at, to in re.findall(r"^\s*([0-9a-f]+):\s+j\w+\s+([0-9a-f]+) <", text, re.MULTILINE):
            assert int(to, 16) > int(at, 16), f"{name} has a loop at {at}"

"""Installations of which something is root's, where the service is another user."""

import os
from pathlib import Path

import pytest

from commandline import ocmgate
from gateway import binary

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

USER = 65534
# One that no file names.
GROUP = 64321


@pytest.fixture
def owned(fresh) -> Path:
    """All of it is the service's."""
    if not all(folder.stat().st_mode & 1 for folder in binary().resolve().parents):
        pytest.skip("another user cannot reach the binary")
    for folder in fresh.parents:
        if folder.stat().st_mode & 1 == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    for path in (fresh, *fresh.rglob("*")):
        os.chown(path, USER, USER)
    return fresh


def both(folder, *, groups=()):
    """What `check` finds, and `run` then refuses."""
    for command, code in (("check", 1), ("run", 2)):
        run = ocmgate(command, cwd=folder, user=USER, group=USER, extra_groups=groups)
        assert run.returncode == code, run
        yield run.stderr


def checked(folder, *, groups=()):
    return ocmgate("check", cwd=folder, user=USER, group=USER, extra_groups=groups)


@pytest.mark.parametrize("mode", [0o755, 0o750])
def test_a_state_that_is_roots_is_told_with_the_way_out(owned, mode):
    """As after a copy by root, or a forgotten chown."""
    os.chown(owned / "state", 0, USER)
    (owned / "state").chmod(mode)
    for said in both(owned):
        assert f"state: belongs to root, and this user may not write here; chown -R {USER} state" in said, said
    os.chown(owned / "state", USER, USER)
    assert checked(owned).returncode == 0


@pytest.mark.parametrize("name", ["state.db", "journal/subjects.db"])
@pytest.mark.parametrize("owner", [USER, 0])
def test_a_file_of_the_state_that_cannot_be_written_is_told(owned, name, owner):
    file = owned / "state" / name
    os.chown(file, owner, USER)
    file.chmod(0o400 if owner == USER else 0o600)
    expected = "this user may not write to it"
    if owner == 0:
        # It may not even be read.
        expected = name
    for said in both(owned):
        assert expected in said, said


def test_what_kubernetes_gives_to_a_pod_is_taken(owned):
    """Secrets are root's and of the pod's fsGroup, mode 0440; so are volumes, with 2770."""
    key, state = owned / "state/tls/key.pem", owned / "state"
    os.chown(key, 0, GROUP)
    key.chmod(0o440)
    os.chown(state, 0, GROUP)
    state.chmod(0o2770)
    run = checked(owned, groups=[GROUP])
    assert run.returncode == 0, run.stderr
    # Not of one that has a name, in which others may be; nor where everybody may.
    os.chown(key, 0, 100)
    for said in both(owned, groups=[GROUP, 100]):
        assert "key.pem: others than its owner may use it" in said, said
    os.chown(key, 0, GROUP)
    for path, mode, expected in [
        (key, 0o444, "others than its owner may use it"), (key, 0o460, "others than its owner"),
        (state, 0o2777, "others may write to this folder"),
    ]:
        before = path.stat().st_mode
        path.chmod(mode)
        for said in both(owned, groups=[GROUP]):
            assert expected in said, said
        path.chmod(before)

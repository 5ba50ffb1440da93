"""A state of an older schema: what is told when a start or a command brings it to the newest."""

import contextlib
import sqlite3
import stat

from commandline import ocmgate


def with_state(gateway, script: str) -> int:
    """Its schema after the script."""
    with contextlib.closing(sqlite3.connect(gateway.folder / "state.db")) as database:
        database.executescript(script)
        return database.execute("PRAGMA user_version").fetchone()[0]


# As a release of schema 8 left it.
OLDER = """
    DROP TABLE owed;
    CREATE TABLE owed (
        slot INTEGER PRIMARY KEY, ticket INTEGER NOT NULL, settled INTEGER NOT NULL,
        entry BLOB NOT NULL);
    PRAGMA user_version = 8;
"""


def test_a_newer_schema_is_told_of_and_the_older_state_kept(start, backend):
    gateway = start(backend.url)
    newest = with_state(gateway, "")
    assert gateway.stop() == 0
    copy = gateway.folder / "state.db.schema8"

    assert with_state(gateway, OLDER) == 8
    assert str(copy) in gateway.command("check", check=False).stderr
    assert not copy.exists()
    run = gateway.command("peer", "forget", "nobody.test", check=False)
    assert f"brought from schema 8 to {newest}" in run.stderr and str(copy) in run.stderr, run.stderr
    assert run.returncode == 1 and "brought" not in run.stdout
    assert with_state(gateway, "") == newest
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "brought" not in gateway.command("peer", "forget", "nobody.test", check=False).stderr

    with_state(gateway, OLDER)
    copy.unlink()
    gateway.start()
    [begun, *_] = [line for line in gateway.lines("gateway.started") if line["schema"] == newest]
    assert begun["version"] in ocmgate("version").stdout
    [line] = gateway.lines("state.migrated")
    assert line["level"] == "notice"
    assert (line["from"], line["to"], line["copy"]) == (8, newest, str(copy))
    assert copy.exists()

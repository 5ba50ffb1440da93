"""The least that a signed share can cost: its verification, and keeping it, without any other work of a gateway.

    PYTHONPATH=Tests/Harness .venv/bin/python Benchmarks/floor.py [--together 8] [--shares 8000]

Keeping it is what the gateway's promise asks of any program: the rows of the share, of its secret and of the replay in
SQLite (WAL, `synchronous=FULL`), and a line of the journal, both synced before the answer, for as many shares together
as wait at the same time. Nothing is parsed, decided, sealed, hashed, forwarded or logged. CPU time, user and system;
the files are made in the working directory.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from itertools import count
from pathlib import Path

from senders import verification_seconds

# Bytes of a line of the journal for a share.
LINE = 1900
NOW = 1_790_000_000
ROUNDS = 5

TABLES = """
CREATE TABLE share (
    id INTEGER PRIMARY KEY, direction INTEGER NOT NULL, origin INTEGER NOT NULL, peer TEXT NOT NULL,
    provider_id TEXT, resource_type TEXT NOT NULL, owner TEXT, sender TEXT, recipient TEXT,
    created INTEGER NOT NULL, epoch INTEGER NOT NULL);
CREATE TABLE access (
    share INTEGER NOT NULL, place INTEGER NOT NULL, protocol TEXT NOT NULL, secret BLOB NOT NULL,
    secret_lookup BLOB NOT NULL, handle BLOB, handle_lookup BLOB, permissions TEXT,
    PRIMARY KEY (share, place)) WITHOUT ROWID;
CREATE TABLE replay (
    id INTEGER PRIMARY KEY, identity BLOB NOT NULL, peer BLOB NOT NULL, created INTEGER NOT NULL);
"""


def rows(first: int, shares: int) -> tuple[list[tuple], list[tuple], list[tuple]]:
    numbers = range(first, first + shares)
    peer, person = "cloud.partner.example", "alice@cloud.partner.example"
    return ([(each, 1, 1, peer, f"{each}-7f3a", "file", person, person, "bob@cloud.uni.example", NOW, 1)
             for each in numbers],
            [(each, 0, "webdav", os.urandom(44), os.urandom(16), os.urandom(44), os.urandom(16), "read")
             for each in numbers],
            [(each, os.urandom(16), os.urandom(8), NOW) for each in numbers])


def keeping_seconds(folder: Path, shares: int, together: int, is_synced: bool) -> float:
    """CPU seconds of keeping one share, when so many are synced together."""
    database = sqlite3.connect(folder / "state.db", isolation_level=None)
    journal = os.open(folder / "journal", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'OFF'}")
        database.execute("PRAGMA secure_delete = ON")
        database.executescript(TABLES)
        os.posix_fallocate(journal, 0, shares * LINE)
        groups = [rows(first, together) for first in range(0, shares, together)]
        lines = b"x" * LINE * together
        begun = time.process_time()
        for place, (share, access, replay) in zip(count(0, len(lines)), groups):
            database.execute("BEGIN")
            database.executemany(f"INSERT INTO share VALUES ({','.join('?' * 11)})", share)
            database.executemany(f"INSERT INTO access VALUES ({','.join('?' * 8)})", access)
            database.executemany("INSERT INTO replay VALUES (?, ?, ?, ?)", replay)
            database.execute("COMMIT")
            os.pwrite(journal, lines, place)
            if is_synced:
                os.fdatasync(journal)
        return (time.process_time() - begun) / (len(groups) * together)
    finally:
        os.close(journal)
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--together", type=int, default=8, help="shares of one sync")
    parser.add_argument("--shares", type=int, default=8000)
    options = parser.parse_args()
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for is_synced, times in taken.items():
            with tempfile.TemporaryDirectory(dir=".") as name:
                times.append(keeping_seconds(Path(name), options.shares, options.together, is_synced))
    verification = verification_seconds("ed25519")
    for is_synced, times in taken.items():
        keeping = sorted(times)[ROUNDS // 2]
        print(f"{'synced' if is_synced else 'not synced'}: verification {verification * 1e6:.1f} µs, "
              f"keeping {keeping * 1e6:.1f} µs, together {(verification + keeping) * 1e6:.1f} µs")


if __name__ == "__main__":
    main()

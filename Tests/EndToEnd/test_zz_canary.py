"""Runs last: nothing that any gateway of this run wrote holds a secret, a code or a token."""

import base64
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from federation import Federation
from lives import decline, life
from oldserver import DavFailed
from peers import share
from tree import Tree

FORMS = (
    lambda value: value,
    lambda value: value.hex().encode(),
    lambda value: base64.b64encode(value).rstrip(b"="),
    lambda value: base64.b64encode(value + b":").rstrip(b"="),
    lambda value: base64.urlsafe_b64encode(value).rstrip(b"="),
    lambda value: quote(value).encode(),
    lambda value: value[::-1],
)


def busy(gateway, server, evidence, peers) -> None:
    """A little of everything, so that this test says something when it runs alone."""
    modern = peers.peers["modern.test"]
    secret = evidence.secret()
    server.secrets.add(secret)
    server.files["notes.txt"] = b"hello\n"
    sent = share(modern)
    evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    assert gateway.post(modern, "/ocm/shares", sent).status == 201
    token = gateway.token(modern, secret)
    assert gateway.dav("GET", "/public.php/webdav/notes.txt", token).status == 200
    gateway.dav("GET", "/public.php/webdav/notes.txt", token[:-2])
    gateway.with_secret("GET", "/public.php/webdav/notes.txt", secret)
    gateway.with_secret("GET", "/public.php/webdav/notes.txt", evidence.secret())
    gateway.exchange(modern, evidence.secret())
    gateway.exchange(peers.peers["other.test"], secret)
    gateway.request("POST", f"/index.php/apps/files_sharing/shareinfo?t={secret}", [], b"password=")
    gateway.request("GET", f"/public.php/webdav/%zz?{secret}")
    # A message that is refused, and one whose body is broken behind the secret.
    bad = json.dumps(sent)[:-1].encode()
    gateway.post(modern, "/ocm/shares", bad)
    note = {"notificationType": "SHARE_UNSHARED", "resourceType": "file",
            "providerId": "no such", "notification": {"sharedSecret": secret}}
    gateway.post(modern, "/ocm/notifications", note)


def busy_outwards(folder, authority, evidence) -> None:
    """The way out as well: codes, handles, tokens, and an end that was no end."""
    made = Federation(folder, authority, evidence, "nc27",
                      configuration='[log]\nlevel = "debug"\n').start()
    try:
        for peer in (made.strict, made.legacy):
            life(made.backend, peer, swapped=True)
            life(peer, made.backend, swapped=False)
        decline(made.strict, made.backend)
        made.strict.token_answer = lambda request: b"no HTTP\r\n\r\n"
        sent = made.strict.share("alice", f"bob@{made.backend.host}", "x", Tree({"a": b"a"}))
        assert sent.delivered == "ocm"
        try:
            made.backend.open(made.backend.received[-1]).read("a")
        except DavFailed:
            pass
        made.home.way_out().request("GET", f"https://{made.legacy.host}/x?t={evidence.secret()}")
    finally:
        made.stop()


def holding(files, forms, folder) -> list:
    """Those of the files that hold one of the forms, and its beginning; by grep, since there are
    thousands of either."""
    patterns = folder / "forms"
    patterns.write_bytes(b"\n".join(sorted(forms)) + b"\n")
    # A search that finds nothing must be able to find something.
    probe = folder / "probe"
    probe.write_bytes(b"\0\n" + max(forms) + b"\0")
    run = subprocess.run(
        ["xargs", "-0", "grep", "-laFf", patterns, "--"], env={**os.environ, "LC_ALL": "C"},
        input=b"\0".join(str(file).encode() for file in [probe, *sorted(files)]),
        capture_output=True)
    assert run.stderr == b""
    found = [Path(line.decode()) for line in run.stdout.splitlines()]
    assert probe in found
    return [(file.name, form[:4] + b"...") for file in found if file != probe
            for data in [file.read_bytes()] for form in forms if form in data]


def test_no_secret_is_in_anything_that_was_written(legacy, start, evidence, peers, authority,
                                                   tmp_path_factory, request):
    assert request.session.items[-1] is request.node, "what runs behind it is not looked at"
    busy_outwards(tmp_path_factory.mktemp("outwards"), authority, evidence)
    server, backend = legacy("nextcloud")
    gateway = start(backend.url, configuration='[log]\nlevel = "debug"\n')
    busy(gateway, server, evidence, peers)
    # What everybody on the machine can read of the process, and what those of its user can.
    process = Path(f"/proc/{gateway.process.pid}")
    seen = {file: (process / file).read_bytes() for file in ("cmdline", "environ", "status", "maps")}
    assert gateway.stop() == 0

    assert len(evidence.canaries) >= 5
    forms = {form(value.encode()) for value in evidence.canaries for form in FORMS}
    assert b"run" in seen["cmdline"]
    assert [file for file, data in seen.items() if any(form in data for form in forms)] == []
    written = set(evidence.files)
    for folder in evidence.folders:
        written.update(file for file in folder.rglob("*")
                       if file.is_file() and file.suffix != ".toml"
                       and not file.name.endswith(".secret"))
    assert sum(file.stat().st_size for file in written) > 1000
    assert holding(written, forms, tmp_path_factory.mktemp("canary")) == []

    # The key of an authority that backends believe is in its own file alone.
    for key in {file for folder in evidence.folders for file in folder.glob("egress-ca.key")}:
        # Behind the part that says what kind of key it is, which all of them share.
        inside = b"".join(key.read_bytes().splitlines()[1:-1])[52:88]
        for file in written - {key}:
            assert inside not in file.read_bytes().replace(b"\n", b""), file

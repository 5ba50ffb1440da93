"""Long uploads that a peer refuses, since it has forgotten the token: what the backend's own client
(libcurl, as in PHP) hears of it, what the peer gets, and that the same upload passes afterwards."""

import os
import re
import subprocess
from urllib.parse import urlsplit

import pytest

from backend import answer
from federation import Federation
from test_way_out_faults import taken

LONG = os.urandom(6 << 20)


@pytest.fixture(scope="module")
def federation(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("uploads"), authority, evidence, "nc27")
    try:
        yield made.start()
    finally:
        made.capture.early = lambda request: None
        made.stop()


def upload(federation, mount, folder, how: str) -> tuple[int, str]:
    """The status and the head of the answer to a PUT by curl."""
    folder.joinpath("big.bin").write_bytes(LONG)
    run = subprocess.run(
        ["curl", "-sS", "--http1.1", "--max-time", "60", "-D", "-", "-o", folder / "answer",
         "-x", f"http://127.0.0.1:{federation.home.egress_port}",
         "--cacert", federation.home.egress_authority, "-H", ": ".join(mount._basic()),
         "-T", "-" if how == "chunked" else folder / "big.bin", mount._url("big.bin")],
        stdin=folder.joinpath("big.bin").open("rb"), capture_output=True, text=True, timeout=90)
    assert run.returncode == 0, run.stderr
    # Before it: those of the CONNECT and of `100 Continue`.
    head = run.stdout.replace("\r\n", "\n").strip().split("\n\n")[-1]
    return int(head.split()[1]), head.lower()


@pytest.mark.parametrize("how", ["with its length", "chunked"])
@pytest.mark.parametrize("when", ["at once", "at its end"])
def test_a_long_upload_whose_token_was_forgotten_comes_again(federation, tmp_path, when, how):
    sent, got = taken(federation)
    strict, mount = federation.strict, federation.backend.open(got)
    assert mount.read("in.txt") == b"text\n"
    strict.tokens.clear()
    refused = []

    def early(request):
        """As servers do that look at the credential before they read a body."""
        if request.method != "PUT" or (request.get("authorization") or "")[7:] in strict.tokens:
            return None
        refused.append(request)
        return answer(401, b"", ("WWW-Authenticate", "Bearer"), ("Connection", "close"))

    federation.capture.early = early if when == "at once" else lambda request: None
    seen = len(strict.dav_seen)
    status, head = upload(federation, mount, tmp_path, how)
    assert status == 502 and re.search(r"\nretry-after: 1\n", head + "\n"), head
    assert "www-authenticate" not in head
    asked = refused or [each for each in strict.dav_seen[seen:] if each.method == "PUT"]
    assert len(asked) == 1, "it was sent again by itself, though nobody has its body"
    assert "big.bin" not in sent.tree, "a part of a file was taken for the file"
    # What it is told, curl does by itself with --retry.
    exchanges = len(strict.exchanges)
    status, _ = upload(federation, mount, tmp_path, how)
    assert status in (201, 204)
    assert sent.tree["big.bin"] == LONG and len(strict.exchanges) == exchanges + 1
    assert federation.home.lines("data.refused")[-1]["code"] == "peer_unavailable"
    assert got.mounted and federation.leaks() == []


@pytest.mark.parametrize("kind, said", [("application/xml", "/public.php/webdav/in.txt"), ("text/plain", None)])
def test_a_lock_in_the_way_of_an_upload_is_at_the_path_that_was_asked_for(federation, kind, said):
    _, got = taken(federation)
    mount = federation.backend.open(got)
    assert mount.read("in.txt") == b"text\n"
    asked = []

    def early(request):
        if request.method != "PUT":
            return None
        asked.append(request.target)
        return answer(423, '<d:error xmlns:d="DAV:"><d:lock-token-submitted>'
                      f"<d:href>{request.target}</d:href></d:lock-token-submitted></d:error>".encode(),
                      ("Content-Type", kind))

    federation.capture.early = early
    response = federation.home.way_out().request("PUT", mount._url("in.txt"), [mount._basic()], b"new\n")
    federation.capture.early = lambda request: None
    assert response.status == 423 and len(asked) == 1
    assert urlsplit(mount._url("in.txt")).path == "/public.php/webdav/in.txt" != asked[0]
    assert f"<d:href>{said or asked[0]}</d:href>" in response.body.decode()

"""What real servers asked of others, asked again through the proxy: the other side gets the same
bytes, but for what the gateway is there to change, and its answers come back the same."""

import base64
import json
import re
from pathlib import Path

import pytest

from federation import LEGACY, Federation
from wire import compose

RECORDINGS = Path(__file__).parents[1] / "Vectors" / "wire"
METHODS = {"PROPFIND", "GET", "PUT", "MKCOL", "MOVE", "COPY", "DELETE", "PROPPATCH", "HEAD"}
# What the transport, or the session of before, has to say itself.
OURS = {"host", "connection", "content-length", "cookie", "via"}


def recorded(name: str):
    """The requests for shared data of one recording, in order, with the host they went to."""
    entries = json.loads((RECORDINGS / name).read_text())
    for entry in entries:
        method, target, _ = entry["request"]["start"].split(" ")
        if method in METHODS and target.startswith("/public.php/webdav"):
            yield entry["to"], method, target, entry["request"], entry["response"]


FILES = ["nc27.1.3-to-nc27.1.3.json", "nc33.0.3-to-nc33.0.3.json", "oc10.15.2-to-oc10.15.2.json"]


@pytest.fixture(scope="module")
def federation(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("replayed"), authority, evidence, "nc27")
    made.home.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("name", FILES)
def test_requests_for_data_arrive_as_they_were_sent(federation, evidence, name):
    """Shares of before the gateway: the secret is the backend's own, and nothing is mapped."""
    count = 0
    with federation.home.way_out().open(LEGACY) as tunnel:
        for host, method, target, request, response in recorded(name):
            def at_the_peer(text):
                return text.replace(host, LEGACY)

            headers = [(field, at_the_peer(value)) for field, value in request["headers"]]
            for field, value in headers:
                if field.lower() == "authorization" and value.startswith("Basic "):
                    evidence.hide(base64.b64decode(value[6:]).decode().partition(":")[0], value[6:])
            body = (request["body"] or "").encode()
            status = int(response["start"].split(" ")[1])
            told = at_the_peer(response["body"] or "").encode()
            kind = next((value for field, value in response["headers"]
                         if field.lower() == "content-type"), "text/plain")
            etag = next((value for field, value in response["headers"]
                         if field.lower() == "etag"), '"none"')
            bare = status in (204, 304) or method == "HEAD"
            reply = compose(
                f"HTTP/1.1 {status} As recorded",
                [("Content-Type", kind), ("ETag", etag), ("Set-Cookie", "oc_sessionPassphrase=x")]
                + ([] if status in (204, 304) else [("Content-Length", str(len(told)))]),
                b"" if bare else told)
            federation.legacy.before = lambda asked: \
                reply if asked.target.startswith("/public.php/") else None
            federation.legacy.requests.clear()
            got = federation.home.way_out().request(
                method, f"https://{LEGACY}{target}",
                [(field, value) for field, value in headers if field.lower() not in OURS], body
                if body or method in ("PUT", "PROPFIND", "MKCOL", "MOVE", "COPY", "DELETE") else None,
                connection=tunnel)
            shows = any(field.lower() == "authorization" for field, _ in headers)
            if not shows:
                # The first request of old servers: challenged here, and sent by nobody.
                assert got.status == 401 and got.get("www-authenticate").startswith("Basic ")
                assert federation.legacy.requests == []
                continue
            count += 1
            [arrived] = [each for each in federation.legacy.requests
                         if each.target.startswith("/public.php/")]
            assert (arrived.method, arrived.target, arrived.body) == (method, target, body)
            for field, value in headers:
                if field.lower() not in OURS:
                    assert arrived.get(field) == value, (field, value, arrived.get(field))
            extra = {field.lower() for field, _ in arrived.headers} \
                - {field.lower() for field, _ in headers} - OURS
            assert extra == set(), extra
            assert got.status == status
            assert bare or got.body == told
            assert got.get("etag") == etag and got.get("set-cookie") is None
    federation.legacy.before = lambda request: None
    assert count >= 5, "hardly anything was recorded"
    assert not re.search(r'"message":"data.refused"', federation.home.log())

"""Every message of the federation has exactly one decision, also what is refused before it is read."""

import json
import re
import time

import pytest

from backend import ScriptedBackend
from legacy import LegacyServer


@pytest.fixture(scope="module")
def gateway(start):
    server = ScriptedBackend(LegacyServer("nextcloud", "https://cloud.test").script)
    yield start(server.url)
    server.stop()


LONG = "a" * 9000
HEAD = "Host: cloud.test\r\nContent-Type: application/json\r\n"
UNREAD = {
    "too large": (413, "shares", f"POST /ocm/shares HTTP/1.1\r\n{HEAD}Content-Length: 300000\r\n\r\n"),
    "too large in chunks": (
        413, "notifications",
        f"POST /ocm/notifications HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n50000\r\n"
        + "b" * 0x50000 + "\r\n"),
    "too large a form": (413, "token", f"POST /ocm/token HTTP/1.1\r\n{HEAD}Content-Length: 300000\r\n\r\n"),
    "another method": (405, "shares", f"GET /ocm/shares HTTP/1.1\r\n{HEAD}\r\n"),
    "another method for a token": (405, "token", f"GET /ocm/token HTTP/1.1\r\n{HEAD}\r\n"),
    "two lengths": (
        400, "shares", f"POST /ocm/shares HTTP/1.1\r\n{HEAD}Content-Length: 2\r\nContent-Length: 2\r\n\r\n"),
    "length and coding": (
        400, "token",
        f"POST /ocm/token HTTP/1.1\r\n{HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a chunk of no size": (
        400, "shares", f"POST /ocm/shares HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "no host": (400, "invite-accepted", "POST /ocm/invite-accepted HTTP/1.1\r\n\r\n"),
    "another version": (505, "shares", "POST /ocm/shares HTTP/3.0\r\n\r\n"),
    "a long field": (431, "shares", f"POST /ocm/shares HTTP/1.1\r\n{HEAD}x: {LONG}\r\n\r\n"),
    "a long query": (414, "shares", f"POST /ocm/shares?{LONG} HTTP/1.1\r\n{HEAD}\r\n"),
    "another host": (421, "shares", "POST /ocm/shares HTTP/1.1\r\nHost: other.test\r\n\r\n"),
    "an encoded slash": (400, "shares", f"POST /ocm%2Fshares HTTP/1.1\r\n{HEAD}\r\n"),
    "no such end point": (404, "ocm", f"POST /ocm/nothing HTTP/1.1\r\n{HEAD}Content-Length: 2\r\n\r\n{{}}"),
    "the older API": (
        413, "ocs", f"POST /ocs/v2.php/cloud/shares HTTP/1.1\r\n{HEAD}Content-Length: 300000\r\n\r\n"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_is_one_decision(gateway, name):
    status, kind, data = UNREAD[name]
    before = len(gateway.decisions())
    with gateway.connect() as connection:
        connection.send(data.encode())
        response = connection.receive("POST")
    assert response.status == status, response.body
    # RFC 6749 has its own form; the older API hides ours in its envelope.
    decision = re.search(rb"[0-9a-hjkmnp-tv-z]{16}", response.body)[0].decode()
    line = gateway.decision(decision)
    assert (line["status"], line["kind"], line["action"]) == (status, kind, "deny")
    assert line["detail"] and line["by"].startswith("guard:")
    if kind != "ocs":
        body = json.loads(response.body)
        assert body["decision"] == decision and body["hint"]
        assert line["code"] in (body["error"], body.get("error_description"))
    time.sleep(0.1)
    assert len(gateway.decisions()) == before + 1
    assert not [line for line in gateway.records() if line["message"].startswith("request.")]


def test_a_decision_says_where_its_time_went(gateway, peers):
    peer = next(peer for peer in peers.peers.values() if peer.generation == "rfc9421")
    gateway.post(peer, "/ocm/notifications", {
        "notificationType": "SHARE_ACCEPTED", "resourceType": "file", "providerId": "unknown",
        "notification": {"sharedSecret": gateway.evidence.secret()}})
    timings = next(line["timings"] for line in gateway.decisions(1) if line.get("peer") == peer.host)
    assert timings["verify"] > 0 and timings["fetch"] > 0
    assert sum(value for name, value in timings.items() if name != "total") <= timings["total"]

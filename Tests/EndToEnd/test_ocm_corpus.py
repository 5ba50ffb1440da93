"""The corpus of messages over real sockets: what is refused and why, what reaches the backend."""

import json
import re
import time
from pathlib import Path

import pytest

from backend import ScriptedBackend
from forge import Forge, hostile
from legacy import LegacyServer
from peers import serving

CORPUS = json.loads((Path(__file__).parents[1] / "Vectors" / "ocm" / "corpus.json").read_text())
# Whatever became of a message, these are in nothing that the gateway wrote.
SECRETS = re.compile(rb'(?:sharedSecret|token)":"([^"]+)"|code=([^&]+)|Signature ([^\r]+)')
KIND = {"shares", "notifications", "invite-accepted", "request-share", "token", "ocs"}


@pytest.fixture(scope="module")
def crowd(authority):
    with serving(authority, CORPUS["peers"]) as server:
        for host, published in CORPUS["hostile"].items():
            hostile(server.add(host, published.get("generation", "rfc9421")), published)
        yield server


@pytest.fixture(scope="module")
def backend():
    model = LegacyServer("nextcloud", "https://cloud.test")
    server = ScriptedBackend(model.script)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(start, backend, crowd):
    hosts = set(crowd.peers)
    partners = sorted(hosts - {"legacy.test", "stranger.test"})
    return start(backend.url, peers=crowd, partners=partners, legacy=["legacy.test"],
                 policy='\n[list.blocked]\nstanding = "block"\nentries = ["blocked.example"]\n')


def written(gateway, decision: str) -> list[dict]:
    """The lines of one decision; the log is written a moment after the answer."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = [line for line in gateway.decisions() if line["decision"] == decision]
        if lines:
            return lines
        time.sleep(0.01)
    return []


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: case["id"])
def test_case(case, gateway, backend, crowd):
    forge = Forge(case, crowd.peers, gateway.host)
    fields, body = forge.request()
    for found in SECRETS.findall(body):
        gateway.evidence.hide(*(each.decode("latin-1") for each in found if each))
    gateway.evidence.hide(*(value for name, value in fields if name == "Signature"))
    backend.take()
    for peer in crowd.peers.values():
        peer.requests.clear()
    if case.get("by") in CORPUS["hostile"]:
        # Each such host is asked for two documents, and all of them together ten in a second.
        time.sleep(0.3)
    response = gateway.request(forge.method, forge.sent_to, fields, body)
    expected = case["expect"]
    assert response.status == expected["status"], (case["why"], response.body)

    reached = [request for request in backend.take() if request.method == "POST"]
    assert len(reached) == (1 if expected.get("forwarded") else 0), case["why"]
    if "fetches" in expected:
        asked = [request.start for peer in crowd.peers.values() for request in peer.requests]
        assert len(asked) <= expected["fetches"], (case["why"], asked)
    if expected["status"] < 300:
        return

    # The peer learns a class and an id; the log says the rest, in one line.
    told = json.loads(response.body)
    assert told["decision"] and told["hint"], told
    named = told.get("error_description", told["error"])
    assert named == expected["error"], (case["why"], told)
    if expected.get("line", True):
        [line] = written(gateway, told["decision"])
        assert line["kind"] in KIND, line
        assert line["code"] == expected["error"], line
        if "fault" in expected:
            assert line["signature"]["result"] == expected["fault"], line

"""What the profiles make of messages that are unsigned, wrong, or of an old generation."""

import json

import pytest

from peers import as_json, legacy_share, share
from test_shares import reached, refused


@pytest.fixture(scope="module")
def strict(legacy, start):
    _, backend = legacy("nextcloud")
    return start(backend.url, profile="strict"), backend


@pytest.fixture(scope="module")
def observe(legacy, start):
    _, backend = legacy("nextcloud")
    return start(backend.url, profile="observe"), backend


def line_of(gateway, backend) -> dict:
    [message] = reached(backend)
    return gateway.decision(message["x-ocm-decision"])


def test_strict_takes_rfc9421_alone(strict, peers):
    gateway, backend = strict
    backend.take()
    modern, old = peers.peers["modern.test"], peers.peers["cavage.test"]
    assert gateway.post(modern, "/ocm/shares", share(modern)).status == 201
    assert len(reached(backend)) == 1
    sent = legacy_share(old, owner="alice@cavage.test", sharedBy="alice@cavage.test")
    refused(gateway.post(old, "/ocm/shares", sent), 401, "signature_invalid")
    assert reached(backend) == []


def test_observe_forwards_what_is_wrong_and_says_what_it_would_have_done(observe, peers):
    gateway, backend = observe
    backend.take()
    modern = peers.peers["modern.test"]
    body = as_json(share(modern))
    fields = modern.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    spoiled = [(name, value.replace("ocm=:", "ocm=:AAAA") if name == "Signature" else value)
               for name, value in fields]
    assert gateway.request("POST", "/ocm/shares", spoiled, body).status == 201
    line = line_of(gateway, backend)
    assert line["action"] == "allow"
    assert any(each.startswith("signature_invalid") for each in line["would"]), line
    assert "peer" not in line


def test_observe_forwards_what_is_unsigned(observe, peers):
    gateway, backend = observe
    backend.take()
    body = as_json(share("modern.test"))
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], body)
    assert response.status == 201, (response.body, gateway.log()[-1500:])
    line = line_of(gateway, backend)
    assert any("sign" in each for each in line["would"]), line


def test_observe_still_refuses_what_cannot_be_read(observe):
    gateway, backend = observe
    backend.take()
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")],
                               b'{"sender":"a@b.test","sender":"c@d.test"}')
    assert json.loads(response.body)["error"] == "malformed_json" and response.status == 400
    assert reached(backend) == []


# A policy that refuses nobody who is listed: what differs is the profile's doing.
EXPECTED = {
    #           modern, cavage, unsigned peer on the legacy list, stranger
    "strict":  (201, 401, 401, 403),
    "bridge":  (201, 201, 201, 403),
    "observe": (201, 201, 201, 201),
}


@pytest.fixture(scope="module", params=list(EXPECTED))
def world(request, legacy, start):
    server, backend = legacy("nextcloud")
    return request.param, start(backend.url, profile=request.param,
                                partners=["modern.test", "cavage.test"]), backend


def post(world, peers, name: str) -> tuple[int, dict, str]:
    """The status, what the answer of a refusal says, and the decision."""
    _, gateway, backend = world
    backend.take()
    peer = peers.peers[name]
    if peer.generation == "rfc9421":
        sent = share(peer)
        gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    else:
        sent = legacy_share(peer, providerId="77", owner=f"alice@{name}", sharedBy=f"alice@{name}")
        sent["sender"] = f"alice@{name}"
    answer = gateway.post(peer, "/ocm/shares", sent)
    reached = [message for message in backend.take() if message.method == "POST"]
    assert len(reached) == (1 if answer.status == 201 else 0)
    if answer.status == 201:
        return 201, {}, reached[0]["x-ocm-decision"]
    said = json.loads(answer.body)
    return answer.status, said, said["decision"]


@pytest.mark.parametrize("column,name", list(enumerate(
    ["modern.test", "cavage.test", "legacy.test", "other.test"])))
def test_a_share_is_judged_by_the_profile(world, peers, column, name):
    profile, gateway, _ = world
    status, body, decided = post(world, peers, name)
    assert status == EXPECTED[profile][column], (body, gateway.log()[-2000:])
    decision = gateway.decision(decided)
    if status == 401:
        assert body["error"] in ("signature_required", "signature_invalid")
    if profile == "observe" and name == "other.test":
        assert decision["action"] == "allow"
        assert any("peer_unknown" in word for word in decision["would"])
        found = gateway.command("journal", "search", "--code", "peer_unknown").stdout
        assert decision["decision"] in found
        assert "would: peer_unknown: policy: " in found.splitlines()[-1]
        assert decision["decision"] in gateway.command("journal", "search", "--would").stdout

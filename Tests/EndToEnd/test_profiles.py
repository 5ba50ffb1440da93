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
    assert any(each.startswith("signature_invalid") for each in line["tolerated"]), line
    assert "peer" not in line


def test_observe_forwards_what_is_unsigned(observe, peers):
    gateway, backend = observe
    backend.take()
    body = as_json(share("modern.test"))
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], body)
    assert response.status == 201, (response.body, gateway.log()[-1500:])
    line = line_of(gateway, backend)
    told = line.get("tolerated", []) + line.get("would", [])
    assert any("sign" in each for each in told), line


def test_observe_still_refuses_what_cannot_be_read(observe):
    gateway, backend = observe
    backend.take()
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")],
                               b'{"sender":"a@b.test","sender":"c@d.test"}')
    assert json.loads(response.body)["error"] == "malformed_json" and response.status == 400
    assert reached(backend) == []

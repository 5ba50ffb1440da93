"""What was answered 201 is there after the process was killed, and is worth what it was."""

import json
import random

import pytest

from kill import kill_while_posting

pytestmark = pytest.mark.long

ROUNDS = 20
SHARES = 200


def handles(backend) -> dict[str, str]:
    """By the share's id, what the backend holds in the place of the peer's secret."""
    shares = [json.loads(each.body) for each in backend.take()
              if each.method == "POST" and each.target.endswith("/ocm/shares")]
    return {each["providerId"]: each["protocol"]["options"]["sharedSecret"] for each in shares}


def test_every_acknowledged_share_survives_a_kill(legacy, start, peers):
    server, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    chance = random.Random(20)
    acknowledged: dict[str, str] = {}
    for number in range(ROUNDS):
        fresh = kill_while_posting(gateway, peer, SHARES, chance.randrange(5, SHARES - 5))
        gateway.start()

        acknowledged |= fresh
        known = {entry["providerId"] for entry in gateway.shares()}
        assert set(fresh) <= known, f"round {number}: {len(set(fresh) - known)} shares lost"
        # The sealed secrets are whole too: a notification shows the peer's, and is handed on with
        # the one that the backend was given for this share.
        given = handles(backend)
        with gateway.connect() as connection:
            for provider_id, secret in fresh.items():
                note = {"notificationType": "SHARE_UNSHARED", "resourceType": "file",
                        "providerId": provider_id, "notification": {"sharedSecret": secret}}
                response = gateway.post(peer, "/ocm/notifications", note, connection=connection)
                assert response.status == 201, f"round {number}: {response}"
                [message] = [each for each in backend.take() if each.method == "POST"]
                told = json.loads(message.body)["notification"]["sharedSecret"]
                assert told == given[provider_id] != secret
    known = {entry["providerId"] for entry in gateway.shares()}
    assert set(acknowledged) <= known

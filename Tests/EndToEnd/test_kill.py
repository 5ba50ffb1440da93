"""What was answered 201 is there after the process was killed, and is worth what it was."""

import base64
import json
import random
import secrets

import pytest

from backend import answer
from kill import kill_while_posting
from peers import Peer
from wire import Request

pytestmark = pytest.mark.long

ROUNDS = 20
SHARES = 200
# Of a round, so many are read through the way out.
READ = 10


class Giver(Peer):
    """A modern server that exchanges the codes of its shares, and gives their one file for the tokens."""

    def __init__(self, host: str, evidence):
        super().__init__(host, "rfc9421")
        self.evidence = evidence
        self.tokens: set[str] = set()

    def script(self, request: Request) -> bytes:
        path = request.target.partition("?")[0]
        if request.method == "POST" and path == "/ocm/token":
            token = secrets.token_urlsafe(24)
            self.evidence.hide(token)
            self.tokens.add(token)
            return answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 300})
        if path.startswith("/public.php/webdav"):
            known = (request.get("authorization") or "").removeprefix("Bearer ") in self.tokens
            return answer(200, b"hello\n") if known else answer(401)
        return super().script(request)


def handles(backend) -> dict[str, str]:
    """By the share's id, what the backend holds in the place of the peer's secret."""
    shares = [json.loads(each.body) for each in backend.take()
              if each.method == "POST" and each.target.endswith("/ocm/shares")]
    return {each["providerId"]: each["protocol"]["options"]["sharedSecret"] for each in shares}


def read(gateway, host: str, handle: str, tunnel):
    """What the backend gets that opens a share."""
    basic = base64.b64encode(f"{handle}:".encode()).decode()
    gateway.evidence.hide(basic)
    return gateway.way_out().request("GET", f"https://{host}/public.php/webdav/",
                                     [("Authorization", f"Basic {basic}")], connection=tunnel)


def test_every_acknowledged_share_survives_a_kill(legacy, start, peers, evidence):
    server, backend = legacy("nextcloud")
    peer = peers.put(Giver("giver.test", evidence))
    gateway = start(backend.url, egress="")
    chance = random.Random(20)
    acknowledged: dict[str, str] = {}
    for number in range(ROUNDS):
        fresh = kill_while_posting(gateway, peer, SHARES, chance.randrange(5, SHARES - 5))
        gateway.start()

        acknowledged |= fresh
        known = {entry["providerId"] for entry in gateway.shares()}
        assert set(fresh) <= known, f"round {number}: {len(set(fresh) - known)} shares lost"
        # The sealed secrets are whole too: the peer takes what the backend's handle stands for, and a
        # notification shows the peer's, and is handed on with the one that the backend was given.
        given = handles(backend)
        with gateway.way_out().open(peer.host) as tunnel:
            for provider_id in chance.sample(sorted(fresh), min(READ, len(fresh))):
                got = read(gateway, peer.host, given[provider_id], tunnel)
                assert got.status == 200 and got.body == b"hello\n", f"round {number}: {got}"
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

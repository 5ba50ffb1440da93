"""Share messages of every generation, through the running gateway to a Nextcloud 27."""

import json
import secrets
import threading
import time

import http_sf
import pytest

from backend import answer
from peers import as_json, digest_field, legacy_share, share


@pytest.fixture(scope="module")
def world(legacy, start):
    server, backend = legacy("nextcloud")
    return start(backend.url), server, backend


def refused(response, status: int, code: str | None = None) -> dict:
    """The answer that a refused peer gets: status, code, decision id, and no more than its class."""
    assert response.status == status, (response.status, response.body)
    body = json.loads(response.body)
    assert set(body) >= {"error", "decision"}, body
    if code is not None:
        assert body["error"] == code
    return body


def reached(backend) -> list:
    """The messages that reached the backend; its own discovery does not count."""
    return [request for request in backend.take() if request.method == "POST"]


def decided(gateway, backend) -> dict:
    """The line of the decision that let the last message through to the backend."""
    return gateway.decision(reached(backend)[-1]["x-ocm-decision"])


def test_a_modern_share_is_accepted_and_read_by_an_old_backend(world, peers):
    gateway, server, backend = world
    backend.take()
    sent = share(peers.peers["modern.test"])
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    response = gateway.post(peers.peers["modern.test"], "/ocm/shares", sent)
    assert response.status == 201, (response.body, gateway.log()[-3000:])
    [message] = reached(backend)
    got = json.loads(message.body)
    # Nextcloud 27 knows one shape of `protocol` only, and reads hosts from URLs.
    assert got["protocol"]["name"] == "webdav"
    assert got["protocol"]["options"]["sharedSecret"]
    assert got["owner"].startswith("alice@https://modern.test")
    assert got["providerId"] == sent["providerId"]
    assert got["name"] == sent["name"]
    assert message.get("signature") is None
    assert message["host"] == "cloud.test"


def test_a_cavage_share_is_accepted(world, peers):
    gateway, server, backend = world
    backend.take()
    sent = legacy_share(peers.peers["cavage.test"], providerId="26",
                        owner="alice@cavage.test", sharedBy="alice@cavage.test")
    sent["sender"] = "alice@cavage.test"
    response = gateway.post(peers.peers["cavage.test"], "/ocm/shares", sent)
    assert response.status == 201, (response.body, gateway.log()[-3000:])
    [message] = reached(backend)
    assert json.loads(message.body)["owner"].startswith("alice@https://cavage.test")


def test_a_legacy_share_is_accepted_by_the_exception_list(world, peers):
    gateway, server, backend = world
    backend.take()
    sent = legacy_share(peers.peers["legacy.test"])
    response = gateway.post(peers.peers["legacy.test"], "/ocm/shares", sent)
    assert response.status == 201, (response.body, gateway.log()[-3000:])
    [message] = reached(backend)
    got = json.loads(message.body)
    assert got["providerId"] == sent["providerId"] and isinstance(got["providerId"], int)
    assert "sender" not in got or got["sender"]


def test_an_unsigned_share_of_a_signing_peer_is_refused(world, peers):
    gateway, server, backend = world
    backend.take()
    body = as_json(share("modern.test"))
    response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")], body)
    refused(response, 401, "signature_required")
    # RFC 9110, 15.5.2, and RFC 9421, 5.1.
    assert response["www-authenticate"] == 'Signature realm="OCM"'
    wanted = http_sf.parse(response["accept-signature"].encode(), tltype="dictionary")["ocm"]
    assert wanted[0][0][0] == "@method" and wanted[1]["tag"] == "ocm"
    assert reached(backend) == []


@pytest.mark.parametrize("sender", ["modern.test", "cavage.test"])
def test_a_share_signed_by_another_host_is_refused(world, peers, sender):
    gateway, server, backend = world
    backend.take()
    forged = share(sender) if sender == "modern.test" else legacy_share(sender)
    response = gateway.post(peers.peers["other.test"], "/ocm/shares", forged)
    refused(response, 403, "sender_mismatch")
    assert reached(backend) == []


@pytest.mark.parametrize("sender", ["modern.test", "cavage.test"])
def test_a_share_whose_body_was_altered_is_refused(world, peers, sender):
    gateway, server, backend = world
    backend.take()
    peer = peers.peers[sender]
    body = as_json(share(peer) if sender == "modern.test" else legacy_share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    altered = body.replace(b'"notes.txt"', b'"n0tes.txt"')
    assert altered != body and len(altered) == len(body)
    refused(gateway.request("POST", "/ocm/shares", fields, altered), 401)
    # The digest mended as well: then the signature over it is wrong.
    if sender == "modern.test":
        mended = [(name, digest_field(altered) if name == "Content-Digest" else value)
                  for name, value in fields]
        refused(gateway.request("POST", "/ocm/shares", mended, altered), 401)
    assert reached(backend) == []


@pytest.mark.parametrize("sender", ["modern.test", "cavage.test"])
def test_a_replay_is_refused(world, peers, sender):
    gateway, server, backend = world
    backend.take()
    peer = peers.peers[sender]
    body = as_json(share(peer) if sender == "modern.test" else legacy_share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    assert gateway.request("POST", "/ocm/shares", fields, body).status == 201
    refused(gateway.request("POST", "/ocm/shares", fields, body), 401)
    assert len(reached(backend)) == 1


def test_a_replay_is_refused_after_a_restart_too(world, peers, legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    body = as_json(share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    assert gateway.request("POST", "/ocm/shares", fields, body).status == 201
    gateway.kill()
    gateway.start()
    refused(gateway.request("POST", "/ocm/shares", fields, body), 401)


@pytest.mark.parametrize("age", [-3600, 3600])
def test_a_signature_that_is_not_of_now_is_refused(world, peers, age):
    gateway, _, backend = world
    import time

    response = gateway.post(peers.peers["modern.test"], "/ocm/shares",
                            share("modern.test"), created=int(time.time()) + age)
    refused(response, 401)


def test_a_signature_that_covers_too_little_is_refused(world, peers):
    gateway, _, backend = world
    backend.take()
    peer = peers.peers["modern.test"]
    for components in (("@method", "@target-uri"), ("content-digest",), ("@method",)):
        refused(gateway.post(peer, "/ocm/shares", share(peer), components=components), 401)
    assert reached(backend) == []


def test_an_unknown_peer_is_refused_before_anything_is_fetched_from_it(world, peers):
    gateway, _, backend = world
    backend.take()
    response = gateway.request(
        "POST", "/ocm/shares", [("Content-Type", "application/json")],
        as_json(share("stranger.test")))
    refused(response, 403)
    assert reached(backend) == []


@pytest.mark.parametrize("path", [
    "/ocs/v2.php/cloud/shares?format=json", "/ocs/v1.php/cloud/shares?format=json",
    "//ocs/v2.php/cloud/shares?format=json", "/index.php/ocs/v2.php/cloud/shares?format=json",
    "/ocs/v2.php/cloud/shares/3/accept?format=json",
    "/ocs/v2.php/cloud/shares/3/reshare?format=json",
])
def test_the_old_api_is_no_way_around(world, peers, path):
    gateway, server, backend = world
    backend.take()
    form = (b"shareWith=bob&token=SECRET15CHARS00&name=doc.txt&remoteId=1&owner=alice"
            b"&ownerFederatedId=alice%40https%3A%2F%2Flegacy.test%2F&sharedBy=alice"
            b"&sharedByFederatedId=alice%40https%3A%2F%2Flegacy.test%2F"
            b"&remote=https%3A%2F%2Flegacy.test%2F&shareType=6")
    gateway.evidence.hide("SECRET15CHARS00")
    response = gateway.request(
        "POST", path, [("Content-Type", "application/x-www-form-urlencoded")], form)
    # 2xx without an `ocs` member counts as delivered with these servers, so it must be 4xx.
    assert 400 <= response.status < 500, response.status
    assert reached(backend) == []


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"text"', b"null", b'{"a":1,"a":2}', b"[" * 100000,
    b'{"shareWith":"bob@cloud.test"}', b"\xff\xfe", b'{"n":1e999999}',
    b'{"shareWith":"\\ud800@cloud.test"}',
])
def test_a_body_that_is_no_share_gets_a_clear_400(world, peers, body):
    gateway, _, backend = world
    backend.take()
    response = gateway.post(peers.peers["modern.test"], "/ocm/shares", body)
    refused(response, 400)
    assert reached(backend) == []


def test_two_members_of_one_name_are_refused(world, peers):
    gateway, _, backend = world
    backend.take()
    document = as_json(share("modern.test"))
    doubled = document[:-1] + b',"sender":"mallory@other.test"}'
    refused(gateway.post(peers.peers["other.test"], "/ocm/shares", doubled), 400)
    assert reached(backend) == []


def test_a_body_over_the_limit_is_refused_at_once(world, peers):
    gateway, _, backend = world
    with gateway.connect() as connection:
        connection.send(b"POST /ocm/shares HTTP/1.1\r\nHost: cloud.test\r\n"
                        b"Content-Type: application/json\r\nContent-Length: 300000\r\n\r\n")
        response = connection.receive()
        assert response.status == 413
        assert connection.is_closed_by_peer()


def test_what_the_backend_says_of_users_becomes_neutral(world, peers):
    gateway, _, backend = world
    sent = share("modern.test", shareWith="nobody@cloud.test")
    response = gateway.post(peers.peers["modern.test"], "/ocm/shares", sent)
    assert response.status == 400
    assert b"nobody" not in response.body and b"exist" not in response.body


def test_there_is_one_decision_line_for_each_message(world, peers, legacy, start):
    _, backend = legacy("nextcloud")
    gateway = start(backend.url)
    modern = peers.peers["modern.test"]
    accepted = gateway.post(modern, "/ocm/shares", share(modern))
    assert accepted.status == 201
    denied = gateway.post(peers.peers["other.test"], "/ocm/shares", share(modern))
    body = refused(denied, 403)
    decisions = gateway.decisions(2)
    assert len(decisions) == 2, gateway.log()
    assert body["decision"] in json.dumps(decisions[1])
    assert "modern.test" in json.dumps(decisions[0])


def test_a_client_cannot_set_who_was_verified(world, peers):
    gateway, _, backend = world
    backend.take()
    peer = peers.peers["modern.test"]
    body = as_json(share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    spoofed = fields + [
        ("X-OCM-Peer", "evil.test"), ("X-OCM-Verified", "evil.test"),
        ("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Proto", "http"), ("Forwarded", "for=192.0.2.7;host=evil.test"),
        ("X-Real-IP", "192.0.2.7"), ("XAuthorization", "Basic QQ=="),
        ("Remote-User", "evil.test"), ("Script-Name", "/evil.test"),
    ]
    assert gateway.request("POST", "/ocm/shares", spoofed, body).status == 201
    [message] = reached(backend)
    for name, value in message.headers:
        assert "evil.test" not in value and "192.0.2.7" not in value, (name, value)
    assert message.get("xauthorization") is None
    assert message["x-forwarded-proto"] == "https"
    assert message["x-forwarded-for"] == "127.0.0.1"
    assert message["x-ocm-peer"] == "modern.test"
    assert gateway.decision(message["x-ocm-decision"])["peer"] == "modern.test"


def test_only_who_signed_is_named_to_the_backend(world, peers):
    gateway, _, backend = world
    backend.take()
    body = as_json(legacy_share(peers.peers["legacy.test"]))
    fields = [("Content-Type", "application/json"), ("X-OCM-Peer", "modern.test")]
    assert gateway.request("POST", "/ocm/shares", fields, body).status == 201
    [message] = reached(backend)
    assert message.get("x-ocm-peer") is None and message.get("x-ocm-decision")


@pytest.mark.parametrize("name", [
    "X_OCM_Peer", "x.ocm.peer", "X-OCM_Peer", "X_Forwarded_For", "X.Real.IP", "x_original_url",
])
def test_other_spellings_of_such_fields_are_refused(world, peers, name):
    gateway, _, backend = world
    backend.take()
    peer = peers.peers["modern.test"]
    body = as_json(share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    assert gateway.request("POST", "/ocm/shares", [*fields, (name, "evil.test")], body).status == 400
    assert reached(backend) == []


@pytest.mark.parametrize("name", ["X-OCM-Peer", "X-OCM-Decision", "X-Forwarded-For", "Signature"])
def test_no_connection_field_takes_ours_away(world, peers, name):
    gateway, _, backend = world
    backend.take()
    peer = peers.peers["modern.test"]
    body = as_json(share(peer))
    fields = peer.signed("POST", "https://cloud.test/ocm/shares", body, "application/json")
    response = gateway.request("POST", "/ocm/shares", [*fields, ("Connection", name)], body)
    assert response.status == 400
    assert reached(backend) == []


@pytest.mark.parametrize("end_point", ["/ocm/notifications"])
def test_a_notification_of_the_peer_of_a_share_passes_and_of_another_does_not(
        world, peers, end_point):
    gateway, server, backend = world
    peer = peers.peers["modern.test"]
    sent = share(peer)
    assert gateway.post(peer, "/ocm/shares", sent).status == 201
    backend.take()
    note = {"notificationType": "SHARE_UNSHARED", "resourceType": "file",
            "providerId": sent["providerId"],
            "notification": {"sharedSecret": sent["protocol"]["webdav"]["sharedSecret"],
                             "message": "File was unshared"}}
    refused(gateway.post(peers.peers["other.test"], end_point, note), 403, "sender_mismatch")
    assert reached(backend) == []
    response = gateway.post(peer, end_point, note)
    assert response.status == 201, (response.body, gateway.log()[-2000:])
    [message] = reached(backend)
    assert json.loads(message.body)["notification"]["sharedSecret"]


def test_a_wrong_secret_in_a_notification_is_refused(world, peers):
    gateway, server, backend = world
    peer = peers.peers["modern.test"]
    sent = share(peer)
    assert gateway.post(peer, "/ocm/shares", sent).status == 201
    backend.take()
    note = {"notificationType": "SHARE_UNSHARED", "resourceType": "file",
            "providerId": sent["providerId"],
            "notification": {"sharedSecret": secrets.token_urlsafe(24)}}
    response = gateway.post(peer, "/ocm/notifications", note)
    assert 400 <= response.status < 500
    assert reached(backend) == []


def test_a_share_that_comes_again_is_the_same_share(legacy, start, peers):
    """Its sender had no answer: one share, one handle, and one unshare that ends it."""
    server, backend = legacy("nextcloud")
    ordinary = backend.script
    answers = [504]

    def script(request):
        raw = ordinary(request)
        if request.target.endswith("/ocm/shares") and answers:
            return answer(answers.pop(), b"the answer was lost")
        return raw

    backend.script = script
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    sent = share(peer)
    sent["protocol"]["webdav"]["requirements"] = ["must-exchange-token"]
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    for number, status in enumerate((502, 201, 201)):
        assert gateway.post(peer, "/ocm/shares", sent, nonce=f"again{number}").status == status
    handles = {each["protocol"]["options"]["sharedSecret"] for each in server.shares}
    assert len(server.shares) == 3 and len(handles) == 1
    assert [row["state"] for row in gateway.shares()] == ["active"]
    response = gateway.post(peer, "/ocm/notifications", {
        "notificationType": "SHARE_UNSHARED", "providerId": sent["providerId"], "resourceType": "file",
        "notification": {}})
    assert response.status == 201, response.body
    assert [row["state"] for row in gateway.shares()] == ["ended"]
    # What is over is another share when it comes once more.
    assert gateway.post(peer, "/ocm/shares", sent, nonce="after").status == 201
    assert sorted(row["state"] for row in gateway.shares()) == ["active", "ended"]


def test_nobody_but_the_owners_server_sends_what_an_old_backend_reads_by_its_owner(world, peers):
    """The deprecated shape has the owner alone, who never signed here."""
    gateway, server, backend = world
    backend.take()
    peer = peers.peers["modern.test"]
    forged = share(peer, owner="ceo@other.test", ownerDisplayName="The CEO")
    body = refused(gateway.post(peer, "/ocm/shares", forged), 403, "sender_mismatch")
    assert reached(backend) == []
    assert "other.test" in gateway.decision(body["decision"])["detail"]
    # A reshare that the owner's server sends is one.
    told = share(peer) | {"sender": "bob@other.test"}
    assert gateway.post(peer, "/ocm/shares", told).status == 201
    assert len(reached(backend)) == 1


def test_one_message_of_a_share_that_is_refused_does_not_end_what_another_brought(legacy, start, peers):
    """Both are on their way together, and the backend stumbles over the second of one share."""
    server, backend = legacy("nextcloud")
    ordinary = backend.script
    second = threading.Event()

    def script(request):
        if request.target.endswith("/ocm/shares"):
            if second.is_set():
                return ordinary(request)
            second.set()
            time.sleep(1.5)
            return answer(500, {"message": "duplicate key"})
        return ordinary(request)

    backend.script = script
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    sent = share(peer)
    gateway.evidence.hide(sent["protocol"]["webdav"]["sharedSecret"])
    told = []
    first = threading.Thread(
        target=lambda: told.append(gateway.post(peer, "/ocm/shares", sent, nonce="first").status))
    first.start()
    assert second.wait(10)
    assert gateway.post(peer, "/ocm/shares", sent, nonce="second").status == 201
    first.join()
    assert told == [500]
    assert [row["state"] for row in gateway.shares()] == ["active"]


@pytest.mark.parametrize("version", ["34.0.1.0", "35.0.0.0"])
def test_a_nextcloud_that_reads_the_newer_shape_still_goes_by_the_owner(legacy, start, peers, version):
    server, backend = legacy("nextcloud")
    server.version = version
    gateway = start(backend.url)
    peer = peers.peers["modern.test"]
    forged = share(peer, owner="ceo@other.test")
    refused(gateway.post(peer, "/ocm/shares", forged), 403, "sender_mismatch")


def test_the_token_of_a_share_that_was_lost_with_the_state_opens_no_other(legacy, start, peers, evidence):
    """Shares are numbered anew then, and one of another peer's has its number."""
    server, backend = legacy("nextcloud")
    gateway = start(backend.url, ttl="1h")
    lost, given = evidence.secret(), evidence.secret()
    server.secrets = {lost, given}
    server.files = {"notes.txt": b"hello\n"}
    code = gateway.add_share("modern.test", "1", lost)
    token = gateway.token(peers.peers["modern.test"], code)
    assert gateway.dav("GET", "/public.php/webdav/notes.txt", token).status == 200
    assert gateway.stop() == 0
    state = next(gateway.folder.rglob("state.db"))
    for name in ("", "-wal", "-shm", ".mark", ".journal"):
        state.with_name(state.name + name).unlink(missing_ok=True)
    gateway.start()
    gateway.add_share("other.test", "2", given)
    backend.take()
    assert gateway.dav("GET", "/public.php/webdav/notes.txt", token).status == 401
    assert backend.take() == []

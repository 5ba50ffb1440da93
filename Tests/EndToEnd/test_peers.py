"""Peers whose discovery or keys are slow, gone, turned or hostile, and what that costs us."""

import json
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from backend import answer
from peers import as_json, serving, share
from test_shares import reached, refused

HOSTS = ["steady.test", "turning.test", "slow.test", "down.test", "flood.test", "moved.test",
         "moved-keys.test", "away.test", "away-keys.test", "surprise.test", "crowd.test", "brief.test"]


@pytest.fixture(scope="module")
def crowd(authority):
    with serving(authority, dict.fromkeys(HOSTS, "rfc9421")) as server:
        yield server


@pytest.fixture(scope="module")
def world(legacy, start, crowd):
    _, backend = legacy("nextcloud")
    # A short freshness, so that keys are asked for again within the test.
    return start(backend.url, peers=crowd, configuration="""
[discovery]
cache = { fresh = "1s", stale_if_error = "24h", negative = "1s" }
"""), backend


def send(gateway, peer, **change):
    return gateway.post(peer, "/ocm/shares", share(peer), **change)


def detail(gateway, response) -> dict:
    """What the log says of an answer."""
    return gateway.decision(json.loads(response.body)["decision"])


def test_a_key_that_turns_is_found_by_one_refresh(world, crowd):
    gateway, backend = world
    peer = crowd.peers["turning.test"]
    assert send(gateway, peer).status == 201
    old = peer.jwks()["keys"]
    peer.key, peer.key_name = ed25519.Ed25519PrivateKey.generate(), "key2"
    new = peer.jwks()["keys"]
    peer.jwks = lambda: {"keys": old + new}
    assert send(gateway, peer).status == 201, gateway.log()[-2000:]
    # The old one is shown no more: then it is dead.
    peer.jwks = lambda: {"keys": new}
    time.sleep(1.1)
    assert send(gateway, peer).status == 201


def test_shares_that_have_expired_do_not_stand(world, crowd):
    gateway, _ = world
    peer = crowd.peers["brief.test"]
    assert send(gateway, peer).status == 201
    brief = share(peer, expiration=int(time.time()) + 5)
    assert gateway.post(peer, "/ocm/shares", brief).status == 201
    deadline = time.monotonic() + 20
    while True:
        text = gateway.command("peer", "show", "brief.test").stdout
        if "shares: 2, of which 1 stand" in text:
            break
        assert time.monotonic() < deadline, text
        time.sleep(0.2)


def test_keys_that_all_change_at_once_are_held_for_a_person(world, crowd):
    gateway, backend = world
    peer = crowd.peers["surprise.test"]
    assert send(gateway, peer).status == 201
    peer.key = ed25519.Ed25519PrivateKey.generate()
    time.sleep(1.1)
    backend.take()
    response = send(gateway, peer)
    refused(response, 503, "key_changed")
    assert int(response["retry-after"]) >= 60
    assert reached(backend) == []
    assert "peer pin surprise.test" in detail(gateway, response)["detail"]
    # The operator asked that server's people, and believes them.
    told = json.loads(gateway.command("peer", "forget", "surprise.test", "--json").stdout)
    assert told == {"peer": "surprise.test", "keys": 1}
    assert send(gateway, peer).status == 201


def test_a_slow_peer_is_told_to_try_again_in_time_and_the_next_try_finds_its_key(world, crowd):
    gateway, _ = world
    peer = crowd.peers["slow.test"]
    script, go = peer.script, threading.Event()

    def stalling(request):
        go.wait(20)
        return script(request)

    peer.script = stalling
    began = time.monotonic()
    response = send(gateway, peer)
    refused(response, 503, "key_unavailable")
    # Three seconds are what it may take; the peer stalls for twenty.
    assert time.monotonic() - began < 15
    # Nobody else waits for it.
    began = time.monotonic()
    assert send(gateway, crowd.peers["steady.test"]).status == 201
    assert time.monotonic() - began < 15
    go.set()
    time.sleep(0.5)
    assert send(gateway, peer).status == 201, gateway.log()[-2000:]


def test_a_peer_that_fails_keeps_its_cached_key(world, crowd):
    gateway, _ = world
    peer = crowd.peers["down.test"]
    assert send(gateway, peer).status == 201
    for broken in (answer(500, {"error": "x"}), answer(200, b"<html>Log in</html>"),
                   answer(404, {}), b"HTTP/1.1 nonsense\r\n\r\n", b""):
        peer.script = lambda request, broken=broken: broken
        time.sleep(1.1)
        assert send(gateway, peer).status == 201, (broken, gateway.log()[-2000:])
        unknown = send(gateway, peer, key_id="down.test#never-seen")
        # Nobody can say that it has no such key.
        refused(unknown, 503, "key_unavailable")


def test_a_flood_of_unknown_names_asks_their_host_once(world, crowd):
    gateway, backend = world
    peer = crowd.peers["flood.test"]
    assert send(gateway, peer).status == 201
    peer.requests.clear()
    backend.take()
    began = time.monotonic()
    with gateway.connect() as connection:
        for number in range(200):
            response = gateway.post(peer, "/ocm/shares", share(peer), connection=connection,
                                    key_id=f"flood.test#guess{number}")
            refused(response, 401, "signature_invalid")
    # A key that is fresh for a second only is asked for anew besides.
    assert len(peer.requests) <= 2 * (2 + int(time.monotonic() - began)) < 200, len(peer.requests)
    assert reached(backend) == []
    assert send(gateway, crowd.peers["steady.test"]).status == 201


def test_a_crowd_waits_for_one_fetch(world, crowd):
    gateway, _ = world
    peer = crowd.peers["crowd.test"]
    script = peer.script

    def slowly(request):
        time.sleep(0.3)
        return script(request)

    peer.script = slowly
    results = []
    threads = [threading.Thread(target=lambda: results.append(send(gateway, peer).status))
               for _ in range(30)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [201] * 30
    # Two for each time that what was fetched has aged by a second.
    most = 2 * (2 + int(time.monotonic() - began))
    assert len(peer.requests) <= most < 30, [request.start for request in peer.requests]


def move(peer, path, location, body):
    """What the peer has at `path` is behind a redirect, at `/index.php` before it."""
    script = peer.script

    def moved(request):
        if request.target == path:
            return answer(301, b"", ("Location", location))
        if request.target == "/index.php" + path:
            return answer(200, body())
        return script(request)

    peer.script = moved


def test_discovery_may_be_redirected_on_its_own_host(world, crowd):
    gateway, _ = world
    peer = crowd.peers["moved.test"]
    move(peer, "/.well-known/ocm", "https://moved.test/index.php/.well-known/ocm", peer.discovery)
    assert send(gateway, peer).status == 201, gateway.log()[-2000:]


def test_a_key_set_may_be_redirected_on_its_own_host(world, crowd):
    gateway, _ = world
    peer = crowd.peers["moved-keys.test"]
    move(peer, "/ocm/jwks", "/index.php/ocm/jwks", peer.jwks)
    assert send(gateway, peer).status == 201, gateway.log()[-2000:]


@pytest.mark.parametrize("place", [
    "https://steady.test/.well-known/ocm", "http://away.test/.well-known/ocm", "https://127.0.0.1/",
    "https://169.254.169.254/latest/meta-data", "//steady.test/.well-known/ocm",
])
def test_no_redirect_leads_to_another_host(world, crowd, place):
    gateway, backend = world
    peer = crowd.peers["away.test"]
    peer.script = lambda request: answer(302, b"", ("Location", place))
    crowd.peers["steady.test"].requests.clear()
    backend.take()
    time.sleep(1.1)
    response = send(gateway, peer)
    # Redirects away are as good as no document: then it has no keys, or cannot be asked.
    assert response.status in (401, 503), response.body
    assert crowd.peers["steady.test"].requests == []
    assert reached(backend) == []


def test_no_redirect_of_a_key_set_leads_to_another_host(world, crowd):
    gateway, backend = world
    peer = crowd.peers["away-keys.test"]
    script = peer.script
    away = answer(302, b"", ("Location", "https://steady.test/ocm/jwks"))
    peer.script = lambda request: away if request.target == "/ocm/jwks" else script(request)
    crowd.peers["steady.test"].requests.clear()
    backend.take()
    refused(send(gateway, peer), 503, "key_unavailable")
    assert crowd.peers["steady.test"].requests == []
    assert reached(backend) == []


def test_who_cannot_sign_makes_us_ask_nobody(world, crowd):
    gateway, backend = world
    for peer in crowd.peers.values():
        peer.requests.clear()
    for host in HOSTS + ["unheard-of.test"]:
        response = gateway.request("POST", "/ocm/shares", [("Content-Type", "application/json")],
                                   as_json(share(host)))
        assert response.status in (401, 403)
    assert all(peer.requests == [] for peer in crowd.peers.values())

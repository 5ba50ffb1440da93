"""Limits on the data of shares and at the token endpoint: how much, how many at once, how often."""

import json
import threading
import time

import pytest

from peers import serving
from test_shares import refused

DAV = "/public.php/webdav"
POLICY = """
[[limit]]
name  = "copies"
on    = "webdav.in"
peer  = "greedy.test"
per   = "peer"
bytes = "4KiB/day"

[[limit]]
name       = "at once"
on         = "webdav.in"
peer       = "parallel.test"
per        = "peer"
concurrent = 1

[[limit]]
name  = "codes"
on    = "token.in"
peer  = "asking.test"
per   = "peer"
rate  = "2/hour"
"""
HOSTS = ["greedy.test", "parallel.test", "asking.test", "other.test"]


@pytest.fixture(scope="module")
def crowd(authority):
    with serving(authority, dict.fromkeys(HOSTS, "rfc9421")) as server:
        yield server


@pytest.fixture(scope="module")
def world(legacy, start, crowd, evidence):
    server, backend = legacy("nextcloud")
    server.files = {"big.bin": b"x" * 3000}
    secrets = {host: evidence.secret() for host in HOSTS}
    server.secrets = set(secrets.values())
    gateway = start(backend.url, peers=crowd, partners=HOSTS, legacy=[], policy=POLICY, ttl="1h")
    tokens = {host: gateway.token(crowd.peers[host], secrets[host]) for host in HOSTS
              if host != "asking.test"}
    return gateway, server, backend, secrets, tokens


def get(world, host: str):
    return world[0].dav("GET", f"{DAV}/big.bin", world[4][host])


def test_who_has_fetched_its_bytes_waits_also_after_a_restart(world):
    """What an answer brings is told by its head: what there is no room for does not pass."""
    gateway, _, backend, _, _ = world
    assert get(world, "greedy.test").status == 200
    response = get(world, "greedy.test")
    answer = refused(response, 429, "limit_exceeded")
    # 3,000 bytes more, of 4,096 a day: about eleven hours until there is room.
    assert 8 * 3600 < int(response["retry-after"]) < 24 * 3600
    assert recorded(gateway, answer)["by"] == "limit:copies"
    # What is written counts as what is read does, and others have room of their own.
    backend.take()
    refused(gateway.dav("PUT", f"{DAV}/new.bin", world[4]["greedy.test"], body=b"y" * 3000),
            429, "limit_exceeded")
    assert backend.take() == []
    assert get(world, "other.test").status == 200
    assert gateway.stop() == 0
    gateway.start()
    refused(get(world, "greedy.test"), 429, "limit_exceeded")


def test_who_has_all_its_places_waits_for_one_of_them(world):
    gateway, server, backend, _, tokens = world
    arrived, go_on = threading.Event(), threading.Event()

    def slow(request):
        if request.method == "GET" and "parallel" in request.target:
            arrived.set()
            assert go_on.wait(20)
        return server.script(request)

    server.files["parallel.bin"] = b"slow"
    backend.script = slow
    statuses = []
    first = threading.Thread(target=lambda: statuses.append(
        gateway.dav("GET", f"{DAV}/parallel.bin", tokens["parallel.test"]).status))
    first.start()
    try:
        assert arrived.wait(20)
        response = get(world, "parallel.test")
        answer = refused(response, 429, "limit_exceeded")
        assert int(response["retry-after"]) == 1
        assert recorded(gateway, answer)["by"] == "limit:at once"
        assert get(world, "other.test").status == 200
    finally:
        go_on.set()
        first.join()
        backend.script = server.script
    assert statuses == [200]
    # The place is free again, also after requests that the backend refuses or whose client goes.
    for _ in range(3):
        assert get(world, "parallel.test").status == 200
        assert gateway.dav("GET", f"{DAV}/none.bin", tokens["parallel.test"]).status == 404
        with gateway.connect() as connection:
            connection.send(
                f"GET {DAV}/big.bin HTTP/1.1\r\nHost: cloud.test\r\n"
                f"Authorization: Bearer {tokens['parallel.test']}\r\n\r\n".encode())
    settled(lambda: get(world, "parallel.test").status == 200)


def recorded(gateway, answer: dict) -> dict:
    """What the journal says of a refusal; it is written a moment after the answer."""
    found = {}

    def there() -> bool:
        run = gateway.command("journal", "show", answer["decision"], "--json", check=False)
        found.update(json.loads(run.stdout) if run.returncode == 0 else {})
        return bool(found)

    settled(there)
    return found


def settled(holds) -> None:
    """Once it holds."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_token_endpoint_says_in_its_own_words_that_it_is_enough(world, crowd):
    gateway, _, backend, secrets, _ = world
    peer = crowd.peers["asking.test"]
    assert [gateway.exchange(peer, secrets["asking.test"]).status for _ in range(2)] == [200, 200]
    backend.take()
    response = gateway.exchange(peer, secrets["asking.test"])
    answer = json.loads(response.body)
    assert (response.status, answer["error"]) == (429, "temporarily_unavailable")
    assert 1700 < int(response["retry-after"]) <= 1800 and response["cache-control"] == "no-store"
    assert backend.take() == []
    assert gateway.decision(answer["decision"])["by"] == "limit:codes"

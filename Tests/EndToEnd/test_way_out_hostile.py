"""Servers of others that answer what no server may: nothing of it reaches the backend as anything but
an error, and the next request is not touched by it."""

import base64

import pytest

from federation import LEGACY, THIRD, Federation
from wire import Closed

BASIC = ("Authorization", "Basic " + base64.b64encode(b"SECRET-OF-BEFORE:").decode())
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
BODY = b"4\r\nevil\r\n0\r\n\r\n"
ANSWERS = {
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                         + BODY,
    "chunks and length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
                         + BODY,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nevil-evil",
    "a length with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nevil",
    "another coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n" + BODY,
    "a folded field": b"HTTP/1.1 200 OK\r\nETag: a\r\n b\r\nContent-Length: 4\r\n\r\nevil",
    "a NUL": b"HTTP/1.1 200 OK\r\nETag: a\0b\r\nContent-Length: 4\r\n\r\nevil",
    "a bare CR": b"HTTP/1.1 200 OK\r\nETag: a\rSet-Cookie: b\r\nContent-Length: 4\r\n\r\nevil",
    "a flood of interim answers": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50 + FINE,
    "a switch that nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                                      b"Connection: upgrade\r\n\r\nevil",
    "a huge field": b"HTTP/1.1 200 OK\r\nETag: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "a huge head": b"HTTP/1.1 200 OK\r\n" + b"X-A: aaaaaaaaaaaaaaaa\r\n" * 50_000 + b"\r\n",
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "version 0.9": b"evil\r\n\r\n",
}


@pytest.fixture(scope="module")
def federation(tmp_path_factory, authority, evidence):
    made = Federation(tmp_path_factory.mktemp("hostile"), authority, evidence, "nc27")
    made.home.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def told(federation):
    """What the old server answers to a request for data, from now on."""
    def tell(data: bytes, closes: bool = False) -> None:
        def say(request):
            if not request.target.startswith("/public.php/webdav/"):
                return None
            request.closes = closes
            return data

        federation.legacy.before = say

    yield tell
    federation.legacy.before = lambda request: None


def get(federation, host=LEGACY, connection=None):
    return federation.home.way_out().request(
        "GET", f"https://{host}/public.php/webdav/a", [BASIC], connection=connection)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none(federation, told, name):
    with federation.home.way_out().open(LEGACY) as tunnel:
        told(ANSWERS[name])
        got = get(federation, connection=tunnel)
        assert got.status == 502, (got.start, got.body[:100])
        assert b"evil" not in got.body and b"evil" not in got.raw_head
        told(FINE)
        again = get(federation, connection=tunnel)
        assert (again.status, again.body) == (200, b"fine")


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"\r\n", b"x"])
def test_what_follows_an_answer_is_nobodys(federation, told, more):
    """A second answer waits for no request."""
    with federation.home.way_out().open(LEGACY) as tunnel:
        told(FINE + more)
        assert get(federation, connection=tunnel).body == b"fine"
        told(FINE)
        for _ in range(4):
            assert get(federation, connection=tunnel).body == b"fine"


@pytest.mark.parametrize("body", [b"10\r\nhalf", b"4\r\nfineXX0\r\n\r\n", b"-4\r\nfine\r\n0\r\n\r\n"])
def test_a_body_that_breaks_off_is_seen_to(federation, told, body):
    """Its head has gone out: then there is no proper end."""
    told(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body,
         closes=True)
    try:
        got = get(federation)
    except (Closed, OSError, ValueError):
        pass
    else:
        assert got.status == 502, got.start


def test_a_connection_that_a_peer_ends_unsaid_costs_no_request(federation, told):
    """What was kept for the next request is gone by then: it goes over another one."""
    told(FINE, closes=True)
    with federation.home.way_out().open(LEGACY) as tunnel:
        for _ in range(20):
            got = get(federation, connection=tunnel)
            assert (got.status, got.body) == (200, b"fine")


def test_fields_that_set_a_state_stay_outside(federation, told):
    told(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: \"a\"\r\nSet-Cookie: a=b\r\n"
         b"Access-Control-Allow-Origin: *\r\nStrict-Transport-Security: max-age=9\r\n"
         b"Clear-Site-Data: \"*\"\r\nLocation: http://127.0.0.1/\r\nRefresh: 0\r\n\r\nfine")
    got = get(federation)
    assert got.status == 200 and got.get("etag") == '"a"'
    for name in ("set-cookie", "access-control-allow-origin", "strict-transport-security",
                 "clear-site-data", "location", "refresh"):
        assert got.get(name) is None, name


def test_a_connection_is_one_peers(federation, told):
    """Several peers at one address: each has connections of its own."""
    told(FINE)
    federation.third.before = lambda request: \
        FINE if request.target.startswith("/public.php/webdav/") else None
    before = len(federation.legacy.requests), len(federation.third.requests)
    with federation.home.way_out().open(LEGACY) as one, \
            federation.home.way_out().open(THIRD) as other:
        for _ in range(10):
            assert get(federation, LEGACY, one).body == b"fine"
            assert get(federation, THIRD, other).body == b"fine"
    federation.third.before = lambda request: None
    assert len(federation.legacy.requests) >= before[0] + 10
    assert len(federation.third.requests) >= before[1] + 10
    assert all(len(hosts) == 1 for hosts in federation.capture.spoken.values())
    # Nor did each request cost a connection.
    assert len(federation.capture.spoken) < 60

"""Everything that is not federation: passed as it came, or not at all."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend import ScriptedBackend, answer


@pytest.fixture(scope="module")
def echo():
    """Answers with what it received, head and all, as JSON."""

    def script(request):
        if request.target == "/large":
            return answer(200, b"x" * (3 << 20))
        if request.target == "/ocm-provider/":
            return answer(404)
        return answer(200, {"start": request.start, "headers": request.headers,
                            "length": len(request.body)},
                      ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))

    backend = ScriptedBackend(script)
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def gateway(start, echo):
    return start(echo.url)


def test_a_web_request_arrives_as_it_was_sent(gateway):
    response = gateway.request(
        "GET", "/index.php/apps/files/?dir=/a%20b&x=1;y=2",
        [("Cookie", "session=1; other=2"), ("Accept", "*/*"), ("X-Custom", "yes"),
         ("Authorization", "Basic dXNlcjpwYXNz")])
    assert response.status == 200
    got = json.loads(response.body)
    assert got["start"] == "GET /index.php/apps/files/?dir=/a%20b&x=1;y=2 HTTP/1.1"
    fields = {name.lower(): value for name, value in got["headers"]}
    assert fields["cookie"] == "session=1; other=2"
    assert fields["x-custom"] == "yes"
    assert fields["authorization"] == "Basic dXNlcjpwYXNz"
    assert fields["host"] == "cloud.test"
    assert response.all("set-cookie") == ["a=1", "b=2"]


def test_a_plain_dot_in_a_path_is_left_out(gateway):
    """rclone writes one before a name with a colon."""
    response = gateway.request("PROPFIND", "/remote.php/dav/files/u/./2024%2010:00%20Photos/?a=/./")
    assert (json.loads(response.body)["start"]
            == "PROPFIND /remote.php/dav/files/u/2024%2010:00%20Photos/?a=/./ HTTP/1.1")
    for hidden in ("/./ocm/shares", "/public.php/./webdav/x", "/a/./../b", "/a/%2e/b"):
        assert gateway.request("PROPFIND", hidden).status == 400


@pytest.mark.parametrize("target", ["/remote.php/dav/files/u/M\xfcller", "/ocs/v2.php/apps/x?path=/M\xc3\xbcller"])
def test_letters_that_are_not_escaped_are_refused_with_what_to_do(gateway, echo, target):
    echo.take()
    with gateway.connect() as connection:
        connection.send(f"GET {target} HTTP/1.1\r\nHost: cloud.test\r\n\r\n".encode("latin-1"))
        response = connection.receive()
    assert response.status == 400 and not any("ller" in request.target for request in echo.take())
    said = json.loads(response.body)
    assert said["error"] == "malformed_request" and "Percent-encode" in said["hint"]


def test_who_came_is_told_by_the_gateway_alone(gateway):
    response = gateway.request("GET", "/page", [
        ("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "evil.test"), ("Forwarded", "for=192.0.2.7"),
        ("X-Real-IP", "192.0.2.7")])
    fields = [(name.lower(), value) for name, value in json.loads(response.body)["headers"]]
    assert ("x-forwarded-for", "127.0.0.1") in fields
    assert ("x-forwarded-proto", "https") in fields
    assert ("x-forwarded-host", "cloud.test") in fields
    assert not any("192.0.2.7" in value or "evil" in value for _, value in fields)
    forwarded = [value for name, value in fields if name == "forwarded"]
    assert len(forwarded) == 1 and "proto=https" in forwarded[0]


def test_fields_of_one_hop_go_no_further(gateway):
    response = gateway.request("GET", "/page", [
        ("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic QQ=="), ("Proxy-Connection", "keep-alive"),
        ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk"), ("TE", "trailers")])
    names = {name.lower() for name, _ in json.loads(response.body)["headers"]}
    assert not names & {"x-hop", "keep-alive", "proxy-authorization", "proxy-connection",
                        "upgrade", "http2-settings", "te"}


def test_a_redirect_to_the_backends_own_place_leads_to_the_site(start):
    """nginx names the port on which it listens, Apache a scheme without TLS."""

    def script(request):
        place = {"/port": f"http://cloud.test:{backend.port}/remote.php/dav/?a=b#c",
                 "/plain": "http://cloud.test/remote.php/dav/", "/dialled": backend.url,
                 "/elsewhere": f"http://other.test:{backend.port}/x",
                 "/user": f"http://cloud.test:{backend.port}@other.test/",
                 "/another": "https://cloud.test:9/x", "/relative": "/x", "/site": "https://cloud.test/x"}
        if request.target not in place:
            return answer(404)
        return answer(301, b"", ("Location", place[request.target]))

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url)

        def led(target):
            response = gateway.request("PROPFIND", target)
            assert response.status == 301
            return response.all("location")

        assert led("/port") == ["https://cloud.test/remote.php/dav/?a=b#c"]
        assert led("/plain") == ["https://cloud.test/remote.php/dav/"]
        assert led("/dialled") == ["https://cloud.test"]
        assert led("/elsewhere") == [f"http://other.test:{backend.port}/x"]
        assert led("/user") == [f"http://cloud.test:{backend.port}@other.test/"]
        assert led("/another") == ["https://cloud.test:9/x"]
        assert led("/relative") == ["/x"] and led("/site") == ["https://cloud.test/x"]
    finally:
        backend.stop()


def test_one_connection_carries_many_requests(gateway):
    with gateway.connect() as connection:
        for number in range(50):
            response = gateway.request("GET", f"/page/{number}", connection=connection)
            assert json.loads(response.body)["start"] == f"GET /page/{number} HTTP/1.1"


def test_bodies_pass_whole_in_both_directions(gateway):
    assert len(gateway.request("GET", "/large").body) == 3 << 20
    body = os.urandom(1 << 20)
    assert json.loads(gateway.request("PUT", "/up", body=body).body)["length"] == 1 << 20
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                       for part in (body[:1], body[1:70000], body[70000:])) + b"0\r\n\r\n"
    with gateway.connect() as connection:
        connection.send(b"POST /up HTTP/1.1\r\nHost: cloud.test\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n" + chunked)
        assert json.loads(connection.receive().body)["length"] == 1 << 20


def test_a_head_has_no_body_and_the_next_answer_is_its_own(gateway):
    with gateway.connect() as connection:
        head = gateway.request("HEAD", "/large", connection=connection)
        assert head.status == 200 and head.body == b""
        after = gateway.request("GET", "/after", connection=connection)
        assert json.loads(after.body)["start"] == "GET /after HTTP/1.1"


def test_many_clients_at_once_get_their_own_answers(gateway):
    failures = []

    def one(number):
        try:
            with gateway.connect() as connection:
                for step in range(10):
                    target = f"/client/{number}/{step}"
                    response = gateway.request("GET", target, connection=connection)
                    if json.loads(response.body)["start"] != f"GET {target} HTTP/1.1":
                        failures.append(target)
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_backend_that_is_gone_is_a_502(start):
    backend = ScriptedBackend(lambda request: answer(200))
    backend.stop()
    gateway = start(backend.url)
    assert gateway.request("GET", "/page").status == 502


def test_pages_that_hold_their_requests_are_waited_for_and_shut_nobody_out(start):
    """As the long polling of a chat does, in many windows at once."""
    is_over = threading.Event()

    def script(request):
        if request.target.startswith("/late/"):
            time.sleep(1.5)
        if request.target.startswith("/hung/"):
            is_over.wait(60)
        return answer(200, b"ok")

    def hasty(gateway):
        gateway.configuration.write_text(gateway.configuration.read_text().replace(
            'pass = "all"', 'pass = "all"\ntimeouts = { headers = "1s", pages = "6s" }'))

    backend = ScriptedBackend(script)
    try:
        gateway = start(backend.url, hasty)
        with ThreadPoolExecutor(6) as pool:
            def ask(kind):
                return [pool.submit(lambda number=number: gateway.request("GET", f"/{kind}/{number}").status)
                        for number in range(6)]
            assert [each.result() for each in ask("late")] == [200] * 6
            began = time.monotonic()
            hung = ask("hung")
            while not all(each.done() for each in hung):
                assert gateway.request("GET", "/page").status == 200
                time.sleep(0.1)
            assert [each.result() for each in hung] == [504] * 6
            # More than four times `timeouts.headers`, which peers may wait.
            assert time.monotonic() - began >= 6
        assert gateway.request("GET", "/page").status == 200
        assert gateway.lines("backend.suspended", 0) == []
    finally:
        is_over.set()
        backend.stop()


@pytest.mark.parametrize("target", ["/", "/index.php/login", "/remote.php/dav/files/bob/",
                                    "/status.php", "/index.php/apps/other"])
def test_only_federation_is_served_when_nothing_else_may_pass(start, legacy, target):
    server, backend = legacy("nextcloud")
    gateway = start(backend.url, passing="ocm")
    backend.take()
    assert gateway.request("GET", target).status == 404
    # The gateway's own questions do not count.
    assert not any(request.target == target for request in backend.take()
                   if not request.get("user-agent", "").startswith("ocmgate"))
    assert gateway.request("GET", "/.well-known/ocm").status == 200


@pytest.mark.parametrize("body", [b"", b"password=&depth=0"])
def test_no_password_is_tried_where_nothing_else_may_pass(start, echo, body):
    """Nextcloud logs in whoever shows one, on any path that its index.php serves."""
    gateway = start(echo.url, passing="ocm")
    login = [("Authorization", "Basic dXNlcjpwYXNz"), ("Cookie", "session=1"),
             ("Content-Type", "application/x-www-form-urlencoded")]
    target = "/index.php/apps/files_sharing/shareinfo?t=publiclink00000"
    response = gateway.request("POST", target, login, body)
    assert response.status == 200 and response.all("set-cookie") == []
    names = {name.lower() for name, _ in json.loads(response.body)["headers"]}
    assert names.isdisjoint({"authorization", "cookie"})
    invite = {"recipientProvider": "legacy.test", "token": "invitation", "userID": "eve", "email": "", "name": "Eve"}
    echo.take()
    gateway.request("POST", "/ocm/invite-accepted", [*login[:2], ("Content-Type", "application/json")],
                    json.dumps(invite).encode())
    seen = [request for request in echo.take() if request.target.endswith("/invite-accepted")]
    assert seen and all(request.get("authorization") is None and request.get("cookie") is None for request in seen)

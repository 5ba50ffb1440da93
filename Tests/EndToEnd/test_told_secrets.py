"""A backend that puts the secret of a share into the paths that it tells, and one that takes it from
a body."""

import base64
import json
import re

import pytest

from backend import ScriptedBackend, answer
from wire import compose

ROOT = "/remote.php/dav/ocm"
DISCOVERY = {"enabled": True, "apiVersion": "1.2.1", "endPoint": "https://cloud.test/ocm", "provider": "cernbox",
             "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": ROOT}}]}
XML = ("Content-Type", "application/xml; charset=utf-8")


def cernbox(request):
    """The secret is the name of the share inside, as in reva, and in what it says of a path."""
    if not request.target.startswith(ROOT):
        return answer(200, DISCOVERY) if "well-known" in request.target else answer(404)
    secret = request["authorization"].removeprefix("Bearer ")
    inside = request.target.removeprefix(f"{ROOT}/7f3a")
    space = base64.b32encode(f"/ocm/{secret}".encode()).decode()
    file = f"eos${space}!687"
    if request.method == "PROPFIND" and inside.startswith("/listed"):
        return answer(207, f'<d:multistatus xmlns:d="DAV:"><d:response><d:href>{ROOT}/7f3a{inside}</d:href>'
                           f"<oc:fileid>{file}</oc:fileid></d:response></d:multistatus>".encode(), XML)
    if request.method == "PROPPATCH":
        return answer(207, f'<d:multistatus xmlns:d="DAV:"><d:response><d:href>{ROOT}/{secret}{inside}</d:href>'
                           "</d:response></d:multistatus>".encode(), XML)
    if request.method == "PROPFIND":
        return answer(404, f"<s:message>Resource /ocm/{secret}{inside} not found</s:message>".encode(), XML,
                      ("Location", f"https://cloud.test{ROOT}/{secret}{inside}"))
    return answer(200, secret.encode() * 10_000, ("Content-Type", "text/plain"),
                  ("OC-FileId", file))


@pytest.fixture(scope="module")
def world(start, evidence, peers):
    backend = ScriptedBackend(cernbox)
    secret = evidence.secret(32)
    peer = peers.peers["modern.test"]
    codes = []
    gateway = start(backend.url, kind="cernbox",
                    prepare=lambda it: codes.append(it.add_share(peer.host, "7f3a", secret)))
    yield gateway, secret, {"code": codes[0], "token": gateway.token(peer, codes[0])}
    backend.stop()


@pytest.mark.parametrize("shown", ["code", "token"])
@pytest.mark.parametrize("root", [f"{ROOT}/7f3a", ROOT])
def test_no_answer_tells_the_secret_that_the_backend_has_in_its_paths(world, root, shown):
    gateway, secret, credentials = world
    missing = gateway.dav("PROPFIND", f"{root}/x.txt", credentials[shown],
                          [("Depth", "0"), ("Accept-Encoding", "gzip")])
    assert missing.status == 404
    assert secret not in str(missing.headers) + missing.body.decode()
    assert missing.body == b"<s:message>Resource /ocm/7f3a/x.txt not found</s:message>"
    changed = gateway.dav("PROPPATCH", f"{root}/x.txt", credentials[shown])
    assert changed.status == 207 and secret not in changed.body.decode()
    assert f"<d:href>{root}/x.txt</d:href></d:response></d:multistatus>" in changed.body.decode()


@pytest.mark.parametrize("shown", ["code", "token"])
def test_a_file_comes_as_it_is_whatever_it_holds(world, shown):
    gateway, secret, credentials = world
    file = gateway.dav("GET", f"{ROOT}/7f3a/x.txt", credentials[shown])
    assert file.body == secret.encode() * 10_000
    assert file["content-length"] == str(len(file.body))


@pytest.mark.parametrize("shown", ["code", "token"])
@pytest.mark.parametrize(("method", "name"), [("PROPFIND", "listed/"), ("GET", "x"), ("PUT", "x")])
def test_no_id_of_a_file_tells_the_secret_in_base32(world, method, name, shown):
    gateway, secret, credentials = world
    inside = base64.b32encode(secret.encode()).decode().rstrip("=")[:-1]
    told = set()
    for _ in range(2):
        reply = gateway.dav(method, f"{ROOT}/7f3a/{name}", credentials[shown], [("Depth", "0")])
        text = reply.body.decode() if method == "PROPFIND" else reply["oc-fileid"]
        assert inside not in text
        told.update(re.findall(r"eos\$(\S+?)!687", text))
    assert len(told) == 1


def nextcloud(request):
    """Opens whatever the body names before what the path does, as Nextcloud and ownCloud."""
    if "well-known" in request.target:
        return answer(200, {"enabled": True, "apiVersion": "1.0-proposal1", "endPoint": "https://cloud.test/ocm",
                            "resourceTypes": [{"name": "file", "shareTypes": ["user"],
                                               "protocols": {"webdav": "/public.php/webdav/"}}]})
    body = b"" if request.method == "HEAD" else b"opened"
    return answer(200, body, ("Content-Type", "text/plain"), ("Set-Cookie", "nc=1; path=/"))


@pytest.fixture(scope="module")
def pages(start, evidence, peers):
    backend = ScriptedBackend(nextcloud)
    secret = evidence.secret()
    yield start(backend.url, kind="nextcloud",
                prepare=lambda it: it.add_share(peers.peers["modern.test"].host, "1", secret)), backend, secret
    backend.stop()


@pytest.mark.parametrize("kind,status", [("application/json", 401), ("text/plain; application/json", 415),
                                         ("application/x-www-form-urlencoded", 401)])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_opens_by_the_secret_that_a_body_names(pages, method, framing, kind, status):
    gateway, backend, secret = pages
    body = (f"token={secret}" if "form" in kind else json.dumps({"token": secret})).encode()
    fields = [("Host", gateway.host), ("Content-Type", kind)]
    backend.take()
    if framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        fields.append(("Content-Length", str(len(body))))
    with gateway.connect() as connection:
        connection.send(compose(f"{method} /s/x/download HTTP/1.1", fields, body))
        assert connection.receive(method).status == status
    assert [one for one in backend.take() if one.target.startswith("/s/")] == []
    assert gateway.request(method, "/s/PUBLICLINK00000/download").status == 200


@pytest.mark.parametrize("method,target", [
    ("PUT", "/index.php/apps/text/public/session/7/create"), ("POST", "/index.php/apps/richdocuments/token"),
    ("POST", "/index.php/s/x"), ("PUT", "/s/x"),
    ("POST", "/index.php/apps/wopi/token/publiclink"), ("POST", "/ocs/v2.php/apps/onlyoffice/api/v1/key")])
def test_no_document_opens_by_the_secret_that_a_body_names(pages, method, target):
    gateway, backend, secret = pages
    name, kind = "token" if "text" in target else "shareToken", [("Content-Type", "application/json")]
    backend.take()
    assert gateway.request(method, target, kind, json.dumps({name: secret}).encode()).status == 401
    assert [one for one in backend.take() if one.target == target] == []
    link = gateway.request(method, target, kind, json.dumps({name: "PUBLICLINK00000", "fileId": 7}).encode())
    assert (link.status, link.body, link["set-cookie"]) == (200, b"opened", "nc=1; path=/")


def test_a_document_is_saved_whole_but_by_the_secret_of_a_share(pages):
    gateway, backend, secret = pages
    target = "/index.php/apps/files_texteditor/ajax/savefile"
    form = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")]
    document = b"filecontents=" + b"%00line%0A" * (700 << 10)
    for named, status in (("", 200), ("PUBLICLINK00000", 200), (secret, 401)):
        body = document + f"&path=%2Fa.txt&mtime=7&sharingToken={named}".encode()
        backend.take()
        assert gateway.request("PUT", target, form, body).status == status
        came = [one.body for one in backend.take() if one.target == target]
        assert came == ([body] if status == 200 else [])
    odd = [("Content-Type", "text/plain; application/json")]
    assert gateway.request("PUT", target, odd, json.dumps({"sharingToken": secret}).encode()).status == 415
    assert gateway.request("PUT", target, form + [("Content-Length", str((8 << 20) + 1))]).status == 413

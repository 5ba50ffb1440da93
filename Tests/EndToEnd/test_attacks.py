"""Ways around a check that lie between two parts: what one of them reads in one way, and what stands behind in another.

The backend here answers 200 to everything: whatever reaches it has got past.
"""

import base64
import json
from pathlib import Path

import pytest

from backend import ScriptedBackend, answer
from legacy import LegacyServer

DAV = "/public.php/webdav"
POLICIES = Path(__file__).resolve().parents[2] / "policies"
INFO = "/index.php/apps/files_sharing/shareinfo"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def basic(pair: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(pair.encode()).decode()


class Lax:
    """Discovery as an old server has it; all else is open."""

    def __init__(self, kind: str):
        self.server = LegacyServer(kind, "https://cloud.test")
        self.backend = ScriptedBackend(self.script)

    def script(self, request):
        known = self.server.script(request) if "-provider" in request.target else None
        return known or answer(200, b"open\n")


class Closed:
    """A gateway that knows a share whose peer is on no list, and the secret of that share."""

    def __init__(self, start, evidence, kind: str):
        self.lax = Lax(kind)
        self.secret = evidence.secret()
        self.gateway = start(self.lax.backend.url, kind=kind, prepare=self.prepare)
        self.gateway.request("GET", "/ready")
        self.lax.backend.take()

    def prepare(self, gateway):
        gateway.add_share("gone.test", "7", self.secret, "--permissions", "read,write")

    def reached(self) -> list[str]:
        return [request.start for request in self.lax.backend.take()
                if "-provider" not in request.target and request.target != "/status.php"]


@pytest.fixture(scope="module", params=["nextcloud", "owncloud10"])
def closed(request, start, evidence):
    world = Closed(start, evidence, request.param)
    yield world
    world.lax.backend.stop()


PAIRS = ["{0}:", "{0}:x", "{0}::", "{0}:::::", "{0} :", "{0}  :x"]
FIELDS = ["Basic {0}", "Basic *{0}", "Basic {0}*", "basic  {0}", "Basic\t{0}", "Basic {0}, Bearer x",
          "Bearer x, Basic {0}", "Bearer Basic {0}", "Digest x Basic {0}"]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("field", FIELDS)
def test_no_spelling_of_a_credential_hides_the_secret_of_a_share(closed, evidence, pair, field):
    """PHP skips what is not base64; Nextcloud takes `Basic` from anywhere in the field and any password; a database
    does not see spaces at the end."""
    text = base64.b64encode(pair.format(closed.secret).encode()).decode()
    evidence.hide(text)
    response = closed.gateway.request("GET", f"{DAV}/a.txt", [("Authorization", field.format(text))])
    assert response.status in (400, 401, 403), response.status
    assert closed.reached() == []


@pytest.mark.parametrize("target", [
    "/s/{0}", "/s/{0}/download", "/index.php/s/{0}/download", "/s/{0}%20", "/s//{0}", "/index.php/s/{1}",
    "/index.php/apps/files_sharing/publicpreview/{0}?file=a", "/index.php/apps/editor/page?shareToken={0}",
    "/index.php/apps/files_sharing/ajax/publicpreview.php?t={1}&file=a", "/public.php?service=files&t={0}",
    "/public.php/dav/files/{0}/a.txt", "/public.php/dav/uploads/{0}/1/2", "/public.php/dav/files/{0}%20/a",
    INFO + "?t={0}", INFO + "?t={0}%20", INFO + "?+t={0}", INFO + "?t=x&%20t={0}",
    "/index.phpindex.php" + INFO[10:] + "?t={0}",
])
@pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND"])
def test_no_other_door_opens_by_the_secret_of_a_share(closed, evidence, target, method):
    escaped = "%{:02X}".format(ord(closed.secret[0])) + closed.secret[1:]
    evidence.hide(escaped)
    for credential in [[], [basic("link:")]]:
        response = closed.gateway.request(method, target.format(closed.secret, escaped), credential)
        assert response.status in (400, 401, 403, 503), response.status
        assert closed.reached() == []


@pytest.mark.parametrize("kind, body", [
    (FORM[1], "t={0}"), (FORM[1], "password=&+t={0}"), (FORM[1], "t%00x={0}"), ("application/json", '{{"t":"{0}"}}'),
    ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="t"\r\n\r\n{0}\r\n--x--\r\n'),
])
def test_the_body_of_a_shareinfo_names_no_share(closed, kind, body):
    """PHP puts the body before the query."""
    response = closed.gateway.request("POST", INFO + "?t=link", [("Content-Type", kind)],
                                      body.format(closed.secret).encode())
    assert response.status == 503
    assert closed.reached() == []


@pytest.mark.parametrize("kind, body", [
    (FORM[1], "shareWith=eve@evil.test&token={0}"),
    ("application/json", '{{"token":"{0}","shareWith":"eve@evil.test"}}'),
    ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n{0}\r\n--x--\r\n'),
])
def test_no_share_is_made_of_a_share_as_of_a_public_link(closed, kind, body):
    target = "/index.php/apps/federatedfilesharing/createFederatedShare"
    response = closed.gateway.request("POST", target, [("Content-Type", kind)], body.format(closed.secret).encode())
    assert response.status in (401, 415)
    assert closed.reached() == []
    link = closed.gateway.request("POST", target, [FORM], b"shareWith=eve@evil.test&token=publiclink00000")
    assert (link.status, link.body) == (200, b"open\n")
    closed.reached()


def test_an_ordinary_shareinfo_passes_with_its_body(closed):
    response = closed.gateway.request("POST", INFO + "?t=publiclink00000", [FORM], b"password=&depth=0")
    assert (response.status, response.body) == (200, b"open\n")
    seen = [request for request in closed.lax.backend.take() if "shareinfo" in request.target]
    assert [request.body for request in seen] == [b"password=&depth=0"]


@pytest.mark.parametrize("front", ["", "/index.php", "/index.phpindex.php", "//index.php/"])
@pytest.mark.parametrize("path", [
    "/ocm/shares", "/ocs/v2.php/cloud/shares", "/ocsapp/cloud/shares", "/ocs/cloud/shares",
    "/apps/federatedfilesharing/shares"])
def test_a_message_is_judged_at_every_door(closed, front, path):
    if "federated" in path and closed.lax.server.kind == "nextcloud":
        pytest.skip("not a case: ownCloud's alone")
    response = closed.gateway.request("POST", front + path, [FORM], b"token=x&remote=https://gone.test")
    assert 400 <= response.status < 500
    assert closed.reached() == []
    assert json.loads(response.body)


def test_a_public_link_that_is_shown_as_a_code_is_taken_from_nobody(start, holding, peers):
    """Anybody can write the name of an old server, and a link is known to many."""
    server, backend, link = holding()

    def admit(gateway):
        text = (POLICIES / "legacy-bridge.toml").read_text()
        text = text.replace("old-cloud.partner.example", "legacy.test").replace("cloud.partner.example", "modern.test")
        (gateway.folder / "policy.toml").write_text(text)

    gateway = start(backend.url, prepare=admit)

    def opened() -> tuple[int, int]:
        """Its file, and its page, which this backend does not have."""
        return (gateway.with_secret("GET", f"{DAV}/notes.txt", link).status,
                gateway.request("GET", f"/s/{link}/download").status)

    assert opened() == (200, 404)
    form = f"grant_type=authorization_code&client_id=legacy.test&code={link}".encode()
    response = gateway.request("POST", "/ocm/token", [FORM], form)
    assert (response.status, json.loads(response.body)["error"]) == (400, "invalid_grant")
    gateway.request("POST", "/ocs/v2.php/cloud/shares/99999/decline?format=json", [FORM], f"token={link}".encode())
    assert opened() == (200, 404) and gateway.shares() == []
    # One that signs may try: what it learns is a token for itself.
    modern = peers.peers["modern.test"]
    token = gateway.token(modern, link)
    assert opened() == (200, 404)
    declined = {"notificationType": "SHARE_DECLINED", "resourceType": "file", "providerId": "99999",
                "notification": {"sharedSecret": link}}
    assert gateway.post(modern, "/ocm/notifications", declined).status == 201
    assert opened() == (200, 404)
    assert gateway.dav("GET", f"{DAV}/notes.txt", token).status == 401

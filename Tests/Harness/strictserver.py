"""A strict modern server: RFC 9421 only, tokens only, both roles. It takes nothing for granted.

It is opencloudmesh-go as recorded, but for two things that make it a harder test: it shares folders
that can be written, and it answers WebDAV with another namespace prefix below a path of its own.
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree

from backend import answer
from oldserver import DavFailed, Received, host_of
from peers import Peer, as_json
from tree import Tree, TreeServer
from verify import Keys, Unverified, rfc9421
from ways import Way
from wire import Request, Response

FORM = "application/x-www-form-urlencoded"


@dataclass
class StrictSent:
    provider_id: str
    secret: str
    to: str
    tree: Tree
    name: str
    uri: str
    delivered: str | None = None
    state: str = "pending"
    notes: list[dict] = field(default_factory=list)
    told: list[Response] = field(default_factory=list)


class StrictServer(Peer):
    """`extra` changes its discovery; `token_answer` what its token endpoint says."""

    DAV = "/webdav/ocm"

    def __init__(self, host: str, evidence, users=("alice", "bob"), **extra):
        super().__init__(host, "rfc9421", **extra)
        self.evidence = evidence
        self.users = set(users)
        self.way: Way | None = None
        self.sent: dict[str, StrictSent] = {}
        self.received: list[Received] = []
        self.tokens: dict[str, tuple[str, float]] = {}
        self.exchanges: list[dict] = []
        self.complaints: list[str] = []
        self.dav_seen: list[Request] = []
        self.verified = 0
        self.token_life = 300
        self.must_exchange = True
        # Whether the secret itself opens a share that demands no exchange.
        self.takes_secrets = False
        self.absolute_uri = False
        self.absolute_hrefs = False
        # As opencloudmesh-go: it knows no folders, has GET and HEAD of a file alone, and shares it for reading.
        self.has_files_alone = False
        self.before = lambda request: None
        # A function of the request, or None for the usual answer.
        self.token_answer = lambda request: None
        self._lock = threading.Lock()

    def discovery(self) -> dict:
        document = super().discovery()
        document["resourceTypes"] = [
            {"name": name, "shareTypes": ["user"],
             "protocols": {"webdav": self.DAV + "/", "webdav-receive": {"uri": "relative"}}}
            for name in (("file",) if self.has_files_alone else ("file", "folder"))]
        document["criteria"] = ["must-use-http-sig", "must-exchange-token"]
        return document | self.extra_discovery

    # What it answers

    def script(self, request: Request) -> bytes:
        try:
            return self._script(request)
        except Exception as error:  # of a message that nobody had thought of
            self.complaints.append(f"{request.start}: {error!r}")
            return answer(500)

    def _script(self, request: Request) -> bytes:
        told = self.before(request)
        if told is not None:
            return told
        path = request.target.partition("?")[0]
        if request.method == "POST" and path == "/ocm/shares":
            return self._judged(request, self._share)
        if request.method == "POST" and path == "/ocm/notifications":
            return self._judged(request, self._notification)
        if request.method == "POST" and path == "/ocm/token":
            return self._token(request)
        if path.startswith(self.DAV + "/"):
            return self._dav(request, path)
        if path in ("/.well-known/ocm", "/ocm/jwks"):
            return Peer.script(self, request)
        return answer(401, {"error": {"code": "Unauthorized"}})

    def _verify(self, request: Request, host: str) -> bytes | None:
        try:
            key_id = rfc9421(request, self.host, Keys.fetch(self.way, host))
        except (Unverified, OSError, ValueError, KeyError) as error:
            self.complaints.append(str(error))
            return answer(401, b"signature required\n", ("Content-Type", "text/plain"))
        named = urlsplit(key_id).netloc if "://" in key_id else key_id.partition("#")[0]
        if named != host:
            self.complaints.append(f"{key_id} signed for {host}")
            return answer(401, b"signature required\n", ("Content-Type", "text/plain"))
        self.verified += 1
        return None

    def _judged(self, request: Request, act) -> bytes:
        if request.get("content-type") != "application/json":
            return answer(400, {"error": "not JSON"})
        return act(request, json.loads(request.body))

    def _no(self, why: str) -> bytes:
        self.complaints.append(why)
        return answer(400, {"error": why})

    def _share(self, request: Request, share: dict) -> bytes:
        refused = self._verify(request, host_of(share.get("sender", "@")))
        if refused:
            return refused
        for name in ("shareWith", "name", "providerId", "owner", "sender", "shareType",
                     "resourceType"):
            if not isinstance(share.get(name), str):
                return self._no(f"{name} is no string")
        for name in ("shareWith", "owner", "sender"):
            if "://" in share[name] or share[name].endswith("/"):
                return self._no(f"{name} holds an URL: {share[name]}")
        protocol = share.get("protocol") or {}
        webdav = protocol.get("webdav")
        if protocol.get("name") != "multi" or not isinstance(webdav, dict):
            return self._no(f"the protocol is not `multi`: {sorted(protocol)}")
        if "sharedSecret" in (protocol.get("options") or {}):
            return self._no("the secret is in the deprecated place too")
        if webdav.get("requirements") != ["must-exchange-token"]:
            return self._no(f"no must-exchange-token: {webdav.get('requirements')}")
        if not webdav.get("permissions") \
                or not set(webdav["permissions"]) <= {"read", "write", "share"}:
            return self._no(f"permissions: {webdav.get('permissions')}")
        if not webdav.get("sharedSecret") or not isinstance(webdav.get("uri"), str):
            return self._no("no secret, or no uri")
        user = share["shareWith"].rpartition("@")[0]
        if user not in self.users:
            return self._no("no such user")
        if self.has_files_alone and share["resourceType"] != "file":
            return answer(501, {"error": "RESOURCE_TYPE_NOT_SUPPORTED"})
        self.evidence.hide(webdav["sharedSecret"])
        self.received.append(Received(share, share["providerId"], webdav["sharedSecret"],
                                            share["owner"], share["name"], user))
        return answer(201, {"recipientDisplayName": user})

    def _notification(self, request: Request, note: dict) -> bytes:
        kind, provider_id = note.get("notificationType"), note.get("providerId")
        sent = self.sent.get(provider_id)
        got = [share for share in self.received if share.provider_id == provider_id]
        host = host_of(sent.to) if sent and kind != "SHARE_UNSHARED" else \
            host_of(got[0].owner) if got else None
        if host is None:
            return self._no(f"{kind} of an unknown share")
        refused = self._verify(request, host)
        if refused:
            return refused
        secret = (note.get("notification") or {}).get("sharedSecret")
        expected = sent.secret if sent and kind != "SHARE_UNSHARED" else got[0].secret
        if secret is not None and secret != expected:
            return self._no(f"{kind} with another secret")
        if kind == "SHARE_UNSHARED":
            got[0].state = "unshared"
        elif kind == "SHARE_ACCEPTED":
            sent.state = "accepted"
        elif kind == "SHARE_DECLINED":
            sent.state = "declined"
            self._forget(sent)
        else:
            return answer(501, {"error": f"{kind} is not offered"})
        (sent or got[0]).__dict__.setdefault("notes", []).append(note)
        return answer(200, {"status": "ok"})

    def _token(self, request: Request) -> bytes:
        told = self.token_answer(request)
        if told is not None:
            return told
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.exchanges.append(form)
        if request.get("content-type") != FORM:
            return answer(400, {"error": "invalid_request"})
        if self._verify(request, form.get("client_id", "")):
            return answer(401, {"error": "invalid_client"})
        if form.get("grant_type") != "authorization_code":
            return answer(400, {"error": "unsupported_grant_type"})
        share = next((each for each in self.sent.values() if each.secret == form.get("code")
                      and each.state not in ("revoked", "declined")), None)
        if share is None or host_of(share.to) != form["client_id"]:
            return answer(400, {"error": "invalid_grant"})
        token = secrets.token_hex(32)
        self.evidence.hide(token)
        with self._lock:
            self.tokens[token] = (share.provider_id, time.monotonic() + self.token_life)
        return answer(200, {"access_token": token, "token_type": "Bearer",
                            "expires_in": self.token_life}, ("Cache-Control", "no-store"))

    def _forget(self, share: StrictSent) -> None:
        with self._lock:
            self.tokens = {token: held for token, held in self.tokens.items()
                           if held[0] != share.provider_id}

    def _dav(self, request: Request, path: str) -> bytes:
        self.dav_seen.append(request)
        scheme, _, token = (request.get("authorization") or "").partition(" ")
        held = self.tokens.get(token) if scheme == "Bearer" else None
        if held is None and self.takes_secrets:
            held = next(((each.provider_id, time.monotonic() + 1) for each in self.sent.values()
                         if each.secret == token), None)
        if held is None or held[1] < time.monotonic():
            return answer(401, b"", ("WWW-Authenticate", 'Bearer realm="OCM"'))
        share = self.sent[held[0]]
        base = f"{self.DAV}/{share.uri}"
        if path.rstrip("/") != base and not path.startswith(base + "/"):
            return answer(403)
        if self.has_files_alone and request.method not in ("GET", "HEAD"):
            return answer(405)
        return TreeServer(share.tree, self.host, base, "D",
                          f"https://{self.host}" if self.absolute_hrefs else None).serve(request)

    # What it asks

    def _discovery(self, host: str) -> dict:
        return json.loads(self.way.request("GET", f"https://{host}/.well-known/ocm").body)

    def _wants_absolute(self, host: str) -> bool:
        """Whether it would name the data as opencloudmesh-go then does: at the receiver's own host."""
        return any(type["protocols"].get("webdav-receive") == {"uri": "absolute"}
                   for type in self._discovery(host)["resourceTypes"])

    def _post(self, host: str, path: str, document: dict) -> Response:
        known = self._discovery(host)
        url = known["endPoint"].rstrip("/") + path
        body = as_json(document)
        return self.way.request(
            "POST", url, self.signed("POST", url, body, "application/json",
                                     nonce=secrets.token_hex(8)), body)

    def address(self, user: str) -> str:
        return f"{user}@{self.host}"

    def share(self, user: str, to: str, name: str, tree: Tree) -> StrictSent:
        # Without a nonce in it a code is as long as theirs: 43 characters of base64url.
        sent = StrictSent(secrets.token_hex(16), secrets.token_urlsafe(32), to, tree, name,
                          secrets.token_hex(12))
        self.evidence.hide(sent.secret)
        self.sent[sent.provider_id] = sent
        uri = f"https://{self.host}{self.DAV}/{sent.uri}" if self.absolute_uri else sent.uri
        if self._wants_absolute(host_of(to)):
            uri = f"https://{host_of(to)}{self.DAV}/{sent.uri}"
        permissions = ["read"] if self.has_files_alone else ["read", "write"]
        webdav = {"uri": uri, "sharedSecret": sent.secret, "permissions": permissions}
        if self.must_exchange:
            webdav["requirements"] = ["must-exchange-token"]
        response = self._post(host_of(to), "/shares", {
            "shareWith": to, "name": name, "providerId": sent.provider_id,
            "owner": self.address(user), "sender": self.address(user), "ownerDisplayName": user,
            "senderDisplayName": user, "shareType": "user",
            "resourceType": "file" if isinstance(tree[""], bytes) else "folder",
            "protocol": {"name": "multi", "webdav": webdav}})
        sent.told.append(response)
        sent.delivered = "ocm" if response.status in (200, 201) else None
        return sent

    def _notify(self, host: str, kind: str, provider_id: str) -> str | None:
        response = self._post(host, "/notifications", {
            "notificationType": kind, "providerId": provider_id, "resourceType": "file"})
        return "ocm" if response.status in (200, 201) else None

    def accept(self, share: Received) -> str | None:
        share.state = "accepted"
        return self._notify(host_of(share.owner), "SHARE_ACCEPTED", share.provider_id)

    def decline(self, share: Received) -> str | None:
        share.state = "declined"
        return self._notify(host_of(share.owner), "SHARE_DECLINED", share.provider_id)

    def unshare(self, sent: StrictSent) -> str | None:
        sent.state = "revoked"
        self._forget(sent)
        return self._notify(host_of(sent.to), "SHARE_UNSHARED", sent.provider_id)

    def exchange(self, share: Received) -> Response:
        document = json.loads(
            self.way.request("GET", f"https://{host_of(share.owner)}/.well-known/ocm").body)
        url = document["tokenEndPoint"]
        body = urlencode({"grant_type": "authorization_code", "client_id": self.host,
                          "code": share.secret}).encode()
        response = self.way.request("POST", url, self.signed(
            "POST", url, body, FORM, nonce=secrets.token_hex(8)), body)
        if response.status == 200:
            self.evidence.hide(json.loads(response.body)["access_token"])
        return response

    def open(self, share: Received) -> "StrictMount":
        return StrictMount(self, share)


class StrictMount:
    """A share that it got, by a token: one exchange, then Bearer below the root and the uri."""

    def __init__(self, server: StrictServer, share: Received):
        self.server, self.share = server, share
        host = host_of(share.owner)
        document = json.loads(
            server.way.request("GET", f"https://{host}/.well-known/ocm").body)
        root = next(each["protocols"]["webdav"] for each in document["resourceTypes"]
                    if each["name"] in (share.body["resourceType"], "file"))
        uri = share.body["protocol"]["webdav"]["uri"]
        if "://" in uri:
            assert urlsplit(uri).netloc == host, f"the data is elsewhere: {uri}"
            self.root = uri.rstrip("/")
        else:
            self.root = f"https://{host}{root.rstrip('/')}/{uri.strip('/')}".rstrip("/")
        response = server.exchange(share)
        if response.status != 200:
            raise DavFailed(server.way.asked[-1])
        self.token = json.loads(response.body)["access_token"]

    def _ask(self, method: str, path: str, headers=(), body: bytes | None = None) -> Response:
        way = self.server.way
        url = self.root + "/" + quote(path)
        response = way.request(method, url, [("Authorization", f"Bearer {self.token}"), *headers],
                               body)
        if response.status >= 300:
            raise DavFailed(next(each for each in reversed(way.asked) if each.url == url))
        return response

    def list(self, path: str = "") -> dict[str, bool]:
        response = self._ask("PROPFIND", path, [("Depth", "1")])
        base = unquote(urlsplit(self.root).path)
        found = {}
        for each in ElementTree.fromstring(response.body).iter("{DAV:}response"):
            href = unquote(urlsplit(each.findtext("{DAV:}href")).path)
            assert href.rstrip("/") == base or href.startswith(base + "/"), \
                f"{href} is not below {base}"
            found[href[len(base):].strip("/")] = \
                each.find(".//{DAV:}resourcetype/{DAV:}collection") is not None
        return found if len(found) == 1 else \
            {name: folder for name, folder in found.items() if name != path}

    def exists(self, path: str) -> bool:
        try:
            self.list(path)
            return True
        except DavFailed as failure:
            if failure.status == 404:
                return False
            raise

    def read(self, path: str = "") -> bytes:
        return self._ask("GET", path).body

    def write(self, path: str, data: bytes) -> int:
        return self._ask("PUT", path, [("Content-Type", "text/plain")], data).status

    def make(self, path: str) -> int:
        return self._ask("MKCOL", path).status

    def move(self, path: str, to: str) -> int:
        return self._ask("MOVE", path, [("Destination", self.root + "/" + quote(to))]).status

    def delete(self, path: str) -> int:
        return self._ask("DELETE", path).status

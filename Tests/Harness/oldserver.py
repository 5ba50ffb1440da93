"""An old server as a whole: what it answers, and what it asks others, as its kind was recorded.

The kinds are Nextcloud 19, 27 and 33 and ownCloud 10. Behind a gateway it is a backend whose way is
the gateway's forward proxy; elsewhere it is a peer of an old age. It does what the real one does,
convenient or not: it falls back to the older API, believes only 201, and deletes mounts.
"""

import base64
import email.utils
import functools
import hashlib
import json
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree

import httpsig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from backend import answer
from tree import Tree, TreeServer
from ways import Asked, Refused, Way
from wire import Closed, Request, Response

ROOT = "/public.php/webdav"
LITERAL = "{http://open-cloud-mesh.org/ns}share-permissions"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
ASKED_PROPERTIES = b"""<?xml version="1.0" encoding="UTF-8"?>
<d:propfind xmlns:d="DAV:">
  <d:prop xmlns:x="http://owncloud.org/ns" xmlns:x1="http://open-collaboration-services.org/ns">
    <d:getlastmodified/>
    <d:getcontentlength/>
    <d:getcontenttype/>
    <x:permissions xmlns:x="http://owncloud.org/ns"/>
    <x1:share-permissions xmlns:x="http://open-collaboration-services.org/ns"/>
    <d:resourcetype/>
    <d:getetag/>
    <d:quota-available-bytes/>
  </d:prop>
</d:propfind>
"""
EMPTY_PROPERTIES = b'<?xml version="1.0"?>\n<d:propfind xmlns:d="DAV:"><d:prop/></d:propfind>\n'
TROUBLE = (OSError, Closed, Refused, ValueError)


@dataclass(frozen=True)
class Kind:
    """How one kind of server behaves where they differ."""

    name: str
    family: str                  # what a gateway's configuration calls it
    version: str
    agent: str
    dav_agent: str
    end_point: str = "/ocm"
    signs: bool = False

    @property
    def is_owncloud(self) -> bool:
        return self.family == "owncloud10"

    @property
    def age(self) -> int:
        return int(self.version.partition(".")[0])


KINDS = {kind.name: kind for kind in (
    Kind("nc19", "nextcloud", "19.0.13.1", "Nextcloud Server Crawler",
         "sabre-dav/4.0.3 (http://sabre.io/)"),
    Kind("nc27", "nextcloud", "27.1.3.2", "Nextcloud Server Crawler",
         "sabre-dav/4.4.0 (http://sabre.io/)"),
    Kind("nc33", "nextcloud", "33.0.3.2", "Nextcloud-Server-Crawler/33.0.3",
         "sabre-dav/4.7.0 (http://sabre.io/)", signs=True),
    Kind("oc10", "owncloud10", "10.15.2.0", "ownCloud Server Crawler",
         "sabre-dav/4.6.0 (http://sabre.io/)", end_point="/apps/federatedfilesharing"),
)}


@dataclass
class Sent:
    """A share that this server made."""

    provider_id: str
    secret: str
    to: str
    tree: Tree
    name: str
    delivered: str | None = None     # "ocm", "ocs", or that it was not
    state: str = "pending"
    notes: list[dict] = field(default_factory=list)
    told: list[Response] = field(default_factory=list)


@dataclass
class Received:
    """A share that this server got."""

    body: dict
    provider_id: str
    secret: str
    owner: str
    name: str
    user: str
    state: str = "pending"
    mounted: bool = True


class DavFailed(Exception):
    """A file operation that the server's WebDAV client gave up."""

    def __init__(self, asked: Asked):
        super().__init__(str(asked))
        self.asked = asked

    @property
    def status(self) -> int | None:
        return self.asked.response.status if self.asked.response else None


@functools.cache
def _rsa_key(host: str) -> rsa.RSAPrivateKey:
    """One for each name: making them takes most of a short test."""
    return rsa.generate_private_key(65537, 2048)


def host_of(address: str) -> str:
    return address.rpartition("@")[2].removeprefix("https://").rstrip("/")


class OldServer:
    generation = "unsigned"

    def __init__(self, kind: str, host: str, evidence, users=("alice", "bob")):
        self.kind = KINDS[kind]
        self.host = host
        self.evidence = evidence
        self.users = set(users)
        self.way: Way | None = None
        self.requests: list[Request] = []
        self.sent: dict[str, Sent] = {}
        # Also those that were taken back because nobody took them.
        self.ever: list[Sent] = []
        self.received: list[Received] = []
        self.pins: dict[str, str] = {}
        self.verified = 0
        self.unsigned = 0
        self.complaints: list[str] = []
        self.dav_seen: list[Request] = []
        # A test may hold or change an answer: a function of the request, or None for the usual.
        self.before = lambda request: None
        # Seconds that it waits for an answer to a message; the real ones wait 5 or 10, which says
        # something on a machine that has nothing else to do.
        self.patience = 20
        # Whether it judges the signatures of others. Behind a gateway that is switched off, as
        # `init` says, since what the gateway changes nobody has signed.
        self.checks = self.kind.signs
        self._next = 1
        self._lock = threading.RLock()
        self.key = _rsa_key(host) if self.kind.signs else None
        if self.kind.signs:
            self.generation = "cavage"

    # Names

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def key_id(self) -> str:
        return f"{self.origin}/ocm#signature"

    def address(self, user: str) -> str:
        """As this kind writes itself: 27 with scheme and slash, ownCloud with scheme, 33 bare."""
        if self.kind.signs:
            return f"{user}@{self.host}"
        return f"{user}@{self.origin}" + ("" if self.kind.is_owncloud else "/")

    # What it answers

    def discovery(self) -> dict:
        document = {"enabled": True, "apiVersion": "1.0-proposal1",
                    "endPoint": self.origin + self.kind.end_point}
        file = {"name": "file", "protocols": {"webdav": ROOT + "/"}}
        if self.kind.is_owncloud:
            return document | {"shareTypes": [file]}
        document["resourceTypes"] = [file | {"shareTypes": ["user", "group"]}]
        if self.kind.signs:
            document |= {
                "version": "1.1.0", "provider": "Nextcloud " + self.kind.version,
                "publicKey": {"keyId": self.key_id, "publicKeyPem": self._public_pem()},
                "capabilities": ["invite-accepted", "notifications", "shares"]}
        return document

    def _public_pem(self) -> str:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo).decode()

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
        if path.startswith("//"):
            path = path[1:]
        if path.startswith("/index.php/") and "files_sharing" not in path:
            path = path.removeprefix("/index.php")
        if path in ("/ocm-provider", "/ocm-provider/"):
            return answer(200, self.discovery())
        if path == "/.well-known/ocm":
            if self.kind.signs:
                return answer(200, self.discovery())
            if self.kind.age == 19:
                return answer(200, b"<html>login</html>", ("Content-Type", "text/html"))
            return answer(404, {"message": "ocm not supported"})
        if path == "/ocs-provider/":
            return answer(200, {"version": 2, "services": {"FEDERATED_SHARING": {
                "version": 1, "endpoints": {"share": "/ocs/v2.php/cloud/shares",
                                            "webdav": ROOT + "/"}}}})
        if path == "/status.php":
            return answer(200, {"installed": True, "maintenance": False,
                                "version": self.kind.version, "productname": "Nextcloud"})
        if request.method == "POST":
            if path == self.kind.end_point + "/shares":
                return self._share(request)
            if path == self.kind.end_point + "/notifications":
                return self._notification(request)
            if path.startswith(("/ocs/v1.php/cloud/shares", "/ocs/v2.php/cloud/shares")):
                return self._old_call(request, path)
            if path.endswith("/apps/files_sharing/shareinfo"):
                return self._share_info(request)
        if path == ROOT or path.startswith(ROOT + "/"):
            return self._dav(request)
        return answer(404, b"not here\n")

    def _fault(self, status: int, message: str) -> bytes:
        document = {"message": message}
        if self.kind.signs:
            document["validationErrors"] = []
        return answer(status, document)

    # Signatures of others, as Nextcloud 33 judges them

    def _judge(self, request: Request, host: str) -> bytes | None:
        """None when it may go on, else the answer. `host` is whom the message speaks for."""
        if not self.checks:
            return None
        text = request.get("signature")
        named = httpsig.utils.parse_signature_header(text) if text else {}
        pem = self._key_of(named["keyid"]) if named.get("keyid") else None
        if pem is None:
            self.unsigned += 1
            if host in {urlsplit(key_id).netloc for key_id in self.pins}:
                self.complaints.append(f"unsigned, though {host} has signed before")
                return self._fault(400, "instance is supposed to sign its request")
            return None
        why = self._wrong(request, named, pem, host)
        if why:
            self.complaints.append(why)
            return self._fault(400, "Invalid signature")
        self.verified += 1
        self.pins.setdefault(named["keyid"], pem)
        return None

    def _key_of(self, key_id: str) -> str | None:
        if key_id in self.pins:
            return self.pins[key_id]
        if self.way is None:
            return None
        origin = "https://" + urlsplit(key_id).netloc
        try:
            key = self._discover(origin).get("publicKey")
        except Exception:
            return None
        if not key or key["keyId"] != key_id:
            return None
        return key["publicKeyPem"]

    def _wrong(self, request: Request, named: dict, pem: str, host: str) -> str | None:
        if len(request.body) > 50_000:
            return "content of request is too big"
        for name in ("date", "content-length", "digest"):
            if request.get(name) is None:
                return f"there is no {name}"
        algorithm, _, value = request["digest"].partition("=")
        hashed = {"SHA-256": hashlib.sha256, "SHA-512": hashlib.sha512}.get(algorithm)
        if hashed is None or base64.b64decode(value) != hashed(request.body).digest():
            return "the digest is another body's"
        listed = named["headers"].split(" ")
        if listed[0] != "(request-target)" \
                or not {"date", "host", "content-length", "digest"} <= set(listed):
            return f"too little is signed: {listed}"
        if '", ' in request["signature"]:
            return "a space between the parameters"
        if request["host"] != self.host:
            return f"it is for {request['host']}"
        verifier = httpsig.HeaderVerifier(
            dict(request.headers), pem, required_headers=listed, method=request.method,
            path=request.target, sign_header="signature")
        if not verifier.verify():
            return "the signature does not verify"
        if urlsplit(named["keyid"]).netloc != host:
            return f"signed by {named['keyid']}, but it speaks for {host}"
        return None

    # Messages of others

    def _share(self, request: Request) -> bytes:
        share = json.loads(request.body)
        protocol = share.get("protocol") or {}
        needed = ["shareWith", "name", "providerId", "owner", "shareType", "resourceType"]
        secret = (protocol.get("options") or {}).get("sharedSecret")
        if any(share.get(name) is None for name in needed) or secret is None:
            return self._fault(400, "Missing arguments")
        refused = self._judge(request, host_of(share["owner"]))
        if refused:
            return refused
        if protocol.get("name") != "webdav":
            return self._fault(501, "Unsupported protocol for data exchange.")
        if share["shareType"] != "user":
            return self._fault(501, f"ShareType {share['shareType']} is not supported")
        user = share["shareWith"].rpartition("@")[0]
        if user not in self.users:
            return self._fault(400, f'User "{user}" does not exists at {self.origin}')
        if len(secret) > 64:
            return self._fault(500, "internal server error, was not able to add share")
        self.evidence.hide(secret)
        with self._lock:
            self.received.append(Received(share, str(share["providerId"]), secret, share["owner"],
                                          share["name"], user))
        if self.kind.is_owncloud:
            return answer(201, [])
        return answer(201, {"recipientDisplayName": user})

    def _notification(self, request: Request) -> bytes:
        note = json.loads(request.body)
        content = note.get("notification") or {}
        secret = content.get("sharedSecret")
        kind, provider_id = note.get("notificationType"), str(note.get("providerId"))
        if not secret or not kind or not note.get("resourceType"):
            return self._fault(400, "Missing arguments")
        if kind == "SHARE_UNSHARED":
            return self._unshared(request, provider_id, secret)
        share = self.sent.get(provider_id)
        if share is None:
            return self._fault(400, f"share {provider_id} does not exist")
        if share.secret != secret:
            return self._fault(403, "RESOURCE_NOT_FOUND")
        refused = self._judge(request, host_of(share.to))
        if refused:
            return refused
        share.notes.append(note)
        if kind == "SHARE_ACCEPTED":
            share.state = "accepted"
        elif kind == "SHARE_DECLINED":
            share.state = "declined"
        elif kind == "REQUEST_RESHARE":
            return self._reshare(share, content)
        elif kind == "RESHARE_UNDO" and not self.kind.is_owncloud:
            share.state = "undone"
        else:
            return self._fault(501, f"Notification of type {kind} is not supported")
        return answer(201, [])

    def _unshared(self, request: Request, provider_id: str, secret: str) -> bytes:
        for share in self.received:
            if share.provider_id == provider_id and share.secret == secret:
                refused = self._judge(request, host_of(share.owner))
                if refused:
                    return refused
                share.state = "unshared"
        return answer(201, [])

    def _reshare(self, share: Sent, content: dict) -> bytes:
        """The owner shares with the third one itself, and tells the new secret to who asked."""
        to = content.get("shareWith", "")
        if host_of(to) == self.host and to.rpartition("@")[0] == "alice":  # back to the owner
            return self._fault(403 if self.kind.is_owncloud else 400, "Internal error")
        made = self.share("alice", to, share.name, share.tree, by=share.to)
        if made.delivered is None:
            return self._fault(400, f"Internal error at {self.origin}")
        member = "sharedSecret" if self.kind.is_owncloud else "token"
        return answer(201, {member: made.secret, "providerId": made.provider_id})

    def _old_call(self, request: Request, path: str) -> bytes:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        good = {"ocs": {"meta": {"status": "ok", "statuscode": 200, "message": "OK"}, "data": []}}
        bad = {"ocs": {"meta": {"status": "failure", "statuscode": 400, "message": "no"},
                       "data": []}}
        parts = path.split("/")
        if len(parts) <= 5:
            if form.get("shareWith") not in self.users:
                return answer(400, bad)
            self.received.append(Received({"ocs": form}, form["remoteId"], form["token"],
                                          form.get("ownerFederatedId") or
                                          f"{form['owner']}@{form['remote']}",
                                          form["name"], form["shareWith"]))
            return answer(200, good)
        provider_id, action = parts[5], parts[6]
        if action == "unshare":
            for share in self.received:
                if share.provider_id == provider_id and share.secret == form.get("token"):
                    share.state = "unshared"
                    return answer(200, good)
        share = self.sent.get(provider_id)
        if share is None or share.secret != form.get("token"):
            return answer(400, bad)
        if action in ("accept", "decline"):
            share.state = {"accept": "accepted", "decline": "declined"}[action]
        elif action == "revoke":
            share.state = "undone"
        return answer(200, good)

    def _share_info(self, request: Request) -> bytes:
        secret = parse_qs(urlsplit(request.target).query).get("t", [""])[0]
        if self._tree_of(secret) is None:
            return answer(404)
        return answer(200, {"data": {"id": 1, "name": "share", "permissions": 31}, "status":
                            "success"})

    def _tree_of(self, secret: str) -> Tree | None:
        for share in self.sent.values():
            if share.secret == secret and share.state not in ("declined", "revoked", "undone"):
                return share.tree
        return None

    def _dav(self, request: Request) -> bytes:
        self.dav_seen.append(request)
        scheme, _, rest = (request.get("authorization") or "").partition(" ")
        secret = ""
        if scheme.lower() == "basic":
            try:
                secret = base64.b64decode(rest, validate=True).decode().partition(":")[0]
            except ValueError:
                pass
        tree = self._tree_of(secret)
        if tree is None:
            return answer(401, b"", ("WWW-Authenticate", 'Basic realm="Nextcloud", charset="UTF-8"'))
        return TreeServer(tree, self.host, ROOT).serve(request)

    # What it asks: discovery

    def _get(self, url: str) -> Response:
        """A GET that follows redirects, as Guzzle does."""
        for _ in range(6):
            response = self.way.request("GET", url, [("User-Agent", self.kind.agent)])
            if response.status not in (301, 302, 307, 308):
                return response
            to = response["location"]
            url = to if "://" in to else url.split("/", 3)[0] + "//" + urlsplit(url).netloc + to
        raise ValueError("too many redirects")

    def _json(self, url: str) -> dict:
        response = self._get(url)
        document = json.loads(response.body) if response.status == 200 else None
        if not isinstance(document, dict):
            raise ValueError(f"{url} is no document: {response.status}")
        return document

    def _discover(self, remote: str) -> dict:
        """The peer's document, when this kind can use it; else ValueError."""
        if self.kind.signs:
            try:
                return self._usable(self._json(remote + "/.well-known/ocm"))
            except TROUBLE:
                return self._usable(self._json(remote + "/ocm-provider"))
        return self._usable(self._json(remote + "/ocm-provider/"))

    def _usable(self, document: dict) -> dict:
        version = document.get("apiVersion")
        if document.get("enabled") is not True or not document.get("endPoint"):
            raise ValueError("not enabled, or no endPoint")
        if not self.kind.is_owncloud:
            if self.kind.age < 27 and version != "1.0-proposal1":
                raise ValueError(f"API version {version} not supported")
            if self.kind.age == 27 and version != "1.0-proposal1" \
                    and ".".join(version.split(".")[:2]) not in ("1.0", "1.1"):
                raise ValueError(f"API version {version} not supported")
        if self.kind.signs and document.get("publicKey") is not None:
            key_id = document["publicKey"].get("keyId", "") \
                if isinstance(document["publicKey"], dict) else ""
            if not urlsplit(key_id).netloc:
                raise ValueError("the publicKey cannot be read")
        return document

    def _webdav(self, document: dict | None, remote: str) -> str:
        """The root that this kind derives: an URL without a slash at its end."""
        if not self.kind.is_owncloud and self.kind.age < 27 or document is None:
            try:
                services = self._json(remote + "/ocs-provider/")["services"]
                path = services["FEDERATED_SHARING"]["endpoints"]["webdav"]
            except (KeyError, *TROUBLE):
                path = ROOT + "/"
            allowed = "/." if self.kind.is_owncloud else "/.-"
            if not all(each.isalnum() or each in allowed for each in path):
                path = ROOT + "/"
            return "https://" + urlsplit(remote).netloc + path.rstrip("/")
        types = document.get("shareTypes") if self.kind.is_owncloud else None
        types = types or document.get("resourceTypes") or []
        path = next((each["protocols"].get("webdav") for each in types
                     if each["name"] == "file"), None) or ROOT + "/"
        host = urlsplit(remote if self.kind.is_owncloud else document["endPoint"]).netloc
        return f"https://{host}{path.rstrip('/')}"

    # What it asks: messages

    def _post(self, url: str, document: dict) -> Response:
        body = json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()
        fields = [("content-type", "application/json"), ("User-Agent", self.kind.agent)]
        if self.kind.age >= 25:
            fields.append(("Accept-Encoding", "gzip"))
        if self.kind.signs:
            fields[1:1] = self._signature(url, body)
        return self.way.request("POST", url, fields, body, timeout=self.patience)

    def _signature(self, url: str, body: bytes) -> list[tuple[str, str]]:
        digest = "SHA-512=" + base64.b64encode(hashlib.sha512(body).digest()).decode()
        date = email.utils.formatdate(usegmt=True)
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
        parts = urlsplit(url)
        signer = httpsig.HeaderSigner(
            self.key_id, pem, algorithm="rsa-sha512", sign_header="signature",
            headers=["(request-target)", "content-length", "date", "digest", "host"])
        signed = signer.sign({"host": parts.netloc, "date": date, "digest": digest,
                              "content-length": str(len(body))}, method="POST", path=parts.path)
        return [("date", date), ("digest", digest), ("Signature", signed["signature"])]

    def _message(self, remote: str, path: str, document: dict) -> Response | None:
        """An OCM message; None when it could not even be sent. ownCloud says a 4xx twice."""
        response = None
        for _ in range(2 if self.kind.is_owncloud else 1):
            try:
                end_point = self._discover(remote)["endPoint"].rstrip("/")
                response = self._post(end_point + path, document)
            except TROUBLE:
                continue
            if response.status in (201, 500):
                break
        return response

    def _fall_back(self, remote: str, path: str, form: dict) -> bool:
        """The older API, unsigned; what has no `ocs` member counts as delivered."""
        base = "/ocs/v2.php/cloud/shares"
        try:
            self._json(remote + "/ocs-provider/")
        except TROUBLE:
            base = "/ocs/v1.php/cloud/shares" if self.kind.is_owncloud else base
        for _ in range(2 if self.kind.is_owncloud else 1):
            try:
                response = self.way.request(
                    "POST", f"{remote}{base}{path}?format=json",
                    [FORM, ("User-Agent", self.kind.agent)], urlencode(form).encode())
            except TROUBLE:
                continue
            if 200 <= response.status < 300:
                try:
                    meta = json.loads(response.body)["ocs"]["meta"]
                except (ValueError, KeyError, TypeError):
                    return True
                if meta["statuscode"] in (100, 200):
                    return True
        return False

    def _with_scheme(self, to: str) -> str:
        user, _, host = to.rpartition("@")
        return f"{user}@https://{host_of(to)}"

    def share(self, user: str, to: str, name: str, tree: Tree, by: str | None = None) -> Sent:
        """Shares a tree with somebody elsewhere; `by` is the remote one that asked for it."""
        with self._lock:
            provider_id = str(self._next)
            self._next += 1
        sent = Sent(provider_id, self.evidence.secret(), to, tree, name)
        self.sent[provider_id] = sent
        self.ever.append(sent)
        self._deliver(sent, user, by)
        return sent

    def _deliver(self, sent: Sent, user: str, by: str | None) -> None:
        remote = f"https://{host_of(sent.to)}"
        owner = self.address(user)
        sharer = f"{by.rpartition('@')[0]}@{host_of(by)}" if by else owner
        display = sharer.partition("@")[0]
        options = {"sharedSecret": sent.secret}
        if self.kind.is_owncloud:
            share = {"shareWith": f"{sent.to.rpartition('@')[0]}@{host_of(sent.to)}",
                     "name": sent.name, "providerId": sent.provider_id, "owner": owner,
                     "ownerDisplayName": user, "sender": sharer, "senderDisplayName": display,
                     "shareType": "user", "resourceType": "file"}
        else:
            number = sent.provider_id if self.kind.signs else int(sent.provider_id)
            options["permissions"] = LITERAL
            share = {"shareWith": self._with_scheme(sent.to), "shareType": "user",
                     "name": sent.name, "resourceType": "file", "description": "",
                     "providerId": number, "owner": owner, "ownerDisplayName": user,
                     "sharedBy": sharer, "sharedByDisplayName": display}
            if self.kind.signs:
                share |= {"sender": sharer, "senderDisplayName": display}
        share["protocol"] = {"name": "webdav", "options": options}
        response = self._message(remote, "/shares", share)
        if response is not None:
            sent.told.append(response)
            if response.status == 201:
                sent.delivered = "ocm"
                return
            if response.status == 500:
                del self.sent[sent.provider_id]
                return
        form = {"shareWith": sent.to.rpartition("@")[0], "token": sent.secret, "name": sent.name,
                "remoteId": sent.provider_id, "owner": user, "ownerFederatedId": owner,
                "sharedBy": display,
                "sharedByFederatedId": display if self.kind.is_owncloud else sharer,
                "remote": self.origin + "/"}
        if not self.kind.is_owncloud:
            form["shareType"] = "6"
        if self._fall_back(remote, "", form):
            sent.delivered = "ocs"
        else:
            self.sent.pop(sent.provider_id, None)

    def _remote_of(self, share: Received) -> str:
        """The stored remote: Nextcloud keeps what `owner` says, with a slash at its end."""
        host = share.owner.rpartition("@")[2]
        if self.kind.signs or self.kind.is_owncloud:
            return f"https://{host_of(share.owner)}"
        if not host.startswith("https://"):
            raise ValueError(f"Unable to parse URI: https:///{host}")
        # The older one asks with two slashes from here on.
        return host.rstrip("/") + ("/" if self.kind.age < 27 else "")

    def _notify(self, remote: str, kind: str, provider_id: str, content: dict, old: str,
                form: dict) -> str | None:
        note = {"notificationType": kind, "resourceType": "file", "providerId": provider_id,
                "notification": content}
        response = self._message(remote, "/notifications", note)
        if response is not None and response.status == 201:
            self.last_answer = json.loads(response.body or b"[]")
            if self.kind.age == 19 and old in ("accept", "decline"):
                # It compares the answer with `=== true`, and says it again on the older API.
                self._fall_back(remote, f"/{provider_id}/{old}", form)
            return "ocm"
        self.last_answer = None
        return "ocs" if self._fall_back(remote, f"/{provider_id}/{old}", form) else None

    def accept(self, share: Received) -> str | None:
        if self.kind.is_owncloud:
            self.open(share).list()
        text = "Recipient accepted the share" if self.kind.is_owncloud \
            else "Recipient accept the share"
        done = self._notify(self._remote_of(share), "SHARE_ACCEPTED", share.provider_id,
                            {"sharedSecret": share.secret, "message": text}, "accept",
                            {"token": share.secret})
        share.state = "accepted"
        return done

    def decline(self, share: Received) -> str | None:
        text = "Recipient declined the share or unshared it from themself" \
            if self.kind.is_owncloud else "Recipient declined the share"
        done = self._notify(self._remote_of(share), "SHARE_DECLINED", share.provider_id,
                            {"sharedSecret": share.secret, "message": text}, "decline",
                            {"token": share.secret})
        share.state = "declined"
        return done

    def unshare(self, sent: Sent) -> str | None:
        sent.state = "revoked"
        text = ("message", "File was unshared") if self.kind.is_owncloud else \
            ("message" if self.kind.signs else "messgage", "file is no longer shared with you")
        return self._notify(f"https://{host_of(sent.to)}", "SHARE_UNSHARED", sent.provider_id,
                            {"sharedSecret": sent.secret, text[0]: text[1]}, "unshare",
                            {"token": sent.secret})

    def ask_reshare(self, share: Received, to: str) -> tuple[str, str] | None:
        """Asks the owner; the new share's secret and id, when the answer held what this kind reads."""
        content = {"sharedSecret": share.secret}
        if self.kind.is_owncloud:
            content |= {"message": "Recipient of a share ask the owner to reshare the file with "
                        "another user", "senderId": 1, "shareWith": to}
        else:
            content |= {"shareWith": to, "senderId": "1" if self.kind.signs else 1,
                        "shareType": 6 if self.kind.signs else None,
                        "message": "Ask owner to reshare the file"}
        self._notify(self._remote_of(share), "REQUEST_RESHARE", share.provider_id, content,
                     "reshare", {"shareWith": to, "token": share.secret, "permission": "1",
                                 "remoteId": "1"})
        got = self.last_answer or {}
        member = "sharedSecret" if self.kind.is_owncloud else "token"
        if not isinstance(got, dict) or member not in got or "providerId" not in got:
            return None
        self.evidence.hide(got[member])
        return got[member], str(got["providerId"])

    def undo_reshare(self, share: Received, secret: str, provider_id: str) -> str | None:
        return self._notify(self._remote_of(share), "RESHARE_UNDO", provider_id,
                            {"sharedSecret": secret, "message": "reshare was revoked"}, "revoke",
                            {"token": secret})

    def open(self, share: Received) -> "Mount":
        return Mount(self, share)


class Mount:
    """The files of a share that this server got, by its WebDAV client."""

    def __init__(self, server: OldServer, share: Received):
        self.server, self.share = server, share
        remote = server._remote_of(share)
        try:
            document = server._discover(remote)
        except TROUBLE:
            document = None
        self.remote = remote
        self.root = server._webdav(document, remote)
        if not share.mounted:
            raise AssertionError("this mount was deleted")

    # Requests

    def _basic(self) -> tuple[str, str]:
        value = base64.b64encode(f"{self.share.secret}:".encode()).decode()
        return ("Authorization", f"Basic {value}")

    def _url(self, path: str) -> str:
        return self.root + "/" + quote(path)

    def _sabre(self, method: str, path: str, headers=(), body: bytes = b"") -> Response:
        kind = self.server.kind
        fields = [("User-Agent", kind.dav_agent), ("Accept", "*/*"), *headers]
        if not any(name == "Content-Type" for name, _ in fields):
            fields.append(FORM)
        if kind.family == "nextcloud" and kind.age < 27:
            # curl waits for a challenge, and then says it again.
            response = self._ask(method, path, fields, body)
            if response.status != 401:
                return self._checked(response)
            if not (response.get("www-authenticate") or "").lower().startswith("basic"):
                return self._checked(response)
        return self._checked(self._ask(method, path, [self._basic(), *fields], body))

    def _guzzle(self, method: str, path: str, headers=(), body: bytes | None = None) -> Response:
        fields = [("User-Agent", self.server.kind.agent), self._basic(), *headers]
        return self._checked(self._ask(method, path, fields, body))

    def _ask(self, method, path, fields, body) -> Response:
        way = self.server.way
        try:
            return way.request(method, self._url(path), fields, body, timeout=30)
        except TROUBLE:
            self.asked = way.asked[-1]
            self._is_it_gone()
            raise DavFailed(self.asked) from None
        finally:
            self.asked = next(asked for asked in reversed(way.asked)
                              if asked.url == self._url(path))

    def _checked(self, response: Response) -> Response:
        if response.status in (403, 404, 405, 409, 423):
            raise DavFailed(self.asked)
        if response.status >= 400:
            self._is_it_gone()
            raise DavFailed(self.asked)
        return response

    def _is_it_gone(self) -> None:
        """What Nextcloud asks after a failure, and what it believes then."""
        if self.server.kind.is_owncloud:
            return
        base = f"https://{urlsplit(self.remote).netloc}"
        try:
            status = self.server._get(base + "/status.php")
            version = json.loads(status.body).get("version") if status.status == 200 else None
        except (ValueError, *TROUBLE):
            version = None
        if not version:
            return
        target = "/index.php/apps/files_sharing/shareinfo?t=" + quote(self.share.secret)
        body = b"password=&depth=0" if self.server.kind.signs else b"password="
        try:
            told = self.server.way.request("POST", base + target,
                                           [FORM, ("User-Agent", self.server.kind.agent)], body)
        except TROUBLE:
            return
        if told.status in (401, 403, 404):
            self.share.mounted = False

    # Operations, with what the clients look at before they do them

    def properties(self, path: str = "", depth: str = "0") -> dict[str, bool]:
        """By the name below `path`: whether it is a folder."""
        body = EMPTY_PROPERTIES if self.server.kind.is_owncloud and depth == "1" \
            else ASKED_PROPERTIES
        response = self._sabre("PROPFIND", path, [("Depth", depth),
                                                  ("Content-Type", "application/xml")], body)
        if response.status != 207:
            raise AssertionError(f"PROPFIND got {response.start}")
        base = unquote(urlsplit(self.root).path)
        found = {}
        for each in ElementTree.fromstring(response.body).iter("{DAV:}response"):
            href = unquote(urlsplit(each.findtext("{DAV:}href")).path)
            # sabre cuts off the base that it asked for, and gives up when it is not there.
            if href.rstrip("/") != base and not href.startswith(base + "/"):
                raise AssertionError(f"Requested uri ({href}) is out of base uri ({base}/)")
            folder = each.find(".//{DAV:}resourcetype/{DAV:}collection") is not None
            found[href[len(base):].strip("/")] = folder
        return found

    def list(self, path: str = "") -> dict[str, bool]:
        seen = self.properties(path)
        if not seen.get(path, False):
            return seen
        return {name: folder for name, folder in self.properties(path, "1").items() if name != path}

    def exists(self, path: str) -> bool:
        try:
            self.properties(path)
            return True
        except DavFailed as failure:
            if failure.status == 404:
                return False
            raise

    def read(self, path: str = "") -> bytes:
        self.properties(path)
        return self._guzzle("GET", path).body

    def write(self, path: str, data: bytes) -> int:
        self.exists(path)
        headers = [("Content-Type", "text/plain")] if path else []
        return self._guzzle("PUT", path, headers, data).status

    def make(self, path: str) -> int:
        self.exists(path)
        return self._sabre("MKCOL", path).status

    def move(self, path: str, to: str) -> int:
        self.exists(to)
        return self._sabre("MOVE", path, [("Destination", self._url(to))]).status

    def delete(self, path: str) -> int:
        self.exists(path)
        return self._sabre("DELETE", path).status

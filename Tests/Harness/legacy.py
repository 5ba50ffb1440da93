"""Backends that answer as old servers were recorded: Nextcloud 27, ownCloud 10, OpenCloud 0.1."""

import base64
import json
from urllib.parse import urlsplit

from backend import answer
from wire import Request

MULTISTATUS = (
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:"><d:response><d:href>{href}</d:href>'
    "<d:propstat><d:prop><d:resourcetype>{kind}</d:resourcetype></d:prop>"
    "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)


class LegacyServer:
    """The behaviour of one old server: a value per kind, and `script` for a ScriptedBackend.

    `users` exist; `secrets` open the WebDAV root, which holds `files`.
    """

    def __init__(self, kind: str, origin: str, users=("bob", "alice", "admin"),
                 document: dict | None = None, version: str = "27.1.3.2"):
        self.kind = kind
        self.document = document
        self.version = version
        self.origin = origin
        self.users = set(users)
        self.secrets: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.shares: list[dict] = []
        self.notifications: list[dict] = []

    @property
    def prefix(self) -> str:
        return "/dav/ocm" if self.kind == "opencloud" else "/public.php/webdav"

    @property
    def end_point(self) -> str:
        return "/apps/federatedfilesharing" if self.kind == "owncloud10" else "/ocm"

    def discovery(self) -> dict:
        if self.document is not None:
            return self.document
        if self.kind == "owncloud10":
            return {
                "enabled": True, "apiVersion": "1.0-proposal1",
                "endPoint": self.origin + self.end_point,
                "shareTypes": [
                    {"name": "file", "protocols": {"webdav": "/public.php/webdav/"}}
                ],
            }
        if self.kind == "opencloud":
            return {
                "enabled": True, "apiVersion": "1.1.0", "endPoint": self.origin + "/ocm",
                "provider": "OpenCloud",
                "resourceTypes": [
                    {"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/ocm"}}
                ],
                "capabilities": ["/invite-accepted"],
            }
        return {
            "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": self.origin + "/ocm",
            "resourceTypes": [
                {"name": "file", "shareTypes": ["user", "group"],
                 "protocols": {"webdav": "/public.php/webdav/"}}
            ],
        }

    def script(self, request: Request) -> bytes:
        path = urlsplit(request.target).path
        if path in ("/ocm-provider/", "/ocm-provider") and self.kind != "opencloud":
            return answer(200, self.discovery())
        if path == "/.well-known/ocm" and self.kind == "opencloud":
            return answer(200, self.discovery())
        if request.method == "POST":
            if path == self.end_point + "/shares":
                return self._share(request)
            if path == self.end_point + "/notifications":
                return self._notification(request)
            if path.startswith("/ocs/v2.php/cloud/shares") or path.startswith(
                "/ocs/v1.php/cloud/shares"
            ):
                return answer(200, {"ocs": {"meta": {"status": "ok", "statuscode": 200,
                                                     "message": "OK"}, "data": []}})
            if path == "/ocm/invite-accepted" and self.kind == "opencloud":
                return answer(200, {"userID": "alan", "email": "alan@example.org",
                                    "name": "Alan Turing"})
        if path == self.prefix or path.startswith(self.prefix + "/"):
            return self._dav(request, path)
        if path == "/status.php":
            return answer(200, {"installed": True, "maintenance": False, "version": self.version,
                                "versionstring": self.version.rpartition(".")[0], "productname": "Nextcloud"})
        return answer(404, b"not here\n")

    def _share(self, request: Request) -> bytes:
        share = json.loads(request.body)
        protocol = share.get("protocol", {})
        if self.kind == "opencloud":
            # Only its own form, every field a string, and the answer is 200.
            if not isinstance(share.get("providerId"), str) or "webdav" not in protocol:
                return answer(400, {"code": "INVALID_PARAMETER", "message": "bad request"})
            self.shares.append(share)
            return answer(200, {})
        needed = ["shareWith", "name", "providerId", "owner", "shareType", "resourceType"]
        if any(share.get(name) is None for name in needed) or "sharedSecret" not in (
            protocol.get("options") or {}
        ):
            return answer(400, {"message": "Missing arguments"})
        if share["shareType"] != "user":
            return answer(501, {"message": f'ShareType {share["shareType"]} is not supported'})
        if self.kind == "nextcloud" and not self._says_enough(share):
            return answer(400, {"message": "server can not add remote share, missing parameter"})
        user = share["shareWith"].rpartition("@")[0]
        if user not in self.users:
            return answer(400, {"message": f'User "{user}" does not exists at {self.origin}'})
        self.shares.append(share)
        if self.kind == "owncloud10":
            return answer(201, [])
        return answer(201, {"recipientDisplayName": user})

    @staticmethod
    def _says_enough(share: dict) -> bool:
        """As PHP reads it: "" and "0" are nothing, and only a display name that is not there is
        filled in."""
        display = share.get("ownerDisplayName")
        owner = share["owner"] if display is None else display
        values = (share["protocol"]["options"]["sharedSecret"], share["name"], owner,
                  share["providerId"], share["shareWith"])
        return all(str(value) not in ("", "0") for value in values)

    def _notification(self, request: Request) -> bytes:
        note = json.loads(request.body)
        if self.kind != "opencloud" and not (note.get("notification") or {}).get("sharedSecret"):
            return answer(400, {"message": "Missing arguments"})
        self.notifications.append(note)
        return answer(201, [])

    def credential(self, request: Request) -> str | None:
        """The secret that a WebDAV request carries, read as this kind of server reads it."""
        value = request.get("authorization") or ""
        scheme, _, rest = value.partition(" ")
        if self.kind == "opencloud":
            return rest if scheme.lower() == "bearer" else None
        if scheme.lower() != "basic":
            return None
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[0]
        except ValueError:
            return None

    def _dav(self, request: Request, path: str) -> bytes:
        if self.credential(request) not in self.secrets:
            return answer(401, b"", ("WWW-Authenticate", 'Basic realm="Nextcloud"'))
        name = path[len(self.prefix):].strip("/")
        if request.method == "PROPFIND":
            if name and name not in self.files:
                return answer(404)
            kind = "" if name else "<d:collection/>"
            body = MULTISTATUS.format(href=path, kind=kind).encode()
            return answer(207, body, ("Content-Type", "application/xml; charset=utf-8"))
        if request.method in ("GET", "HEAD"):
            if name not in self.files:
                return answer(404)
            body = self.files[name]
            whole = answer(200, body, ("ETag", '"1"'))
            return whole[: len(whole) - len(body)] if request.method == "HEAD" else whole
        if request.method == "PUT":
            existed = name in self.files
            self.files[name] = request.body
            return answer(204 if existed else 201)
        if request.method == "DELETE":
            return answer(204 if self.files.pop(name, None) is not None else 404)
        if request.method in ("MKCOL", "MOVE", "COPY", "PROPPATCH"):
            return answer(201)
        return answer(405)

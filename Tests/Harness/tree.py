"""What a share shows over WebDAV, and the answers of a server that serves it."""

import hashlib
import threading
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from backend import answer
from wire import Request

XML = ("Content-Type", "application/xml; charset=utf-8")


class Tree:
    """A shared folder (a dict of paths; None is a folder) or one shared file (bytes)."""

    def __init__(self, content: dict[str, bytes | None] | bytes):
        self.nodes: dict[str, bytes | None] = {"": content} if isinstance(content, bytes) \
            else {"": None} | dict(content)
        self.lock = threading.Lock()

    def __getitem__(self, path: str) -> bytes | None:
        return self.nodes[path]

    def __contains__(self, path: str) -> bool:
        return path in self.nodes

    def children(self, path: str) -> list[str]:
        start = path + "/" if path else ""
        return sorted(name for name in self.nodes
                      if name and name.startswith(start) and "/" not in name[len(start):])

    def below(self, path: str) -> list[str]:
        return [name for name in self.nodes if name == path or name.startswith(path + "/")]


class TreeServer:
    """WebDAV on one tree below `base` (a path without a slash at its end). `prefix` names the DAV
    namespace in answers, `origin` makes hrefs absolute."""

    def __init__(self, tree: Tree, host: str, base: str, prefix: str = "d",
                 origin: str | None = None):
        self.tree, self.host, self.base = tree, host, base
        self.prefix, self.origin = prefix, origin or ""

    def serve(self, request: Request) -> bytes:
        path = self._inside(request.target.partition("?")[0])
        if path is None:
            return answer(404)
        with self.tree.lock:
            act = getattr(self, "_" + request.method.lower(), None)
            return act(request, path) if act else answer(405)

    def _inside(self, path: str) -> str | None:
        if path.rstrip("/") != self.base and not path.startswith(self.base + "/"):
            return None
        return unquote(path[len(self.base):]).strip("/")

    def _destination(self, request: Request) -> str | None:
        """Where MOVE and COPY go, when that is on this very host and in this very share."""
        parts = urlsplit(request.get("destination") or "")
        if parts.scheme != "https" or parts.netloc != self.host:
            return None
        return self._inside(parts.path)

    def _href(self, path: str) -> str:
        folder = self.tree[path] is None
        text = self.base + "/" + quote(path)
        if folder:
            text = text.rstrip("/") + "/"
        elif not path:
            text = self.base + "/"
        return self.origin + text

    def _response(self, path: str) -> str:
        d, content = self.prefix, self.tree[path]
        kind = f"<{d}:collection/>" if content is None else ""
        length = "" if content is None else \
            f"<{d}:getcontentlength>{len(content)}</{d}:getcontentlength>"
        tag = hashlib.md5(content or path.encode()).hexdigest()
        return (f"<{d}:response><{d}:href>{escape(self._href(path))}</{d}:href><{d}:propstat>"
                f"<{d}:prop><{d}:getlastmodified>Mon, 23 Nov 2026 20:40:44 GMT"
                f"</{d}:getlastmodified>{length}<oc:permissions>RGDNVCK</oc:permissions>"
                f"<{d}:resourcetype>{kind}</{d}:resourcetype>"
                f"<{d}:getetag>&quot;{tag}&quot;</{d}:getetag></{d}:prop>"
                f"<{d}:status>HTTP/1.1 200 OK</{d}:status></{d}:propstat></{d}:response>")

    def _propfind(self, request, path):
        if path not in self.tree:
            return answer(404)
        shown = [path]
        if request.get("depth", "1") != "0" and self.tree[path] is None:
            shown += self.tree.children(path)
        body = (f'<?xml version="1.0"?>\n<{self.prefix}:multistatus xmlns:{self.prefix}="DAV:" '
                'xmlns:oc="http://owncloud.org/ns">'
                + "".join(self._response(each) for each in shown)
                + f"</{self.prefix}:multistatus>\n")
        return answer(207, body.encode(), XML)

    def _options(self, request, path):
        return answer(200, b"", ("DAV", "1, 3"))

    def _get(self, request, path):
        content = self.tree.nodes.get(path)
        if content is None:
            return answer(404)
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        span = request.get("range")
        if span and span.startswith("bytes=") and "," not in span:
            first, _, last = span[6:].partition("-")
            if first.isdigit() and int(first) < len(content):
                end = min(int(last), len(content) - 1) if last else len(content) - 1
                part = content[int(first):end + 1]
                return answer(206, part, ("ETag", tag),
                              ("Content-Range", f"bytes {first}-{end}/{len(content)}"))
        return answer(200, content, ("ETag", tag), ("OC-ETag", tag),
                      ("Content-Type", "application/octet-stream"))

    def _head(self, request, path):
        whole = self._get(request, path)
        return whole[:whole.index(b"\r\n\r\n") + 4]

    def _put(self, request, path):
        parent = path.rpartition("/")[0]
        if self.tree.nodes.get(path, b"") is None or self.tree.nodes.get(parent, b"") is not None \
                and path:
            return answer(409)
        existed = path in self.tree
        self.tree.nodes[path] = request.body
        return answer(204 if existed else 201, b"",
                      ("OC-ETag", f'"{hashlib.md5(request.body).hexdigest()}"'))

    def _mkcol(self, request, path):
        if path in self.tree:
            return answer(405)
        self.tree.nodes[path] = None
        return answer(201)

    def _move(self, request, path):
        to = self._destination(request)
        if to is None:
            return answer(502, b"the destination is another server's\n")
        if path not in self.tree or not path:
            return answer(404)
        for name in self.tree.below(path):
            content = self.tree.nodes[name]
            if request.method == "MOVE":
                del self.tree.nodes[name]
            self.tree.nodes[to + name[len(path):]] = content
        return answer(201)

    _copy = _move

    def _delete(self, request, path):
        if path not in self.tree or not path:
            return answer(404)
        for name in self.tree.below(path):
            del self.tree.nodes[name]
        return answer(204)

    def _proppatch(self, request, path):
        d = self.prefix
        body = (f'<?xml version="1.0"?><{d}:multistatus xmlns:{d}="DAV:"><{d}:response>'
                f"<{d}:href>{escape(self._href(path))}</{d}:href></{d}:response></{d}:multistatus>")
        return answer(207, body.encode(), XML)

"""Messages of the federation after the descriptions of the corpus, sound ones and spoiled ones.

Nothing here mends anything: components, parameters and fields are written as the description has
them, so that signatures come out which no library would make.
"""

import base64
import hashlib
import json
import re
import secrets
import time
from email.utils import formatdate

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

from peers import Peer, as_json, digest_field, legacy_share, share
from wire import raw

PATHS = {"share": "/ocm/shares", "old-share": "/ocm/shares", "notification": "/ocm/notifications",
         "invite": "/ocm/invite-accepted", "request-share": "/ocm/request-share",
         "token": "/ocm/token", "ocs": "/ocs/v2.php/cloud/shares"}
COMPONENTS = ['"@method"', '"@target-uri"', '"content-digest"', '"content-length"', '"date"']
PARAMETERS = ';created={now};keyid="{keyid}";nonce="{nonce}";tag="ocm"'
HEADERS = ["(request-target)", "content-length", "date", "digest", "host"]
CAVAGE = 'keyId="{keyid}",algorithm="rsa-sha512",headers="{headers}",signature="{signature}"'


def fill(template: str, now: int, **values: str) -> str:
    """Puts values into `{name}`, and times into `{now}` and `{now-301}`."""
    template = re.sub(r"\{now([+-]\d+)?\}", lambda found: str(now + int(found[1] or 0)), template)
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


class Forge:
    """Makes the request of a case: its fields and its body."""

    def __init__(self, case: dict, peers: dict[str, Peer], site: str):
        self.case = case
        self.peer = peers[case.get("by", "modern.test")]
        self.site = site
        self.now = int(time.time())
        self.kind = case.get("kind", "share")
        self.method = case.get("method", "POST")
        self.target = case.get("target", PATHS[self.kind])
        # Where it really goes, and for whom it is signed, when that is not the same.
        self.sent_to = case.get("send_to", self.target)
        self.signed_for = case.get("signed_for", site)

    def request(self) -> tuple[list[tuple[str, str]], bytes]:
        body = self.body()
        kind = "application/x-www-form-urlencoded" if self.kind in ("token", "ocs") \
            else "application/json"
        fields = [("Host", self.site), ("Content-Type", kind), ("Content-Length", str(len(body))),
                  ("Date", formatdate(self.now + self.case.get("date", 0), usegmt=True)),
                  ("Content-Digest", digest_field(body)),
                  ("Digest", "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode())]
        fields = self.change(fields, "fields_before")
        if self.peer.key is not None and self.case.get("signed", True):
            fields += self.cavage(fields) if "cavage" in self.case \
                or self.peer.generation == "cavage" else self.rfc9421(fields)
        fields = self.change(fields, "fields")
        for old, new in self.case.get("altered", []):
            assert raw(old) in body, "nothing to alter"
            body = body.replace(raw(old), raw(new))
        return fields, body

    def body(self) -> bytes:
        if "body" in self.case:
            return raw(self.case["body"])
        sender = self.case.get("speaks_for", self.peer.host)
        if self.kind == "share":
            document = share(sender)
        elif self.kind == "old-share":
            document = legacy_share(sender)
        elif self.kind == "notification":
            document = {"notificationType": "SHARE_UNSHARED", "resourceType": "file",
                        "providerId": secrets.token_hex(8),
                        "notification": {"sharedSecret": secrets.token_urlsafe(24)}}
        elif self.kind == "invite":
            document = {"recipientProvider": sender, "token": secrets.token_urlsafe(24),
                        "userID": "eve", "email": "eve@example.org", "name": "Eve"}
        elif self.kind == "request-share":
            document = {"owner": f"bob@{self.site}", "shareWith": f"eve@{sender}",
                        "share": secrets.token_hex(8)}
        elif self.kind == "token":
            return self.spoil((f"grant_type=authorization_code&client_id={sender}"
                               f"&code={secrets.token_urlsafe(24)}").encode())
        else:
            return self.spoil((
                f"shareWith=bob&token={secrets.token_hex(8)}&name=a.txt&remoteId=1&owner=alice"
                f"&ownerFederatedId=alice%40{sender}&sharedBy=alice"
                f"&sharedByFederatedId=alice%40{sender}&remote=https%3A%2F%2F{sender}%2F"
                "&shareType=6").encode())
        for name, value in self.case.get("message", {}).items():
            if value is None:
                document.pop(name, None)
            else:
                document[name] = value
        return self.spoil(as_json(document))

    def spoil(self, body: bytes) -> bytes:
        for old, new in self.case.get("spoiled", []):
            assert raw(old) in body, (old, body)
            body = body.replace(raw(old), raw(new))
        return body

    def change(self, fields, step: str):
        change = self.case.get(step, {})
        replace = {name.lower(): pair for name, pair in change.get("replace", {}).items()}
        drop = [name.lower() for name in change.get("drop", [])]
        changed = []
        for name, value in fields:
            if name.lower() in drop:
                continue
            if name.lower() in replace:
                old, new = replace.pop(name.lower())
                assert old in value, (old, value)
                value = value.replace(old, new)
            changed.append((name, value))
        assert not replace, replace
        values = {name.lower(): value for name, value in changed}
        changed += [(name, values[name.lower()]) for name in change.get("twice", [])]
        return changed + [(name, fill(value, self.now, nonce=secrets.token_hex(8)))
                          for name, value in change.get("add", [])]

    # Signatures

    def keyid(self) -> str:
        return self.case.get("keyid", self.peer.key_id)

    def value(self, component: str, fields) -> str:
        name = component.split('"')[1]
        path, _, query = self.target.partition("?")
        derived = {
            "@method": self.method, "@target-uri": f"https://{self.signed_for}{self.target}",
            "@authority": self.signed_for, "@scheme": "https", "@request-target": self.target,
            "@path": path, "@query": "?" + query,
        }
        if name in derived:
            return derived[name]
        return ", ".join(value for key, value in fields if key.lower() == name)

    def rfc9421(self, fields):
        components = self.case.get("components", COMPONENTS)
        parameters = fill(self.case.get("parameters", PARAMETERS), self.now, keyid=self.keyid(),
                          nonce=secrets.token_hex(8))
        base = [f"{each}: {self.value(each, fields)}" for each in components]
        inner = f"({' '.join(components)}){parameters}"
        base.append(f'"@signature-params": {inner}')
        signature = base64.b64encode(self.sign("\n".join(base).encode())).decode()
        label = self.case.get("label", "ocm")
        return [("Signature-Input", f"{label}={inner}"), ("Signature", f"{label}=:{signature}:")]

    def cavage(self, fields):
        given = self.case.get("cavage", {})
        headers = given.get("headers", HEADERS)
        special = {"(request-target)": f"{self.method.lower()} {self.target}",
                   "(created)": str(self.now), "(expires)": str(self.now + 60)}
        lines = [f"{name}: {special.get(name) or self.value(chr(34) + name + chr(34), fields)}"
                 for name in headers]
        signature = base64.b64encode(self.sign("\n".join(lines).encode())).decode()
        text = fill(given.get("template", CAVAGE), self.now, keyid=self.keyid(),
                    headers=" ".join(headers), signature=signature)
        if given.get("in") == "authorization":
            return [("Authorization", "Signature " + text)]
        return [("Signature", text)]

    def sign(self, base: bytes) -> bytes:
        if isinstance(self.peer.key, ed25519.Ed25519PrivateKey):
            return self.peer.key.sign(base)
        return self.peer.key.sign(base, padding.PKCS1v15(), hashes.SHA512())


def hostile(peer: Peer, published: dict) -> Peer:
    """A peer that publishes what the corpus says, in place of its own."""

    def script(request):
        from backend import answer

        path = request.target.partition("?")[0]
        if path == "/.well-known/ocm":
            return answer(200, peer.discovery() | published.get("discovery", {}))
        if path == "/ocm/jwks":
            status, body = published.get("jwks", [200, None])
            if body is None:
                body = json.dumps(peer.jwks() | {})
            return answer(status, raw(body) if not isinstance(body, dict) else body)
        return answer(404)

    peer.script = script
    return peer

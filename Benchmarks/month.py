"""A month of synthetic federation as a journal: the same for the same seed, its chain and its signatures valid.

    month.py FOLDER [--decisions 1000000] [--days 30] [--seed 1]

FOLDER gets journal/ (a file a day), policy.toml with its lists, journal.pub, and expected.json: what
`policy replay` has to find under policy.toml and under its changes. People are sealed with keys that
nobody has, as after `journal erase`. The forms are those of Sources/Gateway/Journal."""

import argparse
import base64
import datetime
import hashlib
import json
import random
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent
SITE = "uni.example"
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
CONTEXT = b"ocmgate journal checkpoint 1\n"
PARTNERS, LEGACY, STRANGERS, PEOPLE = 300, 20, 500, 4000
CHECKPOINT = 300_000  # milliseconds
KINDS = [("notification.in", 30), ("token.in", 30), ("share.in", 15), ("share.out", 12),
         ("notification.out", 10), ("invite.in", 3)]
WORDS = {"notification.in": "notifications", "notification.out": "notifications", "token.in": "token",
         "share.in": "shares", "share.out": "shares", "invite.in": "invite-accepted"}


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Journal:
    """Writes lines, each linked to the one before."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey):
        self.folder, self.key = folder, key
        self.public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.name = hashlib.sha256(self.public).hexdigest()[:16]
        self.seq, self.hash, self.day, self.file = 0, bytes(32), None, None
        self.signed = None

    def line(self, kind: str, at: int, members: str, sign: bool = False) -> None:
        self.seq += 1
        text = f'{{"seq":{self.seq},"type":"{kind}","at":"{stamp(at)}"{members}'.encode()
        if sign:
            signature = self.key.sign(CONTEXT + self.hash + text)
            text += f',"signature":"{b64url(signature)}"'.encode()
        self.hash = hashlib.sha256(self.hash + text).digest()
        self.file.write(text + f',"hash":"{self.hash.hex()}"}}\n'.encode())

    def checkpoint(self, at: int) -> None:
        if self.signed != self.seq:
            self.line("checkpoint", at, f',"key":"{self.name}"', sign=True)
            self.signed = self.seq

    def at(self, at: int) -> None:
        """Makes the file of the day the one that is written."""
        day = stamp(at)[:10]
        if day == self.day:
            return
        before = f',"before":"{self.day}"' if self.day else ""
        if self.file:
            self.checkpoint(at)
            self.file.close()
        self.day = day
        self.file = (self.folder / f"{day}.jsonl").open("wb", buffering=1 << 20)
        self.line("begin", at, f',"prev":"{self.hash.hex()}"{before},"site":"{SITE}","key":"{self.name}"')


_seconds: dict[int, str] = {}


def stamp(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    text = _seconds.get(second)
    if text is None:
        _seconds.clear()
        text = datetime.datetime.fromtimestamp(second, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _seconds[second] = text
    return f"{text}.{rest:03d}Z"


def base32(number: int, digits: int) -> str:
    return "".join(BASE32[number >> 5 * place & 31] for place in reversed(range(digits)))


class Month:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.partners = [f"cloud{n}.partner.example" for n in range(PARTNERS)]
        self.legacy = [f"old{n}.legacy.example" for n in range(LEGACY)]
        self.strangers = [f"node{n}.stranger.example" for n in range(STRANGERS)]
        # A few peers make most of the traffic.
        self.weights = [1 / (n + 1) for n in range(PARTNERS)]
        # Few servers cannot exchange tokens yet.
        self.tokenless = set(self.partners[5::40])
        self.people = [self.person() for _ in range(PEOPLE)]
        self.expected = {"judged": 0, "guarded": 0, "tokens_enforced": 0, "strangers": {}, "reported": 0}

    def person(self) -> tuple[str, str]:
        return self.random.randbytes(12).hex(), b64url(self.random.randbytes(44))

    def sealed(self, host: str | None) -> str:
        name, cipher = self.random.choice(self.people)
        shown = f',"h":"{host}"' if host else ""
        return f'{{"s":"{name}"{shown},"c":"{cipher}"}}'

    def decision(self, at: int) -> str:
        rng = self.random
        occasion = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
        out = occasion.endswith(".out")
        die = rng.random()
        if out or die < 0.88:
            peer, standing = rng.choices(self.partners, self.weights)[0], "list:partners"
        elif die < 0.94:
            peer, standing = rng.choice(self.legacy), "list:legacy"
        elif die < 0.995:
            peer, standing = rng.choice(self.strangers), "unknown"
        else:
            peer, standing = "blocked.example", "list:blocked"
        legacy = standing == "list:legacy"
        share = occasion.startswith("share")
        generation = "none" if legacy else rng.choice(["rfc9421-tag", "rfc9421-tag", "cavage"])
        unsigned = not out and standing == "list:partners" and rng.random() < 0.01
        if unsigned:
            generation = "none"
        tokens = not legacy and peer not in self.tokenless
        kind = "group" if share and not out and rng.random() < 0.02 else "user"
        writes = rng.random() < 0.3
        exams = out and share and rng.random() < 0.02
        guarded = not out and standing == "list:partners" and not unsigned and rng.random() < 0.01

        action, by, code, status = "allow", "rule:everything else of those we admit", None, 201
        would: list[str] = []
        if guarded:
            action, by, code, status = "deny", "guard:signature_invalid", "signature_invalid", 401
        elif standing == "unknown":
            action, by, code, status = "deny", "unknown", "peer_unknown", 403
        elif standing == "list:blocked":
            action, by, code, status = "deny", "list:blocked", "peer_blocked", 403
        elif unsigned and not out:
            action, by, code, status = "deny", "require:signed", "signature_required", 401
        elif share and not out and kind == "group":
            action, by, code, status = ("deny", "rule:no group shares from outside",
                                        "share_type_not_supported", 501)
        elif share and not out and legacy and writes:
            action, by, code, status = ("deny", "rule:read-only from legacy peers",
                                        "permission_not_allowed", 403)
        elif exams:
            action, by, code, status = "deny", "rule:exams stay here", "outbound_not_allowed", 403
        judged = standing not in ("unknown", "list:blocked")
        if not judged:
            # The lists refuse before anybody looks for a signature.
            generation = "none"
        if judged and not guarded and occasion == "share.in" and not legacy and not tokens:
            would.append("require:short-lived tokens")
            self.expected["reported"] += 1
            if action == "allow":
                self.expected["tokens_enforced"] += 1
        if standing == "unknown":
            counts = self.expected["strangers"]
            counts[peer] = counts.get(peer, 0) + 1
        self.expected["guarded" if guarded else "judged"] += 1

        verified = judged and not guarded and generation != "none"
        fact = "none" if not verified else "cavage" if generation == "cavage" else "rfc9421"
        result = ("made" if out else "verified") if verified else "unchecked" if not judged else \
            "absent" if generation == "none" else "wrong"
        name = base32(at // 1000, 7) + base32(rng.getrandbits(45), 9)
        parts = [
            f',"decision":"{name}","kind":"{WORDS[occasion]}","direction":"{"out" if out else "in"}"',
            f',"action":"{action}","by":"{by}"']
        if code:
            parts.append(f',"code":"{code}"')
        parts.append(f',"status":{status}')
        if verified or out:
            parts.append(f',"peer":"{peer}"')
        parts.append(f',"claimed":"{peer}","standing":"{standing}","client":{self.sealed(None)}')
        key = f"https://{peer}/ocm#signature" if generation == "cavage" else f"{peer}#key1"
        signature = f',"signature":{{"generation":"{generation}","result":"{result}"'
        if generation != "none":
            algorithm = "rsa-v1_5-sha512" if generation == "cavage" else "ed25519"
            signature += (f',"key_id":"{key}","algorithm":"{algorithm}"'
                          ',"covered":["@method","@target-uri","content-digest","content-length","date"]'
                          f',"created":{at // 1000 - 1},"offset":1')
        parts.append(signature + "}")
        provider = f'"provider_id":"{rng.getrandbits(32)}"'
        if share:
            permissions = '["read","write"]' if writes else '["read"]'
            parts.append(f',"ocm":{{"share_type":"{kind}","resource_type":"file","protocols":["webdav"],'
                         f'"permissions":{permissions},{provider}}}')
        elif occasion.startswith("notification"):
            parts.append(f',"ocm":{{"resource_type":"file",{provider},"notification_type":"SHARE_ACCEPTED"}}')
        if share or occasion == "token.in":
            parts.append(f',"secrets":["{rng.randbytes(8).hex()}"]')
        parts.append(',"policy":"0000000000000000"')
        if would:
            parts.append(f',"would":{json.dumps(would, separators=(",", ":"))}')
        if action == "allow" and share:
            parts.append(',"altered":["secret","requirements"]')
        if action == "allow":
            parts.append(',"backend_status":201')
        parts.append(f',"timings":{{"verify":{rng.randrange(80, 400)},"policy":{rng.randrange(2, 9)},'
                     f'"total":{rng.randrange(2000, 30000)}}}')
        if judged and not guarded:
            parts.append(self.checks(occasion, peer, standing, action, by, would))
        parts.append(f',"facts":{{"on":"{occasion}","peer":"{peer}","now":{at // 1000},"signature":"{fact}",'
                     f'"advertises_keys":{"true" if verified and not out else "false"},'
                     f'"token_exchange":{"true" if tokens else "false"},"invite":false,"mfa":false')
        if share:
            own, theirs = self.sealed("exams." + SITE if exams else SITE), self.sealed(peer)
            owner, recipient = (own, theirs) if out else (theirs, own)
            parts.append(f',"share_type":"{kind}","resource_type":"file","protocol":["webdav"],'
                         f'"permissions":{permissions},"access_types":["remote"],"size":{rng.randrange(1 << 30)},'
                         f'"owner":{owner},"sender":{owner},"recipient":{recipient}')
        else:
            parts.append(',"permissions":["unspecified"]')
        if occasion.startswith("notification"):
            parts.append(',"notification_type":"SHARE_ACCEPTED"')
        parts.append("}")
        return "".join(parts)

    @staticmethod
    def checks(occasion, peer, standing, action, by, would) -> str:
        rows = [("standing", "passed", f"{peer} in @{standing[5:]}"),
                ("built-in:advertised-keys", "passed", None)]
        blocks = ["require:signed", "require:short-lived tokens", "rule:no group shares from outside",
                  "rule:read-only from legacy peers", "rule:exams stay here",
                  "rule:everything else of those we admit"]
        over = False
        for block in blocks:
            if block == by:
                rows.append((block, "allowed" if action == "allow" else "refused", None))
                over = block.startswith("rule")
            elif block in would:
                rows.append((block, "reported", "needs token-exchange"))
            elif over:
                rows.append((block, "not-reached", None))
            elif block == "require:signed":
                rows.append((block, "passed", None))
            else:
                rows.append((block, "not-applicable", "about other messages"))
        rows.append(("default", "not-reached", None))
        return ',"checks":[' + ",".join(
            f'{{"name":"{name}","result":"{result}"' + (f',"reason":"{reason}"' if reason else "") + "}"
            for name, result, reason in rows) + "]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    month = Month(options.seed)
    folder = options.folder / "journal"
    folder.mkdir(parents=True, mode=0o700)
    (options.folder / "policy.toml").write_text((HERE / "month-policy.toml").read_text())
    (options.folder / "month-partners.txt").write_text("\n".join(month.partners) + "\n")
    (options.folder / "month-legacy.txt").write_text("\n".join(month.legacy) + "\n")
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"month {options.seed}".encode()).digest())
    (options.folder / "journal.pub").write_bytes(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    journal = Journal(folder, key)
    start = int(datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    step = options.days * 86_400_000 / options.decisions
    next_checkpoint = start + CHECKPOINT
    for number in range(options.decisions):
        at = start + int(number * step)
        journal.at(at)
        if at >= next_checkpoint:
            journal.checkpoint(at)
            next_checkpoint = at + CHECKPOINT
        journal.line("decision", at, month.decision(at))
    journal.checkpoint(at)
    journal.file.close()
    (options.folder / "expected.json").write_text(json.dumps(month.expected | {
        "strangers": sum(month.expected["strangers"].values()),
        "stranger": month.expected["strangers"].get("node0.stranger.example", 0),
        "lines": journal.seq, "head": f"{journal.seq}:{journal.hash.hex()}:{journal.day}"}, indent=1) + "\n")


if __name__ == "__main__":
    main()

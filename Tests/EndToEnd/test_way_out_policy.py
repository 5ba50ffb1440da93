"""Policy on the way out, and invitations in both directions."""

import json
import secrets
import time

import pytest

from backend import answer
from federation import CAVAGE, FOURTH, HOME, LEGACY, STRICT, THIRD, Federation
from lives import shared
from tree import Tree
from ways import Refused

NO_SHARES_OUT = """
[[rule]]
name   = "nothing-leaves"
on     = ["share.out"]
when   = { recipient = ["*@third.test"] }
action = "deny"
code   = "no_shares_out"
"""
INVITED = """
[[require]]
name   = "invited"
on     = ["share.in"]
except = ["@legacy"]
need   = ["invite"]
code   = "invite_required"
"""


def build(tmp_path_factory, authority, evidence, policy, kind="nc27", first=False, **options):
    made = Federation(tmp_path_factory.mktemp("policy"), authority, evidence, kind, policy=policy,
                      **options)
    if first:
        # Rules are judged from the top: ours has to stand before the one that allows.
        for gateway in (made.home, made.far):
            file = gateway.folder / "policy.toml"
            text = file.read_text().replace(policy, "")
            file.write_text(text.replace("[[rule]]\nname   = \"admitted\"",
                                         policy + "\n[[rule]]\nname   = \"admitted\""))
    return made


@pytest.fixture(scope="module")
def ruled(tmp_path_factory, authority, evidence):
    made = build(tmp_path_factory, authority, evidence, NO_SHARES_OUT, first=True)
    try:
        yield made.start()
    finally:
        made.stop()


def outgoing(gateway, at_least: int = 0) -> list[dict]:
    """The lines of decisions about messages that leave, once there are so many."""
    deadline = time.monotonic() + 20
    while True:
        lines = [each for each in gateway.decisions() if each.get("direction") == "out"]
        if len(lines) >= at_least:
            return lines
        assert time.monotonic() < deadline, gateway.log()


def test_a_share_that_policy_refuses_does_not_leave(ruled):
    """Neither as a message nor, a moment later, over the older API."""
    mark = ruled.mark()
    sent = ruled.backend.share("alice", "bob@third.test", "secret plans", Tree(b"x"))
    assert sent.delivered is None, ruled.backend.way.story()
    assert ruled.third.received == []
    assert not any(request.method == "POST" for host, request in ruled.of_gateways(mark)
                   if host == "third.test")
    line = outgoing(ruled.home, 1)[0]
    assert "no_shares_out" in json.dumps(line) or "policy" in json.dumps(line)


def test_another_one_does(ruled):
    shared(ruled.backend, ruled.legacy, "fine", Tree(b"x"))


def test_each_message_out_has_one_line(ruled):
    before = len(outgoing(ruled.home))
    sent, got = shared(ruled.backend, ruled.legacy, "counted", Tree(b"x"))
    ruled.backend.unshare(sent)
    lines = outgoing(ruled.home, before + 2)
    assert len(lines) == before + 2, lines[before:]
    assert all(LEGACY in json.dumps(each) for each in lines[before:])


def test_a_peer_that_is_blocked_is_refused_at_the_connect(tmp_path_factory, authority, evidence):
    made = build(tmp_path_factory, authority, evidence,
                 '[list.bad]\nstanding = "block"\nentries = ["third.test"]\n')
    made.home.start()
    try:
        with pytest.raises(Refused) as refused:
            made.home.way_out().open("third.test")
        assert refused.value.response.status == 403
        assert made.third.requests == []
        sent = made.backend.share("alice", "bob@third.test", "x", Tree(b"x"))
        assert sent.delivered is None
        assert made.third.requests == []
    finally:
        assert made.home.stop() == 0
        made.capture.stop()
        for each in made.listeners:
            each.stop()


def test_a_share_for_a_stranger_waits_for_a_person(tmp_path_factory, authority, evidence):
    """`unknown = "hold"` on the way out: nothing leaves, the person who decides sees for whom it was
    meant, and once the stranger is known it is sent when the server sends it again."""
    made = build(tmp_path_factory, authority, evidence, "", legacy=[LEGACY, THIRD], unknown="hold")
    made.start()
    try:
        sent = made.backend.share("alice", f"bob@{FOURTH}", "for later", Tree(b"x"))
        assert sent.delivered is None, made.backend.way.story()
        assert {told.status for told in sent.told} == {503}, [told.start for told in sent.told]
        assert all(int(told["retry-after"]) >= 60 for told in sent.told)
        assert made.fourth.received == []
        assert not any(host == FOURTH for host, _ in made.messages())
        line = outgoing(made.home, 1)[0]
        assert (line["action"], line["by"]) == ("hold", "unknown")

        def waiting() -> list[dict]:
            run = made.home.command("peer", "hold", "list", "--json")
            return json.loads(run.stdout)["held"]

        deadline = time.monotonic() + 20
        while not waiting():
            assert time.monotonic() < deadline, made.home.log()[-2000:]
            time.sleep(0.1)
        [row] = waiting()
        assert row["peer"] == FOURTH
        message = row["messages"][0]
        assert (message["on"], message["by"]) == ("share.out", "unknown")
        assert message["sender"] == f"alice@{HOME}" and message["recipient"] == f"bob@{FOURTH}"
        made.home.command("peer", "hold", "approve", FOURTH, "--list", "legacy", "--until", "never")
        assert waiting() == []
        shared(made.backend, made.fourth, "now", Tree(b"x"))
    finally:
        made.stop()


def always_sign(gateway, generation: str) -> str:
    """By `signature.send`; the configuration before."""
    before = gateway.configuration.read_text()
    gateway.configuration.write_text(
        before.replace("[signature]\n", f'[signature]\nsend = "{generation}"\n'))
    return before


def test_a_generation_that_the_peer_does_not_verify_is_no_signature(tmp_path_factory, authority,
                                                                    evidence):
    made = build(tmp_path_factory, authority, evidence, "")
    always_sign(made.home, "rfc9421")
    made.start()
    try:
        sent = made.backend.share("alice", f"bob@{CAVAGE}", "for nobody's check", Tree(b"x"))
        assert sent.delivered is None, made.backend.way.story()
        assert made.cavage.received == []
        line = outgoing(made.home, 1)[0]
        assert (line["code"], line["by"]) == ("signature_required", "require:signed"), line
        shared(made.backend, made.far_backend, "for who verifies it", Tree(b"x"))
    finally:
        made.stop()


def test_what_a_peer_took_unverified_is_not_learned(tmp_path_factory, authority, evidence):
    """It was made to get RFC 9421 and ignored it; when its newest is sent again, that is draft-cavage."""
    made = build(tmp_path_factory, authority, evidence, "", partners=[HOME], legacy=[CAVAGE])
    made.cavage.checks = False

    def generation() -> str:
        mark = made.mark()
        shared(made.backend, made.cavage, "x", Tree(b"x"))
        [request] = [request for host, request in made.messages(mark) if host == CAVAGE]
        return "cavage" if request.get("signature-input") is None else "rfc9421"

    learning = always_sign(made.home, "rfc9421")
    made.start()
    try:
        assert generation() == "rfc9421"
        assert made.home.stop() == 0
        made.home.configuration.write_text(learning)
        made.home.start()
        assert generation() == "cavage"
    finally:
        made.stop()


# Invitations


@pytest.fixture(params=["the backend accepts", "the peer accepts"])
def invited(request, tmp_path_factory, authority, evidence):
    made = build(tmp_path_factory, authority, evidence, INVITED, kind="nc33")
    try:
        yield made.start(), request.param
    finally:
        made.stop()


def test_only_who_was_invited_may_share(invited):
    federation, way = invited
    strict, backend = federation.strict, federation.backend
    token = secrets.token_hex(16)
    before = strict.share("alice", f"bob@{HOME}", "too early", Tree(b"x"))
    assert before.delivered is None and before.told[0].status == 403, before.told
    assert b"invite_required" in before.told[0].body
    message = {"token": token, "email": "x@example.org", "name": "X"}
    if way == "the backend accepts":
        strict.before = lambda request: answer(
            200, {"userID": "alice", "email": "a@example.org", "name": "A"}) \
            if request.target.endswith("/invite-accepted") else None
        mark = federation.mark()
        response = backend._post(f"https://{STRICT}/ocm/invite-accepted", message | {
            "recipientProvider": HOME, "userID": "bob"})
        assert response.status == 200, (response.start, response.body)
        assert json.loads(response.body)["userID"] == "alice"
        [(_, request)] = [each for each in federation.messages(mark)
                          if each[1].target.endswith("/invite-accepted")]
        assert json.loads(request.body)["recipientProvider"] == HOME
        assert federation.unverified(mark) == []
    else:
        backend.before = lambda request: answer(
            200, {"userID": "bob", "email": "b@example.org", "name": "B"}) \
            if request.target.endswith("/invite-accepted") else None
        response = strict._post(HOME, "/invite-accepted", message | {
            "recipientProvider": STRICT, "userID": "alice"})
        assert response.status == 200, (response.start, response.body)
        assert json.loads(response.body)["userID"] == "bob"
    strict.before = backend.before = lambda request: None
    after = strict.share("alice", f"bob@{HOME}", "welcome", Tree(b"x"))
    assert after.delivered == "ocm", after.told
    # Who was invited is this one, and nobody else of the same server.
    other = strict.share("mallory", f"bob@{HOME}", "not invited", Tree(b"x"))
    assert other.delivered is None, other.told
    federation.home.kill()
    federation.home.start()
    again = strict.share("alice", f"bob@{HOME}", "still", Tree(b"x"))
    assert again.delivered == "ocm", "the invitation was forgotten at a restart"

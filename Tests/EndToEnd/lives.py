"""What a share goes through, step by step, between any two servers of a federation."""

import re
from contextlib import contextmanager

from oldserver import DavFailed, OldServer
from tree import Tree

FILES = {"in.txt": b"read me\n", "old name.txt": b"rename me\n", "weg.txt": b"delete me\n",
         "sub": None, "sub/deep \xe4\xf6.txt": b"deep\n"}


@contextmanager
def step(name: str, *servers):
    """A failure says in which step, and what the servers had asked."""
    try:
        yield
    except Exception as error:
        if isinstance(error, AssertionError) and str(error).startswith("step "):
            raise
        stories = "\n".join(f" {server.host} asked:\n{server.way.story()}" for server in servers)
        complaints = "\n".join(f" {server.host} complained: {each}" for server in servers
                               for each in server.complaints[-5:])
        raise AssertionError(
            f"step {name}: {type(error).__name__}: {error}\n{stories}\n{complaints}") from error


def newest(server, before: int):
    """The share that has come since."""
    assert len(server.received) == before + 1, \
        f"{server.host} got {len(server.received) - before} shares"
    return server.received[-1]


def shared(giver, taker, name: str, tree: Tree):
    before = len(taker.received)
    sent = giver.share("alice", f"bob@{taker.host}", name, tree)
    assert sent.delivered == "ocm", \
        f"delivered: {sent.delivered}; told: {[(each.start, each.body) for each in sent.told]}"
    return sent, newest(taker, before)


def gone(taker, mount_of, share) -> None:
    """Nothing can be read any more, neither by what was open nor anew."""
    told = {400, 401, 403, 404}
    # What it hears from its gateway.
    if isinstance(taker, OldServer) and taker.kind.is_owncloud:
        told.add(503)
    share.mounted = True
    try:
        content = mount_of(share).list()
    except DavFailed as failure:
        assert failure.status in told, str(failure)
        return
    raise AssertionError(f"it can still be listed: {content}")


def check_secret(sent, got, swapped: bool) -> None:
    if swapped:
        assert got.secret != sent.secret, "the permanent secret was given away"
        assert re.fullmatch(r"[A-Za-z0-9]{16,64}", got.secret), "no code that old servers can keep"
    assert 0 < len(got.secret) <= 64


def life(giver, taker, swapped: bool) -> None:
    """share, accept, list, read, write, rename, delete, unshare. `swapped`: the giver's secret has
    to stay at home."""
    tree = Tree(FILES)
    both = (giver, taker)
    with step("share", *both):
        sent, got = shared(giver, taker, "folder", tree)
        check_secret(sent, got, swapped)
        assert got.name == "folder" and got.user == "bob"
    with step("accept", *both):
        assert taker.accept(got) == "ocm", "the acceptance did not arrive over OCM"
        assert sent.state == "accepted", f"the giver thinks it is {sent.state}"
    with step("list", *both):
        mount = taker.open(got)
        assert mount.list() == {"in.txt": False, "old name.txt": False, "weg.txt": False,
                                "sub": True}
        assert mount.list("sub") == {"sub/deep \xe4\xf6.txt": False}
    with step("read", *both):
        assert mount.read("in.txt") == b"read me\n"
        assert mount.read("sub/deep \xe4\xf6.txt") == b"deep\n"
    with step("write", *both):
        assert mount.write("new.txt", b"written\n") == 201
        assert tree["new.txt"] == b"written\n"
        assert mount.write("new.txt", b"again\n") == 204
        assert tree["new.txt"] == b"again\n"
        assert mount.make("made") == 201 and tree["made"] is None
    with step("rename", *both):
        assert mount.move("old name.txt", "sub/new n\xe4me.txt") == 201
        assert tree["sub/new n\xe4me.txt"] == b"rename me\n" and "old name.txt" not in tree
        assert mount.read("sub/new n\xe4me.txt") == b"rename me\n"
    with step("delete", *both):
        assert mount.delete("weg.txt") == 204
        assert "weg.txt" not in tree and not mount.exists("weg.txt")
    with step("unshare", *both):
        assert giver.unshare(sent) == "ocm", "the end did not arrive over OCM"
        assert got.state == "unshared", f"the taker thinks it is {got.state}"
        # Neither what was open, with its token, nor what is opened anew.
        gone(taker, lambda share: mount, got)
        gone(taker, taker.open, got)


def single_file(giver, taker) -> None:
    """A shared file is the root of its share."""
    tree = Tree(b"one file\n")
    both = (giver, taker)
    with step("share", *both):
        sent, got = shared(giver, taker, "doc.txt", tree)
    with step("accept", *both):
        assert taker.accept(got) == "ocm"
    with step("read", *both):
        mount = taker.open(got)
        assert mount.list() == {"": False}
        assert mount.read() == b"one file\n"
    with step("write", *both):
        assert mount.write("", b"changed\n") == 204
        assert tree[""] == b"changed\n"


# As saved pages and exports are called.
LIKE_ESCAPES = ["https%3A%2F%2Fhost%2Fpage.html", "100%25.txt", "v1%2E2.txt", "a%5Cb%0A.txt"]


def names_like_escapes(giver, taker) -> None:
    """Files whose names look like escapes are files as any, and take nothing of their folder away."""
    tree = Tree({"plain.txt": b"plain\n"} | {name: name.encode() for name in LIKE_ESCAPES})
    both = (giver, taker)
    with step("share", *both):
        sent, got = shared(giver, taker, "exports", tree)
        assert taker.accept(got) == "ocm"
    with step("list", *both):
        mount = taker.open(got)
        assert mount.list() == dict.fromkeys(["plain.txt", *LIKE_ESCAPES], False)
    for name in LIKE_ESCAPES:
        with step(f"read and write {name}", *both):
            assert mount.read(name) == name.encode()
            assert mount.write(name, b"changed\n") == 204
            assert tree[name] == b"changed\n"
    first, *_, last = LIKE_ESCAPES
    with step("rename", *both):
        assert mount.move("plain.txt", "plain%2F.txt") == 201
        assert mount.move(first, f"new {first}") == 201
        assert tree["plain%2F.txt"] == b"plain\n" and tree[f"new {first}"] == b"changed\n"
    with step("delete", *both):
        assert mount.delete(last) == 204
        assert last not in tree and not mount.exists(last)


def decline(giver, taker) -> None:
    tree = Tree(FILES)
    both = (giver, taker)
    with step("share", *both):
        sent, got = shared(giver, taker, "unwanted", tree)
    with step("decline", *both):
        assert taker.decline(got) == "ocm", "the refusal did not arrive over OCM"
        assert sent.state == "declined", f"the giver thinks it is {sent.state}"
    with step("use after it", *both):
        gone(taker, taker.open, got)


def reshare(giver, taker, third) -> None:
    """The taker asks the giver to share with a third one, who reads; then the taker takes it back."""
    tree = Tree(FILES)
    everyone = (giver, taker, third)
    with step("share", *everyone):
        sent, got = shared(giver, taker, "passed on", tree)
        assert taker.accept(got) == "ocm"
    with step("ask the owner", *everyone):
        before = len(third.received)
        told = taker.ask_reshare(got, f"bob@{third.host}")
        assert told is not None, \
            f"the answer held no secret that {taker.kind.name} reads: {taker.last_answer}"
    with step("the third one reads", *everyone):
        passed = newest(third, before)
        assert third.open(passed).read("in.txt") == b"read me\n"
        made = giver.sent[max(giver.sent, key=int)]
        assert made is not sent and passed.secret != sent.secret
    with step("the third one accepts", *everyone):
        assert third.accept(passed) == "ocm"
        assert made.state == "accepted", made.state
    with step("the taker takes it back", *everyone):
        done = taker.undo_reshare(got, *told)
        assert made.state == "undone", (done, made.state)

"""A backend that judges signatures itself, behind a gateway that changes messages."""

import pytest

from federation import HOME, Federation
from lives import shared
from tree import Tree


@pytest.fixture
def checking(tmp_path_factory, authority, evidence):
    """A Nextcloud 33 whose own check nobody has switched off."""
    made = Federation(tmp_path_factory.mktemp("checking"), authority, evidence, "nc33")
    made.backend.checks = True
    try:
        yield made.start()
    finally:
        made.stop()


def test_a_backend_that_checks_gets_what_was_signed(checking):
    """What needs no change reaches it with the peer's own signature, byte for byte."""
    sent = checking.cavage.share("alice", f"bob@{HOME}", "signed", Tree(b"x"))
    assert sent.delivered == "ocm", checking.backend.complaints
    assert checking.backend.verified == 1 and checking.backend.complaints == []
    assert checking.cavage.unshare(sent) == "ocm"
    assert checking.backend.received[-1].state == "unshared"
    assert checking.backend.complaints == []


def test_a_backend_that_checks_takes_what_it_tells_its_own_site(checking):
    """Signed by the site's own key, which the backend finds in the site's document."""
    backend = checking.backend
    sent, got = shared(backend, backend, "inside", Tree(b"x"))
    assert got.secret == sent.secret
    assert backend.accept(got) == "ocm" and sent.state == "accepted"
    assert backend.unshare(sent) == "ocm" and got.state == "unshared"
    assert backend.verified == 3 and backend.complaints == []


def test_a_backend_that_checks_takes_messages_about_its_own_shares(checking):
    """Whose secret had to be changed, so that the peer's signature is gone."""
    sent, got = shared(checking.backend, checking.cavage, "signed", Tree(b"x"))
    first = checking.cavage.share("alice", f"bob@{HOME}", "pins", Tree(b"x"))
    assert first.delivered == "ocm"
    assert checking.cavage.accept(got) == "ocm", checking.backend.complaints
    assert sent.state == "accepted"

import pytest

from peers import PeerServer
from opencloud import given_releases
from servers import World, given_trees


def pytest_generate_tests(metafunc):
    trees, releases = given_trees(), given_releases()
    if not trees and not releases:
        raise pytest.UsageError("no server is given: see scripts/real-servers --help")
    for name, owners, receivers in (
            ("trees", trees, trees), ("releases", releases, releases), ("tree_and_release", trees, releases)):
        pairs = [(owner, receiver) for owner in owners for receiver in receivers]
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, pairs, scope="session", ids=[f"{a.name}-to-{b.name}" for a, b in pairs])


def pytest_collection_modifyitems(config, items):
    """What there is no server for is no test here, rather than one that is skipped."""
    without = [item for item in items if item.get_closest_marker("skip")]
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


@pytest.fixture(scope="session")
def capture(authority):
    server = PeerServer(authority, keeps=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def world(tmp_path_factory, authority, evidence, capture):
    made = World(tmp_path_factory.mktemp("world"), given_trees() + given_releases(), authority, evidence, capture)
    try:
        try:
            made.start()
        except Exception as error:
            # Said once, not for each test.
            pytest.exit(f"the servers do not run: {error}", 1)
        yield made
    finally:
        made.stop()

import pytest

from peers import PeerServer
from servers import World, given_trees


def pytest_generate_tests(metafunc):
    trees = given_trees()
    if not trees:
        raise pytest.UsageError("no tree of a server is given: see scripts/real-servers --help")
    pairs = [(owner, receiver) for owner in trees for receiver in trees]
    if "trees" in metafunc.fixturenames:
        metafunc.parametrize("trees", pairs, scope="session", ids=[f"{a.name}-to-{b.name}" for a, b in pairs])


@pytest.fixture(scope="session")
def capture(authority):
    server = PeerServer(authority, keeps=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def world(tmp_path_factory, authority, evidence, capture):
    made = World(tmp_path_factory.mktemp("world"), given_trees(), authority, evidence, capture)
    try:
        try:
            made.start()
        except Exception as error:
            # Said once, not for each test.
            pytest.exit(f"the servers do not run: {error}", 1)
        yield made
    finally:
        made.stop()

"""Where the server of an invited person is looked for: OpenCloud and CERNBox do so for anybody, at any host."""

import json
import socket

import pytest

from backend import ScriptedBackend, answer
from legacy import LegacyServer

PATH = "/sciencemesh/discover"
DIALOG = "https://inviting.test/accept-invite"


class Asked:
    """A port of this machine that nobody is to be led to."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.3)
        self.port = self.socket.getsockname()[1]

    def is_dialled(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except TimeoutError:
            return False
        return True


@pytest.fixture(scope="module", params=["opencloud", "cernbox"])
def world(request, start, peers):
    """A gateway before a backend that takes everything, the search for servers too."""
    server = LegacyServer(request.param, "https://cloud.test")

    def script(request):
        known = server.script(request) if "-provider" in request.target or "/ocm" in request.target else None
        return known or answer(200, {"inviteAcceptDialog": "https://backend.test/"})

    backend = ScriptedBackend(script)
    peers.add("inviting.test", "rfc9421", inviteAcceptDialog=DIALOG)
    # On no list.
    peers.add("stranger.test", "unsigned", inviteAcceptDialog=DIALOG)
    gateway = start(backend.url, kind=request.param, legacy=["legacy.test"])
    gateway.request("GET", "/ready")
    backend.take()
    yield gateway, backend, peers
    backend.stop()


def ask(gateway, domain: str, path: str = PATH):
    return gateway.request("POST", path, [("Content-Type", "application/json")],
                           json.dumps({"domain": domain}).encode())


def searches(backend) -> list[str]:
    return [request.start for request in backend.take() if "sciencemesh" in request.target.lower()]


@pytest.mark.parametrize("domain", ["inviting.test", "https://inviting.test/"])
def test_the_page_of_a_partner_is_told(world, domain):
    gateway, backend, _ = world
    response = ask(gateway, domain)
    assert response.status == 200
    assert json.loads(response.body) == {"inviteAcceptDialog": DIALOG}
    assert searches(backend) == []


def test_nobody_leads_anything_inside(world):
    gateway, backend, peers = world
    inside = Asked()
    bodies = set()
    for domain in (f"http://127.0.0.1:{inside.port}/x?y=", f"127.0.0.1:{inside.port}", f"localhost:{inside.port}",
                   f"inviting.test:{inside.port}", f"[::ffff:127.0.0.1]:{inside.port}", "stranger.test",
                   "legacy.test", "cloud.test", "nowhere.test"):
        response = ask(gateway, domain)
        told = json.loads(response.body)
        told.pop("decision", None)
        bodies.add((response.status, json.dumps(told)))
    # Whoever asks learns of none of them why.
    [(status, body)] = bodies
    assert status == 404 and json.loads(body)["code"] == "RESOURCE_NOT_FOUND"
    assert not inside.is_dialled()
    assert "stranger.test" not in [host for _, host, _, _ in peers.exchanges]
    assert searches(backend) == []


@pytest.mark.parametrize("path", [
    PATH + "/", "//sciencemesh/discover", "/sciencemesh//discover", "/sciencemesh/./discover",
    "/sciencemesh/%64iscover", "/sciencemesh%2fdiscover", PATH + "%2f", PATH + "?x=1", PATH + "//"])
def test_no_spelling_reaches_the_backend(world, path):
    gateway, backend, _ = world
    assert ask(gateway, "127.0.0.1:1", path).status in (400, 404)
    assert searches(backend) == []

"""Where the way out must not lead: every address form, names that turn, odd ports, other forms.

All of it runs in a network namespace in which every address is this machine: nothing can leave, and
each connection that anybody begins is seen. The configuration is the most open one, where unknown
servers are allowed and what is no peer is tunnelled, so that only the guard stands in the way.
"""

import itertools
import ssl
import time

import pytest

from backend import ScriptedBackend, answer
from certificates import Authority
from gateway import Gateway
from isolation import Everywhere, NameServer, Namespace, NotPermitted, Watch
from oldserver import OldServer
from peers import PeerServer
from ways import Refused, Tunnel
from wire import Closed, Connection, compose, read_head, read_response

# security.md 2.5, 79 and 80. Addresses only, each also as what a name resolves to.
IPV4 = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
127.0.0.53 127.255.255.254 169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1
192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
""".split()
IPV6 = """
:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::10.0.0.1 ::ffff:8.8.8.8
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::808:808 2002:7f00:1::
2002:a00:1::1 2002:808:808::1 2001::1 2001:0:4136:e378:8000:63bf:f5ff:fffe 2001:db8::1 2001:10::1
2001:20::1 2001:1ff::1 3fff::1 3fff:fff::1 5f00::1 100::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1
fe80::5efe:127.0.0.1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1 4000::1 2001:4860::5efe:7f00:1
2001:4860::200:5efe:a00:1
""".split()
# Other spellings of IPv4 addresses, which some readers take and others do not.
SPELLINGS = """
127.1 127.0.1 2130706433 0x7f.1 0x7f000001 0177.0.0.1 017700000001 127.0.0.1. 10.1 0xa9fea9fe
2852039166 169.254.43518 0xA9.0xFE.0xA9.0xFE 0251.0376.0251.0376 127.000.000.001 0 0x0 1 4294967295
4294967296 ①②⑦.0.0.1 127。0。0。1 00000177.0.0.1 127.0.0.0x1
""".split()
BRACKETS = """
[::1%25lo] [::1%lo] [fe80::1%25eth0] [fe80::1%eth0] [[::1]] [127.0.0.1] [peer.test] [::1 ::1] []
[::ffff:7f00:1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::1].test [v1.fe80::1]
""".replace("[::1 ::1]", "").split()
LOCAL_NAMES = ["localhost", "localhost.", "LOCALHOST", "a.localhost", "localhost.localdomain",
               "metadata.google.internal", "a.internal", "a.local", "ip6-localhost"]

OPEN = 'other = "tunnel"'
HARMLESS = (53,)


@pytest.fixture(scope="module")
def network():
    try:
        namespace = Namespace()
    except NotPermitted as why:
        pytest.skip(f"no network namespace can be made here: {why}")
    watch, names = Watch(), NameServer()
    listeners = [Everywhere(port) for port in (443, 80)]
    yield watch, names, listeners
    watch.stop()
    names.stop()
    for each in listeners:
        each.stop()
    namespace.leave()


class World:
    def __init__(self, network, folder, authority: Authority, evidence, **options):
        self.watch, self.names, self.listeners = network
        self.peers = PeerServer(authority, keeps=True)
        self.peer = self.peers.put(OldServer("nc27", "peer.test", evidence))
        self.backend = OldServer("nc27", "home.test", evidence)
        self.listener = ScriptedBackend(self.backend.script)
        self.gateway = Gateway(folder, authority, evidence, self.peers, self.listener.url,
                               host="home.test", legacy=["peer.test", *options.pop("listed", [])],
                               partners=[], **options)
        self.gateway.wrapper = self.names.wrapper(folder.parent, options.get("resolv", ""))
        self.gateway.start()
        # The ports that are known: our own, and no other.
        self.known = {self.gateway.port, self.gateway.egress_port, self.listener.port,
                      *HARMLESS}
        self.watch.take()

    def stop(self):
        wrong = self.gateway.end()
        self.listener.stop()
        self.peers.stop()
        assert wrong == [], "\n".join(wrong)

    # The three ways in

    def plain(self, data: bytes, method="GET", timeout=15):
        with Connection(("127.0.0.1", self.gateway.egress_port), timeout=timeout) as connection:
            connection.send(data)
            try:
                return read_response(connection.reader, method)
            except (Closed, OSError, ValueError, IndexError):
                return None

    def connect(self, authority: str, inside: str | None = None):
        """The answer to a CONNECT, or when that is 200 to a request inside of it."""
        data = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()
        name = inside or authority.rpartition(":")[0]
        with Connection(("127.0.0.1", self.gateway.egress_port), timeout=15) as connection:
            connection.send(data)
            try:
                start, headers, _ = read_head(connection.reader)
                if not start.startswith("HTTP/1.1 200"):
                    return int(start.split(" ")[1])
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                secure = context.wrap_socket(connection.socket, server_hostname=name.strip("[]."))
                secure.sendall(compose("GET /ocm-provider/ HTTP/1.1", [("Host", name)]))
                return read_response(secure.makefile("rb")).status
            except (Closed, OSError, ValueError, UnicodeError, IndexError):
                return None

    def absolute(self, authority: str):
        got = self.plain(f"GET http://{authority}/ocm-provider/ HTTP/1.1\r\nHost: {authority}\r\n"
                         "Connection: close\r\n\r\n".encode())
        return got and got.status

    def prefix(self, authority: str):
        got = self.plain(f"GET /egress/{authority}/ocm-provider/ HTTP/1.1\r\n"
                         f"Host: 127.0.0.1:{self.gateway.egress_port}\r\nConnection: close\r\n\r\n"
                         .encode())
        return got and got.status

    def every_way(self, host: str, port: str = ":443") -> dict[str, int | None]:
        return {"CONNECT": self.connect(host + port), "absolute": self.absolute(host),
                "prefix": self.prefix(host)}

    def check_nothing_left(self, told, ok=(400, 403, 404, 502, 503, 504)) -> None:
        begun = self.watch.take(but=self.known)
        assert begun == [], f"connections were begun: {begun}; answered {told}"
        answers = told if isinstance(told, dict) else {"answer": told}
        for way, status in answers.items():
            assert status is None or status in ok, f"{way} was answered {status}"


NAMED = {f"four{number}.test": [address] for number, address in enumerate(IPV4)} \
    | {f"six{number}.test": [address] for number, address in enumerate(IPV6)}


@pytest.fixture(scope="module")
def world(network, tmp_path_factory, authority, evidence):
    folder = tmp_path_factory.mktemp("addresses")
    made = World(network, folder / "gateway", authority, evidence, egress=OPEN, private=(),
                 unknown="allow", listed=["listed.test", "good.test", "*.listed.test"])
    yield made
    made.stop()


def test_what_may_be_reached_is_reached(world):
    """Without this, the tests below would say nothing."""
    world.names.zone["good.test"] = ["93.184.216.34"]
    world.names.zone["unknown-good.test"] = ["2606:2800:220:1:248:1893:25c8:1946"]
    for name, address in (("good.test", "93.184.216.34"),
                          ("unknown-good.test", "2606:2800:220:1:248:1893:25c8:1946")):
        world.connect(f"{name}:443")
        assert (address, 443) in world.watch.take(but=world.known), world.gateway.log()[-1500:]


@pytest.mark.parametrize("address", IPV4)
def test_no_ipv4_literal(world, address):
    world.check_nothing_left(world.every_way(address), ok=(400, 403))


@pytest.mark.parametrize("address", IPV6)
def test_no_ipv6_literal(world, address):
    world.check_nothing_left(world.every_way(f"[{address}]"), ok=(400, 403))
    world.check_nothing_left(world.every_way(address), ok=(400, 403))


@pytest.mark.parametrize("literal", ["8.8.8.8", "[2001:4860:4860::8888]"])
def test_no_literal_of_a_public_address_either(world, literal):
    world.check_nothing_left(world.every_way(literal), ok=(400, 403))


@pytest.mark.parametrize("spelling", SPELLINGS + BRACKETS)
def test_no_other_spelling_of_an_address(world, spelling):
    world.check_nothing_left(world.every_way(spelling), ok=(400, 403))


@pytest.mark.parametrize("name", LOCAL_NAMES)
def test_no_local_name(world, name):
    world.check_nothing_left(world.every_way(name))


@pytest.mark.parametrize("name", NAMED, ids=lambda name: NAMED[name][0])
def test_no_name_of_such_an_address(world, name):
    world.names.zone |= NAMED
    listed = name.replace(".test", ".listed.test")
    world.names.zone[listed] = NAMED[name]
    world.check_nothing_left(world.every_way(name))
    world.check_nothing_left(world.every_way(listed))


@pytest.mark.parametrize("answers", [
    ["93.184.216.34", "10.0.0.1"], ["10.0.0.1", "93.184.216.34"],
    ["93.184.216.34", "2606:2800:220:1::1", "::1"], ["93.184.216.34"] * 20 + ["169.254.169.254"],
], ids=["behind", "before", "of the other family", "last of many"])
def test_one_bad_address_among_many_refuses_the_name(world, answers):
    world.names.zone["mixed.test"] = world.names.zone["mixed.listed.test"] = answers
    world.check_nothing_left(world.every_way("mixed.test"))
    world.check_nothing_left(world.every_way("mixed.listed.test"))


def test_a_name_of_many_addresses_is_not_knocked_at_everywhere(world):
    """Whoever has a name chooses where it leads: the addresses may be those of others."""
    name = "many.listed.test"
    world.names.zone[name] = [f"93.184.217.{last}" for last in range(1, 11)] \
        + [f"2606:2800:221:1::{last}" for last in range(1, 11)]
    world.connect(f"{name}:443")
    begun = set(world.watch.take(but=world.known))
    assert 1 <= len(begun) <= 6, begun


def test_a_name_that_leads_to_another_inside(world):
    world.names.zone |= {"alias.listed.test": "inner.test", "inner.test": ["192.168.7.7"]}
    world.check_nothing_left(world.every_way("alias.listed.test"))


def test_a_name_that_turns_is_judged_at_every_dial(world):
    """Rebinding: each attempt resolves, judges, and dials what was judged. Names of their own, since one that
    cannot be reached is left alone for a while."""
    good, bad, dialled = ["93.184.216.34"], ["127.0.0.1"], []
    for number, turns in enumerate(itertools.product((good, bad), repeat=4)):
        name = f"turning{number}.listed.test"
        world.names.zone[name] = lambda count, turns=turns: turns[(count - 1) % len(turns)]
        world.connect(f"{name}:443")
        begun = world.watch.take(but=world.known)
        assert set(begun) <= {("93.184.216.34", 443)}, (turns, begun)
        assert turns[0] is good or not begun, (turns, begun)
        dialled += begun
    assert dialled, "of those that were good when they were dialled, none was"


def test_a_trailing_dot_and_the_search_list_lead_nowhere_else(world):
    world.names.zone |= {"dotted.listed.test": ["10.1.1.1"], "short.evil.test": ["93.184.216.34"]}
    world.check_nothing_left(world.every_way("dotted.listed.test."))
    before = len(world.names.asked)
    world.check_nothing_left(world.every_way("short"))
    assert "short.evil.test" not in world.names.asked[before:]


def test_no_address_is_asked_for_its_name(world):
    """Who answers for the names of addresses, and when, is up to anybody."""
    name, addresses = "reverse.listed.test", ["93.184.216.40", "93.184.216.41"]
    world.names.zone[name] = addresses
    before = len(world.names.asked)
    world.names.silent = (".arpa",)
    try:
        world.connect(f"{name}:443")
    finally:
        world.names.silent = ()
    begun = world.watch.take(but=world.known)
    assert begun and set(begun) <= {(address, 443) for address in addresses}
    asked = world.names.asked[before:]
    assert name in asked and not [each for each in asked if each.endswith(".arpa")], asked


@pytest.mark.parametrize("kind", ["silence", "rubbish", "refused", "short", "loop"])
def test_a_hostile_name_server_costs_a_few_seconds(world, kind):
    told = {"silence": lambda count: None, "rubbish": b"\xff" * 400,
            "refused": b"\x81\x85\x00\x01" + b"\x00" * 6, "short": b"\x81",
            "loop": "loop.listed.test"}[kind]
    name = f"{kind}.listed.test"
    world.names.zone[name] = told
    begin = time.monotonic()
    status = world.connect(f"{name}:443")
    # Three are what it may take; all that goes out has fifteen.
    assert time.monotonic() - begin < 12, f"it took {time.monotonic() - begin:.1f} s"
    world.check_nothing_left(status)
    # And others are served meanwhile as before.
    world.names.zone[f"good-{kind}.listed.test"] = ["93.184.216.34"]
    world.connect(f"good-{kind}.listed.test:443")
    assert ("93.184.216.34", 443) in world.watch.take(but=world.known)


@pytest.mark.parametrize("port", ["22", "25", "80", "8080", "8443", "3128", "0", "65535", "65536",
                                  "00443", "+443", "-1", "443x", "0x1bb", "99999999999999999999"])
def test_no_odd_port(world, port):
    world.names.zone["good.test"] = ["93.184.216.34"]
    told = {"CONNECT": world.connect(f"good.test:{port}"),
            "absolute": world.absolute(f"good.test:{port}") if port != "80" else None,
            "prefix": world.prefix(f"good.test:{port}")}
    world.check_nothing_left(told, ok=(400, 403))


def test_connect_needs_a_port(world):
    for form in ("good.test", "good.test:", "http://good.test:443", "https://good.test/", "/", "*"):
        world.check_nothing_left(world.connect(form), ok=(400, 403, 404, 405))


@pytest.mark.parametrize("text", [
    "user@good.test", "user:pass@good.test", "good.test@10.0.0.1", "10.0.0.1#@good.test",
    "10.0.0.1\\@good.test", "good.test\\.evil.test", "good%2etest", "%67ood.test", "good.test%00",
    "good.test%0d%0a", "good.test\t", "good test", "good..test", ".good.test", "-good.test",
    "g\u00f6\u00f6d.test", "good\u3002test", "\uff47ood.test", "x" * 64 + ".test",
    ("a." * 130) + "test",
])
def test_no_authority_that_two_readers_read_differently(world, text):
    world.names.zone["good.test"] = ["93.184.216.34"]
    told = {}
    for way, target in (("CONNECT", f"CONNECT {text}:443 HTTP/1.1\r\nHost: {text}:443"),
                        ("absolute", f"GET http://{text}/ HTTP/1.1\r\nHost: {text}"),
                        ("prefix", f"GET /egress/{text}/ HTTP/1.1\r\nHost: localhost")):
        got = world.plain((target + "\r\nConnection: close\r\n\r\n").encode())
        told[way] = got and got.status
    world.check_nothing_left(told, ok=(400, 403, 404))


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "ws", "HTTPS+UNIX", "data"])
def test_no_other_scheme(world, scheme):
    world.names.zone["good.test"] = ["93.184.216.34"]
    got = world.plain(f"GET {scheme}://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
                      "Connection: close\r\n\r\n".encode())
    world.check_nothing_left(got and got.status, ok=(400, 403, 404, 501))


def test_the_host_field_decides_nothing(world):
    """The target is what counts; a Host that says otherwise is refused."""
    world.names.zone["good.test"] = ["93.184.216.34"]
    for data in (b"GET http://good.test/ HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n",
                 b"GET http://10.0.0.1/ HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n",
                 b"CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: good.test:443\r\n\r\n",
                 b"GET /ocm-provider/ HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n"):
        got = world.plain(data)
        world.check_nothing_left(got and got.status, ok=(400, 403, 404, 421))


@pytest.mark.parametrize("target", ["10.0.0.1:443", "127.0.0.1:443", "[::1]:443",
                                    "169.254.169.254:443", "[64:ff9b::7f00:1]:443"])
def test_the_guard_judges_what_the_configuration_resolves_to(network, tmp_path, authority, evidence,
                                                             target):
    class Elsewhere(PeerServer):
        def resolve(self):
            return {"listed.test:443": target}

    listener = ScriptedBackend(lambda request: answer(404))
    peers = Elsewhere(authority)
    gateway = Gateway(tmp_path / "gateway", authority, evidence, peers, listener.url,
                      host="home.test", partners=[], legacy=["listed.test"], egress=OPEN,
                      private=())
    watch, names, _ = network
    gateway.wrapper = names.wrapper(tmp_path)
    gateway.start()
    try:
        watch.take()
        with pytest.raises((Refused, OSError, Closed)):
            got = gateway.way_out().request("GET", "https://listed.test/ocm-provider/")
            raise OSError(got.start) if got.status >= 400 else AssertionError(got.start)
        begun = watch.take(but={gateway.port, gateway.egress_port, listener.port, *HARMLESS})
        assert begun == []
    finally:
        assert gateway.stop() == 0
        listener.stop()
        peers.stop()


# With a peer that can be reached


@pytest.fixture(scope="module")
def reachable(network, tmp_path_factory, authority, evidence):
    folder = tmp_path_factory.mktemp("reachable")
    made = World(network, folder / "gateway", authority, evidence, egress="",
                 private=("127.0.0.1/32",))
    made.known.add(made.peers.port)
    yield made
    made.stop()


def test_the_peer_is_reached(reachable):
    got = reachable.gateway.way_out().request("GET", "https://peer.test/ocm-provider/")
    assert got.status == 200 and reachable.peer.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/", "https://10.0.0.1/", "//[::1]/",
                                "https://other.test/", "http://peer.test/"])
@pytest.mark.parametrize("path", ["/ocm-provider/", "/public.php/webdav/x", "/ocm/shares"])
def test_no_redirect_is_followed(reachable, status, to, path):
    reachable.names.zone["other.test"] = ["93.184.216.34"]
    told = answer(status, b"", ("Location", to), ("Refresh", f"0; url={to}"))
    reachable.peer.before = lambda request: told
    try:
        method = "POST" if path == "/ocm/shares" else "GET"
        got = reachable.gateway.way_out().request(method, f"https://peer.test{path}",
                                                  [("Content-Type", "application/json")],
                                                  b"{}" if method == "POST" else None)
    finally:
        reachable.peer.before = lambda request: None
    reachable.check_nothing_left(got.status, ok=range(200, 600))
    # What the backend is told leads it nowhere either: no place outside of this peer.
    for value in got.all("location") + got.all("refresh"):
        assert "169.254" not in value and "10.0.0.1" not in value and "::1" not in value, value


def test_an_unknown_host_is_not_even_looked_up(reachable):
    before = len(reachable.names.asked)
    for way in (lambda: reachable.connect("stranger.test:443"),
                lambda: reachable.absolute("stranger.test"),
                lambda: reachable.prefix("stranger.test")):
        reachable.check_nothing_left(way(), ok=(403,))
    assert "stranger.test" not in reachable.names.asked[before:]


def test_a_refusal_says_why(reachable):
    with pytest.raises(Refused) as refused:
        reachable.gateway.way_out().open("stranger.test")
    response = refused.value.response
    assert response.status == 403
    assert "error" in response["proxy-status"] or "ocmgate" in response["proxy-status"]
    assert b'"decision"' in response.body
    assert reachable.gateway.lines("egress.refused")


def test_the_name_in_the_handshake_is_the_one_of_the_tunnel(reachable):
    way = reachable.gateway.way_out()
    context = way.context()
    context.check_hostname = False
    for name in ("other.test", "home.test"):
        try:
            with Tunnel(way.proxy, context, "peer.test", 443, 10, name) as tunnel:
                tunnel.send(compose("GET /ocm-provider/ HTTP/1.1", [("Host", "peer.test")]))
                assert tunnel.receive().status in (400, 403, 421), name
        except (OSError, Closed):
            pass  # ended in the handshake, which is as good


@pytest.mark.parametrize("host", ["other.test", "home.test", "10.0.0.1", "peer.test:8443",
                                  "peer.test@other.test", "peer.test, other.test", ""])
def test_the_host_inside_is_the_one_of_the_tunnel(reachable, host):
    seen = len(reachable.peer.requests)
    got = reachable.gateway.way_out().request(
        "GET", "https://peer.test/public.php/webdav/x", [("Host", host)])
    assert got.status in (400, 403, 421), got.start
    assert len(reachable.peer.requests) == seen


def test_an_absolute_target_inside_is_for_the_tunnels_host_alone(reachable):
    seen = len(reachable.peer.requests)
    with reachable.gateway.way_out().open("peer.test") as tunnel:
        tunnel.send(b"GET https://other.test/ocm-provider/ HTTP/1.1\r\nHost: peer.test\r\n\r\n")
        assert tunnel.receive().status in (400, 403, 421)
    assert len(reachable.peer.requests) == seen
    reachable.check_nothing_left(400)

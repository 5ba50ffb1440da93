"""What runs on loopback for the benchmark: the gateway, nginx, haproxy, the origin behind them, peers."""

import base64
import json
from pathlib import Path

from certificates import Authority
from gateway import Evidence, Gateway
from haproxy import HAProxy
from listener import free_port
from load import HOST
from peers import share
from relay import Relay
from senders import P256Sender, Peers, RSASender, Sender
from servers import Nginx, start_data, start_origin, start_proxy, start_way
from sink import Sink
from wire import Connection

# Where the peer has its data.
DATA_HOST = "data.test"
LIMITS = """
[limits]
requests_per_connection = 1000000000
connections = 16000
per_client = 16000
keep_alive = "10m"
"""


class World:
    """All of it, started; `targets` has the process and the ports of each proxy."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.running: list = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        folder = self.folder
        self.authority = Authority(folder)
        self.peers = self._keep(Peers(self.authority))
        self.peer = self.peers.put(Sender("modern.test"))
        self.senders = {"ed25519": self.peer, "ecdsap256": self.peers.put(P256Sender("p256.test")),
                        "rsa2048": self.peers.put(RSASender("rsa.test"))}
        discovery = json.dumps({
            "enabled": True, "apiVersion": "1.0-proposal1", "endPoint": f"https://{HOST}/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user"],
                               "protocols": {"webdav": "/public.php/webdav/"}}]})
        self.sink = self._keep(Sink())
        self.origin = self._keep(start_origin(folder, discovery, self.sink.port))
        self.data = self._keep(start_data(folder, self.authority.issue(DATA_HOST)))
        self.peers.places[f"{DATA_HOST}:443"] = f"127.0.0.1:{self.data.port}"
        self.way = self._keep(start_way(folder, self.data, DATA_HOST, self.authority.issue(HOST),
                                        self.authority.file))
        self.evidence = Evidence()
        self.gateway = self.another_gateway("gateway")
        self.cipher = self._cipher(self.gateway.port)
        own = self.authority.issue(HOST)
        self.nginx = self.another_nginx("nginx")
        self.haproxy = self._keep(HAProxy(folder, self.origin.port, own, self.cipher))
        for each in (self.nginx, self.haproxy):
            if self._cipher(each.port) != self.cipher:
                raise RuntimeError("the proxies do not pick the same cipher")
        self.relays = [self._keep(Relay(self.gateway.egress_port, self.peer.host)),
                       self._keep(Relay(self.way.port))]
        self.targets = {each: (getattr(self, each).process.pid, getattr(self, each).port,
                               getattr(self, each).plain)
                        for each in ("gateway", "nginx", "haproxy")}

    def _keep(self, started):
        self.running.append(started)
        return started

    def stop(self) -> None:
        for each in reversed(self.running):
            each.stop()
        self.running = []

    def end(self, started) -> None:
        self.running.remove(started)
        started.stop()

    def another_gateway(self, name: str, journal: bool = True) -> Gateway:
        """With a listener without TLS on `.plain`."""
        plain = free_port()
        gateway = Gateway(
            self.folder / name, self.authority, self.evidence, self.peers,
            f"http://127.0.0.1:{self.origin.port}", ttl="1h", egress="",
            listen=f'[[listen]]\naddress = "127.0.0.1:{plain}"',
            partners=[*(peer.host for peer in self.senders.values()), DATA_HOST],
            configuration=LIMITS)
        gateway.plain = plain
        if not journal:
            folder = f'dir = "{self.folder / name}/journal"'
            text = gateway.configuration.read_text()
            assert folder in text
            gateway.configuration.write_text(text.replace(folder, 'dir = ""'))
        self._keep(gateway)
        return gateway.start()

    def another_nginx(self, name: str) -> Nginx:
        place = self.folder / name
        place.mkdir()
        return self._keep(start_proxy(place, self.origin, self.authority.issue(HOST), self.cipher))

    def _cipher(self, port: int) -> str:
        with Connection(("127.0.0.1", port), self.authority.client_context(), HOST) as one:
            name, version, _ = one.socket.cipher()
        if version != "TLSv1.3":
            raise RuntimeError(f"port {port} speaks {version}")
        return name

    # Credentials

    def token(self) -> str:
        """Of a share of the backend's, for the peer."""
        return self.gateway.token(self.peer, self.evidence.secret())

    def received_share(self) -> str:
        """A share of the peer's whose data are elsewhere; the credential of the backend."""
        body = share(self.peer, resourceType="folder")
        webdav = body["protocol"]["webdav"]
        webdav |= {"uri": f"https://{DATA_HOST}/data/", "requirements": []}
        response = self.gateway.post(self.peer, "/ocm/shares", body)
        if response.status != 201:
            raise RuntimeError(f"the share was answered {response.status}: {response.body!r}")
        pair = base64.b64encode(f"{webdav['sharedSecret']}:".encode()).decode()
        return f"Authorization: Basic {pair}"

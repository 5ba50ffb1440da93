"""Real OpenClouds and oCIS: binaries that lie on this disk, run behind a gateway each, and used by their users' API."""

import base64
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gateway import Gateway, binary
from wire import Connection, Response, compose

# What of it is run: all that shares need, and no pages.
SERVICES = """
    app-provider app-registry auth-app auth-basic auth-machine auth-service frontend gateway graph groups idm nats
    ocdav ocm ocs postprocessing proxy search settings sharing storage-publiclink storage-shares storage-system
    storage-users users webdav
""".split()

# Roles, as its API calls them.
READ = "b1e2218d-eef8-4d4c-b82d-0f1a1b48f3b5"
CHANGE = "2d00ce52-1fc2-4dbc-8b95-a73b73395f5a"
CHANGE_FOLDER = "fb6c3e19-e378-47e5-b277-9732f9de6e21"

FEDERATED = "userType eq 'Federated'"

# The folder of what a user has received.
RECEIVED = "a0ca6a90-a365-4782-871e-d44447bbc668$a0ca6a90-a365-4782-871e-d44447bbc668"


# What `free_ports` has given.
taken: set[int] = set()


def free_ports() -> range:
    """A hundred, below those that clients and the other servers of these tests get."""
    while True:
        first = 2_000 + 100 * secrets.randbelow(80)
        ports = range(first, first + 100)
        if first not in taken and all(map(is_free, ports)):
            taken.add(first)
            return ports


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class Release:
    """A binary of OpenCloud, or of oCIS, which it was made from. `kind` is what a gateway calls it."""

    kind: str
    file: Path

    @property
    def name(self) -> str:
        run = subprocess.run([self.file, "version", "--skip-services"], capture_output=True, text=True, timeout=60)
        found = re.search(r"Version:\s*(\S+)", run.stdout)
        assert found, f"{self.file}: no {self.kind}: {run.stdout[-500:]}{run.stderr[-500:]}"
        return f"{self.kind}-{found[1]}"

    @property
    def prefix(self) -> str:
        """How the names of its settings begin."""
        return {"opencloud": "OC", "ocis": "OCIS"}[self.kind]


def given_releases() -> list[Release]:
    """Those that the environment names, of one variable with colons between them."""
    return [Release(kind, Path(file).resolve())
            for kind, variable in (("opencloud", "OCMGATE_OPENCLOUD"), ("ocis", "OCMGATE_OCIS"))
            for file in os.environ.get(variable, "").split(":") if file]


class OpenCloud:
    """An installation with its own configuration and data, and the gateway that is all others see of it."""

    def __init__(self, folder: Path, release: Release, host: str, authority, evidence, capture):
        self.folder, self.release, self.host = folder, release, host
        self.port, *self.others = free_ports()
        self.authority, self.bundle = authority, folder / "authorities.pem"
        self.passwords = {user: secrets.token_hex(16) for user in ("admin", "alice", "bobby")}
        self.accounts: dict[str, str] = {}
        self.process: subprocess.Popen | None = None
        # Of owners the gateway lets all in, of receivers the federation alone, as the two settings of `pass`.
        self.has_pages = host.startswith("owner")
        self.gateway = Gateway(
            folder / "gateway", authority, evidence, capture, f"http://127.0.0.1:{self.port}", host=host,
            kind=release.kind, passing="all" if self.has_pages else "ocm", token='accept_secret = "legacy"',
            egress='other = "refuse"', configuration='[log]\nlevel = "debug"\n')

    def install(self, hosts: list[str]) -> None:
        """`hosts` are its partners."""
        for name in ("config", "data"):
            (self.folder / name).mkdir(parents=True)
        own = {"BASE_DATA_PATH": str(self.folder / "data"), "CONFIG_DIR": str(self.folder / "config"),
               "RUN_SERVICES": ",".join(SERVICES), "ENABLE_OCM": "true", "LOG_LEVEL": "info"} | self._shared_places()
        self.environment = os.environ | self._places() | self._written_lines() | {
            f"{self.release.prefix}_{name}": value for name, value in own.items()} | {
            "PROXY_ENABLE_BASIC_AUTH": "true", "MICRO_REGISTRY": "memory", "SSL_CERT_FILE": str(self.bundle)}
        run = subprocess.run([self.release.file, "init", "--insecure", "no"], capture_output=True, text=True,
                             env=self.environment | {"IDM_ADMIN_PASSWORD": self.passwords["admin"]}, timeout=60)
        assert run.returncode == 0, f"{self.host}: init: {run.stdout[-2000:]}{run.stderr[-2000:]}"
        self._admit(hosts)

    def _admit(self, hosts: list[str]) -> None:
        """Makes them partners in the policy that `init` wrote, and providers to the server."""
        policy = self.folder / "init/policy.toml"
        begin = '[list.partners]\nstanding = "allow"\nentries  = ['
        assert policy.read_text().count(begin) == 1
        policy.write_text(policy.read_text().replace(begin, begin + "".join(f"{json.dumps(host)}, " for host in hosts)))
        shutil.copy(policy, self.gateway.folder / "policy.toml")
        exported = subprocess.run(
            [binary(), "list", "export", "partners", "--format", "ocmproviders",
             "-c", self.folder / "init/config.toml"], check=True, capture_output=True, timeout=60)
        (self.folder / "config/ocmproviders.json").write_bytes(exported.stdout)

    def _written_lines(self) -> dict[str, str]:
        """What `init` says to put into its environment."""
        made = self.folder / "init"
        subprocess.run(
            [binary(), "init", self.release.kind, "--origin", f"https://{self.host}", "--listen", "127.0.0.1:8443",
             "--backend", f"http://127.0.0.1:{self.port}", "--egress", f"127.0.0.1:{self.gateway.egress_port}",
             "--dir", str(made)], check=True, capture_output=True, timeout=60)
        return dict(re.findall(r"(?m)^([A-Z_]+)=(\S+)$", (made / "backend.txt").read_text()))

    def _places(self) -> dict[str, str]:
        """Where each service listens. They expect to be alone on a machine."""
        ports = iter(self.others[3:])
        told = {f"{service.upper().replace('-', '_')}_{what}_ADDR": f"127.0.0.1:{next(ports)}"
                for service in SERVICES for what in ("HTTP", "GRPC", "DEBUG")}
        told |= {f"{service}_DATA_SERVER_URL": f"http://{told[address]}/data" for service, address in (
            ("STORAGE_USERS", "STORAGE_USERS_HTTP_ADDR"), ("STORAGE_SYSTEM", "STORAGE_SYSTEM_HTTP_ADDR"),
            ("OCM_OCM_STORAGE", "OCM_HTTP_ADDR"))}
        return told | {"NATS_NATS_PORT": str(self.others[0]), "IDM_LDAPS_ADDR": f"127.0.0.1:{self.others[1]}"}

    def _shared_places(self) -> dict[str, str]:
        """What all services are told, by names without the prefix."""
        events, directory, runtime = self.others[:3]
        return {"RUNTIME_PORT": str(runtime), "LDAP_URI": f"ldaps://localhost:{directory}"} | {
            name: f"127.0.0.1:{events}" for name in ("EVENTS_ENDPOINT", "CACHE_STORE_NODES", "PERSISTENT_STORE_NODES")}

    def open(self, _hosts: list[str]) -> None:
        """Starts the gateway, and the server, which believes it; returns when its users can log in."""
        self.gateway.start()
        self.bundle.write_bytes(b"".join(
            file.read_bytes() for file in (self.authority.file, self.gateway.egress_authority)))
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen([self.release.file, "server"], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 90
        while not self._is_up():
            assert self.process.poll() is None and time.monotonic() < deadline, \
                (self.folder / "output").read_text(errors="replace")[-3000:]
            time.sleep(0.5)
        for user in ("alice", "bobby"):
            self.accounts[user] = self.ask("admin", "POST", "/graph/v1.0/users", {
                "displayName": user.title(), "mail": f"{user}@{self.host}", "onPremisesSamAccountName": user,
                "passwordProfile": {"password": self.passwords[user]}})["id"]

    def _is_up(self) -> bool:
        try:
            return self.request("admin", "GET", "/graph/v1.0/me/drive").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    # What its users see

    def request(self, user: str, method: str, target: str, headers=(), body: bytes = b"") -> Response:
        given = base64.b64encode(f"{user}:{self.passwords[user]}".encode()).decode()
        with self.gateway.connect(timeout=60) if self.has_pages else self._behind() as connection:
            return self.gateway.request(
                method, target, [("Authorization", f"Basic {given}"), *headers], body, connection)

    def _behind(self) -> Connection:
        """Straight to the server, past its gateway."""
        return Connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, user: str, method: str, target: str, told: dict | None = None):
        """What an answer of its API says; None of one without a body."""
        headers, body = ([], b"") if told is None else (
            [("Content-Type", "application/json")], json.dumps(told).encode())
        response = self.request(user, method, target, headers, body)
        assert response.status in (200, 201, 204), self.story(f"{method} {target}", response)
        return json.loads(response.body) if response.body.strip() else None

    def with_secret(self, method: str, target: str, secret: str, headers=()) -> Response:
        """As a peer asks for shared data, but at the server behind its gateway."""
        with self._behind() as connection:
            connection.send(compose(f"{method} {target} HTTP/1.1", [
                ("Host", self.host), ("Authorization", f"Bearer {secret}"), *headers]))
            return connection.receive(method)

    def story(self, what: str, response: Response) -> str:
        return f"{self.release.name}: {what}: {response.start}: {response.body[:600]!r}\n{self.gateway.log()[-3000:]}"

    # Invitations

    def invitation(self, user: str) -> str:
        return self.ask(user, "POST", "/sciencemesh/generate-invite", {})["token"]

    def accept_invitation(self, user: str, token: str, host: str) -> None:
        self.ask(user, "POST", "/sciencemesh/accept-invite", {"token": token, "providerDomain": host})

    def contacts(self, user: str, name: str, host: str) -> list[str]:
        """Those of this name at that host with whom this one has an invitation in common, as its API names them."""
        query = f"$filter={quote(FEDERATED)}&$search={quote(json.dumps(name))}"
        found = self.ask(user, "GET", f"/graph/v1.0/users?{query}").get("value") or []
        return [one["id"] for one in found if one["identities"][0]["issuer"] == host]

    # What it has and shares

    def place(self, user: str, name: str) -> str:
        """Of a file of its own."""
        return f"/dav/spaces/{self.ask(user, 'GET', '/graph/v1.0/me/drive')['id']}/{quote(name)}"

    def dav(self, user: str, method: str, place: str, body: bytes = b"", headers=()) -> Response:
        return self.request(user, method, place, headers, body)

    def write(self, user: str, place: str, data: bytes) -> None:
        response = self.dav(user, "PUT", place, data)
        assert response.status in (201, 204), self.story(f"PUT {place}", response)

    def read(self, user: str, place: str) -> bytes:
        response = self.dav(user, "GET", place)
        assert response.status == 200, self.story(f"GET {place}", response)
        return response.body

    def names(self, user: str, place: str) -> list[str]:
        """What is in a folder, as URLs have it. Of received files its answer is no XML: it is not parsed."""
        response = self.dav(user, "PROPFIND", place, b"", [("Depth", "1")])
        assert response.status == 207, self.story(f"PROPFIND {place}", response)
        return [href.rstrip("/").rpartition("/")[2]
                for href in re.findall(r"<d:href>([^<]*)</d:href>", response.body.decode())[1:]]

    def item(self, user: str, name: str) -> str:
        """The resource that its API has for a file of its own."""
        response = self.dav(user, "PROPFIND", self.place(user, name), b"", [("Depth", "0")])
        assert response.status == 207, self.story(f"PROPFIND {name}", response)
        drive, number = re.search(r"<oc:id>(([^<!]*)![^<]*)</oc:id>", response.body.decode()).group(2, 1)
        return f"/graph/v1beta1/drives/{drive}/items/{number}"

    def shares(self) -> dict[str, dict]:
        """Those that it gave, with their permanent secrets, by their ids."""
        return json.loads((self.folder / "data/storage/ocm/ocmshares.json").read_text())["shares"]

    # What it has received

    def received(self, user: str, name: str) -> list[dict]:
        return [item for item in self.ask(user, "GET", "/graph/v1beta1/me/drive/sharedWithMe")["value"]
                if item["name"] == name]

    def mount(self, user: str, name: str) -> str:
        """Has what was received under this name synchronized; its place."""
        [item] = self.received(user, name)
        number = item["remoteItem"]["id"]
        self.ask(user, "POST", f"/graph/v1beta1/drives/{RECEIVED}/root/children",
                 {"name": name, "remoteItem": {"id": number}})
        return f"/dav/spaces/{number}"

    def received_secrets(self) -> dict[str, str]:
        """What it keeps in the place of the permanent secrets, by the id that the owner gave each share."""
        kept = json.loads((self.folder / "data/storage/ocm/ocmshares.json").read_text())["received_shares"]
        return {share["remoteShareId"]: way["webdavOptions"]["sharedSecret"]
                for share in kept.values() for way in share["protocols"] if "webdavOptions" in way}

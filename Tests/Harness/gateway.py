"""The real binary, run on loopback with a configuration of the test's own."""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from certificates import Authority
from listener import free_port
from peers import Peer, PeerServer, as_json
from ways import ProxyWay
from wire import Connection, Response, compose

POLICY = """\
version = 1
name    = "end-to-end"
mode    = "enforce"
default = "deny"
unknown = "{unknown}"

[list.partners]
standing = "allow"
entries  = {partners}

[list.legacy]
standing = "allow"
entries  = {legacy}

[[require]]
name   = "signed"
on     = ["share", "notification", "invite", "token"]
except = ["@legacy"]
need   = ["signature"]
code   = "signature_required"

[[rule]]
name   = "admitted"
on     = ["share", "notification", "invite", "request-share", "token", "webdav"]
action = "allow"
{more}"""

CONFIGURATION = """\
version = 1
profile = "{profile}"

[site]
origin   = "https://{host}"
provider = "End to end"

[[listen]]
address = "{address}:{port}"
tls     = "{host}"
{listen}

[tls."{host}"]
cert = "{certificate}"
key  = "{key}"

[backend]
url  = "{backend}"
kind = "{kind}"
pass = "{passing}"

[outbound]
ca_file       = "{ca}"
resolve       = {{ {resolve} }}
allow_private = {private}
{outbound}

[egress]
{egress}

[signature]
keys = "{folder}/keys"

[token]
ttl = "{ttl}"
{token}

[policy]
file = "policy.toml"

[state]
url      = "sqlite:{folder}/state.db"
seal_key = "{folder}/seal.key"

[journal]
dir = "{folder}/journal"
{journal}
"""


def binary() -> Path:
    given = os.environ.get("OCMGATE")
    path = Path(given) if given else Path(__file__).parents[2] / ".build/debug/ocmgate"
    if not path.exists():
        raise FileNotFoundError(f"{path}: build it first, or name it in OCMGATE")
    return path.resolve()


def replace(file: Path, data: bytes, mode=0o600) -> None:
    """As tools for certificates do: a new file in the place of the old one."""
    new = file.with_suffix(".new")
    new.write_bytes(data)
    new.chmod(mode)
    os.rename(new, file)


class Evidence:
    """All that gateways of this run wrote, and all the values that must not be in it."""

    def __init__(self):
        self.files: list[Path] = []
        self.folders: list[Path] = []
        self.canaries: set[str] = set()

    def hide(self, *values: str) -> None:
        self.canaries.update(value for value in values if len(value) >= 12)

    def secret(self, length: int = 15) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        value = "".join(secrets.choice(alphabet) for _ in range(length))
        self.hide(value)
        return value


class Gateway:
    """One gateway with its folder; it can be stopped, killed and started again on the same state."""

    # The signing keys that the first gateway of each host made: the next ones begin with them, since to make an
    # RSA key takes a second of a processor, twenty times what a start takes otherwise.
    made_keys: dict[str, dict[str, bytes]] = {}

    def __init__(self, folder: Path, authority: Authority, evidence: Evidence, peers: PeerServer,
                 backend_url: str, *, host="cloud.test", kind="nextcloud", passing="all", profile="bridge",
                 ttl="5m", token="", partners=None, legacy=None, policy="", configuration="",
                 address="127.0.0.1", listen="",
                 egress: str | None = None, outbound="", journal="", private=("127.0.0.0/8",),
                 unknown="deny"):
        self.host = host
        self.folder = folder
        self.authority = authority
        self.evidence = evidence
        self.peers = peers
        self.port = free_port()
        # Its way out, when `egress` is given (as further keys of that table).
        self.egress_port = free_port() if egress is not None else None
        self.egress_authority = folder / "egress-ca.pem"
        self.process: subprocess.Popen | None = None
        self.starts = 0
        self.environment: dict[str, str] = {}
        # What it is started with: a program that ends in `exec "$@"`.
        self.wrapper: list[str] = []
        # Whether its clients begin by a PROXY header, so that a plain handshake is refused.
        self.is_announced = False
        # Further arguments of `run`.
        self.arguments: list[str] = []
        # Descriptors that it inherits.
        self.inherited: tuple[int, ...] = ()
        own = authority.issue(self.host)
        if partners is None:
            partners = [peer.host for peer in peers.peers.values()
                        if peer.generation != "unsigned"]
        if legacy is None:
            legacy = [peer.host for peer in peers.peers.values()
                      if peer.generation == "unsigned"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.toml").write_text(
            POLICY.format(partners=json.dumps(partners), legacy=json.dumps(legacy), more=policy,
                          unknown=unknown)
        )
        self.configuration = folder / "config.toml"
        self.configuration.write_text(
            CONFIGURATION.format(
                profile=profile, host=self.host, port=self.port, address=address, listen=listen,
                certificate=own.certificate, key=own.key, backend=backend_url, kind=kind, passing=passing, ttl=ttl,
                token=token, ca=authority.file, folder=folder, outbound=outbound, journal=journal,
                private=json.dumps(list(private)), egress=self._egress(egress),
                resolve=", ".join(f'"{a}" = "{b}"' for a, b in peers.resolve().items()
                                  if a != f"{host}:443"),
            )
            + configuration
        )

    def _egress(self, keys: str | None) -> str:
        if keys is None:
            return 'listen = ""'
        return (f'listen = "127.0.0.1:{self.egress_port}"\nca = "{self.egress_authority}"\n'
                f'clients = ["127.0.0.0/8"]\n{keys}')

    # Life

    def start(self) -> "Gateway":
        self.starts += 1
        log = self.folder / f"stderr.{self.starts}"
        self.log_file = log
        self.evidence.files.append(log)
        self._take_made_keys()
        if self.folder not in self.evidence.folders:
            self.evidence.folders.append(self.folder)
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*self.wrapper, binary(), "run", "-c", self.configuration, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                env=os.environ | self.environment, pass_fds=self.inherited,
            )
        deadline = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                code, self.process = self.process.returncode, None
                raise AssertionError(f"it ended with {code}:\n{self.log()}")
            try:
                # Its ports open one after the other: it has started when it says so.
                if "gateway.started" not in self.log():
                    raise ConnectionError("not all of its ports are open")
                if not self.is_announced:
                    self.connect(timeout=2).close()
                if self.egress_port is not None:
                    socket.create_connection(("127.0.0.1", self.egress_port), timeout=2).close()
                self._keep_made_keys()
                return self
            except (ConnectionError, TimeoutError, OSError):
                if time.monotonic() > deadline:
                    self.kill()
                    raise AssertionError(f"it did not listen within 20 s:\n{self.log()}") from None
                time.sleep(0.02)

    def _take_made_keys(self) -> None:
        folder = self.folder / "keys"
        if self.starts > 1 or folder.exists() or self.host not in Gateway.made_keys:
            return
        folder.mkdir(0o700)
        for name, data in Gateway.made_keys[self.host].items():
            (folder / name).touch(0o600)
            (folder / name).write_bytes(data)

    def _keep_made_keys(self) -> None:
        if self.host in Gateway.made_keys:
            return
        made = {file.name: file.read_bytes() for file in (self.folder / "keys").glob("*")
                if not file.name.startswith("journal.")}
        if set(made) == {"ed25519-1.pem", "rsa-1.pem", "keys.toml"}:
            Gateway.made_keys[self.host] = made

    def stop(self) -> int:
        """Asks it to end, as systemd would; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("it did not end within 15 s of SIGTERM") from None
        self.process = None
        return code

    def end(self) -> list[str]:
        """Stops it, at the end of tests; what is wrong when it did not end well, now or long before."""
        try:
            code = self.stop()
        except AssertionError as error:
            return [f"{self.folder}: {error}"]
        return [f"{self.folder}: it ended with {code}:\n{self.log()[-2000:]}"] if code != 0 else []

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    # What it says

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def records(self) -> list[dict]:
        """Its log lines; a line that is not JSON is an error, but for one being written."""
        whole, _, begun = self.log().rpartition("\n")
        lines = whole.splitlines() + ([begun] if self.process is None else [])
        return [json.loads(line) for line in lines if line.strip()]

    def lines(self, message: str, at_least: int = 1) -> list[dict]:
        """Its log lines of one kind, once there are so many; the log is written a moment after what
        it tells of."""
        deadline = time.monotonic() + 20
        while True:
            lines = [record for record in self.records() if record["message"] == message]
            if len(lines) >= at_least:
                return lines
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)

    def decisions(self, at_least: int = 0) -> list[dict]:
        """The lines of decisions, those of the answers that came before among them: lines gather for
        some milliseconds before they are written."""
        time.sleep(0.03)
        return self.lines("ocm.decision", at_least)

    def decision(self, name: str) -> dict:
        """The line of a decision; the log is written a moment after the answer."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for line in self.decisions():
                if line["decision"] == name:
                    return line
            time.sleep(0.01)
        raise KeyError(name)

    def memory(self, field: str = "VmHWM") -> int:
        """Bytes, of which there are to be no more than so many. Under a sanitizer, which has most of them, none:
        what else the test looks at is looked at still."""
        if "OCMGATE_SANITIZED" in os.environ:
            return 0
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(field)

    def own_certificate(self, folder: Path) -> None:
        """Before it is started: its `certificate` and `key` become copies that may be changed."""
        issued = self.authority.issue(self.host)
        self.certificate, self.key = folder / "own.pem", folder / "own.key"
        text = self.configuration.read_text()
        for given, own in ((issued.certificate, self.certificate), (issued.key, self.key)):
            shutil.copy(given, own)
            text = text.replace(str(given), str(own))
        self.configuration.write_text(text)

    def descriptors(self) -> int:
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # Its commands

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        run = subprocess.run(
            [binary(), *arguments, "-c", self.configuration], capture_output=True, text=True,
            timeout=30, stdin=subprocess.DEVNULL,
        )
        # What is printed is looked at too, but for the code that this one is there to print.
        if arguments[:2] != ("share", "add"):
            said = self.folder / "commands.log"
            with said.open("a") as file:
                file.write(run.stdout + run.stderr)
            self.evidence.files.append(said)
        if check:
            assert run.returncode == 0, (arguments, run.returncode, run.stdout, run.stderr)
        return run

    def shares(self) -> list[dict]:
        listed = json.loads(self.command("share", "list", "--json").stdout)
        return listed["shares"] if isinstance(listed, dict) else listed

    def add_share(self, peer: str, provider_id: str, secret: str, *more: str) -> str:
        """Registers a share that the backend made; the code that its peer gets for the secret."""
        file = self.folder / f"{secrets.token_hex(4)}.secret"
        file.write_text(secret)
        self.evidence.hide(secret)
        run = self.command("share", "add", "--peer", peer, "--provider-id", provider_id,
                           "--secret-file", str(file), "--json", *more)
        file.unlink()
        code = json.loads(run.stdout)["code"]
        self.evidence.hide(code)
        return code

    # Talking to it

    def way_out(self, agent: str = "curl") -> ProxyWay:
        """The way of a backend: through its forward proxy, believing its authority alone."""
        return ProxyWay(self.egress_port, self.egress_authority, agent)

    def connect(self, timeout: float = 20, **how) -> Connection:
        """`how`: `name` in the handshake, `source` address."""
        return Connection(("127.0.0.1", self.port), self.authority.client_context(),
                          how.pop("name", self.host), timeout, **how)

    def request(self, method: str, target: str, headers=(), body: bytes = b"",
                connection: Connection | None = None) -> Response:
        fields = list(headers)
        names = {name.lower() for name, _ in fields}
        if "host" not in names:
            fields.insert(0, ("Host", self.host))
        if body and "content-length" not in names:
            fields.append(("Content-Length", str(len(body))))
        data = compose(f"{method} {target} HTTP/1.1", fields, body)
        if connection is not None:
            connection.send(data)
            return connection.receive(method)
        with self.connect() as single:
            single.send(data)
            return single.receive(method)

    def post(self, peer: Peer, path: str, body: bytes | dict, content_type="application/json",
             connection: Connection | None = None, **change) -> Response:
        """A message of this peer, signed in its generation."""
        if isinstance(body, dict):
            body = as_json(body)
        fields = peer.signed("POST", f"https://{self.host}{path}", body, content_type, **change)
        return self.request("POST", path, fields, body, connection)

    def exchange(self, peer: Peer, code: str, **change) -> Response:
        response = self.post(
            peer, "/ocm/token", peer.token_form(code), "application/x-www-form-urlencoded",
            nonce=secrets.token_hex(8), **change,
        )
        self.evidence.hide(code)
        if response.status == 200:
            self.evidence.hide(json.loads(response.body)["access_token"])
        return response

    def token(self, peer: Peer, code: str) -> str:
        response = self.exchange(peer, code)
        assert response.status == 200, (response.status, response.body, self.log()[-2000:])
        return json.loads(response.body)["access_token"]

    def dav(self, method: str, target: str, token: str, headers=(), body: bytes = b"",
            connection: Connection | None = None) -> Response:
        return self.request(method, target,
                            [("Authorization", f"Bearer {token}"), *headers], body, connection)

    def with_secret(self, method: str, target: str, secret: str, headers=(), body: bytes = b""
                    ) -> Response:
        value = base64.b64encode(f"{secret}:".encode()).decode()
        self.evidence.hide(secret, value)
        return self.request(method, target,
                            [("Authorization", f"Basic {value}"), *headers], body)

"""Real servers: trees of Nextcloud and ownCloud that lie on this disk, run by PHP and nginx behind a gateway each, and
the world in which they, OpenClouds and oCIS know each other."""

import base64
import json
import os
import pwd
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from federation import Relay
from gateway import Gateway
from listener import free_port
from opencloud import OpenCloud, Release
from wire import Connection, Response, compose

PHP = os.environ.get("OCMGATE_PHP", "8.2")
PARTNER = '"cloud.partner.example"'
OCS = "/ocs/v2.php/apps/files_sharing/api/v1"

# What an installation is told beside what it writes itself; deploy/ says the same in commands.
SETTINGS = """<?php
$CONFIG = array(
  'trusted_domains' => array('localhost', 'HOST'),
  'overwrite.cli.url' => 'https://HOST', 'overwritehost' => 'HOST', 'overwriteprotocol' => 'https',
  'trusted_proxies' => array('127.0.0.1'),
  'proxy' => '127.0.0.1:PROXY',
  'allow_local_remote_servers' => true,
  'auth.bruteforce.protection.enabled' => false, 'ratelimit.protection.enabled' => false,
  'appstoreenabled' => false, 'updatechecker' => false, 'upgrade.disable-web' => true,
);
"""

# What Nextcloud's manual has for nginx; ownCloud's entry points are among these.
SERVER = r"""
server {
    listen 127.0.0.1:PORT; server_name HOST; root TREE; absolute_redirect off;
    client_max_body_size 0; fastcgi_buffers 64 4k;
    index index.php index.html /index.php$request_uri;
    location ^~ /.well-known { return 301 /index.php$request_uri; }
    location ~ ^/(?:build|tests|config|lib|3rdparty|templates|data)(?:$|/) { return 404; }
    location ~ ^/(?:\.|autotest|occ|issue|indie|db_|console) { return 404; }
    location ~ \.php(?:$|/) {
        rewrite ^/(?!index|remote|public|cron|status|ocs/v[12]|ocs/providers|oc[ms]-provider/.+) /index.php$request_uri;
        fastcgi_split_path_info ^(.+?\.php)(/.*)$;
        set $path_info $fastcgi_path_info;
        try_files $fastcgi_script_name =404;
        include /etc/nginx/fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_param PATH_INFO $path_info;
        fastcgi_param HTTPS on;
        fastcgi_param modHeadersAvailable true;
        fastcgi_param front_controller_active true;
        fastcgi_pass 127.0.0.1:POOL;
        fastcgi_request_buffering off; fastcgi_read_timeout 180s;
    }
    location / { try_files $uri $uri/ /index.php$request_uri; }
}
"""

NGINX = """
daemon off; master_process off; pid FOLDER/nginx.pid; error_log FOLDER/nginx.log;
events { }
http {
    access_log FOLDER/access.log;
    client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi; uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
    SERVERS
}
"""


@dataclass(frozen=True)
class Tree:
    """An unpacked release. `kind` is what a gateway calls it."""

    kind: str
    folder: Path

    @property
    def name(self) -> str:
        text = (self.folder / "version.php").read_text()
        return self.kind + "-" + re.search(r"OC_VersionString\s*=\s*'([^']+)'", text)[1]


def given_trees() -> list[Tree]:
    """Those that the environment names, of one variable with colons between them."""
    trees = [Tree(kind, Path(folder).resolve())
             for kind, variable in (("nextcloud", "OCMGATE_NEXTCLOUD"), ("owncloud10", "OCMGATE_OWNCLOUD"))
             for folder in os.environ.get(variable, "").split(":") if folder]
    for tree in trees:
        if not (tree.folder / "version.php").exists():
            raise FileNotFoundError(f"{tree.folder}: no tree of {tree.kind}: it has no version.php")
    return trees


def program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert found, f"{name} is not installed"
    return found


class Site:
    """An installation with its own configuration and data, and the gateway that is all others see of it."""

    def __init__(self, folder: Path, tree: Tree, host: str, authority, evidence, capture):
        self.folder, self.tree, self.host = folder, tree, host
        self.port, self.pool = free_port(), free_port()
        self.authority, self.bundle = authority, folder / "authorities.pem"
        self.passwords = {user: secrets.token_hex(16) for user in ("admin", "alice", "bobby")}
        self.gateway = Gateway(
            folder / "gateway", authority, evidence, capture, f"http://127.0.0.1:{self.port}", host=host,
            kind=tree.kind, token='accept_secret = "legacy"', egress='other = "refuse"',
            configuration='[log]\nlevel = "debug"\n')

    def install(self, _hosts: list[str]) -> None:
        for name in ("config", "data", "temporary"):
            (self.folder / name).mkdir()
        # An ownCloud asks no environment where its configuration is.
        place = os.path.relpath(self.folder / "config", self.tree.folder)
        (self.folder / "prepended.php").write_text(
            f"<?php define('PHPUNIT_CONFIG_DIR', '{place}');\n" if self.tree.kind == "owncloud10" else "<?php\n")
        (self.folder / "config/site.config.php").write_text(
            SETTINGS.replace("HOST", self.host).replace("PROXY", str(self.gateway.egress_port)))
        self.occ("maintenance:install", "--database", "sqlite", "--data-dir", str(self.folder / "data"),
                 "--admin-user", "admin", "--admin-pass", self.passwords["admin"])
        for app in ("password_policy", "firstrunwizard"):
            self.occ("app:disable", app, check=False)
        for user in ("alice", "bobby"):
            # Some releases fail afterwards, in making a picture of the name, where a font is missing.
            said = self.occ("user:add", "--password-from-env", user, check=False, OC_PASS=self.passwords[user])
            assert self.rows("select uid from oc_users where uid = ?", user) != [], said
        if self.tree.kind == "owncloud10":
            # Its own older API does not find shares whose number is below 256.
            with sqlite3.connect(self.database) as database:
                # There may be a row: of two, SQLite takes the first.
                database.execute("delete from sqlite_sequence where name = 'oc_share'")
                database.execute("insert into sqlite_sequence (name, seq) values ('oc_share', 1000)")

    def open(self, hosts: list[str]) -> None:
        """Starts the gateway, with the policy that is shipped for this kind and these partners, and has it believed."""
        shipped = (Path(__file__).parents[2] / "deploy" / self.tree.kind / "policy.toml").read_text()
        assert shipped.count(PARTNER) == 1
        (self.gateway.folder / "policy.toml").write_text(shipped.replace(PARTNER, ", ".join(map(json.dumps, hosts))))
        self.gateway.start()
        authorities = [self.authority.file, self.gateway.egress_authority]
        self.bundle.write_bytes(b"".join(file.read_bytes() for file in authorities))
        for file in authorities:
            self.occ("security:certificates:import", str(file))

    def settings(self) -> dict[str, str]:
        """What PHP is told. For discovery newer servers ask the system's authorities, not the bundle that they make."""
        return {"memory_limit": "512M", "error_reporting": "0", "display_errors": "0", "output_buffering": "0",
                "curl.cainfo": str(self.bundle), "openssl.cafile": str(self.bundle),
                "auto_prepend_file": f"{self.folder}/prepended.php", "sys_temp_dir": str(self.folder / "temporary")}

    def occ(self, *arguments: str, check=True, **environment: str) -> str:
        options = [option for name, value in self.settings().items() for option in ("-d", f"{name}={value}")]
        run = subprocess.run(
            [program(f"php{PHP}"), *options, "occ", *arguments], cwd=self.tree.folder, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=600,
            env=os.environ | {"NEXTCLOUD_CONFIG_DIR": str(self.folder / "config")} | environment)
        said = f"{self.tree.name}: {arguments[0]}: {run.stdout[-3000:]}{run.stderr[-3000:]}"
        assert not check or run.returncode == 0, said
        return said

    # What its users see

    def request(self, user: str, method: str, target: str, headers=(), body: bytes = b"") -> Response:
        given = base64.b64encode(f"{user}:{self.passwords[user]}".encode()).decode()
        with self.gateway.connect(timeout=180) as connection:
            return self.gateway.request(
                method, target, [("Authorization", f"Basic {given}"), *headers], body, connection)

    def ocs(self, user: str, method: str, resource: str, **form):
        """The data of an answer of its own API."""
        response = self.request(
            user, method, f"{OCS}{resource}?format=json",
            [("OCS-APIRequest", "true"), ("Content-Type", "application/x-www-form-urlencoded")],
            urlencode(form).encode())
        assert response.status == 200, self.story(f"{method} {resource}", response)
        return json.loads(response.body)["ocs"]["data"]

    def dav(self, user: str, method: str, name: str, body: bytes = b"") -> Response:
        return self.request(user, method, f"/remote.php/dav/files/{user}/{quote(name)}", [], body)

    def write(self, user: str, name: str, data: bytes) -> None:
        response = self.dav(user, "PUT", name, data)
        assert response.status in (201, 204), self.story(f"PUT {name}", response)

    def read(self, user: str, name: str) -> bytes:
        response = self.dav(user, "GET", name)
        assert response.status == 200, self.story(f"GET {name}", response)
        return response.body

    def with_secret(self, method: str, target: str, secret: str, headers=()) -> Response:
        """As at its gateway, but straight to the server behind."""
        given = base64.b64encode(f"{secret}:".encode()).decode()
        with Connection(("127.0.0.1", self.port), timeout=180) as connection:
            connection.send(compose(f"{method} {target} HTTP/1.1", [
                ("Host", self.host), ("Authorization", f"Basic {given}"), *headers]))
            return connection.receive(method)

    def story(self, what: str, response: Response) -> str:
        return f"{self.tree.name}: {what}: {response.start}: {response.body[:600]!r}\n{self.gateway.log()[-3000:]}"

    # What its database holds

    @property
    def database(self) -> Path:
        return self.folder / "data/owncloud.db"

    def rows(self, query: str, *values) -> list[tuple]:
        database = sqlite3.connect(f"file:{quote(str(self.database))}?mode=ro", uri=True, timeout=60)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()


class World:
    """For each of what is given a site of owners and one of receivers. What goes between gateways passes `capture`."""

    def __init__(self, folder: Path, given: list[Tree | Release], authority, evidence, capture):
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.owners: dict[Tree | Release, Site | OpenCloud] = {}
        self.receivers: dict[Tree | Release, Site | OpenCloud] = {}
        self.sites: list[Site | OpenCloud] = []
        hosts = [f"{role}{number}.test" for number in range(1, len(given) + 1) for role in ("owner", "receiver")]
        for host in hosts:
            capture.put(Relay(host, lambda host=host: next(s.gateway for s in self.sites if s.host == host)))
        for host, one in zip(hosts, [one for one in given for _ in range(2)]):
            kind = OpenCloud if isinstance(one, Release) else Site
            self.sites.append(kind(folder / host, one, host, authority, evidence, capture))
            (self.owners if host.startswith("owner") else self.receivers)[one] = self.sites[-1]

    def start(self) -> "World":
        hosts = [site.host for site in self.sites]
        for site in self.sites:
            site.install(hosts)
        self._serve([site for site in self.sites if isinstance(site, Site)])
        for site in self.sites:
            site.open(hosts)
        return self

    def _serve(self, sites: list[Site]) -> None:
        """Starts what the trees are run by."""
        if not sites:
            return
        servers = "".join(SERVER.replace("PORT", str(site.port)).replace("POOL", str(site.pool))
                          .replace("HOST", site.host).replace("TREE", f'"{site.tree.folder}"') for site in sites)
        nginx, fpm = self.folder / "nginx.conf", self.folder / "fpm.conf"
        nginx.write_text(NGINX.replace("FOLDER", str(self.folder)).replace("SERVERS", servers))
        fpm.write_text(f"[global]\nerror_log = {self.folder}/fpm.log\n" + "".join(map(self._pool, sites)))
        self._run(program(f"php-fpm{PHP}"), "--nodaemonize", "--allow-to-run-as-root", "--fpm-config", str(fpm))
        self._run(program("nginx"), "-c", str(nginx))
        for port in [port for site in sites for port in (site.pool, site.port)]:
            self._wait(port)

    def _pool(self, site: Site) -> str:
        name = pwd.getpwuid(os.geteuid()).pw_name
        lines = [f"[{site.host}]", f"user = {name}", f"listen = 127.0.0.1:{site.pool}",
                 "pm = ondemand", "pm.max_children = 8", f"env[NEXTCLOUD_CONFIG_DIR] = {site.folder}/config",
                 *(f"php_admin_value[{key}] = {value}" for key, value in site.settings().items())]
        return "\n".join(lines) + "\n"

    def _run(self, *command: str) -> None:
        with (self.folder / "output").open("ab") as output:
            self.processes.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output))

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + 30
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert all(process.poll() is None for process in self.processes) and time.monotonic() < deadline, \
                (self.folder / "output").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        for site in self.sites:
            if isinstance(site, OpenCloud):
                site.stop()
        wrong = [problem for site in self.sites for problem in site.gateway.end()]
        assert wrong == [], "\n".join(wrong)

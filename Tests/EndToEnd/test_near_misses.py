"""A proxy in front that spoils signatures: the message is refused, and the log says what the proxy did."""

import json
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from gateway import binary
from listener import free_port
from peers import as_json, share
from wire import Connection, compose

# By the name that the log has for it: what nginx does, and to which path.
WAYS = {
    "host-rewritten": ("proxy_set_header Host old.test; proxy_pass http://GATEWAY;", "/ocm/shares"),
    "index-php-removed": (
        "proxy_set_header Host $host; rewrite ^/index.php/(.*)$ /$1 break; proxy_pass http://GATEWAY;",
        "/index.php/ocm/shares"),
    "query-dropped": (
        "proxy_set_header Host $host; rewrite ^(.*)$ $1? break; proxy_pass http://GATEWAY;",
        "/ocm/shares?format=json"),
    "slashes-merged": (
        "proxy_set_header Host $host; proxy_pass http://GATEWAY/;", "/ocm//shares"),
}


@pytest.fixture(scope="module")
def gateway(start, legacy):
    def prepare(gateway):
        gateway.plain = free_port()
        text = gateway.configuration.read_text()
        text = text.replace("[site]\n", '[site]\naliases = ["https://old.test"]\n', 1)
        text = text.replace(
            "[tls.", f'[[listen]]\naddress = "127.0.0.1:{gateway.plain}"\n\n[tls.', 1)
        gateway.configuration.write_text(text)

    _, backend = legacy("nextcloud")
    return start(backend.url, prepare=prepare)


@pytest.fixture(scope="module")
def nginx(gateway, tmp_path_factory):
    """Its ports, one for each way of spoiling."""
    folder = tmp_path_factory.mktemp("nginx")
    ports = {name: free_port() for name in WAYS}
    servers = "\n".join(
        "server { listen 127.0.0.1:%d; location / { %s } }" % (
            ports[name], way.replace("GATEWAY", f"127.0.0.1:{gateway.plain}"))
        for name, (way, _) in WAYS.items())
    paths = " ".join(f"{name}_temp_path {folder}/{name};"
                     for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ }}\nhttp {{ access_log off; {paths}\n{servers}\n}}\n")
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(file)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    for port in ports.values():
        while True:
            try:
                Connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.02)
    yield ports
    process.terminate()
    process.wait(10)


def near_miss(gateway, decision: str) -> dict:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for line in gateway.lines("signature.near-miss"):
            if line["decision"] == decision:
                return line
        time.sleep(0.02)
    raise KeyError(decision)


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("host", ["modern.test", "cavage.test"])
def test_what_the_proxy_did_is_told(gateway, nginx, peers, name, host):
    path = WAYS[name][1]
    peer = peers.peers[host]
    body = as_json(share(peer))
    fields = peer.signed("POST", f"https://cloud.test{path}", body, "application/json")
    with Connection(("127.0.0.1", nginx[name])) as connection:
        connection.send(compose(f"POST {path} HTTP/1.1", fields, body))
        response = connection.receive("POST")
    assert response.status == 401, response.body
    answer = json.loads(response.body)
    assert answer["error"] == "signature_invalid"
    line = near_miss(gateway, answer["decision"])
    assert [found["name"] for found in line["distortions"]] == [name]
    assert line["peer"] == host and "nginx" in line["remedy"]
    # The peer hears nothing of it.
    assert name not in response.body.decode() and "nginx" not in response.body.decode()


def test_the_same_is_found_offline(peers, tmp_path):
    peer = peers.peers["modern.test"]
    body = as_json(share(peer))
    fields = peer.signed("POST", "https://cloud.test/index.php/ocm/shares", body, "application/json")
    (tmp_path / "keys.jwks").write_text(json.dumps(peer.jwks()))
    results = {}
    for name, target in {"as it came": "/ocm/shares", "as it was signed": "/index.php/ocm/shares"}.items():
        file = tmp_path / "message.http"
        file.write_bytes(compose(f"POST {target} HTTP/1.1", fields, body))
        for form in ([], ["--json"]):
            run = subprocess.run(
                [binary(), "sig", "explain", file, "--key", tmp_path / "keys.jwks", *form],
                capture_output=True, text=True, timeout=30)
            results[name, bool(form)] = run
    came, signed = results["as it came", True], results["as it was signed", True]
    assert came.returncode == 1, came.stderr
    assert [found["name"] for found in json.loads(came.stdout)["distortions"]] == ["index-php-removed"]
    assert signed.returncode == 0 and json.loads(signed.stdout)["result"] == "genuine"
    words = results["as it came", False].stdout
    assert "/index.php was removed from the path" in words and "remedy" in words
    # The message is as it was signed; its key may come from standard input.
    pem = peer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for keys in (["--key", "-"], ["--key", tmp_path / "keys.jwks", "--old-key", "-"]):
        run = subprocess.run([binary(), "sig", "explain", file, *keys], input=pem, capture_output=True,
                             timeout=30)
        assert run.returncode == 0 and b"verifies as it is" in run.stdout, run

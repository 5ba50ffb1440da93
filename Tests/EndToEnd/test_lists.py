"""Downloaded lists: whatever their server does, access never widens, and a person is told."""

import json
import subprocess
import time
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives import serialization

from gateway import binary
from listserver import ListServer, Publisher
from peers import PeerServer, share
from test_shares import decided, refused

POLICY = """
[list.abuse]
standing   = "block"
source     = "https://lists.test/abuse.csv"
format     = "csv"
keys       = ["abuse.jwk"]
apply      = "all"
max_change = "100%"

[list.mesh]
standing = "allow"
source   = "https://lists.test/mesh.jws"
format   = "ocm-directory"
keys     = ["mesh.jwk"]
apply    = "additions"
"""
# Only the candidate has it, and it blocks one whom the policy lets in.
CANDIDATE = """
[list.extra]
standing = "block"
source   = "https://lists.test/extra.txt"
refresh  = "1h"
apply    = "all"
"""
HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
HOSTS = ["own.test", "mesh.test", "new.test", "bad.test"]


class World:
    """A gateway, the server of its two lists, and their publishers."""

    def __init__(self, lists: ListServer, peers: PeerServer):
        self.lists = lists
        self.peers = peers
        self.abuse = Publisher()
        self.mesh = Publisher()
        self.gateway = None

    def pin(self, gateway) -> None:
        for name, publisher in (("abuse", self.abuse), ("mesh", self.mesh)):
            (gateway.folder / f"{name}.jwk").write_text(json.dumps(publisher.jwk()))

    def put_abuse(self, *hosts: str, **page) -> None:
        rows = "".join(f'{host},suspend,false,false,"spam, mostly",false\n' for host in hosts)
        text = (HEAD + rows).encode()
        self.lists.put("/abuse.csv", text, **page)
        self.lists.put("/abuse.csv.jws", self.abuse.detached(text))

    def put_mesh(self, *hosts: str, publisher: Publisher | None = None, dated=True,
                 about: str | None = None) -> None:
        listing = {"federation": "Mesh", "servers": [
            {"url": f"https://{host}", "displayName": host} for host in hosts]}
        header = {"iat": int(time.time())} if dated else {}
        if about:
            header["sub"] = about
        self.lists.put(
            "/mesh.jws", (publisher or self.mesh).jws(json.dumps(listing).encode(), **header))

    def send(self, host: str):
        peer = self.peers.peers[host]
        return self.gateway.post(peer, "/ocm/shares", share(peer))

    def update(self, *arguments: str) -> tuple[int, dict[str, dict]]:
        run = self.gateway.command("list", "update", "--json", *arguments, check=False)
        told = json.loads(run.stdout)
        assert told["running"] is (self.gateway.process is not None)
        return run.returncode, {row["name"]: row for row in told["lists"]}

    def holds(self) -> None:
        """What is in force, whatever came later."""
        assert self.send("own.test").status == 201
        assert self.send("mesh.test").status == 201
        refused(self.send("bad.test"), 403, "peer_blocked")
        refused(self.send("new.test"), 403, "peer_unknown")


@pytest.fixture(scope="module")
def world(authority, legacy, start):
    peers = PeerServer(authority)
    for host in HOSTS:
        peers.add(host, "rfc9421")
    world = World(peers.put(ListServer()), peers)
    world.lists.put("/extra.txt", b"mesh.test\n")
    _, world.backend = legacy("nextcloud")

    def prepare(gateway):
        world.pin(gateway)
        policy = (gateway.folder / "policy.toml").read_text()
        (gateway.folder / "next.toml").write_text(policy + CANDIDATE)
        text = gateway.configuration.read_text()
        gateway.configuration.write_text(text.replace(
            'file = "policy.toml"', 'file = "policy.toml"\ncandidate = "next.toml"'))

    # Not there at all when the gateway comes.
    world.gateway = start(
        world.backend.url, peers=peers, partners=["own.test"], legacy=[], policy=POLICY,
        outbound='timeouts = { connect = "1s", headers = "1s", total = "2s" }',
        prepare=prepare)
    yield world
    peers.stop()


def test_until_a_list_of_blocks_is_there_nobody_comes_in_whom_it_could_block(world):
    # The mesh alone: who is on it could be blocked by the other list.
    world.put_mesh("mesh.test", "bad.test")
    code, told = world.update()
    # Its own first fetch may have been sooner, or not.
    assert code == 1 and told["mesh"]["count"] == 2 and told["abuse"]["result"] == "failed"
    response = world.send("mesh.test")
    refused(response, 503, "list_unavailable")
    assert int(response["retry-after"]) >= 1
    refused(world.send("new.test"), 403, "peer_unknown")
    assert world.send("own.test").status == 201
    assert any(line["name"] == "abuse" and line["level"] == "error"
               for line in world.gateway.lines("list.failed"))
    checked = world.gateway.command("check", "--json", check=False)
    warnings = json.loads(checked.stdout)["warnings"]
    assert any("abuse" in row["message"] and "503" in row["message"] and row["line"] for row in warnings), \
        warnings
    # Nor do the commands about peers say that it may come in.
    shown = world.gateway.command("peer", "show", "mesh.test", "--json")
    peer = json.loads(shown.stdout)
    assert (peer["standing"], peer["by"]) == ("unavailable", "list:abuse")
    assert "empty here: abuse" in shown.stderr
    text = world.gateway.command("peer", "show", "mesh.test").stdout
    assert "list_unavailable" in text and "ocmgate list update abuse" in text

    world.put_abuse("bad.test", etag='"1"')
    code, told = world.update("abuse")
    assert code == 0 and told["abuse"]["count"] == 2, told
    world.holds()


def test_what_is_known_is_asked_for_once(world):
    code, told = world.update("abuse")
    assert code == 0 and told["abuse"]["result"] == "unchanged"
    assert world.lists.asked("/abuse.csv")[-1]["if-none-match"] == '"1"'


@pytest.mark.parametrize("body, page", [
    ("oops", {"status": 500}), ("gone", {"status": 404}), ("", {"status": 301}),
    ("<html>Welcome</html>", {}), (HEAD + "not a host,suspend,,,,\n", {}),
    (HEAD + "hid***.test,suspend,,,,true\n", {}), (HEAD + "new.test,suspend,,,,\n", {}),
    (b"#domain\n" + b"a.test\n" * 4_000_000, {}), (HEAD, {"delay": 4}),
], ids=["500", "404", "redirect", "page", "rubbish", "obfuscated", "unsigned", "huge", "slow"])
def test_what_its_server_does_changes_nothing(world, body, page, request):
    before = len(world.gateway.lines("list.failed"))
    world.lists.put("/abuse.csv", body, **page)
    if "unsigned" not in request.node.name:
        world.lists.put("/abuse.csv.jws",
                        world.abuse.detached(world.lists.pages["/abuse.csv"].body))
    code, told = world.update("abuse")
    assert code == 1 and told["abuse"]["result"] == "failed", told
    world.holds()
    line = world.gateway.lines("list.failed", before + 1)[-1]
    assert line["name"] == "abuse" and line["level"] == "warning" and line["problem"]


def test_a_list_that_can_be_had_again_is_told_of_once(world):
    def told():
        return [line for line in world.gateway.records() if line["message"] == "list.resumed"]

    world.lists.put("/abuse.csv", "oops", status=500)
    assert world.update("abuse")[0] == 1
    before = len(told())
    world.put_abuse("bad.test")
    assert world.update("abuse")[1]["abuse"]["result"] == "unchanged"
    assert world.gateway.lines("list.resumed", before + 1)[-1]["name"] == "abuse"
    assert world.update("abuse")[1]["abuse"]["result"] == "unchanged"
    assert len(told()) == before + 1


def test_a_directory_that_another_key_signed_admits_nobody(world):
    world.put_mesh("mesh.test", "new.test", publisher=Publisher())
    code, told = world.update("mesh")
    assert code == 1 and "none of the pinned keys" in told["mesh"]["reason"]
    world.put_mesh("mesh.test", "new.test")
    unsigned = json.loads(world.lists.pages["/mesh.jws"].body) | {"signature": ""}
    world.lists.put("/mesh.jws", json.dumps(unsigned))
    assert world.update("mesh")[0] == 1
    # What the same key has signed as another list is not this one.
    world.put_mesh("mesh.test", "new.test", about="https://lists.test/other.jws")
    code, told = world.update("mesh")
    assert code == 1 and "as another list" in told["mesh"]["reason"]
    # An old version without a date is no way back from one that has one.
    world.put_mesh("mesh.test", "new.test", dated=False)
    code, told = world.update("mesh")
    assert code == 1 and "iat" in told["mesh"]["reason"]
    world.holds()


def test_commands_judge_by_the_lists_that_are_in_force(world):
    gateway = world.gateway

    def asked(peer: str) -> dict:
        run = gateway.command("policy", "explain", "--peer", peer, "--json", check=False)
        return json.loads(run.stdout)

    assert asked("bad.test")["by"] == "list:abuse" and asked("mesh.test")["action"] == "allow"
    # The hash is the text's, in the gateway and everywhere else; the contents have their own.
    [policy] = {asked("bad.test")["policy"], gateway.lines("gateway.started")[0]["policy"]}
    assert world.send("own.test").status == 201
    line = decided(gateway, world.backend)
    assert line["policy"] == policy and len(line["lists"]) == 16
    rows = json.loads(gateway.command("peer", "list", "--json").stdout)["peers"]
    assert {row["host"]: row["by"] for row in rows}["mesh.test"] == "list:mesh"
    replayed = gateway.command("policy", "replay", "--against", str(gateway.folder / "policy.toml"),
                               "--json", check=False)
    assert json.loads(replayed.stdout)["judged"] > 0


def test_a_jump_waits_for_a_person_who_looks_and_applies(world):
    world.put_abuse("bad.test", "own.test", "new.test")
    code, told = world.update("abuse")
    assert code == 0 and told["abuse"]["result"] == "waits", told
    assert told["abuse"]["reason"] == "too-large"
    world.holds()
    line = world.gateway.lines("list.waits")[-1]
    assert line["level"] == "error" and "list diff abuse" in line["remedy"]

    shown = world.gateway.command("list", "diff", "abuse", "--json", check=False)
    assert shown.returncode == 1
    difference = json.loads(shown.stdout)
    assert {row["host"] for row in difference["added"]} == {
        "own.test", "*.own.test", "new.test", "*.new.test"}
    assert not difference["removed"]
    other = world.gateway.command("list", "apply", "abuse", "--draft", "0" * 16, check=False)
    assert other.returncode == 2 and "another one" in other.stderr
    world.gateway.command("list", "apply", "abuse", "--draft", difference["draft"])
    refused(world.send("new.test"), 403, "peer_blocked")
    # Own lists beat downloaded ones.
    assert world.send("own.test").status == 201
    world.put_abuse("bad.test")
    assert world.update("abuse", "--approve")[1]["abuse"]["result"] == "taken"
    world.holds()

    # A list that loses all of its entries is held back whatever max_change says.
    world.put_abuse()
    assert world.update("abuse")[1]["abuse"]["reason"] == "emptied"
    world.holds()


def test_removals_from_the_mesh_wait_and_additions_do_not(world):
    world.put_mesh("bad.test", "new.test")
    code, told = world.update("mesh")
    assert told["mesh"]["result"] == "waits" and told["mesh"]["reason"] == "removals", told
    assert world.send("new.test").status == 201
    assert world.send("mesh.test").status == 201
    refused(world.send("bad.test"), 403, "peer_blocked")
    # Back to where it was, for the tests after this one.
    world.put_mesh("mesh.test", "bad.test")
    world.update("mesh", "--approve")
    refused(world.send("new.test"), 403, "peer_unknown")


def test_a_gateway_that_starts_has_its_lists_without_any_network(world):
    world.lists.pages.clear()
    assert world.gateway.stop() == 0
    shown = json.loads(world.gateway.command("list", "show", "--json", check=False).stdout)
    counts = {row["name"]: row["count"] for row in shown["lists"]}
    assert counts["abuse"] == 2 and counts["mesh"] == 2 and counts["partners"] == 1
    # Without a gateway the command is the one that fetches.
    code, told = world.update("abuse")
    assert code == 1 and told["abuse"]["count"] == 2
    world.gateway.start()
    world.holds()
    started = world.gateway.lines("gateway.started")[-1]["policy"]
    assert world.send("own.test").status == 201
    assert decided(world.gateway, world.backend)["policy"] == started


def test_a_candidates_own_list_is_fetched_kept_and_taken_over(world):
    gateway = world.gateway
    assert world.send("mesh.test").status == 201
    # Fetched by the first of both gateways, and kept: its server has nothing any more.
    candidate = decided(gateway, world.backend)["candidate"]
    assert (candidate["action"], candidate["by"]) == ("deny", "list:extra")
    assert world.send("own.test").status == 201
    assert "candidate" not in decided(gateway, world.backend)
    # Lists that both fetch in the same way are fetched once, for the policy.
    folder = gateway.folder / "candidate-lists"
    assert {file.name.split(".")[0] for file in folder.iterdir()} == {"extra"}
    policy = gateway.folder / "policy.toml"
    before = policy.read_text()
    policy.write_text((gateway.folder / "next.toml").read_text())
    assert gateway.command("reload").returncode == 0
    refused(world.send("mesh.test"), 403, "peer_blocked")
    policy.write_text(before)
    assert gateway.command("reload").returncode == 0
    world.holds()


def test_lists_are_written_for_others_and_read_again(world, tmp_path):
    gateway = world.gateway
    key = tmp_path / "publisher.pem"
    key.write_bytes(private_pem(world.mesh))
    key.chmod(0o600)
    public = tmp_path / "public.jwk"
    exported = gateway.command("list", "export", "mesh", "--format", "ocm-directory", "--sign",
                               str(key), "--kid", "k1", "--federation", "Ours", "--jwk", str(public))
    (tmp_path / "mesh.jws").write_text(exported.stdout)
    jwk = str(gateway.folder / "mesh.jwk")
    verified = gateway_free("list", "verify", str(tmp_path / "mesh.jws"), "--key", jwk, "--json")
    assert json.loads(verified.stdout)["federation"] == "Ours"
    assert json.loads(verified.stdout)["count"] == 2
    # What is given to those who take it, and what `openssl pkey -pubout` makes, are such keys too.
    assert json.loads(public.read_text())["kid"] == "k1"
    pem = tmp_path / "public.pem"
    pem.write_bytes(world.mesh.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    for file in (public, pem):
        gateway_free("list", "verify", str(tmp_path / "mesh.jws"), "--key", str(file))
    wrong = gateway_free("list", "verify", str(tmp_path / "mesh.jws"), "--key",
                         str(gateway.folder / "abuse.jwk"), code=1)
    assert "none of the pinned keys has made it" in wrong.stdout
    # What ours signs, another library verifies.
    document = json.loads(exported.stdout)
    world.mesh.key.public_key().verify(
        urlsafe_b64decode(document["signature"] + "=="),
        f'{document["protected"]}.{document["payload"]}'.encode())
    # opencloudmesh-go knows Ed25519 by its older name alone.
    assert json.loads(urlsafe_b64decode(document["protected"] + "=="))["alg"] == "EdDSA"

    for format in ("text", "csv", "json"):
        file = tmp_path / f"abuse.{'txt' if format == 'text' else format}"
        run = gateway.command("list", "export", "abuse", "--format", format, "--sign", str(key),
                              "--signature", f"{file}.jws")
        file.write_text(run.stdout)
        assert gateway_free("list", "verify", str(file), "--key", jwk, "--json").returncode == 0
        imported = gateway_free("list", "import", str(file))
        assert imported.stdout.startswith("*.bad.test"), (format, imported.stdout)
    run = gateway.command("list", "export", "partners", "--format", "csv")
    assert run.stdout == "#domain,#public_comment\nown.test,\n"
    # A file of the operator's stays where and as it is.
    own = tmp_path / "own.txt"
    own.symlink_to("kept.txt")
    own.write_text("# ours\nx.test\n")
    own.chmod(0o640)
    assert "2 added, 0 there" in gateway_free(
        "list", "import", str(tmp_path / "abuse.csv"), "--into", str(own)).stdout
    assert "0 added, 2 there" in gateway_free(
        "list", "import", str(tmp_path / "abuse.csv"), "--into", str(own)).stdout
    assert own.read_text().startswith("# ours\nx.test\n*.bad.test")
    assert own.stat().st_mode & 0o777 == 0o640 and own.is_symlink()
    # In whatever characters and with whatever line ends.
    kept = b"# gr\xfc\xdfe\r\nx.test\r\n"
    own.write_bytes(kept)
    gateway_free("list", "import", str(tmp_path / "abuse.csv"), "--into", str(own))
    assert own.read_bytes().startswith(kept + b"*.bad.test")
    changed = gateway_free("list", "diff", str(tmp_path / "abuse.txt"), str(own), code=1)
    assert "+ x.test" in changed.stdout


def test_what_is_read_is_never_written_over(world, tmp_path):
    gateway = world.gateway
    key = tmp_path / "publisher.pem"
    key.write_bytes(private_pem(world.mesh))
    key.chmod(0o600)
    link = tmp_path / "link.pem"
    link.symlink_to(key)
    policy = gateway.folder / "policy.toml"
    kept = {file: file.read_bytes()
            for file in (key, policy, gateway.configuration, gateway.folder / "mesh.jwk")}
    export = ("list", "export", "partners", "--sign", str(key), "--kid", "k1", "--format")
    for more in [["ocm-directory", "--jwk", file] for file in (*kept, link, "-")] + [
            ["text", "--signature", policy], ["text", "--signature", "-"],
            ["text", "--signature", tmp_path / "x", "--jwk", f"{tmp_path}/none/../x"]]:
        run = gateway.command(*export, *map(str, more), check=False)
        assert run.returncode == 2 and not run.stdout, (more, run)
        assert run.stderr.startswith(f"ocmgate: {more[-2]} {more[-1]}: "), run.stderr
    assert kept == {file: file.read_bytes() for file in kept}
    assert link.is_symlink() and not (tmp_path / "x").exists()


def test_commands_about_lists_say_what_is_wrong(world, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("#domain\nfine.test\nnot fine\n")
    run = gateway_free("list", "verify", str(bad), code=1)
    assert run.stdout.startswith(f"{bad}:3:1: \"not fine\" is not a host"), run.stdout
    run = gateway_free("list", "import", str(bad), "--json", code=1)
    assert json.loads(run.stdout)["defect"]["line"] == 3
    # A row that says nothing of who may federate is counted, not dropped in silence.
    bad.write_text("#domain,#severity\nbad.test,suspend\nquiet.test,silence\n")
    run = gateway_free("list", "import", str(bad))
    assert run.stdout == "*.bad.test\nbad.test\n" and "1 left out (severity silence)" in run.stderr, run
    run = gateway_free("list", "import", str(bad), "--json")
    assert json.loads(run.stdout)["left_out"] == {"severity silence": 1}
    # What is said of a signature that nobody looks at, or makes, is not passed over.
    for more in (["--signature", str(bad)], ["--subject", "x"], ["--now", "1"]):
        for command in ("verify", "import"):
            run = gateway_free("list", command, str(bad), *more, code=2)
            assert "belong to --key" in run.stderr and not run.stdout, run
    for more in (["--kid", "k1"], ["--subject", "x"], ["--jwk", str(tmp_path / "jwk")]):
        run = world.gateway.command("list", "export", "partners", "--format", "text", *more, check=False)
        assert run.returncode == 2 and "belong to --sign" in run.stderr and not run.stdout, run
    run = world.gateway.command("list", "show", "abuze", check=False)
    assert run.returncode == 2 and 'did you mean "abuse"?' in run.stderr
    run = world.gateway.command("list", "update", "partners", check=False)
    assert run.returncode == 2 and "list of your own" in run.stderr
    run = world.gateway.command("list", "diff", "mesh")
    assert "nothing of mesh waits" in run.stdout
    run = world.gateway.command("list", "show", "mesh")
    assert "mesh.test" in run.stdout and 'federation "Mesh"' in run.stdout


def gateway_free(*arguments: str, code: int = 0):
    """A command that needs no configuration."""
    run = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=30,
                         stdin=subprocess.DEVNULL)
    assert run.returncode == code, (arguments, run.returncode, run.stdout, run.stderr)
    return run


def private_pem(publisher: Publisher) -> bytes:
    return publisher.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())

"""What the files may say, and how: layout, JSON Schemas, the configuration that counts, plain English."""

import datetime
import json
import os
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from commandline import ocmgate

ROOT = Path(__file__).parents[2]
POLICIES = sorted({*ROOT.glob("policies/*.toml"), *ROOT.glob("deploy/*/policy.toml")}
                  - {*ROOT.glob("policies/*.test.toml")})
CONFIGURATIONS = sorted([*ROOT.glob("deploy/*/config.toml"),
                         ROOT / "Tests/Vectors/configuration/example.toml"])


# The layout


def test_the_layout_is_printed_checked_and_written_back(tmp_path):
    file = tmp_path / "policy.toml"
    neat = (ROOT / "policies/default.toml").read_text()
    untidy = neat.replace(" = ", "=", 3).replace("\n\n", "\n \n\n\n").replace("\n", "\r\n")
    file.write_text(untidy, newline="")
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)

    assert ocmgate("policy", "fmt", file).stdout == neat
    assert ocmgate("policy", "fmt", stdin=untidy).stdout == neat
    checked = ocmgate("policy", "fmt", "--check", file, ROOT / "policies/default.toml")
    assert (checked.returncode, checked.stdout) == (1, f"{file}\n")
    assert file.read_bytes() == untidy.encode()

    before = file.stat()
    written = ocmgate("policy", "fmt", "-w", "--json", link)
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout)["files"] == [{"file": str(link), "changed": True}]
    after = file.stat()
    assert file.read_text() == neat and link.is_symlink()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid,
                                                           before.st_gid)
    assert sorted(tmp_path.iterdir()) == [link, file]
    again = ocmgate("policy", "fmt", "-w", file)
    assert (again.returncode, again.stdout) == (0, "") and file.stat().st_mtime_ns == after.st_mtime_ns
    assert ocmgate("policy", "fmt", "--check", file).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_of_a_file_stays(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text("version=1\nname = 'p'\n")
    os.chown(file, 1234, 4321)
    assert ocmgate("policy", "fmt", "-w", file).returncode == 0
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


def test_what_is_no_policy_stays_as_it_is(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text("version = \n")
    for flags in ([], ["-w"], ["--check"]):
        run = ocmgate("policy", "fmt", *flags, file)
        assert run.returncode == 2 and f"{file}:1:" in run.stderr
    assert file.read_text() == "version = \n"
    assert ocmgate("policy", "fmt", "-w", "-").returncode == 2
    assert ocmgate("policy", "fmt", "-w", "/nonexistent/p.toml").returncode == 2
    assert ocmgate("policy", "fmt", "-w", tmp_path).returncode == 2


def test_the_shipped_policies_are_laid_out(tmp_path):
    made = ocmgate("init", "--origin", "https://cloud.test", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    run = ocmgate("policy", "fmt", "--check", *POLICIES, tmp_path / "policy.toml")
    assert (run.returncode, run.stdout) == (0, "")


# Schemas


@pytest.fixture(scope="module")
def schemas() -> dict:
    made = {}
    for name in ("config", "policy"):
        text = ocmgate("config", "schema", name).stdout
        schema = json.loads(text)
        assert json.loads(ocmgate("config", "schema", name, "--json").stdout) == schema
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        jsonschema.Draft202012Validator.check_schema(schema)
        made[name] = jsonschema.Draft202012Validator(schema)
    return made


def as_json(value):
    """A TOML document as editors give it to a schema: dates are text."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value


def errors(validator, text: str) -> list[str]:
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
            for error in validator.iter_errors(as_json(tomllib.loads(text)))]


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_shipped_configurations_fit_the_schema(schemas, file):
    assert errors(schemas["config"], file.read_text()) == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("deploy/*/config.toml")), ids=lambda file: file.parent.name)
def test_the_shipped_configurations_have_room_for_the_people_behind_one_address(file):
    written = tomllib.loads(file.read_text())
    assert written["backend"]["pass"] == "all" and written["limits"]["per_client"] == 1000


@pytest.mark.parametrize("file", [*POLICIES, ROOT / "docs/policy.example.toml"],
                         ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_shipped_policies_fit_the_schema(schemas, file):
    assert errors(schemas["policy"], file.read_text()) == []


BROKEN_POLICIES = [
    'mode = "enforced"', 'unknown = "ask"', '[list.p]\nstanding = "allow"\nentries = ["a b"]',
    '[list.p]\nstanding = "allow"\nentries = "a.example"', "[[rules]]",
    '[[require]]\nname = "r"\non = "share"\nneed = ["sign"]',
    '[[limit]]\nname = "l"\non = "*.in"\nper = "peer"\nrate = 60',
    '[[rule]]\nname = "r"\non = "shares"\naction = "allow"',
    '[[rule]]\non = "share"\naction = "allow"',
    '[[rule]]\nname = "r"\non = "share"\naction = "deny"\nstatus = 200',
    '[[rule]]\nname = "r"\non = "share"\naction = "allow"\nwhen = { share_type = "person" }',
    '[[test]]\nname = "t"\ngiven = { on = "share.in" }',
    '[[invariant]]\nname = "i"\ngiven = {}\nnever = "ever"',
]


@pytest.mark.parametrize("text", BROKEN_POLICIES)
def test_a_broken_policy_fits_neither_schema_nor_reader(schemas, text):
    whole = f'version = 1\nname = "p"\n{text}\n'
    assert errors(schemas["policy"], whole) != []
    run = ocmgate("policy", "test", "-", stdin=whole)
    assert run.returncode == 2 and "stdin:" in run.stderr


BROKEN_CONFIGURATIONS = [
    'profle = "bridge"', 'profile = "brigde"', "version = 2", "[sites]", "[limits]\nheaders = -1",
    '[limits]\nheaders = "16kb"', "[limits]\nper_client = 0", '[signature]\nwindow = "5 min"',
    '[signature]\naccept = "rfc9421"', '[egress]\nlisten = "3128"', "[egress]\nsign = 1",
    '[[listen]]\nadress = "[::]:443"', '[listen]\naddress = "[::]:443"',
    '[tls.a]\nmin_version = "1.1"', '[log]\nformat = "xml"', '[token]\npath = "ocm/token"',
    '[outbound]\nallow_private = ["10.0.0.0/8/8"]', '[discovery]\nfrom_backend = ["provider"]',
]


@pytest.mark.parametrize("text", BROKEN_CONFIGURATIONS)
def test_a_broken_configuration_fits_neither_schema_nor_reader(schemas, text):
    required = ('[site]\norigin = "https://cloud.test"\n[backend]\nurl = "http://127.0.0.1:8080"\n'
                '[policy]\nfile = "policy.toml"\n')
    assert errors(schemas["config"], required) == []
    whole = f"{text}\n{required}"
    assert errors(schemas["config"], whole) != []
    run = ocmgate("config", "show", "-c", "-", stdin=whole)
    assert run.returncode == 2 and "stdin:" in run.stderr


# The configuration that counts


def test_every_value_that_counts_says_where_it_is_from():
    text = (ROOT / "deploy/nextcloud/config.toml").read_text()
    shown = json.loads(ocmgate("config", "show", "-c", "-", "--json", stdin=text).stdout)
    rows = {row["key"]: row for row in shown["keys"]}
    lines = text.splitlines()
    for row in rows.values():
        if row["origin"] == "file":
            assert row["key"].rpartition(".")[2].partition("[")[0] in lines[row["line"] - 1], row
    assert rows["token.ttl"]["value"] == "5m" and rows["token.ttl"]["origin"] == "file"
    assert rows["limits.headers"] == {"key": "limits.headers", "value": "16KiB", "origin": "default"}
    assert rows["signature.accept"]["profile"] == "bridge"
    part = ocmgate("config", "show", "-c", "-", "limits", stdin=text)
    assert part.returncode == 0 and "limits.headers = \"16KiB\"" in part.stdout
    assert all(line.startswith("limits.") for line in part.stdout.splitlines())
    slip = ocmgate("config", "show", "-c", "-", "limits.hedaers", stdin=text)
    assert slip.returncode == 2 and "limits.headers" in slip.stderr


# Plain English


def test_a_policy_is_said_in_english():
    policy = ROOT / "policies/hospital.toml"
    page = ocmgate("policy", "english", policy)
    assert page.returncode == 0, page.stderr
    assert page.stdout == (ROOT / "Tests/Vectors/policy/english/hospital.txt").read_text()
    said = json.loads(ocmgate("policy", "english", "-", "--json", stdin=policy.read_text()).stdout)
    blocks = {clause["block"] for section in said["sections"] for clause in section["clauses"]}
    written = tomllib.loads(policy.read_text())
    for kind in ("require", "limit", "rule", "invariant"):
        assert {f"{kind}:{block['name']}" for block in written[kind]} <= blocks
    assert {f"list:{name}" for name in written["list"]} <= blocks
    tested = json.loads(ocmgate("policy", "test", policy, "--json").stdout)
    assert tested["failed"] == 0
    assert all(clause["kept"] for section in said["sections"] for clause in section["clauses"]
               if (clause["block"] or "").startswith("invariant:"))
    assert said["kept"] and ocmgate("policy", "english", "/nonexistent.toml").returncode == 2
    broken = policy.read_text() + '\n[[invariant]]\nname = "x"\ngiven = { on = "share.in" }\nnever = "deny"\n'
    page = ocmgate("policy", "english", "-", stdin=broken)
    assert page.returncode == 1 and "NOT TO BE SIGNED" in page.stdout and "NOT SO: a message" in page.stdout


# A message in a file


SHARE = {"shareWith": "bob@cloud.test", "name": "a.txt", "providerId": "1", "owner": "al@files.hospital-b.example",
         "sender": "al@files.hospital-b.example", "shareType": "user", "resourceType": "file",
         "protocol": {"name": "multi", "webdav": {"uri": "x", "sharedSecret": "s", "permissions": ["read"],
                                                  "requirements": ["must-exchange-token"]}}}


def test_a_policy_is_asked_about_a_message_in_a_file(tmp_path):
    policy = ROOT / "policies/hospital.toml"
    asked = ["policy", "explain", policy, "--now", "2026-03-04T10:00:00Z", "--json"]

    def explain(message: str, *options):
        run = ocmgate(*asked, "--message", "-", *options, stdin=message)
        assert run.returncode in (0, 3), run.stderr
        return json.loads(run.stdout)

    body = json.dumps(SHARE)
    head = "POST /ocm/shares HTTP/1.1\nHost: cloud.test\nContent-Type: application/json\n"
    assert explain(body)["action"] == "allow"
    assert explain(f"{head}\n{body}")["code"] == "signature_required"
    signed = f'{head}Signature-Input: ocm=("@method")\nSignature: ocm=:AA==:\n\n{body}'
    assert explain(signed)["action"] == "allow"
    assert explain(signed, "--no-invite")["code"] == "invite_required"
    assert explain(signed, "--no-key-pinned")["by"] == "require:signed, by a key that we know"
    assert explain(signed, "--over", "messages")["status"] == 429
    group = json.dumps({**SHARE, "shareType": "group"})
    assert explain(group)["by"] == "default"
    stranger = explain(body, "--peer", "stranger.example")
    assert (stranger["action"], stranger["status"]) == ("hold", 503)
    for wrong in ("GET / HTTP/1.1\nHost: a\n\n", "{}", "nothing", json.dumps({**SHARE, "owner": "x"})):
        run = ocmgate(*asked, "--message", "-", stdin=wrong)
        assert run.returncode == 2 and run.stderr.strip(), wrong
    assert ocmgate(*asked, "--over", "mesages").returncode == 2
    twice = ocmgate("policy", "explain", "-", "--message", "-", "--json", stdin=body)
    assert twice.returncode == 2 and json.loads(twice.stdout)["errors"][0]["file"] == "stdin"
    assert ocmgate(*asked, "--message", tmp_path / "none").returncode == 2


# What the pages say


def keys_of(schema: dict, table: str = "") -> dict[str, set[str]]:
    """The keys of each table of a schema; those of inline tables are named there, as they are here."""
    keys: dict[str, set[str]] = {table: set()}
    for name, value in schema.get("properties", {}).items():
        inner = value.get("items", value) if table == "" else value
        inner = next(iter(inner.get("patternProperties", {}).values()), inner) if table == "" else inner
        if table == "" and "properties" in inner:
            keys |= keys_of(inner, name)
        else:
            keys[table] |= {name} | set(value.get("properties", {}))
    return keys


def test_the_page_on_the_configuration_names_every_key():
    page = (ROOT / "docs/configuration.md").read_text()
    schema = json.loads(ocmgate("config", "schema", "config").stdout)
    chapters = page.split("\n## ")
    tables = keys_of(schema)
    assert {"", "listen", "tls", "site", "limits"} < set(tables) and "timeouts" in tables["backend"]
    for table, keys in tables.items():
        chapter = chapter_of(table, chapters)
        for key in keys:
            assert f"`{key}`" in chapter or f"{key} = " in chapter, f"{table}.{key}"


def chapter_of(table: str, chapters: list[str]) -> str:
    """The chapter of the page that tells of a table; of the keys that stand in none for ""."""
    named = f"[{table}]" if table != "tls" else "[tls.NAME]"
    return next(one for one in chapters if (named in one.split("\n")[0] if table else one.startswith("The top")))


def test_the_page_on_the_configuration_gives_every_default():
    chapters = (ROOT / "docs/configuration.md").read_text().split("\n## ")
    schema = json.loads(ocmgate("config", "schema", "config").stdout)["properties"]
    tables = {name: table for name, table in schema.items() if name not in ("listen", "tls")}
    tables = {name: table["properties"] for name, table in tables.items() if "properties" in table}
    tables["listen"] = schema["listen"]["items"]["properties"]
    tables["tls"] = schema["tls"]["patternProperties"]["^.+$"]["properties"]
    tables[""] = {name: value for name, value in schema.items() if name not in tables}
    compared = 0
    for table, keys in tables.items():
        rows = dict(re.findall(r"(?m)^\| `(\w+)` \| ([^|]*?) \|", chapter_of(table, chapters)))
        for key, value in keys.items():
            inner = {name: one["default"] for name, one in value.get("properties", {}).items()}
            default = inner or value.get("default")
            if default is None or "Not available" in value.get("description", ""):
                continue
            words = re.findall("`([^`]+)`", rows[key])
            said = tomllib.loads(f"it = {words[0]}")["it"] if len(words) == 1 else words
            if key == "clients":
                said = [word.replace("::1", "::1/128") for word in said]
            assert said == default, f"{table}.{key}"
            compared += 1
    assert compared > 50


def first_words(text: str) -> set[str]:
    """What stands in the first column of its tables."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def test_the_tables_of_the_log_have_every_line():
    words = dict(re.findall(r'case (\w+) = "([^"]+)"',
                            (ROOT / "Sources/Gateway/Log/LogMessage.swift").read_text()))
    # Those whose level is settled elsewhere than beside them.
    wanted = {"ocm.decision", "list.failed", "memory.short", "connections.refused"}
    for file in (ROOT / "Sources/Gateway").rglob("*.swift"):
        urgent = re.findall(r"\.(?:warning|error|critical),\s*\.(\w+)", file.read_text())
        wanted |= {words[name] for name in urgent if name in words}
    assert {"store.failed", "backend.failed", "certificate.expires", "order.lost"} < wanted
    chapter = (ROOT / "docs/operations.md").read_text().split("## What the log wants of you")[1]
    urgent, others = chapter.split("\n## ")[0].split("### Lines that want nobody")
    assert wanted - first_words(urgent) == set()
    assert first_words(urgent) | first_words(others) == set(words.values())


def test_the_page_on_codes_has_every_one_with_its_status():
    source = (ROOT / "Sources/Federation/Denial/DenialCode.swift").read_text()
    kinds = {name: {case: word or case for case, word in re.findall(r'case (\w+)(?: = "(\w+)")?$', body, re.M)}
             for name, body in re.findall(r"enum (\w+): String.*?\{\n(.*?)\n\}", source, re.S)}
    table = (ROOT / "Sources/Federation/Denial/DenialTable.swift").read_text()
    statuses = dict(re.findall(r"case \.(\w+): (?:Row|\.failure)\((\d+)", table))
    assert set(statuses) == set(kinds["DenialCode"])
    page = (ROOT / "docs/codes.md").read_text()
    written = re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.M)
    assert sorted(written) == sorted((kinds["DenialCode"][case], status) for case, status in statuses.items())
    faults = page.split("## In which way a signature is wrong")[1]
    assert first_words(faults) == set(kinds["SignatureFault"].values())
    assert all(f"`{word}`" in page for word in kinds["OAuthError"].values())


def commands_of(command: dict, path: str = "") -> dict[str, set[str]]:
    """The options of each command, by its name, as the program tells them to completion scripts."""
    path = f"{path} {command['commandName']}".strip()
    found = {path: {("--" if name["kind"] == "long" else "-") + name["name"]
                    for argument in command.get("arguments", []) for name in argument.get("names", [])}}
    for inner in command.get("subcommands", []):
        found |= commands_of(inner, path)
    return found


def test_the_pages_and_remedies_name_commands_and_options_that_there_are():
    commands = commands_of(json.loads(ocmgate("--experimental-dump-help").stdout)["command"])
    places = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.*"),
              *ROOT.glob("policies/*.toml"), *ROOT.glob("Sources/**/*.swift")]
    shown, wrong = set(), []
    for file in places:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if "ocmgate " not in line:
                continue
            for said in re.findall(r"(?<![\w./-])ocmgate ([a-z]+\b[^`\"|;&>)#,\\]*)", line):
                words = [word.rstrip(".,:…'") for word in said.split()]
                name = "ocmgate"
                while words and f"{name} {words[0]}" in commands:
                    name = f"{name} {words.pop(0)}"
                # Prose goes on behind the program's name in any words.
                if name == "ocmgate":
                    continue
                shown.add(name)
                wrong += [f"{file.relative_to(ROOT)}:{number}: {name} has no {word}" for word in words
                          if re.match(r"--?[a-z]", word) and word.split("=")[0] not in commands[name]]
    assert wrong == []
    whole = {name for name in commands if not any(other.startswith(f"{name} ") for other in commands)}
    assert whole - shown == {"ocmgate help"}


# The examples of docs/policy.md: the first words of a command there, the policy that stands for policy.toml (for
# another name one in which old servers need not sign), and what is asked beside.
SHARE_OF_AN_OLD_SERVER = {**SHARE, "sender": "al@old-cloud.partner.example", "owner": "al@old-cloud.partner.example",
                          "protocol": {"name": "webdav", "options": {"sharedSecret": "s"}}}
EXAMPLES = {"policy explain policy.toml --peer": "research-federation",
            "policy explain policy.toml --message": "legacy-bridge",
            "policy prove next.toml": "legacy-bridge", "policy diff policy.toml": "legacy-bridge",
            "policy english policy.toml": "hospital"}


@pytest.mark.parametrize("command", EXAMPLES)
def test_the_examples_of_the_page_on_policies_are_what_is_printed(command, tmp_path):
    text = (ROOT / f"policies/{EXAMPLES[command]}.toml").read_text()
    (tmp_path / "policy.toml").write_text(text)
    (tmp_path / "next.toml").write_text(
        text.replace('except = ["@legacy"]', 'except = ["*.partner.example", "@legacy"]', 1))
    (tmp_path / "share.http").write_text(json.dumps(SHARE_OF_AN_OLD_SERVER))
    page = (ROOT / "docs/policy.md").read_text()
    (asked, example), = re.findall(
        rf"^    \$ ocmgate ({re.escape(command)}.*)\n((?:    .*\n|\n(?=    ))+)", page, re.M)
    moment = ["--now", "2026-11-30"] if " explain " in command else []
    run = ocmgate(*asked.split(), *moment, cwd=tmp_path)
    printed = [" ".join(line.split()) for line in run.stdout.splitlines()]
    is_cut = False
    for line in example.splitlines():
        line = " ".join(line.split())
        if line == "...":
            is_cut = True
            continue
        fits = re.compile(".*".join(map(re.escape, line.split("..."))))
        found = [at for at, one in enumerate(printed) if fits.fullmatch(one)]
        assert found and (is_cut or found[0] == 0), f"{line}, of {printed[:3]}"
        printed, is_cut = printed[found[0] + 1:], False
    assert printed == [] or is_cut

import Federation
import Foundation
import Testing

@testable import Gateway

@Suite struct ConfigurationSchemaTests {
    private let check = SchemaCheck(root: ConfigurationSchema.document)

    private func accepts(_ text: String) throws -> Bool {
        let document = try TOMLDocument(Array(text.utf8), file: "config.toml")
        return try check.accepts(SchemaCheck.json(document.root))
    }

    /// The drift that this test is for: a key that the reader learns must be described, and one that
    /// it forgets must go.
    @Test func itHasExactlyTheKeysOfTheReader() throws {
        let text = try ConfigurationSample.example()
        let findings = Findings(file: "config.toml")
        findings.noteAskedKeys()
        var reader = ConfigurationReader(file: "config.toml", findings: findings)
        _ = reader.read(try TOMLDocument(Array(text.utf8), file: "config.toml"))
        let read = try #require(findings.asked).map {
            $0.replacing("tls.\"cloud.uni.example\"", with: "tls.*")
        }
        #expect(SchemaCheck.keys(check.root, root: check.root) == Set(read))
    }

    @Test func everyKeyIsDescribed() throws {
        func missing(_ schema: JSONValue, _ path: String) -> [String] {
            let members = schema.object?["properties"]?.object?.members ?? []
            return members.flatMap { member -> [String] in
                let below = "\(path).\(member.name)"
                if member.value.object?["properties"] != nil { return missing(member.value, below) }
                return member.value.object?["description"] == nil && member.name != "listen"
                    && member.name != "tls" ? [below] : []
            }
        }
        #expect(missing(check.root, "") == [])
    }

    /// Each default of the schema is what a configuration without the key gets.
    @Test func itsDefaultsAreThoseOfTheReader() throws {
        let text = ConfigurationSample.required + "[egress]\n[tls.\"cloud.test\"]\n"
        let configuration = try ConfigurationSample.read(text)
        let effective = try EffectiveConfiguration(configuration, text: Array(text.utf8))
        var compared = 0
        func compare<Part>(_ keys: [ConfigurationKey<Part>], _ prefix: String) {
            for key in keys {
                guard let standard = key.schema.json["default"],
                    let row = effective.rows.first(where: { $0.key == prefix + key.name })
                else { continue }
                compared += 1
                #expect(row.value == standard, "\(row.key)")
                #expect(row.origin == .builtIn, "\(row.key)")
            }
        }
        compare(ConfigurationTable.top.keys, "")
        compare(ConfigurationTable.listen.keys, "listen[0].")
        compare(ConfigurationTable.tls.keys, "tls.\"cloud.test\".")
        for table in ConfigurationSchema.tables { compare(table.keys, "\(table.name).") }
        #expect(compared > 50)
    }

    /// What becomes available loses its "Not available in this version".
    @Test func whatIsSaidToBeNotAvailableIsRefused() {
        for table in ConfigurationSchema.tables {
            for key in table.keys {
                let description = key.schema.json["description"]?.string ?? ""
                guard description.contains("Not available in this version:") else { continue }
                let isAddress = key.name == "listen" || key.name == "page"
                let line = "\(key.name) = \"\(isAddress ? "127.0.0.1:9464" : "/x")\"\n"
                let header = "[\(table.name)]\n"
                let text = ConfigurationSample.required
                let whole =
                    text.contains(header)
                    ? text.replacing(header, with: header + line) : text + header + line
                let findings = ConfigurationSample.findings(whole)
                #expect(
                    findings.contains {
                        $0.contains("\(table.name).\(key.name) is not available yet")
                    })
            }
        }
    }

    @Test func theShippedConfigurationsFit() throws {
        #expect(try accepts(try ConfigurationSample.example()))
        #expect(try accepts(ConfigurationSample.required))
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        for folder in ["nextcloud", "owncloud10"] {
            let file = root.appending(path: "deploy/\(folder)/config.toml")
            #expect(try accepts(try String(contentsOf: file, encoding: .utf8)))
        }
    }

    /// Values at the edge of what the reader takes: a schema that refused one would cry wolf.
    @Test(arguments: [
        ("site", #"origin = "https://cloud.test:8443/""#),
        ("site", #"origin = "http://127.0.0.1:8080""#), ("backend", #"url = "unix:/run/b.sock""#),
        ("backend", #"host = "[2001:db8::1]:8080""#),
        ("outbound", #"resolve = { "a.test:443" = "[::1]:9" }"#),
        ("outbound", #"allow_private = ["10.0.0.0/8", "fd00::/8", "127.0.0.1"]"#),
        ("outbound", #"proxy = "http://[::1]:3128""#), ("outbound", #"max_response = 65536"#),
        ("outbound", #"ca_file = """#), ("discovery", #"criteria = ["must-use-http-sig"]"#),
        ("signature", #"algorithms = ["rsa-v1_5-sha384"]"#), ("signature", #"window = "10s""#),
        ("egress", #"listen = """#), ("egress", #"other = ["a.test", "b.test:8443", "ü.test"]"#),
        ("egress", #"listen = "unix:/run/egress.sock""#), ("state", #"seal_key = "env:SEAL""#),
        ("limits", #"message_body = "256KiB""#), ("log", #"level = "notice""#),
    ]) func whatTheReaderTakesTheSchemaTakes(_ table: String, _ line: String) throws {
        var text = ConfigurationSample.required
        if text.contains("[\(table)]") {
            let key = line.prefix { $0 != " " }
            let kept = text.split(separator: "\n").filter { !$0.hasPrefix(key + " =") }
            text = kept.joined(separator: "\n").replacing("[\(table)]", with: "[\(table)]\n\(line)")
        } else {
            text += "[\(table)]\n\(line)\n"
        }
        #expect(ConfigurationSample.findings(text) == [])
        #expect(try accepts(text))
    }

    @Test(arguments: [
        ("profile = \"strikt\"", ""), ("", "[limits]\nheaders = \"16 KiB\""),
        ("", "[limits]\nheader_count = 5"), ("", "[limits]\nheader_counts = 50"),
        ("", "[signature]\naccept = [\"rfc9422\"]"), ("", "[egress]\nlisten = \"localhost\""),
        ("", "[[listen]]\naddress = \":443\""), ("", "[log]\nlevel = 3"), ("listen = []", ""),
        ("", "[token]\nttl = \"5 minutes\""), ("", "[outbound.timeouts]\nidle = \"5s\""),
        ("", "[outbound]\nresolve = { \"a.test\" = \"b.test:1\" }"),
        ("", "[outbound]\nallow_private = \"10.0.0.0/8\""), ("", "[state]\nurl = \"/var/x.db\""),
        ("", "[tls.a]\nmin_version = \"1.1\""), ("version = 2", ""),
        ("", "[discovery]\ncriteria = \"none\""),
    ]) func whatTheSchemaRefusesTheReaderRefuses(_ top: String, _ rest: String) throws {
        let text = "\(top)\n\(ConfigurationSample.required)\(rest)\n"
        #expect(ConfigurationSample.findings(text) != [])
        #expect(try !accepts(text))
    }
}

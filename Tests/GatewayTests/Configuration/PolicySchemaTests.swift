import Foundation
import Testing

@testable import Federation

/// The schema of policies, held against their reader with the judge of schemas beside it.
@Suite struct PolicySchemaTests {
    private let check = SchemaCheck(root: PolicySchema.document)
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func accepts(_ text: String) throws -> Bool {
        let document = try TOMLDocument(Array(text.utf8), file: "policy.toml")
        return try check.accepts(SchemaCheck.json(document.root))
    }

    private func problems(_ text: String) -> [String] {
        let findings = Findings(file: "policy.toml")
        do throws(ConfigurationErrors) {
            var reader = PolicyReader(files: PolicyFiles { _ in [] }, findings: findings)
            reader.read(try TOMLDocument(Array(text.utf8), file: "policy.toml"))
            try findings.check()
            return []
        } catch { return error.all.map(\.description) }
    }

    private func example() throws -> String {
        try String(
            contentsOf: Self.root.appending(path: "docs/policy.example.toml"), encoding: .utf8)
    }

    /// The drift that this test is for: a word that the reader learns must be described, and one
    /// that it forgets must go.
    @Test func itHasExactlyTheKeysOfTheReader() throws {
        let findings = Findings(file: "policy.toml")
        findings.noteAskedKeys()
        var reader = PolicyReader(files: PolicyFiles { _ in [] }, findings: findings)
        // The example has no limit with conditions.
        let text =
            try example() + """
                [[limit]]
                name = "x"
                on = "share"
                per = "all"
                concurrent = 1
                when = { size_max = 1 }
                """
        reader.read(try TOMLDocument(Array(text.utf8), file: "policy.toml"))
        let asked = try #require(findings.asked)
        let read = Set(
            asked.map { key in
                let parts = key.split(separator: " ")
                guard parts.count == 2 else { return key }
                let path = parts[0].split(separator: ".")
                if path.first == "list" { return "list.* \(parts[1])" }
                return path.first == "entry" ? "list.*.entries \(parts[1])" : key
            })
        var described = SchemaCheck.keys(check.root, root: check.root)
        // The reader calls the tables of a test and of an invariant by their own names.
        described = Set(
            described.map { key in
                for name in ["given", "want"] {
                    for table in ["test", "invariant"] where key.hasPrefix("\(table).\(name) ") {
                        return key.replacing("\(table).\(name) ", with: "\(name) ")
                    }
                }
                return key
            })
        #expect(described.subtracting(read) == [])
        #expect(read.subtracting(described) == [])
    }

    @Test(arguments: [
        "docs/policy.example.toml", "policies/default.toml", "policies/allowlist-only.toml",
        "policies/legacy-bridge.toml", "policies/research-federation.toml",
        "policies/hospital.toml", "policies/strict.toml", "policies/observe.toml",
        "deploy/nextcloud/policy.toml", "deploy/owncloud10/policy.toml",
    ]) func theShippedPoliciesFit(_ file: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
        #expect(try accepts(text))
    }

    private static let head = "version = 1\nname = \"p\"\n"
    private static let rule = "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\n"

    /// Values at the edge of what the reader takes: a schema that refused one would cry wolf.
    @Test(arguments: [
        #"when = { owner = ["*@ü.example", "a*"] }"#, #"when = { resource_type = "ocm-thing" }"#,
        #"when = { net = ["2001:db8::/32", "::1"] }"#, #"when = { size_max = 5 }"#,
        #"when = { time = ["sat,sun", "22:00-06:00 -05:30"], software = "*" }"#,
        #"peer = ["a.example:8443", "*.b.example", ".ü.example", "[2001:db8::1]:9"]"#,
        #"mode = "open""#, #"set = {}"#, #"when = { permissions = "unspecified" }"#,
        #"when = { notification_type = ["SHARE_ACCEPTED", "X_OWN_TYPE"] }"#,
    ]) func whatTheReaderTakesTheSchemaTakes(_ line: String) throws {
        let text = Self.head + Self.rule + line + "\n"
        #expect(problems(text) == [])
        #expect(try accepts(text))
    }

    @Test(arguments: [
        "modes = \"enforce\"", "mode = \"enforced\"", "unknown = \"ask\"", "version = 2",
        "[list.p]\nstanding = \"allowed\"\nentries = []", "[list.p]\nentries = []",
        "[list.\"p q\"]\nstanding = \"allow\"\nentries = []",
        "[list.p]\nstanding = \"allow\"\nentries = [\"https://a.example\"]",
        "[list.p]\nstanding = \"allow\"\nentries = [{ hosts = \"a.example\" }]",
        "[list.p]\nstanding = \"allow\"\nsource = \"https://a.example/l\"\nmax_change = \"a fifth\"",
        "[[require]]\nname = \"r\"\non = \"share\"\nneed = [\"signed\"]",
        "[[require]]\nname = \"r\"\non = \"share\"\nneed = []",
        "[[limit]]\nname = \"l\"\non = \"share\"\nper = \"host\"\nrate = \"60/min\"",
        "[[limit]]\nname = \"l\"\non = \"share\"\nper = \"peer\"\nrate = \"60 per minute\"",
        "[[rule]]\nname = \"r\"\non = \"share.inn\"\naction = \"allow\"",
        "[[rule]]\nname = \"r\"\non = []\naction = \"allow\"",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"permit\"",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"deny\"\nstatus = 418",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"deny\"\ncode = \"Not Allowed\"",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\nwhen = {}",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\nwhen = { sizemax = 1 }",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\nwhen = { protocol = [\"smb\"] }",
        "[[rule]]\nname = \"r\"\non = \"share\"\naction = \"allow\"\nset = { token_ttl = 300 }",
        "[[test]]\nname = \"t\"\ngiven = { on = \"share\" }\nwant = { action = \"allow\" }",
        "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\" }\nwant = {}",
        "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\", signature = true }\nwant = { action = \"allow\" }",
        "[[invariant]]\nname = \"i\"\ngiven = { standing = \"good\" }\nnever = \"allow\"",
        "[[invariant]]\nname = \"i\"\ngiven = {}\nnever = \"refuse\"",
    ]) func whatTheSchemaRefusesTheReaderRefuses(_ text: String) throws {
        let isTop = !text.hasPrefix("[")
        let whole = isTop ? "\(text)\n\(Self.head)" : "\(Self.head)\(text)\n"
        if text != "version = 2" {
            #expect(problems(whole) != [])
            #expect(try !accepts(whole))
        } else {
            #expect(try !accepts("version = 2\nname = \"p\"\n"))
        }
    }
}

import Federation
import Gateway
import Testing

@testable import ocmgate

/// What `check` says of a policy beside a configuration that does not go with it.
@Suite struct InstallationCheckTests {
    private func configuration(_ added: String) throws -> Configuration {
        let text = """
            [site]
            origin = "https://cloud.test"
            [backend]
            url = "http://127.0.0.1:8080"
            kind = "nextcloud"
            [policy]
            file = "policy.toml"

            """
        return try Configuration(Array((text + added).utf8), file: "config.toml")
    }

    private func policy(_ blocks: String) throws -> Policy {
        let text = """
            version = 1
            name = "p"
            mode = "enforce"
            unknown = "deny"
            default = "deny"

            """
        return try Policy(
            Array((text + blocks).utf8), file: "policy.toml", PolicyFiles { _ in nil })
    }

    private static let egress = "[egress]\nlisten = \"127.0.0.1:3128\"\n"

    /// Configuration, need, occasions, and what is told.
    private static let needs: [(String, String, String, String?)] = [
        ("", "mtls", "*.in", "needs mtls, and no listener asks for client certificates"),
        (
            "[signature]\nfirst_seen = \"accept\"\n", "key-pinned", "share.in",
            "needs key-pinned of what comes in, and signature.first_seen"
        ),
        ("[signature]\nfirst_seen = \"accept\"\n", "key-pinned", "share.out", nil),
        ("", "key-pinned", "share.in", nil),
        (
            "[signature]\naccept = [\"cavage\"]\n", "rfc9421", "*.in",
            "needs rfc9421 of what comes in, and signature.accept"
        ),
        ("[signature]\naccept = [\"cavage\"]\n", "signature", "*.in", nil),
        ("[signature]\naccept = [\"cavage\"]\n", "rfc9421", "*.out", nil),
        (
            egress + "sign = false\n", "signature", "*.out",
            "needs signature of what goes out, and egress.sign = false"
        ),
        (
            egress + "sign = false\n", "rfc9421", "share",
            "needs rfc9421 of what goes out, and egress.sign = false"
        ),
        (egress + "sign = false\n", "signature", "*.in", nil),
        (egress, "signature", "*.out", nil),
        (
            egress + "[signature]\nsend = \"cavage\"\n", "rfc9421", "*.out",
            "needs rfc9421 of what goes out, and signature.send = \"cavage\""
        ),
        (egress + "[signature]\nsend = \"cavage\"\n", "signature", "*.out", nil),
        ("[signature]\nsend = \"cavage\"\n", "rfc9421", "*.out", nil),
    ]

    @Test(arguments: needs)
    func aNeedThatNobodyCanMeetIsToldOf(
        _ added: String, _ need: String, _ occasions: String, _ told: String?
    ) throws {
        let policy = try policy(
            "[[require]]\nname = \"it\"\non = [\"\(occasions)\"]\nneed = \"\(need)\"\n")
        var check = InstallationCheck()
        check.needs(of: policy, under: try configuration(added))
        let said = check.warnings.map(\.description)
        #expect(said.count == (told == nil ? 0 : 1), "\(said)")
        if let told { #expect(said.first?.contains("require:it \(told)") == true, "\(said)") }
    }

    @Test func aDirectoryThatIsNotThereIsToldOf() throws {
        let blocks = """
            [[require]]
            name = "it"
            on = "share.in"
            need = "directory"
            [[test]]
            name = "listed"
            given = { on = "share.in", directory = true }
            want = { action = "deny" }

            """
        var check = InstallationCheck()
        check.needs(of: try policy(blocks), under: try configuration(""))
        let said = check.warnings.map(\.description)
        #expect(said.count == 2, "\(said)")
        #expect(said.first?.contains("require:it needs directory, and no list") == true, "\(said)")
        #expect(
            said.last?.contains("the test \"listed\" gives directory = true, and no list") == true,
            "\(said)")
        let list = """
            [list.directory]
            standing = "allow"
            source = "https://directory.test/federation.jws"
            format = "ocm-directory"
            keys = ["directory.jwk"]

            """
        check = InstallationCheck()
        check.needs(of: try policy(list + blocks), under: try configuration(""))
        #expect(check.warnings.isEmpty, "\(check.warnings)")
    }

    /// It would be green for a message that never comes.
    @Test(
        arguments: [
            ("share.out", "mtls = true", "mtls"), ("webdav.in", "mfa = true", "mfa"),
            ("webdav.in", "signature = \"rfc9421\"", "signature"),
            ("ocs.in", "signature = \"cavage\"", "signature"),
            ("ocs.out", "signature = \"rfc9421\"", "signature"),
            ("ocs.out", "key_pinned = true", nil),
            ("notification.in", "invite = true", "invite"),
            ("share.in", "mtls = true, mfa = true, invite = true", nil),
            ("ocs.in", "size = 7", nil),
        ] as [(String, String, String?)])
    func aTestOfAMessageThatThereIsNoneOfIsToldOf(
        _ occasion: String, _ given: String, _ word: String?
    ) throws {
        let test = """
            [[test]]
            name = "t"
            given = { on = "\(occasion)", \(given) }
            want = { action = "deny" }

            """
        var check = InstallationCheck()
        check.needs(of: try policy(test), under: try configuration(""))
        let said = check.warnings.map(\.description)
        #expect(said.count == (word == nil ? 0 : 1), "\(said)")
        guard let word else { return }
        let told = "\"t\" gives \(word), which no message of \(occasion) has"
        #expect(said.first?.contains(told) == true, "\(said)")
    }

    /// Need, occasions of the requirement and of the rule, and what is told.
    private static let closed: [(String, String, String, String?)] = [
        (
            "signature", "*.in", "webdav",
            "needs signature, which nothing of webdav.in can meet: it is all refused"
        ),
        ("rfc9421", "*.out", "webdav", "needs rfc9421, which nothing of webdav.out can meet"),
        ("mfa", "webdav", "webdav", "needs mfa, which nothing of webdav.in can meet"),
        ("key-pinned", "*.in", "webdav", "needs key-pinned, which nothing of webdav.in can meet"),
        (
            "token-exchange", "*.in", "notification\", \"invite",
            "needs token-exchange, which nothing of notification.in, invite.in can meet"
        ),
        ("token-exchange", "*.in", "share\", \"token\", \"webdav", nil),
        // Nothing goes through there anyway; it is what the block is for.
        ("signature", "*.in", "share", nil), ("signature", "webdav", "webdav", nil),
        ("signature", "*.in", "ocs", nil),
    ]

    @Test(arguments: closed)
    func whatANeedClosesIsToldOf(
        _ need: String, _ occasions: String, _ allowed: String, _ told: String?
    ) throws {
        let policy = try policy(
            "[[require]]\nname = \"it\"\non = \"\(occasions)\"\nneed = \"\(need)\"\n"
                + "[[rule]]\nname = \"all\"\non = [\"\(allowed)\"]\naction = \"allow\"\n")
        var check = InstallationCheck()
        check.needs(of: policy, under: try configuration(""))
        let said = check.warnings.map(\.description)
        #expect(said.count == (told == nil ? 0 : 1), "\(said)")
        if let told { #expect(said.first?.contains("require:it \(told)") == true, "\(said)") }
    }

    @Test(
        arguments: [
            ("share_type_not_suported", "share_type_not_supported"), ("no_groups_here", nil),
            ("share_type_not_supported", nil),
        ] as [(String, String?)])
    func aCodeThatIsNearlyOneOfTheGatewaysIsToldOf(_ code: String, _ meant: String?) throws {
        let rule = """
            [[rule]]
            name = "no groups"
            on = "share.in"
            action = "deny"
            code = "\(code)"

            """
        var check = InstallationCheck()
        check.codes(of: try policy(rule))
        let said = check.warnings.map(\.description)
        #expect(said.count == (meant == nil ? 0 : 1), "\(said)")
        guard let meant else { return }
        #expect(said.first?.contains("did you mean \"\(meant)\"?") == true, "\(said)")
        let told =
            "policy.toml:6:1: rule:no groups: the code \"\(code)\" is none of the gateway's own"
        #expect(said.first?.hasPrefix(told) == true, "\(said)")
    }

    @Test func whatIsLetInUnsignedByDefaultIsToldOf() throws {
        let text = """
            version = 1
            name = "p"
            mode = "enforce"
            unknown = "deny"
            default = "allow"
            [[require]]
            name = "signed"
            on = ["share", "notification", "invite", "request-share", "token"]
            need = "signature"
            """
        let policy = try Policy(
            Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil })
        var check = InstallationCheck()
        check.unproven(by: policy)
        let told =
            "policy.toml:5:1: default = \"allow\" lets in what no block is about: unsigned ocs.in"
        #expect(check.warnings.first?.description.hasPrefix(told) == true, "\(check.warnings)")
        check = InstallationCheck()
        check.unproven(by: try self.policy(""))
        #expect(check.warnings.isEmpty)
    }

    /// Mebibytes that are free, of how many, and what is told: the journal reserves what it needs, so that
    /// all goes on until there is nothing.
    @Test(
        arguments: [
            (0, 14, "is full", true), (1, 14, "has 1 MiB of room: without any", false),
            (15, 100_000, "has 15 MiB of room: without any", false),
            (21, 100, nil, false),
            (300, 100_000, "has 300 MiB of room: below 512 refusals are not recorded, and", false),
            (150, 2000, "has 150 MiB of room: below 200 refusals are not recorded, and", false),
            (900, 100_000, "has 900 MiB of room: below 512 refusals are not recorded", false),
            (1024, 100_000, nil, false), (900, 1000, nil, false),
        ] as [(Int, Int, String?, Bool)])
    func aDiskThatIsNearlyFullIsToldOf(
        _ free: Int, _ all: Int, _ told: String?, _ isFull: Bool
    ) {
        let said = DiskUse.journal.words(free: free << 20, of: all << 20)
        #expect(said?.isFull ?? false == isFull)
        #expect((said == nil) == (told == nil), "\(String(describing: said))")
        if let told { #expect(said?.0.contains(told) == true, "\(String(describing: said))") }
        // How many refusals are recorded is no matter of the state's disk.
        #expect((DiskUse.state.words(free: free << 20, of: all << 20) == nil) == (free > 15))
    }

    /// Nobody does anything at that moment, and mounts may be lost.
    @Test func anEntryThatEndsSoonIsToldOf() throws {
        var check = InstallationCheck()
        let now = check.now
        func until(_ days: Int) -> String { Moment.day(now + days * 86_400) }
        let list = """
            [list.silver]
            standing = "allow"
            entries = [
              { host = "far.test", until = \(until(40)) },
              { host = "soon.test", until = \(until(5)) },
              { host = "over.test", until = \(until(-3)) },
            ]

            """
        check.ends(of: try policy(list))
        let said = check.warnings.map(\.description)
        #expect(said.count == 2, "\(said)")
        #expect(said.first?.contains("policy.toml:11:3: the list silver: over.test") == true)
        #expect(said.last?.contains("policy.toml:10:3: the list silver: soon.test until") == true)
        #expect(said.last?.contains("users may lose their mounts") == true, "\(said)")
    }

    @Test func whoNeedNeverSignIsToldOf() throws {
        let blocks = """
            [list.legacy]
            standing = "allow"
            entries = [
              { host = "a.test", until = 2199-12-31 },
              "b.test",
            ]
            [[require]]
            name = "it"
            on = "share.in"
            except = "@legacy"
            need = "signature"

            """
        var check = InstallationCheck()
        check.unsignedForEver(by: try policy(blocks))
        let said = check.warnings.map(\.description)
        #expect(said.count == 1, "\(said)")
        let told =
            "policy.toml:10:3: the list legacy: b.test has no end, and require:it does not ask"
        #expect(said.first?.hasPrefix(told) == true, "\(said)")
        check = InstallationCheck()
        check.unsignedForEver(
            by: try policy(blocks.replacing("\"signature\"", with: "\"token-exchange\"")))
        #expect(check.warnings.isEmpty, "\(check.warnings)")
    }

    /// Occasions and terms of a rule, and what is told.
    private static let terms: [(String, String, String?)] = [
        ("share.out", "token_ttl = \"24h\"", "lets access tokens live for 1d, token.ttl = \"5m\""),
        ("token.in", "token_ttl = \"6m\"", "lets access tokens live for 6m"),
        ("share.out", "token_ttl = \"5m\"", nil), ("share.in", "token_ttl = \"24h\"", nil),
        ("token.in", "bind = \"none\"", "lets any peer exchange a code"),
    ]

    @Test(arguments: terms)
    func aRuleThatIsWeakerIsToldOf(
        _ occasions: String, _ terms: String, _ told: String?
    ) throws {
        let policy = try policy(
            "[[rule]]\nname = \"it\"\non = [\"\(occasions)\"]\naction = \"allow\"\n"
                + "set = { \(terms) }\n")
        var check = InstallationCheck()
        check.terms(of: policy, beside: try configuration("").token)
        let said = check.warnings.map(\.description)
        #expect(said.count == (told == nil ? 0 : 1), "\(said)")
        if let told { #expect(said.first?.contains("rule:it \(told)") == true, "\(said)") }
    }
}

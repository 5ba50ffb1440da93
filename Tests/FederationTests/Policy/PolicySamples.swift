import Federation
import Testing

/// Policies in a few lines, for the tests of this folder.
enum PolicySamples {
    /// Who is on which list, and one rule that lets everything of them through.
    static let allowAll = """
        [[rule]]
        name = "all"
        on = ["*.in", "*.out"]
        action = "allow"

        """

    /// Reads a policy of the given body below the keys that every policy has.
    static func policy(
        _ body: String, head: String = "", files: [String: String] = [:]
    ) throws(ConfigurationErrors) -> Policy {
        try read("version = 1\nname = \"p\"\n\(head)\n\(body)", files: files)
    }

    static func read(
        _ text: String, files: [String: String] = [:]
    ) throws(ConfigurationErrors) -> Policy {
        try Policy(
            Array(text.utf8), file: "etc/policy.toml",
            PolicyFiles { files[$0].map { Array($0.utf8) } })
    }

    /// What is reported of a text that must not load.
    static func problems(_ text: String, files: [String: String] = [:]) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try read(text, files: files)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    /// What is reported of a body; its first line is line 3.
    static func problems(ofBody body: String, files: [String: String] = [:]) -> [String] {
        problems("version = 1\nname = \"p\"\n\(body)", files: files)
    }

    /// The problems of a policy are these, each with its place in the file.
    static func expect(
        _ problems: [String], _ wanted: String..., at: SourceLocation = #_sourceLocation
    ) {
        let full = wanted.map { "etc/policy.toml:\($0)" }
        #expect(problems == full, sourceLocation: at)
    }

    /// An ordinary message of `peer`, changed as the test wants it.
    static func facts(
        _ occasion: String = "share.in", _ peer: String? = "p.example",
        _ change: (inout Facts) -> Void = { _ in }
    ) throws -> Facts {
        var facts = Facts.ordinary(
            try #require(Occasion(occasion)), peer: try peer.map { try #require(PeerHost($0)) })
        change(&facts)
        return facts
    }
}

extension Policy {
    /// Judges a message where every limit has room.
    func evaluate(_ facts: Facts) -> Verdict { evaluate(facts, room: Policy.roomForAll) }

    func evaluate(_ facts: Facts, _ standing: Standing) -> Verdict {
        evaluate(facts, standing, room: Policy.roomForAll)
    }
}

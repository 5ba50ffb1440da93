import Testing

@testable import Federation

@Suite struct OccasionTests {
    @Test(arguments: [
        ("share.in", ["share.in"]), ("share", ["share.in", "share.out"]),
        ("request-share.out", ["request-share.out"]),
        (
            "*.in",
            [
                "share.in", "notification.in", "invite.in", "token.in", "webdav.in",
                "request-share.in", "ocs.in",
            ]
        ),
    ])
    func wordMeansTheseMessages(_ word: String, _ meaning: [String]) throws {
        #expect(try #require(OccasionSet(word: word)).occasions.map(\.description) == meaning)
    }

    @Test(arguments: ["", "*", "in", ".in", "share.", "share.In", "shares", "share.in.out", "*.*"])
    func wordIsRefused(_ word: String) {
        #expect(OccasionSet(word: word) == nil)
    }

    @Test func everyOccasionHasItsOwnPlaceInASet() {
        for one in Occasion.all {
            #expect(OccasionSet([one]).occasions == [one])
            #expect(Occasion(one.description) == one)
        }
        #expect(OccasionSet.everything.occasions == Occasion.all)
    }

    /// Blocks of a policy with `default = "allow"`, and what it lets in of senders who prove nothing.
    @Test(
        arguments: [
            ("", all("")),
            (
                need("signature", ["share", "notification", "invite", "request-share", "token"]),
                ["ocs.in"]
            ),
            (need("signature", ["*.in"]), []), (need("mtls", ["*.in"]), []),
            (need("signature", ["*.in"], "except = \"old.example\""), []),
            (need("signature", ["*.in"], "peer = \"old.example\"") + rule("ocs.in"), all("ocs.in")),
            (need("signature", ["*.in"], "mode = \"report\"") + rule("ocs.in"), all("ocs.in")),
            (need("directory", ["*.in"]) + rule("ocs.in"), all("ocs.in")),
            (need("token-exchange", ["ocs"]), all("ocs.in")),
            (need("signature", ["share.in", "ocs"], "when = { share_type = \"group\" }"), all("")),
            (rule("*.in"), []),
            (rule("ocs.in", "peer = \"old.example\"") + need("signature", ["ocs"]), all("ocs.in")),
        ] as [(String, [String])])
    func whatIsLetInUnprovenByDefault(_ blocks: String, _ open: [String]) throws {
        let policy = try PolicySamples.policy(blocks, head: "default = \"allow\"")
        #expect(policy.unprovenByDefault.map(\.description) == open)
        let closed = try PolicySamples.policy(blocks)
        #expect(closed.unprovenByDefault.isEmpty)
    }

    private static func need(_ need: String, _ on: [String], _ more: String = "") -> String {
        "[[require]]\nname = \"it\"\non = \(on)\nneed = \"\(need)\"\n\(more)\n"
    }

    private static func rule(_ on: String, _ more: String = "") -> String {
        "[[rule]]\nname = \"r\"\non = \"\(on)\"\naction = \"deny\"\n\(more)\n"
    }

    /// All that come in but for one kind.
    private static func all(_ closed: String) -> [String] {
        ["share.in", "notification.in", "invite.in", "token.in", "request-share.in", "ocs.in"]
            .filter { $0 != closed }
    }
}

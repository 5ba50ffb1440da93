import Testing

@testable import Federation

@Suite struct PolicyEvaluateTests {
    private let body = """
        [list.partners]
        standing = "allow"
        entries = [".p.example"]
        [list.bad]
        standing = "block"
        entries = ["bad.example"]
        [[require]]
        name = "signed"
        on = ["share", "token", "ocs"]
        need = ["signature"]
        [[require]]
        name = "tokens"
        on = "share.in"
        except = ["old.p.example"]
        need = ["token-exchange"]
        code = "tokens_please"
        hint = "Exchange."
        [[rule]]
        name = "no groups"
        on = "share.in"
        when = { share_type = "group" }
        action = "deny"
        status = 501
        code = "share_type_not_supported"
        [[rule]]
        name = "files"
        on = "share"
        when = { resource_type = "file" }
        action = "allow"
        [[rule]]
        name = "rest of partners"
        on = ["notification", "token", "ocs"]
        peer = "@partners"
        action = "allow"

        """

    private func checks(_ verdict: Verdict) -> [String] {
        verdict.checks.map { "\($0.name) \($0.result.rawValue)" }
    }

    @Test func everyCheckIsListedInTheOrderOfJudgement() throws {
        let policy = try PolicySamples.policy(body)
        let verdict = policy.evaluate(try PolicySamples.facts())
        #expect(verdict.action == .allow)
        #expect(verdict.by == "rule:files")
        #expect(
            checks(verdict) == [
                "standing passed", "built-in:advertised-keys not-applicable",
                "require:signed passed", "require:tokens passed",
                "built-in:ping-pong not-applicable", "rule:no groups not-applicable",
                "rule:files allowed", "rule:rest of partners not-reached", "default not-reached",
            ])
    }

    @Test func firstRefusalEndsItAndTheOthersAreStillListed() throws {
        let policy = try PolicySamples.policy(body)
        let verdict = policy.evaluate(
            try PolicySamples.facts("share.in", "bad.example") {
                $0.signature = .none
                $0.access = .secret
                $0.shareType = "group"
                $0.peerKeys = .advertised
            })
        #expect(verdict.by == "list:bad")
        #expect(verdict.code == "peer_blocked")
        #expect(
            checks(verdict) == [
                "standing refused", "built-in:advertised-keys refused", "require:signed refused",
                "require:tokens refused", "built-in:ping-pong not-applicable",
                "rule:no groups refused", "rule:files not-reached",
                "rule:rest of partners not-reached", "default not-reached",
            ])
    }

    @Test func refusalsComeInOrder() throws {
        let policy = try PolicySamples.policy(body)
        func by(_ peer: String, _ change: (inout Facts) -> Void) throws -> String {
            policy.evaluate(try PolicySamples.facts("share.in", peer, change)).by
        }
        #expect(
            try by("x.example") {
                $0.signature = .none
                $0.peerKeys = .advertised
            } == "unknown")
        #expect(
            try by("p.example") {
                $0.signature = .none
                $0.peerKeys = .advertised
            } == "built-in:advertised-keys")
        #expect(
            try by("p.example") {
                $0.signature = .none
                $0.access = .secret
            } == "require:signed")
        #expect(
            try by("p.example") {
                $0.access = .secret
                $0.shareType = "group"
            } == "require:tokens")
        #expect(try by("p.example") { $0.shareType = "group" } == "rule:no groups")
        #expect(try by("p.example") { $0.resourceType = "calendar" } == "default")
    }

    @Test func refusalHasTheWordsOfItsBlock() throws {
        let policy = try PolicySamples.policy(body, head: "contact = \"admin@uni.example\"")
        let tokens = policy.evaluate(try PolicySamples.facts { $0.access = .secret })
        #expect(tokens.code == "tokens_please")
        #expect(tokens.status == 403)
        #expect(tokens.hint == "Exchange. Contact: admin@uni.example")
        #expect(tokens.denial?.code == .tokenExchangeRequired)
        #expect(tokens.denial?.disclosedCode == "tokens_please")
        let signed = policy.evaluate(try PolicySamples.facts { $0.signature = .none })
        #expect(signed.code == "signature_required")
        #expect(signed.status == 401)
        let group = policy.evaluate(try PolicySamples.facts { $0.shareType = "group" })
        #expect(group.status == 501)
        let other = policy.evaluate(try PolicySamples.facts { $0.resourceType = "calendar" })
        #expect(other.code == "not_allowed")
        #expect(other.status == 403)
        #expect(other.denial?.detail == "policy: default")
    }

    @Test(arguments: [SignatureFact.none, .invalid])
    func whatIsNotValidlySignedIsUnsigned(_ signature: SignatureFact) throws {
        let policy = try PolicySamples.policy(body)
        let verdict = policy.evaluate(try PolicySamples.facts { $0.signature = signature })
        #expect(verdict.by == "require:signed")
    }

    /// The older API cannot be signed, so such a need closes it (settled question 9).
    @Test func needOfASignatureClosesTheOlderAPI() throws {
        let policy = try PolicySamples.policy(body)
        #expect(policy.evaluate(try PolicySamples.facts("ocs.in")).by == "require:signed")
    }

    @Test func peerThatPublishesKeysSignsWhateverThePolicySays() throws {
        let policy = try PolicySamples.policy(PolicySamples.allowAll, head: "unknown = \"allow\"")
        for occasion in Occasion.all {
            var facts = try PolicySamples.facts(occasion.description)
            facts.signature = .none
            facts.peerKeys = .advertised
            let isJudged = occasion.direction == .inbound && occasion.kind != .webdav
            let verdict = policy.evaluate(facts)
            #expect((verdict.action == .deny) == isJudged, "\(occasion)")
            if isJudged { #expect(verdict.denial?.code == .signatureRequired) }
        }
    }

    @Test func exceptedPeersAndSelectedPeersAreTold() throws {
        let policy = try PolicySamples.policy(body)
        let old = policy.evaluate(
            try PolicySamples.facts("share.in", "old.p.example") { $0.access = .secret })
        #expect(old.action == .allow)
        #expect(old.checks[3].reason == .exceptedPeer)
        let open = try PolicySamples.policy(body, head: "unknown = \"allow\"")
        let stranger = open.evaluate(try PolicySamples.facts("notification.in", "x.example"))
        #expect(stranger.by == "default")
        #expect(stranger.checks[7].reason == .otherPeer)
    }

    @Test func firstMissingNeedIsNamedWhateverTheOrderInTheFile() throws {
        for needs in ["\"token-exchange\", \"signature\"", "\"signature\", \"token-exchange\""] {
            let policy = try PolicySamples.policy(
                """
                [[require]]
                name = "both"
                on = "share"
                need = [\(needs)]
                \(PolicySamples.allowAll)
                """, head: "unknown = \"allow\"")
            let verdict = policy.evaluate(
                try PolicySamples.facts {
                    $0.signature = .none
                    $0.access = .secret
                })
            #expect(verdict.code == "signature_required")
        }
    }

    @Test func reportModeRefusesNothingAndSaysWhatItWould() throws {
        let policy = try PolicySamples.policy(body, head: "mode = \"report\"")
        let verdict = policy.evaluate(
            try PolicySamples.facts("share.in", "x.example") {
                $0.signature = .none
                $0.access = .secret
                $0.shareType = "group"
            })
        #expect(verdict.action == .allow)
        #expect(verdict.denial == nil)
        #expect(verdict.by == "mode:report")
        #expect(verdict.would == ["unknown", "require:signed", "require:tokens", "rule:no groups"])
        let standing = policy.standing(of: PeerHost("bad.example"), now: 0)
        #expect(standing.word == .block)
        #expect(standing.denial == nil)
        #expect(standing.would == "list:bad")
    }

    @Test func reportModeStillNamesTheRuleThatAllows() throws {
        let policy = try PolicySamples.policy(body, head: "mode = \"report\"")
        let verdict = policy.evaluate(try PolicySamples.facts())
        #expect(verdict.by == "rule:files")
        #expect(verdict.would.isEmpty)
    }

    @Test func openModeJudgesNothing() throws {
        let policy = try PolicySamples.policy(body, head: "mode = \"open\"")
        let verdict = policy.evaluate(
            try PolicySamples.facts("share.in", "bad.example") { $0.signature = .none })
        #expect(verdict.action == .allow)
        #expect(verdict.by == "mode:open")
        #expect(checks(verdict) == ["mode:open allowed"])
        #expect(policy.standing(of: PeerHost("bad.example"), now: 0).denial == nil)
    }

    @Test func oneBlockInReportModeIsOnlyReported() throws {
        let policy = try PolicySamples.policy(
            """
            [[require]]
            name = "tried out"
            on = "share"
            need = "token-exchange"
            mode = "report"
            [[rule]]
            name = "tried out too"
            on = "share"
            action = "deny"
            mode = "report"
            [[rule]]
            name = "off"
            on = "share"
            action = "deny"
            mode = "open"
            \(PolicySamples.allowAll)
            """, head: "unknown = \"allow\"")
        let verdict = policy.evaluate(try PolicySamples.facts { $0.access = .secret })
        #expect(verdict.action == .allow)
        #expect(verdict.by == "rule:all")
        #expect(verdict.would == ["require:tried out", "rule:tried out too"])
        #expect(checks(verdict).contains("rule:off off"))
    }

    @Test func defaultAllowsOnlyWhereItIsWritten() throws {
        let open = try PolicySamples.policy("", head: "unknown = \"allow\"\ndefault = \"allow\"")
        #expect(open.evaluate(try PolicySamples.facts()).by == "default")
        #expect(open.evaluate(try PolicySamples.facts()).action == .allow)
        let silent = try PolicySamples.policy("", head: "unknown = \"allow\"")
        #expect(silent.evaluate(try PolicySamples.facts()).action == .deny)
    }

    /// 429 and 503 mean "later", so they say when.
    @Test(arguments: [(429, 60), (503, 3600), (403, nil)] as [(Int, Int?)])
    func statusThatMeansLaterSaysWhen(_ status: Int, _ seconds: Int?) throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "later"
            on = "share"
            action = "deny"
            status = \(status)
            """, head: "unknown = \"allow\"")
        #expect(policy.evaluate(try PolicySamples.facts()).denial?.retryAfter == seconds)
    }

    @Test func ruleSetsTheLifetimeOfTokens() throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "short"
            on = "token.in"
            action = "allow"
            set = { token_ttl = "5m" }
            """, head: "unknown = \"allow\"")
        let verdict = policy.evaluate(try PolicySamples.facts("token.in"))
        #expect(verdict.settings.tokenTTL == .seconds(300))
    }

    @Test func judgingTwiceGivesTheSame() throws {
        let policy = try PolicySamples.policy(body)
        let facts = try PolicySamples.facts { $0.shareType = "group" }
        #expect(policy.evaluate(facts) == policy.evaluate(facts))
    }

    @Test(arguments: [
        ("", "ocs.in", false), (PolicySamples.allowAll, "ocs.in", true),
        ("[[rule]]\nname = \"r\"\non = \"ocs.in\"\naction = \"deny\"\n", "ocs.in", false),
        ("[[rule]]\nname = \"r\"\non = \"ocs.out\"\naction = \"allow\"\n", "ocs.in", false),
        (
            "[[rule]]\nname = \"r\"\non = \"ocs\"\naction = \"allow\"\nmode = \"report\"\n",
            "ocs.in",
            false
        ),
    ])
    func occasionThatNoRuleAllowsIsClosed(_ rules: String, _ occasion: String, _ may: Bool) throws {
        let policy = try PolicySamples.policy(rules)
        #expect(policy.mayAllow(try #require(Occasion(occasion))) == may)
    }

    // Whose key it has, what comes in shows by its signature: unsigned and pinned is none there.
    @Test func whatIsNotSignedHasNoKnownKey() throws {
        let policy = try PolicySamples.policy(
            "[list.known]\nstanding = \"allow\"\nentries = [\"cloud.partner.example\"]\n"
                + "[[require]]\nname = \"known\"\non = [\"*.in\", \"*.out\"]\nneed = \"key-pinned\"\n"
                + "[[rule]]\nname = \"all\"\non = [\"*.in\", \"*.out\"]\naction = \"allow\"\n")
        for (on, signature, by) in [
            ("share.in", SignatureFact.rfc9421, "rule:all"), ("share.in", .none, "require:known"),
            ("share.in", .invalid, "require:known"), ("ocs.in", .none, "require:known"),
            ("share.out", .none, "rule:all"),
        ] {
            var facts = Facts.ordinary(
                try #require(Occasion(on)), peer: PeerHost("cloud.partner.example"))
            facts.signature = signature
            #expect(policy.evaluate(facts).by == by, "\(on) \(signature)")
        }
    }
}

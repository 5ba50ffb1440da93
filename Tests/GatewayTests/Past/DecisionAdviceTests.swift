import Federation
import Testing

@testable import Gateway

@Suite struct DecisionAdviceTests {
    private func advice(
        by: String, _ action: DecisionRecord.Action = .deny, policy: Policy? = nil,
        peer: String = "three.test", besides other: String? = nil, at now: Int? = nil,
        _ change: (inout JournalRecord) -> Void = { _ in }
    ) throws -> [DecisionAdvice] {
        let journal = try PastJournal()
        let facts = try JournalRecordTests.facts {
            $0.peer = PeerHost(peer)
            $0.alsoNamed = [other].compactMap { $0.flatMap { PeerHost($0) } }
        }
        let id = try journal.add(facts, action: action, by: by, code: "x", change)
        guard
            case .found(let found) = try DecisionSearch(journal.reader, .pseudonyms).find(id)
        else { return [] }
        return DecisionAdvice.on(
            found.decision, policy, nearMiss: nil, now: now ?? found.decision.time / 1000)
    }

    @Test func guardsAreNeverArguedWith() throws {
        let policy = try Policy.past(ReplayTests.all)
        for code in DenialCode.allCases {
            let found = try advice(by: "guard:\(code.rawValue)", policy: policy)
            #expect(!found.isEmpty, "\(code)")
            for one in found {
                // Nothing is to be written into the policy, and no exception is offered.
                #expect(one.place == nil, "\(code)")
                #expect(one.command?.contains("except") != true)
                #expect(one.command?.contains("allow") != true)
            }
        }
    }

    @Test(arguments: [DenialCode.invalidGrant, .secretRefused])
    func ofAShareThatIsOverIsToldWhatBringsItBack(_ code: DenialCode) throws {
        let over = Denial(code, over: "0198")
        let found = try advice(by: "guard:\(code.rawValue)") { $0.decision.detail = over.detail }
        #expect(over.detail == "share 0198 is over")
        #expect(found.first?.words.contains("ended here") == true)
        #expect(found.first?.words.contains("a new share from its owner") == true)
        let rest = over.cuttingOff(after: 7)
        #expect(rest.detail == "share 0198 is over, cut off after 7 bytes")
        let under = try advice(by: "guard:\(code.rawValue)") { $0.decision.detail = rest.detail }
        #expect(under.map(\.words) == found.map(\.words))
        let other = try advice(by: "guard:\(code.rawValue)") { $0.decision.detail = "another" }
        #expect(other.first?.words.contains("ended here") == false)
    }

    @Test(arguments: [
        DenialCode.invalidGrant, .secretRefused, .tokenInvalid, .backendUnavailable,
    ])
    func whereTheBackendRefusesASecretItIsLookedAt(_ code: DenialCode) throws {
        let denial = Denial(code, refusedOf: "0198")
        let found = try advice(by: "guard:\(code.rawValue)") { $0.decision.detail = denial.detail }
        #expect(found.first?.words.contains("its owner are still there") == true)
    }

    @Test func theWayToACalendarIsNamed() throws {
        let denial = Denial(unreadableOf: try #require(PeerHost("one.test")))
        let found = try advice(by: "guard:\(denial.code.rawValue)") {
            $0.decision.detail = denial.detail
        }
        #expect(found.first?.words.contains("egress.other") == true)
    }

    @Test func theShareWhoseCodeAnotherPeerShowsIsNamed() throws {
        let found = try advice(by: "guard:invalid_grant") {
            $0.decision.detail = "the code of share 12, which is of one.test"
        }
        #expect(found.map(\.command) == ["ocmgate share revoke 12"])
        #expect(found.first?.words.contains("in other hands") == true)
        let over = try advice(by: "guard:invalid_grant") {
            $0.decision.detail = "the code of share 12, which is of one.test, and over"
        }
        #expect(over.map(\.command) == [nil])
        #expect(over.first?.words.contains("in other hands") == true)
    }

    /// Nothing had come before, and it does not end by itself at once.
    @Test func whereNothingIsKnownFromBeforeItIsToldUntilWhen() throws {
        let denial = Denial(created: 1_793_491_200, unknownBefore: 1_793_577_600)
        #expect(denial.code == .storeUnavailable && denial.retryAfter == 3600)
        for code in ["replay", "store_unavailable"] {
            let found = try advice(by: "guard:\(code)") { $0.decision.detail = denial.detail }
            #expect(found.first?.words.contains("Mon, 02 Nov 2026 00:00:00 GMT is taken") == true)
            #expect(found.first?.words.contains("the clock") == true)
        }
        let other = try advice(by: "guard:replay") { $0.decision.detail = "created 1, seen 2" }
        #expect(other.first?.words.contains("had come before") == true)
    }

    /// A command that looks at the disk finds everything fine.
    @Test(arguments: [
        (DenialCode.backendUnavailable, "connect_refused", "backend.url"),
        (.backendTimeout, "first_byte_timeout", "backend.url"),
        (.overloaded, "suspended", "backend.url"),
        (.overloaded, "busy", "too much at once"),
    ])
    func aBackendThatDoesNotAnswerIsLookedAt(
        _ code: DenialCode, _ detail: String, _ words: String
    ) throws {
        let found = try advice(by: "guard:\(code.rawValue)") { $0.decision.detail = detail }
        #expect(found.count == 1 && found[0].words.contains(words) && found[0].command == nil)
    }

    /// No key helps where the standard, the algorithm or what is covered is not what it has to be.
    @Test(arguments: [
        (Denial(notAccepting: SignatureGeneration.cavage.name), "signature.accept"),
        (Denial(SignatureFault.generation, "three.test has signed by x before"), "before"),
        (Denial(SignatureFault.algorithm, "algorithm ed25519 not allowed"), "signature.algorithms"),
        (Denial(SignatureFault.notCovered, "does not cover content-digest"), "cover"),
        (Denial(SignatureFault.expired, "too old"), "clocks"),
        (Denial(SignatureFault.wrong, "signature does not verify"), "compare its keys"),
    ])
    func aSignatureIsMendedWhereItIsWrong(_ denial: Denial, _ words: String) throws {
        let found = try advice(by: "guard:signature_invalid") {
            $0.decision.detail = denial.detail
            $0.decision.signature = .init(
                generation: "rfc9421-tag", result: denial.fault?.rawValue ?? "")
        }
        #expect(found.first?.words.contains(words) == true)
        #expect(
            found.contains { $0.words.contains("compare its keys") } == (denial.fault == .wrong))
    }

    @Test(arguments: ["three.test", ""])
    func whatTakesSecretsIsNamed(_ peer: String) {
        let found = GuardAdvice(peer: peer, detail: nil).on(.secretRefused)
        let asks = found.first?.words.hasSuffix("see whether it can")
        #expect(found.first?.words.contains("token.accept_secret") == true)
        #expect((asks, found.first?.command != nil) == (!peer.isEmpty, !peer.isEmpty))
    }

    @Test func whatTheListsCouldNotAnswerIsFetched() throws {
        let policy = try Policy.past(
            "[list.far]\nstanding = \"block\"\nsource = \"https://x.test/l\"\n" + ReplayTests.all)
        let found = try advice(by: "list:far", policy: policy) {
            $0.decision.code = DenialCode.listUnavailable.rawValue
        }
        #expect(found.map(\.command) == ["ocmgate list update far"])
    }

    @Test(arguments: [
        ("on = \"*.in\"\nrate = \"3/hour\"", "`rate` or `burst`"),
        ("on = \"webdav.in\"\nbytes = \"1MiB/day\"", "more `bytes`"),
        ("on = \"*.in\"\nconcurrent = 2", "`concurrent`"),
    ])
    func aLimitIsGivenMoreOfWhatItCounts(_ measure: String, _ words: String) throws {
        let policy = try Policy.past(
            "[[limit]]\nname = \"few\"\nper = \"peer\"\n\(measure)\n")
        let found = try advice(by: "limit:few", policy: policy)
        #expect(found.first?.words.contains(words) == true)
    }

    @Test func whatReportModeLetThroughIsTold() throws {
        let policy = try Policy.past(ReplayTests.all, mode: "report")
        let found = try advice(by: "rule:all", .allow, policy: policy) {
            $0.decision.would = ["unknown"]
        }
        #expect(
            found.first?.words == "unknown would have refused it; mode = \"report\" let it through")
        #expect(found.first?.place == "policy.toml:3")
        let open = try advice(by: "mode:report", .allow, policy: policy)
        #expect(open.map(\.place) == ["policy.toml:3"])
        // What the backend tells its own site no policy refuses.
        #expect(try advice(by: Decider.ownSite.name, .allow, policy: policy).isEmpty)
    }

    /// Nothing is to be changed there: it refuses such messages as it is.
    @Test func whatOnlyTheProfileLetPassIsNoBlocksFault() throws {
        let policy = try Policy.past("", unknown: "deny")
        let found = try advice(by: "default", .allow, policy: policy) {
            $0.decision.would = ["not_allowed: policy: default"]
        }
        #expect(found.count == 1 && found[0].words.contains("profile = \"observe\" let it pass"))
    }

    @Test(arguments: [DecisionRecord.Action.hold, .deny])
    func whoWasLetInSinceIsNotToBeLetInAgain(_ action: DecisionRecord.Action) throws {
        let found = try advice(
            by: "unknown", action, policy: try Policy.past(ReplayTests.all), peer: "one.test")
        #expect(found.map(\.command) == [nil])
        #expect(found.first?.words.hasPrefix("@partners lets it in by now") == true)
    }

    /// Whether it is by now hangs on when somebody asks, not on when the message came.
    @Test func whoWasLetInForATimeThatIsOverIsNotLetInByNow() throws {
        let policy = try Policy.past(
            "[list.guests]\nstanding = \"allow\"\n"
                + "entries = [{ host = \"three.test\", until = 2100-01-01 }]\n" + ReplayTests.all)
        func words(_ now: Int) throws -> String? {
            try advice(by: "unknown", policy: policy, at: now).first?.words
        }
        #expect(try words(4_100_000_000)?.hasPrefix("@guests lets it in by now") == true)
        #expect(try words(4_200_000_000)?.hasPrefix("its entry in @guests is over") == true)
    }

    @Test func withSeveralListsOneIsNamedToApprove() throws {
        let policy = try Policy.past(
            "[list.more]\nstanding = \"allow\"\nentries = []\n" + ReplayTests.all)
        let found = try advice(by: "unknown", .hold, policy: policy)
        #expect(found.first?.command == "ocmgate peer hold approve three.test --list NAME")
        #expect(found.first?.words.contains("partners, more") == true)
    }

    /// Who is on it need not sign: that is for a person to say (decision 52).
    @Test func aListThatABlockExceptsIsChosenForNobody() throws {
        let block =
            "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
            + "except = [\"@partners\"]\n"
        let one = try Policy.past(block + ReplayTests.all)
        for action in [DecisionRecord.Action.hold, .deny] {
            let found = try #require(try advice(by: "unknown", action, policy: one).first)
            #expect(found.words.contains("a block excepts each: partners (by require:signed)"))
            #expect(found.command?.contains("partners") != true)
        }
        let two = try Policy.past(
            "[list.more]\nstanding = \"allow\"\nentries = []\n" + block + ReplayTests.all)
        #expect(
            try advice(by: "unknown", .hold, policy: two).first?.command
                == "ocmgate peer hold approve three.test --list more")
        #expect(
            try advice(by: "unknown", policy: two).map(\.words) == [
                "let the peer in: add this to the entries of [list.more]"
            ])
    }

    @Test(arguments: [
        (Need.keyPinned, "a key of the peer has to be pinned", "ocmgate peer pin three.test"),
        (.invite, "an invitation has to be accepted", ""),
        (.directory, "a directory has to list the peer", "ocmgate peer show three.test"),
        (.tokenExchange, "must-exchange-token", "ocmgate peer probe three.test"),
    ])
    func whatMeetsANeedIsSaidAndNoExceptionIsOffered(
        _ need: Need, _ words: String, _ command: String
    ) throws {
        let policy = try Policy.past(
            "[[require]]\nname = \"all\"\non = \"share\"\n"
                + "need = [\"signature\", \"\(need.rawValue)\"]\n")
        let found = try advice(by: "require:all", policy: policy) { record in
            record.checks = [Check("require:all", .refused, .missing(need))]
        }
        #expect(found.count == 1 && found[0].words.contains(words), "\(found)")
        #expect(found[0].command ?? "" == command)
    }

    @Test(arguments: [
        (Need.signature, "share.in", "the peer has to sign"),
        (.signature, "share.out", "say that it verifies signatures"),
        (.rfc9421, "notification.out", "say that it verifies signatures"),
        (.signature, "ocs.in", "the older API cannot be signed"),
        (.tokenExchange, "share.in", "must-exchange-token"),
        (.tokenExchange, "share.out", "exchange codes for tokens"),
        (.tokenExchange, "webdav.in", "with a token"),
    ])
    func whoHasToDoWhatDependsOnTheWay(
        _ need: Need, _ occasion: String, _ words: String
    ) throws {
        let occasion = try #require(Occasion(occasion))
        let advice = DecisionAdvice.fulfilling(need, of: "three.test", on: occasion)
        #expect(advice.words.contains(words))
    }

    @Test(arguments: [
        ("share.in", "its operator must switch that on, or"),
        ("ocs.in", "the older API cannot be signed"),
        ("invite.in", "let its person invite the one here"),
    ])
    func whoPublishesKeysSignsWhatCanBeSigned(_ occasion: String, _ words: String) throws {
        let occasion = try #require(Occasion(occasion))
        let found = try advice(by: Policy.advertisedKeysLabel) { $0.facts?.occasion = occasion }
        #expect(found.count == 1 && found[0].words.contains(words))
    }

    /// A rule opens the older API to those that publish no keys, and to nobody else.
    @Test(arguments: [("ocs.in", true), ("share.in", false), ("ocs.out", false)])
    func aRuleForTheOlderAPIDoesNotOpenItToWhoPublishesKeys(
        _ occasion: String, _ isTold: Bool
    ) throws {
        let occasion = try #require(Occasion(occasion))
        for by in ["default", "rule:all"] {
            let policy = try Policy.past(ReplayTests.all)
            let found = try advice(by: by, policy: policy) { $0.facts?.occasion = occasion }
            #expect(found.first?.words.contains("publishes keys is refused") == isTold)
        }
    }

    @Test func anUnknownPeerIsAddedToTheListOfOurs() throws {
        let policy = try Policy.past(ReplayTests.all)
        let found = try advice(by: "unknown", policy: policy)
        #expect(found.map(\.command) == ["{ host = \"three.test\", note = \"\" },"])
        #expect(found.first?.place == "policy.toml:6")
        #expect(try advice(by: "unknown").first?.command?.contains("[list.partners]") == true)
    }

    /// Anything else would let it in for ever, or stand there twice.
    @Test(arguments: [DecisionRecord.Action.deny, .hold])
    func ofWhoseEntryIsOverTheEndIsToldFirst(_ action: DecisionRecord.Action) throws {
        let policy = try Policy.past(
            "[list.legacy]\nstanding = \"allow\"\n"
                + "entries = [{ host = \"three.test\", until = 2026-10-15 }]\n"
                + "[[require]]\nname = \"signed\"\non = \"share.in\"\nexcept = \"@legacy\"\n"
                + "need = \"signature\"\n" + ReplayTests.all)
        let found = try advice(by: "unknown", action, policy: policy)
        let told = "its entry in @legacy is over: three.test until 2026-10-15"
        #expect(found.first?.words.hasPrefix(told) == true, "\(found)")
        #expect(found.first?.place == "policy.toml:11")
        let approve = "ocmgate peer hold approve three.test --list"
        #expect(
            found.map(\.command)
                == (action == .deny
                    ? [nil, "{ host = \"three.test\", until = DATE, note = \"\" },"]
                    : [
                        "\(approve) legacy --until DATE", "\(approve) partners --until DATE",
                        "ocmgate peer hold refuse three.test",
                    ]))
        guard action == .deny else { return }
        let egress = try advice(by: "unknown", policy: policy) { $0.decision.kind = "egress" }
        #expect(egress.contains { $0.words.hasPrefix("if it is a partner, \(told)") }, "\(egress)")
        // A block that is over let nobody in.
        let blocked = try Policy.past(
            "[list.bad]\nstanding = \"block\"\n"
                + "entries = [{ host = \"three.test\", until = 2026-10-15 }]\n" + ReplayTests.all)
        #expect(
            try advice(by: "unknown", policy: blocked).map(\.command)
                == ["{ host = \"three.test\", note = \"\" },"])
    }

    /// What the backend fetches elsewhere is no partner's: a list would let more in, and not help.
    @Test func aHostThatTheBackendNeedsIsNamedInOther() throws {
        let policy = try Policy.past(ReplayTests.all)
        let found = try advice(by: "unknown", policy: policy) { $0.decision.kind = "egress" }
        #expect(found.first?.words.contains("egress.other") == true)
        #expect(found.first?.command == nil && found.count == 2)
        #expect(found.last?.words.hasPrefix("if it is a partner, let the peer in") == true)
        #expect(found.last?.place == "policy.toml:6")
    }

    /// It is not the peer's entry that has to go, and the peer is let in already.
    @Test func ofAHostThatIsOnlyNamedItsOwnEntryIsTold() throws {
        let policy = try Policy.past(
            "[list.bad]\nstanding = \"block\"\nhard = true\nentries = [\"bad.test\"]\n"
                + ReplayTests.all)
        let blocked = try advice(
            by: "list:bad", policy: policy, peer: "one.test", besides: "bad.test")
        #expect(blocked.map(\.words) == ["take the entry out, bad.test"])
        #expect(blocked.map(\.place) == ["policy.toml:12"])
        let unknown = try advice(
            by: "unknown", policy: policy, peer: "one.test", besides: "new.test")
        #expect(unknown.map(\.command) == ["{ host = \"new.test\", note = \"\" },"])
        #expect(unknown.first?.words.hasPrefix("let new.test in: ") == true)
        let waiting = try advice(
            by: "unknown", .hold, policy: policy, peer: "one.test", besides: "new.test"
        ) {
            $0.decision.standing = "list:partners"
        }
        #expect(waiting.first?.words == "let new.test in")
        #expect(waiting.first?.command == "ocmgate peer hold approve new.test")
        #expect(waiting.last?.command == "ocmgate peer hold refuse new.test")
        // What the lists turn away before anything is verified is recorded as coming from there.
        let claimed = try advice(
            by: "list:bad", policy: policy, peer: "bad.test", besides: "one.test"
        ) {
            $0.decision.claimed = "one.test"
        }
        #expect(claimed == blocked)
    }

    /// What is told can be written there as it is.
    @Test func whatIsToBeWrittenIntoAListFitsIt() throws {
        let element = "{ host = \"three.test\", note = \"\" },"
        let inline = try Policy.past(
            "[list.bad]\nstanding = \"block\"\nentries = []\n" + ReplayTests.all)
        #expect(try advice(by: "rule:all", .allow, policy: inline).last?.command == element)
        let text = """
            version = 1
            name = "p"
            unknown = "deny"
            [list.partners]
            standing = "allow"
            source = "partners.txt"
            [list.bad]
            standing = "block"
            source = "bad.txt"
            \(ReplayTests.all)
            """
        let apart = try Policy(
            Array(text.utf8), file: "etc/policy.toml",
            PolicyFiles { $0.hasSuffix(".txt") ? Array("one.test\n".utf8) : nil })
        let out = try #require(try advice(by: "rule:all", .allow, policy: apart).last)
        #expect(out.command == "three.test" && out.place == "etc/bad.txt")
        let into = try #require(try advice(by: "unknown", policy: apart).first)
        #expect(into.command == "three.test" && into.place == "etc/partners.txt")
    }

    @Test func aHeldPeerIsApprovedOrRefused() throws {
        let commands = try advice(by: "unknown", .hold).compactMap(\.command)
        #expect(
            commands == [
                "ocmgate peer hold approve three.test", "ocmgate peer hold refuse three.test",
            ])
    }

    @Test func whoIsExceptedAlreadyStaysExcepted() throws {
        let policy = try Policy.past(
            "[list.old]\nstanding = \"allow\"\nentries = [\"old.test\"]\n"
                + "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
                + "except = [\"@old\", \"*.slow.test\"]\n")
        #expect(
            try advice(by: "require:signed", policy: policy).last?.command
                == #"except = ["@old", "*.slow.test", "three.test"]"#)
    }

    @Test func whatElseWouldRefuseAHeldPeersMessageIsSaid() throws {
        let said = try advice(by: "unknown", .hold) { record in
            record.checks = [Check("require:signed", .refused, .missing(.signature))]
        }
        #expect(
            said.map(\.words).contains {
                $0.contains("refused by require:signed (needs signature)")
            })
    }

    @Test func aBlockOfThePolicyIsNamedWithItsPlace() throws {
        let policy = try Policy.past(
            "[list.bad]\nstanding = \"block\"\nentries = [\"three.test\"]\n"
                + "[[require]]\nname = \"signed\"\non = \"share\"\nneed = [\"signature\"]\n"
                + "[[limit]]\nname = \"few\"\non = \"*.in\"\nper = \"peer\"\nrate = \"3/hour\"\n"
                + "[[rule]]\nname = \"none\"\non = \"share.in\"\naction = \"deny\"\n")
        #expect(try advice(by: "list:bad", policy: policy).first?.place?.hasSuffix(":11") == true)
        let needed = try advice(by: "require:signed", policy: policy) { record in
            record.checks = [Check("require:signed", .refused, .missing(.signature))]
        }
        #expect(
            needed.map(\.command) == ["ocmgate peer probe three.test", "except = [\"three.test\"]"])
        #expect(needed.last?.place == "policy.toml:12")
        #expect(try advice(by: "limit:few", policy: policy).first?.place == "policy.toml:16")
        let rule = try advice(by: "rule:none", policy: policy)
        #expect(rule.first?.place == "policy.toml:21")
        #expect(rule.first?.command?.contains("on     = \"share.in\"") == true)
        #expect(try advice(by: "default", policy: policy).first?.words.contains("add one") == true)
    }

    /// Pasted, it lets through what was refused, and not what the rules behind refuse.
    @Test func anExceptionFromANarrowRuleIsAsNarrow() throws {
        let narrow =
            "[[rule]]\nname = \"not him\"\non = \"share.in\"\npeer = \"three.test\"\n"
            + "when = { recipient = \"bob@*\", net = \"192.0.2.0/24\" }\naction = \"deny\"\n"
            + "[[rule]]\nname = \"read only\"\non = [\"share.in\", \"ocs.in\"]\n"
            + "when = { permissions_not = [\"read\"] }\naction = \"deny\"\n"
            + "[[rule]]\nname = \"elsewhere\"\non = \"share.out\"\n"
            + "when = { share_type = \"group\" }\naction = \"deny\"\n" + ReplayTests.all
        let policy = try Policy.past(narrow)
        // Whom it was for is sealed: the rule's own words are told.
        let found = try advice(by: "rule:not him", policy: policy)
        let command = try #require(found.first?.command)
        #expect(
            command.contains(
                "when   = { recipient = \"bob@*\", permissions = \"read\" }\naction = \"allow\""),
            "\(command)")
        let facts = try JournalRecordTests.facts { $0.recipient = "bob@cloud.test" }
        #expect(
            ExceptionTerms(for: facts, before: "rule:not him", in: policy).line
                == "when   = { recipient = \"bob@cloud.test\", permissions = \"read\" }")
        // What it lets through is judged by no rule behind.
        let pasted = try Policy.past(command + "\n" + narrow, unknown: "allow")
        for (permissions, by) in [
            (["read"], "rule:share.in of three.test"), (["read", "write"], "rule:not him"),
        ] {
            let message = try JournalRecordTests.facts { facts in
                facts.peer = PeerHost("three.test")
                facts.permissions = Permissions(words: permissions)
            }
            #expect(pasted.evaluate(message, room: Policy.roomForAll).by == by)
        }
    }

    @Test func anExceptionFromARuleAboutEverythingSaysNoMore() throws {
        let policy = try Policy.past(
            "[[rule]]\nname = \"none\"\non = \"share.in\"\naction = \"deny\"\n")
        let found = try advice(by: "rule:none", policy: policy)
        #expect(found.first?.command?.contains("when") == false)
    }
}

import Federation
import Testing

@testable import Gateway
@testable import Transport

/// What a policy says of requests for shared data.
@Suite struct SharedDataPolicyTests {
    private static let secret = "SECRET0PERMANEN"
    private static let root = "/public.php/webdav"

    @Test func aRuleAboutDataIsAskedEachTime() async throws {
        let world = try await TestGateway(
            rules: """
                [[rule]]
                name = "no reading of two"
                on = ["webdav"]
                peer = "two.test"
                action = "deny"
                """)
        try await world.share(Self.secret)
        try await world.share("SECRET-OF-TWO", for: "two.test", id: "2")
        let token = try await world.token(Self.secret)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == nil)
        #expect(
            try world.plan("GET \(Self.root)/a HTTP/1.1", basic("SECRET-OF-TWO")).status == 403)
        let other = try await world.token("SECRET-OF-TWO", by: "two.test")
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(other)).status == 403)
    }

    /// The registry has the name that the site had when the share was made.
    @Test func theOwnerOfAShareIsAtTheNameThatTheSiteHasNow() async throws {
        let world = try await TestGateway(
            rules: """
                [[rule]]
                name = "nothing of alice's"
                on = ["webdav.in"]
                when = { owner = "alice@cloud.test" }
                action = "deny"
                """)
        for (number, owner) in ["alice@cloud.test", "alice@old.test", "bob@old.test"].enumerated() {
            let secret = "SECRET-NUMBER-\(number)"
            try await world.share(secret, id: "\(number + 1)", owner: owner)
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", basic(secret))
            #expect(planned.status == (owner.hasPrefix("alice@") ? 403 : nil))
        }
    }

    @Test func aPeerThatWasBlockedSinceReadsNoMore() async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        // Let pass within the same second: that the policy is another one is seen all the same.
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
        let text = """
            version = 1
            name = "closed"
            mode = "enforce"
            default = "deny"
            unknown = "deny"
            """
        world.gateway.policy.swap(
            try Policy(Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil }),
            candidate: nil)
        for credential in [bearer(token), basic(Self.secret)] {
            #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", credential).status == 403)
        }
        // A blocked peer does not lose its mount by it: that is what shareinfo decides.
        let info = try world.plan(
            "POST /index.php/apps/files_sharing/shareinfo?t=\(Self.secret) HTTP/1.1")
        #expect(info.status == 503)
    }

    /// It knows the code that the receiver has; a token is the receiver's own.
    @Test(arguments: ["bob@two.test", "bob@blocked.test"])
    func whoPassedAShareOnAndIsOnNoListReadsNothingByItsSecret(sender: String) async throws {
        let world = try await TestGateway()
        try await world.share(Self.secret, owner: "alice@cloud.test", sender: sender)
        let status = try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status
        #expect(status == (sender == "bob@two.test" ? nil : 403))
        let token = try await world.token(Self.secret)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
    }

    /// Its limits would have counted every request, not one of a second.
    @Test func aCandidatesLimitOnDataIsAskedEachTime() async throws {
        let limit = """
            [[limit]]
            name = "two"
            on = "webdav.in"
            per = "peer"
            rate = "2/min"
            """
        let (world, stricter) = (try await TestGateway(), try await TestGateway(rules: limit))
        let holder = world.gateway.policy
        holder.swap(holder.current, candidate: stricter.gateway.policy.current)
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let before = holder.count.news()?.judged ?? 0
        for _ in 0..<3 {
            #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
        }
        let news = try #require(holder.count.news())
        #expect(news.judged == before + 3 && news.differing == 1)
    }

    @Test func underObserveWhatThePolicyIsAgainstIsReportedAndServed() async throws {
        let world = try await TestGateway(
            rules: """
                [[rule]]
                name = "no data"
                on = ["webdav.in"]
                action = "deny"
                """, profile: "observe")
        try await world.share(Self.secret)
        // Its peer is on no list.
        try await world.share("SECRET0STRANGER", for: "three.test", id: "3")
        let token = try await world.token(Self.secret)
        for credential in [bearer(token), basic(Self.secret), basic("SECRET0STRANGER")] {
            let planned = try world.plan("GET \(Self.root)/a HTTP/1.1", credential)
            #expect(planned.values("authorization").count == 1, "\(planned)")
        }
        let info = try world.plan(
            "POST /index.php/apps/files_sharing/shareinfo?t=SECRET0STRANGER HTTP/1.1")
        #expect(info.status == nil)
        let lines = tolerated(in: world)
        #expect(lines.compactMap { $0["method"]?.string } == ["GET", "GET", "GET", "POST"])
        #expect(
            lines.compactMap { $0["peer"]?.string }
                == ["one.test", "one.test", "three.test", "three.test"])
        for line in lines {
            #expect(line["direction"]?.string == "in")
            #expect(line["would"]?.array?.count == 1)
        }
        // What is no question of policy is refused all the same.
        let planned = try world.plan("PATCH \(Self.root)/a HTTP/1.1", bearer(token))
        guard case .answered(let answer) = planned else { throw TestGateway.NoAddress() }
        #expect(answer.status == 405 && answer.values("allow") == [UnreadMessageTests.dataMethods])
    }

    @Test func underObserveAPermissionAndASecretThatNeverLeftAreReportedAndServed() async throws {
        let world = try await TestGateway(profile: "observe")
        let (_, code) = try await world.share(
            Self.secret, permissions: .named(["read"]), handle: .make)
        let (_, writing) = try await world.share(
            "SECRET0WRITING1", id: "2", permissions: .named(["write"]), handle: .make)
        let token = try await world.token(code)
        let files = "/public.php/dav/files"
        for (line, credential) in [
            ("GET \(Self.root)/a", bearer(token)), ("PUT \(Self.root)/a", bearer(token)),
            ("PUT \(Self.root)/a", basic(code)), ("GET \(Self.root)/a", basic(Self.secret)),
            ("PUT \(files)/\(Self.secret)/a", "Accept: */*"),
            ("POST /index.php/apps/files_sharing/shareinfo?t=\(writing)", "Accept: */*"),
        ] {
            let planned = try world.plan("\(line) HTTP/1.1", credential)
            #expect(planned.status == nil, "\(line): \(planned)")
        }
        let would = tolerated(in: world).map { line in
            (line["would"]?.array ?? []).compactMap(\.string).map { $0.prefix { $0 != ":" } }
        }
        #expect(
            would == [
                ["permission_not_allowed"], ["permission_not_allowed"], ["secret_refused"],
                ["secret_refused", "permission_not_allowed"], ["permission_not_allowed"],
            ])
        // What is no permission stays refused.
        for (line, field) in [
            ("PROPFIND \(Self.root)/", "Depth: infinity"),
            ("MOVE \(Self.root)/a", "Destination: https://other.test\(Self.root)/b"),
            ("GET \(files)/other/a", "Accept: */*"),
        ] {
            let planned = try world.plan("\(line) HTTP/1.1", bearer(token), field)
            #expect(planned.status == 403, "\(line): \(planned)")
        }
    }

    @Test func whatIsOnlyReportedIsToldOnceASecondAndServed() async throws {
        let world = try await TestGateway(
            rules: """
                [[require]]
                name = "tokens, soon"
                on = ["webdav"]
                need = ["signature"]
                mode = "report"
                """)
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        for _ in 0..<3 {
            #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == nil)
        }
        let lines = tolerated(in: world)
        #expect(lines.count == 1)
        #expect(lines.first?["would"]?.array?.compactMap(\.string) == ["require:tokens, soon"])
    }

    /// Also without a journal.
    @Test func whatWaitsForAPersonIsToldOne() async throws {
        let world = try await TestGateway(
            rules: "[[rule]]\nname = \"ask\"\non = \"webdav.in\"\naction = \"hold\"")
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", bearer(token)).status == 503)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == 503)
        let peer = try #require(PeerHost("one.test"))
        let held = try #require(world.gateway.holds[peer])
        #expect(held.count == 2)
        let message = try #require(held.messages.first)
        #expect(message.occasion == "webdav.in" && message.by == "rule:ask")
        #expect(message.signature == "none" && message.client == "192.0.2.7")
    }

    @Test func whatASecretThatIsRefusedHasTakenIsGivenBack() async throws {
        let world = try await TestGateway(
            rules: """
                [[limit]]
                name = "bytes"
                on = "webdav.in"
                per = "peer"
                bytes = "1000B/day"
                [[rule]]
                name = "tokens"
                on = "webdav.in"
                action = "allow"
                set = { accept_secret = "none" }
                """)
        try await world.share(Self.secret)
        let token = try await world.token(Self.secret)
        let (put, length) = ("PUT \(Self.root)/a HTTP/1.1", "Content-Length: 900")
        for _ in 0..<3 {
            #expect(try world.plan(put, basic(Self.secret), length).status == 403)
        }
        #expect(try world.plan(put, bearer(token), length).status == nil)
    }

    @Test func whatIsRefusedSaysWhatElseWouldHaveRefusedIt() async throws {
        let files = try TestJournal()
        let journal = try JournalTests.open(files)
        let world = try await TestGateway(
            rules: """
                [[require]]
                name = "signed, soon"
                on = ["webdav"]
                need = ["signature"]
                mode = "report"
                [[rule]]
                name = "no data"
                on = ["webdav.in"]
                action = "deny"
                """, journal: journal)
        try await world.share(Self.secret)
        #expect(try world.plan("GET \(Self.root)/a HTTP/1.1", basic(Self.secret)).status == 403)
        journal.close()
        let found = try #require(
            try JournalDiskTests.decisions(
                files, try JournalPeople.opening(files.folder, files.seal)
            ).last)
        #expect(found.by == "rule:no data")
        #expect(found.object["ocm"]?.object?["provider_id"]?.string == "1")
        #expect(found.object["would"]?.array?.compactMap(\.string) == ["require:signed, soon"])
    }

    private func tolerated(in world: TestGateway) -> [JSONObject] {
        world.gateway.log.flush()
        return world.world.lines.objects.filter { $0["message"]?.string == "data.tolerated" }
    }

    private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }
}

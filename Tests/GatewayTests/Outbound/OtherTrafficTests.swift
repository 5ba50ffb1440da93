import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite struct OtherTrafficTests {
    private static let all = "[egress]\nlisten = \"127.0.0.1:3128\"\nother = \"tunnel\""

    private func edit(_ plan: Plan) throws -> HeadEdit {
        guard case .forward(let forwarding) = plan,
            let edit = forwarding.onHead?(try WayOut.answer(302))
        else { throw WayOut.Unmade() }
        return edit
    }

    @Test func ofTheAnswerNothingPassesThatSetsAState() throws {
        let world = try WayOut(configuration: Self.all)
        let request = try world.request("GET /index.php/apps/spreed/x HTTP/1.1")
        let edit = try edit(world.gateway.planOther(request))
        let kept = try #require(edit.keep).map(\.description)
        for name in [
            "set-cookie", "location", "access-control-allow-origin", "clear-site-data",
            "strict-transport-security", "refresh", "www-authenticate",
        ] {
            #expect(!kept.contains(name), "\(name)")
        }
        #expect(kept.contains("content-type") && kept.contains("x-nextcloud-talk-hash"))
    }

    @Test func whereAServerThatIsNoPeerLeadsIsTold() throws {
        let world = try WayOut(configuration: Self.all)
        let edit = try edit(world.gateway.passOut(try world.request("GET /x HTTP/1.1")))
        let kept = try #require(edit.keep)
        #expect(kept.contains(.location) && !kept.contains(FieldName("set-cookie")))
    }

    @Test(arguments: [
        "POST /ocm/shares HTTP/1.1", "GET /public.php/webdav/a HTTP/1.1",
        "POST /anywhere/notifications HTTP/1.1",
        "POST /ocs/v2.php/apps/activity/api/v2/remote/SECRET0PERMANEN HTTP/1.1",
    ])
    func whatIsOfTheFederationDoesNotPassUnjudged(_ line: String) throws {
        let world = try WayOut(configuration: Self.all)
        #expect(Planned(world.gateway.passOut(try world.request(line))).status == 403)
    }

    @Test(arguments: [
        "/apps/x/SECRET0PERMANEN", "/apps/x/SECRET0PERMANEN?a=b", "/x?token=SECRET0PERMANEN",
        "/x/%53ECRET0PERMANEN/y", "/x?to=https%3A%2F%2Fcloud.test%2Fs%2FSECRET0PERMANEN&n=%zz",
        "/x?a=1;SECRET0PERMANEN", "/sub/ocs/v2.php/apps/x/SECRET0PERMANEN",
        "/x/SECRET-OF-SEVEN", "/x?t=SECRET-OF-SEVEN", "/x?t=%53ECRET0PERMANEN%00",
        "/x?t=%53ECRET0PERMANEN%zz", "/x?t=%2553ECRET0PERMANEN", "/x/%25253a/SECRET0PERMANEN%252fy",
        "/x?u=https%253A%252F%252Fcloud.test%252Fs%252FSECRET0PERMANEN",
        "/x?u=a%3Dhttps%25253A%25252F%25252Fcloud.test%25252Fs%25252FSECRET0PERMANEN%25252Fy",
    ])
    func noSecretOfAShareStandsInTheURI(_ target: String) async throws {
        let world = try WayOut(configuration: Self.all)
        let request = try world.request("GET \(target) HTTP/1.1")
        #expect(Planned(world.gateway.planOther(request)).status == nil)
        try await world.send("SECRET0PERMANEN")
        _ = try await world.receive(uri: nil, demands: false)
        for plan in [world.gateway.planOther(request), world.gateway.passOut(request)] {
            let planned = Planned(plan)
            #expect((planned.status, planned.code) == (403, "secret_refused"))
        }
        #expect(!world.logged().contains("SECRET"))
        let page = try world.request("GET /x HTTP/1.1")
        #expect(Planned(world.gateway.planOther(page)).status == nil)
    }

    @Test func noSecretOfAShareIsACredentialElsewhere() async throws {
        let world = try WayOut(configuration: Self.all)
        let handle = try await world.receive(uri: nil, demands: true)
        try await world.send("SECRET0PERMANEN")
        for (secret, host, isKnown) in [
            (handle, "idp.test", true), (WayOut.secret, "modern.test", true),
            ("SECRET0PERMANEN", "idp.test", true), ("SOMETHING-ELSE", "idp.test", false),
        ] {
            for field in [
                "Bearer \(secret)", "Basic \(Base64.encode(Array("\(secret):".utf8)))",
            ] {
                let request = try world.request(
                    "POST /x HTTP/1.1", "Authorization: \(field)", at: host)
                let planned = Planned(world.gateway.passOut(request))
                #expect(planned.status == (isKnown ? 403 : nil))
                #expect(!isKnown || planned.code == "secret_refused")
            }
        }
        #expect(!world.logged().contains("SECRET"))
    }

    /// Who offers a share chooses its secret, and whom it names: that shuts the backend off nowhere else.
    @Test(arguments: [nil, "https://modern.test/"], ["nextcloud", "opencloud"])
    func theSecretOfAPeersShareIsANameElsewhere(_ uri: String?, _ kind: String) async throws {
        let world = try WayOut(configuration: Self.all, kind: kind)
        _ = try await world.receive(
            uri: uri, demands: false, from: "legacy.test", secret: "system",
            sender: "carol@modern.test")
        for (host, status) in [("modern.test", nil), ("idp.test", nil), ("legacy.test", 403)] {
            let request = try world.request(
                "REPORT /remote.php/dav/addressbooks/system/system/system HTTP/1.1",
                "Authorization: Basic \(Base64.encode(Array("system:x".utf8)))", at: host)
            #expect(Planned(world.gateway.passOut(request)).status == status, "\(host)")
        }
    }

    @Test(arguments: [true, false], ["nextcloud", "opencloud"])
    func theSecretOfAPeersShareIsAWordElsewhere(
        _ demands: Bool, _ kind: String
    ) async throws {
        let world = try WayOut(configuration: Self.all, kind: kind)
        let told = try await world.receive(
            uri: kind == "opencloud" ? "https://modern.test/any" : nil, demands: demands,
            from: "legacy.test", secret: "addressbooks",
            sender: "carol@modern.test")
        let word = "/remote.php/dav/addressbooks/x"
        let cases: [(host: String, target: String, status: Int?)] = [
            ("modern.test", word, nil), ("idp.test", word, nil), ("legacy.test", word, 403),
            // What stands for it is nobody's word.
            ("idp.test", "/x?t=\(told)", demands ? 403 : nil),
        ]
        for (host, target, status) in cases {
            let request = try world.request("GET \(target) HTTP/1.1", at: host)
            #expect(Planned(world.gateway.passOut(request)).status == status, "\(host) \(target)")
        }
    }

    /// The server that was asked to share on has chosen it.
    @Test func theSecretOfWhatWasPassedOnIsAWordOfThatServer() async throws {
        let world = try WayOut(configuration: Self.all)
        _ = try await world.receive(uri: nil, demands: false, from: "legacy.test")
        let original = try #require(world.gateway.registry.all.first)
        let word = "addressbooks"
        let carol = try #require(OCMAddress("carol@two.test"))
        let passedOn = try #require(
            world.gateway.recordPassedOn(Secret(utf8: word), to: carol, of: original))
        try await world.gateway.store.commit(passedOn)
        for host in ["modern.test", "idp.test"] {
            let request = try world.request(
                "REPORT /remote.php/dav/\(word)/x HTTP/1.1", basic(word), at: host)
            #expect(Planned(world.gateway.passOut(request)).status == nil, "\(host)")
        }
        let planned = try await world.ask("GET /public.php/webdav/a HTTP/1.1", basic(word))
        #expect(planned.values("host") == ["modern.test"])
    }

    /// Their secrets are shown at paths of their own.
    @Test func whatAnApplicationSharesIsNoDataOfFiles() async throws {
        let world = try WayOut(configuration: Self.all)
        let secret = try await world.receive(uri: nil, demands: false, type: "calendar")
        let request = try world.request(
            "GET /x HTTP/1.1", "Authorization: Basic \(Base64.encode(Array("\(secret):".utf8)))")
        #expect(Planned(world.gateway.planOther(request)).status == nil)
    }

    /// An operator has revoked it, which the backend does not know.
    @Test(arguments: ["talk-room", "calendar", "deck"])
    func whatAPeersApplicationHasSharedIsNotOpenedOnceItIsOver(_ type: String) async throws {
        let world = try WayOut(configuration: Self.all)
        let secret = try await world.receive(uri: nil, demands: false, type: type)
        let share = try #require(world.gateway.registry.all.first)
        let shown =
            type == "deck"
            ? "deck-federation-accesstoken: \(secret)"
            : "Authorization: Basic \(Base64.encode(Array("bob@cloud.test:\(secret)".utf8)))"
        func ask(at host: String = "modern.test") throws -> Planned {
            Planned(world.gateway.planOther(try world.request("GET /x HTTP/1.1", shown, at: host)))
        }
        #expect(try ask().status == nil)
        try await world.gateway.store.commit(
            world.gateway.registry.end(share.id, now: world.gateway.environment.now()))
        #expect(try ask().code == "share_unknown")
        #expect(try ask().status == 403)
        // Elsewhere it is a word like any other.
        #expect(try ask(at: "idp.test").status == nil)
        #expect(world.logged().contains("share \(share.id) is over"))
        #expect(!world.logged().contains(secret))
        _ = try await world.receive(uri: nil, demands: false, type: type)
        #expect(try ask().status == nil)
    }

    // 403 would delete the mount.
    @Test func shareInfoOfWhoIsNoPeerIsTemporary() throws {
        let world = try WayOut(configuration: Self.all)
        for front in ["", "/index.php", "/nextcloud/index.php"] {
            let line = "POST \(front)/apps/files_sharing/shareinfo?t=x HTTP/1.1"
            let planned = Planned(world.gateway.passOut(try world.request(line)))
            guard case .answered(let answer) = planned else { throw WayOut.Unmade() }
            #expect(answer.status == 503 && answer.values("retry-after").count == 1)
        }
    }
}

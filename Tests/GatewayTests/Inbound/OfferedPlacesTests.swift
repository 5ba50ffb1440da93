import Federation
import Testing

@testable import Gateway
@testable import Transport

/// Where the data of an offer may be, for a backend that goes there itself.
@Suite struct OfferedPlacesTests {
    private static let wayOut = "[egress]\nlisten = \"127.0.0.1:2\"\n"

    /// In each of which `PEER` stands for the host that offers.
    private static let elsewhere = [
        "http://PEER/x", "http://127.0.0.1/x", "https://127.0.0.1/x", "https://[::1]/x",
        "http://169.254.169.254/latest", "https://localhost:9200/x", "https://other.test/x",
        "https://PEER:8443/x", "https://cloud.test/x", "https://PEER@127.0.0.1/x",
        "https://127.0.0.1#@PEER/x", "//127.0.0.1/x", "//PEER/x", "ftp://PEER/x",
        "https:/127.0.0.1/x", "https://PEER/a/../x", "https://PEER/x?y=1", "../x", "%2e%2e/x",
    ]
    private static let there = [
        "https://PEER/x", "https://PEER:443/dav/ocm/x", "HTTPS://PEER./remote.php/dav/ocm/x%20y/",
    ]

    private func world(
        _ kind: String, _ egress: String = "", profile: String = "bridge",
        partners: [String] = ["modern.test", "cavage.test"]
    ) throws -> (TestWorld, TestPeer) {
        let world = try TestWorld(
            partners: partners, configuration: egress, profile: profile, kind: kind)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        return (world, peer)
    }

    /// What `http://` and the names of `NO_PROXY` lead to the backend asks for without us.
    @Test(arguments: ["ocis", "opencloud", "cernbox", "generic"], ["", wayOut])
    func dataAreAtTheSideThatOffersThem(_ kind: String, _ egress: String) async throws {
        for profile in ["bridge", "observe"] {
            let (world, modern) = try world(kind, egress, profile: profile)
            for (number, uri) in (Self.elsewhere + Self.there).enumerated() {
                world.clock.pass(1)
                for host in ["modern.test", "legacy.test"] {
                    let text = Messages.share(
                        from: host, id: "\"\(number)\"", secret: "secret-\(number)-\(host)",
                        requirements: ""
                    ).replacing("x7", with: uri.replacing("PEER", with: host))
                    let request =
                        host == "modern.test"
                        ? try modern.request("/ocm/shares", text, at: world.clock.now)
                        : TestRequest("/ocm/shares", text)
                    let denial = try await world.denial(request)
                    let isThere = number >= Self.elsewhere.count
                    let code: DenialCode? = isThere ? nil : .protocolNotSupported
                    #expect(denial?.code == code, "\(profile) \(host) \(uri)")
                }
            }
            for (number, uri) in ["x7", "/x7", "/"].enumerated() {
                world.clock.pass(1)
                let text = Messages.share(
                    from: "modern.test", id: "\"relative-\(number)\"", requirements: ""
                ).replacing("x7", with: uri)
                let denial = try await world.denial(
                    try modern.request("/ocm/shares", text, at: world.clock.now))
                #expect(denial == nil, "\(uri)")
            }
        }
    }

    /// The backend and the peer would log it, and the registry would keep it in the clear.
    @Test(arguments: ["opencloud", "generic", "nextcloud", "owncloud10", "seafile"])
    func noSecretOfAShareIsInItsURI(_ kind: String) async throws {
        for requirements in ["", #","requirements":["must-exchange-token"]"#] {
            for (uri, isTaken) in [
                ("https://modern.test/dav/secret-of-seven", false),
                ("https://modern.test/dav/secret%2Dof-seven/x", false), ("secret-of-seven", false),
                ("https://modern.test/dav/7", true),
            ] {
                let (world, modern) = try world(kind, Self.wayOut)
                let share = Messages.share(from: "modern.test", requirements: requirements)
                    .replacing("x7", with: uri)
                let denial = try await world.denial(
                    try modern.request("/ocm/shares", share, at: world.clock.now))
                let code: DenialCode? = isTaken ? nil : .protocolNotSupported
                #expect(denial?.code == code, "\(uri)")
                #expect(world.gateway.registry.all.isEmpty != isTaken)
            }
        }
    }

    @Test(arguments: [
        ("https://cavage.test/x7", true), ("https://modern.test/x7", true),
        ("https://cavage.test:8443/x7", false), ("https://third.test/x7", false),
    ])
    func theyMayBeAtTheOwners(_ uri: String, _ isTaken: Bool) async throws {
        let (world, modern) = try world("ocis")
        let share = Messages.share(from: "modern.test", owner: "cavage.test").replacing(
            "x7", with: uri)
        let denial = try await world.denial(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        let code: DenialCode? = isTaken ? nil : .protocolNotSupported
        #expect(denial?.code == code)
    }

    /// Of people with `modern.test` in their addresses, whose server has another name.
    @Test(arguments: [true, false])
    func theyMayBeAtTheServerThatThePeersDocumentNames(_ isListed: Bool) async throws {
        let (world, modern) = try world(
            "opencloud", partners: ["modern.test"] + (isListed ? ["server.test"] : []))
        world.net.answer(
            "https://modern.test/.well-known/ocm", 200,
            modern.discovery.replacing("//modern.test/ocm\"", with: "//server.test/ocm\""))
        let share = Messages.share(from: "modern.test").replacing(
            "x7", with: "https://server.test/dav/ocm/x7")
        let denial = try await world.denial(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        #expect((denial == nil) == isListed)
    }

    /// People would open it, at this site's own origin or in a peer's name.
    @Test(arguments: [
        (#""uriTemplate":"javascript:alert(1)//{relative-path-to-shared-resource}""#, false),
        (#""uriTemplate":"http://modern.test/{relative-path-to-shared-resource}""#, false),
        (#""uriTemplate":"https://other.test/x""#, false), (#""uri":"/signin/v1/logout""#, false),
        (#""uriTemplate":"https://cloud.test/signin/v1/logout?x=""#, false),
        (#""uri":"https://modern.test/app","uriTemplate":"http://127.0.0.1/x""#, false),
        (#""uriTemplate":"https://modern.test/{relative-path-to-shared-resource}?a=b#/c""#, true),
    ])
    func aPageElsewhereIsLeftOut(_ members: String, _ stays: Bool) async throws {
        for kind in ["ocis", "opencloud", "generic"] {
            let (world, modern) = try world(kind)
            let webapp =
                #""webapp":{\#(members),"viewMode":"read","sharedSecret":"secret-of-webapp"}"#
            let share = Messages.share(from: "modern.test", requirements: "").replacing(
                #""webdav":{"#, with: "\(webapp),\"webdav\":{")
            let message = try await world.accept(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            let got = try #require(try JSONValue(parsing: message.body).object)
            // A backend of an unknown kind may know where the peer has its pages.
            let isTold = stays || kind == "generic" && members.hasPrefix(#""uri":"/"#)
            let ways = try #require(got["protocol"]?.object)
            #expect((ways["webapp"] != nil) == isTold, "\(kind)")
            #expect(ways["webdav"] != nil)
            #expect(message.made?.accesses.map(\.protocolName).contains("webapp") == isTold)
            // What was signed is another message now.
            #expect(isTold || message.dropped.contains(.signature))
        }
    }

    @Test func aShareOfNothingButAPageElsewhereIsRefused() async throws {
        let (world, modern) = try world("opencloud", profile: "observe")
        let share = Messages.share(from: "modern.test", requirements: "").replacing(
            #""webdav":{"uri":"x7""#, with: #""webapp":{"uriTemplate":"javascript:alert(1)""#)
        let denial = try await world.denial(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        #expect(denial?.code == .protocolNotSupported)
    }

    @Test func whereDataAreFetchedFromIsLookedAt() async throws {
        let (world, modern) = try world("ocis")
        for (place, isTold) in [("http://127.0.0.1/x", false), ("https://modern.test/x", true)] {
            world.clock.pass(1)
            let share = Messages.share(from: "modern.test", requirements: "").replacing(
                #""webdav":{"#,
                with: #""datatx":{"srcUri":"\#(place)","sharedSecret":"of-datatx"},"webdav":{"#)
            let message = try await world.accept(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            let text = String(decoding: message.body, as: UTF8.self)
            #expect(text.contains("datatx") == isTold)
        }
    }

    private static let crate =
        #""embedded":{"payload":{"@context":"https://w3id.org/ro/crate/1.1/context","@graph":["#
        + #"{"@id":"./","@type":"Dataset"},ENTITY]}}"#

    /// CERNBox asks there without a look, follows where it is sent on, and asks no proxy for this machine.
    @Test(arguments: [
        (#"{"@type":"File","url":"https://zenodo.test/f.txt#x"}"#, true),
        (#"{"@type":"File","url":{"@id":"https://zenodo.test/f?download=1"}}"#, true),
        (#"{"@type":"Person","name":"a"}"#, true),
        (#"{"@type":"File","url":"http://zenodo.test/f.txt"}"#, false),
        (#"{"@type":"File","url":"http://127.0.0.1:9142/admin"}"#, false),
        (#"{"@type":"File","URL":"https://localhost/x"}"#, false),
        (#"{"@type":"File","url":{"@ID":"https://cloud.test/x"}}"#, false),
        (#"{"@type":"File","url":"https://zenodo.test@127.0.0.1/x"}"#, false),
        (#"{"@type":"File","url":"https://modern.test/x"}"#, false),
        (#"{"distribution":[{"contentUrl":"https://zenodo.test/a"}]}"#, true),
        (#"{"distribution":[{"contentUrl":"http://169.254.169.254/latest"}]}"#, false),
    ])
    func embeddedDataAreAtHostsThatTheOperatorNames(
        _ entity: String, _ isThere: Bool
    ) async throws {
        let named = Self.wayOut + "other = [\"zenodo.test\"]\n"
        for (egress, isNamed) in [
            (named, true), (Self.wayOut, false), (Self.wayOut + "other = \"tunnel\"\n", false),
            ("", false),
        ] {
            let (world, modern) = try world("cernbox", egress, profile: "observe")
            let share = Messages.share(from: "modern.test", requirements: "").replacing(
                #""webdav":{"uri":"x7","sharedSecret":"secret-of-seven","permissions":["read"]}"#,
                with: Self.crate.replacing("ENTITY", with: entity))
            let denial = try await world.denial(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            let isTaken = isThere && (isNamed || !entity.contains("http"))
            let code: DenialCode? = isTaken ? nil : .protocolNotSupported
            #expect(denial?.code == code, "\(egress)")
        }
    }

    /// As the examples of RO-Crate 1.1 have it of an author, an institution and a licence.
    @Test(arguments: [
        (#""@type":"Person""#, true), (#""@type":["Person"]"#, true),
        (#""@type":["Organization","Place"]"#, true), (#""@type":"CreativeWork""#, true),
        (#""@type":["Person","File"]"#, false),
        (#""@type":[]"#, false), (#""@type":["Person",7]"#, false), (#""@type":"Dataset""#, false),
        (#""name":"a""#, false),
        (#""@type":"Person","distribution":[{"contentUrl":"http://127.0.0.1/x"}]"#, false),
        (#""@type":"Person","image":{"@type":"File","url":"http://127.0.0.1/x"}"#, false),
    ])
    func whatPeopleReadNeedsNoName(_ members: String, _ isTaken: Bool) async throws {
        let (world, modern) = try world("cernbox", Self.wayOut)
        let entity = "{\(members),\"url\":\"https://orcid.test/0\"}"
        let share = Messages.share(from: "modern.test", requirements: "").replacing(
            #""webdav":{"uri":"x7","sharedSecret":"secret-of-seven","permissions":["read"]}"#,
            with: Self.crate.replacing("ENTITY", with: entity))
        let denial = try await world.denial(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        let code: DenialCode? = isTaken ? nil : .protocolNotSupported
        #expect(denial?.code == code)
    }

    @Test func anEmbeddedTextIsNotTaken() async throws {
        let (world, modern) = try world("generic", Self.wayOut)
        let share = Messages.share(from: "modern.test", requirements: "").replacing(
            #""webdav":{"#, with: #""embedded":{"payload":"{}"},"webdav":{"#)
        let message = try await world.accept(
            try modern.request("/ocm/shares", share, at: world.clock.now))
        #expect(!String(decoding: message.body, as: UTF8.self).contains("embedded"))
    }

    /// oCIS takes the place of the data from it, too.
    @Test(arguments: [
        ("http://127.0.0.1/x", false), ("https://other.test/x", false),
        ("https://modern.test/x7", true),
    ])
    func aNotificationLeadsNobodyElsewhere(_ uri: String, _ isTaken: Bool) async throws {
        for profile in ["bridge", "observe"] {
            let (world, modern) = try world("ocis", profile: profile)
            let share = Messages.share(from: "modern.test", requirements: "")
            _ = try await world.accept(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            world.clock.pass(1)
            let text =
                #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
                + #""providerId":"7","notification":{"sharedSecret":"secret-of-seven","#
                + #""grantee":"bob@cloud.test","protocol":{"name":"multi","options":{},"#
                + #""webdav":{"sharedSecret":"secret-of-seven","permissions":["read"],"#
                + #""uri":"\#(uri)"}}}}"#
            let denial = try await world.denial(
                try modern.request("/ocm/notifications", text, at: world.clock.now),
                as: .ocm(.notifications))
            let code: DenialCode? = isTaken ? nil : .protocolNotSupported
            #expect(denial?.code == code)
        }
    }

    /// An unsigned one that is of no share that we know is in nobody's name.
    @Test(arguments: ["ocis", "opencloud", "generic"])
    func aNotificationOfNobodyNamesNoPlace(_ kind: String) async throws {
        let (world, _) = try world(kind, profile: "observe")
        for (place, code) in [
            (#","uri":"http://127.0.0.9/a""#, DenialCode.protocolNotSupported), ("", nil),
        ] {
            let text =
                #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","#
                + #""providerId":"8","notification":{"grantee":"bob@cloud.test","#
                + #""protocol":{"name":"multi","options":{},"#
                + #""webdav":{"permissions":["read"]\#(place)}}}}"#
            let denial = try await world.denial(
                TestRequest("/ocm/notifications", text), as: .ocm(.notifications))
            #expect(denial?.code == code)
        }
    }

    /// Whatever networks may be dialled: no proxy is asked for it.
    @Test func thisMachineIsNoPlaceOfAPeers() async throws {
        let (world, modern) = try world(
            "opencloud", "[outbound]\nallow_private = [\"10.0.0.0/8\"]\n", profile: "observe")
        for host in ["localhost", "x.localhost"] {
            let share = Messages.share(from: "modern.test", owner: host).replacing(
                "x7", with: "https://\(host)/x7")
            let denial = try await world.denial(
                try modern.request("/ocm/shares", share, at: world.clock.now))
            #expect(denial?.code == .protocolNotSupported)
            world.clock.pass(1)
        }
    }
}

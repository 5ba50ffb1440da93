import NIOCore
import OpenSSL
import Synchronization
import Testing

@testable import Transport

@Suite struct OutboundClientTests {
    /// Asks a server that gives `answers` for `http://peer.example/start`; the names resolve to
    /// `addresses`, in turn.
    private struct Inquiry {
        var then = ScriptedServer.Then.stays
        var addresses = [["127.0.0.1"]]
        var allowing = ["127.0.0.0/8"]
        var redirects = OutboundRequest.Redirects.returned
        var host = "peer.example"
        var limit = 1000
        var total = Duration.seconds(600)
        var times = 1

        struct Outcome {
            var results: [Result<String, FetchFailure>] = []
            var heads: [String] = []
            var connections = 0
            var lookups: [String] = []
            /// What is counted of addresses that were not dialled.
            var refused = 0
        }

        func make(_ answers: [String?]) async throws -> Outcome {
            let asked = Mutex<[String]>([])
            let addresses = try addresses.map { try $0.map { try #require(IPAddress($0)) } }
            let group = LoopGroup(
                count: 1,
                resolver: Resolver { name in
                    let count = asked.withLock {
                        $0.append(name)
                        return $0.count - 1
                    }
                    return addresses[min(count, addresses.count - 1)]
                })
            let server = try await ScriptedServer(then, on: group) {
                answers[min($0, answers.count - 1)]
            }
            var configuration = OutboundConfiguration.patient(
                tls: try .client(trust: .system(adding: [])),
                guarding: AddressGuard(allowing: try allowing.map { try CIDR($0) }))
            configuration.maxResponse = limit
            configuration.total = total
            let client = OutboundClient(configuration, on: group)
            let request = OutboundRequest(
                .get, scheme: .http, authority: try Authority("\(host):\(server.port)"),
                target: Array("/start".utf8), redirects: redirects)
            var outcome = Outcome()
            for _ in 0..<times {
                do throws(FetchFailure) {
                    let response = try await client.fetch(request)
                    outcome.results.append(
                        .success("\(response.status) " + latin1(response.body)))
                } catch {
                    outcome.results.append(.failure(error))
                }
            }
            outcome.heads = server.heads
            outcome.refused = group.count(of: .addressRefused)
            outcome.connections = server.connections
            outcome.lookups = asked.withLock { $0 }
            await group.shutdown()
            return outcome
        }
    }

    private static func ok(_ body: String, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    private static func moved(_ location: String) -> String {
        "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test func anAnswerIsTakenWhole() async throws {
        let outcome = try await Inquiry().make([Self.ok("hello")])
        #expect(outcome.results == [.success("200 hello")])
        #expect(outcome.lookups == ["peer.example."])
        let head = try #require(outcome.heads.first).split(separator: "\r\n").map(String.init)
        #expect(head.first == "GET /start HTTP/1.1")
        #expect(head.contains("accept-encoding: identity"))
    }

    @Test func aRedirectIsAnAnswerUnlessItIsToBeFollowed() async throws {
        let outcome = try await Inquiry().make([Self.moved("/other"), Self.ok("no")])
        #expect(outcome.results == [.success("302 ")])
        #expect(outcome.heads.count == 1)
    }

    @Test func twoRedirectsOnTheSameHostAreFollowed() async throws {
        var inquiry = Inquiry()
        inquiry.redirects = .followedOnSameHost
        let twice = try await inquiry.make([Self.moved("/a"), Self.moved("/b?c"), Self.ok("here")])
        #expect(twice.results == [.success("200 here")])
        #expect(
            twice.heads.map { $0.prefix { $0 != "H" } } == ["GET /start ", "GET /a ", "GET /b?c "])
        let thrice = try await inquiry.make([
            Self.moved("/a"), Self.moved("/b"), Self.moved("/c"), Self.ok("no"),
        ])
        #expect(thrice.results == [.failure(.redirect)])
        #expect(thrice.heads.count == 3)
    }

    @Test(arguments: [
        "https://peer.example/x", "http://other.example/x", "http://peer.example/x",
        "http://peer.example@evil.example/", "//evil.example/x", "http:/x", "ftp://peer.example/",
        "http://127.0.0.1/x", "javascript:alert(1)", "x", "", "\\\\evil.example\\x",
    ])
    func noOtherRedirectIsFollowed(_ location: String) async throws {
        var inquiry = Inquiry()
        inquiry.redirects = .followedOnSameHost
        let outcome = try await inquiry.make([Self.moved(location), Self.ok("no")])
        #expect(outcome.results == [.failure(.redirect)])
        #expect(outcome.heads.count == 1)
    }

    @Test func aRedirectToWhatIsNoTargetIsNotSent() async throws {
        var inquiry = Inquiry()
        inquiry.redirects = .followedOnSameHost
        for location in ["/a b", "/a#b", "/\u{E9}"] {
            let outcome = try await inquiry.make([Self.moved(location), Self.ok("no")])
            #expect(outcome.heads.count == 1)
            #expect([.failure(.request), .failure(.redirect)].contains(outcome.results.first))
        }
    }

    @Test(arguments: ["gzip", "br", "identity, gzip", "x", "iden tity"])
    func anEncodedAnswerIsRefused(_ encoding: String) async throws {
        let fields = "Content-Encoding: identity\r\nContent-Encoding: \(encoding)\r\n"
        let outcome = try await Inquiry().make([Self.ok("hello", fields)])
        #expect(outcome.results == [.failure(.encoded)])
    }

    @Test(arguments: [("hello", "Identity"), ("hello", ""), ("hello", "identity ,"), ("", "gzip")])
    func whatIsInNoCodingIsRead(_ body: String, _ encoding: String) async throws {
        let outcome = try await Inquiry().make([
            Self.ok(body, "Content-Encoding: \(encoding)\r\n")
        ])
        #expect(outcome.results == [.success("200 \(body)")])
    }

    @Test func anAnswerThatIsTooLargeIsCutOff() async throws {
        var inquiry = Inquiry()
        inquiry.limit = 10
        let announced = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\nhello world\r\n"
        let endless = "HTTP/1.1 200 OK\r\n\r\nhello world"
        for answer in [announced, chunked, endless] {
            #expect(try await inquiry.make([answer]).results == [.failure(.tooLarge)])
        }
        #expect(try await inquiry.make([Self.ok("0123456789")]).results.count == 1)
    }

    @Test func anAnswerThatNeverEndsHasADeadline() async throws {
        var inquiry = Inquiry()
        inquiry.total = .milliseconds(500)
        for answer in [
            nil, "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        ] {
            #expect(try await inquiry.make([answer]).results == [.failure(.timeout)])
        }
    }

    @Test func anAnswerThatBreaksARuleIsMalformed() async throws {
        let interim = String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 6)
        let answers = [
            interim + Self.ok("no"), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            "220 mail.example ESMTP\r\n\r\n",
        ]
        for answer in answers {
            #expect(try await Inquiry().make([answer]).results == [.failure(.malformed)])
        }
        var cut = Inquiry()
        cut.then = .closes
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"
        #expect(try await cut.make([short]).results == [.failure(.malformed)])
    }

    @Test func aForbiddenAddressIsNotDialled() async throws {
        var inquiry = Inquiry()
        inquiry.allowing = []
        let loopback = try #require(IPAddress("127.0.0.1"))
        let outcome = try await inquiry.make([Self.ok("no")])
        #expect(outcome.results == [.failure(.addressRefused(loopback))])
        #expect(outcome.connections == 0 && outcome.refused == 1)
    }

    @Test func oneForbiddenAddressAmongManyRefusesTheName() async throws {
        var inquiry = Inquiry()
        inquiry.addresses = [["127.0.0.1", "169.254.169.254", "127.0.0.2"]]
        let metadata = try #require(IPAddress("169.254.169.254"))
        let outcome = try await inquiry.make([Self.ok("no")])
        #expect(outcome.results == [.failure(.addressRefused(metadata))])
        #expect(outcome.connections == 0)
    }

    @Test func aNameThatChangesItsAddressIsJudgedAnew() async throws {
        var inquiry = Inquiry()
        inquiry.then = .closes
        inquiry.addresses = [["127.0.0.1"], ["10.0.0.1"]]
        inquiry.times = 2
        let inside = try #require(IPAddress("10.0.0.1"))
        let closing = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        let outcome = try await inquiry.make([closing])
        #expect(outcome.results == [.success("200 ok"), .failure(.addressRefused(inside))])
        // One look-up for each connection, and what it said is what was dialled.
        #expect(outcome.lookups.count == 2 && outcome.connections == 1)
    }

    @Test(arguments: ["localhost", "intranet", "db.internal", "printer.local"])
    func aLocalNameIsNotEvenLookedUp(_ host: String) async throws {
        var inquiry = Inquiry()
        inquiry.host = host
        inquiry.allowing = []
        let outcome = try await inquiry.make([Self.ok("no")])
        #expect(outcome.results == [.failure(.resolve)])
        #expect(outcome.lookups.isEmpty && outcome.connections == 0)
    }

    /// A server of `other.example`, and the configuration that trusts and finds it under `host`.
    private func secured(
        _ host: String, _ then: ScriptedServer.Then, _ answer: String, on group: LoopGroup
    ) async throws -> (ScriptedServer, OutboundConfiguration) {
        let other = try TestIdentity("other.example")
        let tls = try TLSContext.server(identities: [other.identity])
        let server = try await ScriptedServer(then, tls: tls, on: group) { _ in answer }
        var configuration = OutboundConfiguration.patient(
            tls: try .client(trust: other.trust),
            guarding: AddressGuard(allowing: [try CIDR("127.0.0.0/8")]))
        configuration.resolve = [
            try Authority("\(host):443"): try Authority("127.0.0.1:\(server.port)")
        ]
        return (server, configuration)
    }

    @Test(arguments: ["other.example", "peer.example"])
    func whoCannotProveItsNameIsNotAsked(_ host: String) async throws {
        let group = LoopGroup(count: 1)
        let (server, configuration) = try await secured(host, .stays, Self.ok("secret"), on: group)
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(.get, authority: try Authority(host), target: [0x2F])
        do throws(FetchFailure) {
            let response = try await client.fetch(request)
            #expect(host == "other.example" && latin1(response.body) == "secret")
        } catch {
            guard case .tlsVerify = error else {
                Issue.record("\(error)")
                return
            }
            #expect(host == "peer.example" && server.heads.isEmpty)
            #expect(
                error.words(of: host)
                    == "no secure connection to peer.example: hostname mismatch (tls_verify)")
        }
        await group.shutdown()
    }

    @Test(arguments: [
        (
            FetchFailure.proxyRefused(407),
            "the outer proxy refuses the way to peer.example: status 407 (proxy_refused)"
        ),
        (
            .busy,
            "no connection to peer.example can be made now: this gateway has too many to it, or "
                + "too few descriptors"
        ),
        (.connect, "peer.example does not take the connection"),
    ])
    func whatIsNoFaultOfTheHostIsNotToldAsOne(_ failure: FetchFailure, _ words: String) {
        #expect(failure.words(of: "peer.example") == words && !failure.isAnswer)
    }

    @Test func aBodyThatTLSDidNotEndIsNotWhole() async throws {
        let group = LoopGroup(count: 1)
        // Closed without close_notify: who cut it, nobody knows.
        let (_, configuration) = try await secured(
            "other.example", .closes, "HTTP/1.1 200 OK\r\n\r\nhello", on: group)
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(
            .get, authority: try Authority("other.example"), target: [0x2F])
        await #expect(throws: FetchFailure.malformed) { try await client.fetch(request) }
        var plain = Inquiry()
        plain.then = .closes
        let outcome = try await plain.make(["HTTP/1.1 200 OK\r\n\r\nhello"])
        #expect(outcome.results == [.success("200 hello")])
        await group.shutdown()
    }

    @Test func connectionsAreSharedByOneServerOnly() async throws {
        let group = LoopGroup(count: 1)
        let client = OutboundClient(
            OutboundConfiguration(
                tls: try .client(trust: .system(adding: [])), guarding: AddressGuard()), on: group)
        let one = client.upstream(scheme: .https, authority: try Authority("a.example"))
        let same = client.upstream(scheme: .https, authority: try Authority("A.example.:443"))
        #expect(one === same)
        for (scheme, text) in [
            (Scheme.http, "a.example"), (.https, "a.example:8443"), (.https, "b.example"),
        ] { #expect(client.upstream(scheme: scheme, authority: try Authority(text)) !== one) }
        let stranger = client.upstream(
            scheme: .https, authority: try Authority("a.example"), acquaintance: .stranger)
        #expect(stranger !== one)
        await group.shutdown()
    }

    /// `peer probe` says it to those who have written the name into the hosts file.
    @Test func ofANameWithoutAddressIsToldWhatCounts() {
        let words = FetchFailure.resolve.words(of: "peer.test")
        #expect(words.contains("hosts file") && words.contains("outbound.resolve"))
    }
}

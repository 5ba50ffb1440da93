import Federation
import Testing
import Transport

@testable import Gateway

/// Where the backend may go, judged without a network.
@Suite struct EgressGateTests {
    private static func gate(
        other: Configuration.EgressSettings.Other = .refuse, resolve: [String: String] = [:],
        allowPrivate: [String] = [], profile: Configuration.Profile = .bridge,
        clients: [String] = ["127.0.0.0/8", "::1"]
    ) throws -> EgressGate {
        let site = try #require(
            Site(origin: "https://cloud.test", aliases: ["https://old.test:8443"]))
        var names: [Authority: Authority] = [:]
        for (from, to) in resolve { names[try Authority(from)] = try Authority(to) }
        return EgressGate(
            .init(
                listen: .tcp(.v4(0x7F00_0001), port: 3128),
                clients: try clients.map { try CIDR($0) }, certificate: "ca.pem", key: "ca.key",
                other: other, signing: .on),
            .init(
                caFile: nil, resolve: names, allowPrivate: try allowPrivate.map { try CIDR($0) },
                proxy: nil, connect: .seconds(1), headers: .seconds(1), total: .seconds(1),
                maxResponse: 1024),
            site, profile)
    }

    private static func policy(unknown: String = "deny", mode: String = "enforce") throws -> Policy
    {
        try Policy(
            Array(
                """
                version = 1
                name = "test"
                mode = "\(mode)"
                default = "deny"
                unknown = "\(unknown)"
                [list.partners]
                standing = "allow"
                entries = ["partner.test", "lab.test:8443", "*.below.test"]
                [list.blocked]
                standing = "block"
                entries = ["blocked.test"]
                [[rule]]
                name = "all"
                on = ["share"]
                action = "allow"
                """.utf8), file: "policy.toml", PolicyFiles { _ in nil })
    }

    private static func verdict(
        _ target: String, _ gate: EgressGate? = nil, unknown: String = "deny"
    ) throws -> EgressGate.Verdict {
        try (gate ?? Self.gate()).judge(
            try Authority(target), try policy(unknown: unknown), now: 1_700_000_000)
    }

    private static func host(_ text: String) throws -> PeerHost { try #require(PeerHost(text)) }

    private static func code(_ verdict: EgressGate.Verdict) -> DenialCode? {
        guard case .refused(let denial) = verdict else { return nil }
        return denial.code
    }

    // MARK: Addresses

    @Test(arguments: [
        "127.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001:0:1::1]",
        "[2001:db8::5efe:127.0.0.1]", "[fe80::1]", "[fec0::1]", "[fd00:ec2::254]",
        "169.254.169.254", "100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1",
        "[ff02::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "192.0.0.1",
        "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "240.0.0.1",
        "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[100::1]", "[2001::1]",
        // Also one that anybody may reach: a certificate for an address nobody trusts.
        "9.9.9.9", "[2620:fe::fe]",
    ])
    func anAddressIsNoServer(_ text: String) throws {
        #expect(try Self.code(Self.verdict(text, unknown: "allow")) == .egressAddress)
        #expect(try Self.code(Self.verdict(text + ":443", unknown: "allow")) == .egressAddress)
        let open = try Self.gate(other: .tunnel, allowPrivate: ["0.0.0.0/0", "::/0"])
        #expect(try Self.code(Self.verdict(text, open)) == .egressAddress)
    }

    @Test(arguments: [
        "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "127.0.0.1..",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]", "[example.com]", "[[::1]]", "example.com:0", "example.com:65536",
        "example.com:0443", "a@example.com", "example.com\\.evil.test", "exa%6dple.com",
        "example .com", "ex\u{430}mple.com", "example.com:", "", "*", "*.example.com", "_.test",
        "example.com/", "example.com?", "example.com#", "exa\tmple.com", "example.com:443:443",
    ])
    func whatIsNoHostIsNotEvenJudged(_ text: String) {
        #expect(throws: AddressFailure.self) { try Authority(text) }
    }

    @Test(arguments: [
        "localhost", "a.localhost", "db.internal", "printer.local", "intranet", "nas.home.arpa",
        "x.localdomain", "service.onion",
    ])
    func aNameOfTheMachineOrItsNetworkIsNoServer(_ text: String) throws {
        for other in [Configuration.EgressSettings.Other.refuse, .tunnel] {
            let gate = try Self.gate(other: other)
            #expect(try Self.code(Self.verdict(text, gate, unknown: "allow")) == .egressAddress)
        }
        // Unless the operator has said where it is.
        let named = try Self.gate(resolve: ["\(text):443": "127.0.0.1:9443"])
        #expect(
            try Self.verdict(text, named, unknown: "allow") == .unknown(try Self.host(text)))
    }

    // MARK: Ports

    @Test func portsButTheOneOfHTTPSMustBeNamed() throws {
        #expect(try Self.verdict("partner.test:443") == .peer(try Self.host("partner.test")))
        // `partner.test` in the policy admits the host, it names no port.
        for port in [1, 22, 25, 80, 444, 8080, 8443, 65535] {
            #expect(try Self.code(Self.verdict("partner.test:\(port)")) == .egressRefused)
        }
        #expect(try Self.verdict("lab.test:8443") == .peer(try Self.host("lab.test:8443")))
        #expect(try Self.code(Self.verdict("lab.test")) == .peerUnknown)
        let named = try Self.gate(resolve: ["partner.test:9443": "127.0.0.1:1"])
        #expect(
            try Self.verdict("partner.test:9443", named)
                == .peer(try Self.host("partner.test:9443")))
        #expect(try Self.code(Self.verdict("partner.test:9444", named)) == .egressRefused)
    }

    // MARK: Ourselves

    @Test func theSiteItselfIsReachedUnderItsNamesOnItsPorts() throws {
        for text in ["cloud.test", "CLOUD.test.:443", "old.test:8443"] {
            #expect(try Self.verdict(text) == .ownSite)
        }
        for text in ["cloud.test:8443", "cloud.test:22", "old.test"] {
            #expect(try Self.code(Self.verdict(text)) == .egressAddress)
        }
    }

    // MARK: Policy

    @Test func whoIsOnAListIsAPeerAndWhoIsBlockedIsNot() throws {
        #expect(try Self.verdict("Partner.Test.") == .peer(try Self.host("partner.test")))
        #expect(try Self.verdict("a.below.test") == .peer(try Self.host("a.below.test")))
        #expect(try Self.code(Self.verdict("below.test")) == .peerUnknown)
        #expect(try Self.code(Self.verdict("blocked.test")) == .peerBlocked)
        #expect(try Self.code(Self.verdict("blocked.test", unknown: "allow")) == .peerBlocked)
        #expect(try Self.code(Self.verdict("stranger.test")) == .peerUnknown)
        #expect(
            try Self.verdict("stranger.test", unknown: "allow")
                == .unknown(try Self.host("stranger.test")))
    }

    @Test func otherTrafficIsWhatTheOperatorNames() throws {
        let hosts = try Self.gate(
            other: .hosts([Self.host("updates.test"), Self.host("blocked.test")]))
        #expect(try Self.verdict("updates.test", hosts) == .other(try Self.host("updates.test")))
        // Who blocks a host means all that goes there.
        #expect(try Self.code(Self.verdict("blocked.test", hosts)) == .peerBlocked)
        #expect(try Self.code(Self.verdict("stranger.test", hosts)) == .peerUnknown)
        // Who may be asked whether it is a peer is asked, and only then its name counts.
        for unknown in ["allow", "hold"] {
            #expect(
                try Self.verdict("updates.test", hosts, unknown: unknown)
                    == .unknown(try Self.host("updates.test")))
        }
        #expect(
            hosts.judgeAbsent(try Self.host("updates.test"))
                == .other(try Self.host("updates.test")))
        // A partner stays one, whatever else it is.
        let both = try Self.gate(other: .hosts([Self.host("partner.test")]))
        #expect(try Self.verdict("partner.test", both) == .peer(try Self.host("partner.test")))
    }

    @Test func aTunnelForEverybodyIsNoneForWhoIsBlocked() throws {
        let gate = try Self.gate(other: .tunnel)
        // Nobody may ask a host that the policy refuses whether it is a peer.
        #expect(try Self.code(Self.verdict("stranger.test", gate)) == .peerUnknown)
        #expect(try Self.code(Self.verdict("blocked.test", gate)) == .peerBlocked)
        #expect(try Self.verdict("partner.test", gate) == .peer(try Self.host("partner.test")))
        #expect(
            try Self.verdict("stranger.test", gate, unknown: "allow")
                == .unknown(try Self.host("stranger.test")))
        #expect(
            gate.judgeAbsent(try Self.host("stranger.test"))
                == .other(try Self.host("stranger.test")))
        #expect(
            Self.code(try Self.gate().judgeAbsent(try Self.host("stranger.test"))) == .egressRefused
        )
    }

    @Test func observedHostsAreAskedAndNotRefused() throws {
        let gate = try Self.gate(profile: .observe)
        #expect(
            try Self.verdict("stranger.test", gate) == .unknown(try Self.host("stranger.test")))
        // A name opens no way past what would be told of one that a list blocks.
        let blocked = try Self.host("blocked.test")
        let named = try Self.gate(other: .hosts([blocked]), profile: .observe)
        #expect(try Self.verdict("blocked.test", named) == .unknown(blocked))
        #expect(named.judgeAbsent(blocked) == .other(blocked))
        // The guard against addresses is not softened.
        #expect(try Self.code(Self.verdict("127.0.0.1", gate)) == .egressAddress)
        #expect(try Self.code(Self.verdict("partner.test:22", gate)) == .egressRefused)
    }

    // MARK: Clients

    @Test func onlyItsClientsUseTheProxy() throws {
        let gate = try Self.gate(clients: ["10.1.0.0/16"])
        #expect(gate.denial(of: IPAddress("10.1.2.3")) == nil)
        for address in ["10.2.0.1", "127.0.0.1", "::1", "::ffff:10.1.2.3"] {
            #expect(gate.denial(of: IPAddress(address))?.code == .egressRefused)
        }
        // A Unix socket is as open as its file.
        #expect(gate.denial(of: nil) == nil)
        #expect(try Self.gate(clients: []).denial(of: IPAddress("127.0.0.1")) != nil)
    }
}

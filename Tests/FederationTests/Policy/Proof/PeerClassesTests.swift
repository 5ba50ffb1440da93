import Testing

@testable import Federation

@Suite struct PeerClassesTests {
    @Test func hostsStandForAllInAndAroundThePatterns() throws {
        let patterns = try ["a.example", "*.a.example", ".b.example:8443", "192.0.2.1"].map {
            try #require(HostPattern($0))
        }
        let hosts = HostClasses(patterns).hosts
        var numbers = ProofNumbers(state: 3)
        let names = [
            "a.example", "b.example", "x.b.example", "some.a.example", "y.some.a.example",
            "192.0.2.1", "192.0.2.2", "c.example", "example",
        ]
        let known = Set(hosts.map { host in patterns.map { $0.matches(host) } })
        for _ in 0..<200 {
            let name = names.randomElement(using: &numbers) ?? ""
            let port = ["", ":8443", ":9"].randomElement(using: &numbers) ?? ""
            let host = try #require(PeerHost(name + port))
            #expect(known.contains(patterns.map { $0.matches(host) }), "\(host)")
        }
    }

    @Test func instantsTellEverySpan() throws {
        let window = try #require(TimeWindow("mon-fri 08:00-18:00"))
        let ends = [PolicyTest.ordinaryNow + 3_600, PolicyTest.ordinaryNow + 90 * 86_400]
        let instants = InstantClasses(ends: ends, edges: window.edges).instants
        #expect(instants.first == PolicyTest.ordinaryNow)
        let known = Set(instants.map { now in ends.map { now < $0 } + [window.contains(now)] })
        for now in stride(from: 0, to: PolicyTest.ordinaryNow + 200 * 86_400, by: 1_801) {
            #expect(known.contains(ends.map { now < $0 } + [window.contains(now)]))
        }
    }

    @Test func addressesTellEveryBlock() throws {
        let ranges = try [
            "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::/0", "0.0.0.0/0",
            "192.0.2.7",
        ].map { try #require(NetworkRange($0)) }
        let addresses = NetworkClasses(ranges).addresses
        let known = Set(addresses.map { address in ranges.map { $0.contains(address) } })
        for text in [
            "10.2.3.4", "10.1.2.3", "11.0.0.1", "192.0.2.7", "192.0.2.8", "::1",
            "2001:db8::1", "2001:db9::1", "ffff::",
        ] {
            let address = try #require(NetworkAddress(text))
            #expect(known.contains(ranges.map { $0.contains(address) }), "\(text)")
            #expect(NetworkAddress(address.description) == address)
        }
    }

    private func classes(_ body: String) throws -> [PeerClasses.Class] {
        let policy = try PolicySamples.policy(body + PolicySamples.allowAll)
        return try MessageSpace([policy], asked: []).peers.classes
    }

    /// However many a block names, they are one kind of peers for it.
    @Test func hostsOfOneBlockAreNotToldApart() throws {
        let hosts = (0..<2000).map { "\"host\($0).example\"" }.joined(separator: ", ")
        let rule = """
            [[rule]]
            name = "many"
            on = "share.in"
            peer = [\(hosts), ".host3.example", "*.other.example:8443"]
            except = "host7.example"
            action = "deny"

            """
        let policy = try PolicySamples.policy(rule + PolicySamples.allowAll)
        var atoms = PolicyAtoms()
        atoms.add(policy, 0)
        let found = HostSearch([policy], atoms.selectors, PeerNames()).run()
        #expect(found.count == 3)
        #expect(found.contains { $0.description == "host7.example" })
        let elsewhere = try #require(HostPattern("elsewhere.example"))
        let named = PeerNames(patterns: [elsewhere])
        #expect(HostSearch([policy], atoms.selectors, named).run().count == 4)
    }

    @Test func downloadedListsMayHoldAnything() throws {
        let found = try classes(
            """
            [list.good]
            standing = "allow"
            source = "https://a.example/good.txt"
            format = "text"
            [list.bad]
            standing = "block"
            source = "https://a.example/bad.txt"
            format = "text"

            """)
        #expect(Set(found.map { $0.standings[0].by }) == ["unknown", "list:good", "list:bad"])
    }

    @Test func ownListsBeatDownloadedOnesUnlessTheseAreHard() throws {
        let found = try classes(
            """
            [list.own]
            standing = "allow"
            entries = ["p.example"]
            [list.bad]
            standing = "block"
            source = "https://a.example/bad.txt"
            format = "text"
            [list.never]
            standing = "block"
            hard = true
            source = "https://a.example/never.txt"
            format = "text"

            """)
        // One peer stands for all whom the hard list names: it beats the own one.
        #expect(
            Set(found.map { $0.standings[0].by })
                == ["list:own", "list:never", "list:bad", "unknown"])
        let own = found.filter { $0.standings[0].by == "list:own" }
        #expect(own.map(\.host.description) == ["p.example"])
    }
}

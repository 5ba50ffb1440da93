import Federation
import Testing

@testable import Gateway
@testable import Transport

/// Hosts and addresses are read twice, off the wire (`Transport`) and in documents that people and
/// peers write (`Federation`), which may hold Unicode. What both can read, both read alike
/// (docs/decisions/0010).
@Suite struct HostReadingTests {
    private static let hosts = [
        "cloud.test", "CLOUD.Example", "cloud.test.", "cloud.test:443",
        "cloud.test:8443",
        "xn--bcher-kva.example", "XN--BCHER-KVA.example", "192.0.2.1", "192.0.2.1:80", "127.1",
        "0x7f.1", "2130706433", "127.0.0.1.", "[::1]", "[2001:DB8::0:1]", "[::ffff:192.0.2.1]:8443",
        "[fe80::1%25eth0]", "a_b.example", "a..b", "-a.example", "a-.example", "ab--c.example", "",
        ":443", "a:0", "a:65536", "a:", "a b", "u@a.example", "a/b", "[cloud.test]", "[::1", "::1",
        "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "a.0x1f", "a.1", "localhost", "a.b.c.d.e",
    ]

    @Test(arguments: hosts)
    func aHostHasOneMeaning(_ text: String) {
        guard let wire = try? Authority(text) else { return }
        // What the wire takes, the federation either reads as the same host, or refuses.
        guard let peer = PeerHost(text) else { return }
        #expect(peer.description == wire.normalized(for: .https).description)
        #expect(PeerHost(wire.description) == peer)
    }

    @Test func randomHostsHaveOneMeaning() {
        var numbers = SystemRandomNumberGenerator()
        let pieces = [
            "a", "B", "1", "0", "0x", "255", ".", "-", ":", "443", "[", "]", "::", "ffff", "xn--",
            "example", "%", "@", "_", "8443",
        ]
        var both = 0
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 1...7, using: &numbers))
                .map { _ in pieces.randomElement(using: &numbers) ?? "" }.joined()
            guard let wire = try? Authority(text), let peer = PeerHost(text) else { continue }
            both += 1
            #expect(peer.description == wire.normalized(for: .https).description, "\(text)")
        }
        #expect(both > 200)
    }

    @Test func aHostThatTheFederationCannotReadIsNobodys() async throws {
        let world = try await TestGateway()
        for host in ["xn--a.example", "other.example", "cloud.test.evil.example"] {
            let head = try world.head(["GET /status.php HTTP/1.1"], host: host)
            #expect(Planned(world.gateway.plan(head, from: world.client)).status == 421, "\(host)")
        }
        for host in ["cloud.test", "CLOUD.TEST.", "cloud.test:8443", "old.test"] {
            let head = try world.head(["GET /status.php HTTP/1.1"], host: host)
            #expect(Planned(world.gateway.plan(head, from: world.client)).status == nil, "\(host)")
        }
    }

    @Test(arguments: [
        "192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "2001:DB8:0:0::1",
        "::ffff:192.0.2.1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8:",
        "1:2:3:4:5:6:7:8:9", ":1", "1:::2", "12345::", "::1.2.3", "1.2.3", "1.2.3.4.5", "01.2.3.4",
        "256.1.1.1", "", "fe80::1%eth0", "g::",
    ])
    func anAddressHasOneMeaning(_ text: String) {
        let wire = IPAddress(text)
        let judged = NetworkAddress(text)
        #expect((wire == nil) == (judged == nil))
        guard let wire else { return }
        #expect(NetworkAddress(wire.description) == judged)
    }

    @Test func blocksHoldTheSameAddresses() throws {
        let blocks = [
            "10.0.0.0/8", "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "::/0", "2001:db8::/32",
            "fd00::/8", "::1", "2001:db8::/127", "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/",
            "x/8",
        ]
        let addresses = [
            "10.255.0.1", "11.0.0.0", "192.0.2.7", "192.0.3.0", "::1", "::", "2001:db8:ffff::",
            "2001:db9::", "fdff::", "fe00::", "2001:db8::1", "2001:db8::2",
        ]
        for text in blocks {
            let block = try? CIDR(text)
            let range = NetworkRange(text)
            #expect((block == nil) == (range == nil), "\(text)")
            guard let block, let range else { continue }
            for address in addresses {
                let wire = try #require(IPAddress(address))
                let judged = try #require(NetworkAddress(address))
                #expect(block.contains(wire) == range.contains(judged), "\(address) in \(text)")
            }
        }
    }
}

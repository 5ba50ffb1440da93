import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct RememberedPeersTests {
    private func host(_ number: Int, _ domain: String = "invented.test") throws -> PeerHost {
        try #require(PeerHost("h\(number).\(domain)"))
    }

    /// The most that a host may show.
    private func keys() throws -> [PeerKey] {
        let key = try VerificationKey(PrivateKey.generate(.ed25519).publicKey)
        return (0..<40).map { PeerKey(id: "key\($0)", key: key, source: .jwks) }
    }

    @Test func whatStrangersShowTakesNoMoreThanTheirPart() throws {
        var peers = RememberedPeers()
        let shown = try keys()
        let listed = try host(0, "listed.test")
        _ = peers.note(listed, .known, at: 0) { $0.show(shown) }
        let silent = try host(0, "silent.test")
        _ = peers.note(silent, .stranger, at: 0) { $0.failedAt = 0 }
        for number in 0..<3000 {
            _ = peers.note(try host(number), .stranger, at: number) { $0.show(shown) }
        }
        #expect(peers.count < 200)
        #expect(try peers[host(2999)]?.keys.count == 40 && peers[host(0)] == nil)
        #expect(peers[listed]?.keys.count == 40)
        // It takes nothing, and spares the next question.
        #expect(peers[silent] != nil)
    }

    @Test func listedPeersGoLastAndWhoIsForgottenMakesRoom() throws {
        var peers = RememberedPeers()
        let shown = try keys()
        for number in 0..<1000 {
            let acquaintance: Acquaintance = number < 100 ? .known : .stranger
            _ = peers.note(try host(number), acquaintance, at: number) { $0.show(shown) }
        }
        #expect(try (0..<100).allSatisfy { try peers[host($0)] != nil })
        let before = peers.count
        for number in 0..<100 { peers.forget(try host(number)) }
        #expect(peers.count == before - 100)
        for number in 0..<1000 {
            _ = peers.note(try host(number, "other.test"), .known, at: 2000) { $0.show(shown) }
        }
        // Of those that a list names there is an end too.
        #expect((100..<400).contains(peers.count))
    }

    @Test func hostsThatShowNothingAreCounted() throws {
        var peers = RememberedPeers()
        let listed = try host(0, "listed.test")
        _ = peers.note(listed, .known, at: 0) { _ in }
        for number in 0..<10_100 {
            _ = peers.note(try host(number), .stranger, at: number) { $0.failedAt = number }
        }
        #expect(peers.count == 10_000)
        #expect(try peers[listed] != nil && peers[host(10)] == nil)
    }
}

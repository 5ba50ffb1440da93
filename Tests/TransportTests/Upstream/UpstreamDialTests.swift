import Dispatch
import NIOCore
import OpenSSL
import Testing

@testable import Transport

@Suite struct UpstreamDialTests {
    /// However many addresses a name has: a handshake that takes a second is not given up.
    @Test(arguments: [1, 2, 5, 1000])
    func anAddressHasHalfOfTheTimeAndTheLastOneAllThatIsLeft(_ others: Int) {
        #expect(UpstreamDial.share(of: .seconds(3), before: others) == .milliseconds(1500))
        #expect(UpstreamDial.share(of: .seconds(3), before: 0) == .seconds(3))
    }

    @Test func sixAddressesAreDialledOfBothFamiliesInTurn() {
        let four = (0..<1000).map { IPAddress.v4(0xC000_0200 + $0) }
        let six = (0..<1000).map { IPAddress.v6(0x2001_0DB8_0000_0000, $0) }
        let both = [four[0], six[0], four[1], six[1], four[2], six[2]]
        #expect(UpstreamDial.dialled(four + six) == both)
        #expect(UpstreamDial.dialled(four) == Array(four.prefix(6)))
        #expect(UpstreamDial.dialled([six[0]] + four) == [six[0]] + four.prefix(5))
        #expect(UpstreamDial.dialled([six[0], six[1], four[0]]) == [six[0], four[0], six[1]])
        #expect(UpstreamDial.dialled([four[0]]) == [four[0]])
        #expect(UpstreamDial.dialled([]) == [])
    }

    /// The resolver has more patience than the dial: it is the name that failed all the same.
    @Test func aNameThatIsStillLookedUpAtTheEndIsUnresolved() async throws {
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        let resolver = Transport.Resolver(patience: .seconds(600)) { _ in
            gate.wait()
            return []
        }
        let group = LoopGroup(count: 1, resolver: resolver)
        var configuration = OutboundConfiguration.patient(
            tls: try .client(trust: .system(adding: [])), guarding: AddressGuard())
        configuration.connect = .milliseconds(200)
        let client = OutboundClient(configuration, on: group)
        let request = OutboundRequest(
            .get, authority: try Authority("peer.example"), target: [0x2F])
        await #expect(throws: FetchFailure.resolve) { try await client.fetch(request) }
        await group.shutdown()
    }
}

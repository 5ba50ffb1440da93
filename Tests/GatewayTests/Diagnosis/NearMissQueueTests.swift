import Federation
import HTTPSignatures
import Testing

@testable import Gateway

@Suite struct NearMissQueueTests {
    private func suspect(_ peer: String = "one.test", bytes: Int = 10) throws -> SuspectMessage {
        let origin = try #require(Origin("https://cloud.test"))
        let message = try #require(
            SignedMessage(method: "POST", target: "/ocm/shares", origin: origin, fields: []))
        return SuspectMessage(
            decision: "d", message: message, body: Array(repeating: 0, count: bytes),
            peer: try #require(PeerHost(peer)), keyID: nil, source: .jwks, now: 0)
    }

    @Test func onePeerIsLookedIntoSoOftenAndNotMore() throws {
        let queue = NearMissQueue()
        let taken = try (0..<100).filter { _ in try queue.offer(suspect(), at: 0) }.count
        #expect(taken == NearMissQueue.burstOfPeer)
        #expect(try queue.offer(suspect("two.test"), at: 0))
        #expect(try !queue.offer(suspect(), at: 1))
        #expect(try queue.offer(suspect(), at: 60))
    }

    @Test func manyPeersFillTheQueueAndNotTheMemory() throws {
        let queue = NearMissQueue()
        var taken = 0
        for number in 0..<10_000 where try queue.offer(suspect("p\(number).test"), at: number) {
            taken += 1
        }
        #expect(taken == NearMissQueue.capacity)
        for _ in 0..<taken { #expect(queue.take() != nil) }
        #expect(queue.take() == nil)
        #expect(try queue.offer(suspect("late.test"), at: 20_000))
    }

    @Test func bodiesAreBoundedTogether() throws {
        let queue = NearMissQueue()
        let half = NearMissQueue.byteLimit / 2
        #expect(try queue.offer(suspect("one.test", bytes: half), at: 0))
        #expect(try queue.offer(suspect("two.test", bytes: half), at: 0))
        #expect(try !queue.offer(suspect("three.test", bytes: 1), at: 0))
        _ = queue.take()
        #expect(try queue.offer(suspect("three.test", bytes: 1), at: 0))
    }

    @Test func inOneMinuteSoManyAreLookedIntoAndNotMore() throws {
        let queue = NearMissQueue()
        var taken = 0
        for second in 0..<60 {
            for number in 0..<50 {
                if try queue.offer(suspect("p\(second)-\(number).test"), at: second) { taken += 1 }
                _ = queue.take()
            }
        }
        #expect(taken <= NearMissQueue.perMinute + NearMissQueue.burst)
    }
}

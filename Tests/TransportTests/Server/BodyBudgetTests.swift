import Testing

@testable import Transport

@Suite struct BodyBudgetTests {
    private let budget = BodyBudget(limit: 100, perClient: 40)

    private func share(_ address: String?) throws -> BodyShare {
        BodyShare(budget, of: try address.map { try #require(IPAddress($0)) })
    }

    @Test func oneClientHasItsPartOverAllOfItsBodies() throws {
        let first = try share("192.0.2.1")
        let second = try share("192.0.2.1")
        #expect(first.take(30) == .granted)
        #expect(second.hasRoom(for: 10) == .granted)
        #expect(second.hasRoom(for: 11) == .refused)
        #expect(second.take(11) == .refused)
        #expect(second.take(10) == .granted)
        #expect(try share("192.0.2.2").take(40) == .granted)
    }

    @Test func aNetworkOf64BitsIsOneClient() throws {
        let first = try share("2001:db8:0:1::1")
        #expect(first.take(40) == .granted)
        #expect(try share("2001:db8:0:1:ffff::2").take(1) == .refused)
        #expect(try share("2001:db8:0:2::1").take(1) == .granted)
    }

    @Test func allTogetherHaveNoMoreThanThereIs() throws {
        let bodies = try (0..<4).map { try share("192.0.2.\($0)") }
        let answers = bodies.map { $0.take(30) }
        #expect(answers == [.granted, .granted, .granted, .refused])
        let nameless = try share(nil)
        #expect(nameless.take(10) == .granted && nameless.take(1) == .refused)
        #expect(budget.taken.bytes == 100)
    }

    @Test func whatEndsGivesBack() throws {
        for number in 0..<50 {
            let body = try share("192.0.2.\(number)")
            #expect(body.take(20) == .granted && body.take(20) == .granted)
            #expect(body.take(1) == .refused)
        }
        let nameless = try share(nil)
        #expect(nameless.take(100) == .granted)
        #expect(budget.taken == (100, 0))
    }
}

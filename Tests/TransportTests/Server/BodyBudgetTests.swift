import Testing

@testable import Transport

@Suite struct BodyBudgetTests {
    private let budget = BodyBudget(limit: 100, perClient: 40, reserved: 0)

    private func share(_ address: String?, _ budget: BodyBudget? = nil) throws -> BodyShare {
        BodyShare(budget ?? self.budget, of: try address.map { try #require(IPAddress($0)) })
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

    @Test func whatIsReservedForAClientNobodyElseTakes() throws {
        let budget = BodyBudget(limit: 100, perClient: 60, reserved: 10)
        let greedy = try (0..<2).map { try share("192.0.2.\($0)", budget) }
        for body in greedy { #expect(body.take(60) == .granted) }
        let nameless = try share(nil, budget)
        #expect(nameless.take(1) == .refused)
        let short = try share("192.0.2.2", budget)
        #expect(short.take(6) == .granted)
        // It is the client's, not a body's.
        let another = try share("192.0.2.2", budget)
        #expect(another.hasRoom(for: 5) == .refused && another.take(5) == .refused)
        #expect(another.take(4) == .granted)
        #expect(budget.taken == (130, 3))
        withExtendedLifetime((greedy, nameless, short, another)) {}
    }

    @Test func whatIsReservedForAllIsNotMoreThanThereIs() throws {
        let budget = BodyBudget(limit: 100, perClient: 60, reserved: 10)
        var bodies = try (0..<10).map { try share("192.0.2.\($0)", budget) }
        for body in bodies { #expect(body.take(10) == .granted) }
        let late = try share("192.0.2.10", budget)
        #expect(late.take(1) == .refused)
        bodies.removeLast()
        #expect(late.take(10) == .granted)
        bodies = []
        #expect(late.take(50) == .granted)
        #expect(budget.taken == (60, 1))
        let nameless = try share(nil, budget)
        #expect(nameless.take(50) == .granted && nameless.take(1) == .refused)
    }

    /// Two of the longest that one client saves at once, and a message of its own beside them.
    @Test func documentsKeepNoMessageOut() throws {
        let census = Census(ServerLimits())
        let documents = census.bodies(upTo: 8 << 20)
        let saved = try (0..<2).map { _ in try share("192.0.2.1", documents) }
        let answers = saved.map { $0.take(8 << 20) }
        #expect(answers == [.granted, .granted])
        #expect(try share("192.0.2.1", documents).take(1) == .refused)
        let message = try share("192.0.2.1", census.bodies(upTo: 1 << 20))
        #expect(message.take(1 << 20) == .granted)
        withExtendedLifetime((saved, message)) {}
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

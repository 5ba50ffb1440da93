import Testing

@testable import Federation

@Suite struct LimitScopeTests {
    private func scope(_ on: String) throws -> OccasionSet {
        let text = """
            version = 1
            name = "t"
            [[limit]]
            name = "l"
            on = \(on)
            per = "peer"
            rate = "60/min"
            """
        let policy = try Policy(Array(text.utf8), file: "p.toml", PolicyFiles { _ in nil })
        return try #require(policy.limits.first).scope.occasions
    }

    @Test func allMessagesAreNotTheRequestsForData() throws {
        let all = try scope(#""*.in""#)
        #expect(all.contains(Occasion(.share, .inbound)))
        #expect(all.contains(Occasion(.token, .inbound)))
        #expect(!all.contains(Occasion(.webdav, .inbound)))
        #expect(!all.contains(Occasion(.share, .outbound)))
    }

    @Test(arguments: [#"["*.in", "webdav"]"#, #""webdav.in""#, #"["webdav", "share"]"#])
    func aLimitThatNamesThemCountsThem(_ on: String) throws {
        #expect(try scope(on).contains(Occasion(.webdav, .inbound)))
    }

    @Test(arguments: [#"["*.in", "webdav.out"]"#, #"["webdav.out", "*.in", "*.out"]"#])
    func aWordForOneWayNamesNoDataOfTheOther(_ on: String) throws {
        let occasions = try scope(on)
        #expect(occasions.contains(Occasion(.webdav, .outbound)))
        #expect(!occasions.contains(Occasion(.webdav, .inbound)))
        #expect(occasions.contains(Occasion(.share, .inbound)))
    }
}

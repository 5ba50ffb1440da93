import Federation
import Testing

@testable import Gateway

@Suite struct ExchangeAdviceTests {
    /// What is told beside the refusal of an exchange.
    private func found(
        _ more: String = "", on occasion: Occasion = Occasion(.token, .outbound)
    ) throws -> [DecisionAdvice] {
        let rule = "[[rule]]\nname = \"data\"\non = [\"webdav\"]\naction = \"allow\"\n"
        let facts = Facts(occasion, peer: PeerHost("one.test"), now: 1_700_000_000)
        return DecisionAdvice.withoutToken(facts, try Policy.past(more + rule))
    }

    /// Nobody would think that the secret itself goes out then.
    @Test func whereACodeIsNotExchangedTheSecretIsToldOf() throws {
        let told = try #require(try found().first)
        #expect(told.words.contains("opened by its permanent secret"))
        #expect(told.place == "policy.toml")
        // What it says to write does refuse that.
        #expect(try found(try #require(told.command) + "\n").isEmpty)
        #expect(try found(on: Occasion(.token, .inbound)).isEmpty)
        #expect(DecisionAdvice.withoutToken(nil, nil).isEmpty)
    }
}

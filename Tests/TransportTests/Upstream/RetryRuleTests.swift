import Testing

@testable import Transport

@Suite struct RetryRuleTests {
    private func verdict(
        _ method: Method = .get, _ body: BodyFraming = .none,
        on connection: RetryRule.Connection = .reused, after answer: RetryRule.Reply = .none,
        _ failure: UpstreamFailure = .closedEarly
    ) -> RetryRule.Verdict {
        RetryRule.judge(
            .init(connection: connection, answer: answer, method: method, body: body), failure)
    }

    @Test(arguments: Method.allCases)
    func onlyAMethodThatChangesNothingIsSentAgain(_ method: Method) {
        let safe: Set<Method> = [.get, .head, .options, .propfind, .report, .search, .query]
        #expect(verdict(method) == (safe.contains(method) ? .retry : .fail))
    }

    @Test func whatWasAnsweredOrHasABodyIsNotSentAgain() {
        #expect(verdict(after: .begun) == .fail)
        #expect(verdict(.get, .length(0)) == .fail)
        #expect(verdict(.get, .length(5)) == .fail)
        #expect(verdict(.propfind, .chunked) == .fail)
    }

    @Test func onlyAKeptConnectionThatWasClosedIsTriedAnew() {
        #expect(verdict(on: .fresh) == .fail)
        for failure: UpstreamFailure in [
            .firstByteTimeout, .truncated, .connectRefused, .interimFlood, .malformed(.statusLine),
            .switchedProtocols, .idleTimeout,
        ] { #expect(verdict(.get, .none, on: .reused, after: .none, failure) == .fail) }
    }
}

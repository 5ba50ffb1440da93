import Testing

@testable import Transport

@Suite struct RequestFailureTests {
    @Test(arguments: RequestFailure.allCases)
    func everyFaultHasAStatusAndASnakeCaseCode(_ failure: RequestFailure) {
        #expect([400, 405, 408, 413, 414, 417, 431, 501, 503, 505].contains(failure.status))
        let isCode = failure.rawValue.utf8.allSatisfy {
            Octet.isLetter($0) || Octet.isDigit($0) || $0 == 0x5F
        }
        #expect(isCode && failure.rawValue == failure.rawValue.lowercased())
    }

    @Test func corpusReachesEveryFaultThatARequestCanHave() {
        let reached = Set(Corpus.shared.cases.compactMap { $0.refused?.code })
        let elsewhere: Set<RequestFailure> = [
            .statusLine, .requestTimeout, .bodyTooLarge, .bodyTruncated, .forwardedFor,
            .http2Message, .http2Flood, .bodiesTooMany,
            .memoryShort, .handedOver,
        ]
        let missing = RequestFailure.allCases.filter {
            !elsewhere.contains($0) && !reached.contains($0.rawValue)
        }
        #expect(missing.isEmpty)
    }
}

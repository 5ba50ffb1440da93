import Federation
import Testing

@Suite struct DenialTests {
    @Test(arguments: DenialCode.allCases)
    func everyRowIsComplete(_ code: DenialCode) {
        #expect((400...599).contains(code.status))
        #expect(!code.hint.isEmpty)
        #expect(code.disclosed.disclosed == code.disclosed)
        if code.status == 503 || code.status == 429 { #expect(code.defaultRetryAfter != nil) }
        #expect(
            code.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
    }

    /// What a guesser must not tell apart answers alike, in status, code and hint.
    @Test(arguments: [
        [DenialCode.signatureInvalid, .replay], [.shareUnknown, .secretMismatch, .shareEnded],
        [.tokenInvalid, .tokenExpired],
    ])
    func oneClassAnswersAlike(_ codes: [DenialCode]) {
        let answers = codes.map { Denial($0) }
        #expect(Set(answers.map(\.status)).count == 1)
        #expect(Set(answers.map { $0.body(decision: "d") }).count == 1)
        #expect(Set(answers.map { $0.oauthBody(decision: "d") }).count == 1)
    }

    @Test(arguments: SignatureFault.allCases)
    func everyWrongSignatureLooksTheSame(_ fault: SignatureFault) {
        let denial = Denial(fault, "the detail")
        #expect(denial.status == 401)
        #expect(denial.disclosedCode == "signature_invalid")
        #expect(denial.fault == fault)
        #expect(denial.oauthStatus == 401)
        #expect(denial.code.oauthError == .invalidClient)
        #expect(!String(decoding: denial.body(decision: "d"), as: UTF8.self).contains("detail"))
    }

    @Test func aPolicyBlockSpeaksItsOwnWords() {
        let denial = Denial(
            .notAllowed,
            ruling: .init(name: "mfa_required", status: 451, hint: "Ask \"us\""), "block 3")
        #expect(denial.status == 451)
        #expect(
            String(decoding: denial.body(decision: "01J"), as: UTF8.self)
                == #"{"error":"mfa_required","decision":"01J","hint":"Ask \"us\""}"#)
        let plain = Denial(.limitExceeded, ruling: .init(name: "flood", status: nil, hint: nil))
        #expect(plain.status == 429)
        #expect(plain.retryAfter == 60)
    }

    /// As the peer would have read it, by which the journal is searched.
    @Test func whatTheProfileLetsPassIsToldByTheBlocksOwnCode() {
        let ruling = Denial.Ruling(name: "no_folders", status: nil, hint: nil)
        let denial = Denial(.notAllowed, ruling: ruling, "policy: rule:no folders")
        #expect(denial.asTolerated == "no_folders: policy: rule:no folders")
        #expect(Denial(.keyUnavailable, "no answer").asTolerated == "key_unavailable: no answer")
    }

    @Test func theTokenEndpointKeepsTheStatusOfAnOutage() {
        #expect(Denial(.keyUnavailable).oauthStatus == 503)
        #expect(Denial(.limitExceeded).oauthStatus == 429)
        #expect(Denial(.peerBlocked).oauthStatus == 400)
        #expect(Denial(.keyChanged, retryAfter: 5).retryAfter == 5)
    }
}

import Testing

@testable import Federation

@Suite struct GivenWordsTests {
    @Test func anOrdinaryMessageNeedsNothingButItsKindAndPeer() throws {
        let words = try PolicySamples.facts("share.in", "p.example").givenWords
        #expect(words.map(\.key) == ["on", "peer"])
    }

    /// The words give back the very facts, whatever these are, and also as text in a file.
    @Test func nothingIsLost() throws {
        var numbers = ProofNumbers(state: 7)
        let draft = PolicyDraft(&numbers)
        for _ in 0..<300 {
            var facts = try draft.message(&numbers).facts
            if Int.random(in: 0..<9, using: &numbers) == 0 { facts.peer = nil }
            if Bool.random(using: &numbers) { facts.sender = facts.owner }
            if Bool.random(using: &numbers) { facts.recipient = nil }
            let words = facts.givenWords
            let findings = Findings(file: "given")
            #expect(
                Facts.given(words, findings) == facts,
                "\(words) \(findings.result?.description ?? "")")
            let text = words.map { "\($0.key) = \($0.value.written)" }.joined(separator: "\n")
            let document = try TOMLDocument(Array(text.utf8), file: "given")
            guard case .table(let members) = document.root.content else { continue }
            #expect(Facts.given(members.map { ($0.key, $0.value.content) }, findings) == facts)
        }
    }

    @Test(arguments: [
        (0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_767_225_600, "2026-01-01"),
        (1_767_225_601, "2026-01-01T00:00:01Z"), (-1, "1969-12-31T23:59:59Z"),
        (4_102_444_799, "2099-12-31T23:59:59Z"),
    ]) func instantsAreWrittenAsTheyAreRead(_ seconds: Int, _ text: String) throws {
        #expect(TOMLInstant(start: seconds, end: seconds).written == text)
        let document = try TOMLDocument(Array("now = \(text)".utf8), file: "t")
        guard case .table(let members) = document.root.content,
            case .instant(let instant)? = members.first?.value.content
        else {
            Issue.record("not read")
            return
        }
        #expect(instant.start == seconds)
    }

    @Test func textsAreQuotedAsFilesWantThem() throws {
        for text in ["plain", "a \"quote\" and \\ more", "tab\tbell\u{7}", "é"] {
            let written = TOMLNode.Content.string(text).written
            let document = try TOMLDocument(Array("t = \(written)".utf8), file: "t")
            guard case .table(let members) = document.root.content else { continue }
            #expect(members.first?.value.content == .string(text))
        }
    }
}

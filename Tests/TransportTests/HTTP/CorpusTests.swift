import Testing

@testable import Transport

@Suite struct CorpusTests {
    @Test func corpusIsThere() {
        #expect(Corpus.shared.cases.count >= 500)
        #expect(Set(Corpus.shared.cases.map(\.id)).count == Corpus.shared.cases.count)
        let items = Set(Corpus.shared.cases.map(\.item))
        #expect(items.isSuperset(of: Array(1...13) + [15, 16] + Array(24...34)))
    }

    @Test(arguments: Corpus.shared.cases)
    func requestIsJudgedAsTheCorpusSays(_ entry: Corpus.Case) throws {
        let reading = Reading.of(entry.bytes.bytes, role: entry.parserRole)
        if let refused = entry.refused {
            guard case .refused(let failure) = reading else {
                Issue.record("not refused: \(reading)")
                return
            }
            #expect(failure.rawValue == refused.code)
            #expect(failure.status == refused.status)
            #expect(entry.close && !entry.forwarded)
            return
        }
        let accepted = try #require(entry.accepted)
        guard case .accepted(let message) = reading else {
            Issue.record("not accepted: \(reading)")
            return
        }
        #expect(message.persistence == (entry.close ? .close : .keepAlive))
        if let method = accepted.method { #expect(message.method == method) }
        if let target = accepted.target { #expect(message.target == target) }
        if let host = accepted.host { #expect(message.host == host) }
        if let body = accepted.body { #expect(message.body == body) }
        #expect(message.rest == accepted.rest ?? "")
        if let waits = accepted.expectsContinue {
            #expect(message.expectation == (waits ? .continue100 : .none))
        }
    }

    @Test(arguments: Corpus.shared.cases.filter { $0.accepted?.fields != nil })
    func fieldsAreForwardedAsTheCorpusSays(_ entry: Corpus.Case) throws {
        let head = try #require(try requestHead(latin1(entry.bytes.bytes)))
        var writer = HeadWriter()
        writer.copyFields(of: head)
        let lines = latin1(writer.finish()).split(
            separator: "\r\n", omittingEmptySubsequences: true)
        let fields = lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return [line[..<colon].lowercased(), String(line[colon...].dropFirst(2))]
        }
        #expect(fields == entry.accepted?.fields)
    }

    @Test(arguments: Corpus.shared.cases.filter { $0.path != nil })
    func pathIsJudgedAsTheCorpusSays(_ entry: Corpus.Case) throws {
        let head = try #require(try requestHead(latin1(entry.bytes.bytes)))
        let expected = try #require(entry.path)
        do {
            let judgement = try PathJudgement.of(head.path, route: Corpus.shared.route)
            switch judgement {
            case .routed(let path, _): #expect(path.text == expected.routed)
            case .passThrough(let path): #expect(path.text == expected.passThrough)
            }
        } catch {
            #expect(error.rawValue == expected.refused)
        }
    }

    @Test(arguments: Corpus.shared.cases)
    func resultDoesNotDependOnHowTheBytesWereCut(_ entry: Corpus.Case) {
        let bytes = entry.bytes.bytes
        let whole = Reading.of(bytes, role: entry.parserRole)
        // Cut once at every place of short messages, near the lines' ends of long ones.
        let places =
            bytes.count <= 600
            ? Array(0...bytes.count)
            : bytes.indices.filter { bytes[$0] < 0x20 }.prefix(40).flatMap { [$0, $0 + 1] }
        for place in places {
            #expect(Reading.of(bytes, cuts: [place], role: entry.parserRole) == whole)
        }
        if bytes.count <= 600 {
            #expect(
                Reading.of(bytes, cuts: Array(0..<bytes.count), role: entry.parserRole) == whole)
        }
        var dice = Dice(seed: UInt64(entry.item))
        for _ in 0..<8 {
            let cuts = (0..<6).map { _ in Int.random(in: 0...bytes.count, using: &dice) }.sorted()
            #expect(Reading.of(bytes, cuts: cuts, role: entry.parserRole) == whole)
        }
    }
}

extension Corpus.Case {
    var parserRole: RequestHeadParser.Role { role == .forward ? .forwardProxy : .reverseProxy }
}

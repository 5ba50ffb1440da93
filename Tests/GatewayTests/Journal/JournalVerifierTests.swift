import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite("What verify finds")
struct JournalVerifierTests {
    /// Three days with twenty decisions each, stopped as it should be.
    private static func journal() throws -> TestJournal {
        let journal = try TestJournal()
        for day in 0..<3 {
            if day > 0 { journal.time += 86_400_000 }
            try journal.write(20)
        }
        try journal.stop()
        return journal
    }

    @Test func aWholeJournalHasNothingWrong() throws {
        let journal = try Self.journal()
        let report = try journal.verify()
        #expect(report.findings == [])
        #expect(report.days == 3)
        // A first line for each day, a checkpoint at the start, behind each day, and at the end.
        #expect(report.lines == 60 + 3 + report.checkpoints)
        #expect(report.checkpoints == 4)
        #expect(report.unsigned == 0)
        #expect(report.last == report.lines)
    }

    /// What somebody does to the newest file, and how it is found: the line that is named, and a word.
    struct Tampering: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let line: Int?
        let word: String
        let change: @Sendable (inout [String]) -> Void
    }

    private static let tamperings: [Tampering] = [
        Tampering(testDescription: "a changed letter", line: 5, word: "hash") {
            $0[4] = $0[4].replacing("rule:all", with: "rule:alt")
        },
        Tampering(
            testDescription: "a changed record with its hash made anew", line: 6, word: "hash"
        ) {
            $0[4] = TestJournal.rehashed(
                $0[4].replacing("rule:all", with: "rule:alt"), after: TestJournal.hash($0[3]))
        },
        Tampering(testDescription: "a removed line", line: 5, word: "missing") { $0.remove(at: 4) },
        Tampering(testDescription: "two removed lines", line: 5, word: "missing") {
            $0.removeSubrange(4...5)
        },
        Tampering(testDescription: "two lines in the other order", line: 5, word: "missing") {
            $0.swapAt(4, 5)
        },
        Tampering(testDescription: "a line twice", line: 6, word: "does not belong") {
            $0.insert($0[4], at: 5)
        },
        Tampering(testDescription: "the first line of a file gone", line: 1, word: "begin") {
            $0.removeFirst()
        },
        Tampering(testDescription: "a line that is no record", line: 6, word: "no record") {
            $0.insert("hello", at: 5)
        },
        Tampering(testDescription: "a changed number", line: 5, word: "belong") {
            $0[4] = $0[4].replacing(/"seq":\d+/, with: "\"seq\":3")
        },
        Tampering(testDescription: "another kind of line", line: 5, word: "hash") {
            $0[4] = $0[4].replacing("\"decision\"", with: "\"erased\"")
        },
        Tampering(testDescription: "the end cut off", line: nil, word: "end is missing") {
            $0.removeLast(5)
        },
        Tampering(testDescription: "a signature of somebody else", line: 22, word: "signature") {
            let last = $0.count - 1
            $0[last] = TestJournal.rehashed(
                $0[last].replacing(
                    /"signature":"[^"]+"/,
                    with: "\"signature\":\"\(String(repeating: "A", count: 86))\""),
                after: TestJournal.hash($0[last - 1]))
        },
        Tampering(
            testDescription: "everything written anew from a line on", line: 22, word: "signature"
        ) {
            $0[10] = $0[10].replacing("rule:all", with: "rule:alt")
            for place in 10..<$0.count {
                $0[place] = TestJournal.rehashed(
                    $0[place], after: TestJournal.hash($0[place - 1]))
            }
        },
        Tampering(
            testDescription: "everything written anew, and without the signature", line: nil,
            word: "end is missing"
        ) {
            $0[10] = $0[10].replacing("rule:all", with: "rule:alt")
            $0.removeLast()
            for place in 10..<$0.count {
                $0[place] = TestJournal.rehashed(
                    $0[place], after: TestJournal.hash($0[place - 1]))
            }
        },
    ]

    @Test(arguments: tamperings) func everyTamperingIsFoundAtItsLine(tampering: Tampering) throws {
        let journal = try Self.journal()
        try journal.edit { tampering.change(&$0) }
        let findings = try journal.verify().findings
        let found = findings.contains { finding in
            finding.line == tampering.line && finding.what.contains(tampering.word)
        }
        #expect(found, "\(findings)")
    }

    /// Pieces are examined at the same time; one of a single line has nothing found out beforehand.
    @Test(arguments: tamperings) func whatIsFoundIsTheSameWhereverPiecesAreCut(
        tampering: Tampering
    ) throws {
        let journal = try Self.journal()
        let whole = try journal.verify(size: 1)
        try journal.edit { tampering.change(&$0) }
        let found = try journal.verify(size: 1)
        #expect(found != whole)
        for size in [100, 700, 1000, 2500, 6000, 1 << 20] {
            #expect(try journal.verify(size: size) == found, "\(size) bytes")
        }
    }

    /// Bytes that are no line are one rest, however many pieces they lie in.
    @Test func aRestIsTheSameWhereverPiecesAreCut() throws {
        let journal = try TestJournal()
        try journal.write(3)
        journal.crash()
        let rest = "{\"seq\":6\n\n\(String(repeating: "x", count: 300))\nhalf a line"
        try journal.editBytes { $0 += Array(rest.utf8) }
        for size in [1, 5, 100, 1000, 1 << 20] {
            let findings = try journal.verify(size: size).findings
            #expect(findings.map(\.line) == [6])
            #expect(findings.allSatisfy { $0.what.contains("is incomplete") })
        }
        try journal.write(3)
        try journal.stop()
        for size in [1, 5, 100, 1000, 1 << 20] {
            let report = try journal.verify(size: size)
            #expect(report.findings == [])
            #expect(report.torn == rest.utf8.count)
        }
    }

    @Test func everySingleFlippedBitIsFound() throws {
        let journal = try TestJournal()
        try journal.write(3)
        try journal.stop()
        let file = try journal.file()
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        let bits = stride(from: 0, to: whole.count, by: 37).map { ($0, [$0 % 8]) }
        // One line whole, with its end.
        let lineFeed = UInt8(ascii: "\n")
        let start = try #require(whole.firstIndex(of: lineFeed)) + 1
        let end = try #require(whole[start...].firstIndex(of: lineFeed))
        for (place, numbers) in bits + (start...end).map({ ($0, Array(0..<8)) }) {
            for bit in numbers {
                var bytes = [UInt8](whole)
                bytes[place] ^= 1 << UInt8(bit)
                try Data(bytes).write(to: URL(fileURLWithPath: file))
                #expect(try !journal.verify().findings.isEmpty, "byte \(place), bit \(bit)")
            }
        }
    }

    /// The newest file may be in the middle of being written; one of a day before is not.
    @Test func aCutInAnOlderFileIsFound() throws {
        let journal = try Self.journal()
        let days = try journal.reader.days()
        for day in days {
            let file = journal.reader.file(of: day)
            let url = URL(fileURLWithPath: file)
            let whole = try Data(contentsOf: url)
            let lines = whole.count(where: { $0 == UInt8(ascii: "\n") })
            for size in [1, 256 << 10] {
                try whole.dropLast().write(to: url)
                let findings = try journal.verify(size: size).findings
                #expect(findings.map(\.line) == (day == days.last ? [] : [lines]))
                #expect(findings.allSatisfy { $0.file == file && $0.what.contains("cut off") })
                try whole.dropLast(2).write(to: url)
                #expect(try !journal.verify(size: size).findings.isEmpty)
            }
            try whole.write(to: url)
        }
        #expect(try journal.verify().findings == [])
    }

    @Test func everyCutIsFound() throws {
        let journal = try TestJournal()
        try journal.write(3)
        try journal.stop()
        let file = try journal.file()
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        for count in stride(from: 1, to: whole.count - 1, by: 97) {
            try whole.prefix(count).write(to: URL(fileURLWithPath: file))
            #expect(try !journal.verify().findings.isEmpty, "\(count) bytes")
        }
    }

    @Test func aMissingDayIsFound() throws {
        for place in 0..<3 {
            let journal = try Self.journal()
            let days = try journal.reader.days()
            try FileManager.default.removeItem(atPath: journal.reader.file(of: days[place]))
            let findings = try journal.verify().findings
            #expect(!findings.isEmpty, "day \(place)")
        }
    }

    /// Names are in no hash. The newest file has nobody behind it that names it.
    @Test(arguments: [
        (0, -500), (1, -1), (2, 400), (2, 1),
    ]) func aFileWithAnotherNameIsFound(_ place: Int, _ days: Int) throws {
        let journal = try Self.journal()
        let day = try journal.reader.days()[place]
        let other = JournalDay(number: day.number + days)
        let taken = journal.reader.file(of: other)
        if FileManager.default.fileExists(atPath: taken) {
            try FileManager.default.removeItem(atPath: taken)
        }
        try FileManager.default.moveItem(atPath: journal.reader.file(of: day), toPath: taken)
        let findings = try journal.verify(heads: []).findings
        #expect(
            findings.contains { $0.file == taken && $0.line == 1 && $0.what.contains("name") },
            "\(findings)")
    }

    /// As long as nothing says of which day the file is, the head does.
    @Test func aHeadTellsTheFileThatItIsIn() throws {
        let journal = try Self.journal()
        let head = try #require(try JournalHead.read(journal.headFile))
        let moved = JournalHead(seq: head.seq, hash: head.hash, day: head.day.next)
        let findings = try journal.verify(heads: [moved]).findings
        #expect(findings.count == 1 && findings[0].what.contains("another name"), "\(findings)")
        // Nor is a record the one that was signed because it has its number.
        let other = JournalHead(seq: head.seq, hash: .none, day: head.day)
        let anew = try journal.verify(heads: [other]).findings
        #expect(anew.count == 1 && anew[0].what.contains("written anew"), "\(anew)")
        try moved.write(journal.headFile)
        #expect(throws: FileProblem.self) { try journal.open() }
    }

    /// What older journals do not say is not held against them.
    @Test(arguments: [
        (#""day":"2023-11-15","before":"2023-11-14""#, "2023-11-15", true),
        (#""day":"2023-11-15""#, "2023-11-16", false),
        (#""day":"2023-11-15","torn_bytes":3"#, "2023-11-16", false),
        (#""day":"2023-11-16""#, "2023-11-16", true),
        (#""site":"cloud.test""#, "2023-11-15", true),
        (#""site":"cloud.test""#, "2023-11-14", false),
        (#""torn_bytes":3"#, "2023-11-14", true),
        (#""before":"2023-11-14""#, "2023-11-14", false),
        (#""before":"2023-11-14","torn_bytes":3"#, "2023-11-13", false),
    ]) func theFirstLineOfAFileSaysOfWhichDayItIs(
        _ members: String, _ day: String, _ isOf: Bool
    ) throws {
        let hash = String(repeating: "0", count: 64)
        let text =
            #"{"seq":7,"type":"begin","at":"2023-11-15T01:02:03.004Z","prev":"\#(hash)","#
            + members + #","hash":"\#(hash)"}"#
        let line = try #require(JournalLine(Array(text.utf8)[...]))
        let begin = try #require(JournalBegin(line))
        #expect(begin.isOf(try #require(JournalDay(day))) == isOf)
        let before = members.contains("before") ? "2023-11-14" : "1999-01-01"
        #expect(begin.follows(try #require(JournalDay(before))))
        #expect(begin.follows(try #require(JournalDay("2023-11-13"))) == (begin.before == nil))
    }

    @Test func anotherKeyVerifiesNothing() throws {
        let journal = try Self.journal()
        let other = try PrivateKey.generate(.ed25519).publicKey
        var verifier = JournalVerifier(keys: [other], heads: [])
        let report = try verifier.verify(journal.reader)
        #expect(report.findings.count == 5)
        #expect(report.signed == nil)
        let id = JournalKey.id(of: journal.key.key.publicKey)
        #expect(
            report.findings.prefix(4).allSatisfy {
                $0.what.contains("not given") && $0.what.hasSuffix("keys as journal-\(id).pub")
            })
        #expect(report.findings.last?.what.contains("nothing of it is signed") == true)
    }

    /// Whoever has no key can write hashes anew, but not say that something was removed.
    @Test func aRemovalThatNobodySignedExcusesNothing() throws {
        let journal = try Self.journal()
        let days = try journal.reader.days()
        let newest = journal.reader.file(of: try #require(days.last))
        let head = try #require(try JournalHead.read(journal.headFile))
        for day in days { try FileManager.default.removeItem(atPath: journal.reader.file(of: day)) }
        let next = try #require(days.last).next
        let begin = TestJournal.rehashed(
            #"{"seq":\#(head.seq + 1),"type":"begin","at":"\#(next)T00:00:00.000Z","prev":"\#(head.hash)","#
                + #""site":"cloud.test","hash":""}"#, after: head.hash.description)
        let removed = TestJournal.rehashed(
            #"{"seq":\#(head.seq + 2),"type":"removed","at":"\#(next)T00:00:00.000Z","through":"\#(head.day)","#
                + #""last":\#(head.seq),"head":"\#(head.hash)","hash":""}"#,
            after: TestJournal.hash(begin))
        try Data("\(begin)\n\(removed)\n".utf8).write(
            to: URL(fileURLWithPath: journal.reader.file(of: next)))
        for heads in [[], [head]] {
            let report = try journal.verify(heads: heads)
            #expect(report.findings.contains { $0.what.contains("no signed record says") })
            #expect(report.findings.contains { $0.what.contains("nothing of it is signed") })
            #expect(report.removedThrough == nil)
        }
        #expect(!FileManager.default.fileExists(atPath: newest))
    }

    /// A signed one, too, is of the records that it names: of the last that are gone its number and its hash.
    @Test(arguments: [(0, true, true), (1, false, true), (0, false, false), (-1, true, false)])
    func aRemovalExcusesWhatItNames(_ more: Int, _ isItsHash: Bool, _ excuses: Bool) throws {
        let journal = try Self.journal()
        let days = try journal.reader.days()
        let head = try #require(try JournalHead.read(journal.headFile))
        for day in days { try FileManager.default.removeItem(atPath: journal.reader.file(of: day)) }
        let next = try #require(days.last).next
        let begin = TestJournal.rehashed(
            #"{"seq":\#(head.seq + 1),"type":"begin","at":"\#(next)T00:00:00.000Z","prev":"\#(head.hash)","#
                + #""day":"\#(next)","before":"\#(head.day)","site":"cloud.test","hash":""}"#,
            after: head.hash.description)
        let hash = isItsHash ? head.hash.description : TestJournal.hash(begin)
        let removed = TestJournal.rehashed(
            #"{"seq":\#(head.seq + 2),"type":"removed","at":"\#(next)T00:00:00.000Z","through":"\#(head.day)","#
                + #""last":\#(head.seq + more),"head":"\#(hash)","hash":""}"#,
            after: TestJournal.hash(begin))
        let previous = try #require(JournalHash(TestJournal.hash(removed)))
        var checkpoint: [UInt8] = []
        _ = try JournalCheckpoint.text(
            head.seq + 3, time: journal.time, after: previous, signedBy: journal.key
        ).write(
            head.seq + 3, .checkpoint, time: journal.time, after: previous, OpenSeals().sealer(),
            into: &checkpoint)
        try (Data("\(begin)\n\(removed)\n".utf8) + Data(checkpoint)).write(
            to: URL(fileURLWithPath: journal.reader.file(of: next)))
        let findings = try journal.verify(heads: []).findings
        #expect(findings.isEmpty == excuses)
        #expect(findings.allSatisfy { $0.what.contains("no signed record says") })
    }

    /// Behind the newest signature anybody can write; the gateway must not sign it as its own removal.
    @Test func aForgedRemovalBehindTheLastSignatureIsNotSignedAtTheNextStart() throws {
        let journal = try Self.journal()
        let days = try journal.reader.days()
        let head = try #require(try JournalHead.read(journal.headFile))
        try journal.edit { lines in
            lines.append(
                TestJournal.rehashed(
                    #"{"seq":\#(head.seq + 1),"type":"removed","at":"2023-11-17T12:00:00.000Z","#
                        + #""through":"\#(days[1])","last":\#(head.seq - 22),"head":""#
                        + TestJournal.first(lines[0], "prev") + #"","hash":""}"#,
                    after: head.hash.description))
        }
        for day in days.dropLast() {
            try FileManager.default.removeItem(atPath: journal.reader.file(of: day))
        }
        for _ in 0..<2 {
            #expect(
                try journal.verify().findings.contains { $0.what.contains("no signed record") })
            try journal.write(2)
            try journal.stop()
        }
    }

    @Test func aDayThatEndsUnsignedIsFound() throws {
        let journal = try Self.journal()
        let days = try journal.reader.days()
        // Of the first two days everything but the first signature is written anew.
        var before = ""
        var number = 0
        for day in days.dropLast() {
            try journal.edit(journal.reader.file(of: day)) { lines in
                let kept = number == 0 ? 2 : 0
                lines =
                    lines.prefix(kept)
                    + lines.dropFirst(kept).filter { !$0.contains("\"type\":\"checkpoint\"") }
                for place in lines.indices {
                    number += 1
                    if number > 2 {
                        let changed = lines[place]
                            .replacing(/"seq":\d+/, with: "\"seq\":\(number)")
                            .replacing(/"prev":"[^"]+"/, with: "\"prev\":\"\(before)\"")
                        lines[place] = TestJournal.rehashed(changed, after: before)
                    }
                    before = TestJournal.hash(lines[place])
                }
            }
        }
        try FileManager.default.removeItem(
            atPath: journal.reader.file(of: try #require(days.last)))
        let findings = try journal.verify(heads: []).findings
        #expect(findings.contains { $0.line == 1 && $0.what.contains("without a signature") })
    }

    @Test func whatNobodySignedIsNotWhole() throws {
        let journal = try TestJournal()
        try journal.write(3)
        journal.crash()
        // The signature of the start is left away, and the hashes are made anew.
        try journal.edit { lines in
            lines.removeAll { $0.contains("\"type\":\"checkpoint\"") }
            for place in lines.indices {
                let numbered = lines[place].replacing(
                    /"seq":\d+/, with: "\"seq\":\(place + 1)")
                let before = place > 0 ? TestJournal.hash(lines[place - 1]) : nil
                lines[place] = TestJournal.rehashed(
                    numbered, after: before ?? JournalHash.none.description)
            }
        }
        let findings = try journal.verify(heads: []).findings
        #expect(findings.map(\.what) == ["nothing of it is signed by a key that was given"])
    }

    @Test func aFolderWithoutAJournalIsRefused() throws {
        let journal = try TestJournal()
        try FileManager.default.createDirectory(
            atPath: journal.folder, withIntermediateDirectories: true)
        let error = #expect(throws: FileProblem.self) { try journal.verify(heads: []) }
        #expect(error?.what == "holds no journal")
    }

    @Test func aHeadFromTheLogFindsAnEndThatWasCutOff() throws {
        let journal = try Self.journal()
        let head = try #require(try JournalHead.read(journal.headFile))
        #expect(JournalHead(head.text) == head)
        #expect(JournalHead("0:\(head.hash):\(head.day)") == nil)
        try journal.edit { $0.removeLast(3) }
        #expect(try journal.verify(heads: []).findings == [])
        let findings = try journal.verify(heads: [head]).findings
        #expect(findings.map(\.line) == [nil])
    }
}

import Federation
import Foundation
import Testing

@testable import Gateway

@Suite("Searching the journal")
struct JournalSearchTests {
    private static func found(_ journal: TestJournal, _ search: JournalSearch) throws -> [String] {
        try found(journal.reader, search)
    }

    private static func found(_ reader: JournalReader, _ search: JournalSearch) throws -> [String] {
        var ids: [String] = []
        _ = try search.run(reader) { line, _ in
            ids.append(line.member("decision")?.string ?? "")
            return .goOn
        }
        return ids
    }

    @Test func decisionsAreFoundByPeerDayAndPerson() throws {
        let journal = try TestJournal()
        let first = try journal.write(3)
        let second = try journal.write(2, by: "carol@two.test", peer: "two.test")
        journal.time += 86_400_000
        let third = try journal.write(2, by: "carol@two.test", peer: "two.test")
        try journal.stop()

        var search = JournalSearch()
        #expect(try Self.found(journal, search) == first + second + third)
        search.peer = "two.test"
        #expect(try Self.found(journal, search) == second + third)
        let day = try #require(try journal.reader.days().last)
        search.since = day.start
        search.until = day.next.start
        #expect(try Self.found(journal, search) == third)
        search.action = "deny"
        #expect(try Self.found(journal, search) == [])

        var person = JournalSearch()
        let carol = try #require(JournalSubject("carol@two.test"))
        person.subjects = [
            try #require(try JournalPseudonym.of(carol, journal.folder, journal.seal))
        ]
        #expect(try Self.found(journal, person) == second + third)
        let alice = try #require(JournalSubject("alice@one.test"))
        person.subjects.append(
            try #require(try JournalPseudonym.of(alice, journal.folder, journal.seal)))
        #expect(try Self.found(journal, person) == first + second + third)
    }

    /// What a backend says in the older API goes out, and is judged, as what it means.
    @Test func aWordOfThePolicyFindsWhatItJudgedSo() throws {
        let journal = try PastJournal()
        func add(_ kind: String, _ judged: MessageKind?) throws -> String {
            let facts = try judged.map { kind in
                try JournalRecordTests.facts { $0.occasion = Occasion(kind, .outbound) }
            }
            return try journal.add(facts) {
                $0.decision.kind = kind
                $0.decision.direction = .outbound
            }
        }
        let shares = [try add("shares", .share), try add("ocs", .share), try add("shares", nil)]
        let older = [try add("ocs", .ocs)]
        let told = [try add("ocs", .notification)]
        var search = JournalSearch()
        for (kind, ids) in [(MessageKind.share, shares), (.ocs, older), (.notification, told)] {
            search.judged = kind
            #expect(try Self.found(journal.reader, search) == ids, "\(kind)")
        }
        search.judged = nil
        search.kind = "ocs"
        #expect(try Self.found(journal.reader, search).count == 3)
    }

    /// What is older than the last of them is not looked at: days before, and the beginning of a day.
    @Test func theNewestAreLookedForFromTheEnd() throws {
        let journal = try TestJournal()
        let first = try journal.write(3)
        journal.time += 86_400_000
        let second = try journal.write(50)
        try journal.stop()
        let files = try journal.reader.days().map { journal.reader.file(of: $0) }
        for file in files { try journal.edit(file) { $0.insert("no line", at: 2) } }
        let all = first + second
        for (limit, unread) in [(1, 0), (2, 0), (50, 1), (51, 2), (53, 2), (54, 2)] {
            let newest = try JournalSearch().newest(limit, journal.reader, piece: 16_384)
            #expect(
                newest.found.compactMap { $0["decision"]?.string } == Array(all.suffix(limit)))
            #expect(newest.unread.told.count == unread, "\(limit)")
            #expect(
                zip(files.suffix(unread), newest.unread.told).allSatisfy {
                    $1.hasPrefix("\($0):3: ")
                })
        }
    }

    @Test func oneOfOursIsFoundUnderEachNameOfTheSite() throws {
        let journal = try TestJournal()
        let first = try journal.write(1, by: "carol@cloud.test")
        let second = try journal.write(1, by: "carol@old.test")
        try journal.write(1)
        let settings = try ConfigurationSample.read(
            ConfigurationSample.required.replacing(
                "[backend]", with: "aliases = [\"https://old.test\"]\n[backend]"))
        for asked in ["carol@cloud.test", "carol@old.test"] {
            var search = JournalSearch()
            search.subjects = try JournalPseudonym.all(
                asked, journal.folder, settings, journal.seal)
            #expect(try Self.found(journal, search) == first + second)
        }
    }

    /// The clock jumped forward and back: the day goes on in the file of one to come.
    @Test func aDayIsFoundWhereverItsRecordsAre() throws {
        let journal = try TestJournal()
        let first = try journal.write(1)
        journal.time += 5 * 86_400_000
        let ahead = try journal.write(1)
        journal.time -= 5 * 86_400_000
        let second = try journal.write(1)
        try journal.stop()
        var search = JournalSearch()
        let day = try #require(try journal.reader.days().first)
        (search.since, search.until) = (day.start, day.next.start)
        #expect(try Self.found(journal, search) == first + second)
        search.since = day.next.start
        search.until = nil
        #expect(try Self.found(journal, search) == ahead)
        let days = (0..<9).map { JournalDay(number: day.number + $0) }
        search.since = days[4].start
        search.until = days[4].start + 1
        #expect(search.days(of: days) == Array(days[3...5]))
        // The disk was full for some days.
        (search.since, search.until) = (days[3].start, nil)
        #expect(search.days(of: [days[0], days[5]]) == [days[0], days[5]])
    }

    /// A day whose file was taken away looks like one on which nothing happened, unless that is said.
    @Test func filesThatAreNotThereAreNamed() throws {
        let journal = try TestJournal()
        try journal.write(1)
        journal.time += 3 * 86_400_000
        try journal.write(1)
        try journal.stop()
        let first = try #require(try journal.reader.days().first)
        let days = (0..<14).map { JournalDay(number: first.number + $0) }
        let files = days.map { journal.reader.file(of: $0) }
        func absence(_ since: Int?, _ until: Int?) throws -> String? {
            var search = JournalSearch()
            search.since = since
            search.until = until
            return try search.absence(journal.reader, now: journal.time)
        }
        #expect(try absence(nil, nil) == nil)
        #expect(try absence(days[0].start, days[1].start) == nil)
        #expect(try absence(days[3].start, nil) == nil)
        #expect(try absence(nil, days[1].start) == nil)
        #expect(try absence(days[1].start, days[2].start) == "not there: \(files[1])")
        #expect(try absence(days[0].start, nil) == "not there: \(files[1]) to \(days[2]).jsonl")
        #expect(
            try absence(days[0].start, days[9].start)
                == "not there: \(files[1]) to \(days[2]).jsonl")
        #expect(try absence(days[9].start, nil) == "not there: \(files[9])")
        let before = JournalDay(number: first.number - 1)
        #expect(try absence(nil, first.start) == "not there: \(journal.reader.file(of: before))")
        #expect(FileManager.default.createFile(atPath: "\(files[1]).gz", contents: nil))
        #expect(
            try absence(days[1].start, days[2].start)
                == "not there: \(files[1]); \(files[1]).gz is not read: it has to be unpacked")
        for day in stride(from: 5, to: 14, by: 2) {
            #expect(FileManager.default.createFile(atPath: files[day], contents: nil))
        }
        journal.time += 10 * 86_400_000
        #expect(
            try absence(days[2].start, nil)
                == "not there: " + [2, 4, 6, 8, 10].map { files[$0] }.joined(separator: ", ")
                + ", and 1 more")
    }

    @Test func aRefusalIsFoundByWhatThePeerReadAndByItsGuard() throws {
        let journal = try PastJournal()
        let id = try journal.add(
            nil, action: .deny, by: "guard:key_changed", code: "signature_invalid")
        try journal.add(nil, action: .deny, by: "rule:key_changed", code: "not_allowed")
        for (code, found) in [
            ("key_changed", [id]), ("signature_invalid", [id]), ("changed", []),
        ] {
            var search = JournalSearch()
            search.code = code
            var ids: [String] = []
            _ = try search.run(journal.reader) { line, _ in
                ids.append(line.member("decision")?.string ?? "")
                return .goOn
            }
            #expect(ids == found, "\(code)")
        }
    }

    @Test func whatTheProfileLetPassIsFoundByItsCode() throws {
        let journal = try PastJournal()
        let observed = try journal.add(nil, by: "unknown") { record in
            record.decision.would = ["peer_unknown: policy: unknown"]
        }
        let reported = try journal.add(nil) { $0.decision.would = ["require:peer_unknown"] }
        try journal.add(nil)
        // Refused all the same, by another block.
        try journal.add(nil, action: .deny, by: "require:signed", code: "signature_required") {
            $0.decision.would = ["require:tokens"]
        }
        func found(_ search: JournalSearch) throws -> [String] {
            try Self.found(journal.reader, search)
        }
        var search = JournalSearch()
        search.code = "peer_unknown"
        #expect(try found(search) == [observed])
        search.code = nil
        search.onlyTolerated = true
        #expect(try found(search) == [observed, reported])
    }

    @Test func addressesThatAreNobodysAreFoundAsTheyStand() throws {
        let journal = try TestJournal()
        let disk = try journal.open()
        for client in ["127.0.0.1", "::1", "192.0.2.7"] {
            let id = DecisionID.make(now: journal.time / 1000)
            try disk.append(try TestJournal.record(id, client: client).text, journal.time)
        }
        try disk.commit()
        #expect(JournalSearch.client(ofNobody: "192.0.2.7") == nil)
        #expect(JournalSearch.client(ofNobody: "alice@one.test") == nil)
        for asked in ["127.0.0.1", "0:0:0:0:0:0:0:1"] {
            var search = JournalSearch()
            search.client = JournalSearch.client(ofNobody: asked)
            #expect(try Self.found(journal, search).count == 1, "\(asked)")
        }
    }

    @Test(arguments: [
        ("abc", "xxabcxx", true), ("abc", "abcx", true), ("abc", "xabc", true),
        ("abc", "ab", false),
        ("abc", "abxabyabc", true), ("aa", "ba", false), ("", "", true), ("a", "", false),
        ("\"one.test\"", "{\"peer\":\"one.test\"}", true),
        ("\"one.test\"", "{\"peer\":\"anyone.test\"}", false),
    ])
    func bytesAreFoundWhereTheyAre(needle: String, text: String, isFound: Bool) {
        #expect(ByteNeedle(needle).isIn(Array(text.utf8).span) == isFound)
    }
}

import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite("The keys of those whom the journal names")
struct JournalSubjectsTests {
    private let day = JournalDay(number: 20_000)

    @Test func whoIsNamedAgainBeforeTheKeyIsStoredKeepsIt() throws {
        let scratch = try Scratch()
        let key = try #require(SealKey(Secret.random(32)))
        let site = try #require(PeerHost("cloud.test"))
        let subjects = try JournalSubjects(scratch.path, key, .writing, remembered: 4)
        func pseudonym(_ account: String) -> JournalPseudonym {
            subjects.seal(JournalSubject(account: account, site: site), "text", on: day).pseudonym
        }
        // More than are kept in memory, before any of them is stored.
        let accounts = (0..<10).map { "user\($0)@one.test" }
        let first = accounts.map(pseudonym)
        #expect(accounts.map(pseudonym) == first)
        try subjects.flush(day)
        #expect(pseudonym("user0@one.test") == first[0])
        #expect(pseudonym("user9@one.test") == first[9])
        #expect(pseudonym("stranger@one.test") != first[0])
        subjects.close()
    }
}

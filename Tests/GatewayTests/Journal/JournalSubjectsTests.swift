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

    /// Messages and operators write them as they like, and all of it is forgotten.
    @Test func anAccountIsOneSubjectInSmallAndCapitalLetters() throws {
        let scratch = try Scratch()
        let key = try #require(SealKey(Secret.random(32)))
        let site = try #require(PeerHost("cloud.test"))
        let subjects = try JournalSubjects(scratch.path, key, .writing)
        let dean = subjects.seal(
            JournalSubject(account: "Dean@one.test", site: site), "Dean@one.test", on: day)
        let again = subjects.seal(
            JournalSubject(account: "dean@https://One.test/", site: site), "dean", on: day)
        #expect(dean.pseudonym == again.pseudonym)
        try subjects.flush(day)
        #expect(
            try subjects.pseudonym(of: #require(JournalSubject("DEAN@one.test"))) == dean.pseudonym)
        let ours = JournalSubject(account: "Dean", site: site)
        #expect(ours == JournalSubject(account: "dean", site: site))
        subjects.close()
    }

    /// oCIS and OpenCloud say it twice; whoever forgets `u@h` forgets what is said so, too.
    @Test func anAccountIsOneSubjectHoweverOftenItsHostIsSaid() throws {
        let site = try #require(PeerHost("cloud.test"))
        let once = JournalSubject(account: "u@one.test", site: site)
        for text in ["u@one.test@one.test", "u@https://one.test@one.test"] {
            #expect(JournalSubject(account: text, site: site) == once)
            #expect(JournalSubject(text) == once)
        }
        #expect(JournalSubject("u@two.test@one.test") != once)
    }

    /// Whoever could not be looked up when a key was made for them.
    @Test func whoHasAKeyAlreadyKeepsIt() throws {
        let scratch = try Scratch()
        let key = try #require(SealKey(Secret.random(32)))
        let site = try #require(PeerHost("cloud.test"))
        let alice = JournalSubject(account: "alice@one.test", site: site)
        let first = try JournalSubjects(scratch.path, key, .writing)
        let second = try JournalSubjects(scratch.path, key, .writing)
        let kept = first.seal(alice, "text", on: day).pseudonym
        #expect(second.seal(alice, "text", on: day).pseudonym != kept)
        try first.flush(day)
        try second.flush(day)
        #expect(second.seal(alice, "text", on: day).pseudonym == kept)
        first.close()
        second.close()
    }

    /// A line with an account as it was sealed before would else be of somebody whom nobody can
    /// forget: whose key is gone already.
    @Test func anAccountThatWasForgottenIsSealedAnew() throws {
        let scratch = try Scratch()
        let key = try #require(SealKey(Secret.random(32)))
        let site = try #require(PeerHost("cloud.test"))
        let subjects = try JournalSubjects(scratch.path, key, .writing)
        func line(_ day: JournalDay) throws -> String {
            var text = JournalText()
            text.add(account: "owner", "alice@one.test")
            defer { try? subjects.flush(day) }
            return text.hashed(subjects.sealer(site: site, on: day))
        }
        func pseudonym() throws -> JournalPseudonym? {
            try subjects.pseudonym(of: JournalSubject(account: "alice@one.test", site: site))
        }
        let first = try line(day)
        let before = try #require(try pseudonym())
        #expect(try line(day) == first)
        try subjects.forget(before)
        #expect(try line(day) != first)
        #expect(try pseudonym() != before && pseudonym() != nil)
        // A new day is one on which the account is written of.
        _ = try line(day.next)
        subjects.forgetLater(before: day.next)
        #expect(try subjects.forgetSome() == .all(0))
        subjects.forgetLater(before: day.next.next)
        // Whoever is written of before it comes to that stays.
        _ = try line(day.next.next)
        #expect(try subjects.forgetSome() == .all(0))
        subjects.forgetLater(before: day.next.next.next)
        #expect(try subjects.forgetSome() == .all(1))
        #expect(try subjects.forgetSome() == .none)
        subjects.close()
    }
}

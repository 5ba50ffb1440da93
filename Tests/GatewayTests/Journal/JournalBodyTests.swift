import Federation
import Foundation
import Testing

@testable import Gateway

@Suite("Bodies in the journal")
struct JournalBodyTests {
    private static func written(
        _ text: String, _ form: JournalBody.Form = .json, _ seals: OpenSeals = OpenSeals()
    ) throws -> String {
        var line = JournalText()
        JournalBody(bytes: Array(text.utf8), form: form).write(into: &line)
        return line.hashed(try seals.sealer())
    }

    @Test func onlyWhatIsKnownToBeHarmlessStays() throws {
        let seals = OpenSeals()
        let text = try Self.written(
            """
            {"providerId":"7","shareType":"user","owner":"alice@one.test",
             "ownerDisplayName":"Alice Doe","sender":"alice@one.test","name":"diagnosis.pdf",
             "description":"of Mr Smith","shareWith":"bob@cloud.test","favourite colour":"magenta",
             "protocol":{"name":"webdav","options":{"sharedSecret":"s3cret","permissions":"p"}}}
            """, .json, seals)
        for word in [
            "alice", "Alice", "Doe", "diagnosis", "Smith", "bob", "magenta", "s3cret", "favourite",
        ] { #expect(!text.contains(word), "\(word)") }
        for word in [
            "\"providerId\":\"7\"", "\"shareType\":\"user\"", "<string of 6 bytes>",
            "{\"name\":\"webdav\"",
        ] { #expect(text.contains(word), "\(word)") }
        // The names that somebody has are forgotten with them.
        #expect(Set(seals.subjects.map(\.name)) == ["alice@one.test", "bob@cloud.test"])
    }

    @Test func aProtocolHasANameOfAKnownOne() throws {
        let seals = OpenSeals()
        let text = try Self.written(
            #"{"owner":"a@one.test","name":"webdav","protocol":{"name":"diagnosis"}}"#, .json,
            seals)
        #expect(!text.contains("webdav") && !text.contains("diagnosis"))
    }

    /// By one name in the facts and here, they are forgotten at once.
    @Test(arguments: [
        (
            #"{"owner":"u@one.test@one.test","sender":"u@https://one.test@one.test","#
                + #""shareWith":"bob@cloud.test@cloud.test"}"#, ["u@one.test", "bob@cloud.test"]
        ),
        (#"{"userID":"u@https://one.test","recipientProvider":"one.test"}"#, ["u@one.test"]),
    ])
    func thePeopleAreThoseOfTheFacts(_ text: String, _ people: [String]) throws {
        let seals = OpenSeals()
        _ = try Self.written(text, .json, seals)
        #expect(Set(seals.subjects.map(\.name)) == Set(people))
    }

    @Test func aNumberMayBeASecretToo() throws {
        let text = try Self.written(
            #"{"size":4096,"protocol":{"webdav":{"sharedSecret":918273645546,"size":7}}}"#)
        #expect(!text.contains("918273645546"))
        #expect(text.contains("<number of 12 bytes>"))
        #expect(text.contains("\"size\":4096"))
    }

    @Test func formsAreNoDifferent() throws {
        let text = try Self.written(
            "grant_type=authorization_code&client_id=one.test&code=s3cret", .form)
        #expect(text.contains("\"grant_type\":\"authorization_code\""))
        #expect(text.contains("\"client_id\":\"one.test\""))
        #expect(!text.contains("s3cret"))
    }

    @Test(arguments: ["{", "[1]", "", "null"])
    func whatCannotBeReadIsLeftOut(text: String) throws {
        #expect(try Self.written(text).hasSuffix("\"body\":{\"omitted\":\(text.utf8.count)}"))
    }

    @Test func membersThatWereReadBeforeAreNotReadAgain() throws {
        let text = #"{"providerId":"7","owner":"alice@one.test","size":12,"x":[true,null,1.5]}"#
        var body = JournalBody(bytes: Array(text.utf8), form: .json)
        let written = try Self.written(text)
        var line = JournalText()
        body.members = try JSONValue(parsing: Array(text.utf8)).object
        body.write(into: &line)
        #expect(line.hashed(try OpenSeals().sealer()) == written)
        #expect(
            written.hasSuffix(#""size":12,"<name of 1 bytes>":[true,null,"<number of 3 bytes>"]}"#))
    }

    /// Names that nobody knows stand under their lengths, and a message may have many levels.
    @Test func everyBodyCanBeReadAgain() throws {
        let levels = JSONLimits.message.depth - 2
        let deep =
            #"{"owner":"a@a.test","x":"# + String(repeating: #"{"x":"#, count: levels)
            + #"{"description":"d"}"# + String(repeating: "}", count: levels + 1)
        for text in [
            #"{"foo":1,"bar":2,"providerId":"7","baz":{"foo":1,"bar":2}}"#, deep,
            #"{"x":\#(String(repeating: "[", count: 31))\#(String(repeating: "]", count: 31))}"#,
        ] {
            var line = JournalText()
            JournalBody(bytes: Array(text.utf8), form: .json).write(into: &line)
            let bytes = line.line(try OpenSeals().sealer()).dropLast()
            let read = try #require(JournalLine(bytes[...]))
            #expect(read.object?["body"]?.object != nil, "\(text)")
            // Every name stands once.
            var limits = JSONLimits.journal
            limits.names = .once
            #expect(throws: Never.self) { try JSONValue(parsing: bytes.span, limits: limits) }
        }
        let text = try Self.written("grant_type=authorization_code&abc=1&xyz=2", .form)
        #expect(text.contains(#""<name of 3 bytes>":"#))
        #expect(text.contains(#""<name 2 of 3 bytes>":"#))
        let repeated = "grant_type=authorization_code&grant_type=x"
        #expect(
            try Self.written(repeated, .form).hasSuffix(
                #""body":{"omitted":\#(repeated.utf8.count)}"#))
    }

    /// As records were before: two names of one length were one.
    @Test func olderRecordsWithNamesThatStandTwiceCanBeRead() throws {
        var text = JournalText()
        text.add("decision", "0000000000000001")
        text.object("body") { text in
            for count in 1...2 { text.add("<name of 3 bytes>", count) }
        }
        let line = try #require(JournalLine(text.line(try OpenSeals().sealer()).dropLast()[...]))
        #expect(JournalDecision(line)?.id == "0000000000000001")
    }

    @Test func thePersonIsWhoTheBodySays() throws {
        for (text, names) in [
            (#"{"userID":"bob","recipientProvider":"b.test","name":"Bob"}"#, ["bob@b.test"]),
            (#"{"owner":"alice","ownerFederatedId":"a@a.test"}"#, ["a@a.test"]),
            (#"{"owner":"b@b.test","ownerFederatedId":"a@a.test"}"#, ["a@a.test"]),
            (#"{"sharedBy":"Carl","sharedByFederatedId":"c@c.test"}"#, ["c@c.test"]),
            (#"{"owner":"no address","name":"n","sender":"s@s.test"}"#, ["s@s.test"]),
        ] {
            let seals = OpenSeals()
            _ = try Self.written(text, .json, seals)
            #expect(seals.subjects.map(\.name) == names, "\(text)")
        }
    }

    @Test func anAccountIsSealedOnceForAllLinesOfADay() throws {
        var count = 0
        let site = try #require(PeerHost("cloud.test"))
        let accounts = SealedAccounts()
        let sealer = PersonSealer(site: site, accounts: accounts) { subject, text in
            count += 1
            return SealedPerson(
                pseudonym: JournalPseudonym(digest: [UInt8](repeating: 1, count: 12)),
                host: subject.host, sealed: Array(text.utf8))
        }
        var line = JournalText()
        for _ in 0..<3 { line.add(account: "owner", "alice@one.test") }
        let person = #"{"s":"010101010101010101010101","h":"one.test","c":"YWxpY2VAb25lLnRlc3Q"}"#
        #expect(line.hashed(sealer).components(separatedBy: person).count == 4)
        #expect(count == 1)
        // So is a name that the account goes by; other words of it are values of their own.
        line.object("body") { line in
            for (name, words) in [("a", "Alice"), ("b", "Alice"), ("c", "alice@one.test")] {
                line.begin(name)
                line.write(words, nameOf: "alice@one.test")
            }
            line.begin("d")
            line.write("Alice", ofAccount: "alice@one.test")
            line.begin("e")
            line.write("alice@one.test", ofAccount: "alice@one.test")
        }
        let whole = line.hashed(sealer)
        #expect(count == 4)
        #expect(whole.components(separatedBy: person).count == 6)
        #expect(
            line.hashed(sealer) == whole && count == 7, "names that change are sealed anew")
        accounts.forget()
        _ = line.hashed(sealer)
        #expect(count == 11)
    }

    /// Swift takes both for the same text; they are two people's.
    @Test func accountsThatAreWrittenInOtherBytesAreOthers() throws {
        var sealed: [[UInt8]] = []
        let site = try #require(PeerHost("cloud.test"))
        let sealer = PersonSealer(site: site, accounts: SealedAccounts()) { subject, text in
            sealed.append(Array(text.utf8))
            return SealedPerson(
                pseudonym: JournalPseudonym(digest: [UInt8](repeating: 1, count: 12)),
                host: subject.host, sealed: [])
        }
        let accounts = ["\u{E9}@one.test", "e\u{301}@one.test"]
        var line = JournalText()
        for account in accounts { line.add(account: "owner", account) }
        _ = line.hashed(sealer)
        #expect(sealed == accounts.map { Array($0.utf8) })
    }
}

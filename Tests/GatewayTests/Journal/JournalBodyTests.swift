import Federation
import Testing

@testable import Gateway

@Suite("Bodies in the journal")
struct JournalBodyTests {
    private static func written(
        _ text: String, _ form: JournalBody.Form = .json, _ seals: OpenSeals = OpenSeals()
    ) throws -> String {
        var line = JournalText(seq: 1, .decision, time: 0, try seals.sealer())
        JournalBody(bytes: Array(text.utf8), form: form).write(into: &line)
        return String(decoding: line.bytes, as: UTF8.self)
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
        for word in ["\"providerId\":\"7\"", "\"shareType\":\"user\"", "<string of 6 bytes>"] {
            #expect(text.contains(word), "\(word)")
        }
        // The names that somebody has are forgotten with them.
        #expect(Set(seals.subjects.map(\.name)) == ["alice@one.test", "bob@cloud.test"])
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
}

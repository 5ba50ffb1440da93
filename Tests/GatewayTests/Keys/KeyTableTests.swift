import Federation
import Testing

@testable import Gateway

@Suite struct KeyTableTests {
    @Test func whatIsWrittenIsRead() throws {
        var table = KeyTable()
        table.rows["ed25519-1"] = .init(
            state: .retired(until: 1_800_000_000), since: 1_799_000_000, thumbprint: "abc")
        table.rows["ed25519-2"] = .init(state: .active, since: 1_799_000_000, thumbprint: "def")
        table.rows["ed25519-3"] = .init(state: .staged, since: 1_799_000_001, thumbprint: "ghi")
        #expect(try KeyTable(Array(table.text.utf8), file: "keys.toml") == table)
        #expect(try KeyTable(Array(KeyTable().text.utf8), file: "keys.toml") == KeyTable())
        #expect(table.text.contains("until      = 2027-01-15T08:00:00Z"))
    }

    @Test(arguments: [
        ("", "version"),
        ("version = 2", "1"),
        ("version = 1\nmore = 1", "unknown key"),
        ("version = 1\n[key.a]\nstate = \"new\"\nsince = 2027-01-01\nthumbprint = \"x\"", "new"),
        ("version = 1\n[key.a]\nstate = \"active\"\nthumbprint = \"x\"", "since"),
        ("version = 1\n[key.a]\nstate = \"active\"\nsince = 2027-01-01", "thumbprint"),
        (
            "version = 1\n[key.a]\nstate = \"retired\"\nsince = 2027-01-01\nthumbprint = \"x\"",
            "a retired key has an"
        ),
        (
            "version = 1\n[key.a]\nstate = \"active\"\nsince = 2027-01-01\nuntil = 2027-02-01\nthumbprint = \"x\"",
            "only a retired key"
        ),
        (
            "version = 1\n[key.\"../a\"]\nstate = \"active\"\nsince = 2027-01-01\nthumbprint = \"x\"",
            "is no name of a key"
        ),
    ])
    func whatCannotBeRightIsRefused(_ text: String, _ reason: String) throws {
        let errors = #expect(throws: ConfigurationErrors.self) {
            try KeyTable(Array(text.utf8), file: "keys.toml")
        }
        #expect(errors?.description.contains(reason) == true)
    }

    @Test(arguments: ["a", "ed25519-1", "A.b_c-9"])
    func aNameServesAsFileAndKeyID(_ name: String) { #expect(KeyTable.isName(name)) }

    @Test(arguments: [
        "", ".a", "a b", "a#b", "a/b", "ä", "a\"b", String(repeating: "a", count: 65),
    ])
    func otherNamesAreRefused(_ name: String) { #expect(!KeyTable.isName(name)) }
}

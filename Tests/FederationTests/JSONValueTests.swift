import Federation
import Testing

@Suite struct JSONValueTests {
    @Test func namesCompareAsBytes() {
        let object = JSONObject([("to\u{212A}en", .bool(true)), ("e\u{301}", .null)])
        #expect(object["toKen"] == nil)
        #expect(object["to\u{212A}en"] == .bool(true))
        #expect(object["\u{e9}"] == nil)
    }

    @Test func settingKeepsThePlaceAndAppendsWhatIsNew() {
        var object = JSONObject([("a", .null), ("b", .null)])
        object["a"] = .bool(true)
        object["c"] = .integer(3)
        object["b"] = nil
        #expect(JSONValue.object(object).serialized() == Array(#"{"a":true,"c":3}"#.utf8))
    }

    @Test func insertingPutsAMemberBehindAnother() {
        var object = JSONObject([("owner", .null), ("c", .null)])
        object.insert(.sender, .null, after: .owner)
        object.insert(.name, .null, after: .email)
        #expect(object.members.map(\.name) == ["owner", "sender", "c", "name"])
    }

    @Test func renamingDoesNotOverwrite() {
        var object = JSONObject([("userId", .integer(1)), ("name", .integer(2))])
        object.rename(.userId, to: .name)
        #expect(object["name"] == .integer(2))
        object.rename(.userId, to: .userID)
        #expect(object.members.map(\.name) == ["userID", "name"])
        #expect(object[.userID] == .integer(1))
    }

    @Test func valuesAreEqualOnlyWhenTheyAreWrittenTheSame() {
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(
            JSONValue.object([("a", .null), ("b", .null)]) != .object([("b", .null), ("a", .null)]))
        #expect(JSONValue.integer(1) != .string("1"))
    }

    @Test func controlCharactersAndQuotesAreEscaped() {
        let text = JSONValue.string("\"\\\n\r\t\u{0}\u{1f}\u{7f}/é").serialized()
        #expect(
            String(decoding: text, as: UTF8.self) == #""\"\\\n\r\t\u0000\u001f\u007f/é""#)
    }
}

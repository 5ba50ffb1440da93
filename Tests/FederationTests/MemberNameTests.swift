import Testing

@testable import Federation

@Suite struct MemberNameTests {
    @Test(arguments: MemberName.allCases)
    func eachIsFoundByItsLetters(name: MemberName) {
        #expect(MemberName.named(Array(name.text.utf8).span) == name)
        let upper = Array(name.text.uppercased().utf8)
        #expect(MemberName.named(inAnyCase: upper.span) == name.folded)
        let longer = Array((name.text + "s").utf8)
        #expect(MemberName.named(longer.span) == nil)
    }

    @Test func noTwoAreWrittenTheSame() {
        #expect(Set(MemberName.allCases.map(\.text)).count == MemberName.allCases.count)
        // One bit of a set for each.
        #expect(MemberName.allCases.count <= 64)
    }

    @Test func whatAReaderWithoutRegardToCaseTakesForOneIsFolded() {
        for name in MemberName.allCases {
            #expect(name.folded.text.lowercased() == name.text.lowercased())
            let same = MemberName.allCases.filter {
                $0.text.lowercased() == name.text.lowercased()
            }
            #expect(Set(same.map(\.folded)).count == 1)
        }
    }

    @Test(arguments: ["", "x", "Owner", "oWNER", "shareWit", "shareWith ", "\u{17f}hareWith"])
    func otherSpellingsAreOtherNames(name: String) {
        #expect(MemberName.named(Array(name.utf8).span) == nil)
        #expect(JSONObject([(name, .null)]).members.first?.known == nil)
    }

    @Test func aDisguiseIsSeenThrough() {
        #expect(MemberName.disguised("Owner") == .owner)
        #expect(MemberName.disguised("\u{17f}hareWith") == .shareWith)
        #expect(MemberName.disguised("to\u{212A}en") == .token)
        #expect(MemberName.disguised("owners") == nil)
    }

    @Test func aMemberIsFoundByItsNameAndByItsText() throws {
        let text = #"{"owner":"a","\u006fther":1,"sende\u0072":"b"}"#
        var object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
        #expect(object[.owner] == .string("a"))
        #expect(object["owner"] == .string("a"))
        #expect(object[.sender] == .string("b"))
        #expect(object["other"] == .integer(1))
        object["sender"] = .string("c")
        #expect(object[.sender] == .string("c"))
        object[.owner] = nil
        #expect(object.members.map(\.name) == ["other", "sender"])
    }
}

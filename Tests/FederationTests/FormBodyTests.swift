import Federation
import Testing

@Suite struct FormBodyTests {
    private func read(_ text: String) throws -> FormBody { try FormBody(parsing: Array(text.utf8)) }

    @Test func parametersAreDecodedInOrder() throws {
        let form = try read("a=1&b=x+y%26%C3%BC&c&&d=&e==")
        #expect(form.parameters.map(\.name) == ["a", "b", "c", "d", "e"])
        #expect(form["b"] == "x y&ü")
        #expect(form["c"] == nil)
        #expect(form["d"] == nil)
        #expect(form["e"] == "=")
        #expect(form["missing"] == nil)
    }

    @Test func repetitionIsSeenInEverySpelling() throws {
        #expect(try read("a=1&b=2").repeated == nil)
        #expect(try read("a=1&%61=2").repeated == "a")
        #expect(try read("a&a").repeated == "a")
        // PHP compares bytes.
        #expect(try read("%C3%A9=1&e%CC%81=2").repeated == nil)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%c0%af", "a=%00", "a=%1b", "%ff=a"])
    func brokenFormsAreRefused(_ text: String) {
        let denial = #expect(throws: Denial.self) { try read(text) }
        #expect(denial?.code == .malformedMessage)
    }

    @Test func manyAndLongOnesAreRefused() {
        #expect(throws: Denial.self) {
            try read((0..<65).map { "a\($0)=1" }.joined(separator: "&"))
        }
        let denial = #expect(throws: Denial.self) {
            try FormBody(parsing: [UInt8](repeating: 0x61, count: 65_537))
        }
        #expect(denial?.code == .bodyTooLarge)
    }

    @Test func replacedFormsAreWrittenAsPHPWritesThem() throws {
        var form = try read("token=old&remote=https%3A%2F%2Fh.test%2F&n=a+b~")
        form.replace("token", with: "n&w=ü")
        #expect(
            String(decoding: form.serialized(), as: UTF8.self)
                == "token=n%26w%3D%C3%BC&remote=https%3A%2F%2Fh.test%2F&n=a+b%7E")
        #expect(try FormBody(parsing: form.serialized()) == form)
    }
}

@Suite struct MediaTypeTests {
    @Test(
        arguments: [
            ("application/json", MediaType.json), ("Application/JSON; charset=utf-8", .json),
            ("application/json;charset=\"UTF-8\"", .json), ("application/json ; foo=bar", nil),
            ("application/json; charset*=utf-8''utf-7", nil),
            ("application/json; charset*0=utf-7", nil),
            ("application/json; charset=utf-8; charset*=utf-8''utf-7", nil),
            ("application/json; ;", .json),
            ("application/x-www-form-urlencoded", .form),
            ("application/x-www-form-urlencoded; charset=UTF-8", .form), ("text/plain", nil),
            ("", nil),
            (nil, nil), ("application/json; charset=utf-16", nil), ("application/jsonx", nil),
            ("application/json, text/plain", nil), ("multipart/form-data; boundary=x", nil),
            ("json", nil), ("application/ld+json", nil),
        ] as [(String?, MediaType?)])
    func onlyTheTwoTypesAreKnown(_ field: String?, _ type: MediaType?) {
        #expect(MediaType(field) == type)
    }

    @Test(arguments: [nil, "", "format=json", "format=json&format=xml"] as [String?])
    func aHarmlessQueryPasses(_ query: String?) throws { try MessageQuery.check(query) }

    @Test(arguments: [
        "sharedBy=eve%40evil.test", "format=json&owner=x", "%66ormat=x&a", "x", "format[]=a",
    ])
    func aQueryThatWouldBeMergedIntoTheMessageIsRefused(_ query: String) {
        #expect(throws: Denial.self) { try MessageQuery.check(query) }
    }
}

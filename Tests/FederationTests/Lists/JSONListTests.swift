import Testing

@testable import Federation

@Suite struct JSONListTests {
    @Test func bothFormsAreRead() throws {
        let text = #"["a.example", {"host":"*.B.example","until":"2027-06-30","note":"n"}]"#
        for text in [text, "{\"entries\":\(text)}"] {
            let contents = try ListSamples.read(text, .json)
            #expect(
                ListSamples.patterns(contents) == ["a.example", "*.b.example until 2027-06-30"])
            #expect(contents.entries.map(\.note) == [nil, "n"])
        }
        #expect(try ListSamples.read("[]", .json).entries.isEmpty)
    }

    @Test(arguments: [
        ("", "1:1: this is not strict JSON: ends too early"),
        ("{}", "this is no array of entries"),
        (#"{"entries":[],"hosts":[]}"#, "unknown member \"hosts\""),
        (#"{"entries":[],"Entries":[]}"#, "1:15: this is not strict JSON: duplicate member"),
        (#"["a.example",7]"#, "[1]: this is neither a pattern nor an object"),
        (#"[{"host":"a.example","until":"soon"}]"#, "[0].until: this is no date"),
        (#"[{"host":"a.example","until":1814400000}]"#, "[0].until: this is no date"),
        (#"[{"host":"a.example","note":7}]"#, "[0].note: a note is a string"),
        (#"[{"domain":"a.example"}]"#, "[0]: unknown member \"domain\""),
        (#"[{"note":"x"}]"#, "[0]: there is no \"host\""),
        (#"{"entries":[{"host":"a b"}]}"#, "entries[0].host: \"a b\" is not a host pattern"),
        (
            #"["a.example",{"host":"a.example","until":"2027-06-30"}]"#,
            "[1]: \"a.example\" stands here twice"
        ),
        (
            "[\"a.example\",\n \"b.example\" \"c.example\"]",
            "2:14: this is not strict JSON: unexpected byte"
        ),
    ])
    func oneWrongEntrySpoilsTheList(_ text: String, _ wanted: String) {
        let defect = ListSamples.defect(of: text, .json)
        #expect(defect?.hasPrefix(wanted) == true, "\(defect ?? "read")")
    }

    @Test func deepNestingIsRefused() {
        let text = String(repeating: "[", count: 100_000)
        #expect(ListSamples.defect(of: text, .json)?.contains("nested too deeply") == true)
    }

    @Test func notesHaveALimit() {
        let text = "[{\"host\":\"a.example\",\"note\":\"\(String(repeating: "n", count: 5000))\"}]"
        #expect(ListSamples.defect(of: text, .json)?.contains("note of more than 4096") == true)
    }
}

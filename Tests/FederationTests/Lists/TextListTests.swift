import Testing

@testable import Federation

@Suite struct TextListTests {
    @Test func patternsEndsAndCommentsAreRead() throws {
        let text =
            "\n# ours\nCloud.Partner.EXAMPLE.\r\n*.surf.example until 2027-06-30 # research\n"
            + ".bücher.example:8443\tuntil\t2027-06-30T12:00:00+02:00\n192.0.2.7\n[2001:DB8::1]:443\n"
        #expect(
            try ListSamples.patterns(ListSamples.read(text, .text)) == [
                "cloud.partner.example", "*.surf.example until 2027-06-30",
                ".xn--bcher-kva.example:8443 until 2027-06-30T10:00:00Z", "192.0.2.7",
                "[2001:db8::1]:443",
            ])
    }

    @Test func aByteOrderMarkIsNoneOfTheText() throws {
        let read = try ListSamples.read("\u{FEFF}a.example\n", .text)
        #expect(ListSamples.patterns(read) == ["a.example"])
    }

    @Test(arguments: [
        (
            "a.example\n\tb example\n",
            "2:2: only \"until\" and a date may stand behind a pattern, as in \"b until 2027-06-30\""
        ),
        ("https://a.example\n", "1:1: \"https://a.example\" is not a host pattern"),
        ("a.example\n\u{FEFF}b.example\n", "2:1: \"\\u{feff}b.example\" is not a host pattern"),
        ("a.example\n*\n", "2:1: \"*\" is not a host pattern"),
        ("a.example until 2027-02-29\n", "1:1: only \"until\""),
        ("a.example until 2027-02-28 x\n", "1:1: only \"until\""),
        ("a.example,b.example\n", "1:1: \"a.example,b.example\" is not"),
        (
            "a.example until 2027-01-01\na.example\n",
            "2:1: \"a.example\" stands here twice, with different ends"
        ),
    ])
    func oneWrongLineSpoilsTheList(_ text: String, _ wanted: String) {
        #expect(ListSamples.defect(of: text, .text)?.hasPrefix(wanted) == true)
    }

    @Test func bytesThatAreNoTextAreRefused() {
        let reading = ListReading(.text, for: .allow, .none)
        #expect(throws: ListDefect.self) {
            try reading.contents([0x61, 0xFF, 0x0A], signature: nil, now: 0)
        }
    }

    @Test func theSameLineTwiceIsOneEntry() throws {
        #expect(try ListSamples.read("a.example\nA.example.\n", .text).entries.count == 1)
    }

    @Test func aNoteBecomesAComment() throws {
        let entries = [
            try ListSamples.entry("b.example", until: 1_814_400_000, note: "two\nlines # x"),
            try ListSamples.entry(".a.example"),
        ]
        #expect(
            TextList.text(entries)
                == ".a.example\nb.example until 2027-06-30  # two lines # x\n")
    }
}

@Suite struct ListDateTests {
    @Test(arguments: [
        ("2027-06-30", 1_814_400_000), ("2027-06-30T23:59:59Z", 1_814_399_999),
        ("2028-02-29", 1_835_481_600), ("1970-01-01T00:00:00Z", 0),
        ("2027-06-30T00:00:00+02:00", 1_814_306_400), ("2027-06-30T00:00:00-02:30", 1_814_322_600),
        ("9999-12-31", 253_402_300_800),
    ])
    func datesAreRead(_ text: String, _ end: Int) {
        #expect(ListDate.end(text) == end)
    }

    @Test(arguments: [
        "", "2027", "2027-6-30", "2027-06-31", "2027-00-10", "2027-13-01", "2100-02-29",
        "1969-12-31", "2027-06-30T24:00:00Z", "2027-06-30T12:00:60Z", "2027-06-30T12:00:00",
        "2027-06-30 12:00:00Z",
        "2027-06-30T12:00:00.5Z", "2027-06-30t12:00:00Z", "2027-06-30T12:00:00+0200", "+027-06-30",
        "2027-06-30Z", "٢٠٢٧-06-30",
    ])
    func whatIsNoDateIsRefused(_ text: String) {
        #expect(ListDate.end(text) == nil)
    }

    @Test func whatIsWrittenReadsTheSame() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let days = Int.random(in: 1...2_932_896, using: &random)
            let second = Int.random(in: 0..<86_400, using: &random)
            for end in [days * 86_400, days * 86_400 + second] {
                #expect(ListDate.end(ListDate.text(end)) == end)
            }
        }
    }
}

import Testing

@testable import Federation

@Suite struct DomainBlocksTests {
    private let head =
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"

    /// Rows as Mastodon's own export has them, and as others write them.
    @Test func anExportIsRead() throws {
        let text =
            head
            + "bad.example,suspend,false,false,\"spam, \"\"mostly\"\"\",false\r\n"
            + "\"Worse.EXAMPLE\",\"suspend\",\"FALSE\",\"TRUE\",\"two\nlines\",\"TRUE\"\n"
            + "quiet.example,silence,true,false,,false\n"
            + "nothing.example,noop,true,false,,false\n\n"
            + "bücher.example,,,,,\n192.0.2.9,suspend,,,,"
        let contents = try ListSamples.read(text, .csv)
        #expect(
            ListSamples.patterns(contents) == [
                "bad.example", "*.bad.example", "worse.example", "*.worse.example",
                "xn--bcher-kva.example", "*.xn--bcher-kva.example", "192.0.2.9",
            ])
        let spam = "spam, \"mostly\""
        #expect(
            contents.entries.map(\.note)
                == [spam, spam, "two\nlines", "two\nlines", nil, nil, nil])
        #expect(contents.leftOut == ["severity silence": 1, "severity noop": 1])
    }

    @Test func theDomainAloneIsEnoughAndOtherColumnsMayStandAround() throws {
        #expect(
            try ListSamples.patterns(ListSamples.read("#domain\na.example\n", .csv)) == [
                "a.example", "*.a.example",
            ])
        let text = "#private_comment,#domain\nx,a.example\n"
        #expect(
            try ListSamples.patterns(ListSamples.read(text, .csv)) == ["a.example", "*.a.example"])
    }

    @Test func anAllowedDomainIsTheHostAlone() throws {
        let contents = try ListSamples.read("#domain\na.example\n", .csv, for: .allow)
        #expect(ListSamples.patterns(contents) == ["a.example"])
    }

    @Test func blocksCannotBeReadAsPeersThatAreAllowed() {
        let defect = ListSamples.defect(of: head + "a.example,suspend,,,,\n", .csv, for: .allow)
        #expect(defect?.contains("cannot be one of peers that are allowed") == true)
    }

    @Test(arguments: [
        ("", "there is no row of column names"),
        ("domain,severity\na.example,suspend\n", "1:1: there is no column \"#domain\""),
        ("#domain,#domain\na,a\n", "1:1: the column \"#domain\" twice"),
        ("\u{FEFF}#domain\na.example\n", "1:1: the text begins with a byte order mark"),
        ("#domain,#severity\na.example,ban\n", "2:1: \"ban\" is not one of suspend, silence, noop"),
        (
            "#domain,#severity\nb.example,suspend\na.example\n",
            "3:1: 1 fields, where the first row has 2"
        ),
        ("#domain\nexa****.example\n", "2:1: the domain \"exa****.example\" is obfuscated"),
        ("#domain\n*.example.org\n", "2:1: the domain \"*.example.org\" is obfuscated"),
        ("#domain\n https://a.example\n", "2:1: \" https://a.example\" is not a host"),
        ("#domain\n.a.example\n", "2:1: \".a.example\" is not a host"),
        ("#domain\na.example\"\n", "2:1: a quote inside of a field"),
        ("#domain\n\"a.example\"x\n", "2:1: something behind a closing quote"),
        ("#domain,#public_comment\na.example,\"\n\n\nx\n", "2:1: a quote that is never closed"),
        ("#domain\na.example\rb.example\n", "2:1: a carriage return without a line feed"),
        ("#domain,#public_comment\n\"a.example\",\"1\n2\"\nb_c,\n", "4:1: \"b_c\" is not a host"),
    ])
    func oneWrongRowSpoilsTheList(_ text: String, _ wanted: String) {
        let defect = ListSamples.defect(of: text, .csv)
        #expect(defect?.hasPrefix(wanted) == true, "\(defect ?? "read")")
    }

    @Test func hugeFieldsAndRowsAreRefused() {
        let field = "#domain\n" + String(repeating: "a", count: 9000) + "\n"
        #expect(
            ListSamples.defect(of: field, .csv)?.contains("field of more than 8192 bytes") == true)
        let quoted = "#domain\n\"" + String(repeating: "a", count: 1 << 20)
        #expect(
            ListSamples.defect(of: quoted, .csv)?.contains("field of more than 8192 bytes") == true)
        let row = "#domain" + String(repeating: ",", count: 40) + "\n"
        #expect(ListSamples.defect(of: row, .csv)?.contains("more than 32 fields") == true)
    }

    @Test func aBlockOfAHostAndAllBelowItIsOneRow() throws {
        let entries = [
            try ListSamples.entry("*.a.example", note: "n"), try ListSamples.entry(".b.example"),
            try ListSamples.entry("a.example"), try ListSamples.entry("192.0.2.9"),
        ]
        #expect(
            try DomainBlocks.text(entries, for: .block) == head
                + "192.0.2.9,suspend,false,false,,false\na.example,suspend,false,false,n,false\n"
                + "b.example,suspend,false,false,,false\n")
    }

    @Test(arguments: ["a.example", "*.a.example", ".a.example:8443"])
    func whatCannotBeSaidIsNotWritten(_ pattern: String) throws {
        let entries = [try ListSamples.entry(pattern)]
        #expect(throws: ListDefect.self) { try DomainBlocks.text(entries, for: .block) }
        let ending = [try ListSamples.entry(".a.example", until: 5)]
        #expect(throws: ListDefect.self) { try DomainBlocks.text(ending, for: .block) }
    }
}

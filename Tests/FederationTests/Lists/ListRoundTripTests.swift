import Testing

@testable import Federation

/// What is exported is read as the same list.
@Suite struct ListRoundTripTests {
    private static let notes: [String?] = [
        nil, "plain", "with, comma", "with \"quotes\"", "two\nlines\r\nof it", "ümläut ✓", "# hash",
        "=1+1", " spaces ",
    ]

    private func entries(
        _ random: inout some RandomNumberGenerator, _ scopes: [String], ports: Bool, ends: Bool
    ) throws -> [ListEntry] {
        var entries: [HostPattern: ListEntry] = [:]
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let scope = scopes.randomElement(using: &random) ?? ""
            let label =
                ["a", "b-c", "xn--bcher-kva", "0x", "z9"].randomElement(using: &random) ?? "a"
            let port =
                ports && Bool.random(using: &random)
                ? ":\(Int.random(in: 443...450, using: &random))" : ""
            let pattern = try #require(
                HostPattern(
                    "\(scope)\(label).n\(Int.random(in: 0...99, using: &random)).example\(port)"))
            let until =
                ends && Bool.random(using: &random)
                ? Int.random(in: 1...4_000_000_000, using: &random) : nil
            entries[pattern] = ListEntry(
                pattern: pattern, until: until,
                note: Self.notes.randomElement(using: &random) ?? nil)
        }
        return entries.values.sorted { $0.pattern.description < $1.pattern.description }
    }

    /// A host and all below it, as a block is read there.
    private func pair(_ entry: ListEntry) throws -> [ListEntry] {
        [entry, try ListSamples.entry("*.\(entry.pattern)", note: entry.note)]
    }

    private func again(
        _ entries: [ListEntry], _ format: ListFormat, for stance: PeerList.Stance
    ) throws -> [ListEntry] {
        let writing = ListReading(format, for: stance, .none)
        let document = try writing.document(entries, federation: "F")
        if format == .directory {
            return try DirectoryListing.contents(document).entries
        }
        let contents = try writing.contents(document, signature: nil, now: 0)
        return contents.entries.sorted { $0.pattern.description < $1.pattern.description }
    }

    @Test(arguments: ListFormat.allCases, PeerList.Stance.allCases)
    func whatIsExportedIsReadAsTheSame(_ format: ListFormat, _ stance: PeerList.Stance) throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            let entries =
                switch format {
                case .text, .json:
                    try entries(&random, ["", "*.", "."], ports: true, ends: true)
                case .csv:
                    try entries(&random, [""], ports: false, ends: false)
                        .flatMap { stance == .block ? try pair($0) : [$0] }
                        .sorted { $0.pattern.description < $1.pattern.description }
                case .directory, .providers: try entries(&random, [""], ports: true, ends: false)
                }
            let again = try again(entries, format, for: stance)
            #expect(again.map(\.words) == entries.map(\.words))
            switch format {
            case .json, .csv: #expect(again.map(\.note) == entries.map(\.note))
            case .directory, .providers:
                #expect(
                    again.map(\.note) == entries.map { $0.note ?? format.standIn(for: $0.pattern) })
            // Comments do not count.
            case .text: #expect(again.allSatisfy { $0.note == nil })
            }
        }
    }
}

extension ListRoundTripTests {
    /// `peer hold approve` writes it when nobody says more.
    @Test(arguments: ListFormat.allCases) func aNoteThatIsADayIsNotPublished(
        _ format: ListFormat
    ) throws {
        let entry = try ListSamples.entry("a.example", note: "2026-11-28")
        let more = try ListSamples.entry("b.example", note: "2026-11-28: Institute B")
        let document = try ListReading(format, for: .allow, .none)
            .document([entry, more], federation: "F")
        let text = String(decoding: document, as: UTF8.self)
        #expect(text.split(separator: "2026-11-28", omittingEmptySubsequences: false).count == 2)
        #expect(text.contains("Institute B"))
    }
}

extension ListFormat {
    /// What stands where the format wants a name and the entry has none.
    fileprivate func standIn(for pattern: HostPattern) -> String {
        self == .directory ? pattern.name : pattern.description
    }
}

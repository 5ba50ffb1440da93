/// The format `csv`: domain blocks as Mastodon exports them, with the columns `#domain`,
/// `#severity`, `#reject_media`, `#reject_reports`, `#public_comment` and `#obfuscate`.
///
/// - A block of a domain there is one of all below it too, so it becomes two entries, `domain` and
///   `*.domain`: as `.domain` it would yield to an allow list that names the host. In an allow list
///   it is the host alone.
/// - `suspend`, and no severity, is a block. `silence` and `noop` let messages through there (they
///   hide posts, or drop media and reports), so they are left out and counted.
/// - `#public_comment` becomes the note. The other columns are about posts; unknown ones are ignored.
/// - A domain with stars in it was hidden by its publisher: then the list says nothing that can be
///   enforced, and is refused as a whole.
enum DomainBlocks {
    /// Refused: no `#domain` column, a column twice, a row of another length, a severity that is
    /// unknown, or any in an allow list, and a domain that is no host.
    static func contents(
        _ bytes: [UInt8], for stance: PeerList.Stance
    ) throws(ListDefect) -> ListContents {
        var reader = try CSVReader(bytes)
        guard let head = try reader.next() else {
            throw ListDefect("there is no row of column names")
        }
        let columns = try Columns(head, stance)
        var contents = ListContents()
        while let row = try reader.next() {
            guard row.fields.count == head.fields.count else {
                throw ListDefect(
                    "\(row.fields.count) fields, where the first row has \(head.fields.count)",
                    at: .line(row.place))
            }
            if let severity = try columns.severity(row), severity != .suspend {
                contents.leaveOut("severity \(severity.rawValue)")
                continue
            }
            for entry in try columns.entries(row, stance) {
                try contents.add(entry, at: .line(row.place))
            }
        }
        return contents
    }

    /// The list as Mastodon exports one.
    ///
    /// Refused: an entry that the format cannot say, which is one with a port or an end, of blocks
    /// each that is not of a host and all below it, of others each that is not a host alone.
    static func text(
        _ entries: [ListEntry], for stance: PeerList.Stance
    ) throws(ListDefect) -> String {
        var text =
            switch stance {
            case .block: CSVReader.text(Columns.all)
            case .allow: CSVReader.text([Columns.domain, Columns.comment])
            }
        let domains = Dictionary(grouping: entries, by: \.pattern.name)
        for (name, entries) in domains.sorted(by: { $0.key < $1.key }) {
            let scopes = Set(entries.map(\.pattern.scope))
            let isWhole =
                switch stance {
                case .block:
                    scopes.contains(.hostAndBelow) || scopes == [.host, .below]
                        || entries.allSatisfy(\.pattern.isAddress)
                case .allow: scopes == [.host]
                }
            guard isWhole, entries.allSatisfy({ $0.pattern.port == nil && $0.until == nil })
            else {
                throw ListDefect(
                    "\(quoted(entries[0].words)) cannot be said in csv; "
                        + (stance == .block
                            ? "a block there is of a host and all below it (\".\(name)\"), "
                            : "an entry there is a host alone (\"\(name)\"), ")
                        + "without port and end")
            }
            let note = entries.lazy.compactMap(\.note).first ?? ""
            switch stance {
            case .block:
                text += CSVReader.text([name, "suspend", "false", "false", note, "false"])
            case .allow: text += CSVReader.text([name, note])
            }
        }
        return text
    }

    private enum Severity: String, CaseIterable { case suspend, silence, noop }

    /// Where the columns are.
    private struct Columns {
        private let domain: Int
        private let severity: Int?
        private let comment: Int?

        init(_ row: CSVReader.Row, _ stance: PeerList.Stance) throws(ListDefect) {
            var places: [String: Int] = [:]
            for (place, name) in row.fields.enumerated()
            where places.updateValue(place, forKey: name) != nil {
                throw ListDefect("the column \(quoted(name)) twice", at: .line(row.place))
            }
            guard let domain = places[Self.domain] else {
                throw ListDefect(
                    "there is no column \(quoted(Self.domain))", at: .line(row.place))
            }
            self.domain = domain
            severity = places[Self.severity]
            comment = places[Self.comment]
            switch stance {
            case .block: break
            case .allow:
                if severity != nil {
                    throw ListDefect(
                        "a list of blocks (it has \(quoted(Self.severity))) cannot be one of peers "
                            + "that are allowed", at: .line(row.place))
                }
            }
        }

        func severity(_ row: CSVReader.Row) throws(ListDefect) -> Severity? {
            guard let severity, !row.fields[severity].isEmpty else { return nil }
            guard let known = Severity(rawValue: row.fields[severity]) else {
                let words = Severity.allCases.map(\.rawValue).joined(separator: ", ")
                throw ListDefect(
                    "\(quoted(row.fields[severity])) is not one of \(words)", at: .line(row.place))
            }
            return known
        }

        func entries(
            _ row: CSVReader.Row, _ stance: PeerList.Stance
        ) throws(ListDefect) -> [ListEntry] {
            let written = row.fields[domain]
            guard !written.utf8.contains(UInt8(ascii: "*")) else {
                throw ListDefect(
                    "the domain \(quoted(written)) is obfuscated: ask for the list in the clear",
                    at: .line(row.place))
            }
            guard let host = HostPattern(written), host.scope == .host else {
                throw ListDefect("\(quoted(written)) is not a host", at: .line(row.place))
            }
            var patterns = [host]
            // Nothing is below an address.
            if stance == .block, let below = HostPattern("*." + written) { patterns.append(below) }
            let note = comment.map { row.fields[$0] } ?? ""
            return patterns.map { ListEntry(pattern: $0, note: note.isEmpty ? nil : note) }
        }

        static let domain = "#domain"
        static let severity = "#severity"
        static let comment = "#public_comment"
        static let all = [
            domain, severity, "#reject_media", "#reject_reports", comment, "#obfuscate",
        ]
    }
}

extension HostPattern {
    /// Whether it is the address of a host: nothing is below one.
    var isAddress: Bool { PeerHost(name).map { $0.kind != .name } ?? false }
}

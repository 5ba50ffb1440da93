import Federation
import Foundation
import OpenSSL

/// `keys.toml` beside the keys: what each of them is for, and which names were ever used.
///
/// A name stays here when its key is over and its file gone, so that it never stands for another
/// key: Nextcloud 31 to 34 would refuse that for good (`protocol.md` 9.8).
struct KeyTable: Sendable, Equatable {
    var rows: [String: Row] = [:]

    /// What is kept of a key under its name.
    struct Row: Sendable, Equatable {
        /// Never `new`: a key that the table does not name is new.
        var state: KeyState
        /// When the state began, Unix seconds.
        var since: Int
        /// Of the public key, as pins have it.
        var thumbprint: String
    }

    static let fileName = "keys.toml"

    init() {}

    /// Reads the file.
    ///
    /// Refused: unknown keys and states, an end where there is none, a retired key without one.
    init(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) {
        let document = try TOMLDocument(bytes, file: file)
        let findings = Findings(file: file)
        var top = TOMLTableReader(document, findings: findings)
        _ = top.require("version", .integer(1...1))
        for member in top.tableOrEmpty("key").all {
            let path = "key.\(quoted(member.key))"
            guard var table = TOMLTableReader(member.value, path: path, findings: findings)
            else { continue }
            if !Self.isName(member.key) {
                findings.report(member.keyPosition, "\(quoted(member.key)) is no name of a key")
            }
            rows[member.key] = Self.row(&table)
            table.finish()
        }
        top.finish()
        try findings.check()
    }

    private static func row(_ table: inout TOMLTableReader) -> Row? {
        let word = table.require("state", TOMLForm<Word>.word("state"))
        let since = table.require("since", .instant)
        let until = table.read("until", .instant)
        let thumbprint = table.require("thumbprint", .line)
        guard let word, let since, let thumbprint else { return nil }
        switch (word, until) {
        case (.staged, nil):
            return Row(state: .staged, since: since.start, thumbprint: thumbprint)
        case (.active, nil):
            return Row(state: .active, since: since.start, thumbprint: thumbprint)
        case (.retired, let until?):
            return Row(
                state: .retired(until: until.start), since: since.start, thumbprint: thumbprint)
        case (.retired, nil):
            table.findings.report(table.place(of: "state"), "a retired key has an \"until\"")
        case (.staged, _?), (.active, _?):
            table.findings.report(table.place(of: "until"), "only a retired key has an \"until\"")
        }
        return nil
    }

    private enum Word: String, CaseIterable { case staged, active, retired }

    /// What may stand in a `keyid`, in a URL and in the name of a file alike.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0.isUnreserved && $0 != UInt8(ascii: "~") }
    }

    /// The file.
    var text: String {
        var text = """
            # What the keys in this folder are for. `ocmgate key` writes it; `ocmgate key list` shows it.
            # A key keeps its name for ever, and a name never stands for another key.
            version = 1

            """
        for (name, row) in rows.sorted(by: { $0.key < $1.key }) {
            text += """

                [key."\(name)"]
                state      = "\(row.state.word)"
                since      = \(Self.text(of: row.since))
                thumbprint = "\(row.thumbprint)"

                """
            if case .retired(let until) = row.state {
                text += "until      = \(Self.text(of: until))\n"
            }
        }
        return text
    }

    /// RFC 3339 in UTC.
    static func text(of seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

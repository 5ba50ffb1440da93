import Federation
import Foundation
import Testing

@testable import Gateway

/// A journal of decisions that a test makes up, in a folder of its own; people are sealed so that
/// `OpenSeals.people` opens them.
final class PastJournal {
    let scratch: Scratch
    let seals = OpenSeals()
    private var seq = 0
    private var hash = JournalHash.none
    private var count = 0

    var reader: JournalReader { JournalReader(scratch.path) }

    /// 2026-11-01, milliseconds.
    static let start = 1_793_491_200_000

    init() throws { scratch = try Scratch() }

    /// Adds a decision at so many seconds; its id.
    ///
    /// - Parameter day: the file that it goes into, counted in days from the first; nil for its own.
    @discardableResult
    func add(
        _ facts: Facts?, at second: Int = 0, into day: Int? = nil,
        action: DecisionRecord.Action = .allow,
        by: String = "rule:all", code: String? = nil,
        _ change: (inout JournalRecord) -> Void = { _ in }
    ) throws -> String {
        let time = Self.start + second * 1000
        let id = DecisionID.make(now: time / 1000)
        var decision = DecisionRecord(
            id: id, kind: "shares", direction: .inbound, action: action, by: by,
            status: action == .allow ? 201 : 403, client: "192.0.2.7")
        decision.code = code
        decision.claimed = facts?.peer?.description
        if facts?.signature != SignatureFact.none { decision.peer = decision.claimed }
        decision.signature = .init(
            generation: facts?.signature == SignatureFact.none ? "none" : "rfc9421-tag",
            result: facts?.signature == SignatureFact.none ? "absent" : "verified")
        var facts = facts
        facts?.now = time / 1000
        var record = JournalRecord(decision, facts: facts)
        change(&record)
        try write(.decision, time, record.text, into: day.map { Self.start + $0 * 86_400_000 })
        return id
    }

    /// Adds a line of any kind.
    func write(
        _ kind: JournalLine.Kind, _ time: Int, _ members: (inout JournalText) -> Void
    ) throws {
        var text = JournalText()
        members(&text)
        try write(kind, time, text)
    }

    private func write(
        _ kind: JournalLine.Kind, _ time: Int, _ text: JournalText, into day: Int? = nil
    ) throws {
        seq += 1
        var line: [UInt8] = []
        hash = try #require(
            text.write(seq, kind, time: time, after: hash, try seals.sealer(), into: &line))
        let file = reader.file(of: JournalDay(milliseconds: day ?? time))
        if !FileManager.default.fileExists(atPath: file) {
            try #require(FileManager.default.createFile(atPath: file, contents: nil))
        }
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(line))
        try handle.close()
    }
}

extension Policy {
    /// A policy of a test, from its text after the heading.
    static func past(_ text: String, unknown: String = "deny", mode: String = "enforce") throws
        -> Policy
    {
        try Policy(
            Array(
                """
                version = 1
                name = "past"
                mode = "\(mode)"
                default = "deny"
                unknown = "\(unknown)"
                [list.partners]
                standing = "allow"
                entries = ["one.test", "two.test"]
                \(text)
                """.utf8), file: "policy.toml", PolicyFiles { _ in nil })
    }
}

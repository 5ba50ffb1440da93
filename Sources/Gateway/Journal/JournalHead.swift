import Foundation

/// The newest checkpoint, kept beside the state and so apart from the journal: whoever cuts off the
/// journal's end has to reach here too.
package struct JournalHead: Sendable, Equatable {
    package let seq: Int
    package let hash: JournalHash
    package let day: JournalDay

    package init(seq: Int, hash: JournalHash, day: JournalDay) {
        self.seq = seq
        self.hash = hash
        self.day = day
    }

    /// `SEQ:HASH:DAY`, as the log tells it.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let seq = Int(parts[0]), seq > 0,
            let hash = JournalHash(String(parts[1])), let day = JournalDay(parts[2])
        else { return nil }
        self.init(seq: seq, hash: hash, day: day)
    }

    package var text: String { "\(seq):\(hash):\(day)" }

    /// The file that holds it, for a state file.
    package static func file(of state: String) -> String { state + ".journal" }

    /// Nil when there is none yet.
    ///
    /// Refused: a file of more than 256 bytes, or that says anything but a head and a line feed.
    package static func read(_ path: String) throws(FileProblem) -> JournalHead? {
        guard PrivateFile.exists(path) else { return nil }
        let bytes = try PrivateFile.read(path, limit: 256, readers: .everybody)
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.last == "\n", let head = JournalHead(text.dropLast()) else {
            throw FileProblem(
                path, "is damaged", "if the journal is whole (ocmgate journal verify), remove it")
        }
        return head
    }

    func write(_ path: String) throws(FileProblem) {
        try PrivateFile.replace(path, Array("\(text)\n".utf8))
    }
}

import Federation
import Synchronization

/// The lines that a log wrote.
final class TestLines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        lines.withLock { $0 += text.split(separator: "\n").map(String.init) }
    }

    var all: [String] { lines.withLock { $0 } }

    /// Those that are JSON.
    var objects: [JSONObject] {
        all.compactMap { try? JSONValue(parsing: Array($0.utf8)).object }
    }
}

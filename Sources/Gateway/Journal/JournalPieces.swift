import Dispatch
import Foundation
import OpenSSL
import Synchronization

/// Reads a journal in pieces, has each examined on whatever core is free, and hands them on in order.
/// Memory is that of a few pieces, however long the journal is.
struct JournalPieces {
    let reader: JournalReader
    let keys: [String: PublicKey]
    /// Bytes of a piece; one is longer where a line is.
    let size: Int

    /// What is handed on.
    enum Item {
        case piece(JournalPiece, JournalDay)
        /// All of this day was handed on.
        case end(JournalDay)
    }

    func forEach(_ days: [JournalDay], _ take: (Item) -> Void) throws {
        var waiting: [Waiting] = []
        // Pieces that are examined, or wait for it, while the next one is read.
        let most = 4 * max(1, ProcessInfo.processInfo.activeProcessorCount)
        func handOn(downTo count: Int) {
            while waiting.count > count { take(waiting.removeFirst().item) }
        }
        for day in days {
            _ = try reader.pieces(of: day, size: size) { bytes in
                waiting.append(.piece(Examination(bytes, keys), day))
                handOn(downTo: most)
                return .goOn
            }
            waiting.append(.end(day))
        }
        handOn(downTo: 0)
    }

    private enum Waiting {
        case piece(Examination, JournalDay)
        case end(JournalDay)

        var item: Item {
            switch self {
            case .piece(let examination, let day): .piece(examination.result(), day)
            case .end(let day): .end(day)
            }
        }
    }

    /// One piece, examined on a thread of the system's pool.
    private final class Examination: Sendable {
        private let bytes: ArraySlice<UInt8>
        private let keys: [String: PublicKey]
        private let found = Mutex<JournalPiece?>(nil)
        private let done = DispatchSemaphore(value: 0)

        init(_ bytes: ArraySlice<UInt8>, _ keys: [String: PublicKey]) {
            self.bytes = bytes
            self.keys = keys
            DispatchQueue.global().async { [self] in
                let piece = JournalPiece(bytes, keys)
                found.withLock { $0 = piece }
                done.signal()
            }
        }

        /// Waits for it.
        func result() -> JournalPiece {
            done.wait()
            return found.withLock { $0 } ?? JournalPiece(bytes, keys)
        }
    }
}

import Dispatch
import Synchronization

/// Reads a journal in batches of lines, reads each batch on all cores, and hands the results on in
/// the order of the lines. Memory is that of one batch, however long the journal is.
struct JournalBatches {
    let reader: JournalReader
    let days: [JournalDay]
    /// Milliseconds since 1970; lines before it are left out.
    let since: Int
    /// Only lines that hold each of these byte strings.
    var needles: [ByteNeedle] = []

    /// - Parameters:
    ///   - read: what is made of a line; on any thread.
    ///   - progress: called now and then with the lines so far.
    ///   - take: called for each result, in order, on this thread.
    /// - Returns: lines that have not the form of one.
    func forEach<Value: Sendable>(
        _ read: @escaping @Sendable (JournalLine) -> Value?, progress: (Int) -> Void,
        _ take: (Value) -> Void
    ) throws -> UnreadLines {
        var unread = UnreadLines()
        var batch: [JournalLine] = []
        var count = 0
        try reader.lines(
            of: days.holding(from: JournalDay(milliseconds: since)), holding: needles,
            unread: { unread.note($0) }
        ) { line, _ in
            count += 1
            if (line.time ?? since) < since { return .goOn }
            batch.append(line)
            if batch.count >= Self.size {
                Self.read(batch, read).forEach(take)
                batch.removeAll(keepingCapacity: true)
                progress(count)
            }
            return .goOn
        }
        Self.read(batch, read).forEach(take)
        progress(count)
        return unread
    }

    private static func read<Value: Sendable>(
        _ batch: [JournalLine], _ read: @escaping @Sendable (JournalLine) -> Value?
    ) -> [Value] {
        let pieces = (batch.count + piece - 1) / piece
        let results = Mutex([[Value]](repeating: [], count: pieces))
        DispatchQueue.concurrentPerform(iterations: pieces) { number in
            let range = (number * piece)..<min((number + 1) * piece, batch.count)
            let values = batch[range].compactMap(read)
            results.withLock { $0[number] = values }
        }
        return results.withLock { Array($0.joined()) }
    }

    /// Lines: about 20 MB.
    private static let size = 16_384
    private static let piece = 256
}

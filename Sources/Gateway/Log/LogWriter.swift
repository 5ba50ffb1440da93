import Dispatch
import Foundation
import OpenSSL
import Synchronization
import SystemPackage

/// Takes lines from any thread and writes them on one of its own, so that a blocked pipe blocks
/// nobody: lines beyond the bound are dropped and counted, and the count is written later.
package final class LogWriter: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        var dropped = 0
        var isIdle = true
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let sink: @Sendable ([UInt8]) -> Bool
    private let byteLimit: Int
    private let droppedLine: @Sendable (Int) -> [UInt8]

    /// Pipes take up to this many bytes as one piece, also when they do not block (POSIX PIPE_BUF).
    private static let piece = 4096
    /// Seconds in which lines gather before they are written: waking the thread for each of them
    /// would cost more than writing it.
    private static let gathering = 0.005

    /// - Parameters:
    ///   - byteLimit: the most that may wait.
    ///   - droppedLine: the line that tells how many were dropped.
    ///   - sink: writes bytes; false when they could not be written. May block.
    init(
        byteLimit: Int = 4 << 20, droppedLine: @escaping @Sendable (Int) -> [UInt8],
        sink: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.byteLimit = byteLimit
        self.droppedLine = droppedLine
        self.sink = sink
        let thread = Thread { [self] in run() }
        thread.name = "ocmgate-log"
        thread.start()
    }

    /// Queues a line, or drops and counts it. Never blocks.
    func write(_ line: [UInt8]) {
        let mustWake = state.withLock { state in
            guard !state.isStopped, state.bytes + line.count <= byteLimit else {
                state.dropped += 1
                return false
            }
            state.lines.append(line)
            state.bytes += line.count
            defer { state.isIdle = false }
            return state.isIdle
        }
        if mustWake { wake.signal() }
    }

    /// Lines that were dropped and not yet told of.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Waits until everything queued so far is written, at most `limit`; whether it is.
    @discardableResult
    func flush(upTo limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if state.withLock({ $0.isIdle && $0.lines.isEmpty }) { return true }
            Thread.sleep(forTimeInterval: 0.002)
        }
        return false
    }

    /// Takes no more lines and ends the thread when it is done.
    func stop() {
        let mustWake = state.withLock { state in
            state.isStopped = true
            defer { state.isIdle = false }
            return state.isIdle
        }
        if mustWake { wake.signal() }
    }

    private func run() {
        while true {
            let (lines, isOver) = state.withLock { state -> ([[UInt8]], Bool) in
                let lines = state.lines
                state.lines = []
                if lines.isEmpty { state.isIdle = true }
                return (lines, lines.isEmpty && state.isStopped)
            }
            if isOver { return }
            if lines.isEmpty {
                wake.wait()
            } else {
                write(lines)
                tellDropped()
            }
            if !state.withLock({ $0.isStopped }) { Thread.sleep(forTimeInterval: Self.gathering) }
        }
    }

    /// Whole lines, as many as fit into one piece at a time.
    private func write(_ lines: [[UInt8]]) {
        var piece: [UInt8] = []
        var count = 0
        func send() {
            guard !piece.isEmpty else { return }
            let isWritten = sink(piece)
            state.withLock { state in
                state.bytes -= piece.count
                if !isWritten { state.dropped += count }
            }
            piece.removeAll(keepingCapacity: true)
            count = 0
        }
        for line in lines {
            if piece.count + line.count > Self.piece { send() }
            piece += line
            count += 1
        }
        send()
    }

    private func tellDropped() {
        let dropped = state.withLock { state in
            defer { state.dropped = 0 }
            return state.dropped
        }
        guard dropped > 0 else { return }
        if !sink(droppedLine(dropped)) { state.withLock { $0.dropped += dropped } }
    }

    /// A sink that writes to an open file, standard error for one, each byte once: also to one that does
    /// not block, which may take a part of a line.
    static func file(_ file: FileDescriptor) -> @Sendable ([UInt8]) -> Bool {
        { bytes in
            do {
                try FileBytes.writeAll(file.rawValue, bytes.span)
                return true
            } catch { return false }
        }
    }
}

import ArgumentParser
import Foundation
import OpenSSL
import Synchronization

/// What commands have for standard output: gathered, and written in large pieces; on a terminal each
/// text at once.
///
/// What cannot be written ends the program with exit code 2: nobody is to take a part for the whole.
enum StandardOutput {
    private struct State {
        var waiting: [UInt8] = []
        var loss: String?
    }

    static func write(_ bytes: some Sequence<UInt8>) {
        let count = state.withLock { state in
            state.waiting += bytes
            return state.waiting.count
        }
        if isTerminal || count >= size { flush() }
    }

    /// Writes what was gathered.
    static func flush() {
        let (bytes, loss) = state.withLock { state in
            defer { state.waiting.removeAll() }
            return (state.waiting, state.loss)
        }
        do { try FileBytes.writeAll(STDOUT_FILENO, bytes.span) } catch {
            Output.error("ocmgate: standard output: \(error)" + (loss.map { "; \($0)" } ?? ""))
            Ocmgate.exit(withError: Exit.cannotRun)
        }
    }

    /// What it means when the text to come is lost, and what mends that.
    static func lost(means loss: String) { state.withLock { $0.loss = loss } }

    private static let state = Mutex(State())
    private static let isTerminal = isatty(STDOUT_FILENO) == 1
    private static let size = 64 << 10
}

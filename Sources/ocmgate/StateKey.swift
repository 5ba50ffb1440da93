import Foundation
import Gateway

extension Configuration.StateSettings {
    /// The key that the state is sealed with.
    func key(whenMissing: SealKey.WhenMissing = .refuse) throws -> SealKey {
        do {
            return try SealKey.load(
                sealKey, of: file, whenMissing: whenMissing,
                environment: ProcessInfo.processInfo.environment)
        } catch { throw CommandFailure(error.description) }
    }
}

extension Configuration {
    /// The same, for a command that makes the state where there is none.
    func keyToWrite() throws -> SealKey {
        let key = try state.key()
        try makeFirstKeys()
        return key
    }

    /// Before a command makes the state the first keys are made, as `run` does it: where there is a
    /// state none are made any more.
    func makeFirstKeys() throws {
        if Store.hasBegun(state.file) { return }
        do throws(FileProblem) {
            _ = try KeyRing.start(
                folder: signature.keys, state: state.file, now: Environment.live.now())
        } catch { throw CommandFailure(error.description) }
    }
}

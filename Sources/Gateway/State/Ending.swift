import Federation

/// The end of a gateway that runs, asked for by a command.
package enum Ending {
    /// Asks the gateway that uses the state to end, and waits until it has let it go.
    ///
    /// - Parameter grace: how long requests in flight get; what is left then is cut off.
    ///
    /// Throws when no gateway runs, or when it does not end.
    package static func ask(
        _ state: String, _ key: SealKey, grace: Duration, now: Int
    ) async throws {
        guard PrivateFile.exists(state), try isServed(state) else {
            throw FileProblem(state, "no gateway uses this state", "there is nothing to end")
        }
        _ = try await OrderBox.told(.end(grace.wholeSeconds), in: state, key, now: now)
        let end = ContinuousClock.now + grace + .seconds(30)
        while try isServed(state) {
            guard ContinuousClock.now < end else {
                throw FileProblem(state, "the gateway was asked to end, and has not", "see its log")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether a gateway, or a command, has the state.
    static func isServed(_ state: String) throws(FileProblem) -> Bool {
        do throws(FileProblem) {
            try StoreLock(of: state).release()
            return false
        } catch {
            guard error.isInUse else { throw error }
            return true
        }
    }
}

extension Policy {
    /// What of its own tests and invariants the policy does not keep, each with its place: what has
    /// to be empty before a policy is put in force. An invariant that could not be told is one that is
    /// not kept.
    package func proofFailures() -> [ConfigurationError] {
        let tests = runTests().filter { !$0.passed }.map { outcome in
            ConfigurationError(
                file: outcome.test.file, position: outcome.test.position,
                message: "test \(quoted(outcome.test.name)) fails: "
                    + outcome.differences.joined(separator: "; ")
                    + "; decided by \(placed(outcome.verdict.by))")
        }
        return tests
            + invariants.compactMap { invariant in
                let message: String
                let remedy: String
                switch prove(invariant) {
                case .proved: return nil
                case .broken(let found):
                    message =
                        "invariant \(quoted(invariant.name)) does not hold: a message "
                        + (mode == .report ? "would get " : "gets ")
                        + "\(quoted(invariant.never.rawValue)) by \(placed(found.verdict.by))"
                    remedy = "see it: ocmgate policy prove \(file)"
                case .open(let reason):
                    message = "invariant \(quoted(invariant.name)) could not be proved: \(reason)"
                    remedy = "write fewer or simpler patterns"
                }
                return ConfigurationError(
                    file: invariant.file, position: invariant.position, message: message,
                    remedy: remedy)
            }
    }
}

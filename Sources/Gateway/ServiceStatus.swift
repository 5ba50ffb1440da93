import Synchronization

/// What a gateway that runs goes by, in one line, for whoever looks after it: its policy, and what of its files
/// is refused since when, so that what was read before counts.
final class ServiceStatus: Sendable {
    /// What is read again while it runs.
    enum Subject: String, CaseIterable, Sendable { case policy, configuration }

    typealias Hears = @Sendable (String) -> Void

    private struct Refusal: Sendable {
        let problem: String
        /// Unix seconds.
        let since: Int
    }

    private struct Fields: Sendable {
        var hash = ""
        var refusals: [Subject: Refusal] = [:]
        var hears: Hears?

        var text: String {
            Subject.allCases.reduce("policy \(hash)") { text, subject in
                guard let refusal = refusals[subject] else { return text }
                let since = RunningGateway.date(refusal.since)
                let first = refusal.problem.prefix { !$0.isNewline }.prefix(ServiceStatus.longest)
                return "\(text); another \(subject.rawValue) refused since \(since): \(first)"
            }
        }
    }

    private let fields = Mutex(Fields())

    /// The line as it is.
    var text: String { fields.withLock { $0.text } }

    /// From now on hears the line when it is another one.
    func follow(_ hears: @escaping Hears) { fields.withLock { $0.hears = hears } }

    /// The hash of the policy in force.
    func note(policy hash: String) { change { $0.hash = hash } }

    /// Why something that was read again is not taken; nil when it is.
    ///
    /// - Parameter now: Unix seconds.
    func note(_ subject: Subject, refused problem: String?, now: Int) {
        change { fields in
            guard fields.refusals[subject]?.problem != problem else { return }
            fields.refusals[subject] = problem.map { Refusal(problem: $0, since: now) }
        }
    }

    /// The line is told before there can be another: of two threads the second could else be heard first.
    private func change(_ change: (inout Fields) -> Void) {
        fields.withLock { fields in
            let before = fields.text
            change(&fields)
            if fields.text != before { fields.hears?(fields.text) }
        }
    }

    /// Characters of a problem.
    private static let longest = 300
}

extension RunningGateway {
    /// What it goes by, in one line.
    package var status: String { gateway.serviceStatus.text }

    /// From now on hears that line when it is another one.
    package func followStatus(_ hears: @escaping @Sendable (String) -> Void) {
        gateway.serviceStatus.follow(hears)
    }
}

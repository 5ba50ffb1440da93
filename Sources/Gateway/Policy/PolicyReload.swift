import Dispatch
package import Federation
import Foundation
import Logging

/// What came of reading policy and candidate again.
struct PolicyReload: Sendable, Equatable {
    let policy: Outcome
    /// Why the last good candidate stays, or none is tried: file, line and column; nil when nothing is
    /// wrong with it, or there is none.
    let candidateProblem: String?

    /// Which policy is in force after it.
    enum Outcome: Sendable, Equatable {
        /// In force from now on; the hashes of the policy before and now.
        case taken(was: String, now: String)
        /// The last good policy stays: why, with file, line and column.
        case kept(String)
    }

    /// Whether a person asked for it, or a file was seen to have changed.
    enum Cause: Sendable { case asked, seen }
}

extension Gateway {
    /// Reads policy and candidate again, with their lists, tests and invariants, and puts them in
    /// force in one step.
    ///
    /// On any error the last good one stays, of each by itself, and the log says why. A message ends
    /// under the snapshot that it began with.
    @discardableResult
    func reloadPolicy(_ cause: PolicyReload.Cause = .asked) async -> PolicyReload {
        let (reload, before, now) = await readAgain { [self] in
            let before = policy.current
            let reload = readPolicyAgain(cause)
            return (reload, before, policy.current)
        }
        let problem: String? =
            switch reload.policy {
            case .taken: nil
            case .kept(let problem): problem
            }
        serviceStatus.note(.policy, refused: problem, now: environment.now())
        await journal.tellPolicy(now, after: before)
        return reload
    }

    /// What reading files anew gives, or changing those of keys: one after the other, and not on a thread that
    /// messages are judged on. What takes long is told: their disk may not answer, and nothing else is read
    /// until it does.
    func readAgain<Value: Sendable>(
        tellingAfter time: Duration = .seconds(30), _ work: @escaping @Sendable () -> Value
    ) async -> Value {
        let telling = Task { [self] in
            do { try await Task.sleep(for: time) } catch { return }
            log.write(
                .error, .configurationKept,
                [
                    LogEntry(.file, configuration.file),
                    LogEntry(.problem, "a file that is read again is not read yet"),
                    LogEntry(
                        .remedy,
                        "see the disks that policy, lists, keys and certificates lie on, or whether the "
                            + "policy takes long to prove: ocmgate policy prove; until it is read, "
                            + "what was read before counts"),
                ])
        }
        defer { telling.cancel() }
        return await policyQueue.result(work)
    }

    /// Puts in force what is made of the policy and the candidate that are.
    func changePolicy(
        _ change: @escaping @Sendable (PolicySnapshot) -> (policy: Policy, candidate: Policy?)
    ) async {
        let (was, now) = await policyQueue.result { [self] in
            let before = policy.snapshot
            let new = change(before)
            putInForce(new.policy, candidate: new.candidate, after: before.policy)
            return (before.policy, new.policy)
        }
        await journal.tellPolicy(now, after: was)
    }

    /// Tries another candidate from now on, nil for none; on the queue of policies. One that cannot be
    /// used leaves the last good one beside the policy until its file is mended.
    ///
    /// - Returns: why it cannot be used, with file, line and column.
    func changeCandidate(to file: String?) -> String? {
        candidateFile.change(to: file)
        let before = policy.snapshot
        let (candidate, problem) = readCandidateAgain(before.candidate, beside: before.policy)
        policy.swap(before.policy, candidate: candidate)
        return problem
    }

    private func putInForce(_ new: Policy, candidate: Policy?, after before: Policy) {
        policy.swap(new, candidate: candidate)
        serviceStatus.note(policy: new.hash)
        published.rebuild()
        log.write(
            .notice, .reloaded,
            [
                LogEntry(.policy, new.hash), LogEntry(.was, before.hash),
                new.contentsHash.map { LogEntry(.lists, $0) },
            ])
    }

    private func readPolicyAgain(_ cause: PolicyReload.Cause) -> PolicyReload {
        let before = policy.snapshot
        let file = configuration.policy.file
        do throws(StartFailure) {
            let read = try RunningGateway.loadPolicy(file)
            if cause == .seen, let list = read.emptied(since: before.policy) {
                throw StartFailure(
                    "\(file): the list \(list) blocks, and has lost all of its entries; if that is "
                        + "meant: ocmgate reload")
            }
            let new = lists.fill(read)
            let (candidate, problem) = readCandidateAgain(before.candidate, beside: new)
            putInForce(new, candidate: candidate, after: before.policy)
            return PolicyReload(
                policy: .taken(was: before.policy.hash, now: new.hash), candidateProblem: problem)
        } catch {
            let (candidate, problem) = readCandidateAgain(before.candidate, beside: before.policy)
            policy.swap(before.policy, candidate: candidate)
            log.write(
                .error, .reloadFailed,
                [
                    LogEntry(.file, file), LogEntry(.problem, error.description),
                    LogEntry(.policy, before.policy.hash),
                ])
            return PolicyReload(policy: .kept(error.description), candidateProblem: problem)
        }
    }

    private func readCandidateAgain(
        _ last: Policy?, beside live: Policy
    ) -> (candidate: Policy?, problem: String?) {
        guard let file = candidateFile.path else { return (nil, nil) }
        do throws(StartFailure) {
            let new = fill(candidate: try RunningGateway.loadPolicy(file), beside: live)
            if new.hash != last?.hash {
                log.write(
                    .notice, .candidateTaken,
                    [
                        LogEntry(.file, file), LogEntry(.policy, new.hash),
                        last.map { LogEntry(.was, $0.hash) },
                    ])
            }
            return (new, nil)
        } catch {
            log.candidateRefused(file, error, last)
            return (last, error.description)
        }
    }
}

extension Policy {
    /// A list of one's own that blocked somebody and blocks nobody now: a file that was cut short
    /// looks like that, and everybody on it would come in.
    fileprivate func emptied(since before: Policy) -> String? {
        before.lists.first { old in
            old.tier == .own && old.stance == .block && !old.entries.isEmpty
                && lists.contains { new in
                    new.name == old.name && new.tier == .own && new.stance == .block
                        && new.entries.isEmpty
                }
        }?.name
    }
}

extension GatewayLog {
    /// A candidate that cannot be used; nothing is enforced by it, so the gateway goes on.
    func candidateRefused(_ file: String, _ failure: StartFailure, _ last: Policy?) {
        write(
            .error, .candidateRefused,
            [
                LogEntry(.file, file), LogEntry(.problem, failure.description),
                last.map { LogEntry(.policy, $0.hash) },
            ])
    }
}

extension RunningGateway {
    /// A policy file, read, with all of its tests passed and its invariants proved.
    ///
    /// Refused: what cannot be read, what everybody may write, or replace in its folder, and what fails its
    /// own tests or invariants. The description names the file in each line, with line and column where
    /// there are some.
    package static func loadPolicy(
        _ file: String, _ files: PolicyFiles = .disk
    ) throws(StartFailure) -> Policy {
        let policy: Policy
        do { policy = try Policy.load(file: file, files) } catch {
            throw StartFailure(error.description)
        }
        if let error = ConfigurationErrors(policy.openToAll) {
            throw StartFailure(error.description)
        }
        if let error = ConfigurationErrors(policy.proofFailures()) {
            throw StartFailure(error.description)
        }
        return policy
    }

    /// The candidate at start; one that cannot be used is told of and left out.
    static func loadCandidate(_ configuration: Configuration, _ log: GatewayLog) -> Policy? {
        guard let file = configuration.policy.candidate else { return nil }
        do throws(StartFailure) { return try loadPolicy(file) } catch {
            log.candidateRefused(file, error, nil)
            return nil
        }
    }
}

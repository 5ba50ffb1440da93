import Federation
import Foundation

/// Downloaded lists of a gateway that runs.
extension Gateway {
    /// Fetches lists when it is time, and puts into policy and candidate what came of it.
    func keepLists() async {
        while !Task.isCancelled {
            let due = dueLists()
            if !due.isEmpty {
                let outcomes = await withTaskGroup(of: ListOutcome.self) { group in
                    for (keeper, list) in due { group.addTask { await keeper.refresh(list) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                if outcomes.contains(where: \.isInForce) { await takeLists() }
            }
            // Ended early only by being cancelled, which the loop looks at.
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// The lists for which it is time, each with who keeps it.
    private func dueLists() -> [(ListKeeper, PeerList)] {
        let snapshot = policy.snapshot
        let own = lists.due(snapshot.policy).map { (lists, $0) }
        guard let candidate = snapshot.candidate, let candidateLists else { return own }
        return own
            + candidateLists.due(candidate, beside: snapshot.policy).map { (candidateLists, $0) }
    }

    /// Has an order about lists done.
    func carryOut(_ order: ListOrder) async -> OrderAnswer {
        do {
            let outcomes = try await order.perform(lists, policy.current)
            if outcomes.contains(where: \.isInForce) { await takeLists() }
            return .done(try ListOrder.told(outcomes))
        } catch { return .refused("\(error)") }
    }

    /// Puts what is in force of the lists into the policy that is.
    private func takeLists() async {
        await changePolicy { [self] snapshot in
            let live = lists.fill(snapshot.policy)
            return (live, snapshot.candidate.map { fill(candidate: $0, beside: live) })
        }
    }

    /// A candidate with what is in force of its lists.
    func fill(candidate: Policy, beside live: Policy) -> Policy {
        candidateLists?.fill(candidate, beside: live) ?? candidate
    }
}

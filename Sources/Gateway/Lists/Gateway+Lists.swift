import Federation
import Foundation
import Logging

/// Downloaded lists of a gateway that runs.
extension Gateway {
    /// Fetches lists when it is time, and puts into the policy what came of it.
    func keepLists() async {
        while !Task.isCancelled {
            let due = lists.due(policy.current)
            if !due.isEmpty {
                let outcomes = await withTaskGroup(of: ListOutcome.self) { group in
                    for list in due { group.addTask { [self] in await lists.refresh(list) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                if outcomes.contains(where: \.isInForce) { await takeLists() }
            }
            // Ended early only by being cancelled, which the loop looks at.
            try? await Task.sleep(for: .seconds(1))
        }
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
            (lists.fill(snapshot.policy), snapshot.candidate.map { lists.fill($0) })
        }
    }
}

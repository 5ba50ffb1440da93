package import Federation
import Foundation
import Transport

/// What `ocmgate list update` and `list apply` want done, by the gateway that runs or directly.
package struct ListOrder: Sendable, Codable {
    /// What is to be done with the list.
    package enum Work: Sendable, Codable {
        /// Fetch now.
        case update(approval: Approval)
        /// Put the draft in force; the one of this hash (or its beginning) when it is named.
        case apply(draft: String?)
    }

    /// Whether what would wait for a person is taken, because one is there.
    package enum Approval: String, Sendable, Codable { case asked, given }

    /// The lists; none: all that are downloaded.
    package var names: [String]
    package var work: Work

    package init(names: [String], work: Work) {
        self.names = names
        self.work = work
    }

    /// Has it done by a keeper: the lists one after the other, in the order of the policy.
    ///
    /// Throws what `ListKeeper.approve` refuses, and for a name that no downloaded list has.
    package func perform(_ keeper: ListKeeper, _ policy: Policy) async throws -> [ListOutcome] {
        let downloaded = policy.lists.filter { $0.download != nil }
        for name in names where !downloaded.contains(where: { $0.name == name }) {
            throw ListProblem(
                "there is no downloaded list \(name) in the policy in force; if that was read "
                    + "before the list stood in it: ocmgate reload")
        }
        var outcomes: [ListOutcome] = []
        for list in downloaded where names.isEmpty || names.contains(list.name) {
            switch work {
            case .apply(let draft):
                outcomes.append(try await Self.approve(list, draft: draft, keeper, after: outcomes))
            case .update(let approval):
                let outcome = await keeper.refresh(list)
                switch (outcome.word, approval) {
                case (.waits, .given):
                    outcomes.append(
                        try await Self.approve(list, draft: nil, keeper, after: outcomes))
                case (.waits, .asked), (.unchanged, _), (.taken, _), (.failed, _):
                    outcomes.append(outcome)
                }
            }
        }
        return outcomes
    }

    /// What is refused of one list leaves what was done for others before as it is.
    private static func approve(
        _ list: PeerList, draft: String?, _ keeper: ListKeeper, after done: [ListOutcome]
    ) async throws -> ListOutcome {
        do { return try await keeper.approve(list, draft: draft) } catch  where !done.isEmpty {
            return ListOutcome(list: list.name, word: .failed, reason: "\(error)")
        }
    }

    /// Has it done by the gateway that uses the state, or here when there is none.
    package func place(
        _ settings: Configuration, _ policy: Policy, _ key: SealKey, now: Int
    ) async throws -> (outcomes: [ListOutcome], isRunning: Bool) {
        let state = settings.state.file
        do {
            // Whoever holds the state may write beside it.
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            return (try await performHere(settings, policy), false)
        } catch let error as FileProblem where error.isInUse {
            let answer = try await OrderBox(state, key).ask(
                .lists(self), now: now, taking: .seconds(10), patience: .seconds(300))
            switch answer {
            case .refused(let reason): throw ListProblem(reason)
            case .done(let told): return (try Self.outcomes(told), true)
            }
        }
    }

    private func performHere(
        _ settings: Configuration, _ policy: Policy
    ) async throws -> [ListOutcome] {
        let group = LoopGroup(count: 1)
        do {
            let client = try RunningGateway.outboundClient(settings, group)
            let keeper = ListKeeper(
                ListFolder(state: settings.state.file),
                .init(now: Environment.live.now, fetch: { await client.get($0) }), log: nil)
            let outcomes = try await perform(keeper, policy)
            await group.shutdown()
            return outcomes
        } catch {
            await group.shutdown()
            throw error
        }
    }

    /// The answer of an order: the outcomes by their place.
    static func told(_ outcomes: [ListOutcome]) throws -> [String: String] {
        let text = String(decoding: try JSONEncoder().encode(outcomes), as: UTF8.self)
        return ["lists": text]
    }

    private static func outcomes(_ told: [String: String]) throws -> [ListOutcome] {
        guard let text = told["lists"] else {
            throw ListProblem("the gateway that runs is of another version")
        }
        return try JSONDecoder().decode([ListOutcome].self, from: Data(text.utf8))
    }
}

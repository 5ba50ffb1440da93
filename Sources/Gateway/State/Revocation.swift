/// A share, or its tokens alone, ended by a person: the operator's way to stop an access at once,
/// whatever the backend and the peer say.
///
/// What the backend knows of the share stays: it is removed there.
package struct Revocation: Sendable, Codable {
    /// What of a share ends.
    package enum Extent: String, Sendable, Codable {
        /// Its codes, secrets and tokens: nothing opens it any more.
        case share
        /// Its tokens: who holds a code exchanges it again.
        case tokens
    }

    /// Its number.
    package let share: String
    package let extent: Extent

    package init(of share: String, _ extent: Extent) {
        self.share = share
        self.extent = extent
    }

    /// By the gateway that uses the state, or directly when there is none. Returns the numbers of other
    /// shares that a secret of this one still opens: after a reshare several have the same.
    ///
    /// Throws a text for the operator: there is no such share, it is over already, or its tokens are not
    /// ours.
    @discardableResult
    package func carryOut(
        in state: String, _ key: SealKey, now: Int, patience: Duration = .seconds(10)
    ) async throws -> [String] {
        let told: [String: String]
        do {
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            let registry = try ShareRegistry(store, key)
            try await store.commit([try change(of: registry, now: now)])
            told = self.told(registry, now: now)
        } catch let error as FileProblem where error.isInUse {
            told = try await OrderBox.told(
                .revoke(self), in: state, key, now: now, patience: patience)
        }
        return told[Self.others]?.split(separator: " ").map(String.init) ?? []
    }

    /// What the operator learns when it is done.
    func told(_ registry: ShareRegistry, now: Int) -> [String: String] {
        guard extent == .share, let record = ShareID(share).flatMap({ registry[$0] }) else {
            return [:]
        }
        let others = registry.opened(bySecretsOf: record, now: now)
        if others.isEmpty { return [:] }
        return [Self.others: others.map(\.description).joined(separator: " ")]
    }

    private static let others = "others"

    func change(of registry: ShareRegistry, now: Int) throws(FileProblem) -> Change {
        guard let id = ShareID(share), let record = registry[id] else {
            throw FileProblem("share \(share)", "there is none", "ocmgate share list")
        }
        guard record.ended == nil else {
            throw FileProblem("share \(share)", "is over already")
        }
        switch (extent, record.direction) {
        case (.share, _): return registry.end(id, now: now)
        case (.tokens, .outbound): return registry.revokeTokens(of: id)
        case (.tokens, .inbound):
            throw FileProblem(
                "share \(share)", "came from \(record.peer), whose tokens they are",
                "ocmgate share revoke \(share) ends it here")
        }
    }
}

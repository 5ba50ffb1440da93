import Federation

/// Steps that an old server takes itself, through its gateway's forward proxy.
extension Story {
    /// What an old server does, and what must come of it.
    struct Action {
        let site: Site
        /// What it does, for the reader.
        let saying: String
        /// The gateway of the other side; nil for a peer that has none.
        var other: Site?
        /// The gateways that write a decision, the one that the step is about last: for a message all
        /// that it passes, for plain data none unless it is refused.
        var deciding: [Site] = []
        var statuses: ClosedRange<Int> = 200...299
        let perform: (LegacyClient) throws -> ProxiedRequest.Response
    }

    /// Takes the step and puts down who did what.
    mutating func take(
        _ action: Action, as title: String,
        check: (ProxiedRequest.Response, inout Scene) -> Void = { _, _ in }
    ) async throws {
        var scene = Scene(title)
        for site in world.sites { site.forgetThePast() }
        scene.add("old server, \(action.site.name)", action.saying)
        let response = try action.perform(action.site.client)
        scene.status = response.status
        for site in action.deciding { try await tellDecision(of: site, in: &scene) }
        if let other = action.other {
            let reached = other.takeRequests()
            scene.add(
                "old server, \(other.name)", DecisionText.describe(reached))
            scene.expect(
                reached.isEmpty != response.isSuccess,
                reached.isEmpty ? "nothing reached the other old server" : "it reached it")
        }
        scene.add("answer", DecisionText.describe(response))
        scene.expect(
            action.statuses.contains(response.status), "the answer is \(response.status)")
        check(response, &scene)
        narrator.tell(scene)
    }

    /// The decision of a gateway; that of the last one asked is the scene's.
    private func tellDecision(of site: Site, in scene: inout Scene) async throws {
        let found = try await site.gateway.decisions().last
        scene.add(
            "gateway, \(site.name)", found.map(DecisionText.describe) ?? "(no decision logged)")
        scene.expect(found != nil, "the gateway of the \(site.name) logged no decision")
        if let found { scene.decision = found }
    }
}

import Federation
import Foundation
import Transport

/// The demonstration: what is sent, and what must come of it.
struct Story {
    let world: World
    var narrator: Narrator
    /// The permanent secrets of the old server, which nobody outside may ever see.
    var permanentSecrets: [String] = []

    init(_ world: World, audience: Narrator.Audience) {
        self.world = world
        narrator = Narrator(audience)
    }

    /// All steps; true when each was as expected.
    mutating func run() async throws -> Bool {
        let writable = try makeShare("project", providerID: "101", permissions: "read,write")
        let readable = try makeShare("project", providerID: "102", permissions: "read")
        try await world.start()
        narrator.open(world)
        world.gateway.skipLog()
        _ = world.backend.takeRequests()
        try await tellDiscovery()
        try await tellShares()
        try await tellForgeries()
        try await tellTokens(writable: writable, readable: readable)
        try Task.checkCancellation()
        try await tellTwoGateways()
        try Task.checkCancellation()
        try await tellStrictServer()
        try await tellSecrets()
        return narrator.close()
    }

    /// What is expected of one message.
    struct Expectation {
        var statuses: ClosedRange<Int>
        var reach: Reach
        var decides: Decides = .once

        enum Reach { case backend, nobody }
        /// Whether the gateway writes a decision: it does for messages, not for plain reading.
        enum Decides { case once, silently }

        static let accepted = Expectation(statuses: 200...299, reach: .backend)
        static let refused = Expectation(statuses: 400...499, reach: .nobody)
        static let unauthenticated = Expectation(statuses: 401...401, reach: .nobody)
    }

    /// Sends one message and puts down who did what; the answer too.
    mutating func send(
        _ message: OutgoingMessage, from peer: Peer, as title: String, saying how: String,
        expecting expectation: Expectation,
        check: (BufferedResponse, inout Scene) -> Void = { _, _ in }
    ) async throws -> BufferedResponse {
        try Task.checkCancellation()
        var scene = Scene(title)
        world.home.forgetThePast()
        scene.add(peer.host, "\(message.method.rawValue) \(message.target)   \(how)")
        let response = try await world.send(message, from: peer)
        scene.status = response.status

        if expectation.decides == .once {
            scene.decision = try await world.gateway.decisions().first
            scene.add(
                "gateway", scene.decision.map(DecisionText.describe) ?? "(no decision logged)")
            scene.expect(scene.decision != nil, "the gateway logged no decision")
        }
        let reached = world.backend.takeRequests().filter { request in
            request.path != "/ocm-provider/" && request.path != "/.well-known/ocm"
        }
        scene.add("old server", DecisionText.describe(reached))
        scene.add("answer", DecisionText.describe(response))

        scene.expect(
            expectation.statuses.contains(response.status), "the answer is \(response.status)")
        switch expectation.reach {
        case .backend: scene.expect(!reached.isEmpty, "nothing reached the old server")
        case .nobody: scene.expect(reached.isEmpty, "it reached the old server")
        }
        check(response, &scene)
        narrator.tell(scene)
        return response
    }
}

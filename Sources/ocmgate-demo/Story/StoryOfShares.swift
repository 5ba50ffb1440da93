import Federation
import OpenSSL
import Transport

/// Shares that come from outside: those that are let in, and those that are not.
extension Story {
    /// Where peers post shares: the path of the backend's own `endPoint`.
    private var sharesPath: String { world.backend.kind.endPoint + "/shares" }

    mutating func tellDiscovery() async throws {
        _ = try await send(
            OutgoingMessage(.get, "/.well-known/ocm"), from: world.modern,
            as: "A modern server asks who this is", saying: "",
            expecting: Expectation(statuses: 200...200, reach: .nobody, decides: .silently)
        ) { response, scene in
            let document = try? JSONValue(parsing: response.body).object
            let can = document?["capabilities"]?.array?.compactMap(\.string) ?? []
            scene.add("", "it can: \(can.joined(separator: ", "))")
            scene.expect(can.contains("http-sig"), "no http-sig")
            scene.expect(can.contains("exchange-token"), "no exchange-token")
            scene.expect(document?["jwksUri"]?.string != nil, "no keys")
        }
        _ = try await send(
            OutgoingMessage(.get, "/ocm-provider/"), from: world.legacy,
            as: "An old server asks where it always asked", saying: "",
            expecting: Expectation(statuses: 200...200, reach: .nobody, decides: .silently)
        ) { response, scene in
            let document = try? JSONValue(parsing: response.body).object
            let version = document?["apiVersion"]?.string
            scene.expect(version == "1.0-proposal1", "apiVersion is \(version ?? "missing")")
        }
    }

    mutating func tellShares() async throws {
        let modern = world.modern
        _ = try await send(
            try signedShare(of: modern), from: modern, as: "A modern server shares a file",
            saying: modern.generation.description, expecting: .accepted)
        _ = try await send(
            try OutgoingMessage(
                post: ShareDocument.nextcloud33(
                    from: world.cavage.host, to: World.host, secret: Random.alphanumeric(15)),
                as: "application/json", to: sharesPath, at: world.origin, signedBy: world.cavage),
            from: world.cavage, as: "A Nextcloud 33 shares a file",
            saying: world.cavage.generation.description, expecting: .accepted)
        _ = try await send(
            try OutgoingMessage(
                post: ShareDocument.nextcloud27(
                    from: world.legacy.host, to: World.host, secret: Random.alphanumeric(15)),
                as: "application/json", to: sharesPath, at: world.origin, signedBy: world.legacy),
            from: world.legacy, as: "An old server, on the list of exceptions, shares a file",
            saying: world.legacy.generation.description, expecting: .accepted)
    }

    mutating func tellForgeries() async throws {
        let (modern, other) = (world.modern, world.other)
        let forged = ShareDocument.modern(
            from: modern.host, to: World.host, secret: Random.alphanumeric(32))
        _ = try await send(
            try OutgoingMessage(
                post: forged, as: "application/json", to: sharesPath, at: world.origin,
                signedBy: other),
            from: other, as: "Another server forges a share of \(modern.host)",
            saying: "signed with its own key", expecting: .refused)

        var altered = try signedShare(of: modern)
        altered.body = [UInt8](
            String(decoding: altered.body, as: UTF8.self)
                .replacing("bob@", with: "eve@").utf8)
        _ = try await send(
            altered, from: modern, as: "A share is altered on its way",
            saying: "signed before the change", expecting: .unauthenticated)

        _ = try await send(
            OutgoingMessage(
                .post, sharesPath, fields: [(name: "Content-Type", value: "application/json")],
                body: forged),
            from: other, as: "A share of a server that signs comes unsigned",
            saying: "unsigned", expecting: .unauthenticated)

        let once = try signedShare(of: modern)
        _ = try await send(
            once, from: modern, as: "One more share of the modern server",
            saying: modern.generation.description, expecting: .accepted)
        _ = try await send(
            once, from: other, as: "The same message is sent a second time",
            saying: "byte for byte", expecting: .unauthenticated)

        _ = try await send(
            OutgoingMessage(
                .post, "/ocs/v2.php/cloud/shares?format=json",
                fields: [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
                body: ShareDocument.ocs(
                    from: world.legacy.host, secret: Random.alphanumeric(15))),
            from: world.legacy, as: "The way around: the older API without any signature",
            saying: "unsigned", expecting: .refused)
    }

    private func signedShare(of peer: Peer) throws -> OutgoingMessage {
        try OutgoingMessage(
            post: ShareDocument.modern(
                from: peer.host, to: World.host, secret: Random.alphanumeric(32)),
            as: "application/json", to: sharesPath, at: world.origin, signedBy: peer)
    }
}

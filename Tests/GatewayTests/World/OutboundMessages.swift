import Federation
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// Messages that the backend sends, Nextcloud 27 unless said otherwise.
enum OutboundMessages {
    static func share(
        to host: String = "modern.test", id: String = "22", secret: String = "SECRET15CHARS00",
        owner: String = "cloud.test", sender: String? = nil
    ) -> String {
        """
        {"shareWith":"bob@https://\(host)","shareType":"user","name":"doc.txt",\
        "resourceType":"file","description":"","providerId":\(id),\
        "owner":"alice@https://\(owner)/","ownerDisplayName":"alice",\
        "sharedBy":"\(sender ?? "alice@https://\(owner)/")","sharedByDisplayName":"alice",\
        "protocol":{"name":"webdav","options":{"sharedSecret":"\(secret)",\
        "permissions":"{http://open-cloud-mesh.org/ns}share-permissions"}}}
        """
    }

    /// The peer may write now, as oCIS says it: with no secret but the one in `protocol`.
    static func moreAllowed(to host: String) -> String {
        #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"folder","#
            + #""providerId":"22","notification":{"grantee":"u@\#(host)","protocol":{"#
            + #""name":"multi","options":{},"webdav":{"sharedSecret":"SECRET15CHARS00","#
            + #""permissions":["read","write"]}}}}"#
    }

    /// A share over the older API.
    static func form(
        to user: String = "bob", id: String = "22", secret: String = "SECRET15CHARS00"
    ) -> String {
        "shareWith=\(user)&token=\(secret)&name=doc.txt&remoteId=\(id)&owner=alice"
            + "&ownerFederatedId=alice%40https%3A%2F%2Fcloud.test%2F&sharedBy=alice"
            + "&sharedByFederatedId=alice%40https%3A%2F%2Fcloud.test%2F"
            + "&remote=https%3A%2F%2Fcloud.test%2F&shareType=6"
    }

    static func notification(
        _ type: String, id: String = "22", secret: String? = "SECRET15CHARS00",
        shareWith: String? = nil
    ) -> String {
        var details: [String] = []
        if let secret { details.append(#""sharedSecret":"\#(secret)""#) }
        if let shareWith { details.append(#""shareWith":"\#(shareWith)""#) }
        return """
            {"notificationType":"\(type)","resourceType":"file","providerId":"\(id)",\
            "notification":{\(details.joined(separator: ","))}}
            """
    }

    static func invite(to provider: String = "cloud.test") -> String {
        """
        {"recipientProvider":"\(provider)","token":"invitation-token","userID":"bob","email":"",\
        "name":"Bob"}
        """
    }

    /// The same as early builds of Nextcloud's contacts app send it.
    static let inviteForm =
        "recipientProvider=cloud.test&token=invitation-token&userID=bob&email=&name=Bob"
}

extension TestWorld {
    /// A request of the backend's to a peer, as the listener hands it over.
    func request(
        _ path: String, to host: String, _ body: String, type: String = "application/json",
        method: String = "POST"
    ) throws -> (PeerRequest, [UInt8]) {
        var message = TestRequest(path, body, type: type)
        message.method = method
        message["host"] = host
        let received = try received(message, from: "127.0.0.1")
        let pathOnly = path.split(separator: "?")[0]
        return (
            PeerRequest(
                peer: try #require(PeerHost(host)), authority: try Authority(host),
                head: received.head, path: try TargetPath(Array(pathOnly.utf8)[...], rule: .routed),
                client: received.client, now: clock.now), message.body
        )
    }

    /// What the backend is answered to a message.
    func send(
        _ body: String, to host: String = "modern.test", at path: String = "/ocm/shares",
        as kind: Received.Kind = .ocm(.shares), type: String = "application/json"
    ) async throws -> Answer {
        let (request, bytes) = try request(path, to: host, body, type: type)
        return await gateway.dispatch(bytes, of: request, as: kind)
    }

    /// Records a share for reading that has gone out.
    func shareForReading(with host: String) async throws {
        let recording = gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: try #require(PeerHost(host)),
                providerID: ProviderID("22"), resourceType: "folder",
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: "SECRET15CHARS00"),
                        handle: .make, permissions: .named(["read"]), uri: nil, requirements: [])
                ]), now: clock.now)
        try await gateway.store.commit(recording.change)
    }

    func notify(_ body: String, to host: String = "modern.test") async throws -> Answer {
        try await send(body, to: host, at: "/ocm/notifications", as: .ocm(.notifications))
    }

    /// What the backend is answered to a call of the older API.
    func call(
        _ form: String, to host: String = "modern.test", _ action: OCSAction = .share,
        version: OCSCall.Version = .v2
    ) async throws -> Answer {
        let path = try TargetPath(Array("/ocs/v2.php/cloud/shares".utf8)[...], rule: .routed)
        return try await send(
            form, to: host, at: "/ocs/v2.php/cloud/shares?format=json",
            as: .ocs(OCSCall(version: version, action: action), path),
            type: "application/x-www-form-urlencoded")
    }
}

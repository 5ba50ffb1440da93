import Federation
import OpenSSL

/// The bodies that peers send, in the shapes that they were recorded in.
enum ShareDocument {
    /// As a strict modern server writes it: `multi`, permissions, and the demand of a token.
    static func modern(
        from host: String, to receiver: String, secret: String,
        providerID: String = Random.alphanumeric(16), uri: String = Random.alphanumeric(20),
        permissions: [String] = ["read"]
    ) -> [UInt8] {
        JSONValue.object([
            ("shareWith", .string("bob@\(receiver)")),
            ("name", .string("measurements.csv")),
            ("providerId", .string(providerID)),
            ("owner", .string("carol@\(host)")),
            ("sender", .string("carol@\(host)")),
            ("ownerDisplayName", .string("Carol")),
            ("senderDisplayName", .string("Carol")),
            ("shareType", .string("user")),
            ("resourceType", .string("file")),
            (
                "protocol",
                .object([
                    ("name", .string("multi")),
                    (
                        "webdav",
                        .object([
                            ("uri", .string(uri)),
                            ("sharedSecret", .string(secret)),
                            ("permissions", .array(permissions.map(JSONValue.string))),
                            ("requirements", .array([.string("must-exchange-token")])),
                        ])
                    ),
                ])
            ),
        ]).serialized()
    }

    /// As Nextcloud 33 writes it.
    static func nextcloud33(from host: String, to receiver: String, secret: String) -> [UInt8] {
        JSONValue.object([
            ("shareWith", .string("bob@https://\(receiver)")),
            ("shareType", .string("user")),
            ("name", .string("slides.pdf")),
            ("resourceType", .string("file")),
            ("description", .string("")),
            ("providerId", .string("26")),
            ("owner", .string("dave@\(host)")),
            ("ownerDisplayName", .string("dave")),
            ("sharedBy", .string("dave@\(host)")),
            ("sharedByDisplayName", .string("dave")),
            ("sender", .string("dave@\(host)")),
            ("senderDisplayName", .string("dave")),
            ("protocol", deprecatedProtocol(secret)),
        ]).serialized()
    }

    /// As Nextcloud 27 writes it: no `sender`, a number as `providerId`, URLs for hosts.
    static func nextcloud27(from host: String, to receiver: String, secret: String) -> [UInt8] {
        legacy(
            .nextcloud, from: "https://\(host)", sharing: "minutes.txt", to: "bob",
            at: "https://\(receiver)", providerID: 22, secret: secret, by: "erin")
    }

    /// As an old server of a kind writes a share of its own.
    static func legacy(
        _ kind: LegacyKind, from origin: String, sharing name: String, to user: String,
        at peer: String, providerID: Int, secret: String, by owner: String = "alice"
    ) -> [UInt8] {
        let host = peer.replacing("https://", with: "")
        switch kind {
        case .nextcloud:
            return JSONValue.object([
                ("shareWith", .string("\(user)@\(peer)")), ("shareType", .string("user")),
                ("name", .string(name)), ("resourceType", .string("file")),
                ("description", .string("")), ("providerId", .integer(providerID)),
                ("owner", .string("\(owner)@\(origin)/")), ("ownerDisplayName", .string(owner)),
                ("sharedBy", .string("\(owner)@\(origin)/")),
                ("sharedByDisplayName", .string(owner)),
                ("protocol", deprecatedProtocol(secret)),
            ]).serialized()
        case .owncloud10:
            return JSONValue.object([
                ("shareWith", .string("\(user)@\(host)")), ("name", .string(name)),
                ("providerId", .string(String(providerID))),
                ("owner", .string("\(owner)@\(origin)")), ("ownerDisplayName", .string(owner)),
                ("sender", .string("\(owner)@\(origin)")), ("senderDisplayName", .string(owner)),
                ("shareType", .string("user")), ("resourceType", .string("file")),
                (
                    "protocol",
                    .object([
                        ("name", .string("webdav")),
                        ("options", .object([("sharedSecret", .string(secret))])),
                    ])
                ),
            ]).serialized()
        }
    }

    /// The form that old servers send to the older API when a share was refused.
    static func ocs(from host: String, secret: String) -> [UInt8] {
        [UInt8](
            ("shareWith=bob&token=\(secret)&name=minutes.txt&remoteId=22&owner=erin"
                + "&ownerFederatedId=erin%40https%3A%2F%2F\(host)%2F&sharedBy=erin"
                + "&sharedByFederatedId=erin%40https%3A%2F%2F\(host)%2F"
                + "&remote=https%3A%2F%2F\(host)%2F&shareType=6").utf8)
    }

    /// RFC 6749 section 4.1.3, as OCM uses it.
    static func tokenRequest(client: String, code: String) -> [UInt8] {
        [UInt8](
            "grant_type=authorization_code&client_id=\(client)&code=\(PercentEncoding.encode(code))"
                .utf8)
    }

    private static func deprecatedProtocol(_ secret: String) -> JSONValue {
        .object([
            ("name", .string("webdav")),
            (
                "options",
                .object([
                    ("sharedSecret", .string(secret)),
                    (
                        "permissions",
                        .string("{http://open-cloud-mesh.org/ns}share-permissions")
                    ),
                ])
            ),
        ])
    }
}

/// `/ocs-provider/`: where old servers look for the older API, and Nextcloud to 26 for the WebDAV
/// path.
package enum OCSProviderDocument {
    /// What the gateway serves: only the federation part, so that nothing else of the backend is
    /// told, and the older API only when policy leaves it open.
    package static func served(webdav: String, api: LegacyAPI) -> [UInt8] {
        var endpoints: [(String, JSONValue)] = []
        switch api {
        case .open: endpoints.append(("share", .string("/ocs/v2.php/cloud/shares")))
        case .closed: break
        }
        endpoints.append(("webdav", .string(webdav)))
        let service: JSONValue = .object([
            ("version", .integer(1)), ("endpoints", .object(endpoints)),
        ])
        return JSONValue.object([
            ("version", .integer(2)),
            ("services", .object([("FEDERATED_SHARING", service)])),
        ]).serialized()
    }

    /// Whether the policy lets anybody use the older API.
    package enum LegacyAPI: Sendable {
        case open, closed
    }
}

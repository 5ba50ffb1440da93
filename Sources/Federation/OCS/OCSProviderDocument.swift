/// `/ocs-provider/`: where old servers look for the older API, and Nextcloud to 26 for the WebDAV
/// path.
package struct OCSProviderDocument: Sendable, Equatable {
    package let source: JSONObject
    /// The path of the older API, checked as ownCloud and Nextcloud check it.
    package let share: String?
    package let webdav: String?

    /// Reads the document; nil when the body is not one.
    package init?(parsing bytes: [UInt8]) {
        guard let object = try? JSONValue(parsing: bytes).object,
            let services = object["services"]?.object
        else { return nil }
        source = object
        let endpoints = services["FEDERATED_SHARING"]?.object?["endpoints"]?.object
        share = Self.path(endpoints?["share"])
        webdav = Self.path(endpoints?["webdav"])
    }

    /// Only what both generations of readers let through: `/`, `.`, letters, digits, `-`; no dot
    /// segments.
    private static func path(_ value: JSONValue?) -> String? {
        guard let text = value?.string, text.hasPrefix("/"), text.utf8.count <= 255,
            text.utf8.allSatisfy({ isPathByte($0) }),
            !text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { return nil }
        return text
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

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

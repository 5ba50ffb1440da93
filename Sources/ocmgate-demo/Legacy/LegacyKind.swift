import Federation

/// Which old server is played, as it was recorded on the wire.
enum LegacyKind: String, Sendable, CaseIterable {
    case nextcloud
    case owncloud10

    var product: String {
        switch self {
        case .nextcloud: "Nextcloud 27.1.3"
        case .owncloud10: "ownCloud 10.15.2"
        }
    }

    var userAgent: String {
        switch self {
        case .nextcloud: "Nextcloud Server Crawler"
        case .owncloud10: "ownCloud Server Crawler"
        }
    }

    /// Where the OCM API lies below the origin.
    var endPoint: String {
        switch self {
        case .nextcloud: "/ocm"
        case .owncloud10: "/apps/federatedfilesharing"
        }
    }

    /// The document at `/ocm-provider/`; ownCloud calls its list `shareTypes`.
    func discovery(origin: String) -> JSONValue {
        let webdav = JSONValue.object([("webdav", .string(LegacyServer.webdav + "/"))])
        let types: (String, JSONValue) =
            switch self {
            case .nextcloud:
                (
                    "resourceTypes",
                    .array([
                        .object([
                            ("name", .string("file")),
                            ("shareTypes", .array([.string("user"), .string("group")])),
                            ("protocols", webdav),
                        ])
                    ])
                )
            case .owncloud10:
                (
                    "shareTypes",
                    .array([.object([("name", .string("file")), ("protocols", webdav)])])
                )
            }
        return .object([
            ("enabled", .bool(true)),
            ("apiVersion", .string("1.0-proposal1")),
            ("endPoint", .string(origin + endPoint)),
            types,
        ])
    }

    /// The document at `/status.php`, from which peers learn what kind of server this is.
    var status: JSONValue {
        let (version, text, name) =
            switch self {
            case .nextcloud: ("27.1.3.2", "27.1.3", "Nextcloud")
            case .owncloud10: ("10.15.2.2", "10.15.2", "ownCloud")
            }
        return .object([
            ("installed", .bool(true)), ("maintenance", .bool(false)),
            ("needsDbUpgrade", .bool(false)), ("version", .string(version)),
            ("versionstring", .string(text)), ("edition", .string("")),
            ("productname", .string(name)),
        ])
    }
}

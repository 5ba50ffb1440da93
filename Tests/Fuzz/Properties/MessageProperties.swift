import Federation
import OpenSSL

/// The documents and forms of OCM and of the older API.
enum MessageProperties {
    static func check(_ bytes: [UInt8]) throws(Violation) {
        try share(bytes)
        if let notification = try? Notification(parsing: bytes) {
            let body = Translation(for: old).notification(
                notification, filling: Secret(utf8: "F"))
            try hold(
                (try? Notification(parsing: body.bytes)) != nil,
                "a notification is refused once it is translated")
        }
        if let invite = try? InviteAccepted(parsing: bytes) {
            let body = Translation(for: old).inviteAccepted(invite)
            let again = try? InviteAccepted(parsing: body.bytes)
            try hold(
                again?.recipientProvider == invite.recipientProvider,
                "an accepted invite changed its provider")
        }
        _ = try? RequestShare(parsing: bytes)
        try discovery(bytes)
        try forms(bytes)
    }

    /// The two hosts that decide who speaks never change on the way to a backend.
    private static func share(_ bytes: [UInt8]) throws(Violation) {
        guard let share = try? Share(parsing: bytes) else { return }
        for backend in [old, Backend(kind: .owncloud10, age: .current), current] {
            let translation = Translation(for: backend)
            guard
                let once = try? translation.share(share, taken: [.mustExchangeToken], uri: uri)
            else { continue }
            guard let again = try? Share(parsing: once.bytes) else {
                throw Violation("a share is refused once it is translated")
            }
            try hold(again.sender.saidOnce == share.sender.saidOnce, "a share changed its sender")
            try hold(again.owner.saidOnce == share.owner.saidOnce, "a share changed its owner")
            if backend == current, let given = share.webdav?.permissions, given != .unspecified {
                try hold(again.webdav?.permissions == given, "a share changed its permissions")
            }
            let twice = try? translation.share(again, uri: uri)
            try hold(twice?.isChanged == false, "a translated share is translated again")
        }
    }

    private static func discovery(_ bytes: [UInt8]) throws(Violation) {
        guard let document = try? DiscoveryDocument(parsing: bytes) else { return }
        let site = ServedDiscovery(origin: "https://us.example", provider: "us")
        for kind in BackendKind.allCases {
            let served = try? DiscoveryDocument(parsing: site.document(for: kind, document))
            try hold(
                served?.endPointParts.host.description == "us.example",
                "our own discovery names another host")
        }
        _ = document.webdavPath(for: "file")
    }

    private static func forms(_ bytes: [UInt8]) throws(Violation) {
        _ = try? TokenRequest(parsing: bytes, type: .form)
        _ = try? TokenRequest(parsing: bytes, type: nil)
        _ = DAVCredential(String(decoding: bytes, as: UTF8.self))
        guard let form = try? FormBody(parsing: bytes) else { return }
        try hold((try? FormBody(parsing: form.serialized())) == form, "a form reads otherwise")
        _ = try? OCSShare(form)
    }

    private static let old = Backend(kind: .nextcloud, age: .old)
    private static let current = Backend(kind: .opencloud, age: .current)
    private static let uri = "https://sender.example/dav/x"
}

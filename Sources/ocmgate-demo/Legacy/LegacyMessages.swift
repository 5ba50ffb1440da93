import Federation
import Transport

/// The OCM messages of an old server: what it demands, and the words it answers with.
struct LegacyMessages {
    let server: LegacyServer

    /// `POST /shares`. Only the deprecated shape of `protocol` is known here: `multi` is 400.
    func receiveShare(_ request: PlainRequest, _ state: inout LegacyServer.State) -> Answer {
        guard let share = try? JSONValue(parsing: request.body).object,
            let shareWith = share["shareWith"]?.string, share["name"]?.string != nil,
            share["providerId"] != nil, share["owner"]?.string != nil,
            let shareType = share["shareType"]?.string, share["resourceType"] != nil,
            let form = share["protocol"]?.object, let name = form["name"]?.string,
            form["options"]?.object?["sharedSecret"]?.string != nil
        else { return missingArguments }
        guard shareType == "user" else {
            switch server.kind {
            case .nextcloud: return .message(501, "Share type \"\(shareType)\" not implemented")
            case .owncloud10: return .message(501, "ShareType \(shareType) is not supported")
            }
        }
        let user = shareWith.lastIndex(of: "@").map { String(shareWith[..<$0]) } ?? shareWith
        guard server.users.contains(user) else {
            switch server.kind {
            case .nextcloud:
                return .message(400, "User \"\(user)\" does not exists at \(server.origin)")
            case .owncloud10: return .message(400, "User \(user) does not exist")
            }
        }
        guard name == "webdav" else {
            return .message(501, "Unsupported protocol for data exchange.")
        }
        state.received.append(share)
        switch server.kind {
        case .nextcloud: return .json(201, .object([("recipientDisplayName", .string(user))]))
        case .owncloud10: return .json(201, .array([]))
        }
    }

    /// `POST /notifications`. The permanent secret in the body is all that is checked.
    func receiveNotification(
        _ request: PlainRequest, _ state: inout LegacyServer.State
    ) -> Answer {
        guard let note = try? JSONValue(parsing: request.body).object,
            let type = note["notificationType"]?.string, note["resourceType"]?.string != nil,
            let providerID = note["providerId"]?.string
        else { return missingArguments }
        guard let secret = note["notification"]?.object?["sharedSecret"]?.string else {
            return .json(
                400,
                .object([
                    ("message", .string("RESOURCE_NOT_FOUND")),
                    (
                        "validationErrors",
                        .array([
                            .object([
                                ("name", .string("sharedSecret")),
                                ("message", .string("NOT_FOUND")),
                            ])
                        ])
                    ),
                ]))
        }
        switch type {
        case "SHARE_ACCEPTED", "SHARE_DECLINED", "REQUEST_RESHARE":
            guard let own = state.shares[secret], own.providerID == providerID else {
                return wrongSecret
            }
        case "SHARE_UNSHARED":
            // These servers say 201 even when nothing matched.
            state.received.removeAll {
                $0["protocol"]?.object?["options"]?.object?["sharedSecret"]?.string == secret
            }
        default:
            return .message(501, "Notification of type \(type) is not supported")
        }
        state.notifications.append(note)
        return .json(201, .array([]))
    }

    /// `POST shareinfo?t=<secret>`: what a Nextcloud asks when WebDAV failed.
    func shareInfo(_ request: PlainRequest, _ state: LegacyServer.State) -> Answer {
        let secret = request.query.split(separator: "&").first { $0.hasPrefix("t=") }?.dropFirst(2)
        guard let secret, let share = state.shares[String(secret)] else {
            return .message(404, "Share not found")
        }
        return .json(
            200,
            .object([
                ("status", .string("success")),
                (
                    "data",
                    .object([
                        ("id", .integer(34)), ("name", .string(share.path)),
                        ("permissions", .integer(31)), ("children", .array([])),
                    ])
                ),
            ]))
    }

    private var missingArguments: Answer {
        switch server.kind {
        case .nextcloud: .message(400, "Missing arguments")
        case .owncloud10:
            .message(400, "server can not add federated share, missing parameter")
        }
    }

    private var wrongSecret: Answer {
        switch server.kind {
        case .nextcloud: .message(403, "RESOURCE_NOT_FOUND")
        case .owncloud10: .message(403, "The secret does not match")
        }
    }
}

import Federation
import Transport

/// The older federation API of the same servers: forms in, and no signature anywhere.
enum OCSDialect {
    /// Takes a share from anyone who says so, as these servers do.
    static func answer(
        _ request: PlainRequest, server: LegacyServer, _ state: inout LegacyServer.State
    ) -> Answer {
        guard let form = try? FormBody(parsing: request.body), let token = form["token"] else {
            return failure("Missing arguments")
        }
        if request.path.hasSuffix("/cloud/shares") {
            guard let user = form["shareWith"], server.users.contains(user) else {
                return failure("User does not exists")
            }
            state.received.append(
                JSONObject([
                    ("shareWith", .string(user)), ("name", .string(form["name"] ?? "")),
                    ("owner", .string(form["ownerFederatedId"] ?? "")),
                    ("token", .string(token)),
                ]))
            return document(200, status: "ok", code: 200, message: "OK")
        }
        guard state.shares[token] != nil else { return failure("") }
        return document(200, status: "ok", code: 200, message: "OK")
    }

    private static func failure(_ message: String) -> Answer {
        document(400, status: "failure", code: 400, message: message)
    }

    private static func document(
        _ http: Int, status: String, code: Int, message: String
    ) -> Answer {
        .json(
            http,
            .object([
                (
                    "ocs",
                    .object([
                        (
                            "meta",
                            .object([
                                ("status", .string(status)), ("statuscode", .integer(code)),
                                ("message", .string(message)),
                            ])
                        ),
                        ("data", .array([])),
                    ])
                )
            ]))
    }
}

package import OpenSSL

/// What the backend said to a message, turned into what the peer may hear.
package enum BackendAnswer: Sendable, Equatable {
    /// Delivered: this status and body.
    case delivered(status: Int, body: [UInt8])
    /// Not delivered: a denial with the backend's status and neutral words.
    case refused(Denial)

    /// Nothing of a refusal's text passes: it tells who has an account (and who has not), and oCIS
    /// echoes the secret in it. Of a success only the members that the draft knows pass, since
    /// Seafile echoes the whole request.
    ///
    /// - Parameters:
    ///   - secrets: the secrets of the request, to be kept out of log and answer.
    ///   - swaps: the new secret in the answer to `REQUEST_RESHARE`, to be replaced; see
    ///     ``ReshareAnswer``.
    package init(
        to endpoint: OCMEndpoint, status: Int, body: [UInt8], secrets: [Secret] = [],
        swaps: [SecretSwap] = []
    ) {
        switch status {
        case 200...299:
            if endpoint == .notifications, let reshare = ReshareAnswer(parsing: body),
                let new = swaps.first(where: { $0.old == reshare.secret })?.new
            {
                self = .delivered(status: 201, body: reshare.body(with: new))
            } else {
                self = Self.delivered(endpoint, status, body, secrets)
            }
        case _ where Self.isRefusal(status):
            let ruling = Denial.Ruling(
                name: DenialCode.notDelivered.rawValue, status: status, hint: nil)
            self = .refused(
                Denial(
                    .notDelivered, ruling: ruling, "the backend answered \(status)",
                    retryAfter: status == 429 || status == 503 ? 60 : nil,
                    words: Self.words(body, secrets)))
        default: self = .refused(Denial(.backendUnavailable, "the backend answered \(status)"))
        }
    }

    /// Whether a status is the backend's own word that it has not taken a message.
    static func isRefusal(_ status: Int) -> Bool {
        (400...499).contains(status) || [500, 501, 503].contains(status)
    }

    private static func delivered(
        _ endpoint: OCMEndpoint, _ status: Int, _ body: [UInt8], _ secrets: [Secret]
    ) -> BackendAnswer {
        let value: JSONValue
        if body.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
            value = .array([])
        } else if let parsed = try? JSONValue(parsing: body) {
            value = parsed
        } else {
            // A page with status 200 is no delivery: old senders would count it as one.
            return .refused(Denial(.backendUnavailable, "a \(status) whose body is not JSON"))
        }
        // Nextcloud and ownCloud take nothing but 201 for a success; oCIS and OpenCloud say 200.
        let accepted = endpoint == .inviteAccepted ? 200 : 201
        guard let object = value.object else {
            return .delivered(status: accepted, body: Array("[]".utf8))
        }
        var kept = JSONObject()
        for (name, value) in object.members where passes(name, to: endpoint) {
            guard let text = value.string else {
                if value.object == nil, value.array == nil { kept[name] = value }
                continue
            }
            guard !secrets.contains(Secret(utf8: text)) else { continue }
            kept[name] = value
        }
        return .delivered(status: accepted, body: JSONValue.object(kept).serialized())
    }

    private static func passes(_ name: String, to endpoint: OCMEndpoint) -> Bool {
        switch endpoint {
        case .shares: ["recipientDisplayName", "recipientUserId"].contains(name)
        case .notifications: name != "notification"
        case .inviteAccepted: ["userID", "email", "name"].contains(name)
        case .requestShare: true
        }
    }

    /// For the log: the backend's own message, unless a secret stands in it.
    private static func words(_ body: [UInt8], _ secrets: [Secret]) -> String? {
        guard let message = try? JSONValue(parsing: body).object?["message"]?.string,
            message.utf8.count <= 200,
            !secrets.contains(where: { !$0.isEmpty && message.contains($0.text) })
        else { return nil }
        return message
    }
}

package import OpenSSL

/// What the backend said to a message, turned into what the peer may hear.
package enum BackendAnswer: Sendable, Equatable {
    /// Delivered: this status and body.
    case delivered(status: Int, body: [UInt8])
    /// Not delivered: a denial with the backend's status and neutral words.
    case refused(Denial)

    /// Nothing of a refusal's text passes: it tells who has an account (and who has not), and oCIS
    /// echoes the secret in it; but for the one word by which Talk knows that a share is not there
    /// (``Denial/notThere``). Of a success only the members that the draft knows pass, since Seafile
    /// echoes the whole request.
    ///
    /// - Parameters:
    ///   - secrets: the secrets of the request, to be kept out of log and answer.
    ///   - swaps: the new secret in the answer to `REQUEST_RESHARE`, to be replaced; see
    ///     ``ReshareAnswer``.
    ///   - recipient: the name of a share's receiver, for a backend that tells none.
    package init(
        to endpoint: OCMEndpoint, status: Int, body: [UInt8], secrets: [Secret] = [],
        swaps: [SecretSwap] = [], recipient: String = ""
    ) {
        switch status {
        case 200...299:
            if endpoint == .notifications, let reshare = ReshareAnswer(parsing: body),
                let new = swaps.first(where: { $0.old == reshare.secret })?.new
            {
                self = .delivered(status: 201, body: reshare.body(with: new))
            } else {
                self = Self.delivered(endpoint, status, body, secrets, recipient)
            }
        case _ where Self.isRefusal(status):
            let denial = Denial(
                .notDelivered, status: status, "the backend answered \(status)",
                retryAfter: status == 429 || status == 503 ? 60 : nil,
                words: Self.words(body, secrets))
            let isNotThere =
                endpoint == .notifications && status == 400 && denial.words == Denial.notThere
            self = .refused(isNotThere ? denial.saying(Denial.notThere) : denial)
        default: self = .refused(Denial(.backendUnavailable, "the backend answered \(status)"))
        }
    }

    /// Whether a status is the backend's own word that it has not taken a message.
    static func isRefusal(_ status: Int) -> Bool {
        (400...499).contains(status) || [500, 501, 503].contains(status)
    }

    private static func delivered(
        _ endpoint: OCMEndpoint, _ status: Int, _ body: [UInt8], _ secrets: [Secret],
        _ recipient: String
    ) -> BackendAnswer {
        let value: JSONValue
        if body.isBlank {
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
            return .delivered(status: accepted, body: Self.bare(endpoint, recipient))
        }
        var kept = JSONObject()
        for member in object.members
        where passes(member.name, to: endpoint)
            && isPlain(member.value, of: member.name, to: endpoint)
        {
            let (name, value) = (member.name, member.value)
            let text = value.string ?? value.number?.text
            let keys = value.array?.compactMap(\.string) ?? []
            let isTold =
                tells(secrets, name) || text.map { tells(secrets, $0) } ?? false
                || keys.contains { tells(secrets, $0) }
            if !isTold { kept[name] = value }
        }
        // The drafts require it, and oCIS and OpenCloud say `{}`.
        if endpoint == .shares, !recipient.isEmpty, kept["recipientDisplayName"]?.string == nil {
            kept["recipientDisplayName"] = .string(recipient)
        }
        return .delivered(status: accepted, body: JSONValue.object(kept).serialized())
    }

    /// Whether a value holds no more values; the keys for `ssh` are a list of texts.
    private static func isPlain(
        _ value: JSONValue, of name: String, to endpoint: OCMEndpoint
    ) -> Bool {
        guard endpoint == .shares, name == "recipientPublicKeys", let keys = value.array else {
            return value.object == nil && value.array == nil
        }
        return keys.allSatisfy { $0.string != nil }
    }

    /// Whether one of the secrets stands in a text.
    private static func tells(_ secrets: [Secret], _ text: String) -> Bool {
        secrets.contains { secret in secret.withBytes { text.utf8.span.contains($0) } }
    }

    /// The answer of a backend that says nothing more. To a share ownCloud says so by an empty list,
    /// where readers in Go want an object.
    private static func bare(_ endpoint: OCMEndpoint, _ recipient: String) -> [UInt8] {
        switch endpoint {
        case .shares:
            JSONValue.object([("recipientDisplayName", .string(recipient))]).serialized()
        case .notifications, .inviteAccepted, .requestShare: Array("[]".utf8)
        }
    }

    private static func passes(_ name: String, to endpoint: OCMEndpoint) -> Bool {
        switch endpoint {
        case .shares:
            ["recipientDisplayName", "recipientUserId", "recipientPublicKeys"].contains(name)
        // A secret under these names would be a new one: see ``ReshareAnswer``.
        case .notifications:
            !(ReshareAnswer.names + ["notification"]).contains {
                $0.lowercased() == name.lowercased()
            }
        case .inviteAccepted: ["userID", "email", "name"].contains(name)
        case .requestShare: true
        }
    }

    /// For the log: the backend's own message, unless a secret stands in it.
    private static func words(_ body: [UInt8], _ secrets: [Secret]) -> String? {
        guard let message = try? JSONValue(parsing: body).object?["message"]?.string,
            message.utf8.count <= 200, !tells(secrets, message)
        else { return nil }
        return message
    }
}

extension [UInt8] {
    /// Whether nothing but the white space of JSON stands there.
    var isBlank: Bool { allSatisfy(\.isWhiteSpace) }
}

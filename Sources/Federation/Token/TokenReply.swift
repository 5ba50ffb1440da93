package import OpenSSL

/// What a peer's token endpoint said to a code (RFC 6749, sections 5.1 and 5.2; `protocol.md` 5).
package enum TokenReply: Sendable, Equatable {
    /// - Parameter lifetime: seconds, counted from the request.
    case granted(Secret, lifetime: Int)
    /// `invalid_grant`: the code is no longer good, whoever asks.
    case grantRefused
    /// It takes no codes from us, or not so; says nothing of the code. The text is for the log.
    case clientRefused(String)
    /// Nothing that can be read as an answer; says nothing of the code. The text is for the log.
    case unusable(String)

    /// Reads an answer.
    ///
    /// `invalid_grant` counts with 400, 401 (Nextcloud 35) and 403 alone. Unusable: other statuses,
    /// other types of token, tokens that no field could carry or that are longer than 8 KiB,
    /// lifetimes that are no whole number above zero. Without a lifetime it is a minute, and never
    /// more than a day.
    package init(status: Int, body: [UInt8]) {
        let object = try? JSONValue(parsing: body).object
        switch status {
        case 200: self = Self.granted(object)
        case 400, 401, 403: self = Self.refused(status, object)
        case _: self = .unusable("status \(status)")
        }
    }

    private static func granted(_ object: JSONObject?) -> TokenReply {
        guard let object else { return .unusable("not a JSON object") }
        guard let token = object["access_token"]?.string, token.isToken68,
            token.utf8.count <= longestToken
        else { return .unusable("no access_token that can be sent") }
        if let type = object["token_type"]?.string, type.lowercased() != "bearer" {
            return .unusable("another type of token")
        }
        guard let said = object["expires_in"], !said.isNull else {
            return .granted(Secret(utf8: token), lifetime: usualLifetime)
        }
        guard let lifetime = said.number?.integer, lifetime > 0 else {
            return .unusable("expires_in is no number of seconds")
        }
        return .granted(Secret(utf8: token), lifetime: min(lifetime, longestLifetime))
    }

    private static func refused(_ status: Int, _ object: JSONObject?) -> TokenReply {
        guard let word = object?["error"]?.string else {
            return .unusable("status \(status) without an error")
        }
        if word == OAuthError.invalidGrant.rawValue { return .grantRefused }
        // A word of the peer's is not repeated in a log unless it is one of the known.
        return .clientRefused(OAuthError(rawValue: word)?.rawValue ?? "an unknown error")
    }

    /// Bytes.
    private static let longestToken = 8192
    private static let usualLifetime = 60
    private static let longestLifetime = 86_400
}

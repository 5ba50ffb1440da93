package import OpenSSL

/// What a request for shared data shows to be let in.
package enum DAVCredential: Sendable, Equatable {
    /// Nothing: Nextcloud to 26 asks so first, and waits for a 401 with `Basic`.
    case absent
    case bearer(Secret)
    case basic(user: Secret, password: Secret)
    /// A field that is none of these; never permission.
    case unreadable

    /// Reads the field `Authorization` (RFC 7617, RFC 6750).
    ///
    /// Unreadable: other schemes, base64 that is not strict, a Basic pair without a colon, control
    /// characters, more than 4 KiB. Servers are laxer (PHP skips what is not base64), so what cannot
    /// be read here may well be read there.
    package init(_ field: String?) {
        guard let field else {
            self = .absent
            return
        }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard field.utf8.count <= 4096, parts.count == 2 else {
            self = .unreadable
            return
        }
        let value = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer":
            self = value.isToken68 ? .bearer(Secret(utf8: String(value))) : .unreadable
        case "basic": self = Self.basic(String(value))
        default: self = .unreadable
        }
    }

    /// The secret or token that may name a share: the bearer's, or the Basic user. The password does
    /// not count: the servers take any where the share has none, and Seafile pads the pair with up to
    /// three more colons.
    package var shareSecret: Secret? {
        switch self {
        case .absent, .unreadable: nil
        case .bearer(let secret): secret
        case .basic(let user, _): user.isEmpty ? nil : user
        }
    }

    /// The value of `Authorization` by which a backend takes the permanent secret of a share.
    package static func field(for secret: Secret, _ credential: Backend.Credential) -> Secret {
        switch credential {
        case .bearer: Secret(utf8: "Bearer \(secret.text)")
        case .basic: Secret(utf8: "Basic \(Base64.encode(Array("\(secret.text):".utf8)))")
        }
    }

    private static func basic(_ value: String) -> DAVCredential {
        guard let bytes = Base64.decode(value), !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return .unreadable }
        return .basic(
            user: Secret(Array(bytes[..<colon])), password: Secret(Array(bytes[(colon + 1)...])))
    }
}

extension StringProtocol {
    /// Whether it is of the characters of a `token68`, by which a bearer is let in (RFC 9110, section 11.2;
    /// RFC 6750, section 2.1).
    var isToken68: Bool {
        !isEmpty
            && utf8.allSatisfy {
                $0.isUnreserved || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: "=")
            }
    }
}

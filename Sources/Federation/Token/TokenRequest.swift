package import OpenSSL

/// A request to the token endpoint (RFC 6749 4.1.3, `protocol.md` 5): a code against a token.
package struct TokenRequest: Sendable {
    /// The receiving server: it must be the one that signed. Nil where none is named, as CERNBox leaves it
    /// away for users without an identity provider.
    package let client: PeerHost?
    package let code: Secret

    package var claim: Claim? { client.map { Claim($0) } }

    /// The names that the grant has had.
    private static let grants: Set<String> = [
        "authorization_code", "ocm_share", "ocm_authorization_code",
    ]

    /// Reads the body: a form, or the JSON object that early stubs send. Other parameters are
    /// ignored.
    ///
    /// Refused (RFC 6749 5.2): `invalid_request` for a body that cannot be read, a parameter that is there
    /// twice, another than `client_id` that is missing or empty, a code outside printable ASCII or over 512 bytes;
    /// `unsupported_grant_type`; `invalid_client` for a `client_id` that is no host;
    /// `unsupported_media_type`, and `body_too_large` over 16 KiB.
    package init(parsing body: [UInt8], type: MediaType?) throws(Denial) {
        guard body.count <= 16_384 else {
            throw Denial(.bodyTooLarge, "a token request of \(body.count) bytes")
        }
        let form: FormBody
        switch type {
        case .form: form = try Self.form(body)
        case .json: form = try Self.form(json: body)
        case nil: throw Denial(.unsupportedMediaType, "neither a form nor JSON")
        }
        guard form.repeated == nil else {
            throw Denial(.invalidRequest, "a parameter stands there twice")
        }
        guard let grant = form["grant_type"] else {
            throw Denial(.invalidRequest, "grant_type is missing")
        }
        guard Self.grants.contains(grant) else {
            throw Denial(.unsupportedGrantType, "another grant")
        }
        guard let code = form["code"] else { throw Denial(.invalidRequest, "code is missing") }
        guard code.utf8.count <= 512, code.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Denial(.invalidRequest, "the code is longer or wilder than any code")
        }
        if let id = form["client_id"] {
            guard id.utf8.count <= 512, let client = PeerHost(id) ?? PeerHost(url: id) else {
                throw Denial(.invalidClient, "client_id is not a host")
            }
            self.client = client
        } else {
            client = nil
        }
        self.code = Secret(utf8: code)
    }

    private static func form(_ body: [UInt8]) throws(Denial) -> FormBody {
        do { return try FormBody(parsing: body) } catch {
            throw Denial(.invalidRequest, error.detail)
        }
    }

    private static func form(json body: [UInt8]) throws(Denial) -> FormBody {
        guard let object = try? JSONValue(parsing: body).object else {
            throw Denial(.invalidRequest, "not a JSON object")
        }
        return FormBody(
            object.members.compactMap { member in member.value.string.map { (member.name, $0) } })
    }
}

extension TokenRequest {
    /// The body of a request of our own, as a form.
    package static func body(client: PeerHost, code: Secret) -> [UInt8] {
        FormBody([
            ("grant_type", "authorization_code"), ("client_id", client.description),
            ("code", code.text),
        ]).serialized()
    }
}

/// The answer of the token endpoint (RFC 6749 5.1), to be sent with `Cache-Control: no-store`.
package enum TokenAnswer {
    /// - Parameter lifetime: seconds.
    package static func body(token: Secret, lifetime: Int) -> [UInt8] {
        JSONValue.object([
            ("access_token", .string(token.text)), ("token_type", .string("Bearer")),
            ("expires_in", .integer(lifetime)),
        ]).serialized()
    }
}

extension TokenRequest: CustomStringConvertible, Redacted {
    package var description: String { "<token request of \(client?.description ?? "nobody")>" }
}

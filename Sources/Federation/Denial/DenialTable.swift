/// What follows from a reason to refuse.
private struct Row {
    /// The HTTP status of the answer, after the drafts: 400 malformed, 401 not authenticated,
    /// 403 not authorized, 501 type not offered, 503 held or overloaded, 429 limited.
    let status: Int
    /// The error that the token endpoint answers (RFC 6749 5.2).
    let oauth: OAuthError
    /// What the peer may learn, where that is less.
    let disclosed: DenialCode?
    /// Seconds for `Retry-After` when the phase that refuses names none.
    let retryAfter: Int?
    /// Whether something failed, rather than being refused.
    let isFailure: Bool

    init(
        _ status: Int, _ oauth: OAuthError, disclosed: DenialCode? = nil, retryAfter: Int? = nil,
        isFailure: Bool = false
    ) {
        self.status = status
        self.oauth = oauth
        self.disclosed = disclosed
        self.retryAfter = retryAfter
        self.isFailure = isFailure
    }

    static func failure(_ status: Int, disclosed: DenialCode? = nil, retryAfter: Int? = nil) -> Row
    {
        Row(
            status, .temporarilyUnavailable, disclosed: disclosed, retryAfter: retryAfter,
            isFailure: true)
    }
}

extension DenialCode {
    private var row: Row {
        switch self {
        // What was sent cannot be read.
        case .malformedRequest: Row(400, .invalidRequest)
        case .malformedPath: Row(400, .invalidRequest)
        case .malformedJSON: Row(400, .invalidRequest)
        case .malformedMessage: Row(400, .invalidRequest)
        case .bodyTooLarge: Row(413, .invalidRequest)
        case .unsupportedMediaType: Row(415, .invalidRequest)
        case .notFound: Row(404, .invalidRequest)
        case .methodNotAllowed: Row(405, .invalidRequest)
        case .misdirected: Row(421, .invalidRequest)

        // Who sent it.
        case .peerBlocked: Row(403, .unauthorizedClient)
        case .peerUnknown: Row(403, .unauthorizedClient)
        case .peerHeld: Row(503, .temporarilyUnavailable, retryAfter: 3600)
        case .listUnavailable: Row(503, .temporarilyUnavailable, retryAfter: 60)
        case .signatureRequired: Row(401, .invalidClient)
        case .signatureInvalid: Row(401, .invalidClient)
        case .replay: Row(401, .invalidClient, disclosed: .signatureInvalid)
        case .senderMismatch: Row(403, .invalidClient)
        case .keyUnavailable: Row(503, .temporarilyUnavailable, retryAfter: 30)
        case .keyChanged: Row(503, .temporarilyUnavailable, retryAfter: 3600)

        // Whether it may.
        case .notAllowed: Row(403, .unauthorizedClient)
        case .held: Row(503, .temporarilyUnavailable, retryAfter: 3600)
        case .permissionNotAllowed: Row(403, .unauthorizedClient)
        case .tokenExchangeRequired: Row(403, .unauthorizedClient)
        case .inviteRequired: Row(403, .unauthorizedClient)
        case .mfaRequired: Row(403, .unauthorizedClient)
        case .legacyAPIRefused: Row(403, .unauthorizedClient)
        case .secretRefused: Row(401, .invalidGrant)
        case .limitExceeded: Row(429, .temporarilyUnavailable, retryAfter: 60)

        // What it names.
        case .notDelivered: Row(400, .invalidGrant)
        case .shareUnknown: Row(403, .invalidGrant)
        case .shareEnded: Row(403, .invalidGrant, disclosed: .shareUnknown)
        case .secretMismatch: Row(403, .invalidGrant, disclosed: .shareUnknown)
        case .shareTypeNotSupported: Row(501, .unauthorizedClient)
        case .resourceTypeNotSupported: Row(501, .unauthorizedClient)
        case .protocolNotSupported: Row(501, .unauthorizedClient)
        case .notificationTypeNotSupported: Row(501, .unauthorizedClient)
        case .tokenInvalid: Row(401, .invalidGrant)
        case .tokenExpired: Row(401, .invalidGrant, disclosed: .tokenInvalid)
        case .destinationNotAllowed: Row(403, .unauthorizedClient)
        case .depthNotAllowed: Row(403, .unauthorizedClient)
        case .egressAddress: Row(403, .unauthorizedClient)
        case .egressRefused: Row(403, .unauthorizedClient)
        case .loop: Row(508, .unauthorizedClient)

        // The token endpoint (RFC 6749 5.2).
        case .invalidRequest: Row(400, .invalidRequest)
        case .invalidClient: Row(400, .invalidClient)
        case .invalidGrant: Row(400, .invalidGrant)
        case .unauthorizedClient: Row(400, .unauthorizedClient)
        case .unsupportedGrantType: Row(400, .unsupportedGrantType)

        // What failed at the peer that a message is for.
        case .peerUnavailable: .failure(502, retryAfter: 30)
        case .peerTimeout: .failure(504, retryAfter: 30)

        // What failed on our side of it.
        case .backendUnavailable: .failure(502, retryAfter: 30)
        case .backendTimeout: .failure(504, disclosed: .backendUnavailable, retryAfter: 30)
        case .storeUnavailable: .failure(503, disclosed: .backendUnavailable, retryAfter: 30)
        case .journalUnavailable: .failure(503, disclosed: .backendUnavailable, retryAfter: 30)
        case .signingFailed: .failure(500, disclosed: .backendUnavailable)
        case .overloaded: .failure(503, disclosed: .backendUnavailable, retryAfter: 30)
        }
    }

    /// The HTTP status of the answer.
    package var status: Int { row.status }

    /// The error that the token endpoint answers (RFC 6749 5.2).
    package var oauthError: OAuthError { row.oauth }

    /// What the peer may learn: the class of every way to be wrong that would tell a guesser
    /// more than it needs.
    package var disclosed: DenialCode { row.disclosed ?? self }

    /// Seconds for `Retry-After` when the phase that refuses names none.
    package var defaultRetryAfter: Int? { row.retryAfter }

    /// Whether something failed, rather than being refused.
    package var isFailure: Bool { row.isFailure }
}

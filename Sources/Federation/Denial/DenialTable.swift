extension DenialCode {
    /// The HTTP status of the answer, after the drafts: 400 malformed, 401 not authenticated,
    /// 403 not authorized, 501 type not offered, 503 held or overloaded, 429 limited.
    package var status: Int {
        switch self {
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .notDelivered, .invalidRequest, .invalidClient, .invalidGrant,
            .unauthorizedClient, .unsupportedGrantType:
            400
        case .signatureRequired, .signatureInvalid, .replay, .secretRefused, .tokenInvalid,
            .tokenExpired:
            401
        case .peerBlocked, .peerUnknown, .senderMismatch, .notAllowed, .permissionNotAllowed,
            .tokenExchangeRequired, .inviteRequired, .mfaRequired, .legacyAPIRefused,
            .shareUnknown, .shareEnded, .secretMismatch, .destinationNotAllowed, .depthNotAllowed,
            .egressAddress, .egressRefused, .backendRefused:
            403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .misdirected: 421
        case .limitExceeded: 429
        case .shareTypeNotSupported, .resourceTypeNotSupported, .protocolNotSupported,
            .notificationTypeNotSupported, .notAvailableYet:
            501
        case .signingFailed: 500
        case .backendUnavailable, .peerUnavailable: 502
        case .keyUnavailable, .keyChanged, .peerHeld, .listUnavailable, .held, .storeUnavailable,
            .journalUnavailable, .overloaded:
            503
        case .backendTimeout, .peerTimeout: 504
        case .loop: 508
        }
    }

    /// The error that the token endpoint answers (RFC 6749 5.2).
    package var oauthError: OAuthError {
        switch self {
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .bodyTooLarge, .unsupportedMediaType, .notFound, .methodNotAllowed, .misdirected,
            .invalidRequest:
            .invalidRequest
        case .signatureRequired, .signatureInvalid, .replay, .senderMismatch, .invalidClient:
            .invalidClient
        case .shareUnknown, .shareEnded, .secretMismatch, .secretRefused, .tokenInvalid,
            .tokenExpired, .notDelivered, .invalidGrant:
            .invalidGrant
        case .peerBlocked, .peerUnknown, .notAllowed, .permissionNotAllowed,
            .tokenExchangeRequired, .inviteRequired, .mfaRequired, .legacyAPIRefused,
            .destinationNotAllowed, .depthNotAllowed, .egressAddress, .egressRefused, .loop,
            .shareTypeNotSupported,
            .resourceTypeNotSupported, .protocolNotSupported, .notificationTypeNotSupported,
            .backendRefused, .unauthorizedClient:
            .unauthorizedClient
        case .unsupportedGrantType: .unsupportedGrantType
        case .peerHeld, .listUnavailable, .held, .keyUnavailable, .keyChanged, .limitExceeded,
            .backendUnavailable, .backendTimeout, .storeUnavailable, .journalUnavailable,
            .overloaded,
            .peerUnavailable, .peerTimeout, .signingFailed, .notAvailableYet:
            .temporarilyUnavailable
        }
    }

    /// What the peer may learn: the class of every way to be wrong that would tell a guesser
    /// more than it needs.
    package var disclosed: DenialCode {
        switch self {
        case .replay: .signatureInvalid
        case .secretMismatch, .shareEnded: .shareUnknown
        case .tokenExpired: .tokenInvalid
        case .backendTimeout, .storeUnavailable, .journalUnavailable, .overloaded, .signingFailed:
            .backendUnavailable
        case .backendRefused: .notAllowed
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .bodyTooLarge, .unsupportedMediaType, .notFound, .methodNotAllowed, .misdirected,
            .peerBlocked, .peerUnknown, .peerHeld, .listUnavailable, .signatureRequired,
            .signatureInvalid,
            .senderMismatch, .keyUnavailable, .keyChanged, .notAllowed, .held,
            .permissionNotAllowed, .tokenExchangeRequired, .inviteRequired, .mfaRequired,
            .legacyAPIRefused, .secretRefused, .limitExceeded, .notDelivered,
            .shareUnknown, .shareTypeNotSupported, .resourceTypeNotSupported,
            .protocolNotSupported, .notificationTypeNotSupported, .tokenInvalid,
            .destinationNotAllowed, .depthNotAllowed, .invalidRequest, .invalidClient,
            .invalidGrant,
            .unauthorizedClient, .unsupportedGrantType, .peerUnavailable, .peerTimeout,
            .backendUnavailable, .egressAddress, .egressRefused, .loop, .notAvailableYet:
            self
        }
    }

    /// Seconds for `Retry-After` when the phase that refuses names none.
    package var defaultRetryAfter: Int? {
        switch self {
        case .keyUnavailable, .backendUnavailable, .backendTimeout, .storeUnavailable,
            .journalUnavailable,
            .overloaded, .peerUnavailable, .peerTimeout:
            30
        case .limitExceeded, .listUnavailable: 60
        case .keyChanged, .peerHeld, .held: 3600
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .bodyTooLarge, .unsupportedMediaType, .notFound, .methodNotAllowed, .misdirected,
            .peerBlocked, .peerUnknown, .signatureRequired, .signatureInvalid, .replay,
            .senderMismatch, .notAllowed, .permissionNotAllowed, .tokenExchangeRequired,
            .inviteRequired, .mfaRequired, .legacyAPIRefused, .secretRefused,
            .notDelivered, .shareUnknown, .shareEnded, .secretMismatch,
            .shareTypeNotSupported, .resourceTypeNotSupported, .protocolNotSupported,
            .notificationTypeNotSupported, .tokenInvalid, .tokenExpired,
            .destinationNotAllowed, .depthNotAllowed, .egressAddress, .egressRefused, .loop,
            .invalidRequest,
            .invalidClient,
            .invalidGrant, .unauthorizedClient, .unsupportedGrantType, .backendRefused,
            .signingFailed, .notAvailableYet:
            nil
        }
    }

    /// Whether something failed, rather than being refused.
    package var isFailure: Bool {
        switch self {
        case .backendUnavailable, .backendTimeout, .storeUnavailable, .journalUnavailable,
            .overloaded,
            .peerUnavailable, .peerTimeout, .signingFailed:
            true
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .bodyTooLarge, .unsupportedMediaType, .notFound, .methodNotAllowed, .misdirected,
            .peerBlocked, .peerUnknown, .peerHeld, .listUnavailable, .signatureRequired,
            .signatureInvalid,
            .replay, .senderMismatch, .keyUnavailable, .keyChanged, .notAllowed, .held,
            .permissionNotAllowed, .tokenExchangeRequired, .inviteRequired, .mfaRequired,
            .legacyAPIRefused, .secretRefused, .limitExceeded, .notDelivered, .shareUnknown,
            .shareEnded, .secretMismatch, .shareTypeNotSupported, .resourceTypeNotSupported,
            .protocolNotSupported, .notificationTypeNotSupported, .tokenInvalid, .tokenExpired,
            .destinationNotAllowed, .depthNotAllowed, .egressAddress, .egressRefused, .loop,
            .invalidRequest,
            .invalidClient, .invalidGrant, .unauthorizedClient, .unsupportedGrantType,
            .backendRefused, .notAvailableYet:
            false
        }
    }
}

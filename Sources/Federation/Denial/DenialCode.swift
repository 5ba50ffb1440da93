/// The reasons to refuse a request, as they stand in log, journal and `explain`.
///
/// A new reason gets its row in the one table, in `DenialTable.swift`, and its words in
/// `DenialHint.swift`; nowhere else.
package enum DenialCode: String, Sendable, CaseIterable {
    // What was sent cannot be read.
    case malformedRequest = "malformed_request"
    case malformedPath = "malformed_path"
    case malformedJSON = "malformed_json"
    case malformedMessage = "malformed_message"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case misdirected = "misdirected_request"

    // Who sent it.
    case peerBlocked = "peer_blocked"
    case peerUnknown = "peer_unknown"
    case peerHeld = "peer_held"
    case listUnavailable = "list_unavailable"
    case signatureRequired = "signature_required"
    case signatureInvalid = "signature_invalid"
    case replay
    case senderMismatch = "sender_mismatch"
    case keyUnavailable = "key_unavailable"
    case keyChanged = "key_changed"

    // Whether it may.
    case notAllowed = "not_allowed"
    case held
    case permissionNotAllowed = "permission_not_allowed"
    case tokenExchangeRequired = "token_exchange_required"
    case inviteRequired = "invite_required"
    case mfaRequired = "mfa_required"
    case legacyAPIRefused = "legacy_api_refused"
    case secretRefused = "secret_refused"
    case limitExceeded = "limit_exceeded"

    // What it names.
    case notDelivered = "not_delivered"
    case shareUnknown = "share_unknown"
    case shareEnded = "share_ended"
    case secretMismatch = "secret_mismatch"
    case shareTypeNotSupported = "share_type_not_supported"
    case resourceTypeNotSupported = "resource_type_not_supported"
    case protocolNotSupported = "protocol_not_supported"
    case notificationTypeNotSupported = "notification_type_not_supported"
    case tokenInvalid = "token_invalid"
    case tokenExpired = "token_expired"
    case destinationNotAllowed = "destination_not_allowed"
    case depthNotAllowed = "depth_not_allowed"
    case egressAddress = "egress_address"
    case egressRefused = "egress_refused"
    case loop

    // The token endpoint (RFC 6749 5.2).
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"

    // What failed at the peer that a message is for.
    case peerUnavailable = "peer_unavailable"
    case peerTimeout = "peer_timeout"

    // What failed on our side of it.
    case backendUnavailable = "backend_unavailable"
    case backendTimeout = "backend_timeout"
    case storeUnavailable = "store_unavailable"
    case journalUnavailable = "journal_unavailable"
    case signingFailed = "signing_failed"
    case overloaded
}

/// In which way a signature was wrong; for log, journal and `explain`, never for the peer.
package enum SignatureFault: String, Sendable, CaseIterable {
    case malformed
    case ambiguous
    case expired
    case future
    case replayed
    case keyUnknown = "key_unknown"
    case keyOrigin = "key_origin"
    case weakKey = "weak_key"
    case algorithm
    case digestMismatch = "digest_mismatch"
    case digestMissing = "digest_missing"
    case notCovered = "not_covered"
    case generation
    case wrong
}

/// The errors of RFC 6749 5.2 that the token endpoint answers, and one for an outage.
package enum OAuthError: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case temporarilyUnavailable = "temporarily_unavailable"
}

extension DenialCode {
    /// The sentence that a peer's administrator reads when the policy has no better one.
    package var hint: String {
        switch self {
        case .malformedRequest: "The request is not HTTP as this server takes it."
        case .malformedPath: "The path is not in its canonical form."
        case .malformedJSON: "The body is not strict JSON (RFC 8259, no duplicate members)."
        case .malformedMessage: "A member is missing or has the wrong type, or the URL has a query."
        case .bodyTooLarge: "The body is larger than this server accepts."
        case .unsupportedMediaType:
            "The content type, a parameter of it or the coding is not one that this path takes."
        case .notFound: "There is nothing here."
        case .methodNotAllowed: "This path does not take this method."
        case .misdirected: "The host that was asked, or the recipient's, is not served here."
        case .peerBlocked: "This server does not federate with yours."
        case .peerUnknown: "This server federates only with servers that it knows."
        case .peerHeld: "Your server is not known here yet; a person has been asked."
        case .listUnavailable: "A list of servers could not be fetched yet; try again later."
        case .signatureRequired:
            "Sign with RFC 9421, or draft-cavage where it is taken; see criteria in /.well-known/ocm."
        case .signatureInvalid, .replay: "The signature of the message was not accepted."
        case .senderMismatch: "The message speaks for another host than the one that signed it."
        case .keyUnavailable: "The key of your server could not be fetched; try again."
        case .keyChanged: "The key of your server changed unexpectedly; a person has been asked."
        case .notAllowed: "The policy of this server does not allow this."
        case .held: "This waits for a person; try again later."
        case .permissionNotAllowed: "The permissions go beyond what is allowed here."
        case .tokenExchangeRequired: "Only shares with must-exchange-token are accepted."
        case .inviteRequired: "An accepted invitation is needed first."
        case .mfaRequired: "The share needs multi-factor authentication."
        case .legacyAPIRefused: "The older federation API is closed; use OCM (/.well-known/ocm)."
        case .secretRefused: "Shared secrets are not accepted here; exchange the code for a token."
        case .limitExceeded: "Too many requests; try again later."
        case .notDelivered: "The message could not be delivered."
        case .shareUnknown, .shareEnded, .secretMismatch:
            "The share is not known here, or the secret is not its own."
        case .shareTypeNotSupported: "This share type is not supported here."
        case .resourceTypeNotSupported: "This resource type is not supported here."
        case .protocolNotSupported: "This protocol is not supported here."
        case .notificationTypeNotSupported: "This notification type is not supported here."
        case .tokenInvalid, .tokenExpired: "The access token is not valid; exchange the code again."
        case .destinationNotAllowed: "The destination lies outside the share, or within the source."
        case .depthNotAllowed: "PROPFIND takes Depth 0 or 1 (propfind-finite-depth, RFC 4918 9.1)."
        case .egressAddress: "The address may not be reached from here."
        case .egressRefused: "The gateway lets nothing out to there."
        case .loop: "The request has passed this gateway before."
        case .invalidRequest: "A parameter is missing, repeated or too long (RFC 6749 5.2)."
        case .invalidClient: "client_id must be the host that signs the request."
        case .invalidGrant: "The code is not valid."
        case .unauthorizedClient: "The policy of this server does not allow this exchange."
        case .unsupportedGrantType: "grant_type must be authorization_code."
        case .peerUnavailable, .peerTimeout:
            "The other server cannot be reached; the gateway's log says why."
        case .backendUnavailable, .backendTimeout, .storeUnavailable, .journalUnavailable,
            .overloaded, .signingFailed:
            "Temporarily unavailable; try again."
        }
    }
}

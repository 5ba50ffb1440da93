import Federation
import Transport

/// What mends a message that a guard refused, or what failed; never what would let it pass as it is.
struct GuardAdvice {
    /// Verified, or as the message claims; empty when it names nobody.
    let peer: String
    /// The words of the refusal; nil when there are none.
    let detail: String?
    /// In which way a signature was wrong; nil when that is not known.
    var fault: SignatureFault?
    /// The way that the message went; nil when that is not known.
    var way: Direction?

    func on(_ code: DenialCode) -> [DecisionAdvice] {
        if let exchange = Denial.refusedExchange(detail) {
            return [
                DecisionAdvice(
                    "the exchange of its code was refused: see what would change that",
                    command: "ocmgate explain \(exchange)")
            ]
        }
        if code == .invalidGrant, let shown = Denial.shareOfAnother(detail) {
            return [ofAnother(shown.share, isOver: shown.isOver)]
        }
        if let found = GuardCase.all.first(where: { $0.fits(code, way, detail) }) {
            return [found.command.map { asking(found.words, $0) } ?? DecisionAdvice(found.words)]
        }
        return byCode(code)
    }

    private func byCode(_ code: DenialCode) -> [DecisionAdvice] {
        switch code {
        case .invalidGrant where Denial.isOver(detail), .secretRefused where Denial.isOver(detail):
            [
                DecisionAdvice(
                    "the share ended here: it was withdrawn, revoked or expired, and nothing brings "
                        + "it back but a new share from its owner; those that are known",
                    command: "ocmgate share list")
            ]
        case .invalidGrant where Denial.isRefused(detail),
            .secretRefused where Denial.isRefused(detail),
            .tokenInvalid where Denial.isRefused(detail),
            .backendUnavailable where Denial.isRefused(detail):
            [
                DecisionAdvice(
                    "see at the backend whether the share, its file and its owner are still there; it is "
                        + "asked again after a while, and what it takes then is good again")
            ]
        case .protocolNotSupported where Denial.isUnreadable(detail):
            [
                DecisionAdvice(
                    "name the peer in egress.other, where what its applications share (calendars, rooms, "
                        + "boards) is to be used here; then its owner shares it anew")
            ]
        case .malformedRequest, .malformedPath, .malformedJSON, .malformedMessage,
            .unsupportedMediaType, .notFound, .methodNotAllowed, .invalidRequest, .invalidClient,
            .invalidGrant, .unauthorizedClient, .unsupportedGrantType, .destinationNotAllowed,
            .depthNotAllowed, .shareTypeNotSupported, .resourceTypeNotSupported,
            .protocolNotSupported, .notificationTypeNotSupported, .legacyAPIRefused, .notAllowed:
            [
                DecisionAdvice(
                    (way == .outbound
                        ? "what the backend sends has to be another message"
                        : "nothing on this side: the message itself has to be another one")
                        + " (the detail says how)")
            ]
        case .bodyTooLarge:
            [
                DecisionAdvice(
                    "limits.message_body says how much is taken of a message, 256 KiB at most: where "
                        + "that is not enough, the message itself has to be a smaller one")
            ]
        case .misdirected:
            [
                DecisionAdvice(
                    "if the host is one of this site, name it in site.aliases, or let the proxy in "
                        + "front pass the Host on as it came (nginx: proxy_set_header Host $http_host)"
                )
            ]
        case .peerBlocked, .peerUnknown, .peerHeld, .listUnavailable, .held:
            [asking("see what the lists and the policy say of the peer", "peer show")]
        // A rate that nothing sets (decision 14).
        case .limitExceeded:
            [
                DecisionAdvice(
                    "none is needed: exchanges of codes have a fixed rate, and there is room again "
                        + "within a minute; if it goes on, the peer's operator must see why there "
                        + "are so many")
            ]
        case .signatureRequired, .inviteRequired, .mfaRequired:
            [asking("the peer's operator must see to it that its messages have it", "peer probe")]
        case .signatureInvalid: onSignature
        // `replay` was its code in earlier records.
        case .replay where Denial.knownSince(detail) != nil,
            .storeUnavailable where Denial.knownSince(detail) != nil:
            [
                DecisionAdvice(
                    "nothing is known of when it was signed: the clock here stood ahead once, an old "
                        + "copy of the state came back, or the peer's clock is behind; what is signed "
                        + "after \(Denial.knownSince(detail) ?? "") is taken again (deploy/README.md, "
                        + "the clock)")
            ]
        case .replay: [DecisionAdvice("none is needed: the same message had come before")]
        case .senderMismatch:
            [
                DecisionAdvice(
                    "the peer's operator must let it sign in the name that its addresses have")
            ]
        case .keyUnavailable: [asking("see why its keys cannot be fetched", "discover")]
        case .keyChanged:
            [
                asking(
                    "ask the people of that server whether they changed their keys, and for the "
                        + "fingerprint of each new one; then accept what it shows", "peer pin",
                    more: " --fingerprint FINGERPRINT")
            ]
        case .tokenExpired:
            [
                DecisionAdvice(
                    "none is needed: the peer exchanges the code of its share for a new token "
                        + "(token.ttl says how long one lives)")
            ]
        case .tokenInvalid, .shareUnknown, .shareEnded, .secretMismatch:
            [
                DecisionAdvice(
                    "if the share is over, its owner shares it anew; those that are known",
                    command: "ocmgate share list")
            ]
        case .permissionNotAllowed:
            [DecisionAdvice("the owner of the share gives that permission, or shares it anew")]
        case .tokenExchangeRequired: [exchanging("")]
        case .secretRefused where Denial.isReplaced(detail):
            [
                DecisionAdvice(
                    "the peer is to use the code that it was given; if it never was (the share was made "
                        + "before the gateway came), revoke the share and add it again with its secret",
                    command: "ocmgate share add --keep-secret --peer "
                        + (peer.isEmpty ? "PEER" : peer) + " --provider-id ID --secret-file FILE")
            ]
        case .secretRefused:
            [exchanging(" (token.accept_secret, or that of a rule, says which secrets do as well)")]
        case .notDelivered:
            [
                DecisionAdvice(
                    "the backend did not take it: the detail and its log say why, often that there "
                        + "is no such user")
            ]
        case .egressAddress:
            [
                DecisionAdvice(
                    "see what the backend wants there: it reaches other servers by public names only"
                )
            ]
        case .egressRefused:
            [
                DecisionAdvice("if the backend needs that host, name it in egress.other")
            ]
        case .loop:
            [DecisionAdvice("see which proxy sends requests back here: this one came twice")]
        case .backendUnavailable, .backendTimeout: [Self.onBackend]
        case .overloaded where detail == Self.suspended: [Self.onBackend]
        case .overloaded:
            [
                DecisionAdvice(
                    "it was too much at once: the log's connections.refused and memory.short say of "
                        + "what, and `limits` how much is taken")
            ]
        case .peerUnavailable, .peerTimeout:
            [asking("see whether the peer is well", "peer probe")]
        case .storeUnavailable, .journalUnavailable, .signingFailed:
            [DecisionAdvice("see the log of that time, and the disk", command: "ocmgate check")]
        }
    }

    /// No command asks the backend anything.
    private static let onBackend = DecisionAdvice(
        "see whether the server at backend.url runs and answers: the detail, and backend.suspended in "
            + "the log, say how it failed")

    /// What is not even tried while the backend does not answer.
    private static let suspended = UpstreamFailure.suspended(seconds: 0).code

    /// By what was wrong with the signature: no key helps where it is not taken, or says too little.
    private var onSignature: [DecisionAdvice] {
        switch fault {
        case .generation where detail?.hasSuffix(Denial.notAccepted) == true:
            [
                DecisionAdvice(
                    "signature.accept (usually that of the profile) does not take this standard: "
                        + "the peer's operator must let it sign by one that is taken",
                    command: "ocmgate config show")
            ]
        case .generation:
            [
                asking(
                    "it signed by a newer standard before: its operator must see why it does not "
                        + "any more; if that is meant, what is known of the peer has to be forgotten",
                    "peer forget")
            ]
        case .algorithm:
            [
                asking(
                    "its key signs by what signature.algorithms does not have, or by what the key "
                        + "is not for (the detail says which): its operator must let it sign by one "
                        + "that is taken",
                    "discover")
            ]
        case .weakKey:
            [asking("its operator must make it a key of a size that is taken", "discover")]
        case .notCovered, .digestMissing:
            [
                asking(
                    "its operator must let it cover that, or a proxy in front took it out (the detail "
                        + "says what); see what the peer is",
                    "peer probe")
            ]
        case .expired, .future:
            [
                DecisionAdvice(
                    "the clocks of both sides, or what held the message up on its way")
            ]
        case .digestMismatch:
            [explaining("something changed the body on its way; ")]
        case .malformed, .ambiguous, .keyOrigin:
            [
                DecisionAdvice(
                    "the peer's operator must let it sign in another way (the detail says how)")
            ]
        case .replayed, .keyUnknown, .wrong, nil:
            [
                asking("compare its keys with those that it signs by", "discover"),
                explaining(""),
            ]
        }
    }

    private func explaining(_ first: String) -> DecisionAdvice {
        DecisionAdvice(
            "\(first)with the message in a file, look for what a proxy did to it",
            command: "ocmgate sig explain message.http --key KEYS")
    }

    private func ofAnother(_ share: Substring, isOver: Bool) -> DecisionAdvice {
        let words =
            "the code of that share is another peer's: if that is not meant, it is in other hands"
        guard !isOver else {
            return DecisionAdvice(
                "\(words); the share is over, so it opens nothing, and its owner is to know before sharing "
                    + "it anew")
        }
        return DecisionAdvice(
            "\(words); end the share, and let its owner share anew",
            command: "ocmgate share revoke \(share)")
    }

    private func exchanging(_ more: String) -> DecisionAdvice {
        let words = "the peer has to exchange the code of the share for a token\(more)"
        return asking(peer.isEmpty ? words : "\(words); see whether it can", "peer probe")
    }

    /// With a command about the peer, where there is one.
    private func asking(_ words: String, _ command: String, more: String = "") -> DecisionAdvice {
        DecisionAdvice(words, command: peer.isEmpty ? nil : "ocmgate \(command) \(peer)\(more)")
    }
}

import Federation
import HTTPSignatures
import Transport

/// A message whose signature failed, kept until somebody has looked for the cause.
///
/// Holds the body with its secrets, so it is kept in memory only, for as long as that takes.
struct SuspectMessage: Sendable {
    /// The decision that refused it.
    let decision: String
    let message: SignedMessage
    let body: [UInt8]
    /// The host that it speaks for; it has a standing, so its keys may be asked for.
    let peer: PeerHost
    /// As the signature names it; nil when the signature cannot be read.
    let keyID: String?
    /// Where keys of the signature's generation are published.
    let source: PeerKey.Source
    /// Unix seconds of its arrival.
    let now: Int
    /// From where it came.
    var client: IPAddress?

    /// About what it takes in memory.
    var byteCount: Int {
        message.fields.reduce(body.count) { $0 + $1.name.utf8.count + $1.value.count }
    }
}

extension Gateway {
    /// Puts a message by whose signature was refused. What is full takes no more: this never waits
    /// and never fails, since nothing hangs on it.
    func suspect(_ denial: Denial, _ claimed: Claimed, decision: String) {
        guard let fault = denial.fault, fault.mayBeDistorted else { return }
        let presented = try? signature(of: claimed)
        guard let message = presented?.message ?? (try? signedMessage(claimed.received)) else {
            return
        }
        let keyID = presented?.signature.keyID
        let signers = claimed.claim?.signers ?? []
        let named = keyID.flatMap(PresentedSignature.host)
        guard let peer = named ?? signers.first, signers.contains(peer) else { return }
        nearMisses.offer(
            SuspectMessage(
                decision: decision, message: message, body: claimed.received.body, peer: peer,
                keyID: keyID, source: message.lines(of: "signature-input") > 0 ? .jwks : .discovery,
                now: claimed.received.now, client: claimed.received.client.address),
            at: environment.monotonicSeconds())
    }
}

extension SignatureFault {
    /// Whether something between the signer and us may have caused it.
    fileprivate var mayBeDistorted: Bool {
        switch self {
        case .malformed, .expired, .future, .keyUnknown, .algorithm, .digestMismatch,
            .digestMissing, .notCovered, .wrong:
            true
        case .ambiguous, .replayed, .keyOrigin, .weakKey, .generation: false
        }
    }
}

import Foundation
package import OpenSSL
import Synchronization

/// The authority that the backend trusts, and the certificates that it makes for the peers whose
/// connections are intercepted.
///
/// P-256, ten years; it may certify leaves only. All leaves have one key, which is made at every
/// start and never written. A leaf is good for seven days and made anew a day before its end.
package final class EgressCA: Sendable {
    package let certificate: Certificate
    private let authority: CertificateAuthority
    private let leafKey: PrivateKey
    private let contexts = Mutex<[String: Leaf]>([:])

    private struct Leaf {
        let context: TLSContext
        /// Unix seconds in which it is shown.
        let shown: Range<Int>
        var usedAt: Int
    }

    init(_ authority: CertificateAuthority) throws(CryptoError) {
        self.authority = authority
        certificate = authority.certificate
        leafKey = try PrivateKey.generate(.p256)
    }

    /// A server's side for the intercepted connections to a host, from memory when it can be.
    package func context(for host: String, now: Int) throws(CryptoError) -> TLSContext {
        let known = contexts.withLock { contexts -> TLSContext? in
            guard let leaf = contexts[host], leaf.shown.contains(now) else { return nil }
            contexts[host]?.usedAt = now
            return leaf.context
        }
        if let known { return known }
        let leaf = try issue(for: host, now: now)
        contexts.withLock { contexts in
            if contexts.count >= Self.capacity {
                let leaving = contexts.min { $0.value.usedAt < $1.value.usedAt }
                if let leaving { contexts[leaving.key] = nil }
            }
            contexts[host] = leaf
        }
        return leaf.context
    }

    private func issue(for host: String, now: Int) throws(CryptoError) -> Leaf {
        let start = now - Self.backdating
        let end = min(now + Self.leafLifetime, certificate.notAfter ?? now)
        guard start < end else {
            throw CryptoError("issue certificate", "the authority is too old")
        }
        let certificate = try authority.issue(
            names: [host], for: leafKey.publicKey, validity: start...end)
        let context = try TLSContext.server(
            identities: [TLSIdentity(chain: [certificate], key: leafKey)], alpn: ["http/1.1"])
        return Leaf(
            context: context, shown: start..<max(start, end - Self.renewal), usedAt: now)
    }

    /// Hosts whose certificate is kept; the one that was not used for longest goes first.
    private static let capacity = 1000
    /// Seconds. The clock of whoever believes a certificate may be behind.
    static let backdating = 3600
    private static let leafLifetime = 7 * 86_400
    private static let renewal = 86_400
}

import COpenSSL
import Synchronization

/// Which identities a server shows for which name. Swapped as a whole; a handshake sees one state.
final class TLSIdentityTable: Sendable {
    private let snapshot: Mutex<Snapshot>

    init(_ identities: [TLSIdentity]) throws(CryptoError) {
        snapshot = Mutex(try Snapshot(identities))
    }

    func replace(_ identities: [TLSIdentity]) throws(CryptoError) {
        let next = try Snapshot(identities)
        snapshot.withLock { $0 = next }
    }

    /// The identities for a name from the ClientHello: exact, else a wildcard over its first
    /// label, else the default.
    func identities(for name: String?) -> [TLSIdentity] {
        snapshot.withLock { $0.identities(for: name) }
    }

    private struct Snapshot: Sendable {
        private var byName: [String: [TLSIdentity]] = [:]
        private var fallback: [TLSIdentity] = []

        init(_ identities: [TLSIdentity]) throws(CryptoError) {
            guard let first = identities.first else {
                throw CryptoError("make TLS server", "no identity")
            }
            for identity in identities {
                for name in identity.leaf.dnsNames { byName[name, default: []].append(identity) }
            }
            // The default's siblings with another kind of key serve its name too.
            let siblings = first.leaf.dnsNames.first.flatMap { byName[$0] } ?? []
            fallback =
                [first] + siblings.filter { $0.key.kind != first.key.kind }
        }

        func identities(for name: String?) -> [TLSIdentity] {
            guard let name else { return fallback }
            let host = HostName.withoutFinalDot(name.lowercased())
            if let exact = byName[host] { return exact }
            guard let dot = host.firstIndex(of: ".") else { return fallback }
            return byName["*" + host[dot...]] ?? fallback
        }
    }

    /// OpenSSL's certificate callback: installs the identities on the connection.
    func install(in ssl: OpaquePointer) -> Bool {
        let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
            .map { unsafe String(cString: $0) }
        // Of two with one kind of key the later replaces the earlier, so the first comes last.
        return identities(for: name).reversed().allSatisfy { unsafe $0.install(in: ssl) }
    }
}

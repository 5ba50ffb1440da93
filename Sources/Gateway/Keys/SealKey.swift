import Foundation
package import OpenSSL

/// The key that everything secret in the state is sealed with, and the keys made from it.
///
/// Each use has a key of its own: HMAC-SHA256 of the use's label under the seal key (the expand
/// step of RFC 5869; the seal key is uniform already).
package struct SealKey: Sendable {
    /// What a key made from the seal key is for; each raw value is a label that never changes.
    package enum Purpose: String, Sendable, CaseIterable {
        /// AES-256-GCM over the secrets of shares.
        case registry = "share registry 1"
        /// Lookup of secrets and codes without knowing them.
        case lookup = "secret lookup 1"
        /// Lookup of invitations.
        case invite = "invitation 1"
        /// Names of messages in the replay cache.
        case replay = "replay identity 1"
        /// AES-256-GCM over access tokens.
        case token = "access token 1"
        /// Names of secrets in log and journal.
        case fingerprint = "fingerprint 1"
        /// AES-256-GCM over the orders of commands to a gateway that runs.
        case order = "order 1"
        /// Hashes the names that limits count by.
        case limit = "limit holder 1"
        /// AES-256-GCM over what is kept of messages that wait for a person.
        case hold = "held message 1"
        /// What `Via` calls the gateway.
        case pseudonym = "via pseudonym 1"
        /// Lookup of the subjects of the journal.
        case journalLookup = "journal subject 1"
        /// AES-256-GCM over the keys of the journal's subjects.
        case journalKeys = "journal subject key 1"
        /// Tells at start whether this is the key that the state was made with.
        case check = "seal key check 1"
    }

    private let master: HMACKey

    /// Where a seal key comes from, as `[state] seal_key` says.
    package enum Source: Sendable, Equatable {
        /// A file of mode 0600, made at the first start.
        case file(String)
        /// An environment variable; it must be set.
        case environment(String)
    }

    /// What to do about a file that is not there.
    package enum WhenMissing: Sendable {
        /// Make a new key: `run` at its first start.
        case make
        /// Refuse: commands that only look.
        case refuse
    }

    /// Refused: anything but 32 bytes.
    package init?(_ bytes: Secret) {
        guard bytes.count == 32 else { return nil }
        master = HMACKey(.sha256, bytes)
    }

    /// Reads the key, or makes the file at the first start.
    ///
    /// Refused: a file that others may use or that belongs to somebody else (the remedy is the
    /// command to run), an unset variable, anything but the base64 of 32 bytes; a missing file where
    /// there is a state already, which no other key opens; one that cannot be made.
    ///
    /// - Parameter state: the file that is sealed with it.
    package static func load(
        _ source: Source, of state: String, whenMissing: WhenMissing,
        environment: [String: String]
    ) throws(FileProblem) -> SealKey {
        let name: String
        let text: String
        switch source {
        case .environment(let variable):
            name = "env:\(variable)"
            guard let value = environment[variable] else {
                throw FileProblem(
                    name, "is not set",
                    Store.hasBegun(state)
                        ? "set it to the key that \(state) is sealed with"
                        : "put the base64 of 32 random bytes there: openssl rand -base64 32")
            }
            text = value
        case .file(let path):
            name = path
            let isMissing = PrivateFile.presence(path) == .absent
            if isMissing, Store.hasBegun(state) {
                throw FileProblem(
                    path, "is missing, and \(state) is sealed with it", "bring it back")
            }
            switch whenMissing {
            case .make where isMissing:
                let fresh = Base64.encode(Random.bytes(32)) + "\n"
                do throws(FileProblem) {
                    try PrivateFile.create(path, Array(fresh.utf8))
                } catch {
                    let isFull = DiskTrouble.found(around: path) == .full
                    throw FileProblem(
                        path, error.what,
                        isFull
                            ? DiskTrouble.full.remedy
                            : "let [state] seal_key name a file that this user can make, beside "
                                + "\(state) for instance")
                }
            case .refuse where isMissing:
                throw FileProblem(path, "is not there", Store.madeAtFirstStart)
            case .make, .refuse: break
            }
            text = String(decoding: try PrivateFile.read(path, limit: 1024), as: UTF8.self)
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let secret = Secret(base64: trimmed), let key = SealKey(secret) else {
            throw FileProblem(
                name, "does not hold the base64 of 32 bytes",
                Store.hasBegun(state)
                    ? "bring it back as it was: \(state) is sealed with it, and no other key opens that"
                    : "openssl rand -base64 32")
        }
        return key
    }

    /// 32 bytes for one purpose.
    package func secret(for purpose: Purpose) -> Secret {
        Secret(master.authenticate(Array("ocmgate \(purpose.rawValue)\u{1}".utf8)))
    }

    /// The key that seals for a purpose (AES-256-GCM).
    package func aead(for purpose: Purpose) throws(CryptoError) -> AEADKey {
        try AEADKey(secret(for: purpose))
    }

    /// What the state keeps to tell this key from another.
    var check: String { secret(for: .check).fingerprint(key: hmac(for: .check)) }

    /// The key that finds things again for a purpose (HMAC-SHA-256).
    package func hmac(for purpose: Purpose) -> HMACKey { HMACKey(.sha256, secret(for: purpose)) }
}

extension SealKey: CustomStringConvertible, Redacted {
    package var description: String { "<seal key>" }
}

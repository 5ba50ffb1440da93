package import Federation
import Foundation
package import HTTPSignatures
package import OpenSSL

/// The gateway's own keys: one PEM file per key in a folder, mode 0600.
///
/// The name of the file is the name of the key: `host#NAME` where RFC 9421 names it,
/// `https://host/ocm#NAME` where draft-cavage does. A key never changes under its name: Nextcloud 31
/// to 34 would refuse it for good (`protocol.md` 9.8).
package struct KeyRing: Sendable {
    package struct Entry: Sendable {
        package let name: String
        package let key: PrivateKey
        package let file: String
    }

    package let folder: String
    /// In the order of their names.
    package let keys: [Entry]

    /// Reads the keys, and makes the first ones, Ed25519 and RSA-3072 (for draft-cavage), where
    /// there are none and `whenMissing` says so.
    ///
    /// Refused: files that others may use, files that hold no key.
    package init(
        folder: String, whenMissing: SealKey.WhenMissing
    ) throws(PrivateFile.Problem) {
        self.folder = folder
        switch whenMissing {
        case .make:
            try PrivateFile.folder(folder)
            if Self.names(in: folder).isEmpty {
                try Self.make(.ed25519, "ed25519-1", in: folder)
                try Self.make(.rsa(bits: 3072), "rsa-1", in: folder)
            }
        case .refuse: break
        }
        var keys: [Entry] = []
        for name in Self.names(in: folder) {
            let file = (folder as NSString).appendingPathComponent(name + ".pem")
            let text = String(decoding: try PrivateFile.read(file), as: UTF8.self)
            do {
                keys.append(Entry(name: name, key: try PrivateKey(pem: text), file: file))
            } catch {
                throw PrivateFile.Problem(
                    path: file, what: "holds no key: \(error)", remedy: "move it away")
            }
        }
        self.keys = keys
    }

    /// Makes a key under a name that is free.
    package static func make(
        _ kind: KeyKind, _ name: String, in folder: String
    ) throws(PrivateFile.Problem) {
        let file = (folder as NSString).appendingPathComponent(name + ".pem")
        let text: String
        do { text = try PrivateKey.generate(kind).exportPEM() } catch {
            throw PrivateFile.Problem(path: file, what: "cannot be made: \(error)", remedy: "")
        }
        try PrivateFile.create(file, Array(text.utf8))
    }

    /// The JWK set that peers fetch: every key but the one of draft-cavage.
    package func keySet(for host: PeerHost) -> [UInt8] {
        let keys: [JSONValue] = keys.compactMap { entry in
            guard let jwk = entry.jwk(for: host) else { return nil }
            return .object(jwk.members.map { ($0.name, .string($0.value)) })
        }
        return JSONValue.object([("keys", .array(keys))]).serialized()
    }

    /// The newest key for RFC 9421: Ed25519 where there is one.
    package var signatureKey: Entry? {
        keys.last { $0.key.kind == .ed25519 }
            ?? keys.last {
                switch $0.key.kind {
                case .p256, .p384: true
                case .ed25519, .rsa: false
                }
            }
    }

    /// The newest RSA key, for draft-cavage and discovery's `publicKey`.
    package var cavageKey: Entry? {
        keys.last {
            switch $0.key.kind {
            case .rsa: true
            case .ed25519, .p256, .p384: false
            }
        }
    }

    /// A free name for a key of a kind.
    package func freeName(for kind: KeyKind) -> String {
        let stem =
            switch kind {
            case .ed25519: "ed25519"
            case .p256: "p256"
            case .p384: "p384"
            case .rsa: "rsa"
            }
        var number = 1
        while keys.contains(where: { $0.name == "\(stem)-\(number)" }) { number += 1 }
        return "\(stem)-\(number)"
    }

    private static func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".pem") }.map { String($0.dropLast(4)) }.sorted()
    }
}

extension KeyRing.Entry {
    /// The name that RFC 9421 signatures use.
    package func keyID(for host: PeerHost) -> String { "\(host)#\(name)" }

    /// The name that draft-cavage signatures use.
    package func cavageID(for host: PeerHost) -> String { "\(host.origin)/ocm#\(name)" }

    /// The key as peers see it; nil for a key that does not go into the set.
    package func jwk(for host: PeerHost) -> JWK? {
        guard let key = try? VerificationKey(key.publicKey) else { return nil }
        switch key.key.kind {
        case .rsa: return nil
        case .ed25519, .p256, .p384: return JWK(key, id: keyID(for: host))
        }
    }
}

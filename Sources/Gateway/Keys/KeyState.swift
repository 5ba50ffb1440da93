package import OpenSSL

/// What a key is for at the moment.
package enum KeyState: Sendable, Equatable {
    /// Made, and shown to nobody.
    case new
    /// Peers can fetch it; it signs nothing yet.
    case staged
    /// Everything that goes out is signed with it.
    case active
    /// It signs nothing any more, and peers can fetch it until a moment (Unix seconds).
    case retired(until: Int)

    /// As `keys.toml` and `ocmgate key list` write it.
    package var word: String {
        switch self {
        case .new: "new"
        case .staged: "staged"
        case .active: "active"
        case .retired: "retired"
        }
    }

    /// True for a retired key that is published no more: its file can go.
    package func isOver(now: Int) -> Bool {
        switch self {
        case .new, .staged, .active: false
        case .retired(let until): until <= now
        }
    }

    /// Whether the key stands in the documents that peers fetch.
    func isPublished(now: Int) -> Bool {
        switch self {
        case .new: false
        case .staged, .active: true
        case .retired(let until): now < until
        }
    }
}

/// What a key signs: a key for each, since no kind of key serves both.
package enum KeyUse: String, Sendable, CaseIterable {
    /// RFC 9421, found in the key set.
    case rfc9421
    /// draft-cavage, found as the one `publicKey` of the discovery document.
    case cavage
}

extension KeyKind {
    package var use: KeyUse {
        switch self {
        case .ed25519, .p256, .p384: .rfc9421
        case .rsa: .cavage
        }
    }

    /// As commands write it.
    package var word: String {
        switch self {
        case .ed25519: "ed25519"
        case .p256: "p256"
        case .p384: "p384"
        case .rsa(let bits): "rsa-\(bits)"
        }
    }

    /// What its names begin with.
    var stem: String {
        switch self {
        case .ed25519, .p256, .p384: word
        case .rsa: "rsa"
        }
    }

    /// A kind that can be made: `ed25519`, `p256`, `p384`, `rsa`.
    package init?(word: String) {
        switch word {
        case "ed25519": self = .ed25519
        case "p256": self = .p256
        case "p384": self = .p384
        case "rsa": self = .rsa(bits: 3072)
        case _: return nil
        }
    }
}

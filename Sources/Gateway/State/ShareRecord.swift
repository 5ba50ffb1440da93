package import Federation
package import OpenSSL

/// The registry's name for a share: a number that is never given twice, its decimal text in tokens
/// and commands.
package struct ShareID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// Refused: anything but the decimal text of a number above 0.
    package init?(_ text: String) {
        guard let number = Int64(text), number > 0, String(number) == text else { return nil }
        self.number = number
    }

    package var description: String { String(number) }

    package static func < (left: ShareID, right: ShareID) -> Bool { left.number < right.number }
}

/// Which way a share goes.
package enum ShareDirection: Int, Sendable, CaseIterable {
    /// A peer shares with a user of our backend.
    case inbound = 1
    /// Our backend shares with a user of a peer.
    case outbound = 2
}

/// How we know of a share.
package enum ShareOrigin: Int, Sendable {
    /// Its creation went through us.
    case seen = 1
    /// Its secret turned up later and the backend said that it is good.
    case learned = 2
}

/// What is known of one share.
package struct ShareRecord: Sendable {
    package let id: ShareID
    package let direction: ShareDirection
    package let origin: ShareOrigin
    /// The other side: who shares with us, or with whom we share.
    package let peer: PeerHost
    /// The sending server's name for it; a learned share has none.
    package let providerID: ProviderID?
    /// Nil for a share that nobody told us of: only the backend knows.
    package let resourceType: String?
    package let owner: String?
    package let sender: String?
    package let recipient: String?
    /// The name of this site by which the peer knows our side of it; nil until the next start for
    /// the one of now.
    package let site: PeerHost?
    /// Unix seconds.
    package internal(set) var expires: Int?
    /// Unix seconds.
    package let created: Int
    /// One for each protocol, in the order of the message.
    package internal(set) var accesses: [ShareAccess]
    /// What the rule that let it through set.
    package let settings: RuleSettings
    /// Unix seconds; nil while it is active.
    package internal(set) var ended: Int?
    /// The peer that exchanged a code of it first.
    package internal(set) var boundPeer: PeerHost?
    /// Tokens of an earlier epoch are no good.
    package internal(set) var epoch: UInt32

    /// Why a token of the share opens nothing, whatever it says itself; nil for one that does.
    ///
    /// - Parameter now: Unix seconds.
    package func refusal(of token: AccessToken, now: Int) -> TokenRefusal? {
        if standing(now: now) != .active { return .shareOver }
        return epoch == token.epoch ? nil : .revoked
    }

    /// Why a token of the share is not good.
    package enum TokenRefusal: String, Sendable {
        case shareOver = "its share is over"
        case revoked = "it was revoked"
    }

    /// Whether codes, secrets and tokens of it are good at `now`.
    package func standing(now: Int) -> ShareStanding {
        ShareStanding(isEnded: ended != nil, expires: expires, now: now)
    }

    /// Whether its data are our backend's own.
    ///
    /// Not those of a share that another server made because the backend asked for it: that server
    /// has told the secret, and it opens nothing here. It alone was seen without having a name.
    var isServedHere: Bool {
        direction == .outbound && (providerID != nil || origin == .learned)
    }

    /// Whether its name tells of what kind it is, and not which: Nextcloud calls every share of a calendar
    /// `calendar` (`legacy-wire.md` 2.1).
    var isNamedByKind: Bool { resourceType == "calendar" }

    /// Whether the peer was told to exchange all of its codes.
    package var demandsTokens: Bool {
        accesses.allSatisfy { $0.requirements.contains(.mustExchangeToken) }
    }
}

extension ShareRecord {
    /// By what whoever has a share opens its data. The code that a peer got which exchanges none is one that
    /// lasts: it opens them like the secret in whose place it stands.
    package enum Opener: String, Sendable {
        /// A token of minutes, for which the code has to be exchanged.
        case token
        /// A code or secret that is good for as long as the share is.
        case permanent
    }

    package var opener: Opener {
        let takesTokensOnly = settings.acceptSecret == AcceptSecret.none || demandsTokens
        return takesTokensOnly ? .token : .permanent
    }
}

extension [ShareRequirement] {
    /// These, with `must-exchange-token` among them.
    var demandingTokens: [ShareRequirement] {
        contains(.mustExchangeToken) ? self : self + [.mustExchangeToken]
    }
}

/// Whether a share can be used.
package enum ShareStanding: String, Sendable {
    case active, expired, ended

    init(isEnded: Bool, expires: Int?, now: Int) {
        if isEnded {
            self = .ended
        } else if let expires, expires <= now {
            self = .expired
        } else {
            self = .active
        }
    }
}

/// One way to reach the shared resource, with its own secret.
package struct ShareAccess: Sendable {
    /// `webdav`, `webapp`, `ssh`, …
    package let protocolName: String
    package internal(set) var permissions: SharePermissions
    /// Path or URL, as the message had it.
    package let uri: String?
    package internal(set) var requirements: [ShareRequirement]
    /// Whether the gateway gave out a handle in the place of the secret.
    package var hasHandle: Bool { sealedHandle != nil }

    let sealedSecret: [UInt8]
    let secretLookup: Digest128
    let sealedHandle: [UInt8]?
    let handleLookup: Digest128?
}

/// A share to be recorded.
package struct NewShare: Sendable {
    package var direction: ShareDirection
    package var origin: ShareOrigin
    package var peer: PeerHost
    package var providerID: ProviderID?
    package var resourceType: String?
    package var owner: String?
    package var sender: String?
    package var recipient: String?
    /// The name of this site by which the peer knows our side of it; nil until the next start for
    /// the one of now.
    package var site: PeerHost?
    package var expires: Int?
    package var boundPeer: PeerHost?
    package var accesses: [NewAccess]
    package var settings = RuleSettings.none
}

/// One protocol of a share to be recorded.
package struct NewAccess: Sendable {
    /// Whether the other side gets a handle in the place of the secret.
    package enum Handle: Sendable {
        /// The secret goes on as it is.
        case none
        /// 32 characters `[A-Za-z0-9]` (190 bits), which fit the short columns of old servers.
        case make
    }

    package var protocolName: String
    package var secret: Secret
    package var handle: Handle
    package var permissions: SharePermissions
    package var uri: String?
    package var requirements: [ShareRequirement]

    /// A way of which nothing but its secret is known.
    static func webdav(_ secret: Secret) -> NewAccess {
        NewAccess(
            protocolName: "webdav", secret: secret, handle: .none, permissions: .unspecified,
            uri: nil, requirements: [])
    }
}

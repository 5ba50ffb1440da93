import Foundation
import OpenSSL

/// A public key as a peer offers it, and as it is remembered.
package struct OfferedKey: Sendable, Hashable {
    /// Where the peer publishes it: `jwks`, or `discovery` (draft-cavage's `publicKey`).
    package let source: String
    /// `kid` or `keyId`.
    package let id: String
    /// base64url of the SHA-256 of the SubjectPublicKeyInfo.
    package let thumbprint: String
}

extension OfferedKey {
    package init(_ key: PeerKey) {
        self.init(source: key.source.rawValue, id: key.id, thumbprint: key.thumbprint)
    }

    static func thumbprint(of key: PublicKey) -> String {
        Base64.encodeURL(Hash.sha256.digest(key.spki))
    }
}

/// A key that a peer is known by.
package struct Pin: Sendable, Hashable {
    package let key: OfferedKey
    /// Unix seconds.
    package let firstSeen: Int
    package let lastSeen: Int
}

/// What the keys that a peer offers are, seen from those it is known by.
package enum PinJudgement: Sendable, Equatable {
    /// The same keys, or fewer of them.
    case known
    /// Nothing was known of this peer.
    case firstSight
    /// New keys beside a known one: the peer vouches for them.
    case continued(added: [OfferedKey])
    /// To be held for a person: code `key_changed`.
    case surprise(PinSurprise)
}

/// What is surprising about a peer's keys.
package enum PinSurprise: String, Sendable {
    /// None of the known keys is offered any more.
    case knownKeysGone = "known-keys-gone"
    /// A known name stands for another key.
    case nameReused = "name-reused"
}

/// The continuity rule.
package enum Pins {
    /// Judges all keys that a peer offers at once against all it is known by.
    ///
    /// `offered` must be everything that discovery and key set show: a key set judged alone looks
    /// like a surprise to a peer known by its draft-cavage key. A new key is taken when a known one
    /// is still served beside it; a known name with another key is a surprise whatever else is
    /// served, since a signature names its key by that name alone.
    package static func judge(pins: [Pin], offered: [OfferedKey]) -> PinJudgement {
        if pins.isEmpty { return .firstSight }
        for key in offered {
            for pin in pins
            where pin.key.source == key.source && pin.key.id == key.id
                && pin.key.thumbprint != key.thumbprint
            {
                return .surprise(.nameReused)
            }
        }
        // Both lists are short, as a peer's keys are: looked through, not hashed.
        guard
            offered.contains(where: { key in
                pins.contains { $0.key.thumbprint == key.thumbprint }
            })
        else { return .surprise(.knownKeysGone) }
        let added = offered.filter { key in !pins.contains { $0.key == key } }
        return added.isEmpty ? .known : .continued(added: added)
    }

    /// Keys that a person did not name and the peer was not known by. Beside one that is known they
    /// would be vouched for by the next message, so that they cannot be left aside.
    package static func unnamed(
        _ offered: [OfferedKey], by names: Set<String>, pins: [Pin]
    ) -> [OfferedKey] {
        offered.filter { key in
            !names.contains(key.thumbprint)
                && !pins.contains { $0.key.thumbprint == key.thumbprint }
        }
    }

    /// Whether a pinned key is offered no more by a source that offers others.
    static func hasRetired(pins: [Pin], offered: [OfferedKey]) -> Bool {
        pins.contains { pin in
            offered.contains { $0.source == pin.key.source } && !offered.contains(pin.key)
        }
    }

    /// The pins after `offered` has been taken: what is offered, with its first sight kept; of a
    /// source that offers nothing now, the old ones stay.
    package static func merged(pins: [Pin], offered: [OfferedKey], now: Int) -> [Pin] {
        let sources = Set(offered.map(\.source))
        let first = Dictionary(pins.map { ($0.key, $0.firstSeen) }, uniquingKeysWith: min)
        let stay = pins.filter { !sources.contains($0.key.source) }
        return stay
            + Set(offered).map { Pin(key: $0, firstSeen: first[$0] ?? now, lastSeen: now) }
    }
}

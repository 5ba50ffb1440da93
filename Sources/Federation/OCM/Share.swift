package import OpenSSL

/// A share creation notification: `POST {endPoint}/shares`.
///
/// A class, since it is handed on from phase to phase and holds very many texts.
package final class Share: Sendable {
    /// The body as it came, forwarded byte for byte when nothing has to change.
    package let received: [UInt8]
    /// Its members, in order, unknown ones included.
    package let members: JSONObject

    package let shareWith: OCMAddress
    package let name: String
    package let providerID: ProviderID
    package let owner: OCMAddress
    /// `sender`, or `sharedBy` from Nextcloud to 27.
    package let sender: OCMAddress
    /// `user`, `group`, `federation`, or a word that we do not know.
    package let shareType: String
    package let resourceType: String
    /// Seconds since the epoch; nil for none, which OpenCloud writes as 0.
    package let expiration: Int?
    package let shape: ProtocolShape
    /// At least one.
    package let protocols: [ShareProtocol]
    /// The secrets of all protocols, each once.
    package let secrets: [Secret]

    /// Reads the body of `POST /shares` in any of its generations.
    ///
    /// Refused (`malformed_message`): a required member that is missing or of another type, both
    /// `sender` and `sharedBy` when they name two people, a `webdav` protocol without a secret, two
    /// secrets for one protocol, no protocol at all, another spelling of a known `shareType`.
    package init(parsing bytes: [UInt8]) throws(Denial) {
        let reader = try MessageReader(bytes, known: Self.known)
        received = bytes
        members = reader.object
        shareWith = try reader.address(.shareWith)
        name = try reader.string(.name, upTo: 4096)
        providerID = try reader.providerID()
        owner = try reader.address(.owner)
        let named = try reader.optionalAddress(.sender)
        let older = try reader.optionalAddress(.sharedBy)
        guard let sender = named ?? older else {
            throw Denial(.malformedMessage, "neither sender nor sharedBy is there")
        }
        if let older, older != sender {
            throw Denial(.malformedMessage, "sender and sharedBy are two people")
        }
        self.sender = sender
        shareType = try reader.string(.shareType, upTo: 64)
        // A policy that refuses groups must not be asked about "Group".
        if !Self.shareTypes.contains(shareType),
            Self.shareTypes.contains(shareType.lowercased().filter { !$0.isWhitespace })
        {
            throw Denial(.malformedMessage, "shareType is another spelling of a known word")
        }
        resourceType = try reader.string(.resourceType, upTo: 64)
        for text: MemberName in [
            .description, .ownerDisplayName, .senderDisplayName, .sharedByDisplayName,
        ] {
            _ = try reader.optionalString(text, upTo: 16_384)
        }
        let expiration = try reader.optionalInteger(.expiration)
        self.expiration = expiration == 0 ? nil : expiration
        (shape, protocols) = try Self.protocols(reader)
        secrets = protocols.compactMap(\.secret).reduce(into: []) { known, secret in
            if !known.contains(secret) { known.append(secret) }
        }
    }

    /// Whom the share speaks for.
    ///
    /// Where the owner lives on another server than the sender (a reshare), the owner's server sends
    /// the message, and a receiver of the deprecated shape fetches the data there: only the owner's
    /// signature counts. In the newer shapes the sender may also serve the data itself. Where nobody
    /// signed, the owner's host is the peer.
    package var claim: Claim {
        if sender.host == owner.host { return Claim(sender.host) }
        let signers =
            switch shape {
            case .legacy, .foreign: [owner.host]
            case .single, .multi: [sender.host, owner.host]
            }
        return Claim(peer: owner.host, signers: signers, named: [sender.host, owner.host])
    }

    /// True when every protocol demands it.
    package func requires(_ requirement: ShareRequirement) -> Bool {
        protocols.allSatisfy { $0.requirements.contains(requirement) }
    }

    /// The same share as one of a folder.
    package func ofFolder() throws(Denial) -> Share {
        var members = members
        members[.resourceType] = .string("folder")
        return try Share(parsing: JSONValue.object(members).serialized())
    }

    /// The same share without some of its ways, by their names.
    ///
    /// Refused: what ``init(parsing:)`` refuses, so one that has no way left.
    package func without(_ names: [String]) throws(Denial) -> Share {
        var members = members
        var ways = members[.protocol]?.object ?? JSONObject()
        for way in protocols where names.contains(way.name) {
            ways[way.name] = nil
            if way.place != .member { ways[.options] = .object(JSONObject()) }
        }
        members[.protocol] = .object(ways)
        return try Share(parsing: JSONValue.object(members).serialized())
    }

    /// The WebDAV way of the share, when it has one.
    package var webdav: ShareProtocol? { protocols.first { $0.name == "webdav" } }

    /// The largest size that a protocol names, in bytes.
    package var size: Int? { protocols.compactMap(\.size).max() }
}

extension [ShareProtocol] {
    /// The names of those in whose URI the secret of one stands, as it is or percent-encoded: URIs are kept and
    /// logged as secrets are not. One of fewer than 8 bytes may stand there by chance.
    package var withSecretsInURIs: [String] {
        let blanks = compactMap(\.secret).map { SecretSwap($0, by: Secret([])) }
        return filter { way in
            way.places.contains { place in
                let (bytes, decoded) = ([UInt8](place.utf8), percentDecoded(place) ?? "")
                return blanks.contains { blank in
                    blank.isLeft(in: bytes)
                        || decoded != place && blank.isLeft(in: [UInt8](decoded.utf8))
                }
            }
        }.map(\.name)
    }

    /// The names of those other than WebDAV that demand what somebody meets on WebDAV alone: nobody
    /// does on these. Nor on those with the secret of a WebDAV that demands it, which is replaced.
    package func unmet(_ taken: Set<ShareRequirement>) -> [String] {
        let replaced = first { $0.name == "webdav" }.flatMap { webdav in
            webdav.requirements.contains { taken.contains($0) } ? webdav.secret : nil
        }
        return filter { way in
            way.name != "webdav"
                && (way.requirements.contains { taken.contains($0) }
                    || replaced != nil && way.secret == replaced)
        }.map(\.name)
    }
}

extension Share: CustomStringConvertible, Redacted {
    package var description: String { "<share \(providerID)>" }
}

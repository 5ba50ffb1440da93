/// What is known of a peer, what would be sent to it and why: a sentence a line, for people.
package struct PeerExplanation: Sendable, Equatable {
    package let lines: [String]

    package init(
        _ document: DiscoveryDocument?, _ learned: PeerDialect.Learned = .init(),
        sending: PeerDialect.Sending = .learn, from site: PeerHost
    ) {
        let words = Words(
            site: site, document: document, learned: learned, sending: sending,
            dialect: PeerDialect(document, learned, sending: sending))
        lines =
            words.itself + [words.reader, words.verification] + words.signatures
            + [words.addresses, words.shape] + words.tokens + words.demands + words.oddities
    }
}

private struct Words {
    let site: PeerHost
    let document: DiscoveryDocument?
    let learned: PeerDialect.Learned
    let sending: PeerDialect.Sending
    let dialect: PeerDialect

    var itself: [String] {
        guard let document else { return ["It publishes no discovery document."] }
        let name = document.provider.map { "It calls itself \(quoted($0))" } ?? "It has no name"
        let versions = [
            document.apiVersion.map { "apiVersion \($0)" },
            document.version.map { "version \($0)" },
        ].compactMap { $0 }.joined(separator: ", ")
        var lines = ["\(name) (\(versions.isEmpty ? "no version" : versions))."]
        if !document.isEnabled {
            lines.append(
                "It says that it is not enabled: servers that look at this send it nothing.")
        }
        return lines
    }

    var reader: String {
        let why: String
        let name: String
        switch (dialect.reader.kind, dialect.reader.age) {
        case (.nextcloud, .old):
            (name, why) = ("a Nextcloud up to 30", "it shows no key and no more than paths")
        case (.nextcloud, .middle):
            (name, why) = ("a Nextcloud 31 to 34", "by its name, or its key for draft-cavage")
        case (.nextcloud, .current): (name, why) = ("a Nextcloud from 35 on", "by its name")
        case (.owncloud10, _):
            (name, why) = (
                "an ownCloud 10", "it lists shareTypes, or has its API at ownCloud's path"
            )
        case (.ocis, _), (.opencloud, _), (.cernbox, _):
            (name, why) = ("a server of the reva family", "by the place of its shared data")
        case (.seafile, _): (name, why) = ("a Seafile", "by the path of its API")
        case (.generic, .current):
            (name, why) = ("a modern server", "by its version, its keys or its capabilities")
        case (.generic, _):
            (name, why) = ("a server of unknown age", "there is no document to know it by")
        }
        return "It is taken for \(name): \(why)."
    }

    var verification: String {
        switch dialect.verification {
        case .unknown: return "Nothing says that it verifies signatures; it gets them all the same."
        case .verifies: break
        }
        if document?.advertisesSignatures == true {
            return "It verifies signatures: it publishes keys, or says http-sig."
        }
        return "It verifies signatures: it has signed or verified before."
    }

    var signatures: [String] {
        let why: String
        switch sending {
        case .rfc9421, .cavage:
            why =
                dialect.verificationOfSent == dialect.verification
                ? "signature.send says so"
                : "signature.send says so, and nothing says that it verifies these"
        case .learn:
            if learned.accepted >= .label {
                why = "it accepted that before"
            } else if learned.signed >= .label {
                why = "it signs so itself"
            } else if dialect.signatures == .cavage {
                why = "it publishes a publicKey and no JWK set"
            } else if document?.showsKeySet == true {
                why = "it publishes a JWK set, or says http-sig"
            } else {
                why = "who does not know it ignores it"
            }
        }
        var lines = ["Messages to it are signed by \(Self.name(dialect.signatures)): \(why)."]
        if let other = dialect.otherSignatures {
            lines.append(
                "If it refuses one for its signature, \(Self.name(other)) is tried, which it names too."
            )
        }
        return lines
    }

    private static func name(_ generation: SignatureGeneration) -> String {
        switch generation {
        case .none: "nothing"
        case .cavage: "draft-cavage (RSA, keyId as in our discovery)"
        case .label, .tag: "RFC 9421 (label ocm and tag=\"ocm\")"
        }
    }

    var addresses: String {
        let example = OCMAddress(identifier: "alice", host: site).written(dialect.addressForm)
        let why =
            dialect.addressForm == .bare
            ? "as the drafts write them" : "it finds no host in any other form"
        return "Addresses are written \(example): \(why)."
    }

    var shape: String {
        switch dialect.shape {
        case .legacy, .single, .foreign:
            return
                "Shares are written in the deprecated shape (protocol.options): it reads no other."
        case .multi: break
        }
        let place =
            switch dialect.uris {
            case .relative: "webdav.uri is relative, since it says that it takes only that"
            case .absolute: "webdav.uri is absolute"
            }
        return "Shares are written with one object for each protocol (multi); \(place)."
    }

    var tokens: [String] {
        let out =
            switch (dialect.exchange, dialect.shape) {
            case (.demanded, .multi):
                "Shares demand must-exchange-token: it takes no others."
            case (.demanded, _):
                "No share can be sent: it demands token exchange and reads no share that can say so."
            case (.offered, .multi):
                "Shares demand must-exchange-token: it can exchange, so our code is good for tokens only."
            case (.offered, _), (.none, _):
                "Shares carry a code of the gateway in the place of the secret; it is used as it is, since the peer exchanges no tokens."
            }
        let back =
            if let place = dialect.tokenEndPoint {
                "Codes of its own shares are exchanged at https://\(place.host)\(place.path)."
            } else {
                "The secrets of its own shares are used as they are: it names no tokenEndPoint."
            }
        return [out, back]
    }

    var demands: [String] {
        var lines: [String] = []
        if dialect.reader.looksForFolders, dialect.exchange == .none {
            lines.append(
                "What the backend writes in the deprecated shape stays so: in that alone it looks whether a file is a folder."
            )
        }
        if dialect.permissions == .readOnly {
            lines.append(
                "Shares say permissions read and WebDAV, and no more: opencloudmesh-go refuses others."
            )
        }
        if dialect.invites == .demanded {
            lines.append("It wants an accepted invitation between the two people before a share.")
        }
        return lines
    }

    var oddities: [String] {
        (document?.oddities ?? []).map { "Odd in its document: \($0)." }
    }
}

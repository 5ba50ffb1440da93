import OpenSSL

/// An OCM address, `identifier@host[:port]`, split at the last `@`.
///
/// The identifier is opaque and keeps its bytes; it may hold `@` (oCIS writes `uuid@host@host`) or
/// be the base64 of an address. The host may be written as a URL, as Nextcloud to 27 and ownCloud
/// do, with a trailing slash or `/index.php`; both mean the same host.
package struct OCMAddress: Sendable, Equatable {
    package private(set) var identifier: String
    package let host: PeerHost
    /// How the host was written.
    package let form: AddressForm
    /// The path below which an old server lives, when its URL has one (`/cloud`); else empty.
    package let basePath: String

    /// Refused: no `@`, an empty identifier, control characters, more than 1024 bytes, a host that
    /// is none, and an identifier in which a server that cuts at the first `/` or `:`, as Nextcloud
    /// does, would find another host, but for that of an issuer (``holdsIssuer``).
    package init?(_ address: some StringProtocol) {
        let text = Substring(address)
        let bytes = text.utf8.span
        guard bytes.count <= 1024 else { return nil }
        var end = 0
        for place in bytes.indices {
            switch bytes[place] {
            case 0..<0x20, 0x7F: return nil
            case UInt8(ascii: "@"): end = place
            default: break
            }
        }
        guard end > 0 else { return nil }
        let at = text.utf8.index(text.startIndex, offsetBy: end)
        guard let written = WrittenHost(text[text.utf8.index(after: at)...]) else { return nil }
        let identifier = String(text[..<at])
        guard Self.isUnambiguous(identifier, host: written.host) else { return nil }
        self.identifier = identifier
        self.host = written.host
        self.form = written.form
        self.basePath = written.basePath
    }

    package init(identifier: String, host: PeerHost, form: AddressForm = .bare) {
        self.identifier = identifier
        self.host = host
        self.form = form
        self.basePath = ""
    }

    /// The address in the form that a backend reads; the host never changes.
    package func written(_ form: AddressForm) -> String {
        switch form {
        case .bare: "\(identifier)@\(host)\(basePath)"
        case .scheme: "\(identifier)@https://\(host)\(basePath)"
        case .schemeAndSlash: "\(identifier)@https://\(host)\(basePath)/"
        case .plainScheme: "\(identifier)@http://\(host)\(basePath)"
        }
    }

    /// `identifier@host[:port]`, by which addresses are compared and shown.
    package var canonical: String { "\(identifier)@\(host)" }

    /// The same, for a site that has several names: its people are at the first of them, whatever name
    /// a message uses.
    package func canonical(ours: [PeerHost]) -> String {
        guard let first = ours.first, ours.contains(host) else { return canonical }
        return "\(identifier)@\(first)"
    }

    /// The address of whom it names without the host that its identifier says once more: at its end, as
    /// oCIS (`uuid@h@h`) and OpenCloud (`uuid@https://h@h`) write it, or in the base64 of a UUID's address, as
    /// OpenCloud's and opencloudmesh-go's owners have it; and without an issuer. The same one where there is none.
    package var saidOnce: OCMAddress {
        // Most say none.
        let bytes = identifier.utf8.span
        guard bytes.count > Self.uuid.count || bytes.contains(UInt8(ascii: "@")) else {
            return self
        }
        var once = self
        while let left = Self.withoutHost(once.identifier, host) { once.identifier = left }
        return once
    }

    /// Whether its identifier is the base64 of a UUID's address at the same host.
    package var isEncoded: Bool { OCMAddress(encoded: identifier, at: host) != nil }

    /// The address whose base64 a text is (RFC 4648, section 4, padded or not); nil for any other text, for an
    /// address at another host, and where it is not of a UUID: by a name that people choose themselves, one
    /// could be another one.
    package init?(encoded text: String, at host: PeerHost) {
        guard text.utf8.count > Self.uuid.count, let bytes = Base64.decode(text),
            let decoded = String(validating: bytes, as: UTF8.self),
            let address = OCMAddress(decoded), address.host == host,
            Self.isUUID(address.saidOnce.identifier)
        else { return nil }
        self = address
    }

    /// The form of a UUID (RFC 9562, section 4), with an `x` for each digit.
    private static let uuid = Array("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx".utf8)

    /// Whether an issuer at another host stands in its identifier: oCIS and OpenCloud write
    /// `uuid@https://idp/realms/x@h` of people who log in at an identity provider that is not their own, and find
    /// them by the UUID (`LocalUserFederatedID` of reva's `pkg/ocm/user`).
    package var holdsIssuer: Bool {
        let inner = Substring(identifier.utf8.drop { $0 != UInt8(ascii: "@") }.dropFirst())
        return Self.endsHost(inner.utf8) && WrittenHost(inner)?.host != host
    }

    /// The URL of an issuer behind a UUID and an `@`; nil where there is none. A bare name there may be of the
    /// account (`uuid@uni.test@h`).
    private static func issuer(in identifier: String) -> Substring? {
        guard let at = identifier.utf8.firstIndex(of: UInt8(ascii: "@")),
            isUUID(identifier[..<at])
        else { return nil }
        let issuer = identifier[identifier.utf8.index(after: at)...]
        return endsHost(issuer.utf8) && !issuer.utf8.contains(UInt8(ascii: "@")) ? issuer : nil
    }

    /// Whether a text has the form of a UUID.
    static func isUUID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == uuid.count
            && zip(text.utf8, uuid).allSatisfy { byte, place in
                place == UInt8(ascii: "x") ? byte.hexValue != nil : byte == place
            }
    }

    /// An identifier without the host that it says once more, or its issuer; nil where it says none.
    private static func withoutHost(_ identifier: String, _ host: PeerHost) -> String? {
        guard let at = identifier.utf8.lastIndex(of: UInt8(ascii: "@")) else {
            return OCMAddress(encoded: identifier, at: host)?.identifier
        }
        let left = String(identifier[..<at])
        if issuer(in: identifier) != nil { return left }
        guard !left.isEmpty,
            WrittenHost(identifier[identifier.utf8.index(after: at)...])?.host == host,
            isUnambiguous(left, host: host)
        else { return nil }
        return left
    }

    /// Whether no reader finds another host in the identifier: what was read as an address is so; whose parts
    /// came apart need not be.
    package var isUnambiguous: Bool { Self.isUnambiguous(identifier, host: host) }

    /// Whether the end of a host stands in the identifier behind an `@`: then it is the same host again, or that
    /// of an issuer.
    package var holdsEndOfHost: Bool {
        Self.endsHost(identifier.utf8.drop { $0 != UInt8(ascii: "@") })
    }

    package static func == (left: OCMAddress, right: OCMAddress) -> Bool {
        left.identifier.isSame(as: right.identifier) && left.host == right.host
    }

    /// Behind the first `@` of the identifier nothing may look like the end of a host, unless it
    /// names the same host again, or is an issuer.
    private static func isUnambiguous(_ identifier: String, host: PeerHost) -> Bool {
        let bytes = identifier.utf8.span
        guard let place = bytes.firstIndex(of: UInt8(ascii: "@")) else {
            return bytes.schemeEnd == nil
        }
        let at = identifier.utf8.index(identifier.startIndex, offsetBy: place)
        let inner = identifier[identifier.utf8.index(after: at)...]
        guard endsHost(inner.utf8) else { return bytes.extracting(..<place).schemeEnd == nil }
        if WrittenHost(inner)?.host == host || issuer(in: identifier) != nil { return true }
        // oCIS says the host once more behind it.
        guard let last = identifier.utf8.lastIndex(of: UInt8(ascii: "@")), last > at,
            WrittenHost(identifier[identifier.utf8.index(after: last)...])?.host == host
        else { return false }
        return isUnambiguous(String(identifier[..<last]), host: host)
    }

    /// Whether a text holds what looks like the end of a host.
    private static func endsHost(_ text: Substring.UTF8View) -> Bool {
        text.contains { byte in
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "#"),
                UInt8(ascii: "\\"):
                true
            default: false
            }
        }
    }
}

/// How servers of several ages write the host of an address (`protocol.md` 8.3).
package enum AddressForm: Sendable, Equatable, CaseIterable {
    /// `alice@cloud.example.org`: Nextcloud 28 on, oCIS, OpenCloud, reva, opencloudmesh-go.
    case bare
    /// `alice@https://cloud.example.org`: ownCloud 10.
    case scheme
    /// `alice@https://cloud.example.org/`: Nextcloud to 27.
    case schemeAndSlash
    /// `alice@http://cloud.example.org`: a server that says it has no TLS; only ever read.
    case plainScheme
}

/// The part of an address behind the last `@`.
private struct WrittenHost {
    let host: PeerHost
    let form: AddressForm
    let basePath: String

    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        let bytes = rest.utf8.span
        guard bytes.contains(UInt8(ascii: "/")) else {
            guard let host = PeerHost(rest) else { return nil }
            self.host = host
            form = .bare
            basePath = ""
            return
        }
        let scheme: AddressForm
        if bytes.startsFolded("https://") {
            rest = Substring(rest.utf8.dropFirst(8))
            scheme = .scheme
        } else if bytes.startsFolded("http://") {
            rest = Substring(rest.utf8.dropFirst(7))
            scheme = .plainScheme
        } else {
            scheme = .bare
        }
        let slash = rest.utf8.last == UInt8(ascii: "/")
        if slash { rest = Substring(rest.utf8.dropLast()) }
        if rest.utf8.suffix(10).elementsEqual("/index.php".utf8) {
            rest = Substring(rest.utf8.dropLast(10))
        }
        var path = Substring()
        if let start = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
            path = rest[start...]
            rest = rest[..<start]
        }
        guard path.isPlainPath,
            let host = PeerHost(rest, defaultPort: scheme == .plainScheme ? 80 : 443)
        else { return nil }
        self.host = host
        self.form = slash && scheme == .scheme ? .schemeAndSlash : scheme
        self.basePath = String(path)
    }
}

/// What an access token says: for which share it is, who may use it for what, and until when.
///
/// It is stateless; only its seal makes it true (`TokenSealer`).
package struct AccessToken: Sendable, Equatable {
    /// The registry's name for the share; at most 255 bytes.
    package let share: String
    /// The peer that exchanged the code.
    package let peer: PeerHost
    package let permissions: SharePermissions
    /// The canonical path below which it is good, without a slash at its end (`/public.php/webdav`).
    package let pathPrefix: String
    /// Unix seconds.
    package let issued: Int
    /// Unix seconds; from then on it is expired.
    package let expires: Int
    /// The revocation epoch of the share when the token was made.
    package let epoch: UInt32

    package init(
        share: String, peer: PeerHost, permissions: SharePermissions, pathPrefix: String,
        issued: Int, expires: Int, epoch: UInt32
    ) {
        self.share = share
        self.peer = peer
        self.permissions = permissions
        self.pathPrefix = pathPrefix
        self.issued = issued
        self.expires = expires
        self.epoch = epoch
    }

    /// The refusal of a token that is expired, or that was made while the clock was ahead: it would be
    /// good for as much longer (`token_expired`).
    package func expiry(at now: Int) -> Denial? {
        guard now < expires else { return Denial(.tokenExpired, "since \(expires)") }
        guard issued - Self.smallStep <= now else {
            return Denial(.tokenExpired, "made at \(issued), when the clock was ahead")
        }
        return nil
    }

    /// Seconds that a clock may be set back by with no token lost.
    private static let smallStep = 30

    /// What the token is good for, while it is valid.
    package var scope: DataScope { DataScope(permissions, below: pathPrefix) }

    // MARK: Layout: version, permissions, epoch, issued, expires, three texts with two-byte lengths.

    private static let version: UInt8 = 1
    /// Bytes of one whose texts are empty.
    static let leastCount = 1 + 1 + 4 + 8 + 8 + 3 * 2
    private static let unspecified: UInt8 = 0xFF

    /// nil when a text is longer than the layout holds or a number is negative.
    func encoded() -> [UInt8]? {
        guard issued >= 0, expires >= 0 else { return nil }
        var bytes: [UInt8] = [Self.version, permissionByte]
        Self.append(UInt64(epoch), count: 4, to: &bytes)
        Self.append(UInt64(issued), count: 8, to: &bytes)
        Self.append(UInt64(expires), count: 8, to: &bytes)
        for (text, limit) in [(share, 255), (peer.description, 300), (pathPrefix, 2048)] {
            let utf8 = Array(text.utf8)
            guard utf8.count <= limit else { return nil }
            Self.append(UInt64(utf8.count), count: 2, to: &bytes)
            bytes += utf8
        }
        return bytes
    }

    init?(decoding bytes: [UInt8]) {
        var rest = bytes[...]
        guard Self.number(1, &rest) == UInt64(Self.version),
            let mask = Self.number(1, &rest), let epoch = Self.number(4, &rest),
            let issued = Self.number(8, &rest).flatMap({ Int(exactly: $0) }),
            let expires = Self.number(8, &rest).flatMap({ Int(exactly: $0) }),
            let share = Self.text(&rest), let peer = Self.text(&rest).flatMap({ PeerHost($0) }),
            let pathPrefix = Self.text(&rest), rest.isEmpty,
            let epoch = UInt32(exactly: epoch), let mask = UInt8(exactly: mask)
        else { return nil }
        self.init(
            share: share, peer: peer, permissions: Self.permissions(mask), pathPrefix: pathPrefix,
            issued: issued, expires: expires, epoch: epoch)
    }

    /// Words beyond read, write and share have no meaning on WebDAV and are not carried.
    private var permissionByte: UInt8 {
        switch permissions {
        case .unspecified: Self.unspecified
        case .named(let names):
            SharePermissions.known.enumerated().reduce(UInt8(0)) { mask, known in
                names.contains(known.element) ? mask | 1 << UInt8(known.offset) : mask
            }
        }
    }

    private static func permissions(_ mask: UInt8) -> SharePermissions {
        if mask == unspecified { return .unspecified }
        return .named(
            SharePermissions.known.enumerated()
                .filter { mask & 1 << UInt8($0.offset) != 0 }.map(\.element))
    }

    private static func append(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
        for place in (0..<count).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(place * 8)))
        }
    }

    private static func number(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard rest.count >= count else { return nil }
        let number = rest.prefix(count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(count)
        return number
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let count = number(2, &rest).flatMap({ Int(exactly: $0) }), rest.count >= count else {
            return nil
        }
        defer { rest = rest.dropFirst(count) }
        return String(validating: rest.prefix(count), as: UTF8.self)
    }
}

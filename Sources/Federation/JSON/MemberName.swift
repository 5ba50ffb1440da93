import OpenSSL

/// A name that members of messages have, by which one is found without a look at letters.
///
/// A message may have members with other names: they are found by their text. Documents and lists have names
/// of their own, which are not here.
package enum MemberName: UInt8, Sendable, CaseIterable {
    case accessTypes, code, datatx, description, email, embedded, expiration, file, grantee
    case message, multi, name, notification, notificationType, options, owner, ownerDisplayName
    case ownerFederatedID, payload, permissions, `protocol`, providerID, recipientProvider, remote
    case remoteID, requirements, resourceType, secret, sender, senderDisplayName, senderDomain
    case share, sharedBy, sharedByDisplayName, sharedByFederatedID, sharedSecret, shareType
    case shareWith, size, srcURI, ssh, targets, token, uri, upperCaseURI, uriTemplate, url, userID
    case userId, viewMode, webapp, webdav

    /// As it is written.
    package var text: String {
        switch self {
        case .accessTypes: "accessTypes"
        case .code: "code"
        case .datatx: "datatx"
        case .description: "description"
        case .email: "email"
        case .embedded: "embedded"
        case .expiration: "expiration"
        case .file: "file"
        case .grantee: "grantee"
        case .message: "message"
        case .multi: "multi"
        case .name: "name"
        case .notification: "notification"
        case .notificationType: "notificationType"
        case .options: "options"
        case .owner: "owner"
        case .ownerDisplayName: "ownerDisplayName"
        case .ownerFederatedID: "ownerFederatedId"
        case .payload: "payload"
        case .permissions: "permissions"
        case .protocol: "protocol"
        case .providerID: "providerId"
        case .recipientProvider: "recipientProvider"
        case .remote: "remote"
        case .remoteID: "remoteId"
        case .requirements: "requirements"
        case .resourceType: "resourceType"
        case .secret: "secret"
        case .sender: "sender"
        case .senderDisplayName: "senderDisplayName"
        case .senderDomain: "senderDomain"
        case .share: "share"
        case .sharedBy: "sharedBy"
        case .sharedByDisplayName: "sharedByDisplayName"
        case .sharedByFederatedID: "sharedByFederatedId"
        case .sharedSecret: "sharedSecret"
        case .shareType: "shareType"
        case .shareWith: "shareWith"
        case .size: "size"
        case .srcURI: "srcUri"
        case .ssh: "ssh"
        case .targets: "targets"
        case .token: "token"
        case .uri: "uri"
        case .upperCaseURI: "URI"
        case .uriTemplate: "uriTemplate"
        case .url: "url"
        case .userID: "userID"
        case .userId: "userId"
        case .viewMode: "viewMode"
        case .webapp: "webapp"
        case .webdav: "webdav"
        }
    }

    /// The one for all that a reader without regard to letter case takes for the same.
    var folded: MemberName {
        switch self {
        case .upperCaseURI: .uri
        case .userId: .userID
        case _: self
        }
    }

    /// The name of just these bytes; nil for one that is not here.
    static func named(_ bytes: Span<UInt8>) -> MemberName? {
        guard case .exact(let name)? = table.find(bytes) else { return nil }
        return name
    }

    /// The ``folded`` name of these bytes, whatever the case of their letters; nil for one that is not here.
    static func named(inAnyCase bytes: Span<UInt8>) -> MemberName? {
        switch table.find(bytes) {
        case .exact(let name)?, .inOtherCase(let name)?: name.folded
        case nil: nil
        }
    }

    private static let table = Table()
}

extension MemberName {
    /// All names, found by the length and three of the letters.
    private struct Table: Sendable {
        /// One more than the number of the name; 0 where there is none. More than twice as many as names.
        private var slots = [UInt8](repeating: 0, count: 128)
        /// The letters of the names, in their order, each at a multiple of `stride`.
        private var letters: [UInt8] = []
        private var counts: [Int] = []

        /// Bytes; no name is longer.
        private static let stride = 24

        /// A name that was looked for: spelled as it is, or so but for the case of letters.
        enum Found {
            case exact(MemberName)
            case inOtherCase(MemberName)
        }

        init() {
            for name in MemberName.allCases {
                let spelling = Array(name.text.utf8)
                var slot = Self.slot(of: spelling.span)
                while slots[slot] != 0 { slot = (slot + 1) & 127 }
                slots[slot] = name.rawValue + 1
                counts.append(spelling.count)
                letters += spelling + [UInt8](repeating: 0, count: Self.stride - spelling.count)
            }
        }

        func find(_ bytes: Span<UInt8>) -> Found? {
            guard bytes.count > 0, bytes.count <= Self.stride else { return nil }
            let letters = letters.span
            var slot = Self.slot(of: bytes)
            var inOtherCase: MemberName?
            while slots[slot] != 0 {
                let number = slots[slot] - 1
                if counts[Int(number)] == bytes.count, let name = MemberName(rawValue: number) {
                    let start = Int(number) * Self.stride
                    let spelling = letters.extracting(start..<(start + bytes.count))
                    if spelling.isSame(as: bytes) { return .exact(name) }
                    if inOtherCase == nil, Self.isSameInAnyCase(spelling, bytes) {
                        inOtherCase = name
                    }
                }
                slot = (slot + 1) & 127
            }
            return inOtherCase.map { .inOtherCase($0) }
        }

        /// The same for names that differ in letter case alone.
        private static func slot(of bytes: Span<UInt8>) -> Int {
            let (first, middle) = (bytes[0] | 0x20, bytes[bytes.count / 2] | 0x20)
            let last = bytes[bytes.count - 1] | 0x20
            let letters = UInt32(first) | UInt32(middle) << 8 | UInt32(last) << 16
            let mixed = (letters | UInt32(bytes.count) << 24) &* 0x9E37_79B1
            return Int(mixed >> 25)
        }

        private static func isSameInAnyCase(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
            for place in a.indices where a[place].asciiLowercased != b[place].asciiLowercased {
                return false
            }
            return true
        }
    }
}

/// A set of such names.
struct MemberNameSet: Sendable {
    private var bits: UInt64 = 0

    func contains(_ name: MemberName) -> Bool { bits & Self.bit(name) != 0 }

    /// False when it is there already.
    mutating func insert(_ name: MemberName) -> Bool {
        let isNew = !contains(name)
        bits |= Self.bit(name)
        return isNew
    }

    private static func bit(_ name: MemberName) -> UInt64 { 1 << UInt64(name.rawValue) }
}

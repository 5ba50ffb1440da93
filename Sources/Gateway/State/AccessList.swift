import OpenSSL

/// Whom the access list of a file names (`acl(5)`): they are not in the mode, whose bits for the group are the
/// most that any of them may do.
struct AccessList {
    /// A user or a group, by its number.
    enum Named: Equatable {
        case user(UInt32)
        case group(UInt32)
    }

    /// Those that it permits anything.
    let named: [Named]

    /// Nil where it cannot be known, or read.
    init?(of path: String) {
        guard let bytes = FileAccess.list(of: path) else { return nil }
        self.init(bytes)
    }

    /// Reads what Linux keeps (`linux/posix_acl_xattr.h`): the version, then of each entry its kind, what it
    /// permits, and a number, each with the little end first. No bytes name nobody.
    ///
    /// Refused: other versions, kinds and lengths.
    init?(_ bytes: [UInt8]) {
        var named: [Named] = []
        if !bytes.isEmpty {
            guard bytes.count % 8 == 4, Self.number(bytes[..<4]) == 2 else { return nil }
            for start in stride(from: 4, to: bytes.count, by: 8) {
                let permits = Self.number(bytes[(start + 2)..<(start + 4)]) != 0
                let number = Self.number(bytes[(start + 4)..<(start + 8)])
                switch Self.number(bytes[start..<(start + 2)]) {
                // The owner, the group of the file, the most of all, and the others, as in the mode.
                case 0x01, 0x04, 0x10, 0x20: break
                case 0x02: if permits { named.append(.user(number)) }
                case 0x08: if permits { named.append(.group(number)) }
                default: return nil
                }
            }
        }
        self.named = named
    }

    /// Whether it names nobody but a user and root.
    func names(only user: UInt32) -> Bool {
        named.allSatisfy { $0 == .user(user) || $0 == .user(0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

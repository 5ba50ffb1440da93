import OpenSSL

/// The names seen in one object, compared as the loosest reader behind us would compare them.
///
/// Go matches names without regard to letter case, with the two letters that fold to ASCII
/// (U+212A KELVIN SIGN to k, U+017F LONG S to s) included.
struct MemberNames {
    /// Those that messages have, and those that are read as one of these, folded.
    private var known = MemberNameSet()
    /// Other names of ASCII, as they came, while there are no others.
    private var few: [String] = []
    /// All other names, folded once each, as soon as one is not of ASCII or they are more than a few.
    private var many: Set<String> = []

    /// False when the name, folded, is there already.
    ///
    /// - Parameter member: which of the known names it is, where it is one.
    mutating func insert(_ name: String, _ member: MemberName?) -> Bool {
        if let member { return known.insert(member.folded) }
        if let disguised = MemberName.disguised(name) { return known.insert(disguised) }
        if many.isEmpty {
            if name.isASCII, few.count < 24 {
                for other in few where Self.isSameASCII(name, other) { return false }
                few.append(name)
                return true
            }
            many = Set(few.map(Self.fold))
        }
        return many.insert(Self.fold(name)).inserted
    }

    /// Whether two names of ASCII are one but for letter case.
    static func isSameASCII(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        let left = a.utf8.span
        let right = b.utf8.span
        for place in left.indices
        where left[place].asciiLowercased != right[place].asciiLowercased { return false }
        return true
    }

    /// The name as a reader without regard to case sees it.
    static func fold(_ name: String) -> String {
        if name.isASCII {
            return String(decoding: name.utf8.map(\.asciiLowercased), as: UTF8.self)
        }
        var folded = ""
        for scalar in name.unicodeScalars {
            switch scalar.value {
            case 0x212A: folded.append("k")
            case 0x17F: folded.append("s")
            default: folded.append(scalar.properties.lowercaseMapping)
            }
        }
        return folded
    }
}

extension MemberName {
    /// The folded name that a reader without regard to case takes for this one; nil when there is none.
    static func disguised(_ name: String) -> MemberName? {
        if name.isASCII { return named(inAnyCase: name.utf8.span) }
        return named(inAnyCase: MemberNames.fold(name).utf8.span)
    }
}

/// The names seen in one object, compared as the loosest reader behind us would compare them.
///
/// Go matches names without regard to letter case, with the two letters that fold to ASCII
/// (U+212A KELVIN SIGN to k, U+017F LONG S to s) included.
struct MemberNames {
    private var few: [String] = []
    private var many: Set<String> = []

    /// False when the name, folded, is there already.
    mutating func insert(_ name: String) -> Bool {
        let folded = Self.fold(name)
        if many.isEmpty {
            if few.contains(folded) { return false }
            few.append(folded)
            if few.count > 24 {
                many = Set(few)
                few = []
            }
            return true
        }
        return many.insert(folded).inserted
    }

    /// The name as a reader without regard to case sees it.
    static func fold(_ name: String) -> String {
        if name.utf8.allSatisfy({ $0 < 0x80 && !(0x41...0x5A).contains($0) }) { return name }
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

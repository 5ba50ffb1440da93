internal import Foundation
internal import OpenSSL

/// Names beyond ASCII as the DNS has them: lower-case, NFKC, then Punycode (RFC 3492) behind
/// `xn--`.
///
/// Stricter than UTS 46: after the mapping only letters, marks and digits (and "〇" and "l·l") may
/// stand in a label, and of them none that a case folding changes or leaves out (RFC 5892 2.2 and 2.3), so that no
/// invisible or separating character survives in a name that is compared, and every reader of names
/// makes the same A-label of it.
enum IDNA {
    /// The name in lower-case A-labels, or nil when a label cannot be one.
    static func ascii(_ name: some StringProtocol) -> String? {
        if name.utf8.allSatisfy({ $0 < 0x80 }) {
            let lower = asciiLowercased(name)
            guard lower.contains("xn--") else { return lower }
            return joined(lower)
        }
        let mapped = name.lowercased().precomposedStringWithCompatibilityMapping.lowercased()
        // What is mapped to one of these is "ss" or "σ" to others: "ẞ", the lunate sigma.
        guard exceptions(in: mapped) == exceptions(in: name) else { return nil }
        return joined(mapped)
    }

    private static func joined(_ name: String) -> String? {
        var labels: [String] = []
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard let aLabel = aLabel(label) else { return nil }
            labels.append(aLabel)
        }
        return labels.joined(separator: ".")
    }

    private static func aLabel(_ label: Substring) -> String? {
        if label.hasPrefix("xn--") {
            // An A-label must be what its own U-label gives (RFC 5891 5.4).
            guard let scalars = Punycode.decoded(label.dropFirst(4)),
                scalars.contains(where: { !$0.isASCII }), isULabel(scalars),
                Punycode.encoded(scalars) == String(label.dropFirst(4)),
                isStable(scalars)
            else { return nil }
            return String(label)
        }
        let scalars = Array(label.unicodeScalars)
        if scalars.allSatisfy(\.isASCII) { return String(label) }
        guard isULabel(scalars), isStable(scalars), let encoded = Punycode.encoded(scalars) else {
            return nil
        }
        return "xn--\(encoded)"
    }

    private static func isULabel(_ scalars: [Unicode.Scalar]) -> Bool {
        guard let first = scalars.first, first != "-", scalars.last != "-",
            !(scalars.count > 3 && scalars[2] == "-" && scalars[3] == "-")
        else { return false }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: break
        }
        return scalars.indices.allSatisfy { place in
            let scalar = scalars[place]
            guard isException(scalar) || !scalar.properties.changesWhenNFKCCaseFolded else {
                return false
            }
            return switch scalar.properties.generalCategory {
            case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark,
                .decimalNumber:
                true
            default:
                switch scalar {
                case "-", "\u{3007}": true
                // Between two letters l alone (RFC 5892 A.3).
                case "\u{B7}":
                    scalars[..<place].last == "l" && scalars[place...].dropFirst().first == "l"
                default: false
                }
            }
        }
    }

    /// Whether a case folding changes the letter, and it is one of a name nonetheless (RFC 5892 2.6).
    private static func isException(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "ß" || scalar == "ς"
    }

    private static func exceptions(in name: some StringProtocol) -> Int {
        name.unicodeScalars.count(where: isException)
    }

    /// True when mapping the label again changes nothing.
    private static func isStable(_ scalars: [Unicode.Scalar]) -> Bool {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let label = String(text)
        return label.lowercased().precomposedStringWithCompatibilityMapping.unicodeScalars
            .elementsEqual(scalars)
    }

    private static func asciiLowercased(_ name: some StringProtocol) -> String {
        String(decoding: name.utf8.map(\.asciiLowercased), as: UTF8.self)
    }
}

/// Why a text is not the strict JSON that is read here, and at which byte.
package struct JSONError: Error, Sendable, Equatable {
    package let problem: Problem
    /// Zero-based offset of the offending byte.
    package let offset: Int

    /// What a text is refused for.
    package enum Problem: String, Sendable, CaseIterable {
        case tooLong = "too long"
        case tooDeep = "nested too deeply"
        case tooManyValues = "too many values"
        case endOfText = "ends too early"
        case unexpectedByte = "unexpected byte"
        case trailingBytes = "bytes after the end"
        case byteOrderMark = "byte order mark"
        case controlCharacter = "control character in a string"
        case invalidEscape = "invalid escape"
        case loneSurrogate = "lone surrogate"
        case invalidUTF8 = "not UTF-8"
        case invalidNumber = "not a number"
        case duplicateMember = "duplicate member"
        case nameTooLong = "name too long"
    }

    package init(problem: Problem, offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    /// The refusal of a peer's body that failed so.
    package var denial: Denial {
        Denial(
            problem == .tooLong ? .bodyTooLarge : .malformedJSON,
            "\(problem.rawValue) at byte \(offset)")
    }
}

/// How much JSON is read at most, in bytes, levels of nesting and values; and whether two members of
/// one object may have the same name.
package struct JSONLimits: Sendable, Equatable {
    package var bytes: Int
    package var depth: Int
    package var values: Int
    package var names: Names

    /// Bytes of a name that stands once. Names are compared as people read them, and to do that Swift
    /// sorts the marks of each letter, in the square of their number.
    static let longestName = 256

    /// How often a name may stand in one object.
    package enum Names: Sendable {
        case once
        /// Only for what nothing is decided by, such as records of the past: the first one counts.
        case repeated
    }

    package init(bytes: Int, depth: Int = 32, values: Int = 10_000, names: Names = .once) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
        self.names = names
    }

    /// An OCM message: 256 KiB, 32 levels.
    package static let message = JSONLimits(bytes: 262_144)
    /// A file of ours or a downloaded list.
    package static let file = JSONLimits(bytes: 16_777_216, values: 1_000_000)
}

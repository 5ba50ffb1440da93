import OpenSSL

/// A path in the one spelling in which it is routed and forwarded.
///
/// In every spelling runs of slashes are merged, and control characters, backslashes, broken
/// escapes, escapes that are not UTF-8 and dot segments are refused, but for a plain `.` where no
/// policy hangs on the path. What else happens depends on the rule.
package struct TargetPath: Sendable, Hashable, CustomStringConvertible {
    /// Which paths are strict and which are not.
    package enum Rule: Sendable {
        /// Policy hangs on this path. `%2F`, `%5C` and what becomes a dot segment or NUL when it is decoded
        /// again are refused; escapes of unreserved characters are resolved, the others written in
        /// upper case (RFC 3986, section 6.2.2).
        case routed
        /// The backend's own pages: the bytes go on as they came, but for merged slashes and segments
        /// that are a plain `.`, which are left out (RFC 3986, section 6.2.2.3). Only for paths that
        /// `PathJudgement` has found to be no other spelling of a routed one.
        case passThrough
    }

    /// The path as it is forwarded, in visible ASCII.
    package let text: String

    package init(_ raw: ArraySlice<UInt8>, rule: Rule) throws(PathFailure) {
        guard raw.first == 0x2F else { throw .relative }
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            if byte == 0x2F {
                if rule == .passThrough { Self.leaveOutDot(&output, &decoded) }
                if output.last != 0x2F {
                    output.append(byte)
                    decoded.append(byte)
                }
                index += 1
            } else if byte == 0x25 {
                guard let value = Self.escape(raw, at: index) else { throw .escape }
                try Self.check(escaped: value, rule)
                // An escaped slash is no separator; U+FFFD stands in for it.
                decoded.append(contentsOf: value == 0x2F ? [0xEF, 0xBF, 0xBD] : [value])
                switch rule {
                case .passThrough: output.append(contentsOf: raw[index..<index + 3])
                case .routed:
                    if Octet.isUnreserved(value) {
                        output.append(value)
                    } else {
                        output.append(escaped: value)
                    }
                }
                index += 3
            } else {
                guard byte != 0x5C else { throw .backslash }
                guard byte > 0x20, byte < 0x7F, !Self.refused.contains(byte) else {
                    throw .character
                }
                output.append(byte)
                decoded.append(byte)
                index += 1
            }
        }
        if rule == .passThrough { Self.leaveOutDot(&output, &decoded) }
        guard String(validating: decoded, as: UTF8.self) != nil else { throw .encoding }
        for segment in decoded.split(separator: 0x2F) where Self.isDot(segment) {
            throw .dotSegment
        }
        switch rule {
        case .routed: try Self.refuseClimbing(decoded)
        case .passThrough: break
        }
        text = String(decoding: output, as: UTF8.self)
    }

    /// A path that is already in the canonical spelling of routed ones; nil when it is not.
    package init?(canonical text: String) {
        guard let path = try? TargetPath(Array(text.utf8)[...], rule: .routed),
            path.text == text
        else { return nil }
        self = path
    }

    /// A path that has one spelling and one reading, whatever the rule: plain characters without
    /// escapes and parameters, no doubled slash, no dot segment. nil for any other.
    package init?(ordinary raw: ArraySlice<UInt8>) {
        let bytes = raw.span
        guard bytes.count > 0, bytes[0] == 0x2F else { return nil }
        var segment = 1
        for index in 1..<bytes.count {
            let byte = bytes[index]
            guard Octet.isPath(byte), byte != 0x3B else { return nil }
            if byte == 0x2F {
                guard
                    index > segment + 2
                        || !Self.isOdd(raw.dropFirst(segment).prefix(index - segment))
                else { return nil }
                segment = index + 1
            }
        }
        guard segment == bytes.count || !Self.isOdd(raw.dropFirst(segment)) else { return nil }
        text = String(decoding: raw, as: UTF8.self)
    }

    package var description: String { text }

    /// A path without its segments that are a plain `.`, and with merged slashes; as it came where it is
    /// refused whatever the rule. What it gives is not judged yet.
    package static func leavingOutDots(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let path = try? TargetPath(raw, rule: .passThrough) else { return raw }
        return Array(path.text.utf8)[...]
    }

    /// The segments with their escapes resolved; a trailing slash gives a last empty one.
    package var segments: [String] {
        text.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map {
            String(decoding: Self.decode(ArraySlice($0)), as: UTF8.self)
        }
    }

    private static func check(escaped value: UInt8, _ rule: Rule) throws(PathFailure) {
        guard value >= 0x20, value != 0x7F else { throw .control }
        switch rule {
        case .passThrough: break
        case .routed:
            if value == 0x2F { throw .encodedSlash }
            if value == 0x5C { throw .encodedBackslash }
        }
    }

    /// Refused (`double_encoding`): what leads out of its folder, or ends before its end, for a server that
    /// decodes again. A name may hold what looks like an escape: `https%3A%2F%2F…` is how pages are saved.
    private static func refuseClimbing(_ decoded: [UInt8]) throws(PathFailure) {
        var bytes = decoded
        for _ in 0..<rounds {
            guard bytes.contains(0x25) else { return }
            let next = decode(bytes[...])
            if next == bytes { return }
            bytes = next
            guard !bytes.contains(0) else { throw .doubleEncoding }
            for segment in bytes.split(whereSeparator: { $0 == 0x2F || $0 == 0x5C })
            where isDot(segment.prefix { $0 != 0x3F && $0 != 0x23 }) {
                throw .doubleEncoding
            }
        }
        throw .doubleEncoding
    }

    /// How often a path is looked at, and decoded again: more than any chain of servers was seen to do.
    static let rounds = 4

    /// The byte that the escape at `index` stands for.
    static func escape(_ raw: ArraySlice<UInt8>, at index: Int) -> UInt8? {
        guard raw[index] == 0x25, index + 2 < raw.endIndex,
            let high = Octet.hexValue(raw[index + 1]), let low = Octet.hexValue(raw[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// All escapes resolved once; broken ones stay.
    package static func decode(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            if let value = escape(raw, at: index) {
                output.append(value)
                index += 3
            } else {
                output.append(raw[index])
                index += 1
            }
        }
        return output
    }

    /// Takes back a segment that is `.`, without escapes, at the end of what was written.
    private static func leaveOutDot(_ output: inout [UInt8], _ decoded: inout [UInt8]) {
        guard output.suffix(2).elementsEqual([0x2F, 0x2E]) else { return }
        output.removeLast()
        decoded.removeLast()
    }

    /// Empty, `.` or `..`.
    static func isOdd(_ segment: ArraySlice<UInt8>) -> Bool {
        segment.count <= 2 && segment.allSatisfy { $0 == 0x2E }
    }

    /// `.` or `..`, also when `;` and parameters follow, which some servers strip first.
    private static func isDot(_ segment: ArraySlice<UInt8>) -> Bool {
        let name = segment.prefix { $0 != 0x3B }
        return name.elementsEqual([0x2E]) || name.elementsEqual([0x2E, 0x2E])
    }

    /// `"#<>?`: delimiters that may stand in no path; other odd signs (`[]^{|}`) do no harm.
    private static let refused = Array("\"#<>?".utf8)
}

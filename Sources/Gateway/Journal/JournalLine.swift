package import Federation
import OpenSSL

/// One line of the journal: a JSON object whose first members are `seq`, `type` and `at`, and whose
/// last one is `hash`, the link of the chain.
///
///     {"seq":7,"type":"decision","at":"2026-11-27T00:45:12.123Z", ... ,"hash":"<64 hex digits>"}
///
/// `hash` is SHA-256 over the hash of the line before (32 bytes; 32 zeros before the first line of
/// all) and the bytes of this line up to `,"hash":`. Numbers go up by one, from 1, across all files.
package struct JournalLine: Sendable {
    /// What a line is about.
    package enum Kind: String, Sendable, CaseIterable {
        case decision
        /// The first line of a file: the hash and the day that it carries on from.
        case begin
        /// A signature over everything before.
        case checkpoint
        /// Bytes before it that a crash left, and that are no line.
        case torn
        /// Whole days that were removed because they were old enough.
        case removed
        /// A subject that was forgotten.
        case erased
        /// Why the signature of a decision before it failed.
        case diagnosis
        /// Decisions that have no line: too many refusals, or a disk that was full.
        case unrecorded
        /// Another policy is in force.
        case policy
    }

    /// The bytes, without the end of the line.
    package let bytes: ArraySlice<UInt8>
    package let seq: Int
    package let kind: Kind
    /// Where the bytes that are hashed end.
    private let end: Int

    /// Refused: anything that has not the form, or is incomplete. Whether the hash is right is
    /// not looked at.
    package init?(_ bytes: ArraySlice<UInt8>) {
        let end = bytes.endIndex - Self.tailCount
        guard end > bytes.startIndex, bytes.last == UInt8(ascii: "}"),
            bytes[(end)...].starts(with: Self.tail),
            bytes.starts(with: Self.head)
        else { return nil }
        var place = bytes.startIndex + Self.head.count
        var seq = 0
        while place < end, (0x30...0x39).contains(bytes[place]) {
            let (times, over) = seq.multipliedReportingOverflow(by: 10)
            let (sum, more) = times.addingReportingOverflow(Int(bytes[place] - 0x30))
            guard !over, !more else { return nil }
            seq = sum
            place += 1
        }
        guard seq > 0, bytes[place..<end].starts(with: Self.type) else { return nil }
        place += Self.type.count
        guard let stop = bytes[place..<end].firstIndex(of: UInt8(ascii: "\"")),
            let kind = Kind(rawValue: String(decoding: bytes[place..<stop], as: UTF8.self)),
            bytes[stop..<end].starts(with: Self.at)
        else { return nil }
        self.bytes = bytes
        self.seq = seq
        self.kind = kind
        self.end = end
    }

    /// The bytes that the hash is over, behind the hash of the line before.
    package var hashed: ArraySlice<UInt8> { bytes[bytes.startIndex..<end] }

    /// The hash that the line states; nil when it is no hash.
    package var hash: JournalHash? {
        JournalHash(hex: bytes[(end + Self.tail.count)...].dropLast(2))
    }

    /// Milliseconds since 1970; nil when it is no time.
    package var time: Int? { Timestamp.milliseconds(member("at")?.string ?? "") }

    /// A member of the object, without reading the others; nil when there is none.
    package func member(_ name: String) -> JSONValue? {
        guard let place = JSONMembers.value(of: name, in: bytes.span) else { return nil }
        return try? JSONValue(parsing: bytes.span.extracting(place), limits: .journal)
    }

    /// The whole object; nil when it is no JSON.
    package var object: JSONObject? {
        (try? JSONValue(parsing: bytes.span, limits: .journal))?.object
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    static let head = Array(#"{"seq":"#.utf8)
    static let type = Array(#","type":""#.utf8)
    static let at = Array(#"","at":""#.utf8)
    static let tail = Array(#","hash":""#.utf8)
    static let tailCount = tail.count + 64 + 2
}

/// A link of the chain.
package struct JournalHash: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    let bytes: [UInt8]

    /// Before the first line of all.
    static let none = JournalHash(bytes: Array(repeating: 0, count: 32))

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    /// 64 lower-case hexadecimal digits.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for digit in hex {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let half = high {
                bytes.append(half << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }

    package init?(_ text: String) { self.init(hex: Array(text.utf8)) }

    /// The hash of bytes that are no line.
    init(of bytes: [UInt8]) { self.bytes = Hash.sha256.digest(bytes) }

    /// The hash of a line: over the one before and the line's bytes.
    init(after previous: JournalHash, _ line: some Collection<UInt8>) {
        var message: [UInt8] = []
        message.reserveCapacity(32 + line.count)
        message += previous.bytes
        message += line
        bytes = Hash.sha256.digest(message)
    }

    package var description: String {
        var text: [UInt8] = []
        write(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func write(into text: inout [UInt8]) {
        for byte in bytes {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

extension JSONLimits {
    /// What the journal writes itself.
    static let journal = JSONLimits(bytes: 1 << 20, depth: 16, values: 65_536)
}

/// Finds members of a JSON object without reading the others.
enum JSONMembers {
    /// Where the value of the first member of this name is; nil when there is none, or when the text
    /// is not as we write it. Names are compared as they are written.
    static func value(of name: String, in text: Span<UInt8>) -> Range<Int>? {
        let name = Array(name.utf8)
        var place = 0
        guard text.count > 1, text[0] == UInt8(ascii: "{") else { return nil }
        place = 1
        while place < text.count, text[place] == UInt8(ascii: "\"") {
            guard let nameEnd = stringEnd(text, place), nameEnd + 1 < text.count,
                text[nameEnd] == UInt8(ascii: ":")
            else { return nil }
            let isMeant =
                nameEnd - place - 2 == name.count
                && text.extracting((place + 1)..<(nameEnd - 1)).isSame(as: name.span)
            guard let end = valueEnd(text, nameEnd + 1), end < text.count else { return nil }
            if isMeant { return (nameEnd + 1)..<end }
            guard text[end] == UInt8(ascii: ",") else { return nil }
            place = end + 1
        }
        return nil
    }

    /// Behind the string that begins at `start`.
    private static func stringEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var place = start + 1
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""): return place + 1
            case UInt8(ascii: "\\"): place += 2
            default: place += 1
            }
        }
        return nil
    }

    /// Behind the value that begins at `start`.
    private static func valueEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var place = start
        var depth = 0
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(text, place) else { return nil }
                place = end
                if depth == 0 { return place }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return place }
                depth -= 1
                if depth == 0 { return place + 1 }
            case UInt8(ascii: ",") where depth == 0: return place
            default: break
            }
            place += 1
        }
        return nil
    }
}

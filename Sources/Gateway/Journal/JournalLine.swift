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
        guard end > bytes.startIndex, bytes.suffix(2).elementsEqual(Self.close),
            bytes[(end)...].starts(with: Self.tail),
            bytes.starts(with: Self.head)
        else { return nil }
        var place = bytes.startIndex + Self.head.count
        var seq = 0
        while place < end, bytes[place].isDigit {
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
        let digits = bytes[(end + Self.tail.count)..<(bytes.endIndex - 2)]
        return JournalHash(hex: digits.span)
    }

    /// Milliseconds since 1970; nil when it is no time.
    package var time: Int? { Timestamp.milliseconds(member("at")?.string ?? "") }

    /// A member of the object, without reading the others; nil when there is none.
    package func member(_ name: String) -> JSONValue? {
        guard let place = JSONMembers.value(of: name, in: bytes.span) else { return nil }
        return try? JSONValue(parsing: bytes.span.extracting(place), limits: .journal)
    }

    /// Whether its members can be found up to the last one.
    var isReadable: Bool { JSONMembers.areWhole(in: bytes.span) }

    /// All members, found once and each read when it is asked for.
    package var members: JournalMembers { JournalMembers(bytes) }

    /// The whole object; nil when it is no JSON.
    package var object: JSONObject? {
        (try? JSONValue(parsing: bytes.span, limits: .journal))?.object
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    static let head = Array(#"{"seq":"#.utf8)
    static let type = Array(#","type":""#.utf8)
    static let at = Array(#"","at":""#.utf8)
    static let tail = Array(#","hash":""#.utf8)
    static let close = Array(#""}"#.utf8)
    static let tailCount = tail.count + 64 + close.count
}

/// A link of the chain.
package struct JournalHash: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    let bytes: [UInt8]

    /// Before the first line of all.
    static let none = JournalHash(bytes: Array(repeating: 0, count: 32))

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    /// 64 lower-case hexadecimal digits.
    init?(hex: Span<UInt8>) {
        guard hex.count == 64, let bytes = Hex.decode(hex) else { return nil }
        self.bytes = bytes
    }

    package init?(_ text: String) { self.init(hex: text.utf8.span) }

    /// The hash of bytes that are no line.
    init(of bytes: [UInt8]) { self.bytes = Hash.sha256.digest(bytes) }

    /// The hash of a line: over the one before and the line's bytes.
    init(after previous: JournalHash, _ line: Span<UInt8>) {
        bytes = Hash.sha256.digest(previous.bytes.span, line)
    }

    package var description: String { Hex.encode(bytes) }

    func write(into text: inout [UInt8]) { Hex.append(bytes.span, to: &text) }
}

extension JSONLimits {
    /// What the journal writes itself: a message with all its levels lies in it, and older records
    /// have several members of a body under one name.
    static let journal = JSONLimits(
        bytes: 1 << 20, depth: JSONLimits.message.depth + 8, values: 65_536, names: .repeated)
}

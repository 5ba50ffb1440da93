/// What a request that was refused seems to have been for: enough for the handler to answer it in the
/// form of that path, and to log it as what it was.
///
/// Nothing is decided by it. Where the head was read, it is that of the head; where it could not be,
/// it is guessed from what stands in the first line.
package struct RequestStart: Sendable, Equatable {
    /// The path as it came; empty when there is none.
    package let path: ArraySlice<UInt8>

    package init(_ head: RequestHead) { path = head.path }

    /// From a path, or the part of one that says what the request is for.
    package init(path: ArraySlice<UInt8>) { self.path = path.prefix { !Self.ends($0) } }

    /// From the bytes of a head that was refused, or is not whole.
    init(guessing bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
        while index < bytes.count, !Self.isBlank(bytes[index]) { index += 1 }
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        var target: [UInt8] = []
        while index < bytes.count, !Self.ends(bytes[index]) {
            target.append(bytes[index])
            index += 1
        }
        path = Self.path(of: target)
    }

    /// How the path may be read, by servers that are laxer than we are.
    package var readings: Set<String> { PathReadings.of(path) }

    /// Of an absolute target what follows its authority.
    private static func path(of target: [UInt8]) -> ArraySlice<UInt8> {
        guard target.first != 0x2F else { return target[...] }
        let colon = target.firstIndex(of: 0x3A) ?? target.endIndex
        let rest = target[colon...].dropFirst()
        guard rest.starts(with: [0x2F, 0x2F]) else { return [] }
        let authority = rest.dropFirst(2)
        return authority.firstIndex(of: 0x2F).map { authority[$0...] } ?? []
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    /// The end of a path: what separates it, a query, a fragment.
    private static func ends(_ byte: UInt8) -> Bool {
        isBlank(byte) || byte == 0x3F || byte == 0x23
    }
}

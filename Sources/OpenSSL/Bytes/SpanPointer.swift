#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One readable byte for empty input: OpenSSL takes a null pointer for "no call", not "no bytes".
@safe private struct EmptyInput: @unchecked Sendable {
    // Never written after it is made, so every thread may read it.
    let pointer: UnsafePointer<UInt8>

    init() {
        let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        unsafe byte.initialize(to: 0)
        unsafe pointer = UnsafePointer(byte)
    }
}

private let emptyInput = EmptyInput()

extension Span<UInt8> {
    /// Lends the bytes to a C function; the pointer is never null and valid for the call only.
    func withPointer<R, E: Error>(
        _ body: (UnsafePointer<UInt8>, Int) throws(E) -> R
    ) throws(E) -> R {
        try unsafe withUnsafeBufferPointer { (buffer) throws(E) in
            try unsafe body(buffer.baseAddress ?? emptyInput.pointer, buffer.count)
        }
    }
}

extension [UInt8] {
    /// Room for `capacity` bytes that a C function fills; it gives back how many it wrote.
    init(filling capacity: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        self.init()
        // An array without room is one that all threads share, and its count would be written to.
        append(addingCapacity: Swift.max(1, capacity)) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                guard let base = buffer.baseAddress else { return }
                count = unsafe body(base)
            }
        }
    }

    /// A copy of what a span lends, in one piece.
    package init(_ span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}

extension [UInt8] {
    /// What `body` appends to a span with room for `capacity` bytes: for callers of `TLSEngine`
    /// that have no buffers of their own kind.
    package init<E: Error>(
        rawCapacity capacity: Int, initializingWith body: (inout OutputRawSpan) throws(E) -> Void
    ) throws(E) {
        var failure: E?
        unsafe self.init(unsafeUninitializedCapacity: Swift.max(1, capacity)) { buffer, count in
            let room = UnsafeMutableRawBufferPointer(buffer)
            var span = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
            do throws(E) { try body(&span) } catch { failure = error }
            count = unsafe span.finalize(for: room)
        }
        if let failure { throw failure }
    }
}

extension [UInt8] {
    /// Appends a copy of what a span lends.
    package mutating func append(copying bytes: Span<UInt8>) {
        append(addingCapacity: bytes.count) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                }
                count = bytes.count
            }
        }
    }

    /// Appends a copy of what a span lends, between quotation marks.
    package mutating func append(quoting bytes: Span<UInt8>) {
        append(addingCapacity: bytes.count + 2) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                unsafe buffer[0] = UInt8(ascii: "\"")
                let room = UnsafeMutableRawBufferPointer(buffer)
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: room[1...])
                        .copyMemory(from: bytes)
                }
                unsafe buffer[bytes.count + 1] = UInt8(ascii: "\"")
                count = bytes.count + 2
            }
        }
    }

    /// Appends the bytes of a text, without the detour over a collection that `utf8` takes: lines
    /// of the log and of the journal have hundreds of texts.
    package mutating func append(utf8 text: String) { append(copying: text.utf8.span) }
}

extension [UInt8] {
    /// Appends a number as it is written in decimal.
    package mutating func append(decimal number: Int) {
        var digits = InlineArray<20, UInt8>(repeating: 0x30)
        var rest = number.magnitude
        var start = digits.count
        repeat {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { append(0x2D) }
        append(copying: digits.span.extracting(start...))
    }
}

extension [UInt8] {
    /// For tests: the bytes as raw memory. Unlike most elements, a byte has no padding that could be seen.
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}

extension Span<UInt8> {
    /// The place of the first such byte from a place on, found many bytes at once.
    package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        precondition(start >= 0 && start <= count, "beyond the span")
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, CInt(byte), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Eight bytes from a place on, the first of them lowest.
    @inlinable @inline(__always)
    package func word(at index: Int) -> UInt64 {
        precondition(index >= 0 && index <= count - 8, "beyond the span")
        return unsafe withUnsafeBytes { bytes in
            UInt64(
                littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        }
    }

    /// Whether both are the same bytes; how long it takes tells where they differ.
    package func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                guard let left = mine.baseAddress, let right = theirs.baseAddress else {
                    return true
                }
                return unsafe memcmp(left, right, mine.count) == 0
            }
        }
    }

    /// Where the first control character (below 0x20, or 0x7F) of `range` stands; its end when there
    /// is none. Looks at eight bytes at once.
    package func firstControl(in range: Range<Int>) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "beyond the span")
        return unsafe withUnsafeBytes { bytes in
            var index = range.lowerBound
            while index + 8 <= range.upperBound {
                let word = UInt64(
                    littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                )
                // A byte's high bit is set where the byte is below 0x20, or equal to 0x7F; a borrow can
                // set others too, but only above the first.
                let low = (word &- 0x2020_2020_2020_2020) & ~word
                let other = word ^ 0x7F7F_7F7F_7F7F_7F7F
                let delete = (other &- 0x0101_0101_0101_0101) & ~other
                let found = (low | delete) & 0x8080_8080_8080_8080
                if found != 0 { return index + found.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < range.upperBound {
                let byte = unsafe bytes[index]
                if byte < 0x20 || byte == 0x7F { return index }
                index += 1
            }
            return index
        }
    }

    /// Whether all of it is printable ASCII that a JSON string holds as it is: no control character,
    /// no quotation mark, no backslash. Looks at eight bytes at once.
    package var isPlainText: Bool {
        guard count >= 8 else {
            for place in indices {
                switch self[place] {
                case 0..<0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
                default: break
                }
            }
            return true
        }
        var index = 0
        while index + 8 < count {
            guard Self.isPlainText(word(at: index)) else { return false }
            index += 8
        }
        // The last eight, some of which may have been looked at.
        return Self.isPlainText(word(at: count - 8))
    }

    /// Some high bit is set when a byte is not ASCII, or when it is below what is taken from it: without
    /// either, nothing borrows and no difference has a high bit.
    private static func isPlainText(_ word: UInt64) -> Bool {
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let quotation = word ^ 0x2222_2222_2222_2222
        let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let found =
            word | (word &- 0x2020_2020_2020_2020)
            | (delete &- 0x0101_0101_0101_0101) | (quotation &- 0x0101_0101_0101_0101)
            | (backslash &- 0x0101_0101_0101_0101)
        return found & 0x8080_8080_8080_8080 == 0
    }
}

/// Takes a chunked body apart (RFC 9112, section 7.1), in whatever pieces it comes.
///
/// Data is handed out as ranges over the caller's bytes, nothing is copied. Chunk extensions and
/// trailer fields are checked and dropped. Refused: an empty chunk size, one of more than 16
/// digits or beyond 2^63, any sign or space around it; extensions that break the grammar (bare CR
/// or LF, spaces outside of quotes); a size line over 128 bytes or more than 4 KiB of extensions
/// in one body; data that CR LF does not end; trailers over 4 KiB or 16 fields, malformed ones,
/// and those that frame, route or authenticate a message.
package struct ChunkedDecoder: Sendable {
    /// What `next` found.
    package enum Step: Sendable, Equatable {
        /// All of the bytes are used up.
        case needMore
        /// A piece of the body: this range of the bytes.
        case data(Range<Int>)
        /// The body is over; what lies at `offset` and after is no part of it.
        case end
    }

    private enum State: Sendable {
        case size
        case sizeEnd
        case data(remaining: Int)
        case dataReturn
        case dataLineFeed
        case trailer
        case trailerEnd
        case finished
        case failed(RequestFailure)
    }

    private var state = State.size
    private var size: UInt64 = 0
    private var digits = 0
    private var lineLength = 0
    private var extensionState = ChunkExtension()
    private var extensionBytes = 0
    private var trailerLine: [UInt8] = []
    private var trailerBytes = 0
    private var trailerFields = 0

    package init() {}

    /// Goes on at `offset`, and moves it past what was used. Call it until `.needMore` or `.end`.
    package mutating func next(
        in bytes: Span<UInt8>, from offset: inout Int
    ) throws(RequestFailure) -> Step {
        do {
            return try advance(bytes, &offset)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ offset: inout Int
    ) throws(RequestFailure) -> Step {
        while true {
            switch state {
            case .finished: return .end
            case .failed(let failure): throw failure
            case .data(let remaining):
                let piece = min(remaining, bytes.count - offset)
                guard piece > 0 else { return .needMore }
                let start = offset
                offset += piece
                state = remaining == piece ? .dataReturn : .data(remaining: remaining - piece)
                return .data(start..<offset)
            case .size, .sizeEnd, .dataReturn, .dataLineFeed, .trailer, .trailerEnd:
                guard offset < bytes.count else { return .needMore }
                try take(bytes[offset])
                offset += 1
            }
        }
    }

    private mutating func take(_ byte: UInt8) throws(RequestFailure) {
        switch state {
        case .size: try takeSize(byte)
        case .sizeEnd:
            guard byte == 0x0A else { throw .bareCarriageReturn }
            try endSizeLine()
        case .dataReturn:
            guard byte == 0x0D else { throw .chunkEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .chunkEnd }
            state = .size
        case .trailer: try takeTrailer(byte)
        case .trailerEnd:
            guard byte == 0x0A else { throw .bareCarriageReturn }
            try endTrailerLine()
        case .data, .finished, .failed: break
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(RequestFailure) {
        lineLength += 1
        guard lineLength <= Self.longestSizeLine else { throw .chunkExtensionTooLong }
        if extensionState.isOpen {
            if byte == 0x0D {
                guard extensionState.mayEnd else { throw .chunkExtension }
                state = .sizeEnd
                return
            }
            extensionBytes += 1
            guard extensionBytes <= Self.mostExtensionBytes else { throw .chunkExtensionTooLong }
            try extensionState.take(byte)
        } else if let digit = Octet.hexValue(byte) {
            digits += 1
            guard digits <= 16 else { throw .chunkSize }
            size = size << 4 | UInt64(digit)
        } else if digits > 0, byte == 0x0D {
            state = .sizeEnd
        } else if digits > 0, byte == 0x3B {
            extensionBytes += 1
            guard extensionBytes <= Self.mostExtensionBytes else { throw .chunkExtensionTooLong }
            extensionState.open()
        } else {
            throw byte == 0x0A ? .bareLineFeed : .chunkSize
        }
    }

    private mutating func endSizeLine() throws(RequestFailure) {
        guard let length = Int(exactly: size) else { throw .chunkSize }
        state = length == 0 ? .trailer : .data(remaining: length)
        size = 0
        digits = 0
        lineLength = 0
        extensionState = ChunkExtension()
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(RequestFailure) {
        trailerBytes += 1
        guard trailerBytes <= Self.mostTrailerBytes else { throw .trailerTooLarge }
        if byte == 0x0D {
            state = .trailerEnd
        } else if byte < 0x20 && byte != 0x09 || byte == 0x7F {
            throw byte == 0x0A ? .bareLineFeed : .controlCharacter
        } else {
            trailerLine.append(byte)
        }
    }

    private mutating func endTrailerLine() throws(RequestFailure) {
        guard !trailerLine.isEmpty else {
            state = .finished
            return
        }
        trailerFields += 1
        guard trailerFields <= Self.mostTrailerFields else { throw .trailerTooLarge }
        let field: FieldList.Entry
        do {
            field = try FieldLine.parse(trailerLine.span, 0..<trailerLine.count)
        } catch {
            throw .trailer
        }
        guard FieldKind.mayTrail(trailerLine.span.extracting(field.name), field.kind) else {
            throw .trailerForbidden
        }
        trailerLine.removeAll(keepingCapacity: true)
        state = .trailer
    }

    private static let longestSizeLine = 128
    private static let mostExtensionBytes = 4 << 10
    static let mostTrailerBytes = 4 << 10
    static let mostTrailerFields = 16
}

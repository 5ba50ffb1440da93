import Transport

/// The decoder of chunked bodies.
enum ChunkedProperties {
    /// What became of a body.
    private struct Reading: Equatable {
        var data: [UInt8] = []
        /// Where it ended; nil when it did not.
        var end: Int?
        var failure: RequestFailure?
    }

    /// The result does not depend on how the bytes are cut, and what was decoded reads the same
    /// when it is sent on in chunks of our own.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        let whole = read(bytes, by: [bytes.count])
        let pieces = read(bytes, by: Array(1...max(bytes.count, 1)))
        try hold(whole == pieces, "chunked: \(whole) whole, \(pieces) byte by byte")
        try hold(whole.data.count <= bytes.count, "chunked: more data than bytes")
        guard whole.end != nil else { return }
        let frame =
            whole.data.isEmpty
            ? [] : ChunkFrame.start(whole.data.count) + whole.data + ChunkFrame.end
        let written = frame + ChunkFrame.last
        let again = read(written, by: [written.count])
        try hold(again.end == written.count, "chunked: our own chunks are not read to their end")
        try hold(again.data == whole.data, "chunked: data changed by sending it on")
    }

    private static func read(_ bytes: [UInt8], by ends: [Int]) -> Reading {
        var decoder = ChunkedDecoder()
        var reading = Reading()
        var offset = 0
        do {
            for end in ends where end <= bytes.count {
                let piece = bytes.span.extracting(0..<end)
                var isUsedUp = false
                while !isUsedUp {
                    switch try decoder.next(in: piece, from: &offset) {
                    case .needMore: isUsedUp = true
                    case .data(let range): reading.data += bytes[range]
                    case .end:
                        reading.end = offset
                        return reading
                    }
                }
            }
        } catch { reading.failure = error }
        return reading
    }
}

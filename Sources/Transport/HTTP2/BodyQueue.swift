import NIOCore

/// Bytes of a body on their way, in pieces as they came.
struct BodyQueue {
    private var pieces = CircularBuffer<ByteBuffer>(initialCapacity: 1)
    private(set) var count = 0

    /// Small pieces are put together, so that many of them are not many.
    mutating func append(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        count += piece.readableBytes
        if let last = pieces.last, last.readableBytes + piece.readableBytes <= Self.small {
            pieces[pieces.index(before: pieces.endIndex)].writeImmutableBuffer(piece)
        } else {
            pieces.append(piece)
        }
    }

    /// Moves the first `wanted` bytes behind `output`.
    mutating func move(_ wanted: Int, to output: inout ByteBuffer) {
        var rest = min(wanted, count)
        count -= rest
        while rest > 0, let first = pieces.first {
            if first.readableBytes <= rest {
                rest -= first.readableBytes
                output.writeImmutableBuffer(first)
                pieces.removeFirst()
            } else {
                if let slice = first.getSlice(at: first.readerIndex, length: rest) {
                    output.writeImmutableBuffer(slice)
                }
                pieces[pieces.startIndex].moveReaderIndex(forwardBy: rest)
                rest = 0
            }
        }
    }

    mutating func removeAll() {
        pieces.removeAll()
        count = 0
    }

    private static let small = 4 << 10
}

import NIOCore

/// The bodies of requests, as HTTP/1 frames them.
extension ServerConnection {
    func claimConnection() -> Bool { counted != nil }

    func yieldConnection() {}

    func nextPiece() throws(RequestFailure) -> BodyPiece {
        var offset = 0
        let bytes = inbound
        let step = try cycle.nextPiece(in: bytes.readableBytesUInt8Span, from: &offset)
        use(offset)
        switch step {
        case .needMore: return .needMore
        case .data(let range):
            let start = bytes.readerIndex + range.lowerBound
            return bytes.getSlice(at: start, length: range.count).map { .data($0) } ?? .needMore
        case .end: return .end
        }
    }

    func rewind(_ head: RequestHead, behind kept: inout ByteBuffer) {
        kept.writeImmutableBuffer(inbound)
        inbound = kept
        cycle.rewind(head)
    }

    /// Drops what is left of a body; whether that is all of it.
    func drop() -> Bool {
        do {
            switch try nextPiece() {
            case .needMore: return false
            case .data: return true
            case .end:
                next(cycle.answered())
                return true
            }
        } catch {
            abort()
            return false
        }
    }
}

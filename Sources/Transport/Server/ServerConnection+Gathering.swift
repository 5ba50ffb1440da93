import NIOCore

/// Bodies that are read whole, or dropped.
extension ServerConnection {
    func startGathering(
        _ limit: Int, _ then: @escaping @Sendable (ReceivedRequest) async -> Answer
    ) {
        if let length = cycle.body.remaining, length > limit {
            loop.counters.count(.bodyTooLarge)
            refuse(.bodyTooLarge)
            return
        }
        sendContinue()
        let pace = BodyPace(
            from: loop.now, idle: site.limits.bodyIdle,
            bytesPerSecond: site.limits.bodyBytesPerSecond)
        gathering = Gathering(limit: limit, then: then, pace: pace)
        deadline = pace.deadline(at: loop.now)
        cycle.enter(.gathering)
    }

    /// What comes next of a body.
    enum Piece {
        case needMore
        case data(ByteBuffer)
        case end
    }

    /// Takes the next piece of the body from what has come.
    func nextPiece() throws(RequestFailure) -> Piece {
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

    /// Whether the body is whole, or was refused.
    func gather() -> Bool {
        do {
            switch try nextPiece() {
            case .needMore:
                if let pace = gathering?.pace { deadline = pace.deadline(at: loop.now) }
                return false
            case .data(let piece):
                let room = (gathering?.limit ?? 0) - (gathering?.bytes.count ?? 0)
                guard piece.readableBytes <= room else {
                    loop.counters.count(.bodyTooLarge)
                    refuse(.bodyTooLarge)
                    return false
                }
                gathering?.bytes.append(contentsOf: piece.readableBytesView)
                gathering?.pace.received(piece.readableBytes)
                return true
            case .end:
                answerGathered()
                return true
            }
        } catch {
            loop.counters.count(.malformed)
            refuse(error)
            return false
        }
    }

    private func answerGathered() {
        guard let gathering, let head else { return }
        self.gathering = nil
        deadline = .never
        cycle.enter(.answering)
        let request = ReceivedRequest(head: head, body: gathering.bytes, client: requester)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        client.loop.run {
            let answer = await gathering.then(request)
            bound.value.answered(answer)
        }
    }

    private func answered(_ answer: Answer) {
        guard cycle.phase == .answering else { return }
        send(answer)
        goOn()
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

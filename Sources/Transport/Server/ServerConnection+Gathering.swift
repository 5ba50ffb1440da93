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

    /// Whether the body is whole, or was refused.
    func gather() -> Bool {
        do {
            var offset = 0
            let bytes = inbound
            let step = try cycle.nextPiece(in: bytes.readableBytesUInt8Span, from: &offset)
            switch step {
            case .needMore:
                use(offset)
                if let pace = gathering?.pace { deadline = pace.deadline(at: loop.now) }
                return false
            case .data(let range):
                let room = (gathering?.limit ?? 0) - (gathering?.bytes.count ?? 0)
                guard range.count <= room else {
                    loop.counters.count(.bodyTooLarge)
                    refuse(.bodyTooLarge)
                    return false
                }
                gathering?.bytes.append(
                    contentsOf: inbound.readableBytesView.dropFirst(range.lowerBound).prefix(
                        range.count))
                gathering?.pace.received(range.count)
                use(offset)
                return true
            case .end:
                use(offset)
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
            var offset = 0
            let bytes = inbound
            let step = try cycle.nextPiece(in: bytes.readableBytesUInt8Span, from: &offset)
            use(offset)
            switch step {
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

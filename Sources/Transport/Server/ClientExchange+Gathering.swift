import NIOCore

/// A body that is read whole, and what is done with it then.
struct Gathering {
    let limit: Int
    let then: @Sendable (ReceivedRequest) async -> Plan
    let share: BodyShare
    var bytes: [UInt8] = []
    var pace: BodyPace
}

/// Bodies that are read whole.
extension ClientExchange {
    func startGathering(
        _ limit: Int, _ then: @escaping @Sendable (ReceivedRequest) async -> Plan
    ) {
        if case .length(let length) = head?.body, length > limit {
            loop.counters.count(.bodyTooLarge)
            refuse(.bodyTooLarge)
            return
        }
        let share = BodyShare(
            site.census.bodies(upTo: limit), of: site.counted(requester.address))
        guard share.hasRoom(for: leastBody) == .granted else {
            refuseGathering()
            return
        }
        sendContinue()
        let pace = BodyPace(
            from: loop.latest, idle: site.limits.bodyIdle,
            bytesPerSecond: site.limits.bodyBytesPerSecond)
        gathering = Gathering(limit: limit, then: then, share: share, pace: pace)
        deadline = pace.deadline(at: loop.latest)
        cycle.enter(.gathering)
    }

    /// What is known beforehand of the body's length; at least a byte, where there may be a body.
    private var leastBody: Int {
        switch head?.body {
        case .length(let length): length
        case .chunked: 1
        case .some(.none), nil: 0
        }
    }

    /// There is no memory for it: nothing more of it is read.
    private func refuseGathering() {
        loop.counters.count(.bodiesRefused)
        refuse(.bodiesTooMany)
    }

    /// Whether the body is whole, or was refused.
    func gather() -> Bool {
        do {
            switch try nextPiece() {
            case .needMore:
                if let pace = gathering?.pace { deadline = pace.deadline(at: loop.latest) }
                return false
            case .data(let piece):
                let room = (gathering?.limit ?? 0) - (gathering?.bytes.count ?? 0)
                guard piece.readableBytes <= room else {
                    loop.counters.count(.bodyTooLarge)
                    refuse(.bodyTooLarge)
                    return false
                }
                guard gathering?.share.take(piece.readableBytes) == .granted else {
                    refuseGathering()
                    return false
                }
                gathering?.bytes.append(contentsOf: piece.readableBytesView)
                gathering?.pace.received(piece.readableBytes, at: loop.latest)
                return true
            case .end:
                answerGathered()
                return true
            }
        } catch {
            refuseBody(error)
            return false
        }
    }

    /// Another process takes over: what is not whole is for it to judge, when it is sent again.
    func handOver() {
        refuse(.handedOver)
        settleOutput()
    }

    private func answerGathered() {
        guard let gathering, let head else { return }
        self.gathering = nil
        deadline = .never
        cycle.enter(.answering)
        let request = ReceivedRequest(head: head, body: gathering.bytes, client: requester)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        requester.loop.run {
            let plan = await gathering.then(request)
            bound.value.judged(plan, gathering.share)
            // Until here somebody has it.
            withExtendedLifetime(gathering.share) {}
        }
    }

    private func judged(_ plan: Plan, _ share: BodyShare) {
        guard cycle.phase == .answering else { return }
        if case .read = plan { preconditionFailure("the body was read already") }
        carryOut(plan)
        passage?.share = share
        goOn()
    }
}

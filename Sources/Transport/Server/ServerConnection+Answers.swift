import NIOCore

/// Answers of our own, and how the connection goes on after any answer.
extension ServerConnection {
    /// Sends an answer of ours.
    func send(_ answer: Answer) {
        if answer.connection == .close || site.census.isStopping { cycle.doom() }
        let persistence = cycle.settle()
        append(
            AnswerHead.whole(
                answer, for: head?.method, persistence: persistence, date: loop.date))
        next(cycle.answered())
    }

    func beginAnswer(
        _ head: ResponseHead, _ edit: HeadEdit?, to request: RequestHead
    ) throws(HeadWriter.InvalidField) -> AnswerHead.Framing {
        let wanted = AnswerHead.Request(method: request.method, version: request.version)
        if site.census.isStopping || AnswerHead.needsClose(head, edit: edit, for: wanted) {
            cycle.doom()
        }
        let answer = try AnswerHead.forwarded(
            head, edit: edit, for: wanted, persistence: cycle.settle(), date: loop.date)
        passage?.answerStart = outbound.readableBytes
        append(answer.bytes)
        return answer.framing
    }

    func takeBackAnswer() -> Bool {
        guard cycle.phase == .forwarding, let start = passage?.answerStart else { return false }
        outbound.moveWriterIndex(to: outbound.readerIndex + start)
        return true
    }

    func sendBody(_ bytes: ByteBuffer) {
        switch passage?.answer {
        case .chunked:
            append(ChunkFrame.start(bytes.readableBytes))
            append(bytes)
            append(ChunkFrame.end)
        case .plain, .untilClose, nil: append(bytes)
        }
    }

    func endBody() {
        if passage?.answer == .chunked { append(ChunkFrame.last) }
    }

    func answerEnded() { next(cycle.answered()) }

    /// Refuses what cannot be understood, or takes too long; the connection ends with it.
    func refuse(_ failure: RequestFailure) {
        cycle.doom()
        gathering = nil
        let answer = site.handler.refuse(failure, of: start, from: requester)
        append(
            AnswerHead.whole(answer, for: head?.method, persistence: .close, date: loop.date))
        next(.linger)
    }

    /// What the present request is for, as far as it was read.
    private var start: RequestStart {
        if let head { return RequestStart(head) }
        let bytes = inbound
        return RequestStart(guessing: bytes.readableBytesUInt8Span)
    }

    /// `100 Continue`, when the client waits for it and nothing of the body has come.
    func sendContinue() {
        guard cycle.owesContinue else { return }
        cycle.continued()
        if inbound.readableBytes == 0 { append(Self.continueHead) }
    }

    /// The answer is out: what comes now.
    func next(_ next: RequestCycle.Next) {
        head = nil
        // What comes next is the client's own until its head says otherwise.
        requester = client
        switch next {
        case .nextRequest where site.census.isRetired: self.next(.close)
        case .nextRequest:
            deadline = loop.latest + site.keepAlive
            if inbound.readableBytes > 0 { deadline = loop.latest + site.requestHead }
        case .drop: deadline = loop.latest + RequestCycle.patience
        case .linger:
            cycle.enter(.lingering)
            linger()
            endOutput()
        case .close:
            if inbound.readableBytes > 0, !inputEnded {
                self.next(.linger)
            } else {
                finish()
            }
        }
    }

    /// Closes, after what was written has been sent.
    func finish() {
        cycle.enter(.closed)
        deadline = loop.latest + site.limits.writeStall
        endOutput()
    }

    /// Closes our side.
    private func endOutput() {
        flushOutbound()
        if inputEnded {
            flushWritten()
            closeWhenSent()
        } else {
            context?.close(mode: outputEnded ? .all : .output, promise: nil)
        }
    }

    /// Where both sides have said all: closes once the socket has taken everything. SwiftNIO would close at
    /// once, and drop the rest.
    func closeWhenSent() {
        guard inputEnded, cycle.phase == .closed || cycle.phase == .lingering, let context,
            context.channel.bufferedBytes == 0
        else { return }
        context.close(mode: outputEnded ? .all : .output, promise: nil)
    }

    /// Cuts the connection off, so that what was sent cannot be taken for a whole.
    func abort() {
        loop.counters.count(.aborted)
        context?.channel.reset()
    }

    private static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

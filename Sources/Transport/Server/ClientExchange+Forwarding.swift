import NIOCore

/// Forwarding: the client's side of it.
extension ClientExchange {
    /// Begins to forward the present request.
    func forward(_ forwarding: consuming Forwarding) {
        guard let head else { return }
        loop.counters.count(.forwarded)
        cycle.enter(.forwarding)
        start(
            Passage(forwarding, head),
            RetryRule.wantsFreshConnection(head.method, head.body) ? .warm : .any)
    }

    /// Asks for a connection, unless its client has as many as it may.
    func start(_ passage: Passage, _ freshness: UpstreamPool.Freshness) {
        self.passage = passage
        if claimConnection() {
            passage.place = .connection
        } else if let client = site.counted(requester.address) {
            guard site.census.admitExchange(of: client) == .admitted else {
                loop.counters.count(.exchangeLimit)
                return fail(.clientBusy)
            }
            passage.place = .share(client)
        } else {
            passage.place = .uncounted
        }
        connect(freshness)
    }

    /// Others may have what it took of what its client may have.
    func leavePlace(of passage: Passage) {
        switch passage.place {
        case .connection?: yieldConnection()
        case .share(let client)?: site.census.endExchange(of: client)
        case .uncounted?, nil: break
        }
        passage.place = nil
    }

    func connect(_ freshness: UpstreamPool.Freshness) {
        guard let upstream = passage?.forwarding.upstream else { return }
        switch loop.pool.supply(upstream, freshness, for: self) {
        case .ready(let connection): start(connection)
        case .dialling(let dial): passage?.dial = dial
        case .refused(let failure): fail(failure)
        }
    }

    private func start(_ connection: UpstreamConnection) {
        guard let passage else { return }
        passage.dial = nil
        passage.connection = connection
        switch passage.purpose {
        case .tunnel:
            startTunnel(connection)
            return
        case .exchange: break
        }
        connection.begin(
            passage.method, head: passage.forwarding.head, framing: passage.framing,
            body: passage.forwarding.body ?? [], firstByte: passage.forwarding.firstByte,
            switching: passage.forwarding.switching, for: self)
        // The upstream's own wish for `Expect` is not asked for: it gets the body at once.
        sendContinue()
        if cycle.body.hasEnded {
            connection.endRequest()
        } else {
            deadline = loop.latest + site.limits.forwardedBodyIdle
        }
    }

    /// Hands on what came of the body; whether there may be more to do.
    func passBody() -> Bool {
        guard !cycle.body.hasEnded, let connection = passage?.connection else { return false }
        guard connection.takesMore else { return false }
        do {
            switch try nextPiece() {
            case .needMore: return false
            case .data(let piece):
                if let answer = refusal(of: piece) {
                    withdraw(answer)
                    return true
                }
                pass(piece, to: connection)
            case .end:
                if passage?.framing == .chunked {
                    connection.send(ByteBuffer(bytes: ChunkFrame.last))
                }
            }
            if cycle.body.hasEnded {
                deadline = .never
                connection.endRequest()
            }
            return true
        } catch {
            refuseBody(error)
            return false
        }
    }

    /// The answer to a request of which a piece of either body may not pass.
    private func refusal(of piece: ByteBuffer) -> Answer? {
        withdrawal() ?? passage?.forwarding.onData?(piece.readableBytes)
    }

    /// The answer to a request that may go on no more.
    private func withdrawal() -> Answer? {
        guard let passage, let withdrawn = passage.forwarding.withdrawn else { return nil }
        let isDue = passage.nextLook.map { $0 <= loop.now } ?? false
        if isDue || passage.nextLook == nil { passage.nextLook = loop.now + .seconds(1) }
        return isDue ? withdrawn(passage.requestBytes + passage.responseBytes) : nil
    }

    private func withdraw(_ answer: Answer) {
        breakOff(.replaced) { send(answer) }
    }

    private func pass(_ piece: ByteBuffer, to connection: UpstreamConnection) {
        passage?.requestBytes += piece.readableBytes
        passage?.kept?.writeImmutableBuffer(piece)
        deadline = loop.latest + site.limits.forwardedBodyIdle
        switch passage?.framing {
        case .chunked:
            var start = ByteBuffer(bytes: ChunkFrame.start(piece.readableBytes))
            if piece.readableBytes <= 4 << 10 {
                start.writeImmutableBuffer(piece)
                start.writeBytes(ChunkFrame.end)
                connection.send(start)
            } else {
                connection.send(start)
                connection.send(piece)
                connection.send(ByteBuffer(bytes: ChunkFrame.end))
            }
        case .some(.none), .length, nil: connection.send(piece)
        }
    }

    // MARK: The answer

    func upstreamReady(_ connection: UpstreamConnection) {
        start(connection)
        goOn()
        connection.flush()
    }

    func upstreamAnswered(_ head: ResponseHead) {
        guard let passage, let request = self.head else { return }
        if let replacement = passage.forwarding.replacing?(head) {
            replace(by: replacement, passage)
            return
        }
        let edit = passage.forwarding.onHead.map { $0(head) }
        do {
            let framing = try beginAnswer(head, edit, to: request)
            passage.answer = framing
            if let transform = edit?.transform, head.body != .none {
                passage.transform = TransformBox(transform)
            }
            if head.body == .tunnel { openTunnel() }
        } catch {
            passage.connection?.abandon()
            upstreamFailed(.malformed(.fieldName), reply: .begun)
        }
    }

    /// The answer is dropped, with what may follow of it on its connection.
    private func replace(by replacement: Replacement, _ passage: Passage) {
        endPassage(.replaced, keepsUpstream: false)
        switch (replacement, passage.framing) {
        case (.answer(let answer), _): send(answer)
        case (.plan(let decide), .none), (.plan(let decide), .length(0)):
            prepare { _ in await decide() }
        case (.plan(let decide), .length), (.plan(let decide), .chunked):
            guard var bytes = passage.kept, let head else {
                send(Answer(status: 502))
                break
            }
            rewind(head, behind: &bytes)
            prepare { _ in await decide() }
        }
        goOn()
    }

    func upstreamSent(_ body: ByteBuffer) {
        guard let transform = passage?.transform else {
            passOn(body)
            return
        }
        do throws(BodyTransformFailure) {
            passOn(try transform.push(body.readableBytesUInt8Span))
        } catch {
            fail(.untransformable)
        }
    }

    private func passOn(_ body: ByteBuffer) {
        guard body.readableBytes > 0 else { return }
        if let answer = refusal(of: body) { return withdraw(answer) }
        passage?.responseBytes += body.readableBytes
        sendBody(body)
    }

    func upstreamEnded() {
        if let transform = passage?.transform {
            do throws(BodyTransformFailure) { passOn(try transform.finish()) } catch {
                fail(.untransformable)
            }
        }
        guard passage != nil else { return }
        endBody()
        endPassage(.complete, keepsUpstream: true)
        answerEnded()
        goOn()
    }

    func upstreamFailed(_ failure: UpstreamFailure, reply: RetryRule.Reply) {
        guard let passage else { return }
        let attempt = RetryRule.Attempt(
            connection: passage.connection?.use ?? .fresh, answer: reply, method: passage.method,
            body: passage.framing)
        // A kept connection that ends without a byte looks as if it had been idle, and is tried again.
        if takeBackAnswer() {
            passage.answer = nil
            passage.responseBytes = 0
        }
        self.passage?.connection = nil
        self.passage?.dial = nil
        switch RetryRule.judge(attempt, failure) {
        case .retry:
            loop.counters.count(.upstreamRetried)
            connect(.new)
        case .fail: fail(failure)
        }
        goOn()
    }

    func upstreamDrained() {
        // Until now it was not the client that was waited for.
        if deadline != .never, !cycle.body.hasEnded {
            deadline = loop.latest + site.limits.forwardedBodyIdle
        }
        goOn()
    }

    func upstreamPaused() { settleOutput() }

    // MARK: The end

    /// The upstream gives no answer: says so, or, within an answer, cuts it off.
    private func fail(_ failure: UpstreamFailure) {
        guard let passage else { return }
        loop.counters.count(.upstreamFailed)
        if failure.status == 504 { loop.counters.count(.upstreamTimeout) }
        let told = passage.answer == nil ? passage.forwarding.onFailure?(failure) : nil
        breakOff(.upstream(failure)) { send(told ?? Answer(status: failure.status)) }
    }

    /// The client's body has not come in time, unless it is the upstream that takes none of it: for how
    /// long it may, its connection knows.
    func expireBody() {
        if let connection = passage?.connection, !connection.takesMore {
            deadline = loop.latest + site.limits.forwardedBodyIdle
            return
        }
        loop.counters.count(.bodyTimeout)
        if passage == nil { refuse(.requestTimeout) } else { stop(.clientTimeout, .requestTimeout) }
    }

    /// The client's body breaks a rule.
    func refuseBody(_ failure: RequestFailure) {
        loop.counters.count(.malformed)
        if passage == nil { refuse(failure) } else { stop(.refused(failure), failure) }
    }

    /// The client's body is at fault: says so, or, within an answer, cuts it off.
    private func stop(_ end: ForwardingEnd, _ failure: RequestFailure) {
        breakOff(end) { refuse(failure) }
    }

    /// Ends the forwarding before the answer is whole: one that has begun is cut off; where none has,
    /// the client is told why.
    private func breakOff(_ end: ForwardingEnd, _ tell: () -> Void) {
        let isAnswered = passage?.answer != nil
        endPassage(end, keepsUpstream: false)
        if isAnswered {
            cycle.enter(.closed)
            abort()
        } else {
            tell()
        }
    }

    /// Ends the forwarding and tells its owner.
    func endPassage(_ end: ForwardingEnd, keepsUpstream: Bool) {
        guard let passage else { return }
        self.passage = nil
        leavePlace(of: passage)
        deadline = .never
        if end == .clientGone { loop.counters.count(.clientGone) }
        if !keepsUpstream {
            passage.connection?.abandon()
            passage.dial?.abandon()
        }
        passage.forwarding.onEnd?(end)
    }
}

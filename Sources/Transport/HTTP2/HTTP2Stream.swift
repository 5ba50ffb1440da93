import HTTP2
import NIOCore

/// One stream of a client's HTTP/2 connection: a request and its answer.
///
/// What is done with the request is in `ClientExchange`; this is the client's side of it. The windows
/// of the stream are opened as the upstream, or our reader, uses the body; the answer waits here, no
/// more of it than `most`, until the client's windows let it go.
final class HTTP2Stream: ClientExchange {
    let id: Int32
    let site: ServerSite
    let loop: Loop
    private(set) var requester: ClientConnection
    /// Nil once the answer is whole: it may wait for the client for long.
    private(set) var head: RequestHead?
    /// How the body of the request is delimited, also when the head is gone.
    private var framing = BodyFraming.none
    var cycle = RequestCycle()
    var gathering: Gathering?
    var passage: Passage?
    var deadline = LoopTime.never

    /// Nil once the stream is closed.
    private var connection: HTTP2Connection?
    /// What has come of the body and is not used yet.
    private var inbound = ByteBuffer()
    /// How much of `inbound` the client was given back its windows for.
    private var credited = 0
    /// The client has sent all of its request.
    private var isWhole = false
    private var outbound = BodyQueue()
    /// All of the answer is in `outbound`, or gone.
    private var outboundIsWhole = false
    private var progress = WriteProgress()
    private var dropped = 0
    private var isProcessing = false
    /// What the request was for, where it could not be read.
    private var path: ArraySlice<UInt8> = []

    init(_ id: Int32, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
        site = connection.site
        loop = connection.loop
        requester = connection.client
    }

    // MARK: The request

    func begin(
        _ fields: FieldBlock, isWhole: Bool, with reader: inout HTTP2RequestReader
    ) {
        self.isWhole = isWhole
        do {
            let head = try reader.read(fields, isWhole: isWhole)
            self.head = head
            framing = head.body
            cycle.begin(head, limit: .max, wish: .keepAlive)
            if let connection {
                requester = try connection.hop.requester(of: head, site, connection.client)
            }
            guard !loop.isShedding else {
                loop.counters.count(.shed)
                return refuse(.memoryShort)
            }
            carryOut(site.handler.plan(head, from: requester))
            process()
        } catch {
            path = fields.path
            loop.counters.count(.malformed)
            refuse(error)
        }
    }

    /// More of the body has come.
    func received(_ bytes: ByteBuffer) {
        switch cycle.phase {
        case .deciding, .gathering, .forwarding:
            if inbound.readableBytes == 0 {
                inbound = bytes
            } else {
                inbound.writeImmutableBuffer(bytes)
            }
            process()
        case .dropping: drop(bytes.readableBytes)
        case .head, .answering, .tunnelling, .lingering, .closed:
            connection?.consume(id, bytes.readableBytes)
        }
    }

    /// The body is whole, perhaps with trailers, which are read and go no further.
    func receivedEnd(_ trailers: FieldBlock? = nil) {
        switch cycle.phase {
        case .deciding, .gathering, .forwarding:
            do { try trailers?.checkAsTrailers() } catch { return refuseBody(error) }
            isWhole = true
            process()
        case .head, .answering, .dropping, .tunnelling, .lingering, .closed: isWhole = true
        }
    }

    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while true {
            switch cycle.phase {
            case .gathering: guard gather() else { return }
            case .forwarding: guard passBody() else { return }
            case .head, .deciding, .answering, .tunnelling, .dropping, .lingering, .closed: return
            }
        }
    }

    func nextPiece() -> BodyPiece {
        guard inbound.readableBytes > 0 else {
            guard isWhole else { return .needMore }
            cycle.endBody()
            return .end
        }
        let piece = inbound
        inbound = ByteBuffer()
        connection?.consume(id, piece.readableBytes - credited)
        credited = 0
        return .data(piece)
    }

    func rewind(_ head: RequestHead, behind kept: inout ByteBuffer) {
        credited += kept.readableBytes
        kept.writeImmutableBuffer(inbound)
        inbound = kept
        cycle.rewind(head)
    }

    func sendContinue() {
        guard cycle.owesContinue else { return }
        cycle.continued()
        if inbound.readableBytes == 0 { connection?.inform(id, status: 100) }
    }

    func claimConnection() -> Bool { connection?.claim() ?? false }

    func yieldConnection() { connection?.yield() }

    // MARK: The answer

    func send(_ answer: Answer) {
        let (head, body) = AnswerHead.parts(
            answer, for: self.head?.method, persistence: .keepAlive, date: loop.date)
        outbound.append(ByteBuffer(bytes: body))
        outboundIsWhole = true
        connection?.respond(id, FieldBlock(head), body: body.isEmpty ? .none : .follows)
        progress.wrote(body.count)
        answerEnded()
    }

    func refuse(_ failure: RequestFailure) {
        gathering = nil
        let start = head.map { RequestStart($0) } ?? RequestStart(path: path)
        send(site.handler.refuse(failure, of: start, from: requester))
    }

    func beginAnswer(
        _ head: ResponseHead, _ edit: HeadEdit?, to request: RequestHead
    ) throws(HeadWriter.InvalidField) -> AnswerHead.Framing {
        let answer = try AnswerHead.forwarded(
            head, edit: edit,
            for: AnswerHead.Request(method: request.method, version: request.version),
            persistence: .keepAlive, date: loop.date)
        connection?.respond(
            id, FieldBlock(answer.bytes), body: head.body == .none ? .none : .follows)
        return answer.framing
    }

    /// A reset says by itself that there is no answer.
    func takeBackAnswer() -> Bool { false }

    func sendBody(_ bytes: ByteBuffer) {
        outbound.append(bytes)
        progress.wrote(bytes.readableBytes)
        connection?.resume(id)
    }

    func endBody() {
        outboundIsWhole = true
        connection?.resume(id)
    }

    func answerEnded() {
        cycle.enter(.answering)
        deadline = .never
        head = nil
        path = []
    }

    /// The answer has gone out whole: of the rest of the request a little is dropped, and more than
    /// that is not waited for (RFC 9113, section 8.1).
    func answered() {
        guard !isWhole else { return }
        cycle.enter(.dropping)
        deadline = loop.latest + RequestCycle.patience
        if case .length(let length) = framing, length > RequestCycle.mostDropped {
            stopClient()
        } else {
            let waiting = inbound.readableBytes - credited
            inbound = ByteBuffer()
            credited = 0
            drop(waiting)
        }
    }

    private func drop(_ count: Int) {
        dropped += count
        connection?.consume(id, count)
        if dropped > RequestCycle.mostDropped { stopClient() }
    }

    /// Once: what is read in the same turn comes from a client that cannot know of it yet, and each
    /// reset counts.
    private func stopClient() {
        connection?.reset(id, .noError)
        cycle.enter(.closed)
    }

    func abort() { end(.internalError) }

    private func end(_ code: HTTP2Code) {
        loop.counters.count(.aborted)
        connection?.reset(id, code)
        cycle.enter(.closed)
    }

    // MARK: Bytes

    var takesMore: Bool { outbound.count < Self.most }

    /// What waits to be sent, and whether it is all; of one that was cut off there is no last byte.
    var waiting: (count: Int, isLast: Bool) {
        (outbound.count, outboundIsWhole && connection != nil)
    }

    /// Moves bytes to `output`; whether there is room now for which the upstream waited.
    func move(_ count: Int, to output: inout ByteBuffer) -> Bool {
        let wasFull = !takesMore
        outbound.move(count, to: &output)
        return wasFull && takesMore
    }

    func settleOutput() { connection?.wantFlush() }

    // MARK: The end

    /// The stream is no more; `failure` says what of the client's has broken it.
    func closed(_ failure: RequestFailure?) {
        guard let connection else { return }
        if let passage { leavePlace(of: passage) }
        self.connection = nil
        connection.consume(id, inbound.readableBytes - credited)
        inbound = ByteBuffer()
        outbound.removeAll()
        gathering = nil
        if let failure {
            loop.counters.count(.malformed)
            if cycle.phase == .deciding || cycle.phase == .gathering, let head {
                _ = site.handler.refuse(failure, of: RequestStart(head), from: requester)
            }
            endPassage(.refused(failure), keepsUpstream: false)
        } else {
            endPassage(.clientGone, keepsUpstream: false)
        }
        cycle.enter(.closed)
    }

    var owesBody: Bool { !isWhole }

    /// Whether it is for us, not an upstream, to do something for it.
    var isBusy: Bool {
        switch cycle.phase {
        case .deciding, .gathering: true
        case .answering: !outboundIsWhole
        case .head, .forwarding, .tunnelling, .dropping, .lingering, .closed: false
        }
    }

    func tick(at now: LoopTime) {
        if progress.isStalled(buffered: outbound.count, at: now, limit: site.limits.writeStall) {
            loop.counters.count(.writeStall)
            end(.cancel)
            closed(nil)
            return
        }
        if cycle.phase == .gathering, site.census.isHandedOver(at: now) { return handOver() }
        guard deadline < now else { return }
        deadline = .never
        switch cycle.phase {
        case .gathering, .forwarding:
            expireBody()
            settleOutput()
        case .dropping: stopClient()
        case .head, .deciding, .answering, .tunnelling, .lingering, .closed: break
        }
    }

    // MARK: No business of HTTP/2 here

    func open(_ tunnel: Tunnel) { send(Answer(status: 501)) }

    func intercept(_ interception: Interception) { send(Answer(status: 501)) }

    func startTunnel(_ connection: UpstreamConnection) { abort() }

    func openTunnel() { abort() }

    /// Above it, nothing more is read from the upstream.
    private static let most = 32 << 10
}

import NIOCore

/// One request of a client, from its plan to the end of its answer, whatever version of HTTP it came
/// in: what the handler decided is carried out here, once for all of them.
///
/// The client's side of it is a connection of HTTP/1 (`ServerConnection`), which carries one exchange
/// after the other, or a stream of HTTP/2 (`HTTP2Stream`), which is one. They frame and move bytes,
/// and say when there are some; limits, time limits and the upstream's side are the same for both.
/// Bodies that are read whole are in `ClientExchange+Gathering.swift`, those that stream in
/// `+Forwarding`.
protocol ClientExchange: AnswerReceiver, SendableMetatype {
    var site: ServerSite { get }
    var loop: Loop { get }
    /// Whom the present request is from: the client, or someone behind a trusted proxy.
    var requester: ClientConnection { get }
    /// The present request; nil between two of them.
    var head: RequestHead? { get }
    var cycle: RequestCycle { get set }
    var gathering: Gathering? { get set }
    var passage: Passage? { get set }
    /// When the client has taken too long.
    var deadline: LoopTime { get set }

    /// Whether the client's connection is counted as the client's, and carries no other request to an
    /// upstream: it does from now on.
    func claimConnection() -> Bool
    /// The request for which the connection was claimed is over.
    func yieldConnection()

    /// Takes the next piece of the request's body from what has come.
    func nextPiece() throws(RequestFailure) -> BodyPiece
    /// The body is to be read again from its beginning, which is `kept`.
    func rewind(_ head: RequestHead, behind kept: inout ByteBuffer)
    /// `100 Continue`, when the client waits for it and nothing of the body has come.
    func sendContinue()

    /// Sends an answer of ours, whole.
    func send(_ answer: Answer)
    /// Refuses what cannot be understood, or takes too long.
    func refuse(_ failure: RequestFailure)
    /// Sends the head of an upstream's answer; gives how its body is framed.
    func beginAnswer(
        _ head: ResponseHead, _ edit: HeadEdit?, to request: RequestHead
    ) throws(HeadWriter.InvalidField) -> AnswerHead.Framing
    /// Takes back what has come of an upstream's answer, where none of it can have gone; whether it did.
    func takeBackAnswer() -> Bool
    /// Sends more of the answer's body, at least a byte.
    func sendBody(_ bytes: ByteBuffer)
    /// The answer's body is whole.
    func endBody()
    /// The answer is whole, and nothing is left to do for this request.
    func answerEnded()
    /// Cuts off, so that what was sent cannot be taken for a whole.
    func abort()

    /// For CONNECT, which is no business of HTTP/2 here.
    func open(_ tunnel: Tunnel)
    func startTunnel(_ connection: UpstreamConnection)
    func intercept(_ interception: Interception)
    /// The upstream has granted a change of protocols.
    func openTunnel()

    /// Goes on with whatever can be gone on with.
    func process()
    /// Sends what this turn of the loop brought, and asks for more where more is wanted.
    func settleOutput()
}

/// What comes next of a body.
enum BodyPiece {
    case needMore
    case data(ByteBuffer)
    case end
}

extension ClientExchange {
    var askedFor: ProxyHeader { requester.asProxyHeader }

    func carryOut(_ plan: consuming Plan) {
        switch consume plan {
        case .answer(let answer): send(answer)
        case .read(let limit, let then): startGathering(limit, then)
        case .prepare(let decide): prepare(decide)
        case .forward(let forwarding): forward(forwarding)
        case .tunnel(let tunnel): open(tunnel)
        case .intercept(let interception): intercept(interception)
        }
    }

    func prepare(_ decide: @escaping @Sendable (RequestHead) async -> Plan) {
        guard let head else { return }
        cycle.enter(.deciding)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        requester.loop.run {
            let plan = await decide(head)
            bound.value.decided(plan)
        }
    }

    private func decided(_ plan: Plan) {
        guard cycle.phase == .deciding else { return }
        carryOut(plan)
        goOn()
    }

    /// After something came from elsewhere than the client.
    func goOn() {
        process()
        passage?.connection?.flush()
        settleOutput()
    }
}

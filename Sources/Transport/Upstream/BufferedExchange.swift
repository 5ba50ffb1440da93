import NIOCore

/// One request with a body at hand, whose answer is gathered whole.
final class BufferedExchange: AnswerReceiver, LoopMember {
    var memberIndex = -1
    private let loop: Loop
    private let request: BufferedRequest
    private let upstream: Upstream
    private var done: ((Result<BufferedResponse, UpstreamFailure>) -> Void)?
    private var dial: UpstreamDial?
    private var connection: UpstreamConnection?
    private var head: ResponseHead?
    private var body: [UInt8] = []
    private let deadline: LoopTime

    private init(
        _ request: BufferedRequest, _ upstream: Upstream, _ loop: Loop,
        done: @escaping (Result<BufferedResponse, UpstreamFailure>) -> Void
    ) {
        self.request = request
        self.upstream = upstream
        self.loop = loop
        self.done = done
        deadline = loop.latest + request.deadline
    }

    /// Begins; `done` is called once, on the loop.
    static func start(
        _ request: BufferedRequest, with upstream: Upstream, on loop: Loop,
        done: @escaping (Result<BufferedResponse, UpstreamFailure>) -> Void
    ) {
        let exchange = BufferedExchange(request, upstream, loop, done: done)
        loop.add(exchange)
        let isCareful = RetryRule.wantsFreshConnection(request.method, exchange.framing)
        exchange.connect(isCareful ? .warm : .any)
    }

    private var framing: BodyFraming {
        request.body.map { .length($0.count) } ?? .none
    }

    private func connect(_ freshness: UpstreamPool.Freshness) {
        switch loop.pool.supply(upstream, freshness, for: self) {
        case .ready(let connection): upstreamReady(connection)
        case .dialling(let dial): self.dial = dial
        case .refused(let failure): end(.failure(failure))
        }
    }

    private func end(_ result: Result<BufferedResponse, UpstreamFailure>) {
        let done = done
        self.done = nil
        connection = nil
        dial = nil
        loop.remove(self)
        done?(result)
    }

    private func giveUp(_ failure: UpstreamFailure) {
        connection?.abandon()
        dial?.abandon()
        end(.failure(failure))
    }

    // MARK: AnswerReceiver

    var takesMore: Bool { true }
    var owesBody: Bool { false }
    var askedFor: ProxyHeader { request.client?.asProxyHeader ?? .own }

    func upstreamReady(_ connection: UpstreamConnection) {
        dial = nil
        self.connection = connection
        connection.begin(
            request.method, head: request.head, framing: framing, body: request.body ?? [],
            firstByte: request.firstByte, for: self)
        connection.endRequest()
        connection.flush()
    }

    func upstreamAnswered(_ head: ResponseHead) {
        self.head = head
        if case .length(let length) = head.body, length > request.responseLimit {
            giveUp(.tooLarge)
        }
    }

    func upstreamSent(_ bytes: ByteBuffer) {
        guard bytes.readableBytes <= request.responseLimit - body.count else {
            giveUp(.tooLarge)
            return
        }
        body.append(contentsOf: bytes.readableBytesView)
    }

    func upstreamEnded() {
        guard let head else { return }
        end(.success(BufferedResponse(head: head, body: body)))
    }

    func upstreamFailed(_ failure: UpstreamFailure, reply: RetryRule.Reply) {
        let attempt = RetryRule.Attempt(
            connection: connection?.use ?? .fresh, answer: reply, method: request.method,
            body: framing)
        connection = nil
        dial = nil
        switch RetryRule.judge(attempt, failure) {
        case .retry:
            loop.counters.count(.upstreamRetried)
            connect(.new)
        case .fail:
            loop.counters.count(.upstreamFailed)
            if failure.status == 504 { loop.counters.count(.upstreamTimeout) }
            end(.failure(failure))
        }
    }

    func loopEnds() { giveUp(.shutdown) }

    func upstreamDrained() {}
    func upstreamPaused() {}

    func tick(at now: LoopTime) {
        guard deadline < now else { return }
        // A reader that waits for less than the server may take says nothing of the server.
        let firstByte = request.firstByte ?? upstream.limits.firstByte
        if head == nil, firstByte <= request.deadline {
            upstream.health?.failed(
                .deadline, at: now, silentFor: LoopSpan(request.deadline))
        }
        giveUp(.deadline)
    }
}

import NIOCore

/// One connection to an upstream: sends requests, one at a time, and hands out their answers.
final class UpstreamConnection: ChannelInboundHandler, LoopMember {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let upstream: Upstream
    let loop: Loop
    /// For whom it said that it is; `own` where it says nothing.
    let announced: ProxyHeader
    var memberIndex = -1
    /// Whether it has carried a request before the present one.
    private(set) var use = RetryRule.Connection.fresh
    /// Whether the pool counts it, which it does once it stands.
    var isCounted = false
    /// When it was last put back among the idle ones.
    private(set) var idleSince = LoopTime.never

    private var context: ChannelHandlerContext?
    /// Kept, since asking the context for it takes long.
    private var channel: (any Channel)?
    private var receiver: (any AnswerReceiver)?
    private var reader = AnswerReader()
    private var inbound = ByteBuffer()
    private var requestEnded = true
    private var allowance = BodyAllowance.unlimited
    /// How long the server may be silent until that is told of it.
    private var firstByte: LoopSpan
    /// How much longer the request waits, once it is whole.
    private var patience = Duration.zero
    /// What is left of that.
    private var grace = Duration.zero
    /// How long it may take nothing of a request whose answer has not begun.
    private var longestStall: Duration
    private var lastFirstByte: (duration: Duration, span: LoopSpan)
    private var deadline = LoopTime.never
    private var progress = WriteProgress()
    private var close: AnswerReader.Close
    private var isReading = false
    private var needsFlush = false
    /// Whether the tunnel that it carries is over, but for what the upstream has not taken and said.
    private var isEnding = false
    /// Bytes that came of it since it has taken all, and nobody wants.
    private var unwanted = 0
    /// The head of the request, until it is flushed.
    private var sentHead: ByteBuffer?

    init(_ upstream: Upstream, loop: Loop, announced: ProxyHeader) {
        self.upstream = upstream
        self.announced = announced
        self.loop = loop
        firstByte = upstream.firstByte
        longestStall = upstream.limits.idle
        lastFirstByte = (upstream.limits.firstByte, upstream.firstByte)
        // Over TLS, only close_notify makes an end a proper one.
        close = upstream.security == nil ? .clean : .broken
    }

    // MARK: Requests

    /// Whether it can carry a request.
    var isOpen: Bool { context != nil }

    /// Whether more of the request's body may be written now.
    var takesMore: Bool { channel?.isWritable ?? false }

    /// Begins a request: `head` is not finished, and what frames the body is not in it.
    ///
    /// - Parameter body: as much of the body as goes with the head.
    func begin(
        _ method: Method, head: HeadWriter, framing: BodyFraming, body: [UInt8] = [],
        firstByte: Duration?, switching: Switching = .refused, for receiver: any AnswerReceiver
    ) {
        self.receiver = receiver
        // What goes with the head is all of it.
        allowance = BodyAllowance(body.isEmpty ? framing : .none)
        let wait = firstByte ?? upstream.limits.firstByte
        let silence = min(wait, upstream.silence)
        self.firstByte = span(silence)
        patience = wait - silence
        grace = .zero
        longestStall = max(upstream.limits.idle, silence)
        requestEnded = false
        reader.expect(answerTo: method, switching: switching)
        let end = HeadWriter.end(framing)
        var bytes = loop.shelf.take(head.bytes.count + end.count + body.count)
        bytes.writeBytes(head.bytes)
        bytes.writeBytes(end)
        if !body.isEmpty { bytes.writeBytes(body) }
        write(bytes)
        sentHead = bytes
        deadline = loop.latest + self.firstByte
    }

    /// The limit of a request, which is mostly that of the one before.
    private func span(_ firstByte: Duration) -> LoopSpan {
        if firstByte != lastFirstByte.duration {
            lastFirstByte = (firstByte, LoopSpan(firstByte))
        }
        return lastFirstByte.span
    }

    /// Begins a tunnel: no head goes out, and none is expected.
    func beginTunnel(for receiver: any AnswerReceiver) {
        self.receiver = receiver
        requestEnded = true
        allowance = .unlimited
        reader.expectTunnel()
        deadline = loop.latest + upstream.idle
    }

    /// Sends bytes of the body, framed, or of a tunnel. More than was declared are not sent: the
    /// connection ends instead.
    func send(_ bytes: ByteBuffer) {
        guard allowance.take(bytes.readableBytes) else {
            fail(.bodyLength)
            return
        }
        write(bytes)
        deadline = loop.latest + longestSilence
    }

    /// The request is whole. When its body is shorter than was declared, the connection ends: what came
    /// next would be taken for the rest.
    func endRequest() {
        guard allowance.isSpent else {
            fail(.bodyLength)
            return
        }
        requestEnded = true
        guard !reader.hasAnswered else { return }
        deadline = loop.latest + firstByte
        grace = patience
    }

    /// How long it may say nothing. An interim answer is none.
    private var longestSilence: LoopSpan { reader.hasAnswered ? upstream.idle : firstByte }

    private func write(_ bytes: ByteBuffer) {
        progress.wrote(bytes.readableBytes)
        context?.write(wrapOutboundOut(bytes), promise: endOfFailure())
        needsFlush = true
    }

    /// SwiftNIO closes where a write fails, and tells the promise of the write only; what the upstream had
    /// still to say is lost then. One is made only where the answer might be taken for whole.
    private func endOfFailure() -> EventLoopPromise<Void>? {
        guard close == .clean, reader.endsWithConnection, let context else { return nil }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { error in
            if error is IOError { self.close = .broken }
        }
        return promise
    }

    /// Sends what was written since the last time.
    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
        if let sentHead {
            self.sentHead = nil
            loop.shelf.put(back: sentHead)
        }
    }

    /// The receiver can take more of the answer.
    func resume() { readIfWanted() }

    /// Gives up: the receiver no longer wants an answer.
    func abandon() {
        receiver = nil
        shut()
    }

    /// Ends a tunnel: closes once the upstream has taken all that was sent. One that takes nothing for as long
    /// as it may be idle is cut off, so that it cannot take what it has for all.
    func finish() {
        receiver = nil
        isEnding = true
        flush()
        deadline = loop.latest + Self.farewell
        context?.close(mode: .output, promise: nil)
        readIfWanted()
    }

    /// An upstream that has taken all, and only does not close its side, is waited for by nobody.
    var isFinishing: Bool { isEnding && (channel?.bufferedBytes ?? 0) > 0 }

    // MARK: Idle

    /// It goes back among the idle connections.
    private func retire() {
        use = .reused
        idleSince = loop.now
        deadline = idleSince + upstream.keepAlive
        loop.pool.put(back: self)
    }

    private func shut() {
        deadline = .never
        context?.close(promise: nil)
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        var bytes = unwrapInboundIn(data)
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.writeBuffer(&bytes)
        }
        read()
    }

    /// Takes apart what has come.
    private func read() {
        if isEnding {
            dropUnwanted()
            return
        }
        do {
            while inbound.readableBytes > 0 || !reader.isIdle {
                var offset = 0
                let bytes = inbound
                let step = try reader.next(in: bytes.readableBytesUInt8Span, from: &offset)
                let start = inbound.readerIndex
                let used = inbound.readableBytes == offset
                switch step {
                case .needMore:
                    advance(offset, used)
                    return
                case .head(let head):
                    advance(offset, used)
                    deadline = loop.latest + upstream.idle
                    if head.body == .tunnel { allowance = .unlimited }
                    upstream.health?.answered(at: loop.now)
                    receiver?.upstreamAnswered(head)
                case .body(let range):
                    guard
                        let piece = inbound.getSlice(
                            at: start + range.lowerBound, length: range.count)
                    else { return }
                    advance(offset, used)
                    deadline = loop.latest + upstream.idle
                    receiver?.upstreamSent(piece)
                case .end:
                    advance(offset, used)
                    answerEnded()
                    return
                }
            }
        } catch {
            fail(error)
        }
    }

    /// Whoever is asked to end and goes on all the same is cut off.
    private func dropUnwanted() {
        if context?.channel.bufferedBytes == 0 { unwanted += inbound.readableBytes }
        inbound = ByteBuffer()
        if unwanted > Self.mostUnwanted { context?.channel.reset() }
    }

    private func advance(_ count: Int, _ whole: Bool) {
        if whole {
            inbound = ByteBuffer()
        } else {
            inbound.moveReaderIndex(forwardBy: count)
        }
    }

    private func answerEnded() {
        let receiver = receiver
        self.receiver = nil
        if requestEnded, reader.persistence == .keepAlive, inbound.readableBytes == 0 {
            retire()
        } else {
            shut()
        }
        receiver?.upstreamEnded()
    }

    private func fail(_ failure: UpstreamFailure) {
        let receiver = receiver
        self.receiver = nil
        shut()
        receiver?.upstreamFailed(failure, reply: reader.hasBegun ? .begun : .none)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        receiver?.upstreamPaused()
        flush()
        readIfWanted()
    }

    private func readIfWanted() {
        guard !isReading, let context else { return }
        if let receiver, !receiver.takesMore { return }
        isReading = true
        context.read()
    }

    func channelActive(context: ChannelHandlerContext) {
        readIfWanted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { receiver?.upstreamDrained() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSEvent, event == .closedByPeer {
            close = .clean
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close = .broken
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
    }

    /// The connection is gone; what that means for the answer, the reader knows.
    private func ended() {
        guard context != nil else { return }
        context = nil
        channel = nil
        loop.remove(self)
        loop.pool.forget(self)
        let receiver = receiver
        self.receiver = nil
        do {
            let wasIdle = reader.isIdle
            try reader.connectionEnded(close)
            if !wasIdle {
                receiver?.upstreamEnded()
                receiver?.upstreamPaused()
            }
        } catch {
            receiver?.upstreamFailed(error, reply: reader.hasBegun ? .begun : .none)
        }
    }

    // MARK: Time

    func tick(at now: LoopTime) {
        if isEnding {
            tickEnding(at: now)
            return
        }
        if receiver != nil, let context {
            let buffered = context.channel.bufferedBytes
            let longest = reader.hasAnswered ? upstream.limits.idle : longestStall
            if progress.isStalled(buffered: buffered, at: now, limit: longest) {
                fail(.idleTimeout)
                return
            }
            // It has all that has come of the request, and cannot answer what is not whole: the client
            // is waited for, which has a limit of its own.
            if deadline < now, !requestEnded, !reader.hasAnswered, buffered == 0 {
                deadline = now + firstByte
                return
            }
            // Nobody reads, so nobody may complain that nothing comes.
            if !isReading {
                deadline = now + longestSilence
                return
            }
        }
        let isSpare = receiver == nil && idleSince != .never
        guard deadline < now || loop.isShedding && isSpare else { return }
        if receiver == nil {
            shut()
        } else {
            let failure = reader.hasAnswered ? UpstreamFailure.idleTimeout : .firstByteTimeout
            upstream.health?.failed(failure, at: now, silentFor: firstByte)
            // Whether the server is there was told; the request may wait on.
            if !reader.hasAnswered, grace > .zero {
                deadline = now + grace
                grace = .zero
            } else {
                fail(failure)
            }
        }
    }

    private func tickEnding(at now: LoopTime) {
        guard let context else { return }
        let buffered = context.channel.bufferedBytes
        if loop.isShedding
            || progress.isStalled(buffered: buffered, at: now, limit: upstream.limits.idle)
        {
            context.channel.reset()
        } else if buffered > 0 {
            deadline = now + Self.farewell
        } else if deadline < now {
            shut()
        }
    }

    /// How long an upstream that has taken all may take to close its side.
    private static let farewell = LoopSpan(.seconds(30))
    /// More than the buffer of a socket may hold, whose echo is waited for.
    private static let mostUnwanted = 16 << 20
}

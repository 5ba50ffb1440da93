import HTTP2
import NIOCore

/// One client's connection that speaks HTTP/2 (RFC 9113): moves bytes between the socket and the
/// session, gives each request a stream, and ends when one side wants it to.
final class HTTP2Connection: ChannelInboundHandler, LoopMember, FrameSink {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let site: ServerSite
    let loop: Loop
    let client: ClientConnection
    let hop: Hop
    /// The client that it counts for; nil when it counts for all of them only.
    private let counted: IPAddress?
    var memberIndex = -1

    private let session: HTTP2Session
    private var reader: HTTP2RequestReader
    private var streams: [Int32: HTTP2Stream] = [:]
    /// Those whose upstream has been written to since the last read.
    private var touched: [HTTP2Stream] = []
    /// Those whose upstream may be read again.
    private var drained: [HTTP2Stream] = []
    private var requests = 0
    /// Its first bytes have come.
    private var hasSpoken = false
    /// One of the streams has the request that the connection may have on its way to an upstream.
    private var isClaimed = false

    /// Nil before the handler is added, and after the connection has ended.
    private var context: ChannelHandlerContext?
    private var course = Course.open
    /// When there has been nothing to do for too long.
    private var deadline: LoopTime
    /// When the fields that have begun must be whole.
    private var fieldsDeadline = LoopTime.never
    /// How many messages' fields had begun at the last read.
    private var fieldBlocks = 0
    private let started: LoopTime
    private let grownOld: LoopTime
    private var progress = WriteProgress()
    /// Frames on their way out, sent together.
    private var outbound = ByteBuffer()
    private var isReading = false
    private var willFlush = false
    /// It has broken a limit, and ends in any case.
    private var isCondemned = false

    /// How the connection goes on.
    private enum Course {
        case open
        /// The client was told to open no more streams. Those that it has opened before it knew are
        /// taken, until it shows that it knows, or until then.
        case announced(LoopTime)
        /// New streams are not looked at.
        case refusing
        /// Our side is closed; what comes is dropped until the other side closes too.
        case lingering
    }

    init(
        _ site: ServerSite, client: ClientConnection, counted: IPAddress?, loop: Loop
    ) throws(HTTP2Failure) {
        self.site = site
        self.client = client
        self.counted = counted
        self.loop = loop
        hop = Hop(client, site)
        session = try HTTP2Session(HTTP2Limits(site.limits))
        reader = HTTP2RequestReader(limits: site.limits.head)
        started = loop.now
        grownOld = loop.latest + site.limits.connectionAge
        deadline = loop.latest + site.requestHead
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        loop.counters.count(.connectionsOpened)
        loop.counters.count(.http2Connections)
        wantFlush()
        readIfWanted()
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        guard self.context != nil else { return }
        let bytes = unwrapInboundIn(data)
        if case .lingering = course { return }
        if !hasSpoken {
            // Once: who only greets, or pings, is not there for ever. The first request has the time that
            // it has in HTTP/1.1, however short the one between two is.
            hasSpoken = true
            if !isCondemned {
                deadline = max(loop.latest + site.requestHead, loop.latest + site.keepAlive)
            }
        }
        session.receive(bytes.readableBytesUInt8Span, at: loop.now.milliseconds(since: started))
        handleEvents(bytes)
        timeFields()
        wantFlush()
    }

    /// A message's fields have a time from their own beginning.
    private func timeFields() {
        let isAnother = session.fieldBlocks != fieldBlocks
        fieldBlocks = session.fieldBlocks
        guard session.isInsideFields else {
            fieldsDeadline = .never
            return
        }
        if isAnother { fieldsDeadline = loop.latest + site.requestHead }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for stream in touched { stream.passage?.connection?.flush() }
        touched.removeAll(keepingCapacity: true)
        readIfWanted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        flush()
        readIfWanted()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has closed its side can open no window and take part no more.
        switch event {
        case let event as ChannelEvent where event == .inputClosed: context.close(promise: nil)
        case let event as TLSEvent where event == .closedByPeer: context.close(promise: nil)
        default: break
        }
    }

    /// Of a client that does not take what it is sent, nothing is read either.
    private func readIfWanted() {
        guard !isReading, let context, context.channel.isWritable else { return }
        isReading = true
        context.read()
    }

    private func ended() {
        guard context != nil else { return }
        context = nil
        loop.remove(self)
        loop.counters.count(.connectionsClosed)
        site.census.leave(counted)
        let open = streams.values
        streams = [:]
        touched = []
        for stream in open { stream.closed(nil) }
    }

    // MARK: Events

    /// All in one turn: what is put off would meet what comes behind it.
    private func handleEvents(_ bytes: ByteBuffer) {
        for event in session.takeEvents() { handle(event, bytes) }
    }

    private func handle(_ event: HTTP2Event, _ bytes: ByteBuffer) {
        switch event {
        case .request(let id, let fields, let isWhole): begin(id, fields, isWhole)
        case .data(let id, let range):
            guard let stream = touch(id),
                let piece = bytes.getSlice(
                    at: bytes.readerIndex + range.lowerBound, length: range.count)
            else { return consume(id, range.count) }
            stream.received(piece)
        case .ended(let id): touch(id)?.receivedEnd()
        case .trailers(let id, let fields): touch(id)?.receivedEnd(fields)
        case .malformed(let id, let fields):
            // Of one that is open, its end tells.
            guard streams[id] == nil else { return }
            loop.counters.count(.requests)
            loop.counters.count(.malformed)
            note(.http2Message, RequestStart(path: fields.path))
        case .refused: loop.counters.count(.http2StreamsRefused)
        case .answered(let id): streams[id]?.answered()
        case .acknowledged: refuseStreams()
        case .closed(let id, let code, let side): close(id, code, side)
        case .flood(let flood):
            loop.counters.count(flood.event)
            // The last word may never be taken.
            isCondemned = true
            deadline = loop.latest + RequestCycle.patience
            note(.http2Flood, RequestStart(path: []))
        }
    }

    private func touch(_ id: Int32) -> HTTP2Stream? {
        guard let stream = streams[id] else { return nil }
        if touched.last !== stream { touched.append(stream) }
        return stream
    }

    private func begin(_ id: Int32, _ fields: FieldBlock, _ isWhole: Bool) {
        loop.counters.count(.requests)
        requests += 1
        deadline = .never
        if requests == site.limits.requestsPerConnection {
            loop.counters.count(.requestsLimit)
            drain()
        }
        let stream = HTTP2Stream(id, on: self)
        streams[id] = stream
        touched.append(stream)
        stream.begin(fields, isWhole: isWhole, with: &reader)
    }

    private func close(_ id: Int32, _ code: UInt32, _ side: HTTP2Event.Side) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        // nghttp2 resets what breaks a rule by itself.
        let isRefused = side == .us && code == HTTP2Code.protocolError.rawValue
        stream.closed(isRefused ? .http2Message : nil)
        if streams.isEmpty, !isCondemned { deadline = loop.latest + site.keepAlive }
    }

    /// Nobody is answered, but the log and the journal say what came.
    private func note(_ failure: RequestFailure, _ start: RequestStart) {
        _ = site.handler.refuse(failure, of: start, from: client)
    }

    // MARK: What streams ask for

    /// Whether it is counted as its client's, and no other stream has it.
    func claim() -> Bool {
        guard counted != nil, !isClaimed else { return false }
        isClaimed = true
        return true
    }

    func yield() { isClaimed = false }

    func consume(_ id: Int32, _ count: Int) { session.consume(id, count) }

    func respond(_ id: Int32, _ fields: FieldBlock, body: HTTP2Session.Body) {
        session.respond(id, fields, body: body)
        wantFlush()
    }

    func inform(_ id: Int32, status: Int) {
        session.inform(id, status: status)
        wantFlush()
    }

    func resume(_ id: Int32) { session.resume(id) }

    func reset(_ id: Int32, _ code: HTTP2Code) {
        session.reset(id, code)
        wantFlush()
    }

    // MARK: Frames

    var isFull: Bool { outbound.readableBytes >= Self.mostTogether }

    func append(_ frame: RawSpan) {
        if outbound.capacity == 0 { outbound = loop.shelf.take(Self.leastRoom) }
        outbound.writeBytes(frame)
    }

    func waiting(of stream: Int32) -> (count: Int, isLast: Bool) {
        streams[stream]?.waiting ?? (0, false)
    }

    func appendBody(of id: Int32, _ count: Int) {
        guard let stream = streams[id] else { return }
        if stream.move(count, to: &outbound) { drained.append(stream) }
    }

    /// Sends at the end of this turn of the loop, so that frames of many streams go together.
    func wantFlush() {
        guard !willFlush, context != nil else { return }
        willFlush = true
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { bound.value.flush() }
    }

    private func flush() {
        willFlush = false
        guard let context else { return }
        if case .lingering = course { return }
        while context.channel.isWritable {
            session.flush(to: self)
            let bytes = outbound
            outbound = ByteBuffer()
            guard bytes.readableBytes > 0 else { break }
            progress.wrote(bytes.readableBytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            loop.shelf.put(back: bytes)
        }
        handleEvents(ByteBuffer())
        let ready = drained
        drained.removeAll(keepingCapacity: true)
        for stream in ready { stream.passage?.connection?.resume() }
        if session.isOver { finish() }
    }

    // MARK: The end

    /// No more requests than are open now, and those that are on their way.
    private func drain() {
        guard case .open = course else { return }
        course = .announced(loop.latest + Self.notice)
        session.announceEnd()
        wantFlush()
    }

    private func refuseStreams() {
        guard case .announced = course else { return }
        course = .refusing
        session.refuseStreams()
        wantFlush()
    }

    /// Closes our side. What was sent before reaches the client, since what it still sends is read.
    private func finish() {
        guard let context else { return }
        course = .lingering
        deadline = loop.latest + RequestCycle.patience
        context.close(mode: .output, promise: nil)
        readIfWanted()
    }

    /// While requests may come that were sent before their client could know of an end, or are under way
    /// and no stream from an upstream.
    var isBusy: Bool {
        switch course {
        case .open, .announced: true
        case .refusing: streams.values.contains { $0.isBusy }
        case .lingering: false
        }
    }

    func tick(at now: LoopTime) {
        guard let context else { return }
        let buffered = context.channel.bufferedBytes
        if progress.isStalled(buffered: buffered, at: now, limit: site.limits.writeStall) {
            loop.counters.count(.writeStall)
            context.close(promise: nil)
            return
        }
        for stream in streams.values { stream.tick(at: now) }
        switch course {
        case .open:
            if site.census.isStopping {
                drain()
            } else if grownOld < now {
                loop.counters.count(.ageLimit)
                drain()
            }
        case .announced(let end): if end < now { refuseStreams() }
        case .refusing, .lingering: break
        }
        if fieldsDeadline < now {
            fieldsDeadline = .never
            loop.counters.count(.headTimeout)
            session.terminate(.enhanceYourCalm)
            wantFlush()
        }
        if loop.isShedding, streams.isEmpty, case .open = course {
            loop.counters.count(.shed)
            session.terminate(.noError)
            wantFlush()
        }
        if deadline < now { expire(context) }
    }

    private func expire(_ context: ChannelHandlerContext) {
        deadline = .never
        if case .lingering = course, context.channel.bufferedBytes > 0 {
            // Who takes what is written, however slowly, gets all of it; who takes nothing is cut off above.
            deadline = loop.latest + RequestCycle.patience
        } else if case .lingering = course {
            context.close(promise: nil)
        } else if isCondemned {
            // GOAWAY waits behind what is not taken.
            context.close(promise: nil)
        } else {
            loop.counters.count(requests > 0 ? .keepAliveTimeout : .headTimeout)
            session.terminate(.noError)
            wantFlush()
        }
    }

    /// Bytes that go to the socket together.
    private static let mostTogether = 32 << 10
    private static let leastRoom = 4 << 10
    /// For a client to show that it knows that it should open no more streams.
    private static let notice = Duration.seconds(5)
}

extension HTTP2Limits {
    fileprivate init(_ limits: ServerLimits) {
        self.init()
        fieldBytes = limits.head.total
    }
}

extension Flood {
    /// What is counted for it.
    fileprivate var event: Counters.Event {
        switch self {
        case .control: .http2Control
        case .resets: .http2Resets
        case .priorities: .http2Priorities
        case .windowUpdates: .http2WindowUpdates
        case .emptyFrames: .http2EmptyFrames
        case .continuations: .http2Continuations
        case .fields: .http2Fields
        }
    }
}

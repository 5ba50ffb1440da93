import NIOCore
import OpenSSL

/// One client's connection: reads its requests one after the other, has each of them planned, and
/// carries the plan out.
///
/// What may follow what is decided by `RequestCycle`; this handler moves the bytes. What is done with
/// one request is in `ClientExchange`, whose client's side is here; answers are in `+Answers`, CONNECT
/// in `+Tunnel` and `+Interception`.
final class ServerConnection: ChannelInboundHandler, RemovableChannelHandler, ClientExchange,
    LoopMember
{
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let site: ServerSite
    let loop: Loop
    /// Who is at the other end.
    private(set) var client: ClientConnection
    /// Whom the present request is from: the client, or someone behind a trusted proxy.
    var requester: ClientConnection
    private var hop: Hop
    /// The client that it counts for; nil when it counts for all of them only.
    private(set) var counted: IPAddress?
    var memberIndex = -1

    var cycle = RequestCycle()
    var head: RequestHead?
    /// What has come and is not used yet.
    var inbound = ByteBuffer()
    var gathering: Gathering?
    var passage: Passage?
    var deadline: LoopTime
    /// When a client is cut off that has its answer and sends on.
    var lingersUntil = LoopTime.never

    /// Nil before the handler is added, and after the connection has ended.
    private(set) var context: ChannelHandlerContext?
    /// Kept, since asking the context for it takes long.
    private var channel: (any Channel)?
    /// The client will send no more.
    private(set) var inputEnded = false
    private(set) var outputEnded = false

    private var parser: RequestHeadParser
    /// Small things on their way out, sent together.
    var outbound = ByteBuffer()
    /// What `outbound` was, until it is flushed.
    private var sent: ByteBuffer?
    private var progress = WriteProgress()
    /// When it has been open for long enough.
    private let grownOld: LoopTime
    /// The server stops, and this connection has nothing to do.
    private var isLeaving = false
    private var isReading = false
    private var isProcessing = false
    /// Bytes that were written since the last flush.
    private var unflushed = 0

    init(_ site: ServerSite, client: ClientConnection, loop: Loop) {
        self.site = site
        self.loop = loop
        self.client = client
        requester = client
        hop = Hop(client, site)
        counted = site.counted(hop: client.address)
        parser = RequestHeadParser(limits: site.limits.head, role: site.role)
        grownOld = loop.latest + site.limits.connectionAge
        deadline = .never
    }

    /// A hop has said from whom the connection is, before its first byte; false when it ends there.
    func announced(_ header: Result<ProxyHeader, ProxyHeader.Failure>) -> Bool {
        switch header {
        case .failure:
            loop.counters.count(.proxyHeaderRefused)
            return false
        case .success(.own): return true
        case .success(.client(let address, let port)):
            let owner = site.counted(address)
            guard site.census.claim(owner) == .admitted else {
                loop.counters.count(.clientLimit)
                return false
            }
            counted = owner
            client = client.announced(as: address, port: port)
            requester = client
            hop = Hop(client, site)
            return true
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channel = context.channel
        loop.add(self)
        loop.counters.count(.connectionsOpened)
        deadline =
            loop.latest + (site.tls == nil ? site.limits.requestHead : site.limits.tlsHandshake)
    }

    func channelActive(context: ChannelHandlerContext) { readIfWanted() }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    /// The handshake of the TLS below has ended.
    func shaken(_ result: Result<TLSNegotiation, TLSFailure>) {
        switch result {
        case .success(let negotiation):
            client = client.secured(by: TLSInfo(negotiation))
            requester = client
            deadline = loop.latest + site.limits.requestHead
            if negotiation.alpn == Self.http2 { becomeHTTP2() }
        // One that took too long is counted as that.
        case .failure: if cycle.phase != .closed { loop.counters.count(.handshakeFailed) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        var bytes = unwrapInboundIn(data)
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.writeBuffer(&bytes)
        }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passage?.connection?.flush()
        settleOutput()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            passage?.connection?.resume()
            // The next request may have waited for it.
            if cycle.phase == .head { goOn() }
        }
        closeWhenSent()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as ChannelEvent where event == .inputClosed: endTransport()
        case let event as ChannelEvent where event == .outputClosed:
            outputEnded = true
            if inputEnded || cycle.phase == .closed { context.close(promise: nil) }
        case let event as TLSEvent where event == .closedByPeer: endInput()
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The client's socket will send nothing more. Inside of TLS, without the alert that says so
    /// before (RFC 8446, section 6.1), that is a client that has gone.
    private func endTransport() {
        guard site.tls != nil, !inputEnded else {
            endInput()
            return
        }
        switch cycle.phase {
        case .deciding, .answering, .gathering, .forwarding: abort()
        case .head, .dropping, .lingering, .closed, .tunnelling: endInput()
        }
    }

    /// The client closed its side. A request that came whole is still answered.
    private func endInput() {
        guard !inputEnded else { return }
        inputEnded = true
        cycle.doom()
        switch cycle.phase {
        // What waits for the client to take its answers is gone on with when it does.
        case .head where !takesMore && inbound.readableBytes > 0: break
        case .head, .dropping: finish()
        case .lingering, .closed: closeWhenSent()
        // The rest of its body may lie here.
        case .deciding, .gathering, .forwarding, .answering: process()
        case .tunnelling: closeTunnel()
        }
    }

    /// The socket is another's from now on.
    func release() {
        context = nil
        channel = nil
        loop.remove(self)
        loop.counters.count(.connectionsClosed)
    }

    private func ended() {
        guard context != nil else { return }
        release()
        site.census.leave(counted)
        endPassage(.clientGone, keepsUpstream: false)
        cycle.enter(.closed)
        gathering = nil
    }

    // MARK: Requests

    /// Goes on with whatever can be gone on with.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while true {
            switch cycle.phase {
            case .head: guard readHead() else { return }
            case .gathering: guard gather() else { return endCutBody() }
            case .forwarding: guard passBody() else { return endCutBody() }
            case .tunnelling: guard passTunnel() else { return }
            case .dropping: guard drop() else { return }
            case .lingering:
                deadline = min(loop.latest + RequestCycle.patience, lingersUntil)
                inbound = ByteBuffer()
                return
            case .deciding, .answering: return
            case .closed:
                inbound = ByteBuffer()
                return
            }
        }
    }

    /// All that has come of a body was used: when nothing more comes and it is not whole, that is the end.
    private func endCutBody() {
        guard inputEnded, !cycle.body.hasEnded else { return }
        switch cycle.phase {
        case .gathering: abort()
        case .forwarding: if passage?.connection?.takesMore == true { abort() }
        case .head, .deciding, .answering, .tunnelling, .dropping, .lingering, .closed: break
        }
    }

    /// Whether there was a whole head. Of a client that does not take its answers, the next request waits.
    private func readHead() -> Bool {
        guard inbound.readableBytes > 0 else { return false }
        if outbound.readableBytes + unflushed >= Self.small { sendOutput() }
        guard takesMore else { return false }
        do {
            let isFirstByte = !parser.isInsideHead
            let bytes = inbound
            switch try parser.parse(bytes.readableBytesUInt8Span) {
            case .needMore:
                if isFirstByte { deadline = loop.latest + site.requestHead }
                if inputEnded { finish() }
                return false
            case .head(let head, let consumed):
                use(consumed)
                begin(head)
                return true
            }
        } catch {
            loop.counters.count(.malformed)
            refuse(error)
            return false
        }
    }

    private func begin(_ head: RequestHead) {
        if site.census.isRetired {
            next(.close)
            return
        }
        loop.counters.count(.requests)
        deadline = .never
        self.head = head
        let isOld = grownOld < loop.now
        if isOld { loop.counters.count(.ageLimit) }
        cycle.begin(
            head, limit: site.limits.requestsPerConnection,
            wish: isOld || inputEnded || site.census.isStopping || site.keepAlive.isZero
                ? .close : .keepAlive)
        if cycle.requests == site.limits.requestsPerConnection {
            loop.counters.count(.requestsLimit)
        }
        if loop.isShedding {
            loop.counters.count(.shed)
            refuse(.memoryShort)
            return
        }
        do { requester = try hop.requester(of: head, site, client) } catch {
            requester = client
            loop.counters.count(.malformed)
            refuse(error)
            return
        }
        carryOut(site.handler.plan(head, from: requester))
    }

    // MARK: Bytes

    /// Moves past `count` bytes that came.
    func use(_ count: Int) {
        if count == inbound.readableBytes {
            inbound = ByteBuffer()
        } else {
            inbound.moveReaderIndex(forwardBy: count)
        }
    }

    /// Whether more can be sent to the client now.
    var takesMore: Bool { channel?.isWritable ?? false }

    /// Sends a few bytes, together with others.
    func append(_ bytes: [UInt8]) {
        if outbound.capacity == 0 { outbound = loop.shelf.take(bytes.count + Self.smallRoom) }
        outbound.writeBytes(bytes)
    }

    /// Sends bytes; many of them without a copy.
    func append(_ bytes: ByteBuffer) {
        if bytes.readableBytes <= Self.small {
            if outbound.capacity == 0 { outbound = loop.shelf.take(bytes.readableBytes) }
            outbound.writeImmutableBuffer(bytes)
        } else {
            flushOutbound()
            write(bytes)
        }
    }

    func flushOutbound() {
        guard outbound.readableBytes > 0 else { return }
        passage?.answerStart = nil
        let bytes = outbound
        outbound = ByteBuffer()
        write(bytes)
        sent = bytes
    }

    private func write(_ bytes: ByteBuffer) {
        progress.wrote(bytes.readableBytes)
        unflushed += bytes.readableBytes
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Sends what this turn of the loop brought, and asks for more where more is wanted.
    func settleOutput() {
        sendOutput()
        readIfWanted()
    }

    private func sendOutput() {
        flushOutbound()
        flushWritten()
        if let sent {
            self.sent = nil
            loop.shelf.put(back: sent)
        }
    }

    func flushWritten() {
        guard unflushed > 0 else { return }
        unflushed = 0
        context?.flush()
    }

    /// Whether part of the present request has not come yet. Where a chunked body ends is not known before it
    /// is read.
    var owesBody: Bool {
        cycle.body.remaining.map { $0 > inbound.readableBytes } ?? !cycle.body.hasEnded
    }

    private func readIfWanted() {
        guard !isReading, !inputEnded, let context else { return }
        switch cycle.phase {
        case .head: guard takesMore else { return }
        case .gathering, .dropping, .lingering: break
        case .forwarding:
            // A body is taken as fast as the upstream takes it. Once it is whole, reading goes on
            // so that a client that leaves is noticed, but what it sends waits.
            if !cycle.body.hasEnded {
                guard let connection = passage?.connection, connection.takesMore else { return }
            } else if inbound.readableBytes > 0 {
                return
            }
        case .tunnelling: guard passage?.connection?.takesMore ?? false else { return }
        case .deciding, .answering: if inbound.readableBytes > 0 { return }
        case .closed: return
        }
        isReading = true
        context.read()
    }

    // MARK: Time

    var isBusy: Bool {
        switch cycle.phase {
        case .head, .deciding, .gathering, .answering, .dropping: true
        case .forwarding, .tunnelling, .lingering, .closed: false
        }
    }

    func tick(at now: LoopTime) {
        guard let context else { return }
        let buffered = context.channel.bufferedBytes
        if progress.isStalled(buffered: buffered, at: now, limit: site.limits.writeStall) {
            loop.counters.count(.writeStall)
            abort()
            return
        }
        closeWhenSent()
        if site.census.isStopping, !isLeaving { leave(now) }
        if site.census.endsTunnels, cycle.phase == .tunnelling {
            closeTunnel()
            return
        }
        if loop.isShedding, cycle.phase == .head, !parser.isInsideHead {
            loop.counters.count(.shed)
            finish()
            return
        }
        if isUnread, site.census.isHandedOver(at: now) { return handOver() }
        if deadline < now { expire(context) }
    }

    /// Whether a request has begun and is not whole, so that nothing was decided about it.
    private var isUnread: Bool {
        cycle.phase == .gathering || cycle.phase == .head && parser.isInsideHead
    }

    /// Whoever has an answer is heard for so long from now on; not for long by a server that stops.
    func linger() {
        let longest = site.census.isStopping ? Self.farewell : RequestCycle.longestLingering
        lingersUntil = loop.latest + longest
        deadline = min(loop.latest + RequestCycle.patience, lingersUntil)
    }

    /// The server stops: who has nothing to do, or sends on though it has its answer, is not waited for
    /// much longer.
    private func leave(_ now: LoopTime) {
        switch cycle.phase {
        case .head:
            if parser.isInsideHead { return }
            // A request may be on its way: it is answered, and is the last.
            deadline = min(deadline, now + (cycle.requests == 0 ? Self.welcome : Self.farewell))
        case .lingering:
            lingersUntil = min(lingersUntil, now + Self.farewell)
            deadline = min(deadline, lingersUntil)
        case .deciding, .gathering, .forwarding, .answering, .tunnelling, .dropping, .closed:
            return
        }
        isLeaving = true
    }

    private func expire(_ context: ChannelHandlerContext) {
        deadline = .never
        switch cycle.phase {
        // Its requests are not read, so it is not silent; who takes nothing is cut off above.
        case .head where !takesMore && !site.census.isStopping:
            deadline = loop.latest + site.requestHead
        case .head:
            if parser.isInsideHead {
                loop.counters.count(.headTimeout)
                refuse(.requestTimeout)
            } else {
                loop.counters.count(silence)
                finish()
            }
        case .gathering, .forwarding: expireBody()
        case .deciding, .answering, .tunnelling: break
        // Who takes what is written, however slowly, gets all of it; who takes nothing is cut off above.
        case .closed where context.channel.bufferedBytes > 0:
            deadline = loop.latest + site.limits.writeStall
        case .lingering where context.channel.bufferedBytes > 0:
            linger()
        // Our side ends; a reset could destroy the answer.
        case .dropping: next(.linger)
        case .lingering, .closed: context.close(promise: nil)
        }
        settleOutput()
    }

    /// What it is, that nothing of a head has come in time.
    private var silence: Counters.Event {
        if cycle.requests > 0 { return .keepAliveTimeout }
        return site.tls != nil && client.tls == nil ? .handshakeTimeout : .headTimeout
    }

    /// For a request that was sent before its client could know that the server stops.
    private static let farewell = Duration.seconds(2)
    /// For the first request of a connection that was accepted before that: a successor waits for it, and
    /// all who come meanwhile with it.
    static let welcome = Duration.seconds(4)
    /// Up to here, copying costs less than another piece for the system to gather.
    private static let small = 16 << 10
    /// Room beside a head, for a small body.
    private static let smallRoom = 1536
}

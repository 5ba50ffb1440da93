import NIOCore
import OpenSSL

/// Puts TLS between a socket and the handler of a connection.
///
/// `close(mode: .output)` says goodbye (close_notify) first; `close(mode: .all)` does not, so that
/// a peer can tell what was cut off from what is whole.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let engine: TLSEngine
    private let shelf: BufferShelf
    /// Called once, when the handshake has ended.
    private var onReady: ((Result<TLSNegotiation, TLSFailure>) -> Void)?
    /// Not encrypted yet: until the handshake is done, or the next flush.
    private var pending = ByteBuffer()
    /// What was written behind it.
    private var further: [ByteBuffer] = []
    /// The next handler asked for bytes, and has got none.
    private var wantsRead = false
    private var wrote = false
    private var saidClosed = false
    /// Bytes of the engine's own that wait behind others, since the channel was last writable.
    private var repliesWaiting = 0
    /// The last ciphertext, until it is flushed.
    private var sent: ByteBuffer?

    init(
        _ engine: TLSEngine, _ shelf: BufferShelf,
        onReady: @escaping (Result<TLSNegotiation, TLSFailure>) -> Void
    ) {
        self.engine = engine
        self.shelf = shelf
        self.onReady = onReady
    }

    // MARK: From the peer

    func channelActive(context: ChannelHandlerContext) {
        // A client speaks first; for a server this does nothing.
        step(context, ByteBuffer())
        context.flush()
        context.fireChannelActive()
        context.read()
    }

    /// Begins on a socket that was in other use before, with what has come on it already.
    func begin(_ context: ChannelHandlerContext, with bytes: ByteBuffer) {
        channelActive(context: context)
        guard bytes.readableBytes > 0 else { return }
        channelRead(context: context, data: wrapInboundOut(bytes))
        channelReadComplete(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        step(context, unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if wrote {
            wrote = false
            context.flush()
        }
        if wantsRead || engine.state == .handshaking, !isFull { context.read() }
        context.fireChannelReadComplete()
    }

    /// Whether the peer asks for replies and takes none: then nothing more is read. Answers of the next
    /// handler count not, since a peer may well send all of a request before it takes them.
    private var isFull: Bool { repliesWaiting > Self.leastRoom }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, repliesWaiting > 0 {
            repliesWaiting = 0
            if wantsRead || engine.state == .handshaking { context.read() }
        }
        context.fireChannelWritabilityChanged()
    }

    private func step(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        var ciphertext = bytes
        while true {
            var plaintext = shelf.take(max(ciphertext.readableBytes, Self.leastRoom))
            // An open connection has hardly ever anything to say for itself.
            var reply: ByteBuffer?
            if engine.state == .handshaking {
                reply = shelf.take(Self.handshakeRoom)
            }
            var progress = advance(&ciphertext, &plaintext, &reply)
            if reply == nil, progress.replyWaits {
                reply = shelf.take(Self.leastRoom)
                progress = advance(&ciphertext, &plaintext, &reply)
            }
            if let reply, reply.readableBytes > 0 {
                wrote = true
                if !context.channel.isWritable { repliesWaiting += reply.readableBytes }
                context.write(wrapOutboundOut(reply), promise: nil)
            }
            if progress.state != .handshaking { settle(context, progress.state) }
            if case .failed = progress.state {
                // The next handler has heard of the end: what came before is nobody's any more.
                shelf.put(back: plaintext)
                return
            }
            if plaintext.readableBytes > 0 {
                wantsRead = false
                context.fireChannelRead(wrapInboundOut(plaintext))
            }
            shelf.put(back: plaintext)
            if case .closedByPeer = progress.state, !saidClosed {
                saidClosed = true
                context.fireUserInboundEventTriggered(TLSEvent.closedByPeer)
            }
            guard progress.plaintextWaits || progress.replyWaits else { return }
        }
    }

    /// One step of the engine over what came; without room for a reply when there is none.
    private func advance(
        _ ciphertext: inout ByteBuffer, _ plaintext: inout ByteBuffer, _ reply: inout ByteBuffer?
    ) -> TLSEngine.Progress {
        var progress = TLSEngine.Progress(
            consumed: 0, state: engine.state, plaintextWaits: false, replyWaits: false)
        let bytes = ciphertext
        plaintext.writeWithOutputRawSpan(minimumWritableBytes: Self.leastRoom) { plain in
            guard reply != nil else {
                var none = OutputRawSpan()
                progress = engine.step(
                    ciphertext: bytes.readableBytesSpan, plaintext: &plain, reply: &none)
                return
            }
            reply?.writeWithOutputRawSpan(minimumWritableBytes: Self.leastRoom) { answer in
                progress = engine.step(
                    ciphertext: bytes.readableBytesSpan, plaintext: &plain, reply: &answer)
            }
        }
        ciphertext.moveReaderIndex(forwardBy: progress.consumed)
        return progress
    }

    /// The handshake is over, or the connection has come to a bad end.
    private func settle(_ context: ChannelHandlerContext, _ state: TLSEngine.State) {
        switch state {
        case .handshaking: return
        case .open, .closedByPeer:
            guard let onReady, let negotiation = engine.negotiation else { return }
            self.onReady = nil
            onReady(.success(negotiation))
            if encryptPending(context) { wrote = true }
        case .failed(let failure):
            context.flush()
            if let onReady {
                self.onReady = nil
                onReady(.failure(failure))
            }
            context.fireErrorCaught(failure)
            context.close(mode: .all, promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended() }

    private func ended() {
        clearPending()
        guard let onReady else { return }
        self.onReady = nil
        if case .failed(let failure) = engine.endOfInput() { onReady(.failure(failure)) }
    }

    // MARK: To the peer

    func read(context: ChannelHandlerContext) {
        wantsRead = true
        if !isFull { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        if pending.readableBytes == 0 {
            pending = bytes
        } else if bytes.readableBytes > 0 {
            further.append(bytes)
        }
        promise?.succeed(())
    }

    func flush(context: ChannelHandlerContext) {
        _ = encryptPending(context)
        wrote = false
        context.flush()
        if let sent {
            self.sent = nil
            shelf.put(back: sent)
        }
    }

    /// Whether there was anything to send.
    private func encryptPending(_ context: ChannelHandlerContext) -> Bool {
        guard pending.readableBytes > 0 else { return false }
        switch engine.state {
        case .handshaking: return false
        case .open, .closedByPeer: break
        case .failed:
            clearPending()
            return false
        }
        // Each buffer begins a record of its own.
        var count = pending.readableBytes
        var bound = TLSEngine.ciphertextBound(count)
        for buffer in further {
            count += buffer.readableBytes
            bound += TLSEngine.ciphertextBound(buffer.readableBytes)
        }
        var output = shelf.take(bound)
        var taken = 0
        // A span of the property itself would outlive the access to it.
        let first = pending
        output.writeWithOutputRawSpan(minimumWritableBytes: bound) { room in
            taken += engine.encrypt(plaintext: first.readableBytesSpan, into: &room)
            for buffer in further {
                taken += engine.encrypt(plaintext: buffer.readableBytesSpan, into: &room)
            }
        }
        clearPending()
        context.write(wrapOutboundOut(output), promise: nil)
        sent = output
        if taken < count { context.close(mode: .all, promise: nil) }
        return true
    }

    private func clearPending() {
        pending = ByteBuffer()
        if !further.isEmpty { further.removeAll(keepingCapacity: true) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output:
            _ = encryptPending(context)
            var goodbye = shelf.take(Self.leastRoom)
            goodbye.writeWithOutputRawSpan(minimumWritableBytes: Self.leastRoom) {
                engine.close(reply: &$0)
            }
            context.write(wrapOutboundOut(goodbye), promise: nil)
            context.flush()
            context.close(mode: .output, promise: promise)
        case .input, .all:
            context.close(mode: mode, promise: promise)
        }
    }

    /// Room for the plaintext, or the reply, of one step when there is little to say.
    private static let leastRoom = 512
    /// Room for a certificate chain.
    private static let handshakeRoom = 4 << 10
}

/// What a handler hears of the TLS below it.
enum TLSEvent: Sendable, Equatable {
    /// The peer has said all it had to say (close_notify).
    case closedByPeer
}

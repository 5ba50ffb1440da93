import NIOCore

/// Takes the PROXY header off the front of a connection from a hop that has to send one; what follows
/// is for the handlers behind it. A connection that begins otherwise is closed without a word.
final class ProxyHeaderReceiver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What was received instead of a header, or of whom the connection is; false closes it.
    typealias Announce = (Result<ProxyHeader, ProxyHeader.Failure>) -> Bool

    private var announce: Announce?
    private var inbound = ByteBuffer()
    /// The handlers behind asked for bytes, and have got none.
    private var owesRead = false

    init(_ announce: @escaping Announce) { self.announce = announce }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard announce != nil else {
            context.fireChannelRead(data)
            return
        }
        owesRead = true
        var bytes = unwrapInboundIn(data)
        inbound.writeBuffer(&bytes)
        do throws(ProxyHeader.Failure) {
            let all = inbound
            switch try ProxyHeader.read(all.readableBytesUInt8Span) {
            case .needMore: return
            case .header(let header, let length):
                inbound.moveReaderIndex(forwardBy: length)
                settle(.success(header), context)
            }
        } catch { settle(.failure(error), context) }
    }

    private func settle(
        _ result: Result<ProxyHeader, ProxyHeader.Failure>, _ context: ChannelHandlerContext
    ) {
        let rest = inbound
        inbound = ByteBuffer()
        guard let announce else { return }
        self.announce = nil
        guard announce(result) else {
            context.close(promise: nil)
            return
        }
        guard rest.readableBytes > 0 else { return }
        owesRead = false
        context.fireChannelRead(wrapInboundOut(rest))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if owesRead { context.read() }
        owesRead = false
        context.fireChannelReadComplete()
        if announce == nil { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { announce = nil }
}

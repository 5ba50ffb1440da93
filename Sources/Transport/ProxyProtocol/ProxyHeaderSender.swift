import NIOCore

/// Begins a connection to an upstream with the header that says for whom it is, before TLS and all.
///
/// Who waits for the connection hears of it before the pipeline does, and writes at once: the header goes
/// out with whatever is written first, or by itself.
final class ProxyHeaderSender: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Nil once it was written.
    private var header: ProxyHeader?

    init(_ header: ProxyHeader) { self.header = header }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.flush()
        context.fireChannelActive()
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        begin(context)
        context.write(data, promise: promise)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard let header else { return }
        self.header = nil
        context.write(wrapOutboundOut(ByteBuffer(bytes: header.binary)), promise: nil)
    }
}

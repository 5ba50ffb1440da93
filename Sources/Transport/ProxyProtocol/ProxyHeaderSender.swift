import NIOCore

/// Begins a connection to an upstream with the header that says for whom it is, before TLS and all.
final class ProxyHeaderSender: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let header: ProxyHeader

    init(_ header: ProxyHeader) { self.header = header }

    func channelActive(context: ChannelHandlerContext) {
        let bytes = ByteBuffer(bytes: header.binary)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        context.fireChannelActive()
    }
}

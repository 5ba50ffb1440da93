import NIOCore

/// Asks an outer HTTP proxy for a tunnel to one address (RFC 9110, section 9.3.6) before the handlers
/// behind it hear that they are connected; what comes after its answer is theirs.
final class OuterProxyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private var parser = ResponseHeadParser()
    private var inbound = ByteBuffer()
    /// Called once: with nil when there is a tunnel.
    private var onAnswer: ((UpstreamFailure?) -> Void)?

    /// - Parameter target: an address that was judged, and a port.
    init(to target: Authority, onAnswer: @escaping (UpstreamFailure?) -> Void) {
        request = Array("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\r\n".utf8)
        self.onAnswer = onAnswer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard onAnswer != nil else {
            context.fireChannelRead(data)
            return
        }
        var bytes = unwrapInboundIn(data)
        inbound.writeBuffer(&bytes)
        do throws(RequestFailure) { try readAnswer(context) } catch {
            answer(.malformed(error))
            context.close(promise: nil)
        }
    }

    private func readAnswer(_ context: ChannelHandlerContext) throws(RequestFailure) {
        while onAnswer != nil {
            let bytes = inbound
            switch try parser.parse(bytes.readableBytesUInt8Span, answering: .connect) {
            case .needMore: return
            case .head(let head, let consumed):
                inbound.moveReaderIndex(forwardBy: consumed)
                if head.isInterim { continue }
                guard (200..<300).contains(head.status) else {
                    answer(.proxyRefused(head.status))
                    context.close(promise: nil)
                    return
                }
                let rest = inbound
                inbound = ByteBuffer()
                answer(nil)
                context.fireChannelActive()
                if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if onAnswer == nil { context.fireChannelReadComplete() } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer(.closedEarly)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer(.closedEarly)
        context.fireErrorCaught(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) { onAnswer = nil }

    private func answer(_ failure: UpstreamFailure?) {
        guard let onAnswer else { return }
        self.onAnswer = nil
        onAnswer(failure)
    }
}

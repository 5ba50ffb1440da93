import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSL
@testable import Transport

@Suite struct TLSHandlerTests {
    /// Counts what is read from the socket.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0

        func read(context: ChannelHandlerContext) { reads += 1 }
    }

    /// A client's messages, one by one.
    private struct Client {
        let engine: TLSEngine

        /// What it says when this comes.
        func step(_ bytes: ByteBuffer) -> ByteBuffer {
            let reply = [UInt8](rawCapacity: 4096) { reply in
                _ = [UInt8](rawCapacity: 4096) { plaintext in
                    _ = engine.step(
                        ciphertext: bytes.readableBytesSpan, plaintext: &plaintext, reply: &reply)
                }
            }
            return ByteBuffer(bytes: reply)
        }

        /// Asks for new keys, and says one byte, so that it is no flood.
        func asksForKeys() -> ByteBuffer {
            let byte: [UInt8] = [1]
            let bytes = [UInt8](rawCapacity: 512) { output in
                engine.updateKeys(reply: &output)
                _ = engine.encrypt(plaintext: byte.rawSpan, into: &output)
            }
            return ByteBuffer(bytes: bytes)
        }

        /// One byte.
        func says() -> ByteBuffer {
            let byte: [UInt8] = [1]
            let bytes = [UInt8](rawCapacity: 512) { output in
                _ = engine.encrypt(plaintext: byte.rawSpan, into: &output)
            }
            return ByteBuffer(bytes: bytes)
        }
    }

    /// Closes as the handlers of connections do, and tells what it heard in which order.
    private final class Last: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var heard: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard.append("read") }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            heard.append("error")
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { heard.append("inactive") }
    }

    /// A connection whose handshake is done: the server's side, between a socket and a last handler, and
    /// its client.
    private struct Connection {
        let socket = Socket()
        let last = Last()
        let channel = EmbeddedChannel()
        let client: Client

        init() throws {
            let own = try TestIdentity("gateway.example")
            let server = try TLSContext.server(identities: [own.identity], alpn: ["http/1.1"])
            let trusting = try TLSContext.client(trust: own.trust, alpn: ["http/1.1"])
            client = Client(
                engine: try TLSEngine(client: trusting, serverName: "gateway.example"))
            let engine = try TLSEngine(server: server)
            let tls = TLSHandler(engine, BufferShelf()) { _ in }
            try channel.pipeline.syncOperations.addHandlers([socket, tls, last])
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/a")).wait()
            var bytes = client.step(ByteBuffer())
            while bytes.readableBytes > 0 {
                try channel.writeInbound(bytes)
                bytes = ByteBuffer()
                while let reply = try channel.readOutbound(as: ByteBuffer.self) {
                    var answer = client.step(reply)
                    bytes.writeBuffer(&answer)
                }
            }
            #expect(engine.state == .open)
        }
    }

    /// Else a handler that has left its tables takes up what came in front of the fault.
    @Test func nothingIsReadBehindTheEnd() throws {
        let connection = try Connection()
        try connection.channel.writeInbound(connection.client.says())
        var bytes = connection.client.says()
        bytes.writeBytes([0x17, 3, 3, 0, 32] + [UInt8](repeating: 0, count: 32))
        try connection.channel.writeInbound(bytes)
        #expect(connection.last.heard == ["read", "error", "inactive"])
        _ = try? connection.channel.finish(acceptAlreadyClosed: true)
    }

    @Test func aPeerThatTakesNoRepliesIsNotReadFurther() throws {
        let connection = try Connection()
        let (socket, channel, client) = (connection.socket, connection.channel, connection.client)

        func reads() throws -> Bool {
            let before = socket.reads
            try channel.writeInbound(client.asksForKeys())
            channel.read()
            return socket.reads > before
        }
        for _ in 0..<40 { #expect(try reads()) }
        channel.isWritable = false
        var asked = 0
        while try reads(), asked < 100 { asked += 1 }
        #expect((1..<40).contains(asked))
        #expect(try !reads())
        // It has taken all there was.
        let before = socket.reads
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(socket.reads == before + 1)
        #expect(try reads())
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

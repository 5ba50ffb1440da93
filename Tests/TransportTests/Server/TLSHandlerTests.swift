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
    }

    @Test func aPeerThatTakesNoRepliesIsNotReadFurther() throws {
        let own = try TestIdentity("gateway.example")
        let server = try TLSContext.server(identities: [own.identity], alpn: ["http/1.1"])
        let trusting = try TLSContext.client(trust: own.trust, alpn: ["http/1.1"])
        let client = Client(
            engine: try TLSEngine(client: trusting, serverName: "gateway.example"))
        let (socket, channel) = (Socket(), EmbeddedChannel())
        try channel.pipeline.syncOperations.addHandler(socket)
        let shelf = BufferShelf()
        let engine = try TLSEngine(server: server)
        try channel.pipeline.syncOperations.addHandler(TLSHandler(engine, shelf) { _ in })
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

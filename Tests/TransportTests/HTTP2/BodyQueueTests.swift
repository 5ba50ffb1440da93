import NIOCore
import Testing

@testable import Transport

@Suite struct BodyQueueTests {
    @Test(arguments: [1, 3, 7, 5000, 100_000])
    func whatGoesInComesOutInWhateverPieces(_ size: Int) {
        var queue = BodyQueue()
        var expected: [UInt8] = []
        for length in [1, 0, 2, 4000, 97, 6000, 1, 16_000] {
            let piece = (0..<length).map { UInt8(truncatingIfNeeded: expected.count + $0) }
            queue.append(ByteBuffer(bytes: piece))
            expected += piece
        }
        #expect(queue.count == expected.count)
        var output = ByteBuffer()
        while queue.count > 0 { queue.move(size, to: &output) }
        #expect(Array(output.readableBytesView) == expected)
    }

    @Test func nothingIsLeftWhenAllIsRemoved() {
        var queue = BodyQueue()
        queue.append(ByteBuffer(string: "abc"))
        queue.removeAll()
        var output = ByteBuffer()
        queue.move(2, to: &output)
        #expect(queue.count == 0 && output.readableBytes == 0)
    }
}

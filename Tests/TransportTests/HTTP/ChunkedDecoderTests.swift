import Testing

@testable import Transport

@Suite struct ChunkedDecoderTests {
    @Test func dataComesAsRangesOfTheBytes() throws {
        var decoder = ChunkedDecoder()
        let bytes = latin1("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nrest")
        var offset = 0
        try expect(.data(3..<6), from: &decoder, bytes, &offset)
        try expect(.data(15..<17), from: &decoder, bytes, &offset)
        try expect(.end, from: &decoder, bytes, &offset)
        #expect(latin1(bytes[offset...]) == "rest")
        try expect(.end, from: &decoder, bytes, &offset)
    }

    private func expect(
        _ step: ChunkedDecoder.Step, from decoder: inout ChunkedDecoder, _ bytes: [UInt8],
        _ offset: inout Int
    ) throws {
        let found = try decoder.next(in: bytes.span, from: &offset)
        #expect(found == step)
    }

    @Test func chunkMayComeInPieces() throws {
        var decoder = ChunkedDecoder()
        var body = ""
        for piece in ["1", "0\r", "\nabc", "defgh", "ijklmnop\r", "\n0\r\n\r", "\n"] {
            let bytes = latin1(piece)
            var offset = 0
            reading: while true {
                switch try decoder.next(in: bytes.span, from: &offset) {
                case .needMore: break reading
                case .data(let range): body += latin1(bytes[range])
                case .end: break reading
                }
            }
            #expect(offset == bytes.count)
        }
        #expect(body == "abcdefghijklmnop")
    }

    @Test func afterAFaultNothingIsReadAnyMore() {
        var decoder = ChunkedDecoder()
        for text in ["x", "0\r\n\r\n"] {
            var offset = 0
            let bytes = latin1(text)
            #expect(throws: RequestFailure.chunkSize) {
                try decoder.next(in: bytes.span, from: &offset)
            }
        }
    }

    @Test func largestSizeIsCounted() throws {
        var decoder = ChunkedDecoder()
        let bytes = latin1("7fffffffffffffff\r\nabc")
        var offset = 0
        try expect(.data(18..<21), from: &decoder, bytes, &offset)
        try expect(.needMore, from: &decoder, bytes, &offset)
    }

    @Test func whatTheFrameWritesTheDecoderReads() throws {
        var dice = Dice(seed: 7)
        for _ in 0..<200 {
            var wire: [UInt8] = []
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...5, using: &dice) {
                let data = (0..<Int.random(in: 1...300, using: &dice)).map { _ in
                    UInt8.random(in: 0...255, using: &dice)
                }
                wire += ChunkFrame.start(data.count) + data + ChunkFrame.end
                body += data
            }
            wire += ChunkFrame.last
            var decoder = ChunkedDecoder()
            var decoded: [UInt8] = []
            var offset = 0
            while case .data(let range) = try decoder.next(in: wire.span, from: &offset) {
                decoded += wire[range]
            }
            #expect(decoded == body && offset == wire.count)
        }
    }
}

import Dispatch
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Gateway

@Suite struct LogWriterTests {
    /// What came out; it can be made to wait, and to fail.
    private final class Sink: Sendable {
        let pieces = Mutex<[String]>([])
        let fails = Atomic<Bool>(false)
        let gate = DispatchSemaphore(value: 0)

        var text: String { pieces.withLock { $0.joined() } }

        func take(_ bytes: [UInt8]) -> Bool {
            if fails.load(ordering: .relaxed) { return false }
            pieces.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            return true
        }
    }

    private let sink = Sink()

    private func writer(byteLimit: Int = 4 << 20, waits: Bool = false) -> LogWriter {
        let sink = sink
        return LogWriter(
            byteLimit: byteLimit, droppedLine: { Array("dropped \($0)\n".utf8) },
            sink: { bytes in
                if waits { sink.gate.wait() }
                return sink.take(bytes)
            })
    }

    @Test func linesComeOutWholeAndInTheirOrder() {
        let writer = writer()
        let lines = (0..<2000).map { "line \($0)\n" }
        for line in lines { writer.write(Array(line.utf8)) }
        #expect(writer.flush(upTo: .seconds(20)))
        #expect(sink.text == lines.joined())
        // No piece ends within a line.
        #expect(sink.pieces.withLock { $0.allSatisfy { $0.hasSuffix("\n") } })
        writer.stop()
    }

    @Test func whatWaitsBeyondTheLimitIsDroppedAndToldOf() {
        let writer = writer(byteLimit: 100, waits: true)
        for _ in 0..<30 { writer.write(Array("0123456789\n".utf8)) }
        #expect(writer.dropped == 21)
        for _ in 0..<30 { sink.gate.signal() }
        #expect(writer.flush(upTo: .seconds(20)))
        // The writer may begin before the last of them is there: then it tells of them in parts.
        let lines = sink.text.split(separator: "\n")
        let told = lines.compactMap { $0.hasPrefix("dropped ") ? Int($0.dropFirst(8)) : nil }
        #expect(told.reduce(0, +) == 21)
        #expect(lines.count(where: { $0 == "0123456789" }) == 9)
        #expect(lines.count == 9 + told.count)
        writer.stop()
    }

    @Test func whatTheSinkDoesNotTakeIsToldOfWhenItDoes() {
        let writer = writer()
        sink.fails.store(true, ordering: .relaxed)
        writer.write(Array("lost\n".utf8))
        _ = writer.flush(upTo: .seconds(20))
        sink.fails.store(false, ordering: .relaxed)
        writer.write(Array("kept\n".utf8))
        #expect(writer.flush(upTo: .seconds(20)))
        #expect(sink.text.contains("kept\n") && sink.text.contains("dropped 1\n"))
        #expect(!sink.text.contains("lost"))
        writer.stop()
    }

    @Test func afterItsEndNothingIsTaken() {
        let writer = writer()
        writer.stop()
        writer.write(Array("late\n".utf8))
        #expect(writer.dropped == 1 && sink.text == "")
    }

    @Test func aLineThatIsTakenInPartsIsWrittenOnce() throws {
        let pipe = Pipe()
        let end = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) == 0)
        let line = (0..<40_000).map { "\($0) " }.joined() + "\n"
        DispatchQueue.global().async {
            #expect(LogWriter.file(FileDescriptor(rawValue: end))(Array(line.utf8)))
            try? pipe.fileHandleForWriting.close()
        }
        #expect(try pipe.fileHandleForReading.readToEnd() == Data(line.utf8))
    }

    @Test func aFileThatTakesNothingAnyMoreIsToldOf() throws {
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        signal(SIGPIPE, SIG_IGN)
        let end = FileDescriptor(rawValue: pipe.fileHandleForWriting.fileDescriptor)
        #expect(!LogWriter.file(end)(Array("line\n".utf8)))
    }
}

import HTTP2Client
import Testing

@testable import HTTP2

@Suite struct FrameMeterTests {
    /// A connection that has said hello.
    private func meter(_ limits: HTTP2Limits = HTTP2Limits()) -> FrameMeter {
        var meter = FrameMeter(limits)
        _ = meter.admit(Frame.preface, at: 0)
        return meter
    }

    /// How many of these frames pass, one after the other.
    private func passes(
        _ frame: Frame, of most: Int = 2000, milliseconds: Int = 0, _ meter: FrameMeter
    ) -> (count: Int, flood: Flood?) {
        var meter = meter
        for index in 0..<most {
            switch meter.admit(frame.bytes, at: index * milliseconds) {
            case .all: continue
            case .flood(let flood, before: let offset):
                #expect(offset == 0)
                return (index, flood)
            }
        }
        return (most, nil)
    }

    @Test(arguments: [
        (Frame.ping(), Flood.control, 50), (Frame(.settings), .control, 50),
        (Frame(.unknown, payload: [1, 2]), .control, 50),
        (Frame(.goAway, payload: [UInt8](repeating: 0, count: 8)), .control, 50),
        (Frame.reset(1), .resets, 100),
        (Frame(.priority, stream: 3, payload: [0, 0, 0, 0, 9]), .priorities, 100),
        (Frame.window(1), .windowUpdates, 5), (Frame.data(1, []), .emptyFrames, 1),
        (Frame(.headers, .endHeaders, stream: 1), .emptyFrames, 1),
        (Frame(.continuation, stream: 1, payload: [0]), .continuations, 8),
        (Frame(.data, .padded, stream: 1, payload: [4, 0, 0, 0, 0]), .emptyFrames, 1),
    ])
    func somePassAtOnceAndNoMore(_ frame: Frame, _ flood: Flood, _ count: Int) {
        let result = passes(frame, meter())
        #expect(result.count == count)
        #expect(result.flood == flood)
    }

    @Test(arguments: [(Frame.ping(), 100), (Frame.reset(1), 100)])
    func whatIsSlowEnoughPassesForEver(_ frame: Frame, _ milliseconds: Int) {
        #expect(passes(frame, milliseconds: milliseconds, meter()).flood == nil)
        #expect(passes(frame, milliseconds: milliseconds / 2, meter()).flood != nil)
    }

    @Test(arguments: [
        Frame.data(1, [1]), Frame(.data, .endStream, stream: 1),
        Frame(.headers, .endHeaders, stream: 1, payload: [0x82]),
        Frame(.data, .padded, stream: 1, payload: [3, 1, 0, 0, 0]),
        Frame(.data, .padded, .endStream, stream: 1, payload: [0]),
    ])
    func whatHoldsSomethingIsNoFlood(_ frame: Frame) {
        #expect(passes(frame, meter()).flood == nil)
    }

    @Test func moreStreamsAndDataAllowMoreWindowsAndPriorities() {
        var meter = meter()
        for _ in 0..<10 { meter.opened() }
        #expect(passes(.window(1), meter).count == 25)
        #expect(passes(Frame(.priority, stream: 3, payload: [0, 0, 0, 0, 9]), meter).count == 200)
        for _ in 0..<3 { meter.sentData() }
        #expect(passes(.window(1), meter).count == 85)
    }

    @Test func theFrameThatIsTooMuchIsFoundInTheMiddleOfOthers() {
        var meter = meter()
        let good = Frame.headers(1, Frame.request()).bytes
        let empty = Frame.data(1, []).bytes
        let bytes: [UInt8] = good + empty + empty + good
        let verdict = meter.admit(bytes, at: 0)
        #expect(verdict == .flood(.emptyFrames, before: good.count + 9))
    }

    @Test func theResultDoesNotDependOnHowTheBytesAreCut() {
        let padded = Frame(.data, .padded, stream: 1, payload: [2, 7, 0, 0]).bytes
        var bytes = Frame.preface
        for _ in 0..<40 {
            bytes += padded
            bytes += Frame.ping().bytes
        }
        for _ in 0..<2 { bytes += Frame.data(1, []).bytes }
        var meter = FrameMeter(HTTP2Limits())
        var seen = 0
        for byte in bytes {
            if case .flood(let flood, _) = meter.admit([byte], at: 0) {
                #expect(flood == .emptyFrames)
                break
            }
            seen += 1
        }
        #expect(seen == bytes.count - 1)
    }

    @Test func fieldsThatAreTooLargeAreForgivenSomeTimes() {
        var meter = meter()
        let floods = (0..<11).map { _ in meter.exceededFields() }
        #expect(floods == Array(repeating: nil, count: 10) + [.fields])
    }
}

extension FrameMeter {
    fileprivate mutating func admit(_ bytes: [UInt8], at time: Int) -> Verdict {
        admit(bytes.span, at: time)
    }
}

import Testing

@testable import Transport

@Suite struct WriteProgressTests {
    private func time(_ seconds: Int) -> LoopTime { LoopTime(milliseconds: seconds * 1000) }

    @Test func aPeerThatTakesNothingStalls() {
        var progress = WriteProgress()
        progress.wrote(1000)
        let stalls = [
            progress.isStalled(buffered: 1000, at: time(0), limit: .seconds(60)),
            progress.isStalled(buffered: 1000, at: time(60), limit: .seconds(60)),
            progress.isStalled(buffered: 1000, at: time(61), limit: .seconds(60)),
        ]
        #expect(stalls == [false, false, true])
    }

    @Test func oneByteIsProgress() {
        var progress = WriteProgress()
        progress.wrote(1000)
        let stalls = [
            progress.isStalled(buffered: 1000, at: time(0), limit: .seconds(60)),
            progress.isStalled(buffered: 999, at: time(59), limit: .seconds(60)),
            progress.isStalled(buffered: 999, at: time(100), limit: .seconds(60)),
            progress.isStalled(buffered: 999, at: time(120), limit: .seconds(60)),
        ]
        #expect(stalls == [false, false, false, true])
    }

    /// Replies of the TLS below are not counted as written.
    @Test func whatOthersWriteIsNoProgress() {
        var progress = WriteProgress()
        progress.wrote(1000)
        let stalls = [
            progress.isStalled(buffered: 1000, at: time(0), limit: .seconds(60)),
            progress.isStalled(buffered: 1500, at: time(30), limit: .seconds(60)),
            progress.isStalled(buffered: 2000, at: time(61), limit: .seconds(60)),
            progress.isStalled(buffered: 1999, at: time(62), limit: .seconds(60)),
            progress.isStalled(buffered: 2500, at: time(123), limit: .seconds(60)),
        ]
        #expect(stalls == [false, false, true, false, true])
    }

    @Test func nothingToSendIsNoStall() {
        var progress = WriteProgress()
        progress.wrote(1000)
        let stalls = [
            progress.isStalled(buffered: 0, at: time(0), limit: .seconds(1)),
            progress.isStalled(buffered: 0, at: time(1000), limit: .seconds(1)),
        ]
        #expect(stalls == [false, false])
    }
}

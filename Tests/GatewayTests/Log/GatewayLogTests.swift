import Federation
import Logging
import Synchronization
import Testing

@testable import Gateway

@Suite struct GatewayLogTests {
    private let lines = TestLines()

    private func log(byteLimit: Int = 4 << 20) -> GatewayLog {
        let lines = lines
        return GatewayLog(
            level: .warning, format: .json, milliseconds: { 0 }, byteLimit: byteLimit,
            sink: { bytes in
                lines.add(bytes)
                return true
            })
    }

    @Test func linesBelowTheLevelAreNotWritten() {
        let log = log()
        log.write(.info, .started)
        log.write(.error, .reloadFailed)
        log.flush()
        #expect(lines.all.count == 1)
    }

    @Test func whatIsLeftOutOfTooManyIsToldWithoutAnotherLine() {
        let lines = lines
        let time = Mutex(0)
        let log = GatewayLog(
            level: .info, format: .json, milliseconds: { time.withLock { $0 } },
            sink: { bytes in
                lines.add(bytes)
                return true
            })
        for _ in 0..<15 { log.sample("backend_unavailable", .info, .refused) }
        log.sample("backend_unavailable", .warning, .backendFailed)
        time.withLock { $0 = 10_000 }
        log.tellSuppressed()
        log.flush()
        #expect(lines.all.count == 12)
        let name = #""message":"log.suppressed","name":"request.refused""#
        #expect(lines.all.last?.contains(name) == true)
        #expect(lines.all.last?.contains(#""count":5"#) == true)
    }

    @Test func aDecisionIsWrittenWhateverTheLevel() {
        let log = log()
        log.decision(
            DecisionRecord(
                id: "x", kind: "shares", direction: .inbound, action: .allow, by: "rule",
                status: 201, client: "::1"))
        log.flush()
        #expect(lines.all.count == 1)
    }

    @Test func whatNobodyTakesIsDroppedAndCounted() {
        let log = GatewayLog(
            level: .warning, format: .json, milliseconds: { 0 }, sink: { _ in false })
        log.write(.error, .storeFailed)
        log.flush()
        #expect(log.dropped >= 1)
    }

    @Test func moreThanMayWaitIsDropped() {
        let log = log(byteLimit: 10)
        log.write(.error, .storeFailed)
        #expect(log.dropped == 1)
    }

    @Test func theServiceManagerIsToldWhatToFileALineUnder() {
        let lines = lines
        for format in LogFormat.allCases {
            let log = GatewayLog(
                level: .info, format: format, milliseconds: { 0 }, tellsPriority: true,
                sink: { bytes in
                    lines.add(bytes)
                    return true
                })
            log.write(.notice, .started)
            log.write(.error, .storeFailed)
            var refused = DecisionRecord(
                id: "x", kind: "shares", direction: .inbound, action: .fail, by: "guard",
                status: 503, client: "::1")
            refused.code = "overloaded"
            log.decision(refused)
            log.flush()
        }
        #expect(lines.all.map { $0.prefix(3) } == ["<5>", "<3>", "<4>", "<5>", "<3>", "<4>"])
    }
}

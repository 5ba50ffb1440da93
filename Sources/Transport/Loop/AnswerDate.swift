import Foundation
import HTTPSignatures

/// The value of `Date` in the answers of one loop (RFC 9110, section 6.6.1), written once a second.
struct AnswerDate {
    private var second = -1
    private var asked = LoopTime.never
    private var bytes: [UInt8] = []

    /// The system's clock is asked once a tick.
    mutating func value(at now: LoopTime) -> [UInt8] {
        guard now != asked else { return bytes }
        asked = now
        let time = max(0, Int(Date.now.timeIntervalSince1970))
        // A clock beyond the year 9999 has no such text.
        if time != second, let text = HTTPDate.text(time) {
            second = time
            bytes = Array(text.utf8)
        }
        return bytes
    }
}

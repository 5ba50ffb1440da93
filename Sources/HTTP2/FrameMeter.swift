/// Counts what a client sends, frame for frame (RFC 9113, section 4.1), before nghttp2 looks at it:
/// also frames that nghttp2 drops without a word. It says when there are too many of those that cost
/// their sender next to nothing.
package struct FrameMeter: Sendable {
    private let limits: HTTP2Limits
    private var control: TokenBucket
    private var resets: TokenBucket
    private var priorities = 0
    private var windowUpdates = 0
    private var emptyInRow = 0
    private var continuations = 0
    private var oversized = 0
    /// Streams that the client has opened.
    private(set) var streams = 0
    private var dataSent = 0

    /// Bytes of the present frame that are still to come, or of the preface before the first.
    private var rest = 24
    private var header: UInt64 = 0
    private var headerBytes = 0
    private var waitsForPadding = false

    package init(_ limits: HTTP2Limits) {
        self.limits = limits
        control = TokenBucket(burst: limits.control.burst, perSecond: limits.control.perSecond)
        resets = TokenBucket(burst: limits.resets.burst, perSecond: limits.resets.perSecond)
    }

    /// What may be read of some bytes.
    package enum Verdict: Sendable, Equatable {
        case all
        /// Only what is before the frame that is too much.
        case flood(Flood, before: Int)
    }

    /// Looks at the next bytes that came, at `time` in milliseconds.
    package mutating func admit(_ bytes: Span<UInt8>, at time: Int) -> Verdict {
        var index = 0
        while index < bytes.count {
            if waitsForPadding {
                waitsForPadding = false
                rest -= 1
                let padding = Int(bytes[index])
                index += 1
                if let flood = judgeEmpty(rest <= padding) {
                    return .flood(flood, before: max(0, index - 10))
                }
            } else if rest > 0 {
                let count = min(rest, bytes.count - index)
                rest -= count
                index += count
            } else {
                // Length (3 bytes), type, flags; the stream's number does not matter.
                if headerBytes < 5 { header = header << 8 | UInt64(bytes[index]) }
                headerBytes += 1
                index += 1
                guard headerBytes == 9 else { continue }
                headerBytes = 0
                if let flood = begin(header, time) {
                    return .flood(flood, before: max(0, index - 9))
                }
                header = 0
            }
        }
        return .all
    }

    /// A frame begins.
    private mutating func begin(_ header: UInt64, _ time: Int) -> Flood? {
        let length = Int(header >> 16)
        let flags = UInt8(truncatingIfNeeded: header)
        rest = length
        let kind = Kind(rawValue: UInt8(truncatingIfNeeded: header >> 8))
        if kind != .continuation { continuations = 0 }
        switch kind {
        case .data, .headers:
            if flags & Self.padded != 0, length > 0, flags & Self.endStream == 0 {
                waitsForPadding = true
                return nil
            }
            return judgeEmpty(length == 0 && flags & Self.endStream == 0)
        case .continuation:
            continuations += 1
            if continuations > limits.continuations { return .continuations }
            return judgeEmpty(length == 0)
        case .priority, .priorityUpdate:
            priorities += 1
            return priorities > limits.priorities + 10 * streams ? .priorities : nil
        case .windowUpdate:
            windowUpdates += 1
            return windowUpdates > 5 + 2 * (streams + 10 * dataSent) ? .windowUpdates : nil
        case .reset: return reset(at: time)
        case .settings, .pushPromise, .ping, .goAway, nil:
            return control.take(at: time) ? nil : .control
        }
    }

    private mutating func judgeEmpty(_ isEmpty: Bool) -> Flood? {
        emptyInRow = isEmpty ? emptyInRow + 1 : 0
        return emptyInRow > limits.emptyInRow ? .emptyFrames : nil
    }

    /// A stream is cut off, by whichever side.
    mutating func reset(at time: Int) -> Flood? { resets.take(at: time) ? nil : .resets }

    /// The client has opened a stream.
    mutating func opened() { streams += 1 }

    /// A DATA frame has gone to the client.
    mutating func sentData() { dataSent += 1 }

    /// The fields of a message were too large.
    mutating func exceededFields() -> Flood? {
        oversized += 1
        return oversized > limits.oversized ? .fields : nil
    }

    /// The types of frames (RFC 9113, section 6; RFC 9218, section 7.1).
    private enum Kind: UInt8 {
        case data = 0
        case headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
        case continuation
        case priorityUpdate = 0x10
    }

    private static let endStream: UInt8 = 0x1
    private static let padded: UInt8 = 0x8
}

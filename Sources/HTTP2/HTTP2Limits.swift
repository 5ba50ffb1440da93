/// What a client may do on one connection.
package struct HTTP2Limits: Sendable {
    /// Streams that are open at the same time; one more is refused (RFC 9113, section 5.1.2).
    package var streams = 100
    /// What a stream may send before any of it was used, in bytes.
    package var streamWindow = 64 << 10
    /// The same for all streams together.
    package var connectionWindow = 1 << 20
    /// Names, values and 32 bytes for each field of a message (section 6.5.2).
    package var fieldBytes = 16 << 10
    /// CONTINUATION frames behind one HEADERS.
    package var continuations = 8
    /// PING, SETTINGS and frames that nobody knows: at once, and for each second.
    package var control = (burst: 50, perSecond: 10)
    /// Streams that are cut off, by either side: at once, and for each second.
    package var resets = (burst: 100, perSecond: 10)
    /// PRIORITY and PRIORITY_UPDATE: so many, and ten for each stream.
    package var priorities = 100
    /// DATA, HEADERS and CONTINUATION frames in a row with nothing in them, not even an end.
    package var emptyInRow = 1
    /// Messages whose fields are too large.
    package var oversized = 10
    /// Frames that wait since the client does not read, but for those of bodies: acknowledgements,
    /// refusals, windows, heads of answers.
    package var queued = 256

    package init() {}
}

/// Which limit a client went beyond. The connection ends then, with `ENHANCE_YOUR_CALM`.
package enum Flood: Sendable, Equatable, CaseIterable {
    case control, resets, priorities, windowUpdates, emptyFrames, continuations, fields
}

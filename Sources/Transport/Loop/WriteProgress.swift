/// Notices a peer that takes nothing any more: bytes are waiting, and none went for too long.
struct WriteProgress: Sendable {
    private var written = 0
    private var gone = 0
    private var since: LoopTime?

    /// `count` bytes were handed to the channel.
    mutating func wrote(_ count: Int) { written &+= count }

    /// Looks at the bytes that the channel still holds; true when none of them moved for `limit`. Others may
    /// have come to them that nobody counted here (replies of TLS): those are no progress.
    mutating func isStalled(buffered: Int, at now: LoopTime, limit: Duration) -> Bool {
        let gone = written &- buffered
        guard buffered > 0 else {
            since = nil
            self.gone = gone
            return false
        }
        defer { self.gone = gone }
        guard let since, gone <= self.gone else {
            self.since = now
            return false
        }
        return since + limit < now
    }
}

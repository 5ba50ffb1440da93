import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How sockets are read and written, by measurement.
enum SocketTuning {
    /// Reads from clients grow from 1 KiB to 32 KiB with what comes. The buffer stays with the
    /// connection while it is idle, and most requests fit into the smallest.
    private static let fromClients = AdaptiveRecvByteBufferAllocator(
        minimum: 1 << 10, initial: 1 << 10, maximum: 32 << 10)

    /// Those from upstreams begin where most answers fit.
    static let fromUpstreams = AdaptiveRecvByteBufferAllocator(
        minimum: 1 << 10, initial: 2 << 10, maximum: 32 << 10)

    /// Above 32 KiB that wait to be sent nothing more is read for it, until 16 KiB are left. So a
    /// client that does not read holds what was below the mark, and one read more.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
        low: 16 << 10, high: 32 << 10)

    /// Sets them, and that nothing is read that nobody asked for, on a socket that was accepted. At once:
    /// what the bootstrap has of options it sets by a future each.
    static func apply(to channel: any Channel) throws {
        guard let options = channel.syncOptions else {
            throw ChannelError.inappropriateOperationForState
        }
        try options.setOption(.autoRead, value: false)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.recvAllocator, value: fromClients)
        try options.setOption(.writeBufferWaterMark, value: waterMark)
    }

    /// Has the system ask a peer that has said nothing for a minute whether it is there (RFC 9293, section 3.8.4), and
    /// end the connection a minute later: one that is gone without a word would be waited for as long as an answer
    /// may take. Only for TCP.
    static func watch(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else {
            throw ChannelError.inappropriateOperationForState
        }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 4)
    }
}

extension Duration {
    /// Whole nanoseconds; what is too long for them is cut.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, beyond) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return beyond ? .max : sum
    }
}

extension SocketAddress {
    /// Nil only when the system does not take the text of the address.
    init?(_ address: IPAddress, port: UInt16) {
        guard let made = try? SocketAddress(ipAddress: address.description, port: Int(port)) else {
            return nil
        }
        self = made
    }
}

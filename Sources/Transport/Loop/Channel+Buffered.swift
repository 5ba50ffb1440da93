import NIOCore

extension Channel {
    /// Bytes that were written and the socket has not taken yet.
    var bufferedBytes: Int { (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }
}

import Glibc
import NIOCore

extension Channel {
    /// Bytes that were written and the socket has not taken yet.
    var bufferedBytes: Int { (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Cuts the connection off, so that its peer cannot take what came for all.
    func reset() {
        if let provider = self as? any SocketOptionProvider {
            _ = provider.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }
}

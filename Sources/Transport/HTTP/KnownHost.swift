import OpenSSL

/// The last host that was read on a connection, and what it says: it hardly ever changes.
struct KnownHost: Sendable {
    private var last: (text: [UInt8], authority: Authority)?

    /// Refused (`host_malformed`): what `Authority` refuses.
    mutating func authority(_ text: Span<UInt8>) throws(RequestFailure) -> Authority {
        if let last, text.equals(last.text) { return last.authority }
        do {
            let authority = try Authority(text)
            last = ([UInt8](text), authority)
            return authority
        } catch {
            throw .hostMalformed
        }
    }
}

import COpenSSL

/// A cryptographic operation that did not work: which one, and OpenSSL's reason.
///
/// Never carries key material, plaintext or bytes of the input.
package struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was attempted, such as "read public key".
    package let operation: String
    /// Why it failed, in words for an operator.
    package let reason: String

    package init(_ operation: String, _ reason: String) {
        self.operation = operation
        self.reason = reason
    }

    package var description: String { "\(operation): \(reason)" }

    /// The newest entry of this thread's OpenSSL error queue, which is emptied.
    static func last(_ operation: String) -> CryptoError {
        CryptoError(operation, takeOpenSSLReason())
    }
}

/// Empties this thread's OpenSSL error queue and gives the reason of its oldest entry, which is
/// the cause; what follows it are the callers that passed it on.
func takeOpenSSLReason() -> String {
    let code = ERR_get_error()
    defer { ERR_clear_error() }
    guard code != 0 else { return "no reason given" }
    guard let text = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}

/// Turns OpenSSL's "1 is success" into a thrown error.
func check(_ result: Int32, _ operation: String) throws(CryptoError) {
    if result != 1 { throw .last(operation) }
}

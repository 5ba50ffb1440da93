import COpenSSL

/// The library as a whole.
package enum Cryptography {
    /// Leaves the library's own data alone when the process ends.
    ///
    /// Called before anything else of it is: it would free them in `exit`, while other threads may still
    /// sign, verify or close connections, which then unlock a lock that is gone
    /// (`OPENSSL_init_crypto(3)`).
    package static func outlivesExit() {
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }

    /// Of the library as this process has it, such as `3.0.17`; empty where it tells none (`OpenSSL_version(3)`).
    package static var version: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION_STRING) else { return "" }
        return unsafe String(cString: text)
    }
}

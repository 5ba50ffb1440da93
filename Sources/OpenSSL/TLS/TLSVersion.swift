import COpenSSL

/// A version of TLS that we speak.
package enum TLSVersion: Sendable, CaseIterable {
    /// RFC 5246, with AEAD ciphers and ephemeral elliptic curves only.
    case tls12
    /// RFC 8446, without early data.
    case tls13

    var number: Int32 {
        switch self {
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }
}

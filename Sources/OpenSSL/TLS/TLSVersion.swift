import COpenSSL

/// A version of TLS that we speak.
package enum TLSVersion: String, Sendable, CaseIterable {
    /// RFC 5246, with AEAD ciphers and ephemeral elliptic curves only.
    case tls12 = "TLSv1.2"
    /// RFC 8446, without early data.
    case tls13 = "TLSv1.3"

    var number: Int32 {
        switch self {
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }
}

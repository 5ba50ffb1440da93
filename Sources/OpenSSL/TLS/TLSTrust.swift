/// Whom a side believes when the other shows a certificate. There is no value for "everybody".
package enum TLSTrust: Sendable {
    /// The system's store, and these authorities besides.
    case system(adding: [Certificate] = [])
    /// These authorities alone.
    case only([Certificate])

    /// The system's store and the certificates of PEM texts besides.
    package static func system(addingPEM texts: [String]) throws(CryptoError) -> TLSTrust {
        var authorities: [Certificate] = []
        for text in texts { authorities += try Certificate.chain(pem: text) }
        return .system(adding: authorities)
    }

    /// The certificates of a PEM text alone.
    package static func only(pem text: String) throws(CryptoError) -> TLSTrust {
        .only(try Certificate.chain(pem: text))
    }
}

import COpenSSL

/// A certificate that is not signed yet.
@safe struct CertificateDraft: ~Copyable {
    /// The extensions that are written (RFC 5280 section 4.2.1).
    enum Extension {
        case basicConstraints, keyUsage, extendedKeyUsage, subjectAlternativeName
        case subjectKeyIdentifier, authorityKeyIdentifier

        var number: Int32 {
            switch self {
            case .basicConstraints: NID_basic_constraints
            case .keyUsage: NID_key_usage
            case .extendedKeyUsage: NID_ext_key_usage
            case .subjectAlternativeName: NID_subject_alt_name
            case .subjectKeyIdentifier: NID_subject_key_identifier
            case .authorityKeyIdentifier: NID_authority_key_identifier
            }
        }
    }

    private let handle: CertificateHandle
    private var issuer: Certificate?

    /// For a leaf: the first name is also the common name, when it is short enough to be one.
    static func leaf(
        names: [String], for key: PublicKey, validity: ClosedRange<Int>
    ) throws(CryptoError) -> CertificateDraft {
        guard let first = names.first else { throw CryptoError("make certificate", "no name") }
        let commonName = first.utf8.count <= 64 ? first : "host"
        return try CertificateDraft(commonName: commonName, for: key, validity: validity)
    }

    init(
        commonName: String, for key: PublicKey, validity: ClosedRange<Int>
    ) throws(CryptoError) {
        guard (1...64).contains(commonName.utf8.count) else {
            throw CryptoError("make certificate", "a common name of no or too many bytes")
        }
        ERR_clear_error()
        guard let certificate = unsafe X509_new() else { throw .last("make certificate") }
        let handle = unsafe CertificateHandle(certificate)
        // Sixteen random bytes; the top bit is cleared because a serial number is positive.
        var serial = Random.bytes(16)
        serial[0] = serial[0] & 0x7f | 0x40
        let number = unsafe BN_bin2bn(serial, 16, nil)
        defer { unsafe BN_free(number) }
        let name = unsafe X509_get_subject_name(certificate)
        let text = Array(commonName.utf8)
        guard unsafe X509_set_version(certificate, 2) == 1,
            unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil,
            unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), validity.lowerBound) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), validity.upperBound) != nil,
            unsafe X509_NAME_add_entry_by_NID(
                name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1,
            unsafe X509_set_pubkey(certificate, key.handle.pointer) == 1
        else { throw .last("make certificate") }
        self.handle = handle
    }

    /// Nil: the certificate is its own issuer.
    mutating func setIssuer(_ issuer: Certificate?) throws(CryptoError) {
        self.issuer = issuer
        let source = unsafe issuer?.handle.pointer ?? handle.pointer
        try check(
            unsafe X509_set_issuer_name(handle.pointer, X509_get_subject_name(source)),
            "make certificate")
    }

    /// `value` in the language of OpenSSL's configuration files.
    mutating func add(_ kind: Extension, _ value: String) throws(CryptoError) {
        ERR_clear_error()
        let source = unsafe issuer?.handle.pointer ?? handle.pointer
        try check(
            unsafe ocmgate_add_extension(handle.pointer, source, kind.number, value),
            "make certificate")
    }

    mutating func addLeafExtensions(
        names: [String], usage: CertificateAuthority.Usage
    ) throws(CryptoError) {
        try add(.basicConstraints, "critical,CA:FALSE")
        try add(.keyUsage, "critical,digitalSignature")
        try add(.extendedKeyUsage, usage.extended)
        try add(.subjectKeyIdentifier, "hash")
        var values: [String] = []
        for name in names {
            if HostName.isAddress(name) {
                values.append("IP:" + name)
            } else if name.utf8.allSatisfy(Self.isHostByte), !name.isEmpty {
                values.append("DNS:" + name)
            } else {
                // A comma would begin another value in OpenSSL's language.
                throw CryptoError("make certificate", "a name that is no host's")
            }
        }
        try add(.subjectAlternativeName, values.joined(separator: ","))
    }

    consuming func sign(by key: PrivateKey) throws(CryptoError) -> Certificate {
        ERR_clear_error()
        let digest =
            switch key.kind {
            case .ed25519: unsafe nil as OpaquePointer?
            case .p384: unsafe DigestAlgorithm.sha384.pointer as OpaquePointer?
            case .p256, .rsa(_): unsafe DigestAlgorithm.sha256.pointer as OpaquePointer?
            }
        guard unsafe X509_sign(handle.pointer, key.handle.pointer, digest) > 0 else {
            throw .last("sign certificate")
        }
        // Read back, so that what is given out is what its bytes say.
        return try Certificate(der: Certificate(handle).der)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || "-.*_".utf8.contains(byte)
    }
}

import OpenSSL

/// The two files of the authority: its certificate, for the backend to trust, and its key beside it.
extension EgressCA {
    /// Reads the authority, or makes it at the first start: the key 0600 first, then the certificate
    /// 0644. A start that was interrupted between both goes on with the key that is there.
    ///
    /// Refused: a certificate without its key, a key that others may read or that is another's, and
    /// a certificate that is not valid now; each with its remedy.
    package static func load(
        _ settings: Configuration.EgressSettings, whenMissing: SealKey.WhenMissing, now: Int
    ) throws(FileProblem) -> EgressCA {
        let file = settings.certificate
        let isMade = PrivateFile.exists(file)
        switch whenMissing {
        case .refuse where !isMade:
            throw FileProblem(file, "is not there", "it is made at the first start")
        case .make where !isMade:
            if !PrivateFile.exists(settings.key) {
                try PrivateFile.create(settings.key, keyOf: .p256)
            }
        case .make, .refuse: break
        }
        guard PrivateFile.exists(settings.key) else {
            throw FileProblem(settings.key, "is missing, the key of \(file)", anew(settings))
        }
        let text = String(decoding: try PrivateFile.read(settings.key), as: UTF8.self)
        let made: EgressCA
        let shown = isMade ? try PrivateFile.read(file, readers: .everybody) : []
        do {
            let key = try PrivateKey(pem: text)
            let authority =
                isMade
                ? try CertificateAuthority(certificate: first(in: shown), key: key)
                : try CertificateAuthority.make(
                    name: "ocmgate egress", key: key,
                    validity: (now - backdating)...(now + lifetime))
            made = try EgressCA(authority)
        } catch {
            throw FileProblem(file, "cannot be used with \(settings.key): \(error)", anew(settings))
        }
        // It was made when the clock said so: then the clock was wrong, or is now.
        if let begin = made.certificate.notBefore, now < begin {
            throw FileProblem(
                file, "is not valid yet",
                "see whether the clock is right; if it is, \(anew(settings))")
        }
        guard made.certificate.isCurrent(now: now) else {
            throw FileProblem(file, "is not valid any more", anew(settings))
        }
        if !isMade {
            try PrivateFile.create(file, Array(made.certificate.pem.utf8), for: .everybody)
        }
        return made
    }

    private static func first(in bytes: [UInt8]) throws(CryptoError) -> Certificate {
        guard
            let certificate = try Certificate.chain(pem: String(decoding: bytes, as: UTF8.self))
                .first
        else { throw CryptoError("read certificate", "there is none") }
        return certificate
    }

    private static func anew(_ settings: Configuration.EgressSettings) -> String {
        "bring \(settings.certificate) and \(settings.key) back as they were; or remove both, start "
            + "again, and let the backend trust the new certificate"
    }

    /// Ten years, in seconds.
    private static let lifetime = 3652 * 86_400
}

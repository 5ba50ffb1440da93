import OpenSSL

/// The bytes that a draft-cavage signature is over (section 2.3).
package struct SigningString: Sendable, Equatable {
    package private(set) var bytes: [UInt8] = []

    /// Refuses headers that the message lacks, values with bytes that no field has, responses
    /// where the request target is wanted, and strings over 16 KiB.
    package init(
        of message: SignedMessage, headers: [String], created: Int? = nil, expires: Int? = nil
    ) throws(SignatureError) {
        for header in headers {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
            bytes.append(contentsOf: "\(header): ".utf8)
            bytes.append(contentsOf: try Self.value(header, message, created, expires))
            guard bytes.count <= SignatureBase.limit else { throw SignatureError(.tooLargeBase) }
        }
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func value(
        _ header: String, _ message: SignedMessage, _ created: Int?, _ expires: Int?
    ) throws(SignatureError) -> [UInt8] {
        switch header {
        case "(request-target)":
            guard case .request(let method, let target) = message.start else {
                throw SignatureError(.missingValue, header)
            }
            return Array("\(method.lowercased()) \(target.text)".utf8)
        case "(created)", "(expires)":
            guard let time = header == "(created)" ? created : expires else {
                throw SignatureError(.missingValue, header)
            }
            return Array(String(time).utf8)
        case _:
            guard let value = message.combined(header) else {
                throw SignatureError(.missingValue, header)
            }
            guard value.allSatisfy({ $0.isPrintableASCII || $0 == UInt8(ascii: "\t") }) else {
                throw SignatureError(.unusableValue, header)
            }
            return value
        }
    }
}

extension CavageSignature {
    /// Names the message by what is signed: a second encoding of a signature is no second message,
    /// nor is another name for the key, which the draft does not sign.
    package func identity(of message: SignedMessage) throws(SignatureError) -> [UInt8] {
        Hash.sha256.digest(try signingString(of: message).bytes)
    }

    /// What the signature signs of a message (draft-cavage-12, 2.3). Refused: a field that is named
    /// and not there.
    package func signingString(of message: SignedMessage) throws(SignatureError) -> SigningString {
        try SigningString(of: message, headers: headers, created: created, expires: expires)
    }

    /// The mathematics only: whether `key` made this signature over `message`. What it covers and
    /// when it was made is for ``CavageProfile`` to judge.
    package func verify(_ message: SignedMessage, with key: VerificationKey) -> CryptoVerdict {
        do {
            let string = try signingString(of: message)
            for candidate in try key.algorithms(cavage: algorithm)
            where key.key.isValid(signature: signature, over: string.bytes, algorithm: candidate) {
                return .valid(candidate)
            }
            return .invalid(SignatureError(.wrongSignature))
        } catch {
            return .invalid(error)
        }
    }
}

extension VerificationKey {
    /// The algorithms that a name of the draft's registry allows with this key.
    ///
    /// `hs2019` and no name at all leave it to the key; an RSA key that says nothing may then have
    /// signed by any of the schemes in use. Refuses `hmac-sha256` and every unknown name.
    func algorithms(cavage name: String?) throws(SignatureError) -> [SignatureAlgorithm] {
        let named: [SignatureAlgorithm]
        switch name {
        case "rsa-sha256": named = [.rsaPKCS1SHA256]
        case "rsa-sha512": named = [.rsaPKCS1SHA512]
        case nil, "hs2019":
            named =
                (algorithm ?? only).map { [$0] }
                ?? [.rsaPKCS1SHA512, .rsaPKCS1SHA256, .rsaPSSSHA512]
        case let name?: throw SignatureError(.unsupportedAlgorithm, name)
        }
        let usable = named.filter { $0.fits(key.kind) && ($0 == algorithm ?? $0) }
        guard !usable.isEmpty else { throw SignatureError(.algorithmMismatch, name ?? "") }
        return usable
    }
}

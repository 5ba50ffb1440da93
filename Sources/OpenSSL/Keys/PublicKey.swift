/// A public key that passed every check, ready to verify.
///
/// Making one costs more than a verification, so keep them.
package final class PublicKey: Sendable {
    /// The numbers that make the key.
    let material: KeyMaterial
    let handle: KeyHandle
    private let contexts: [(algorithm: SignatureAlgorithm, context: SignatureContext)]

    /// SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`); refused: any other block, none, several.
    package convenience init(pem: String) throws(CryptoError) {
        let block = try PEM.only(in: pem)
        switch block.label {
        case "PUBLIC KEY": try self.init(KeyMaterial(spki: block.bytes))
        case "RSA PUBLIC KEY": try self.init(KeyMaterial(pkcs1: block.bytes))
        default: throw CryptoError("read public key", "a PEM block that is no public key")
        }
    }

    /// SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7); refused: trailing bytes, explicit
    /// curve parameters, compressed points, algorithms other than those of `KeyKind`.
    package convenience init(spki: [UInt8]) throws(CryptoError) {
        try self.init(KeyMaterial(spki: spki))
    }

    /// RFC 8032; refused: not 32 bytes, not canonical, not on the curve, of small order.
    package convenience init(ed25519 bytes: [UInt8]) throws(CryptoError) {
        try self.init(.ed25519(bytes))
    }

    /// A point of P-256 or P-384; refused: coordinates of another width, points off the curve.
    package convenience init(curve: KeyKind, x: [UInt8], y: [UInt8]) throws(CryptoError) {
        switch curve {
        case .p256: try self.init(.p256(x: x, y: y))
        case .p384: try self.init(.p384(x: x, y: y))
        case .ed25519, .rsa(_): throw CryptoError("read public key", "no curve with coordinates")
        }
    }

    /// Big-endian numbers; refused: fewer than 1024 or more than 8192 bits, an even modulus, an
    /// exponent other than 65537. The smallest size for signatures is policy, not checked here.
    package convenience init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
        try self.init(modulus: modulus, exponent: exponent, accepting: .f4)
    }

    convenience init(
        modulus: [UInt8], exponent: [UInt8], accepting rule: RSAExponentRule
    ) throws(CryptoError) {
        let material = KeyMaterial.rsa(
            n: Array(modulus.drop { $0 == 0 }), e: Array(exponent.drop { $0 == 0 }))
        try self.init(material, accepting: rule)
    }

    init(_ material: KeyMaterial, accepting rule: RSAExponentRule = .f4) throws(CryptoError) {
        try material.check(accepting: rule)
        let handle = try material.load()
        var contexts: [(SignatureAlgorithm, SignatureContext)] = []
        for algorithm in SignatureAlgorithm.allCases where algorithm.fits(material.kind) {
            // A modulus too small for a scheme has no context, and verifies nothing by it.
            if let context = try? SignatureContext(.verify, handle, algorithm.scheme) {
                contexts.append((algorithm, context))
            }
        }
        self.material = material
        self.handle = handle
        self.contexts = contexts
    }

    package var kind: KeyKind { material.kind }

    /// SubjectPublicKeyInfo in DER, the one canonical encoding of this key.
    package var spki: [UInt8] { material.spki }

    /// SubjectPublicKeyInfo as PEM.
    package var pem: String { PEM(label: "PUBLIC KEY", bytes: spki).text }

    /// The 32 bytes of an Ed25519 key.
    package var ed25519Bytes: [UInt8]? {
        if case .ed25519(let bytes) = material { bytes } else { nil }
    }

    /// The point of a P-256 or P-384 key, each coordinate as wide as the field.
    package var coordinates: (x: [UInt8], y: [UInt8])? {
        switch material {
        case .p256(let x, let y), .p384(let x, let y): (x, y)
        case .ed25519(_), .rsa(_, _): nil
        }
    }

    /// Modulus and exponent of an RSA key, big-endian without leading zeros.
    package var rsaNumbers: (n: [UInt8], e: [UInt8])? {
        if case .rsa(let n, let e) = material { (n, e) } else { nil }
    }

    /// Whether `signature` is this key's over `message`. False for an algorithm of another kind
    /// of key and for every encoding but the algorithm's own.
    package func isValid(
        signature: Span<UInt8>, over message: Span<UInt8>, algorithm: SignatureAlgorithm
    ) -> Bool {
        guard let context = contexts.first(where: { $0.algorithm == algorithm })?.context else {
            return false
        }
        guard let fieldByteCount = material.fieldByteCount else {
            return context.isValid(signature, over: message)
        }
        let der = ECDSASignature.der(p1363: signature, fieldByteCount: fieldByteCount)
        return der.map { context.isValid($0.span, over: message) } ?? false
    }

    /// Whether `signature` is this key's over `message`.
    package func isValid(
        signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm
    ) -> Bool {
        isValid(signature: signature.span, over: message.span, algorithm: algorithm)
    }

    /// The same for ECDSA signatures in DER (RFC 3279 section 2.2.3), which X.509 and some older
    /// peers write; false for kinds of key that have no such form.
    package func isValid(
        derSignature signature: Span<UInt8>, over message: Span<UInt8>,
        algorithm: SignatureAlgorithm
    ) -> Bool {
        guard material.fieldByteCount != nil else { return false }
        let context = contexts.first { $0.algorithm == algorithm }?.context
        return context?.isValid(signature, over: message) ?? false
    }

    /// The same for ECDSA signatures in DER.
    package func isValid(
        derSignature signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm
    ) -> Bool {
        isValid(derSignature: signature.span, over: message.span, algorithm: algorithm)
    }

    /// Verification with parameters that no `SignatureAlgorithm` has. Not for messages.
    func isValid(
        signature: Span<UInt8>, over message: Span<UInt8>, scheme: SignatureScheme
    ) -> Bool {
        let context = try? SignatureContext(.verify, handle, scheme)
        return context?.isValid(signature, over: message) ?? false
    }
}

extension PublicKey: Equatable {
    /// Same kind, same numbers.
    package static func == (a: PublicKey, b: PublicKey) -> Bool { a.material == b.material }
}

/// Which RSA public exponents a key may have.
enum RSAExponentRule: Sendable {
    /// 65537 only.
    case f4
    /// For tests, whose recorded vectors have such keys: any odd number from 3 up to 32 bits.
    case anyOdd
}

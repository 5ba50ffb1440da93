/// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) and PKCS#1 (RFC 8017 appendix A.1.1), both
/// ways.
extension KeyMaterial {
    init(spki: [UInt8]) throws(CryptoError) {
        guard let material = KeyMaterial(parsingSPKI: spki) else {
            throw CryptoError(
                "read public key", "no canonical SPKI of Ed25519, P-256, P-384 or RSA")
        }
        self = material
    }

    init(pkcs1: [UInt8]) throws(CryptoError) {
        guard let material = KeyMaterial(parsingPKCS1: pkcs1) else {
            throw CryptoError("read public key", "no canonical PKCS#1 key")
        }
        self = material
    }

    var spki: [UInt8] {
        switch self {
        case .ed25519(let bytes):
            DER.sequence(DER.sequence(OID.ed25519), DER.bitString(bytes))
        case .p256(let x, let y):
            DER.sequence(
                DER.sequence(OID.ecPublicKey, OID.prime256v1), DER.bitString([0x04] + x + y))
        case .p384(let x, let y):
            DER.sequence(
                DER.sequence(OID.ecPublicKey, OID.secp384r1), DER.bitString([0x04] + x + y))
        case .rsa(let n, let e):
            DER.sequence(
                DER.sequence(OID.rsaEncryption, DER.element(DER.null, [])),
                DER.bitString(DER.sequence(DER.integer(n), DER.integer(e))))
        }
    }

    private init?(parsingSPKI spki: [UInt8]) {
        var outer = DERReader(spki)
        guard var info = outer.readSequence(), outer.isAtEnd,
            var algorithm = info.readSequence(),
            let name = algorithm.read(DER.objectIdentifier),
            let key = info.readBitString(), info.isAtEnd
        else { return nil }
        switch DER.element(DER.objectIdentifier, Array(name)) {
        case OID.ed25519:
            guard algorithm.isAtEnd else { return nil }
            self = .ed25519(key)
        case OID.ecPublicKey:
            guard let curve = algorithm.read(DER.objectIdentifier), algorithm.isAtEnd,
                key.first == 0x04, key.count % 2 == 1
            else { return nil }
            let x = Array(key[1..<(key.count / 2 + 1)])
            let y = Array(key[(key.count / 2 + 1)...])
            switch DER.element(DER.objectIdentifier, Array(curve)) {
            case OID.prime256v1: self = .p256(x: x, y: y)
            case OID.secp384r1: self = .p384(x: x, y: y)
            default: return nil
            }
        case OID.rsaEncryption:
            guard let null = algorithm.read(DER.null), null.isEmpty, algorithm.isAtEnd else {
                return nil
            }
            self.init(parsingPKCS1: key)
        default: return nil
        }
    }

    private init?(parsingPKCS1 bytes: [UInt8]) {
        var outer = DERReader(bytes)
        guard var numbers = outer.readSequence(), outer.isAtEnd,
            let n = numbers.readUnsigned(), let e = numbers.readUnsigned(), numbers.isAtEnd
        else { return nil }
        self = .rsa(n: n, e: e)
    }

    /// Object identifiers, encoded.
    private enum OID {
        static let ed25519: [UInt8] = [0x06, 0x03, 0x2b, 0x65, 0x70]
        static let ecPublicKey: [UInt8] = [
            0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        ]
        static let prime256v1: [UInt8] = [
            0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
        ]
        static let secp384r1: [UInt8] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
        static let rsaEncryption: [UInt8] = [
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
        ]
    }
}

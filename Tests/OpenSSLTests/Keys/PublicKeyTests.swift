import Testing

@testable import OpenSSL

@Suite struct PublicKeyTests {
    @Test func smallRSAKeyIsReadAndToldByItsKind() throws {
        let key = try PublicKey(modulus: Self.modulus(bits: 1024), exponent: [1, 0, 1])
        #expect(key.kind == .rsa(bits: 1024))
    }

    @Test(arguments: [512, 1023, 8193, 16384])
    func rsaModulusOutsideTheBoundsIsRefused(bits: Int) {
        #expect(throws: CryptoError.self) {
            try PublicKey(modulus: Self.modulus(bits: bits), exponent: [1, 0, 1])
        }
    }

    @Test(arguments: [[], [0], [1], [2], [3], [17], [1, 0, 0], [1, 0, 2], [1, 0, 0, 0, 0, 1, 1]])
    func rsaExponentOtherThan65537IsRefused(exponent: [UInt8]) {
        #expect(throws: CryptoError.self) {
            try PublicKey(modulus: Self.modulus(bits: 2048), exponent: exponent)
        }
    }

    @Test func leadingZerosDoNotMakeAnotherKey() throws {
        let modulus = Self.modulus(bits: 2048)
        let plain = try PublicKey(modulus: modulus, exponent: [1, 0, 1])
        #expect(try PublicKey(modulus: [0, 0] + modulus, exponent: [0, 1, 0, 1]) == plain)
    }

    @Test func evenRSAModulusIsRefused() {
        var modulus = Self.modulus(bits: 2048)
        modulus[modulus.count - 1] = 0x10
        #expect(throws: CryptoError.self) {
            try PublicKey(modulus: modulus, exponent: [1, 0, 1])
        }
    }

    @Test(arguments: [KeyKind.p256, .p384])
    func pointOffTheCurveIsRefused(curve: KeyKind) throws {
        let key = try PrivateKey.generate(curve).publicKey
        var (x, y) = try #require(key.coordinates)
        #expect(try PublicKey(curve: curve, x: x, y: y) == key)
        y[0] ^= 1
        #expect(throws: CryptoError.self) { try PublicKey(curve: curve, x: x, y: y) }
        y[0] ^= 1
        x.insert(0, at: 0)
        #expect(throws: CryptoError.self) { try PublicKey(curve: curve, x: x, y: y) }
        let zero = [UInt8](repeating: 0, count: y.count)
        #expect(throws: CryptoError.self) { try PublicKey(curve: curve, x: zero, y: zero) }
        let all = [UInt8](repeating: 0xff, count: y.count)
        #expect(throws: CryptoError.self) { try PublicKey(curve: curve, x: all, y: y) }
    }

    @Test func pointOfOneCurveIsRefusedOnAnother() throws {
        let (x, y) = try #require(try PrivateKey.generate(.p256).publicKey.coordinates)
        #expect(throws: CryptoError.self) { try PublicKey(curve: .p384, x: x, y: y) }
        #expect(throws: CryptoError.self) { try PublicKey(curve: .ed25519, x: x, y: y) }
    }

    /// Encodings of the eight points of small order, canonical or not, and of numbers that are no
    /// canonical field element or no point.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "01", "",
    ])
    func unsoundEd25519KeyIsRefused(hex: String) {
        #expect(throws: CryptoError.self) { try PublicKey(ed25519: bytes(hex: hex)) }
    }

    /// Half of all numbers are the y of a point: what we make ourselves must be among them.
    @Test func everyGeneratedEd25519KeyIsSound() throws {
        for _ in 0..<64 {
            let key = try PrivateKey.generate(.ed25519).publicKey
            let raw = try #require(key.ed25519Bytes)
            #expect(try PublicKey(ed25519: raw) == key)
        }
    }

    @Test(arguments: PrivateKeyTests.kinds)
    func spkiIsReadWholeAndStrictly(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind).publicKey
        let spki = key.spki
        #expect(try PublicKey(spki: spki) == key)
        #expect(throws: CryptoError.self) { try PublicKey(spki: spki + [0]) }
        for count in 0..<spki.count {
            #expect(throws: CryptoError.self) { try PublicKey(spki: Array(spki.prefix(count))) }
        }
    }

    @Test func compressedPointIsRefused() throws {
        let key = try PrivateKey.generate(.p256).publicKey
        let (x, _) = try #require(key.coordinates)
        let algorithm = Array(key.spki[2..<23])
        let short = DER.sequence(algorithm, DER.bitString([2] + x))
        #expect(throws: CryptoError.self) { try PublicKey(spki: short) }
    }

    @Test func pkcs1PEMIsTheSameKeyAsItsSPKI() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048)).publicKey
        let (n, e) = try #require(key.rsaNumbers)
        let pkcs1 = DER.sequence(DER.integer(n), DER.integer(e))
        #expect(try PublicKey(pem: PEM(label: "RSA PUBLIC KEY", bytes: pkcs1).text) == key)
        #expect(throws: CryptoError.self) {
            try PublicKey(pem: PEM(label: "RSA PUBLIC KEY", bytes: pkcs1 + [0]).text)
        }
    }

    @Test func exactlyOnePEMBlockIsTaken() throws {
        let one = try PrivateKey.generate(.ed25519)
        let two = try PrivateKey.generate(.ed25519)
        #expect(try PublicKey(pem: "words before\r\n" + one.publicKey.pem) == one.publicKey)
        for text in [
            "", one.publicKey.pem + two.publicKey.pem, one.publicKey.pem + one.publicKey.pem,
            try one.exportPEM(), String(one.publicKey.pem.dropLast(30)),
            one.publicKey.pem.replacing("MCow", with: "M*ow"),
        ] {
            #expect(throws: CryptoError.self) { try PublicKey(pem: text) }
        }
    }

    @Test func lineEndsOfOtherSystemsAreTaken() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048)).publicKey
        #expect(try PublicKey(pem: key.pem.replacing("\n", with: "\r\n")) == key)
        #expect(try PublicKey(pem: key.pem.replacing("\n", with: "\r")) == key)
    }

    @Test func derSignatureIsValidOnlyAsDER() throws {
        let key = try PrivateKey.generate(.p256)
        let message: [UInt8] = [1, 2, 3]
        let pair = try key.sign(message, algorithm: .ecdsaP256SHA256)
        let encoded = ECDSASignature.der(p1363: pair.span, fieldByteCount: 32)
        let der = try #require(encoded)
        let algorithm = SignatureAlgorithm.ecdsaP256SHA256
        #expect(
            key.publicKey.isValid(
                derSignature: der, over: message, algorithm: algorithm))
        #expect(!key.publicKey.isValid(signature: der, over: message, algorithm: algorithm))
        #expect(
            !key.publicKey.isValid(
                derSignature: pair, over: message, algorithm: algorithm))
        let other = try PrivateKey.generate(.ed25519)
        let signature = try other.sign(message, algorithm: .ed25519)
        #expect(
            !other.publicKey.isValid(
                derSignature: signature, over: message, algorithm: .ed25519))
    }

    /// One key is used by all event loops at once.
    @Test func oneKeyVerifiesOnManyThreads() async throws {
        let key = try PrivateKey.generate(.p256)
        await withTaskGroup(of: Bool.self) { group in
            for number in UInt8(0)..<32 {
                group.addTask {
                    guard
                        let signature = try? key.sign([number], algorithm: .ecdsaP256SHA256)
                    else { return false }
                    return (0..<20).allSatisfy { _ in
                        key.publicKey.isValid(
                            signature: signature, over: [number], algorithm: .ecdsaP256SHA256)
                    }
                }
            }
            for await valid in group { #expect(valid) }
        }
    }

    /// An odd number of that many bits, prime or not.
    private static func modulus(bits: Int) -> [UInt8] {
        var digits = [UInt8](repeating: 0x5b, count: (bits + 7) / 8)
        digits[0] = bits % 8 == 0 ? 0xc1 : UInt8(1 << ((bits - 1) % 8))
        digits[digits.count - 1] = 0x0b
        return digits
    }
}

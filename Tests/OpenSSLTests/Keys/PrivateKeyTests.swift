import OpenSSL
import Testing

@Suite struct PrivateKeyTests {
    static let kinds: [KeyKind] = [.ed25519, .p256, .p384, .rsa(bits: 2048)]

    @Test(arguments: kinds)
    func keyOfEveryKindSignsByEveryAlgorithmThatFits(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        let again = try PrivateKey(pem: try key.exportPEM())
        let readPublic = try PublicKey(pem: key.publicKey.pem)
        #expect(key.kind == kind)
        #expect(again.publicKey == key.publicKey)
        #expect(readPublic == key.publicKey)
        let message = [UInt8]("message".utf8)
        for algorithm in SignatureAlgorithm.allCases {
            guard algorithm.fits(kind) else {
                #expect(throws: CryptoError.self) {
                    try key.sign(message, algorithm: algorithm)
                }
                continue
            }
            for signer in [key, again] {
                let signature = try signer.sign(message, algorithm: algorithm)
                for other in SignatureAlgorithm.allCases {
                    #expect(
                        readPublic.isValid(signature: signature, over: message, algorithm: other)
                            == (other == algorithm))
                }
                var changed = signature
                changed[changed.count / 2] ^= 1
                #expect(
                    !readPublic.isValid(signature: changed, over: message, algorithm: algorithm))
                #expect(
                    !readPublic.isValid(
                        signature: signature + [0], over: message, algorithm: algorithm))
                #expect(
                    !readPublic.isValid(
                        signature: signature, over: message + [0], algorithm: algorithm))
                #expect(!readPublic.isValid(signature: [], over: message, algorithm: algorithm))
            }
        }
    }

    @Test func onlyOneUnencryptedKeyIsRead() throws {
        let pem = try PrivateKey.generate(.p256).exportPEM()
        let publicPEM = try PrivateKey(pem: pem).publicKey.pem
        for text in [
            "", pem + pem, publicPEM, String(pem.dropLast(40)),
            pem.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY"),
            pem.replacing("-----\nM", with: "-----\nProc-Type: 4,ENCRYPTED\n\nM"),
        ] {
            #expect(throws: CryptoError.self) { try PrivateKey(pem: text) }
        }
    }

    /// PKCS#1 and SEC 1 as OpenSSL's older commands write them, the latter with its curve first.
    @Test func olderFormsAreRead() throws {
        let sec1 = try PrivateKey(pem: Self.sec1)
        #expect(sec1.kind == .p256)
        let signature = try sec1.sign([1], algorithm: .ecdsaP256SHA256)
        #expect(
            sec1.publicKey.isValid(signature: signature, over: [1], algorithm: .ecdsaP256SHA256))
    }

    @Test(arguments: [0, 1024, 2047, 2049, 16384])
    func rsaKeyOfAnOddSizeIsNotMade(bits: Int) {
        #expect(throws: CryptoError.self) { try PrivateKey.generate(.rsa(bits: bits)) }
    }

    @Test func keyOfAnotherCurveIsRefused() {
        #expect(throws: CryptoError.self) { try PrivateKey(pem: Self.secp256k1) }
    }

    @Test func anRSAKeyThatIsTooShortIsNamedAsThat() {
        let error = #expect(throws: CryptoError.self) { try PrivateKey(pem: Self.rsa1024) }
        #expect(error?.reason == "an RSA key of 1024 bits is too short: 2048 at least")
    }

    @Test func halvesThatDoNotBelongTogetherAreRefused() {
        #expect(throws: CryptoError.self) { try PrivateKey(pem: Self.mixedHalves) }
    }

    /// Made for this test; used nowhere.
    private static let sec1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEINZRtDmicSoj5dvySnSdXdp4EZUQzcwg13H0rEMDD9tloAoGCCqGSM49
        AwEHoUQDQgAEcT0+qwa0SaC1DExa38IlaSJKUtsfJMO9hyFQ+qvQRRAxqwTuZO9G
        HLilwWC6KppyrKIgjzkrXtiEJBlBWQ1NFg==
        -----END EC PRIVATE KEY-----
        """

    /// Made for this test; used nowhere.
    private static let secp256k1 = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgX7Kkm+vh/10DRUtueXYl
        iOTRSIo5ry9eJLPKilzKdR2hRANCAATaSRkPH798wXFtTUq3UHigDadzyxkEjrTM
        QU3I46TRTFpY+dcEU7fpJcLzuem64+SsM8hhHTw/i+eEazqVys/w
        -----END PRIVATE KEY-----
        """

    /// Made for this test; used nowhere.
    private static let rsa1024 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICWwIBAAKBgQCwH2Mu3LYgCR/X0llUkqowI0pbV4hdajOdBxk1KrB48wSTPKsv
        FmXDBAVXO172N/Eu6xjGfalwPN6mLmypG7fTkHyY6dTgjsLsbkdyGH3uUZXKFpJk
        ocE0Ca0UQzWM0drly86zix1q0l/+0R6ggUR6mekaXVLAS/eo+uoHY436YQIDAQAB
        AoGActhUxacYf7VTdVlt9M8aeP9aKkve2QM6mseZMWkf4A6fyh8ChVb2jn8duG83
        khiShgS5iB1DErQuf3DAXFl9uTtArjP6F+EoYaS1K90SGMpOuA2DLnpHL5BTNOP2
        KoaVND/hcKFt4UWXkprkcK4oq/mfVwd06RwaNmcbIDUhq60CQQDeiuMUAIiIIRW+
        JcycsCcpnsahnbXmdsTD3XIZTA1J7GMW60490C9+ijCMvYUalnXMaVrwjJFCQZNy
        Wvnr5SCbAkEAypnphD0FZIrOhD2ndYCM68OmTHWQ8c4zWPzcFwYluW0QnOFtg/20
        dOc06PEF6nj6mWwqzdxsN8aK7/96ighqswJACxSBL9rC8XwsN/Zr1JVUrdbQ7vUK
        PHpHW7Un3CiUNM0HNfnrQFqgMr2woyFAgk1hehb4xydIiDL5o2TyMpOK5wJARj71
        Q19w9jpWfm1uGYSX18r/ZvVAa0amcQ1DNkxwWglhwDM9KI2XuwzLQJUJCxIlOXrS
        oIvzjacuVyZKk391lwJAHC35BTOoh4zHUHper1HCyOEffCobC5DDy5mNXNrVLlJh
        rB7CBsg0xcNiwZNfh2UJfuyd1qrkhj28iMa3ahTUHQ==
        -----END RSA PRIVATE KEY-----
        """

    /// The private number of one key with the point of another; used nowhere.
    private static let mixedHalves = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEINZRtDmicSoj5dvySnSdXdp4EZUQzcwg13H0rEMDD9tloAoGCCqGSM49
        AwEHoUQDQgAEx8qROCnqY7HNLuK58+bNuxpCHk40rmAyPcibz22cotlo7bwH0+WV
        p7mnYGJjPL6qBlLRsLoj2+uK2w6XE5Slaw==
        -----END EC PRIVATE KEY-----
        """
}

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
}

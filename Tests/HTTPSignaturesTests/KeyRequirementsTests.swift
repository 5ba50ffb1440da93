import HTTPSignatures
import OpenSSL
import Testing

@Suite struct KeyRequirementsTests {
    /// A modulus of so many bits; nobody has its private key.
    private func key(bits: Int) throws -> VerificationKey {
        var modulus = [UInt8](repeating: 0xA7, count: bits / 8)
        modulus[0] = 0x80
        return try VerificationKey(try PublicKey(modulus: modulus, exponent: [1, 0, 1]))
    }

    @Test(arguments: [2048, 3072, 4096]) func theSizesInUseAreTaken(_ bits: Int) throws {
        #expect(KeyRequirements().judge(try key(bits: bits)) == .satisfied)
    }

    @Test func smallKeysAreRefused() throws {
        #expect(
            KeyRequirements().judge(try key(bits: 2040)) == .violated([.keyTooSmall(bits: 2040)]))
        #expect(
            KeyRequirements(minimumRSABits: 3072).judge(try key(bits: 2048))
                == .violated([.keyTooSmall(bits: 2048)]))
    }

    @Test func keysLargerThanAnybodyNeedsAreRefused() throws {
        #expect(
            KeyRequirements().judge(try key(bits: 4104)) == .violated([.keyTooLarge(bits: 4104)]))
    }

    @Test func otherKindsHaveOneSize() throws {
        let key = try VerificationKey(try PrivateKey.generate(.ed25519).publicKey)
        #expect(KeyRequirements(minimumRSABits: 4096).judge(key) == .satisfied)
    }

    @Test func anAlgorithmThatIsNotTakenIsRefusedThoughGenuine() throws {
        let key = try VerificationKey(try PrivateKey.generate(.ed25519).publicKey)
        let requirements = KeyRequirements(algorithms: [.ecdsaP256SHA256])
        #expect(
            requirements.judge(key, algorithm: .valid(.ed25519))
                == .violated([.algorithmNotAllowed("ed25519")]))
    }
}

import HTTPSignatures
import OpenSSL
import Testing

/// RFC 9421 appendix B.2: the mathematics, and what the profile makes of it.
@Suite struct RFC9421VectorTests {
    @Test(arguments: try RFC9421Vector.all().filter { $0.algorithm != "hmac-sha256" })
    func signaturesOfAppendixBVerify(vector: RFC9421Vector) throws {
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let key = try self.key(vector)
        #expect(claimed.base.text == vector.base)
        let algorithm = try SignatureAlgorithm(rawValue: vector.algorithm).orMissing("algorithm")
        #expect(
            claimed.verify(with: try VerificationKey(key, algorithm: algorithm))
                == .valid(algorithm))
        #expect(
            try ContentDigest(vector.message.combined("content-digest").orMissing("digest")).check(
                vector.body) == ())
    }

    @Test func rsaWithoutAnAlgorithmIsUndetermined() throws {
        let vector = try vector("B.2.1")
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let verdict = claimed.verify(with: try VerificationKey(key(vector)))
        #expect(verdict == .invalid(SignatureError(.undeterminedAlgorithm)))
    }

    @Test(arguments: ["B.2.1", "B.2.2", "B.2.6"])
    func genuineSignaturesOfAppendixBDoNotSatisfyTheProfile(id: String) throws {
        let vector = try vector(id)
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let algorithm = try SignatureAlgorithm(rawValue: vector.algorithm).orMissing("algorithm")
        let result = SignatureProfile().verify(
            claimed, of: vector.message, body: vector.body,
            with: try VerificationKey(key(vector), algorithm: algorithm), now: 1_618_884_473)
        #expect(result.crypto == .valid(algorithm))
        #expect(result.profile != .satisfied)
        #expect(result.accepted == nil)
    }

    @Test func theFullCoverageOfAppendixBSatisfiesTheProfile() throws {
        let vector = try vector("B.2.3")
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let key = try VerificationKey(key(vector), algorithm: .rsaPSSSHA512)
        func verify(_ now: Int, _ body: [UInt8]) -> SignatureVerification {
            SignatureProfile().verify(claimed, of: vector.message, body: body, with: key, now: now)
        }
        #expect(verify(1_618_884_473, vector.body).accepted == .rsaPSSSHA512)
        #expect(verify(1_618_884_773, vector.body).accepted == .rsaPSSSHA512)
        #expect(verify(1_618_884_774, vector.body).profile == .violated([.tooOld]))
        #expect(
            verify(1_618_884_473, Array("{\"hello\": \"World\"}".utf8)).profile
                == .violated([.digest(.mismatch)]))
    }

    @Test func signatureOverNothingViolatesEveryCoverage() throws {
        let vector = try vector("B.2.1")
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let verdict = SignatureProfile().judge(
            claimed, of: vector.message, body: vector.body, now: 1_618_884_473)
        let names = ["@method", "@target-uri", "content-digest", "content-length", "date"]
        #expect(verdict == .violated(names.map { .notCovered($0) }))
    }

    @Test func theSharedSecretVectorIsMathematicsOnly() throws {
        let vector = try vector("B.2.5")
        let signature = try MessageSignature.all(in: vector.message)[0]
        let claimed = try signature.claim(over: vector.message)
        let secret = try Secret(
            base64: RFC9421Vector.key("test-shared-secret", "secret_b64")
        ).orMissing("secret")
        #expect(
            HMACKey(.sha256, secret).authenticate(claimed.base.bytes) == signature.signature)
        // No key that can be published verifies it.
        let key = try VerificationKey(
            PublicKey(pem: RFC9421Vector.key("test-key-ed25519", "public_pem")))
        #expect(throws: SignatureError(.unsupportedAlgorithm, "hmac-sha256")) {
            try key.algorithm(named: "hmac-sha256")
        }
        #expect(claimed.verify(with: key) == .invalid(SignatureError(.wrongSignature)))
    }

    @Test(arguments: try RFC9421Vector.all().filter { $0.algorithm != "hmac-sha256" })
    func whatWeSignWithTheKeysOfAppendixBVerifies(vector: RFC9421Vector) throws {
        let claimed = try MessageSignature.all(in: vector.message)[0].claim(over: vector.message)
        let algorithm = try SignatureAlgorithm(rawValue: vector.algorithm).orMissing("algorithm")
        let key = try PrivateKey(pem: RFC9421Vector.privatePEM(vector.keyID))
        let fields = try SignatureFields(
            signing: vector.message, components: claimed.input.components,
            parameters: claimed.input.parameters, label: claimed.label, key: key,
            algorithm: algorithm)
        if vector.isDeterministic { #expect(fields.signature == vector.signature) }
        var again = vector.message
        again.fields.removeAll { $0.name.hasPrefix("signature") }
        again.fields.append(.init("signature-input", fields.input))
        again.fields.append(.init("signature", fields.signature))
        let ours = try MessageSignature.all(in: again)[0].claim(over: again)
        let verdict = ours.verify(with: try VerificationKey(key.publicKey, algorithm: algorithm))
        #expect(verdict == .valid(algorithm))
    }

    private func vector(_ id: String) throws -> RFC9421Vector {
        try RFC9421Vector.all().first { $0.id == id }.orMissing(id)
    }

    private func key(_ vector: RFC9421Vector) throws -> PublicKey {
        try PublicKey(pem: RFC9421Vector.key(vector.keyID, "public_pem"))
    }
}

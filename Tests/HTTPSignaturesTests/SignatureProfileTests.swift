import HTTPSignatures
import OpenSSL
import Testing

@Suite struct SignatureProfileTests {
    let key: PrivateKey

    init() throws {
        key = try PrivateKey.generate(.ed25519)
    }

    @Test func whatTheGatewaySignsIsBelieved() throws {
        let message = try SampleMessage.signed(by: key)
        #expect(try verify(message).accepted == .ed25519)
    }

    /// Seconds from `created` to now, `expires` as seconds from `created`, what is wrong.
    static let times: [(Int, Int?, [ProfileViolation])] = [
        (0, nil, []), (300, nil, []), (-30, nil, []),
        (301, nil, [.tooOld]), (-31, nil, [.createdInFuture]),
        (10, 10, []), (11, 10, [.expired]), (301, 1_000_000, [.tooOld]),
        (0, -1, [.expiresBeforeCreated, .expired]), (400, 100, [.tooOld, .expired]),
        (-1_700_000_000, nil, [.createdInFuture]),
    ]

    @Test(arguments: times) func onlyFreshSignaturesAreBelieved(
        age: Int, expires: Int?, violations: [ProfileViolation]
    ) throws {
        var parameters = SampleMessage.parameters
        parameters.expires = expires.map { SampleMessage.created + $0 }
        let message = try SampleMessage.signed(by: key, parameters: parameters)
        let result = try verify(message, now: SampleMessage.created + age)
        #expect(result.crypto == .valid(.ed25519))
        #expect(result.profile == (violations.isEmpty ? .satisfied : .violated(violations)))
    }

    @Test func timesAtTheEndOfTheIntegersDoNotTrap() throws {
        for created in [0, 999_999_999_999_999] {
            for now in [Int.min, 0, Int.max] {
                var parameters = SampleMessage.parameters
                parameters.created = created
                parameters.expires = 999_999_999_999_999
                let message = try SampleMessage.signed(by: key, parameters: parameters)
                let result = try verify(message, now: now)
                #expect((result.profile == .satisfied) == (created == 0 && now == 0))
            }
        }
    }

    static let coverages: [([String], String?, [String])] = [
        (["@method", "@target-uri", "content-digest", "content-length"], "ocm", []),
        (["@method", "@target-uri", "content-digest", "content-length", "date"], nil, []),
        (["@method", "@target-uri", "content-digest", "content-length"], nil, ["date"]),
        (
            ["@method", "@authority", "@path", "@query", "content-digest", "content-length"], "ocm",
            []
        ),
        (
            ["@method", "@authority", "@path", "content-digest", "content-length"], "ocm",
            ["@target-uri"]
        ),
        (["@target-uri", "content-digest", "content-length"], "ocm", ["@method"]),
        (["@method", "content-digest", "content-length"], "ocm", ["@target-uri"]),
        (["@method", "@target-uri", "content-length"], "ocm", ["content-digest"]),
        (["@method", "@target-uri", "content-digest"], "ocm", ["content-length"]),
        (["date"], "ocm", ["@method", "@target-uri", "content-digest", "content-length"]),
        ([], "ocm", ["@method", "@target-uri", "content-digest", "content-length"]),
        (
            ["@method", "@request-target", "content-digest", "content-length"], "ocm",
            ["@target-uri"]
        ),
    ]

    @Test(arguments: coverages) func everythingRequiredMustBeCovered(
        names: [String], tag: String?, missing: [String]
    ) throws {
        let components = names.map { name in
            Component.Derived(rawValue: name).map { Component.derived($0) } ?? .field(name)
        }
        var parameters = SampleMessage.parameters
        parameters.tag = tag
        let message = try SampleMessage.signed(
            by: key, components: components, parameters: parameters)
        let result = try verify(message)
        #expect(result.crypto == .valid(.ed25519))
        #expect(
            result.profile
                == (missing.isEmpty ? .satisfied : .violated(missing.map { .notCovered($0) })))
    }

    /// The label is not signed: whoever passes a message on may write another.
    @Test func aSignatureOfAnotherApplicationIsNoneOfOCM() throws {
        var parameters = SampleMessage.parameters
        parameters.tag = "other"
        let message = try SampleMessage.signed(by: key, parameters: parameters)
        #expect(throws: Missing.self) { try SampleMessage.claim(message) }
        let inspected = try #require(try InspectedSignature(in: message, label: nil))
        let key = try VerificationKey(self.key.publicKey)
        let crypto = inspected.verify(message, with: key)
        #expect(crypto == .valid(.ed25519))
        #expect(
            inspected.judge(
                message, body: SampleMessage.body, key: key, crypto: crypto,
                now: SampleMessage.created) == .violated([.tagOfAnother("other")]))
    }

    @Test func aPartOfAFieldDoesNotCountAsTheField() throws {
        let part = Component(name: .field("content-digest"), flags: [], member: "sha-256")
        let message = try SampleMessage.signed(
            by: key,
            components: [
                .derived(.method), .derived(.targetURI), part, .field("content-length"),
            ])
        #expect(try verify(message).profile == .violated([.notCovered("content-digest")]))
    }

    @Test func parametersMustBeThereAndShort() throws {
        func violations(_ change: (inout SignatureParameters) -> Void) throws -> ProfileVerdict {
            var parameters = SampleMessage.parameters
            change(&parameters)
            return try verify(SampleMessage.signed(by: key, parameters: parameters)).profile
        }
        #expect(try violations { $0.created = nil } == .violated([.createdMissing]))
        #expect(try violations { $0.keyID = nil } == .violated([.keyIDMissing]))
        #expect(try violations { $0.keyID = "" } == .violated([.keyIDMissing]))
        #expect(try violations { $0.keyID = String(repeating: "k", count: 512) } == .satisfied)
        #expect(
            try violations { $0.keyID = String(repeating: "k", count: 513) }
                == .violated([.keyIDTooLong]))
        #expect(try violations { $0.nonce = nil } == .satisfied)
        #expect(try violations { $0.nonce = String(repeating: "n", count: 128) } == .satisfied)
        #expect(
            try violations { $0.nonce = String(repeating: "n", count: 129) }
                == .violated([.nonceTooLong]))
    }

    @Test func theBodyMustBeTheSignedOne() throws {
        let message = try SampleMessage.signed(by: key)
        #expect(
            try verify(message, body: SampleMessage.body + [0x20]).profile
                == .violated([.digest(.mismatch), .contentLengthDiffers]))
        var weak = try SampleMessage.make()
        weak.fields.removeAll { $0.name == "content-digest" }
        weak.fields.append(.init("content-digest", "md5=:AAAA:"))
        #expect(
            try verify(SampleMessage.signed(by: key, message: weak)).profile
                == .violated([.digest(.noKnownAlgorithm)]))
    }

    @Test func algorithmAndSizeOfTheKeyAreJudged() throws {
        let rsa = try PrivateKey.generate(.rsa(bits: 2048))
        let message = try SampleMessage.signed(by: rsa, algorithm: .rsaPKCS1SHA384)
        let profile = SignatureProfile(
            keys: KeyRequirements(algorithms: [.ed25519, .rsaPKCS1SHA256], minimumRSABits: 3072))
        let result = profile.verify(
            try SampleMessage.claim(message), of: message, body: SampleMessage.body,
            with: try VerificationKey(rsa.publicKey, algorithm: .rsaPKCS1SHA384),
            now: SampleMessage.created)
        #expect(result.crypto == .valid(.rsaPKCS1SHA384))
        #expect(
            result.profile
                == .violated([.keyTooSmall(bits: 2048), .algorithmNotAllowed("rsa-v1_5-sha384")]))
    }

    @Test(arguments: [
        (KeyKind.ed25519, SignatureAlgorithm.ed25519), (.p256, .ecdsaP256SHA256),
        (.p384, .ecdsaP384SHA384), (.rsa(bits: 2048), .rsaPSSSHA512),
        (.rsa(bits: 2048), .rsaPKCS1SHA256), (.rsa(bits: 2048), .rsaPKCS1SHA384),
        (.rsa(bits: 2048), .rsaPKCS1SHA512),
    ]) func everyAlgorithmSignsAndVerifies(kind: KeyKind, algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(kind)
        var parameters = SampleMessage.parameters
        parameters.algorithm = algorithm.rawValue
        let message = try SampleMessage.signed(
            by: key, algorithm: algorithm, parameters: parameters)
        let claimed = try SampleMessage.claim(message)
        #expect(
            claimed.verify(with: try VerificationKey(key.publicKey, algorithm: algorithm))
                == .valid(algorithm))
        for other in SignatureAlgorithm.allCases where other != algorithm {
            guard other.fits(kind) else {
                #expect(throws: KeyError.algorithmMismatch) {
                    try VerificationKey(key.publicKey, algorithm: other)
                }
                continue
            }
            #expect(
                claimed.verify(with: try VerificationKey(key.publicKey, algorithm: other))
                    == .invalid(SignatureError(.algorithmMismatch, algorithm.rawValue)))
        }
        let stranger = try VerificationKey(PrivateKey.generate(kind).publicKey)
        #expect(
            claimed.verify(with: stranger) == .invalid(SignatureError(.wrongSignature)))
    }

    @Test(arguments: ["hmac-sha256", "none", "", "rsa-sha256", "hs2019", "ED25519", "EdDSA"])
    func unknownAlgorithmsAreRefused(name: String) throws {
        var parameters = SampleMessage.parameters
        parameters.algorithm = name
        let claimed = try SampleMessage.claim(
            SampleMessage.signed(by: key, parameters: parameters))
        #expect(
            claimed.verify(with: try VerificationKey(key.publicKey))
                == .invalid(SignatureError(.unsupportedAlgorithm, name)))
    }

    private func verify(
        _ message: SignedMessage, body: [UInt8] = SampleMessage.body,
        now: Int = SampleMessage.created
    ) throws -> SignatureVerification {
        let key = try VerificationKey(self.key.publicKey)
        return SignatureProfile().verify(
            try SampleMessage.claim(message), of: message, body: body, with: key, now: now)
    }
}

import HTTPSignatures
import OpenSSL
import Testing

@Suite struct CavageProfileTests {
    static let key = try? PrivateKey.generate(.rsa(bits: 2048))
    let key: PrivateKey
    let published: VerificationKey

    init() throws {
        key = try Self.key.orMissing("key")
        published = try VerificationKey(key.publicKey)
    }

    @Test func whatTheGatewaySignsIsBelieved() throws {
        for algorithm in [
            SignatureAlgorithm.rsaPKCS1SHA512, .rsaPKCS1SHA256, .rsaPSSSHA512,
        ] {
            let message = try signed(algorithm: algorithm)
            #expect(try verify(message).accepted == algorithm)
        }
    }

    @Test(
        arguments: [
            (0, nil), (300, nil), (-30, nil), (301, .tooOld), (-31, .createdInFuture),
        ] as [(Int, ProfileViolation?)]) func onlyFreshDatesAreBelieved(
            age: Int, violation: ProfileViolation?
        ) throws
    {
        let result = try verify(signed(), now: SampleMessage.created + age)
        #expect(result.crypto == .valid(.rsaPKCS1SHA512))
        #expect(result.profile == (violation.map { .violated([$0]) } ?? .satisfied))
    }

    @Test(arguments: ["(request-target)", "host", "date", "digest"])
    func everythingRequiredMustBeCovered(header: String) throws {
        let headers = CavageField.nextcloudHeaders.filter { $0 != header }
        let result = try verify(signed(headers: headers))
        #expect(result.crypto == .valid(.rsaPKCS1SHA512))
        #expect(result.profile == .violated([.notCovered(header)]))
    }

    @Test func theLengthNeedNotBeCovered() throws {
        let headers = CavageField.nextcloudHeaders.filter { $0 != "content-length" }
        #expect(try verify(signed(headers: headers)).accepted == .rsaPKCS1SHA512)
    }

    /// A field, its values instead, what is wrong.
    static let spoilt: [(String, [String], [ProfileViolation])] = [
        ("host", ["other.example"], [.hostIsAnother]),
        ("host", ["cloud.example:8443"], [.hostIsAnother]),
        ("host", ["cloud.example", "cloud.example"], [.hostIsAnother]),
        ("host", ["CLOUD.example:443"], []),
        ("date", ["yesterday"], [.dateUnreadable]),
        (
            "date", ["Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:20 GMT"],
            [.dateUnreadable]
        ),
        ("date", ["Tue, 14 Nov 2023 22:13:20 GMT"], []),
        ("content-length", ["1"], [.contentLengthDiffers]),
        ("content-length", ["48", "48"], [.contentLengthDiffers]),
        ("content-length", ["048"], [.contentLengthDiffers]),
        ("digest", ["MD5=AAAA"], [.digest(.noKnownAlgorithm)]),
        ("digest", ["SHA-256=AAAA"], [.digest(.mismatch)]),
    ]

    @Test(arguments: spoilt) func genuineSignaturesOverTheWrongFieldsAreRefused(
        name: String, values: [String], violations: [ProfileViolation]
    ) throws {
        var message = try SampleMessage.make()
        message.fields.removeAll { $0.name == name }
        for value in values { message.fields.append(.init(name, value)) }
        let result = try verify(signed(message))
        #expect(result.crypto == .valid(.rsaPKCS1SHA512))
        #expect(result.profile == (violations.isEmpty ? .satisfied : .violated(violations)))
    }

    @Test func timesOfTheParametersAreHonoured() throws {
        func judge(_ parameters: String) throws -> ProfileVerdict {
            var message = try SampleMessage.make()
            message.fields.append(
                .init(
                    "signature",
                    #"keyId="k",headers="(request-target) host date digest",signature="AQI=","#
                        + parameters))
            return CavageProfile().judge(
                try CavageSignature.read(from: message).orMissing("signature"), of: message,
                body: SampleMessage.body, now: SampleMessage.created)
        }
        #expect(try judge("created=1700000000") == .satisfied)
        #expect(try judge("created=1700000031") == .violated([.createdInFuture]))
        #expect(try judge("created=1699999699") == .violated([.tooOld]))
        #expect(try judge("expires=1700000000") == .satisfied)
        #expect(try judge("expires=1699999999") == .violated([.expiresBeforeCreated, .expired]))
    }

    /// The name on the wire, whether it can stand for a SHA-512 signature by RSA.
    static let names: [(String, CryptoVerdict)] = [
        (#"algorithm="rsa-sha512","#, .valid(.rsaPKCS1SHA512)),
        (#"algorithm="hs2019","#, .valid(.rsaPKCS1SHA512)),
        ("", .valid(.rsaPKCS1SHA512)),
        (#"algorithm="rsa-sha256","#, .invalid(SignatureError(.wrongSignature))),
        (
            #"algorithm="hmac-sha256","#,
            .invalid(SignatureError(.unsupportedAlgorithm, "hmac-sha256"))
        ),
        (
            #"algorithm="RSA-SHA512","#,
            .invalid(SignatureError(.unsupportedAlgorithm, "RSA-SHA512"))
        ),
        (#"algorithm="","#, .invalid(SignatureError(.unsupportedAlgorithm, ""))),
        (#"algorithm="none","#, .invalid(SignatureError(.unsupportedAlgorithm, "none"))),
    ]

    @Test(arguments: names) func theNameOfTheAlgorithmMustFit(
        name: String, verdict: CryptoVerdict
    ) throws {
        let field = try CavageField(
            signing: SampleMessage.make(), keyID: "https://peer.example/ocm#signature", key: key)
        var message = try SampleMessage.make()
        let text = field.text.split(separator: #"algorithm="rsa-sha512","#)
        message.fields.append(.init("signature", text.joined(separator: name)))
        #expect(try verify(message).crypto == verdict)
    }

    @Test func aKeyForOneAlgorithmVerifiesNoOther() throws {
        let claimed = try CavageSignature.read(from: signed()).orMissing("signature")
        for algorithm in [SignatureAlgorithm.rsaPKCS1SHA256, .rsaPSSSHA512] {
            let key = try VerificationKey(key.publicKey, algorithm: algorithm)
            #expect(
                claimed.verify(try SampleMessage.make(), with: key)
                    == .invalid(SignatureError(.algorithmMismatch, "rsa-sha512")))
        }
        let other = try VerificationKey(PrivateKey.generate(.ed25519).publicKey)
        #expect(
            claimed.verify(try SampleMessage.make(), with: other)
                == .invalid(SignatureError(.algorithmMismatch, "rsa-sha512")))
    }

    @Test func namesOfKeysThatNextcloudWouldMisreadAreNotWritten() throws {
        for id in ["", "a\"b", "a\\b", "a,b", "a\nb", "\u{E9}"] {
            #expect(throws: SignatureError(.malformedParameter, "keyId")) {
                try CavageField(signing: SampleMessage.make(), keyID: id, key: key)
            }
        }
    }

    private func signed(
        _ message: SignedMessage? = nil, headers: [String] = CavageField.nextcloudHeaders,
        algorithm: SignatureAlgorithm = .rsaPKCS1SHA512
    ) throws -> SignedMessage {
        var message = try message ?? SampleMessage.make()
        let field = try CavageField(
            signing: message, keyID: "https://peer.example/ocm#signature", headers: headers,
            key: key, algorithm: algorithm)
        message.fields.append(.init("signature", field.text))
        return message
    }

    private func verify(
        _ message: SignedMessage, now: Int = SampleMessage.created
    ) throws -> SignatureVerification {
        CavageProfile().verify(
            try CavageSignature.read(from: message).orMissing("signature"), of: message,
            body: SampleMessage.body, with: published, now: now)
    }
}

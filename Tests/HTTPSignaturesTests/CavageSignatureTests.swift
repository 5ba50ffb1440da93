import HTTPSignatures
import Testing

@Suite struct CavageSignatureTests {
    @Test func parametersAreRead() throws {
        let claimed = try CavageSignature(
            Array(
                #"keyId="https://h/ocm#signature",algorithm="hs2019", created=1402170695 ,expires=1402170999,headers="(request-target) (created) (expires) host",signature="AQI=""#
                    .utf8))
        #expect(claimed.keyID == "https://h/ocm#signature")
        #expect(claimed.algorithm == "hs2019")
        #expect(claimed.created == 1_402_170_695)
        #expect(claimed.expires == 1_402_170_999)
        #expect(claimed.headers == ["(request-target)", "(created)", "(expires)", "host"])
        #expect(claimed.signature == [1, 2])
    }

    @Test func withoutAListTheDateIsSigned() throws {
        let claimed = try CavageSignature(Array(#"keyId="a",signature="AQI=""#.utf8))
        #expect(claimed.headers == ["date"])
        #expect(claimed.algorithm == nil)
    }

    /// What stands in place of `keyId="a",signature="AQI="`, and why it is refused.
    static let refused: [(String, SignatureError.Reason)] = [
        ("", .malformedField),
        (",", .malformedField),
        (#"keyId="a""#, .missingParameter),
        (#"signature="AQI=""#, .missingParameter),
        (#"keyId="",signature="AQI=""#, .missingParameter),
        (#"keyId="a",signature="""#, .malformedParameter),
        (#"keyId="a",signature="AQI""#, .malformedParameter),
        (#"keyId="a",signature="AQJ=""#, .malformedParameter),
        (#"keyId="a",signature="A_I=""#, .malformedParameter),
        (#"keyId="a",signature="AQI=","#, .malformedField),
        (#"keyId="a",,signature="AQI=""#, .malformedField),
        (#"keyId="a" signature="AQI=""#, .malformedField),
        (#"keyId="a";signature="AQI=""#, .malformedField),
        (#"keyId = "a",signature="AQI=""#, .malformedField),
        (#"keyId="a",signature="AQI=" x"#, .malformedField),
        (#"="x",keyId="a",signature="AQI=""#, .malformedField),
        (#"keyId=a,signature="AQI=""#, .malformedParameter),
        (#"keyId="a,signature=AQI="#, .malformedParameter),
        (#"keyId="a\"b",signature="AQI=""#, .malformedParameter),
        (#"keyId="a\\",signature="AQI=""#, .malformedParameter),
        ("keyId=\"a\u{E9}\",signature=\"AQI=\"", .malformedParameter),
        ("keyId=\"a\tb\",signature=\"AQI=\"", .malformedParameter),
        (#"keyId="a",keyId="a",signature="AQI=""#, .repeatedParameter),
        (#"keyId="a",signature="AQI=",signature="AQI=""#, .repeatedParameter),
        (#"keyId="a",created=1,created=1,signature="AQI=""#, .repeatedParameter),
        (#"keyId="a",opaque="x",signature="AQI=""#, .unknownParameter),
        (#"keyid="a",signature="AQI=""#, .unknownParameter),
        (#"keyId="a",created="1",signature="AQI=""#, .malformedParameter),
        (#"keyId="a",created=-1,signature="AQI=""#, .malformedParameter),
        (#"keyId="a",created=1.5,signature="AQI=""#, .malformedField),
        (#"keyId="a",created=,signature="AQI=""#, .malformedParameter),
        (#"keyId="a",created=1000000000000000,signature="AQI=""#, .malformedParameter),
        (#"keyId="a",expires=1e3,signature="AQI=""#, .malformedField),
        (#"keyId=1,signature="AQI=""#, .malformedParameter),
        (#"keyId="a",headers="",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers="date  host",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers=" date",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers="date,host",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers="Date",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers="(method)",signature="AQI=""#, .malformedComponent),
        (#"keyId="a",headers="date date",signature="AQI=""#, .repeatedComponent),
        (#"keyId="a",headers="(created)",signature="AQI=""#, .missingParameter),
        (#"keyId="a",headers="(expires)",signature="AQI=""#, .missingParameter),
        (
            #"keyId="a",algorithm="rsa-sha256",created=1,headers="(created)",signature="AQI=""#,
            .forbiddenParameter
        ),
        (
            #"keyId="a",algorithm="hmac-sha256",expires=1,headers="(expires)",signature="AQI=""#,
            .forbiddenParameter
        ),
        (
            #"keyId="a",algorithm="ecdsa-sha256",created=1,headers="(created)",signature="AQI=""#,
            .forbiddenParameter
        ),
    ]

    @Test(arguments: refused) func malformedParametersAreRefused(
        parameters: String, reason: SignatureError.Reason
    ) {
        let error = #expect(throws: SignatureError.self) {
            try CavageSignature(Array(parameters.utf8))
        }
        #expect(error?.reason == reason)
    }

    @Test func moreThan24HeadersAreRefused() {
        let list = (0..<25).map { "x\($0)" }.joined(separator: " ")
        #expect(throws: SignatureError(.tooManyComponents)) {
            try CavageSignature(Array("keyId=\"a\",headers=\"\(list)\",signature=\"AQI=\"".utf8))
        }
    }

    static let fields: [([String: [String]], SignatureStandard?)] = [
        ([:], SignatureStandard.none),
        (["authorization": ["Basic YTpi"]], SignatureStandard.none),
        (["authorization": ["Signatures x"]], SignatureStandard.none),
        (["signature": ["x"]], .cavage),
        (["authorization": ["Signature x"]], .cavage),
        (["authorization": ["SIGNATURE x"]], .cavage),
        (["signature": ["x"], "authorization": ["Basic YTpi"]], .cavage),
        (["signature-input": ["x"]], .rfc9421),
        (["signature-input": ["x", "y"], "signature": ["x", "y"]], .rfc9421),
        (["signature-input": ["x"], "signature": ["x"]], .rfc9421),
        (["signature": ["x", "x"]], nil),
        (["authorization": ["Signature x", "Signature x"]], nil),
        (["authorization": ["Basic YTpi", "Signature x"]], nil),
        (["signature": ["x"], "authorization": ["Signature x"]], nil),
        (["signature-input": ["x"], "authorization": ["Signature x"]], nil),
        (["signature-input": ["x"], "signature": ["x"], "authorization": ["Signature x"]], nil),
    ]

    @Test(arguments: fields) func everyMessageHasOneGeneration(
        fields: [String: [String]], generation: SignatureStandard?
    ) throws {
        var message = try SampleMessage.make()
        for (name, values) in fields {
            for value in values { message.fields.append(.init(name, value)) }
        }
        if let generation {
            #expect(try SignatureStandard.of(message) == generation)
            if generation == .rfc9421 {
                #expect(throws: SignatureError(.conflictingFields)) {
                    try CavageSignature.read(from: message)
                }
            }
        } else {
            #expect(throws: SignatureError.self) { try SignatureStandard.of(message) }
            #expect(throws: SignatureError.self) { try CavageSignature.read(from: message) }
        }
    }

    @Test func bothFieldsCarryTheSignature() throws {
        let parameters = #"keyId="a",signature="AQI=""#
        for field in [
            SignedMessage.Field("signature", parameters),
            .init("authorization", "Signature " + parameters),
            .init("authorization", " signature   " + parameters),
        ] {
            var message = try SampleMessage.make()
            message.fields.append(field)
            #expect(try CavageSignature.read(from: message)?.keyID == "a")
        }
    }

    @Test func theSigningStringIsTheDrafts() throws {
        var message = try SampleMessage.make()
        message.fields.append(.init("empty", ""))
        message.fields.append(.init("cache-control", "max-age=60 "))
        message.fields.append(.init("cache-control", "  must-revalidate"))
        let string = try SigningString(
            of: message,
            headers: [
                "(request-target)", "(created)", "(expires)", "host", "empty", "cache-control",
            ],
            created: 1_402_170_695, expires: 1_402_170_699)
        #expect(
            string.text == """
                (request-target): post /ocm/shares
                (created): 1402170695
                (expires): 1402170699
                host: cloud.example
                empty: \n\
                cache-control: max-age=60, must-revalidate
                """)
        #expect(throws: SignatureError(.missingValue, "absent")) {
            try SigningString(of: message, headers: ["absent"])
        }
        #expect(throws: SignatureError(.missingValue, "(request-target)")) {
            try SigningString(
                of: SignedMessage(status: 200, fields: []), headers: ["(request-target)"])
        }
    }
}

import HTTPSignatures
import OpenSSL
import Testing

@Suite struct MessageSignatureTests {
    @Test func signaturesAreReadInTheirOrder() throws {
        let all = try read(
            #"b=("@method");tag="ocm";unknown, a=();created=1"#, "a=:AQ==:, b=:Ag==:")
        #expect(all.map(\.label) == ["b", "a"])
        #expect(all.map(\.signature) == [[2], [1]])
        #expect(all.map(\.tag) == ["ocm", nil])
        #expect(throws: SignatureError(.unknownParameter, "unknown")) { try all[0].input() }
        #expect(try all[1].input().parameters.created == 1)
    }

    @Test(arguments: ["", "1a", "A", "a b", "a=", "-"])
    func aLabelThatIsNoKeyIsNotWritten(_ label: String) throws {
        let key = try PrivateKey.generate(.ed25519)
        #expect(throws: SignatureError(.malformedParameter, label)) {
            try SampleMessage.signed(by: key, label: label)
        }
        let fields = StructuredField.Dictionary([(label, .item(.init(.integer(1))))])
        #expect(throws: StructuredFieldError.self) { try AnyField.dictionary(fields).written() }
    }

    @Test func aMessageWithoutTheFieldsHasNone() throws {
        #expect(try read(nil, nil).isEmpty)
    }

    @Test func severalLinesAreOneField() throws {
        var message = try SampleMessage.make()
        for (name, value) in [
            ("signature", "a=:AQ==:"), ("signature-input", "a=()"), ("signature", "b=:Ag==:"),
            ("signature-input", "b=()"),
        ] { message.fields.append(.init(name, value)) }
        #expect(try MessageSignature.all(in: message).map(\.label) == ["a", "b"])
    }

    static let refused: [(String?, String?, SignatureError.Reason)] = [
        ("a=()", nil, .unpairedLabel),
        (nil, "a=:AQ==:", .unpairedLabel),
        ("a=()", "b=:AQ==:", .unpairedLabel),
        ("a=(), b=()", "b=:AQ==:", .unpairedLabel),
        ("a=()", "a=:AQ==:, b=:AQ==:", .unpairedLabel),
        ("", "a=:AQ==:", .malformedField),
        ("a=()", "", .malformedField),
        ("", "", .malformedField),
        ("a=(), a=()", "a=:AQ==:", .malformedField),
        ("a=()", "a=:AQ==:, a=:AQ==:", .malformedField),
        ("a=();created=1;created=2", "a=:AQ==:", .malformedField),
        (#"a=("x";sf;sf)"#, "a=:AQ==:", .malformedField),
        ("a=1", "a=:AQ==:", .malformedField),
        ("a", "a=:AQ==:", .malformedField),
        (#"a="@method""#, "a=:AQ==:", .malformedField),
        ("a=()", "a=1", .malformedField),
        ("a=()", "a", .malformedField),
        ("a=()", "a=(:AQ==:)", .malformedField),
        ("a=()", "a=:AQ==:;x", .malformedField),
        ("a=()", "a=:AQ:", .malformedField),
        ("a=()", "a=:AR==:", .malformedField),
        ("a=(", "a=:AQ==:", .malformedField),
        ("a=();created=1000000000000000", "a=:AQ==:", .malformedField),
        ("A=()", "A=:AQ==:", .malformedField),
        ("a=(),", "a=:AQ==:", .malformedField),
        (
            "a=(),b=(),c=(),d=(),e=(),f=(),g=(),h=(),i=()", "a=:AQ==:", .tooManyLabels
        ),
    ]

    @Test(arguments: refused) func malformedFieldsAreRefused(
        input: String?, signature: String?, reason: SignatureError.Reason
    ) throws {
        let error = #expect(throws: SignatureError.self) { try read(input, signature) }
        #expect(error?.reason == reason)
    }

    static let selections: [(String, Int?)] = [
        ("ocm=()", 0), (#"x=();tag="ocm""#, 0), (#"ocm=();tag="ocm""#, 0),
        (#"ocm=();tag="x""#, nil), ("x=()", nil), (#"x=();tag="OCM""#, nil), ("x=();tag=ocm", nil),
        ("x=(), ocm=(), y=()", 1), (#"x=();tag="proxy", y=();tag="ocm""#, 1),
        (#"ocm=();tag="proxy", y=();tag="ocm""#, 1),
    ]

    @Test(arguments: selections)
    func theOCMSignatureIsFoundByLabelOrTag(input: String, index: Int?) throws {
        let all = try read(input, Self.signatures(for: input))
        switch try SignatureProfile.select(all) {
        case .none: #expect(index == nil)
        case .one(let signature): #expect(signature == index.map { all[$0] })
        }
    }

    @Test(arguments: [
        #"ocm=(), x=();tag="ocm""#, #"x=();tag="ocm", y=();tag="ocm""#,
        #"ocm=();tag="ocm", y=();tag="ocm""#,
    ]) func twoOCMSignaturesRefuseTheMessage(input: String) throws {
        let all = try read(input, Self.signatures(for: input))
        #expect(throws: SignatureError(.severalOCMSignatures)) {
            try SignatureProfile.select(all)
        }
    }

    @Test func moreThanThreeSignaturesRefuseTheMessage() throws {
        let input = "ocm=(), a=(), b=(), c=()"
        let all = try read(input, Self.signatures(for: input))
        #expect(throws: SignatureError(.tooManyLabels)) { try SignatureProfile.select(all) }
    }

    private static func signatures(for input: String) -> String {
        input.split(separator: ", ").map { "\($0.prefix { $0 != "=" })=:AQ==:" }
            .joined(separator: ", ")
    }

    private func read(_ input: String?, _ signature: String?) throws -> [MessageSignature] {
        var message = try SampleMessage.make()
        if let input { message.fields.append(.init("signature-input", input)) }
        if let signature { message.fields.append(.init("signature", signature)) }
        return try MessageSignature.all(in: message)
    }
}

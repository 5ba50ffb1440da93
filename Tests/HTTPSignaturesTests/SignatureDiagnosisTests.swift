import HTTPSignatures
import Testing

@testable import OpenSSL

@Suite struct SignatureDiagnosisTests {
    /// What the way did to a message that was signed well.
    struct Way: Sendable, CustomTestStringConvertible {
        let kind: Distortion.Kind
        let components: [Component]
        let target: String
        let change: @Sendable (inout Parts) -> Void
        var testDescription: String { "\(kind.rawValue) \(target)" }

        init(
            _ kind: Distortion.Kind, _ components: [Component] = SignatureProfile.ocmComponents,
            target: String = "/ocm/shares", _ change: @escaping @Sendable (inout Parts) -> Void
        ) {
            self.kind = kind
            self.components = components
            self.target = target
            self.change = change
        }
    }

    struct Parts {
        var method = "POST"
        var target: String
        var origin: String
        var fields: [SignedMessage.Field]
        var body: [UInt8]

        mutating func set(_ name: String, _ value: String?) {
            fields.removeAll { $0.name == name }
            if let value { fields.append(.init(name, value)) }
        }
    }

    static let withType = SignatureProfile.ocmComponents + [.field("content-type")]
    static let withHost = SignatureProfile.ocmComponents + [.field("host")]

    static let ways: [Way] = [
        Way(.host) { parts in
            parts.origin = "https://alias.example"
            parts.set("host", "alias.example")
        },
        Way(.port) { parts in
            parts.origin = "https://cloud.example:8443"
            parts.set("host", "cloud.example:8443")
        },
        Way(.port, withHost) { $0.set("host", "cloud.example:443") },
        Way(.scheme) { $0.origin = "http://cloud.example" },
        Way(.indexPHPRemoved, target: "/index.php/ocm/shares") { $0.target = "/ocm/shares" },
        Way(.indexPHPAdded) { $0.target = "/index.php/ocm/shares" },
        Way(.slashRemoved, target: "/ocm/shares/") { $0.target = "/ocm/shares" },
        Way(.slashAdded) { $0.target = "/ocm/shares/" },
        Way(.slashesMerged, target: "/ocm//shares") { $0.target = "/ocm/shares" },
        Way(.slashesMerged, target: "//ocm/shares") { $0.target = "/ocm/shares" },
        Way(.slashDoubled) { $0.target = "//ocm//shares" },
        Way(.queryDropped, target: "/ocm/shares?format=json") { $0.target = "/ocm/shares" },
        Way(.queryDropped, target: "/ocm/shares?secret=x") { parts in
            parts.target = "/ocm/shares"
            parts.set("x-original-uri", "/ocm/shares?secret=x")
        },
        Way(.queryAdded) { $0.target = "/ocm/shares?format=json" },
        Way(.prefixRemoved, target: "/cloud/ocm/shares") { parts in
            parts.target = "/ocm/shares"
            parts.set("x-forwarded-prefix", "/cloud/")
        },
        Way(.targetRewritten, target: "/one/two") { parts in
            parts.target = "/ocm/shares"
            parts.set("x-original-uri", "/one/two")
        },
        Way(.contentType, withType) { $0.set("content-type", "application/json; charset=utf-8") },
        Way(.contentType, withType) { $0.set("content-type", "text/plain") },
        Way(.contentLength) { $0.set("content-length", "4711") },
        Way(.fieldRemoved) { $0.set("date", nil) },
        Way(.fieldRemoved) { $0.set("content-length", nil) },
        Way(.fieldRemoved) { $0.set("content-digest", nil) },
        Way(.letterCase, withHost) { $0.set("host", "Cloud.Example") },
        Way(.lineEnds) { parts in
            parts.body.append(0x0A)
            parts.set("content-length", String(parts.body.count))
        },
        Way(.lineEnds) { $0.body += [0x0D, 0x0A] },
    ]

    static let surroundings = Surroundings(
        origins: ["https://cloud.example", "https://alias.example"].compactMap(Origin.init),
        hints: .ownNames)

    @Test(arguments: ways) func whatAProxyDidIsFoundAndNothingElse(way: Way) throws {
        let key = try PrivateKey.generate(.ed25519)
        let message = try Self.message(target: way.target)
        let signed = try SampleMessage.signed(
            by: key, components: way.components, message: message)
        let found = try Self.find(Self.distorted(signed, way), [Self.named(key)])
        #expect(Self.kinds(found) == [way.kind])
    }

    @Test(arguments: ways.filter { $0.components == SignatureProfile.ocmComponents })
    func whatAProxyDidToADraftCavageMessageIsFound(way: Way) throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        var message = try Self.message(target: way.target)
        let field = try CavageField(signing: message, keyID: "https://peer.example/ocm#k", key: key)
        message.fields.append(.init("signature", field.text))
        let distorted = try Self.distorted(message, way)
        // The draft signs neither scheme nor Content-Digest, and its Date cannot be told.
        let found = Self.find(distorted, [try Self.named(key)])
        switch (way.kind, distorted.message.lines(of: "content-digest")) {
        case (.scheme, _), (.fieldRemoved, 0): #expect(found == .genuine)
        case _ where distorted.message.lines(of: "date") == 0: #expect(found == .unexplained)
        case _: #expect(Self.kinds(found) == [way.kind])
        }
    }

    /// What is found is logged, and a signed field may hold a credential.
    @Test func theValueOfATidiedFieldIsNotTold() throws {
        let key = try PrivateKey.generate(.ed25519)
        let secret = "CANARY1234567890"
        var message = try Self.message(target: "/ocm/shares")
        message.fields.append(.init("authorization", "Bearer \(secret)"))
        let signed = try SampleMessage.signed(
            by: key, components: SignatureProfile.ocmComponents + [.field("authorization")],
            message: message)
        let way = Way(.whitespace) { $0.set("authorization", "Bearer  \(secret)") }
        let found = try Self.find(Self.distorted(signed, way), [Self.named(key)])
        #expect(Self.kinds(found) == [.whitespace])
        guard case .nearMiss(let distortions) = found else { return }
        #expect(!distortions.contains { $0.description.contains(secret) })
        #expect(distortions.first?.signed == "authorization")
    }

    @Test func twoDistortionsAtOnceAreBothFound() throws {
        let key = try PrivateKey.generate(.ed25519)
        let way = Way(.host) { parts in
            parts.origin = "https://alias.example"
            parts.target = "/ocm/shares"
        }
        let signed = try SampleMessage.signed(
            by: key, message: try Self.message(target: "/index.php/ocm/shares"))
        let found = try Self.find(Self.distorted(signed, way), [Self.named(key)])
        #expect(Self.kinds(found) == [.host, .indexPHPRemoved])
    }

    @Test(arguments: [(301, .clockBehind), (-31, .clockAhead)] as [(Int, Distortion.Kind)])
    func aClockThatIsOffIsFoundWithItsOffset(age: Int, kind: Distortion.Kind) throws {
        let key = try PrivateKey.generate(.ed25519)
        let signed = try SampleMessage.signed(by: key)
        let found = SignatureDiagnosis(surroundings: Self.surroundings).find(
            signed, body: SampleMessage.body, keys: [try Self.named(key)],
            now: SampleMessage.created + age)
        let words = age > 0 ? "\(age) seconds old" : "\(-age) seconds ahead"
        #expect(found == .nearMiss([Distortion(kind, seen: words)]))
    }

    @Test func whatCameAfterItsEndIsFound() throws {
        let key = try PrivateKey.generate(.ed25519)
        var parameters = SampleMessage.parameters
        parameters.expires = SampleMessage.created + 60
        let signed = try SampleMessage.signed(by: key, parameters: parameters)
        let found = SignatureDiagnosis(surroundings: Self.surroundings).find(
            signed, body: SampleMessage.body, keys: [try Self.named(key)],
            now: SampleMessage.created + 200)
        #expect(found == .nearMiss([Distortion(.expired, seen: "200 seconds old")]))
    }

    @Test func anotherKeyOfThePeerIsTold() throws {
        let (named, other) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        let signed = try SampleMessage.signed(by: other)
        for (role, kind) in [
            (SuspectKey.Role.other, Distortion.Kind.otherKey), (.previous, .previousKey),
        ] {
            let keys = [
                try Self.named(named),
                SuspectKey(name: "k2", key: try VerificationKey(other.publicKey), role: role),
            ]
            #expect(Self.kinds(Self.find((signed, SampleMessage.body), keys)) == [kind])
        }
    }

    @Test func slipsOfTheSignerAreTold() throws {
        let rsa = try PrivateKey.generate(.rsa(bits: 2048))
        var parameters = SampleMessage.parameters
        parameters.algorithm = SignatureAlgorithm.rsaPSSSHA512.rawValue
        let signed = try SampleMessage.signed(
            by: rsa, algorithm: .rsaPKCS1SHA256, parameters: parameters)
        let found = Self.find((signed, SampleMessage.body), [try Self.named(rsa)])
        #expect(
            found
                == .nearMiss([
                    Distortion(.algorithm, signed: "rsa-v1_5-sha256", seen: "rsa-pss-sha512")
                ]))
    }

    @Test func aSignatureInDERIsTold() throws {
        let key = try PrivateKey.generate(.p256)
        var signed = try SampleMessage.signed(by: key, algorithm: .ecdsaP256SHA256)
        let place = try #require(signed.fields.firstIndex { $0.name == "signature" })
        let text = String(decoding: signed.fields[place].value, as: UTF8.self)
        let parts = text.split(separator: ":")
        let pair = try #require(Base64.decode(String(parts[1])))
        let encoded = ECDSASignature.der(p1363: pair.span, fieldByteCount: 32)
        let der = try #require(encoded)
        signed.fields[place] = .init("signature", "\(parts[0]):\(Base64.encode(der)):")
        let found = Self.find((signed, SampleMessage.body), [try Self.named(key)])
        #expect(Self.kinds(found) == [.derSignature])
    }

    @Test func namesOfHeadersInUpperCaseAreTold() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        var message = try Self.message(target: "/ocm/shares")
        let field = try CavageField(signing: message, keyID: "https://peer.example/ocm#k", key: key)
        let text = field.text.split(separator: "host\"", maxSplits: 1)
        message.fields.append(.init("signature", text[0] + "Host\"" + text[1]))
        let found = Self.find((message, SampleMessage.body), [try Self.named(key)])
        #expect(Self.kinds(found) == [.letterCase])
    }

    @Test func digestsOfAnotherFormAreTold() throws {
        let key = try PrivateKey.generate(.ed25519)
        let body = SampleMessage.body
        let hex = Hash.sha256.digest(body).map { byte in
            let text = String(byte, radix: 16)
            return text.count < 2 ? "0" + text : text
        }.joined()
        let long = Base64.encode(Hash.sha512.digest(body))
        for (value, kind) in [
            ("sha-256=:\(hex):", Distortion.Kind.digestForm), ("sha-256=:\(long):", .otherHash),
            ("sha=:2jmj7l5rSw0yVb/vlWAYkK/YBwk=:", .otherHash),
        ] {
            var message = try Self.message(target: "/ocm/shares")
            message.fields.removeAll { $0.name == "content-digest" }
            message.fields.append(.init("content-digest", value))
            let signed = try SampleMessage.signed(by: key, message: message)
            #expect(Self.kinds(Self.find((signed, body), [try Self.named(key)])) == [kind])
        }
    }

    @Test func theDigestOfDecodedContentIsTold() throws {
        // gzip of SampleMessage.body, by zlib, at its best.
        let packed = try #require(
            Base64.decode(
                "H4sIAAAAAAAC/6tWKs5ILEoNzyzJULJSSspPckjOyS9N0UutSMwtyElV0lHKS8xNBUol6pVUlCjVAgCK"
                    + "6/u8MAAAAA=="))
        let key = try PrivateKey.generate(.ed25519)
        var message = try Self.message(target: "/ocm/shares")
        message.fields.removeAll { $0.name == "content-length" }
        message.fields += [
            .init("content-length", String(packed.count)), .init("content-encoding", "gzip"),
        ]
        let signed = try SampleMessage.signed(by: key, message: message)
        let found = Self.find((signed, packed), [try Self.named(key)])
        #expect(Self.kinds(found) == [.decoded])
    }

    @Test func whatVerifiesIsGenuine() throws {
        let key = try PrivateKey.generate(.ed25519)
        let signed = try SampleMessage.signed(by: key)
        #expect(Self.find((signed, SampleMessage.body), [try Self.named(key)]) == .genuine)
    }

    @Test func forgeriesAreNoNearMisses() throws {
        let (key, foreign) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        let keys = [try Self.named(key)]
        let byOther = try SampleMessage.signed(by: foreign)
        #expect(Self.find((byOther, SampleMessage.body), keys) == .unexplained)

        let signed = try SampleMessage.signed(by: key)
        let forged = Array(#"{"shareWith":"eve@cloud.example","name":"a.txt"}"#.utf8)
        #expect(Self.find((signed, forged), keys) == .otherBody([]))

        var elsewhere = signed
        elsewhere.fields.removeAll { $0.name == "date" }
        elsewhere.fields.append(.init("date", "Sun, 06 Nov 1994 08:49:37 GMT"))
        #expect(Self.find((elsewhere, SampleMessage.body), keys) == .unexplained)
    }

    @Test func aMessageForAnotherSiteIsNotExplainedByWhatItsBearerWrites() throws {
        let key = try PrivateKey.generate(.ed25519)
        let message = try SignedMessage(
            method: "POST", target: "/ocm/shares",
            origin: Origin("https://other.example").orMissing("origin"),
            fields: SampleMessage.make().fields
        ).orMissing("message")
        let signed = try SampleMessage.signed(by: key, message: message)
        let way = Way(.host) { parts in
            parts.origin = "https://cloud.example"
            parts.set("x-forwarded-host", "other.example")
        }
        let found = try Self.find(Self.distorted(signed, way), [Self.named(key)])
        #expect(found == .unexplained)
    }

    @Test func whatCoversTooLittleIsNoNearMiss() throws {
        let key = try PrivateKey.generate(.ed25519)
        let signed = try SampleMessage.signed(by: key, components: [.derived(.method)])
        let found = Self.find((signed, SampleMessage.body), [try Self.named(key)])
        guard case .insufficient(let violations) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(violations.contains(.notCovered("content-digest")))
    }

    @Test func everyKindHasItsWordsAndItsRemedy() {
        for kind in Distortion.Kind.allCases {
            #expect(!kind.summary.isEmpty && !kind.remedy.isEmpty)
            #expect(!kind.remedy.contains("  "))
        }
        let long = Distortion(.host, signed: String(repeating: "é", count: 10_000))
        #expect(long.signed.utf8.count < 256)
    }

    private static func message(target: String) throws -> SignedMessage {
        try SignedMessage(
            method: "POST", target: target,
            origin: Origin("https://cloud.example").orMissing("origin"),
            fields: SampleMessage.make().fields
        ).orMissing("message")
    }

    private static func distorted(
        _ message: SignedMessage, _ way: Way
    ) throws -> (message: SignedMessage, body: [UInt8]) {
        guard case .request(_, let target) = message.start else {
            throw Missing(what: "request")
        }
        var parts = Parts(
            target: target.text, origin: target.origin.description, fields: message.fields,
            body: SampleMessage.body)
        way.change(&parts)
        let changed = try SignedMessage(
            method: parts.method, target: parts.target,
            origin: Origin(parts.origin).orMissing("origin"), fields: parts.fields
        ).orMissing("message")
        return (changed, parts.body)
    }

    private static func named(_ key: PrivateKey) throws -> SuspectKey {
        SuspectKey(name: "k", key: try VerificationKey(key.publicKey), role: .named)
    }

    private static func find(
        _ distorted: (message: SignedMessage, body: [UInt8]), _ keys: [SuspectKey]
    ) -> SignatureDiagnosis.Finding {
        SignatureDiagnosis(surroundings: surroundings).find(
            distorted.message, body: distorted.body, keys: keys, now: SampleMessage.created)
    }

    private static func kinds(_ finding: SignatureDiagnosis.Finding) -> [Distortion.Kind]? {
        guard case .nearMiss(let found) = finding else {
            Issue.record("\(finding)")
            return nil
        }
        return found.map(\.kind)
    }
}

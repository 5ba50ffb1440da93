import HTTPSignatures
import OpenSSL
import Testing

/// draft-cavage-http-signatures-12 appendix C.
@Suite struct CavageVectorTests {
    static let file = "signatures/cavage12-appendix-c.json"

    @Test(arguments: ["C.1", "C.2", "C.3"])
    func signaturesOfAppendixCVerify(id: String) throws {
        let vector = try CavageVector(id)
        let message = try vector.message(algorithm: "rsa-sha256")
        let claimed = try CavageSignature.read(from: message).orMissing("signature")
        #expect(try claimed.signingString(of: message).text == vector.signingString)
        let key = try VerificationKey(PublicKey(pem: vector.publicPEM))
        #expect(claimed.verify(message, with: key) == .valid(.rsaPKCS1SHA256))
        #expect(throws: Never.self) { try Digest.check(message, body: vector.body) }
    }

    @Test func genuineSignaturesOfAppendixCDoNotSatisfyTheProfile() throws {
        for id in ["C.1", "C.2", "C.3"] {
            let vector = try CavageVector(id)
            let message = try vector.message(algorithm: "hs2019")
            let claimed = try CavageSignature.read(from: message).orMissing("signature")
            let result = CavageProfile().verify(
                claimed, of: message, body: vector.body,
                with: try VerificationKey(PublicKey(pem: vector.publicPEM)), now: 1_388_957_500)
            #expect(result.crypto == .valid(.rsaPKCS1SHA256))
            guard case .violated(let violations) = result.profile else {
                Issue.record("profile satisfied")
                return
            }
            #expect(violations.contains(.keyTooSmall(bits: 1024)))
            #expect(violations.contains(.notCovered("digest")) == (id != "C.3"))
            #expect(!violations.contains(.tooOld))
        }
    }
}

/// One case of appendix C with its key.
struct CavageVector {
    let fields: [SignedMessage.Field]
    let method: String
    let target: String
    let body: [UInt8]
    let headers: String?
    let signingString: String
    let signature: String
    let publicPEM: String

    init(_ id: String) throws {
        let file = try NumberKeepingJSON(Vectors.bytes(CavageVectorTests.file))
        let test = try file["tests"]?.array?.first { $0["id"]?.string == id }.orMissing(id)
        func text(_ name: String) throws -> String {
            try test.flatMap { $0[name]?.string }.orMissing(name)
        }
        let key = try file["keys"].flatMap { $0["Test"] }.orMissing("key")
        publicPEM = try key["public_pem"].flatMap(\.string).orMissing("public_pem")
        fields = try test.flatMap { $0["fields"]?.array }.orMissing("fields").map { field in
            let pair = try field.array.orMissing("field").compactMap(\.string)
            return .init(pair[0].lowercased(), pair[1])
        }
        method = try text("method")
        target = try text("target")
        body = Array(try text("body").utf8)
        headers = try? text("headers_param")
        signingString = try text("signing_string")
        signature = try text("signature")
    }

    func message(algorithm: String) throws -> SignedMessage {
        let list = headers.map { ",headers=\"\($0)\"" } ?? ""
        let value = "keyId=\"Test\",algorithm=\"\(algorithm)\"\(list), signature=\"\(signature)\""
        return try SignedMessage(
            method: method, target: target,
            origin: Origin("https://example.com").orMissing("origin"),
            fields: fields + [.init("authorization", "Signature " + value)]
        ).orMissing("message")
    }
}

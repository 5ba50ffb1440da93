import HTTPSignatures
import OpenSSL
import Testing

/// One case of RFC 9421 appendix B.2.
struct RFC9421Vector: CustomTestStringConvertible {
    static let file = "signatures/rfc9421-appendix-b.json"

    let id: String
    let message: SignedMessage
    let body: [UInt8]
    let algorithm: String
    let keyID: String
    let base: String
    let isDeterministic: Bool
    let signature: String

    var testDescription: String { id }

    static func all() throws -> [RFC9421Vector] {
        try NumberKeepingJSON(Vectors.bytes(file))["tests"]?.array.orMissing("tests")
            .map(RFC9421Vector.init) ?? []
    }

    /// Members of a key: `public_pem`, `private_pem` or `secret_b64`.
    static func key(_ name: String, _ member: String) throws -> String {
        try NumberKeepingJSON(Vectors.bytes(file))["keys"]?[name]?[member]?.string
            .orMissing("\(name) \(member)") ?? ""
    }

    /// The private key as PEM; one that names RSASSA-PSS in its PKCS#8 comes out as plain RSA.
    static func privatePEM(_ name: String) throws -> String {
        let pem = try key(name, "private_pem")
        guard name == "test-key-rsa-pss" else { return pem }
        let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let pkcs8 = try Base64.decode(lines.joined()).orMissing("base64")
        let pkcs1 = Base64.encode(Array(pkcs8[24...]))
        return "-----BEGIN RSA PRIVATE KEY-----\n\(pkcs1)\n-----END RSA PRIVATE KEY-----\n"
    }

    init(_ test: NumberKeepingJSON) throws {
        func text(_ name: String) throws -> String {
            try (test[name]?.string).orMissing(name)
        }
        id = try text("id")
        algorithm = try text("alg")
        keyID = try text("keyid")
        base = try text("signature_base")
        signature = try text("signature")
        isDeterministic = test["deterministic"]?.isTrue ?? false
        body = Array(try text("body").utf8)
        var fields = try test["fields"].flatMap(\.array).orMissing("fields").map { field in
            let pair = try field.array.orMissing("field").compactMap(\.string)
            return SignedMessage.Field(pair[0].lowercased(), pair[1])
        }
        fields.append(.init("signature-input", try text("signature_input")))
        fields.append(.init("signature", signature))
        let start = try text("start_line").split(separator: " ").map(String.init)
        if start[0].hasPrefix("HTTP/") {
            message = SignedMessage(status: try Int(start[1]).orMissing("status"), fields: fields)
        } else {
            message = try SignedMessage(
                method: start[0], target: start[1],
                origin: Origin("https://example.com").orMissing("origin"), fields: fields
            ).orMissing("message")
        }
    }
}

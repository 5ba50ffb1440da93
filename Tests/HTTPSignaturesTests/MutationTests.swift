import HTTPSignatures
import OpenSSL
import Testing

/// One changed byte anywhere in what is signed, in the signature, or in the body is refused.
@Suite struct MutationTests {
    @Test func oneChangedByteOfAnRFC9421MessageIsRefused() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = ["peer.example#key1": try VerificationKey(key.publicKey)]
        let raw = try Raw(SampleMessage.signed(by: key))
        #expect(Self.accepts(raw, keys))
        try Self.mutate(raw) { !Self.accepts($0, keys) }
    }

    @Test func oneChangedByteOfACavageMessageIsRefused() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let keys = ["https://peer.example/ocm#signature": try VerificationKey(key.publicKey)]
        var message = try SampleMessage.make()
        let field = try CavageField(
            signing: message, keyID: "https://peer.example/ocm#signature", key: key)
        message.fields.append(.init("signature", field.text))
        let raw = try Raw(message)
        #expect(Self.accepts(raw, keys))
        try Self.mutate(raw) { !Self.accepts($0, keys) }
    }

    @Test func anyBytesInTheSignatureFieldsNeverTrap() throws {
        var random = SeededRandom(seed: 3)
        for name in ["signature", "signature-input", "authorization", "digest", "content-digest"] {
            for _ in 0..<2_000 {
                var message = try SampleMessage.make()
                let count = Int.random(in: 0...40, using: &random)
                var value = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                if name == "authorization" { value = Array("Signature ".utf8) + value }
                message.fields.append(.init("signature", "a=:AQ==:"))
                message.fields.removeAll { $0.name == name }
                message.fields.append(.init(name, value))
                _ = Self.accepts(
                    Raw(method: "POST", target: "/", message: message, body: []), [:])
            }
        }
    }

    /// Every position, each with three seeded changes.
    private static func mutate(_ raw: Raw, isRefused: (Raw) -> Bool) throws {
        var random = SeededRandom(seed: 4)
        for part in raw.parts {
            for index in 0..<part.count(raw) {
                for _ in 0..<3 {
                    let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                    let change =
                        Bool.random(using: &random) ? bit : .random(in: 1...255, using: &random)
                    guard let mutated = part.changed(raw, index, change) else { continue }
                    #expect(isRefused(mutated), "\(part) byte \(index) xor \(change)")
                }
            }
        }
    }

    private static func accepts(_ raw: Raw, _ keys: [String: VerificationKey]) -> Bool {
        guard let message = raw.message else { return false }
        let now = SampleMessage.created
        switch try? SignatureStandard.of(message) {
        case .cavage:
            guard let claimed = try? CavageSignature.read(from: message),
                let key = keys[claimed.keyID]
            else { return false }
            return CavageProfile().verify(
                claimed, of: message, body: raw.body, with: key, now: now
            ).accepted != nil
        case .rfc9421:
            guard let claimed = try? SampleMessage.claim(message),
                let key = keys[claimed.input.parameters.keyID ?? ""]
            else { return false }
            return SignatureProfile().verify(
                claimed, of: message, body: raw.body, with: key, now: now
            ).accepted != nil
        case nil, SignatureStandard.none?:
            return false
        }
    }
}

/// A message in parts that can be changed byte by byte.
private struct Raw {
    var method: [UInt8]
    var target: [UInt8]
    var fields: [SignedMessage.Field]
    var body: [UInt8]

    init(method: String, target: String, message: SignedMessage, body: [UInt8]) {
        self.method = Array(method.utf8)
        self.target = Array(target.utf8)
        fields = message.fields
        self.body = body
    }

    init(_ message: SignedMessage) throws {
        self.init(
            method: "POST", target: "/ocm/shares", message: message, body: SampleMessage.body)
    }

    var message: SignedMessage? {
        guard let method = String(validating: method, as: UTF8.self),
            let target = String(validating: target, as: UTF8.self),
            let origin = Origin("https://cloud.example")
        else { return nil }
        return SignedMessage(method: method, target: target, origin: origin, fields: fields)
    }

    /// Both generations cover these; `content-type` neither does, and `digest` and
    /// `content-digest` one each, so each test has what its signature covers.
    var parts: [Part] {
        let covered =
            fields.contains { $0.name == "signature-input" }
            ? ["date", "content-length", "content-digest", "signature-input", "signature"]
            : ["host", "date", "content-length", "digest", "signature"]
        return [.method, .target, .body]
            + fields.indices.filter { covered.contains(fields[$0].name) }.map { .field($0) }
    }

    enum Part {
        case method, target, body
        case field(Int)

        func count(_ raw: Raw) -> Int {
            switch self {
            case .method: raw.method.count
            case .target: raw.target.count
            case .body: raw.body.count
            case .field(let index): raw.fields[index].value.count
            }
        }

        /// Nil when the change means nothing to HTTP: host names have no case, and draft-cavage
        /// writes methods in lower case.
        func changed(_ raw: Raw, _ index: Int, _ change: UInt8) -> Raw? {
            var raw = raw
            let isNew = raw.fields.contains { $0.name == "signature-input" }
            switch self {
            case .method:
                if !isNew, change == 0x20 { return nil }
                raw.method[index] ^= change
            case .target: raw.target[index] ^= change
            case .body: raw.body[index] ^= change
            case .field(let field):
                var value = raw.fields[field].value
                value[index] ^= change
                raw.fields[field] = .init(raw.fields[field].name, value)
            }
            return raw
        }
    }
}

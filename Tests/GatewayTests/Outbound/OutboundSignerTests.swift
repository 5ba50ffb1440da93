import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct OutboundSignerTests {
    let scratch: Scratch
    let ring: KeyRing
    let signer: OutboundSigner
    let now = 1_700_000_000

    init() throws {
        scratch = try Scratch()
        let host = try #require(PeerHost("cloud.test"))
        ring = try Self.ring(scratch, [("a", .ed25519), ("b", .ed25519), ("c", .rsa(bits: 2048))])
        signer = OutboundSigner(ring, for: host)
    }

    private static func ring(_ scratch: Scratch, _ keys: [(String, KeyKind)]) throws -> KeyRing {
        let folder = scratch.file("keys")
        try PrivateFile.folder(folder)
        for (name, kind) in keys { try KeyRing.make(kind, name, in: folder) }
        return try KeyRing(folder: folder, whenMissing: .refuse, now: 1_800_000_000)
    }

    private func request(
        _ authority: String = "peer.test", _ target: String = "/ocm/shares", body: String = "{}"
    ) throws -> OutboundRequest {
        OutboundRequest(
            .post, authority: try Authority(authority), target: Array(target.utf8),
            fields: [(.contentType, "application/json")], body: Array(body.utf8))
    }

    /// What the peer reads, after the client has added what it adds.
    private func wire(_ request: OutboundRequest) throws -> SignedMessage {
        let host = request.authority.normalized(for: .https).description
        let fields =
            [SignedMessage.Field("host", host)]
            + request.fields.map { .init($0.name.description, $0.value) }
            + [
                .init("accept-encoding", "identity"),
                .init("content-length", String(request.body?.count ?? 0)),
            ]
        let origin = try #require(Origin("https://\(host)"))
        return try #require(
            SignedMessage(
                method: "POST", target: String(decoding: request.target, as: UTF8.self),
                origin: origin, fields: fields))
    }

    private func key(_ name: String) throws -> VerificationKey {
        try VerificationKey(try #require(ring.keys.first { $0.name == name }).key.publicKey)
    }

    private func claimed(_ message: SignedMessage) throws -> ClaimedSignature {
        guard case .one(let one) = try SignatureProfile.select(MessageSignature.all(in: message))
        else { throw TestPeer.Unmade() }
        return try one.claim(over: message)
    }

    @Test(arguments: [SignatureGeneration.label, .tag])
    func aSignatureOfTheStandardIsOneThatWeWouldBelieve(_ generation: SignatureGeneration) throws {
        let signed = try signer.signed(request(body: #"{"a":1}"#), as: generation, now: now)
        let message = try wire(signed)
        let claimed = try claimed(message)
        let judged = SignatureProfile().verify(
            claimed, of: message, body: Array(#"{"a":1}"#.utf8), with: try key("b"), now: now)
        #expect(judged.crypto == .valid(.ed25519))
        #expect(judged.profile == .satisfied)
    }

    @Test func itsMarksServeBothGenerations() throws {
        let message = try wire(try signer.signed(request(), as: .tag, now: now))
        let signatures = try MessageSignature.all(in: message)
        let signature = try #require(signatures.first)
        #expect(signatures.count == 1)
        #expect(signature.label == "ocm")
        let input = try signature.input()
        #expect(input.parameters.tag == "ocm")
        #expect(input.parameters.created == now)
        #expect(input.parameters.keyID == "cloud.test#b")
        #expect(input.parameters.algorithm == "ed25519")
        #expect(
            input.components.map(\.text) == [
                "@method", "@target-uri", "content-digest", "content-length", "date",
            ])
    }

    @Test func twoSignaturesOverOneMessageHaveTwoNonces() throws {
        let nonces = try (0..<2).map { _ in
            try claimed(wire(signer.signed(request(), as: .tag, now: now))).input.parameters.nonce
        }
        #expect(nonces[0] != nil)
        #expect(nonces[0] != nonces[1])
    }

    @Test func aDraftSignatureIsOneThatNextcloudWrites() throws {
        let signed = try signer.signed(request("peer.test:8443"), as: .cavage, now: now)
        let message = try wire(signed)
        let cavage = try #require(try CavageSignature.read(from: message))
        let judged = CavageProfile().verify(
            cavage, of: message, body: Array("{}".utf8), with: try key("c"), now: now)
        #expect(judged.crypto == .valid(.rsaPKCS1SHA512))
        #expect(judged.profile == .satisfied)
        let text = String(decoding: try #require(message.combined("signature")), as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"keyId="https://cloud.test/ocm#c",algorithm="rsa-sha512",headers="(request-target)"#
                    + #" content-length date digest host",signature=""#))
        #expect(
            message.combined("digest").map { String(decoding: $0.prefix(8), as: UTF8.self) }
                == "SHA-512=")
        #expect(
            message.combined("host").map { String(decoding: $0, as: UTF8.self) }
                == "peer.test:8443")
    }

    @Test func whatAnotherHasSignedIsLeftOut() throws {
        var other = try request()
        other.fields += [
            (.signature, "sig=:AA==:"), (.signatureInput, "sig=()"), (.digest, "SHA-256=x"),
            (.contentDigest, "x"), (.date, "yesterday"),
        ]
        let message = try wire(try signer.signed(other, as: .tag, now: now))
        for name in ["signature", "signature-input", "date", "content-digest"] {
            #expect(message.lines(of: name) == 1)
        }
        #expect(message.lines(of: "digest") == 0)
        let unsigned = try signer.signed(other, as: .none, now: now)
        #expect(unsigned.fields.map(\.name) == [.contentType])
    }

    @Test func aRequestForAnotherHostIsAnotherMessage() throws {
        let signed = try signer.signed(request(), as: .tag, now: now)
        var moved = signed
        moved.authority = try Authority("other.test")
        let message = try wire(moved)
        #expect(try claimed(message).verify(with: try key("b")) != .valid(.ed25519))
    }

    @Test func withoutAKeyNothingIsSigned() throws {
        let scratch = try Scratch()
        let host = try #require(PeerHost("cloud.test"))
        let none = OutboundSigner(try Self.ring(scratch, [("p", .p384)]), for: host)
        #expect(none.canSign(.tag))
        #expect(!none.canSign(.cavage))
        let message = try wire(try none.signed(request(), as: .tag, now: now))
        #expect(try claimed(message).input.parameters.algorithm == "ecdsa-p384-sha384")
        let denial = #expect(throws: Denial.self) {
            try none.signed(request(), as: .cavage, now: now)
        }
        #expect(denial?.code == .signingFailed)
    }

    @Test func aRequestWithoutABodyCannotBeSigned() throws {
        var bare = try request()
        bare.body = nil
        let denial = #expect(throws: Denial.self) { try signer.signed(bare, as: .tag, now: now) }
        #expect(denial?.code == .signingFailed)
    }
}

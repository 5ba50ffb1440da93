import OpenSSL
import Testing

@testable import HTTPSignatures

@Suite struct SignatureSearchTests {
    /// Hosts that a peer writes into `Forwarded`, all names of the site by ports of their own.
    private static let forwarded = (1000..<1540).map { "host=cloud.example:\($0)" }
        .joined(separator: ";")

    /// Without the field none of the messages that are tried has a base, and none costs a verification.
    @Test func messagesWithoutABaseAreBoundedToo() throws {
        let key = try PrivateKey.generate(.ed25519)
        var message = try SampleMessage.make()
        message.fields.append(.init("x-gone", "1"))
        message = try SampleMessage.signed(
            by: key, components: SignatureProfile.ocmComponents + [.field("x-gone")],
            message: message)
        message.fields.removeAll { $0.name == "x-gone" }
        message.fields.append(.init("forwarded", Self.forwarded))
        let suspect = try #require(try Suspect(in: message, label: nil))
        let others = (100..<500).map {
            SuspectBody([UInt8](repeating: 0, count: $0), Distortion(.lineEnds))
        }
        var search = SignatureSearch(
            suspect,
            keys: [
                SuspectKey(name: "k", key: try VerificationKey(key.publicKey), role: .named)
            ], limit: SignatureDiagnosis.limit)
        let match = search.match(
            message, body: SampleMessage.body, others: others,
            SignatureDiagnosisTests.surroundings)
        #expect(match == nil)
        #expect(search.messagesLeft == 0)
    }

    @Test func fewOfManyForwardedHostsAreLookedAt() throws {
        var message = try SampleMessage.make()
        message.fields.append(.init("forwarded", Self.forwarded))
        #expect(try Self.edits(message).authorities.count < 50)
    }

    @Test func fewOfManySlashesAreLookedAt() throws {
        let message = try SignedMessage(
            method: "POST", target: String(repeating: "/", count: 8000) + "ocm/shares",
            origin: Origin("https://cloud.example").orMissing("origin"),
            fields: SampleMessage.make().fields
        ).orMissing("message")
        let merged = try Self.edits(message).targets.filter {
            $0.distortion.kind == .slashesMerged
        }
        #expect((1...16).contains(merged.count))
    }

    private static func edits(_ message: SignedMessage) throws -> AddressEdits {
        AddressEdits(
            sketch: try RequestSketch(message).orMissing("request"),
            surroundings: SignatureDiagnosisTests.surroundings)
    }
}

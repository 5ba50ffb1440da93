import Foundation
import HTTPSignatures
import OpenSSL
import Testing

/// What real servers sent, with the keys that they really published.
@Suite struct RecordedTrafficTests {
    @Test func everyRecordedSignatureVerifiesAndSatisfiesTheProfile() throws {
        let traffic = try RecordedTraffic()
        var counts: [SignatureStandard: Int] = [:]
        for request in traffic.requests {
            let generation = try SignatureStandard.of(request.message)
            counts[generation, default: 0] += 1
            let result: SignatureVerification
            switch generation {
            case .cavage: result = try cavage(request, traffic)
            case .rfc9421: result = try rfc9421(request, traffic)
            case .none: throw Missing(what: "signature")
            }
            #expect(result.crypto == .valid(generation == .cavage ? .rsaPKCS1SHA512 : .ed25519))
            #expect(result.profile == .satisfied, "\(request.place)")
        }
        #expect(counts == [.cavage: 12, .rfc9421: 4])
    }

    @Test func recordedSignaturesOverAnotherBodyAreRefused() throws {
        let traffic = try RecordedTraffic()
        for request in traffic.requests {
            var body = request.body
            body[body.count / 2] ^= 1
            let other = RecordedRequest(
                time: request.time, message: request.message, body: body, place: request.place)
            let result =
                try SignatureStandard.of(request.message) == .cavage
                ? cavage(other, traffic) : rfc9421(other, traffic)
            #expect(result.profile == .violated([.digest(.mismatch)]))
            #expect(result.accepted == nil)
        }
    }

    @Test func weWriteTheFieldAsNextcloudDoes() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let traffic = try RecordedTraffic()
        for request in traffic.requests
        where try SignatureStandard.of(request.message) == .cavage {
            let theirs = try CavageSignature.read(from: request.message).orMissing("signature")
            var message = request.message
            message.fields.removeAll { $0.name == "signature" }
            let ours = try CavageField(signing: message, keyID: theirs.keyID, key: key)
            let text = String(
                decoding: try request.message.combined("signature").orMissing("signature"),
                as: UTF8.self)
            let cut = try text.range(of: "signature=\"").orMissing("signature").upperBound
            #expect(ours.text.hasPrefix(text[..<cut]))
            message.fields.append(.init("signature", ours.text))
            let again = try CavageSignature.read(from: message).orMissing("signature")
            #expect(
                try again.signingString(of: message) == theirs.signingString(of: request.message))
            #expect(
                again.verify(message, with: try VerificationKey(key.publicKey))
                    == .valid(.rsaPKCS1SHA512))
        }
    }

    private func cavage(
        _ request: RecordedRequest, _ traffic: RecordedTraffic
    ) throws -> SignatureVerification {
        let claimed = try CavageSignature.read(from: request.message).orMissing("signature")
        let key = try traffic.keys[claimed.keyID].orMissing(claimed.keyID)
        return CavageProfile().verify(
            claimed, of: request.message, body: request.body, with: key, now: request.time)
    }

    private func rfc9421(
        _ request: RecordedRequest, _ traffic: RecordedTraffic
    ) throws -> SignatureVerification {
        let all = try MessageSignature.all(in: request.message)
        guard case .one(let signature) = try SignatureProfile.select(all) else {
            throw Missing(what: "OCM signature")
        }
        let claimed = try signature.claim(over: request.message)
        let id = try claimed.input.parameters.keyID.orMissing("keyid")
        return SignatureProfile().verify(
            claimed, of: request.message, body: request.body,
            with: try traffic.keys[id].orMissing(id), now: request.time)
    }
}

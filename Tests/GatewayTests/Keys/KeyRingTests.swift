import Federation
import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct KeyRingTests {
    let scratch: Scratch
    let host: PeerHost

    init() throws {
        scratch = try Scratch()
        host = try #require(PeerHost("cloud.example"))
    }

    @Test func theFirstKeysAreMadeOnce() throws {
        let folder = scratch.file("keys")
        let ring = try KeyRing(folder: folder, whenMissing: .make)
        #expect(ring.keys.map(\.name) == ["ed25519-1", "rsa-1"])
        #expect(ring.keys.map(\.key.kind) == [.ed25519, .rsa(bits: 3072)])
        #expect(try scratch.mode(of: "keys") == 0o700)
        #expect(try scratch.mode(of: "keys/rsa-1.pem") == 0o600)
        let again = try KeyRing(folder: folder, whenMissing: .make)
        #expect(again.keys.map(\.key.publicKey) == ring.keys.map(\.key.publicKey))
        #expect(ring.freeName(for: .ed25519) == "ed25519-2")
    }

    @Test func aKeyIsPublishedWithoutItsPrivateHalf() throws {
        let folder = scratch.file("keys")
        try PrivateFile.folder(folder)
        try KeyRing.make(.ed25519, "a", in: folder)
        try KeyRing.make(.p256, "b", in: folder)
        let ring = try KeyRing(folder: folder, whenMissing: .refuse)
        let set = try #require(try JSONValue(parsing: ring.keySet(for: host)).object)
        let keys = try #require(set["keys"]?.array).compactMap(\.object)
        #expect(keys.map { $0["kid"]?.string } == ["cloud.example#a", "cloud.example#b"])
        #expect(keys.allSatisfy { $0["d"] == nil })
        #expect(ring.cavageKey == nil)
    }

    @Test func anOpenOrBrokenFileIsRefused() throws {
        let folder = scratch.file("keys")
        try PrivateFile.folder(folder)
        try KeyRing.make(.ed25519, "a", in: folder)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: "\(folder)/a.pem")
        #expect(throws: PrivateFile.Problem.self) {
            try KeyRing(folder: folder, whenMissing: .refuse)
        }
        try scratch.write("no key", "keys/a.pem")
        let problem = #expect(throws: PrivateFile.Problem.self) {
            try KeyRing(folder: folder, whenMissing: .refuse)
        }
        #expect(problem?.what.hasPrefix("holds no key") == true)
    }

    @Test func aNameIsNeverGivenToAnotherKey() throws {
        let folder = scratch.file("keys")
        try PrivateFile.folder(folder)
        try KeyRing.make(.ed25519, "a", in: folder)
        #expect(throws: PrivateFile.Problem.self) { try KeyRing.make(.ed25519, "a", in: folder) }
    }
}

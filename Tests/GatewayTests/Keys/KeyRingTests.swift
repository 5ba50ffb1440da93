import Federation
import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct KeyRingTests {
    let scratch: Scratch
    let host: PeerHost
    private static let now = 1_800_000_000

    init() throws {
        scratch = try Scratch()
        host = try #require(PeerHost("cloud.example"))
        try PrivateFile.folder(scratch.file("keys"))
    }

    private func ring(_ whenMissing: SealKey.WhenMissing = .refuse) throws -> KeyRing {
        try KeyRing(folder: scratch.file("keys"), whenMissing: whenMissing, now: Self.now)
    }

    private func make(_ kind: KeyKind, _ name: String) throws {
        try KeyRing.make(kind, name, in: scratch.file("keys"))
    }

    private func problem() throws -> String {
        let problem = #expect(throws: FileProblem.self) { try ring() }
        return try #require(problem).description
    }

    @Test func theFirstKeysAreMadeOnceAndSign() throws {
        try FileManager.default.removeItem(atPath: scratch.file("keys"))
        let ring = try ring(.make)
        #expect(ring.keys.map(\.name) == ["ed25519-1", "rsa-1"])
        #expect(ring.keys.map(\.key.kind) == [.ed25519, .rsa(bits: 3072)])
        #expect(ring.keys.map(\.state) == [.active, .active])
        #expect(try scratch.mode(of: "keys") == 0o700)
        #expect(try scratch.mode(of: "keys/rsa-1.pem") == 0o600)
        let again = try self.ring(.make)
        #expect(again.keys.map(\.key.publicKey) == ring.keys.map(\.key.publicKey))
        #expect(ring.freeName(for: .ed25519) == "ed25519-2")
        #expect(ring.freeName(for: .rsa(bits: 2048)) == "rsa-2")
    }

    @Test func aKeyIsPublishedWithoutItsPrivateHalf() throws {
        try make(.ed25519, "a")
        try make(.p256, "b")
        let ring = try ring()
        let set = try #require(
            try JSONValue(parsing: ring.keySet(for: [host], now: Self.now)).object)
        let keys = try #require(set["keys"]?.array).compactMap(\.object)
        #expect(keys.map { $0["kid"]?.string } == ["cloud.example#a", "cloud.example#b"])
        #expect(keys.allSatisfy { $0["d"] == nil })
        #expect(ring.cavageKey == nil)
    }

    /// Else peers would take none of it.
    @Test func aSetForManyNamesHoldsNoMoreThanPeersTake() throws {
        for name in ["a", "b", "c"] { try make(.ed25519, name) }
        let ring = try ring()
        let hosts = try (0..<7).map { try #require(PeerHost("h\($0).example")) }
        let set = try #require(
            try JSONValue(parsing: ring.keySet(for: hosts, now: Self.now)).object)
        let ids = try #require(set["keys"]?.array).compactMap { $0.object?["kid"]?.string }
        #expect(ids.count == 20 && Set(ids).count == 20)
        #expect(Set(ids).isSuperset(of: hosts.map { "\($0)#c" }))
        #expect(Set(ids).isSuperset(of: ["a", "b", "c"].map { "h0.example#\($0)" }))
    }

    @Test func keysThatNobodySaidAnythingOfArePublishedAndTheLastSigns() throws {
        try make(.ed25519, "a")
        try make(.ed25519, "b")
        try make(.p256, "c")
        try make(.rsa(bits: 2048), "d")
        #expect(try ring().signatureKey?.name == "b")
        #expect(!FileManager.default.fileExists(atPath: scratch.file("keys/keys.toml")))
        let ring = try ring(.make)
        #expect(ring.keys.map(\.state) == [.staged, .active, .staged, .active])
        #expect(ring.cavageKey?.name == "d")
        // From then on a file that is put there is nobody's key.
        try make(.ed25519, "e")
        let later = try self.ring()
        #expect(later.keys.last?.state == .new)
        #expect(later.signatureKey?.name == "b")
        #expect(
            !String(decoding: later.keySet(for: [host], now: Self.now), as: UTF8.self).contains(
                "#e"))
    }

    @Test func anOpenOrBrokenFileIsRefused() throws {
        try make(.ed25519, "a")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: scratch.file("keys/a.pem"))
        #expect(try problem().contains("chmod 600"))
        try scratch.write("no key", "keys/a.pem")
        #expect(try problem().contains("holds no key"))
    }

    @Test func aNameThatWouldNotDoInAKeyIDIsRefused() throws {
        try make(.ed25519, "a b")
        #expect(try problem().contains("is no name of a key"))
    }

    @Test func aNameIsNeverGivenToAnotherKey() throws {
        try make(.ed25519, "a")
        #expect(throws: FileProblem.self) { try make(.ed25519, "a") }
        _ = try ring(.make)
        try FileManager.default.removeItem(atPath: scratch.file("keys/a.pem"))
        #expect(try problem().contains("a.pem: is missing"))
        try make(.ed25519, "a")
        #expect(try problem().contains("holds another key than the one that had this name"))
    }

    @Test func aTableThatCannotBeRightIsRefusedWithItsPlace() throws {
        try make(.ed25519, "a")
        _ = try ring(.make)
        let file = scratch.file("keys/keys.toml")
        let table = try String(contentsOfFile: file, encoding: .utf8)
        try scratch.write(table.replacing("active", with: "activ"), "keys/keys.toml")
        #expect(try problem().contains("keys.toml:6:14: unknown state \"activ\""))
        try make(.ed25519, "b")
        var twice = try KeyTable(Array(table.utf8), file: "keys.toml")
        twice.rows["b"] = KeyTable.Row(
            state: .active, since: 0,
            thumbprint: OfferedKey.thumbprint(
                of: try PrivateKey(
                    pem: String(contentsOfFile: scratch.file("keys/b.pem"), encoding: .utf8)
                ).publicKey))
        try scratch.write(twice.text, "keys/keys.toml")
        #expect(try problem().contains("more than one key is active: a, b"))
    }
}

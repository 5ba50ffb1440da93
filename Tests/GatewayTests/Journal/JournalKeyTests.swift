import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite("The key of the journal")
struct JournalKeyTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func load() throws -> PublicKey {
        try JournalKey.load(folder: scratch.path, whenMissing: .make).key.publicKey
    }

    private func replace() throws -> PublicKey {
        try FileManager.default.removeItem(atPath: scratch.file(JournalKey.fileName))
        return try load()
    }

    @Test func whatEarlierKeysSignedIsVerifiedWithTheirPublicHalves() throws {
        let first = try load()
        #expect(try JournalKey.publicKeys(folder: scratch.path) == [first])
        let second = try replace()
        #expect(try load() == second)
        #expect(try JournalKey.publicKeys(folder: scratch.path) == [second, first])
        let third = try replace()
        let all = try JournalKey.publicKeys(folder: scratch.path)
        #expect(all.first == third && all.count == 3)
        #expect(all.contains(first) && all.contains(second))
        #expect(try scratch.mode(of: "journal-\(JournalKey.id(of: first)).pub") == 0o644)
    }

    @Test func aJournalOverTwoKeysIsWhole() throws {
        let journal = try TestJournal()
        try journal.write(2)
        try journal.stop()
        let key = JournalKey(key: try PrivateKey.generate(.ed25519))
        let disk = try JournalDisk(
            try journal.settings, key, journal.seal, TestJournal.log, time: journal.time)
        try disk.append(try TestJournal.record("0000000000000001").text, journal.time)
        try disk.checkpoint(journal.time)
        disk.close()
        #expect(try !journal.verify().findings.isEmpty)
        var verifier = JournalVerifier(
            keys: [key.key.publicKey, journal.key.key.publicKey], heads: [])
        #expect(try verifier.verify(journal.reader).findings == [])
    }

    @Test func aPublicHalfThatTheGatewayDidNotLeaveSoIsRefused() throws {
        let first = try load()
        _ = try replace()
        let name = "journal-\(JournalKey.id(of: first)).pub"
        let text = try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
        let other = try PrivateKey.generate(.ed25519).publicKey
        for (bytes, mode) in [
            (Data(other.pem.utf8), 0o644), (Data("x".utf8), 0o644), (text, 0o666),
        ] {
            try FileManager.default.removeItem(atPath: scratch.file(name))
            #expect(
                FileManager.default.createFile(
                    atPath: scratch.file(name), contents: bytes,
                    attributes: [.posixPermissions: mode]))
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: scratch.file(name))
            #expect(throws: FileProblem.self) {
                try JournalKey.publicKeys(folder: scratch.path)
            }
        }
        // And the one in use is not overwritten when nobody knows what it is.
        try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.file(JournalKey.publicName)))
        #expect(throws: FileProblem.self) { try load() }
    }
}

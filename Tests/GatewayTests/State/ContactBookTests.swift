import Federation
import Foundation
import GRDB
import OpenSSL
import Testing

@testable import Gateway

@Suite struct ContactBookTests {
    let scratch: Scratch
    let seal: SealKey
    let site: PeerHost
    let peer: PeerHost

    init() throws {
        scratch = try Scratch()
        seal = try #require(SealKey(Secret(Array(1...32))))
        site = try #require(PeerHost("cloud.test"))
        peer = try #require(PeerHost("modern.test"))
    }

    private func contact(_ remote: String = "eve", _ local: String = "bob") -> Contact {
        Contact(peer: peer, remote: remote, local: local, site: site)
    }

    @Test func aContactIsKnownFromItsCommitOnAndAfterARestart() async throws {
        let path = scratch.file("state.db")
        let store = try Store.open(path, seal, now: 1)
        let book = try ContactBook(store, seal)
        let change = book.learn(contact(), invitation: Secret(utf8: "token"), now: 2)
        #expect(!book.contains(contact()))
        try await store.commit([change])
        #expect(book.contains(contact()))
        #expect(!book.contains(contact("mallory")))
        #expect(!book.contains(contact("eve", "alice")))
        store.close()
        let again = try Store.open(path, seal, now: 3)
        defer { again.close() }
        let read = try ContactBook(again, seal)
        #expect(read.contains(contact()))
        #expect(read.peer(ofInvitation: Secret(utf8: "token")) == peer)
        #expect(read.peer(ofInvitation: Secret(utf8: "other")) == nil)
    }

    @Test func eachInvitationOfTheSameTwoIsKnownAfterARestart() async throws {
        let path = scratch.file("state.db")
        let store = try Store.open(path, seal, now: 1)
        let book = try ContactBook(store, seal)
        let tokens = ["one", "two", "three"].map { Secret(utf8: $0) }
        for token in tokens {
            try await store.commit(book.learn(contact(), invitation: token, now: 2))
        }
        store.close()
        let again = try Store.open(path, seal, now: 3)
        defer { again.close() }
        let read = try ContactBook(again, seal)
        #expect(read.count == 1)
        #expect(tokens.allSatisfy { read.peer(ofInvitation: $0) == peer })
    }

    /// A state file of the version before the table of invitations.
    @Test func anOlderStateKeepsItsContactsAndInvitations() throws {
        let path = scratch.file("state.db")
        let token = Secret(utf8: "token")
        try Store.open(path, seal, now: 1).close()
        let older = try DatabaseQueue(path: path)
        try older.write { db in
            try db.execute(
                sql: """
                    DROP TABLE owed;
                    DROP TABLE invitation; DROP TABLE contact; PRAGMA user_version = 6;
                    CREATE TABLE contact (
                        peer TEXT NOT NULL, remote TEXT NOT NULL, local TEXT NOT NULL,
                        token BLOB NOT NULL, since INTEGER NOT NULL,
                        PRIMARY KEY (peer, remote, local)) WITHOUT ROWID
                    """)
            try db.execute(
                sql: "INSERT INTO contact VALUES ('modern.test', 'eve', 'bob', ?, 1)",
                arguments: [Digest128(token, key: seal.hmac(for: .invite)).data])
        }
        try older.close()
        let migrated = try Store.open(path, seal, now: 3)
        defer { migrated.close() }
        let book = try ContactBook(migrated, seal)
        #expect(book.contains(contact()))
        #expect(book.peer(ofInvitation: token) == peer)
    }

    @Test(arguments: [
        "eve@modern.test", "eve@https://modern.test/", "eve@https://modern.test",
    ])
    func allWaysOfWritingAnAccountAreOne(_ text: String) {
        #expect(contact(text) == contact("eve"))
    }

    @Test(arguments: ["modern.test", "https://modern.test"], ["=", ""])
    func aUUIDIsOneWithTheBase64OfItsAddress(_ host: String, _ padding: String) {
        let uuid = "056afc87-4dd7-4f00-8a00-0123456789ab"
        let text = Base64.encode(Array("\(uuid)@\(host)".utf8)).replacing("=", with: padding)
        #expect(contact(text) == contact(uuid))
        #expect(contact("ZXZlQG1vZGVybi50ZXN0") != contact("eve"))
    }

    @Test func aUUIDIsOneWithThatOfAnIssuer() {
        let uuid = "056afc87-4dd7-4f00-8a00-0123456789ab"
        #expect(contact("\(uuid)@https://idp.test/realms/x") == contact(uuid))
    }

    @Test(arguments: ["eve@other.test", "ZXZlQG90aGVyLnRlc3Q=", "Eve", "eve "])
    func anotherAccountIsAnother(_ text: String) {
        #expect(contact(text) != contact("eve"))
    }

    @Test func theSameAccountElsewhereIsAnother() throws {
        let other = try #require(PeerHost("other.test"))
        #expect(Contact(peer: other, remote: "eve", local: "bob", site: site) != contact())
    }
}

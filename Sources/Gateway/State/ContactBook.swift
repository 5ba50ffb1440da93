package import Federation
import Foundation
import GRDB
package import OpenSSL
import Synchronization

/// Two people of two servers between whom an invitation was accepted.
package struct Contact: Sendable, Hashable {
    /// The server of the other one.
    package let peer: PeerHost
    /// The account there.
    package let remote: String
    /// The account on our side.
    package let local: String

    /// The accounts in the one form in which they are compared, whatever the servers write.
    package init(peer: PeerHost, remote: String, local: String, site: PeerHost) {
        self.peer = peer
        self.remote = Self.account(remote, at: peer)
        self.local = Self.account(local, at: site)
    }

    fileprivate init(peer: PeerHost, remote: String, local: String) {
        self.peer = peer
        self.remote = remote
        self.local = local
    }

    /// The bare account: servers also write `account@host`, `account@https://host`, the base64 of these
    /// (OpenCloud, opencloudmesh-go), and an issuer.
    static func account(_ text: String, at host: PeerHost) -> String {
        OCMAddress(identifier: text, host: host).saidOnce.identifier
    }
}

/// Who has accepted whose invitation, both ways: what `invite` in a policy's `require` asks for.
///
/// Invitations are kept as keyed hashes of their tokens: enough to know one again.
package final class ContactBook: Sendable {
    private struct State {
        var contacts: Set<Contact> = []
        var accepters: [Digest128: PeerHost] = [:]
    }

    private let state: Mutex<State>
    private let lookup: HMACKey

    /// Loads all contacts.
    ///
    /// Refused: rows that do not read; leaving one out would forget a contact.
    package init(_ store: Store, _ key: SealKey) throws(FileProblem) {
        lookup = key.hmac(for: .invite)
        state = Mutex(
            try store.read { db in
                var state = State()
                let rows = try Row.fetchCursor(db, sql: "SELECT * FROM contact")
                while let row = try rows.next() {
                    guard let peer = PeerHost(row["peer"] as String) else {
                        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a contact")
                    }
                    state.contacts.insert(
                        Contact(peer: peer, remote: row["remote"], local: row["local"]))
                }
                let invitations = try Row.fetchCursor(db, sql: "SELECT * FROM invitation")
                while let row = try invitations.next() {
                    guard let peer = PeerHost(row["peer"] as String),
                        let token = Digest128(row["token"] as Data)
                    else {
                        throw DatabaseError(
                            resultCode: .SQLITE_CORRUPT, message: "an invitation")
                    }
                    state.accepters[token] = peer
                }
                return state
            })
    }

    /// Whether these two have accepted an invitation.
    package func contains(_ contact: Contact) -> Bool {
        state.withLock { $0.contacts.contains(contact) }
    }

    package var count: Int { state.withLock { $0.contacts.count } }

    /// The other side of an invitation that was accepted; nil when it was not.
    package func peer(ofInvitation token: Secret) -> PeerHost? {
        let name = Digest128(token, key: lookup)
        return state.withLock { $0.accepters[name] }
    }

    /// Remembers the two of an accepted invitation, from the commit on.
    package func learn(_ contact: Contact, invitation token: Secret, now: Int) -> Change {
        let name = Digest128(token, key: lookup)
        return Change(
            write: { db in
                try db.run(
                    kept: """
                        INSERT OR REPLACE INTO contact (peer, remote, local, since)
                        VALUES (?, ?, ?, ?)
                        """, [contact.peer.description, contact.remote, contact.local, now])
                // The same two may accept several.
                try db.run(
                    kept: "INSERT OR REPLACE INTO invitation (token, peer, since) VALUES (?, ?, ?)",
                    [name.data, contact.peer.description, now])
            },
            committed: { [self] in
                state.withLock { state in
                    state.contacts.insert(contact)
                    state.accepters[name] = contact.peer
                }
            })
    }
}

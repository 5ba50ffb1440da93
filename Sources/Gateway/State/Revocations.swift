import Foundation
import GRDB
package import OpenSSL
import Synchronization

/// Single access tokens that are no good before their time.
///
/// Small: an entry goes when its token would have expired. Tokens of ended shares need none: their
/// share says so.
package final class Revocations: Sendable {
    private let tokens: Mutex<[Digest128: Int]>
    private let key: HMACKey

    package init(_ store: Store, _ key: SealKey, now: Int) throws(StoreOpenError) {
        self.key = key.hmac(for: .lookup)
        tokens = Mutex(
            try store.read { db in
                var tokens: [Digest128: Int] = [:]
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT * FROM revocation WHERE until > ?", arguments: [now])
                while let row = try rows.next() {
                    guard let token = Digest128(row["token"] as Data) else {
                        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a revocation")
                    }
                    tokens[token] = row["until"]
                }
                return tokens
            })
    }

    package func isRevoked(_ token: Secret) -> Bool {
        if tokens.withLock({ $0.isEmpty }) { return false }
        let name = Digest128(token, key: key)
        return tokens.withLock { $0[name] != nil }
    }

    /// - Parameter until: when the token expires by itself, unix seconds.
    package func revoke(_ token: Secret, until: Int, now: Int) -> Change {
        let name = Digest128(token, key: key)
        return Change(
            write: { db in
                try db.execute(sql: "DELETE FROM revocation WHERE until <= ?", arguments: [now])
                try db.execute(
                    sql: "INSERT OR REPLACE INTO revocation VALUES (?, ?)",
                    arguments: [name.data, until])
            },
            committed: { [self] in
                tokens.withLock { tokens in
                    tokens = tokens.filter { $0.value > now }
                    tokens[name] = until
                }
            })
    }

    package var count: Int { tokens.withLock { $0.count } }
}

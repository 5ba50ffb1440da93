import Federation
import OpenSSL
import Synchronization
import Transport

/// Access tokens that were opened a moment ago, so that the requests of one transfer pay for the
/// seal once.
///
/// It holds what follows from a token's text alone, and the secret that its share is reached by.
/// Whether it is still good (its time, its share, its peer, the policy) is asked for every request.
/// Only what a key of ours had sealed comes in, so nobody can fill it with other texts.
final class OpenedTokens: Sendable, CustomReflectable {
    /// What a text was found to stand for.
    final class Entry: Sendable {
        let token: AccessToken
        let share: ShareID
        /// The `Authorization` that the backend takes for the share.
        let credential: Secret
        /// The form of the credential, which a new document of the backend may change.
        let form: Backend.Credential
        private let allowed = Mutex<Allowed?>(nil)

        init(
            token: AccessToken, share: ShareID, credential: Secret, form: Backend.Credential
        ) {
            self.token = token
            self.share = share
            self.credential = credential
            self.form = form
        }

        /// Whether the policy let the token pass under exactly these circumstances the last time it
        /// was asked. Everything else that it judges a request for data by follows from the token
        /// and its share.
        func wasAllowed(by policy: Policy, _ address: IPAddress?, now: Int) -> Bool {
            allowed.withLock { allowed in
                guard let allowed else { return false }
                return allowed.policy === policy && allowed.now == now
                    && allowed.address == address
            }
        }

        func allow(by policy: Policy, _ address: IPAddress?, now: Int) {
            allowed.withLock { $0 = Allowed(policy: policy, address: address, now: now) }
        }

        private struct Allowed {
            let policy: Policy
            let address: IPAddress?
            /// Unix seconds.
            let now: Int
        }
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// What the text stands for; nil when it has to be opened.
    func find(_ text: String) -> Entry? { entries.withLock { $0[text] } }

    func keep(_ text: String, _ entry: Entry) {
        entries.withLock { entries in
            // Starting anew is rare, and cheaper than a record of who came last.
            if entries.count >= Self.most { entries.removeAll(keepingCapacity: true) }
            entries[text] = entry
        }
    }

    /// Secrets are not shown.
    var customMirror: Mirror { Mirror(self, children: []) }

    private static let most = 4096
}

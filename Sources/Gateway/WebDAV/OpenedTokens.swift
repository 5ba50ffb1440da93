import Federation
import OpenSSL
import Synchronization

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
        /// What the policy judges a request for data by, and does not stand in its circumstances,
        /// follows from the token and its share.
        let allowance = Allowance()

        init(
            token: AccessToken, share: ShareID, credential: Secret, form: Backend.Credential
        ) {
            self.token = token
            self.share = share
            self.credential = credential
            self.form = form
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

import Federation
import OpenSSL
import Synchronization

/// Access tokens that were opened a moment ago, so that the requests of one transfer pay for the
/// seal once.
///
/// It holds what follows from a token's text alone, and the secret that its share is reached by.
/// Whether it is still good (its time, its share, its peer, the policy) is asked for every request.
/// Only what a key of ours had sealed comes in, so nobody can fill it with other texts.
final class OpenedTokens: Sendable, Redacted {
    /// What a text was found to stand for.
    final class Entry: Sendable {
        let token: AccessToken
        let share: ShareID
        /// The secret of the share.
        let secret: Secret
        /// The `Authorization` that the backend takes for it.
        let credential: Secret
        /// The form of the credential, which a new document of the backend may change.
        let form: Backend.Credential
        /// What the policy judges a request for data by, and does not stand in its circumstances,
        /// follows from the token and its share.
        let allowance = Allowance()

        init(
            token: AccessToken, share: ShareID, secret: Secret, form: Backend.Credential
        ) {
            self.token = token
            self.share = share
            self.secret = secret
            credential = DAVCredential.field(for: secret, form)
            self.form = form
        }
    }

    private let entries = Mutex<[Text: Entry]>([:])

    /// A text by its end alone, which is the tag of its seal: nobody but us can make two of them that
    /// end alike.
    private struct Text: Hashable {
        let bytes: ArraySlice<UInt8>

        static func == (left: Text, right: Text) -> Bool {
            left.bytes.span.hasSameBytes(as: right.bytes.span)
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(bytes.count)
            guard bytes.count >= 16 else { return }
            hasher.combine(bytes.span.word(at: bytes.count - 16))
            hasher.combine(bytes.span.word(at: bytes.count - 8))
        }
    }

    /// What the text stands for; nil when it has to be opened.
    func find(_ text: ArraySlice<UInt8>) -> Entry? {
        entries.withLock { $0[Text(bytes: text)] }
    }

    func keep(_ text: String, _ entry: Entry) {
        let text = Text(bytes: Array(text.utf8)[...])
        entries.withLock { entries in
            // Starting anew is rare, and cheaper than a record of who came last.
            if entries.count >= Self.most { entries.removeAll(keepingCapacity: true) }
            entries[text] = entry
        }
    }

    private static let most = 4096
}

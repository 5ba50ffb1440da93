import Federation
import OpenSSL

/// Seals what is personal in the lines of one day.
struct PersonSealer {
    /// The host of accounts that are named without one.
    let site: PeerHost
    let accounts: SealedAccounts
    /// Nil of somebody whose key is not at hand, where nobody is to wait for the disk.
    let seal: (JournalSubject, _ text: String) -> SealedPerson?

    func subject(_ account: String) -> JournalSubject {
        JournalSubject(account: account, site: site)
    }

    /// A text with the pseudonym of each account in the place of its name; nil where one is not sealed.
    func scrubbed(_ text: String) -> String? {
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let bare = word.trimming { !$0.isLetter && !$0.isNumber && $0 != "@" && $0 != "~" }
            guard bare.dropFirst().contains("@") else {
                words.append(String(word))
                continue
            }
            guard let person = seal(subject(String(bare)), String(bare)) else { return nil }
            words.append(
                word.prefix(upTo: bare.startIndex) + "~\(person.pseudonym)"
                    + (person.host.map { "@\($0)" } ?? "") + word.suffix(from: bare.endIndex))
        }
        return words.joined(separator: " ")
    }
}

/// A personal value as the journal holds it: `{"s": pseudonym, "h": host, "c": sealed}`.
struct SealedPerson: Sendable {
    let pseudonym: JournalPseudonym
    let host: PeerHost?
    let sealed: [UInt8]

    func write(into line: inout [UInt8]) {
        line.append(utf8: "{\"s\":\"")
        line.append(utf8: pseudonym.description)
        if let host {
            line.append(utf8: "\",\"h\":\"")
            line.append(utf8: host.description)
        }
        line.append(utf8: "\",\"c\":\"")
        Base64.appendURL(sealed.span, to: &line)
        line.append(utf8: "\"}")
    }

    /// The most bytes that a text becomes, whose ever it is.
    static func mostBytes(_ text: String) -> Int {
        frame + (text.utf8.count + AEADKey.overhead + 2) / 3 * 4
    }

    /// A pseudonym, a host of 259 bytes, and what is around them.
    private static let frame = 320
}

/// Accounts and their names as the lines of one day have them: most stand several times in a line, and
/// in many lines, and are sealed once.
final class SealedAccounts {
    /// What of an account.
    enum Text: Sendable {
        case itself
        /// A name that it goes by, which comes again.
        case name(String)
        /// Words of its own.
        case words(String)

        /// Nil for the account itself.
        var words: String? {
            switch self {
            case .itself: nil
            case .name(let text), .words(let text): text
            }
        }
    }

    /// What was written of one account.
    final class Account {
        fileprivate let subject: JournalSubject
        /// As lines have it.
        fileprivate var itself: [UInt8]?
        fileprivate var name: (text: String, line: [UInt8])?

        fileprivate init(_ subject: JournalSubject) { self.subject = subject }

        /// Nil when it was not written.
        fileprivate func line(of text: Text) -> [UInt8]? {
            switch text {
            case .itself: itself
            case .name(let words): name.flatMap { $0.text.isSame(as: words) ? $0.line : nil }
            case .words: nil
            }
        }
    }

    /// By the bytes of the accounts: texts that Swift takes for equal may be two accounts.
    private var accounts: [[UInt8]: Account] = [:]

    /// What is remembered of an account; nothing yet of one of which no line has anything.
    func account(_ text: String, _ sealer: PersonSealer) -> Account {
        accounts[Array(text.utf8)] ?? Account(sealer.subject(text))
    }

    /// Appends what is sealed of an account; false, with nothing appended, where it is not sealed.
    ///
    /// - Parameter name: by which it was asked for.
    func write(
        _ text: Text, of account: Account, _ name: String, _ sealer: PersonSealer,
        into line: inout [UInt8]
    ) -> Bool {
        if let before = account.line(of: text) {
            line.append(copying: before.span)
            return true
        }
        guard let sealed = sealer.seal(account.subject, text.words ?? name) else { return false }
        let start = line.count
        sealed.write(into: &line)
        // Longer ones name nobody.
        guard line.count - start + name.utf8.count <= Self.longest else { return true }
        switch text {
        case .itself: account.itself = [UInt8](line.span.extracting(start...))
        case .name(let name): account.name = (name, [UInt8](line.span.extracting(start...)))
        case .words: return true
        }
        remember(account, Array(name.utf8))
        return true
    }

    private func remember(_ account: Account, _ name: [UInt8]) {
        guard accounts[name] == nil else { return }
        if accounts.count >= Self.most { forget() }
        accounts[name] = account
    }

    func forget() { accounts.removeAll(keepingCapacity: true) }

    private static let most = 2048
    /// Bytes of an account, and of what is sealed of it.
    private static let longest = 2048
}

extension Substring {
    /// Without the characters at both ends that fulfil a condition.
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> Substring {
        var rest = drop(while: isLeftOut)
        while let last = rest.last, isLeftOut(last) { rest = rest.dropLast() }
        return rest
    }
}

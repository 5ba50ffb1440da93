import Federation
import OpenSSL

/// Seals what is personal in the lines of one day.
struct PersonSealer {
    /// The host of accounts that are named without one.
    let site: PeerHost
    let accounts: SealedAccounts
    /// Whether a subject was written of on this day, so that it is sealed without asking the disk.
    var knows: (JournalSubject) -> Bool = { _ in false }
    let seal: (JournalSubject, _ text: String) -> SealedPerson

    func subject(_ account: String) -> JournalSubject {
        JournalSubject(account: account, site: site)
    }

    /// A text with the pseudonym of each account in the place of its name.
    func scrubbed(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let bare = word.trimming { !$0.isLetter && !$0.isNumber && $0 != "@" && $0 != "~" }
            guard bare.dropFirst().contains("@") else { return String(word) }
            let person = seal(subject(String(bare)), String(bare))
            return word.prefix(upTo: bare.startIndex) + "~\(person.pseudonym)"
                + (person.host.map { "@\($0)" } ?? "") + word.suffix(from: bare.endIndex)
        }.joined(separator: " ")
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

    private struct Entry {
        let subject: JournalSubject
        /// As lines have it.
        var itself: [UInt8]?
        var name: (text: String, line: [UInt8])?

        /// Nil when it was not written.
        func line(of text: Text) -> [UInt8]? {
            switch text {
            case .itself: itself
            case .name(let words): name.flatMap { $0.text.isSame(as: words) ? $0.line : nil }
            case .words: nil
            }
        }
    }

    /// By the bytes of the accounts: texts that Swift takes for equal may be two accounts.
    private var entries: [[UInt8]: Entry] = [:]

    func write(
        _ text: Text, of account: String, _ sealer: PersonSealer, into line: inout [UInt8]
    ) {
        let key = Array(account.utf8)
        var entry = entries[key] ?? Entry(subject: sealer.subject(account))
        if let before = entry.line(of: text) {
            line.append(copying: before.span)
            return
        }
        let start = line.count
        sealer.seal(entry.subject, text.words ?? account).write(into: &line)
        switch text {
        case .itself: entry.itself = [UInt8](line.span.extracting(start...))
        case .name(let name): entry.name = (name, [UInt8](line.span.extracting(start...)))
        case .words: break
        }
        // Longer ones name nobody.
        guard line.count - start + key.count <= Self.longest else { return }
        if entries.count >= Self.most { forget() }
        entries[key] = entry
    }

    /// Whether what is to be written of an account was on this day, or its subject is known.
    func isKnown(_ text: Text, of account: String, _ sealer: PersonSealer) -> Bool {
        guard let entry = entries[Array(account.utf8)] else { return false }
        return entry.line(of: text) != nil || sealer.knows(entry.subject)
    }

    func forget() { entries.removeAll(keepingCapacity: true) }

    private static let most = 2048
    /// Bytes of an account and of what is sealed of it.
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

import Federation
import OpenSSL

/// A line of the journal being written.
struct JournalText {
    private(set) var bytes: [UInt8] = []
    private let sealer: PersonSealer
    /// The accounts that the line has named: most stand there several times.
    private var accounts: [Account] = []
    private var isFirst = true

    init(seq: Int, _ kind: JournalLine.Kind, time: Int, _ sealer: PersonSealer) {
        self.sealer = sealer
        bytes.reserveCapacity(3072)
        bytes += JournalLine.head
        bytes.append(utf8: String(seq))
        bytes += JournalLine.type
        bytes.append(utf8: kind.rawValue)
        bytes += JournalLine.at
        Timestamp.write(milliseconds: time, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
        isFirst = false
    }

    /// Ends the line; the hash that it links with.
    mutating func finish(after previous: JournalHash) -> JournalHash {
        let hash = JournalHash(after: previous, bytes.span)
        bytes += JournalLine.tail
        hash.write(into: &bytes)
        bytes.append(utf8: "\"}\n")
        return hash
    }

    mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        write(text)
    }

    mutating func add(_ name: String, _ number: Int?) {
        guard let number else { return }
        begin(name)
        write(number)
    }

    mutating func add(_ name: String, _ flag: Bool) {
        begin(name)
        write(flag)
    }

    mutating func add(_ name: String, _ texts: [String]) {
        if texts.isEmpty { return }
        begin(name)
        LogLine.write(.texts(texts), depth: 0, into: &bytes)
    }

    mutating func add(_ name: String, hash: JournalHash) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        hash.write(into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A member with a name of the log.
    mutating func add(_ entry: LogEntry) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        LogLine.write(entry, depth: 0, into: &bytes)
    }

    mutating func object(_ name: String, _ members: (inout JournalText) -> Void) {
        begin(name)
        object(members)
    }

    mutating func objects<Element>(
        _ name: String, _ elements: some Collection<Element>,
        _ members: (inout JournalText, Element) -> Void
    ) {
        begin(name)
        list(elements) { text, element in text.object { members(&$0, element) } }
    }

    /// A member that names an account, sealed.
    mutating func add(account name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        write(text, ofAccount: text)
    }

    /// A member that is about a subject, sealed.
    mutating func add(_ name: String, _ text: String, of subject: JournalSubject) {
        begin(name)
        write(text, of: subject)
    }

    /// A text of ours that may name people in between: each word with an `@` in it is replaced by
    /// its pseudonym.
    mutating func add(mentioning name: String, _ text: String?) {
        guard let text else { return }
        add(name, scrubbed(text))
    }

    func scrubbed(_ text: String) -> String {
        guard text.utf8.span.contains(UInt8(ascii: "@")) else { return text }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let bare = word.trimming { !$0.isLetter && !$0.isNumber && $0 != "@" && $0 != "~" }
            guard bare.dropFirst().contains("@") else { return String(word) }
            let person = sealer.seal(
                JournalSubject(account: String(bare), site: sealer.site), String(bare))
            return word.prefix(upTo: bare.startIndex) + "~\(person.pseudonym)"
                + (person.host.map { "@\($0)" } ?? "") + word.suffix(from: bare.endIndex)
        }.joined(separator: " ")
    }

    private struct Account {
        let text: String
        let subject: JournalSubject
        /// Where the text itself stands, sealed.
        var sealed: Range<Int>?
    }

    private mutating func place(of account: String) -> Int {
        for place in accounts.indices where accounts[place].text.isSame(as: account) {
            return place
        }
        accounts.append(
            Account(text: account, subject: JournalSubject(account: account, site: sealer.site)))
        return accounts.count - 1
    }

    private mutating func write(_ text: String, of subject: JournalSubject) {
        let person = sealer.seal(subject, text)
        object { text in
            text.add("s", person.pseudonym.description)
            text.add("h", person.host?.description)
            text.begin("c")
            text.bytes.append(UInt8(ascii: "\""))
            Base64.appendURL(person.sealed.span, to: &text.bytes)
            text.bytes.append(UInt8(ascii: "\""))
        }
    }
}

/// The pieces of a member whose value is no single one: its name, then what it holds.
extension JournalText {
    mutating func begin(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        LogText.write(name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func write(_ text: String) { LogText.write(text, into: &bytes) }

    mutating func write(_ number: Int) { bytes.append(utf8: String(number)) }

    mutating func write(_ flag: Bool) { bytes.append(utf8: flag ? "true" : "false") }

    mutating func writeNull() { bytes.append(utf8: "null") }

    /// What is in the words of an account, or about it, sealed. The account itself is sealed once.
    mutating func write(_ text: String, ofAccount account: String) {
        let place = place(of: account)
        guard text.isSame(as: account) else {
            write(text, of: accounts[place].subject)
            return
        }
        if let sealed = accounts[place].sealed {
            bytes += Array(bytes[sealed])
            return
        }
        let start = bytes.count
        write(text, of: accounts[place].subject)
        accounts[place].sealed = start..<bytes.count
    }

    mutating func list<Element>(
        _ elements: some Collection<Element>, _ element: (inout JournalText, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isBehind = false
        for each in elements {
            if isBehind { bytes.append(UInt8(ascii: ",")) }
            isBehind = true
            element(&self, each)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func object(_ members: (inout JournalText) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }
}

/// Seals what is personal in a line.
struct PersonSealer {
    /// The host of accounts that are named without one.
    let site: PeerHost
    let seal: (JournalSubject, _ text: String) -> SealedPerson
}

extension Substring {
    /// Without the characters at both ends that fulfil a condition.
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> Substring {
        var rest = drop(while: isLeftOut)
        while let last = rest.last, isLeftOut(last) { rest = rest.dropLast() }
        return rest
    }
}

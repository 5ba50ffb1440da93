import Federation
import OpenSSL

/// A line of the journal being written.
struct JournalText {
    private(set) var bytes: [UInt8] = []
    private let sealer: PersonSealer
    private var isFirst = true

    init(seq: Int, _ kind: JournalLine.Kind, time: Int, _ sealer: PersonSealer) {
        self.sealer = sealer
        bytes.reserveCapacity(3072)
        bytes += JournalLine.head
        bytes.append(contentsOf: String(seq).utf8)
        bytes += JournalLine.type
        bytes.append(contentsOf: kind.rawValue.utf8)
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
        bytes.append(contentsOf: "\"}\n".utf8)
        return hash
    }

    mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        LogText.write(text, into: &bytes)
    }

    mutating func add(_ name: String, _ number: Int?) {
        guard let number else { return }
        begin(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func add(_ name: String, _ flag: Bool) {
        begin(name)
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
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
        bytes.append(UInt8(ascii: "["))
        var isBehind = false
        for element in elements {
            if isBehind { bytes.append(UInt8(ascii: ",")) }
            isBehind = true
            object { members(&$0, element) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// A member that names an account, sealed.
    mutating func add(account name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        write(text, of: JournalSubject(account: text, site: sealer.site))
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

    /// A value made elsewhere, in which `people` are sealed.
    mutating func add(_ name: String, value: JournalValue) {
        begin(name)
        write(value)
    }

    private mutating func write(_ value: JournalValue) {
        switch value {
        case .text(let text): LogText.write(text, into: &bytes)
        case .person(let text, let account):
            write(text, of: JournalSubject(account: account, site: sealer.site))
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .flag(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                write(value)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            object { text in
                for (name, value) in members { text.add(name, value: value) }
            }
        }
    }

    private mutating func write(_ text: String, of subject: JournalSubject) {
        let person = sealer.seal(subject, text)
        object { text in
            text.add("s", person.pseudonym.description)
            text.add("h", person.host?.description)
            text.add("c", Base64.encodeURL(person.sealed))
        }
    }

    private mutating func object(_ members: (inout JournalText) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    private mutating func begin(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        LogText.write(name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}

/// A value of which each part is known to be readable, or to be sealed.
indirect enum JournalValue: Sendable {
    case text(String)
    /// What names an account, or is in the words of whoever has it.
    case person(String, of: String)
    /// The text of a number.
    case number(String)
    case flag(Bool)
    case null
    case list([JournalValue])
    case object([(String, JournalValue)])
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

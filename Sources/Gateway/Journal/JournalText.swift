import Federation
import OpenSSL

/// The members of a line of the journal, before the line has its number: made where they are known,
/// and written by whoever has the journal's file, who fills in what is to be sealed.
struct JournalText: Sendable {
    /// Each member with a comma before it.
    private(set) var bytes: [UInt8] = []
    private var gaps: [Gap] = []
    /// That the gaps name, each once.
    private var accounts: [String] = []
    /// The most bytes that its line can have beyond those that are there.
    private var mostMissing = Self.frame
    /// Of an object in it: whether it has no member yet.
    private var isFirst = false

    init() {
        bytes.reserveCapacity(4096)
        gaps.reserveCapacity(16)
    }

    /// A value that is not there yet, and where it goes.
    private struct Gap {
        let place: Int
        let value: Value

        /// What goes there once the keys of the people are at hand.
        enum Value {
            /// A text of a person's, or about one, sealed.
            case sealed(String, JournalSubject)
            /// The same of an account, as a message names it, by its place among them.
            case account(SealedAccounts.Text, of: Int)
            /// A text that may name people in between: each word with an `@` in it is replaced by its
            /// pseudonym.
            case mentioning(String)
        }
    }

    /// Appends the whole line.
    ///
    /// - Parameters:
    ///   - previous: the hash that it links with.
    ///   - time: milliseconds since 1970.
    /// - Returns: its own hash; nil, with nothing appended, where it names somebody who is not sealed.
    func write(
        _ seq: Int, _ kind: JournalLine.Kind, time: Int, after previous: JournalHash,
        _ sealer: PersonSealer, into lines: inout [UInt8]
    ) -> JournalHash? {
        let start = lines.count
        Self.open(seq, kind, time: time, into: &lines)
        let remembered = accounts.map { sealer.accounts.account($0, sealer) }
        var done = 0
        for gap in gaps {
            lines.append(copying: bytes.span.extracting(done..<gap.place))
            done = gap.place
            guard write(gap.value, remembered, sealer, into: &lines) else {
                lines.removeLast(lines.count - start)
                return nil
            }
        }
        lines.append(copying: bytes.span.extracting(done...))
        let hash = JournalHash(after: previous, lines.span.extracting(start...))
        lines += JournalLine.tail
        hash.write(into: &lines)
        lines.append(utf8: "\"}\n")
        return hash
    }

    /// False where it names somebody who is not sealed.
    private func write(
        _ value: Gap.Value, _ remembered: [SealedAccounts.Account], _ sealer: PersonSealer,
        into lines: inout [UInt8]
    ) -> Bool {
        switch value {
        case .sealed(let text, let subject):
            guard let person = sealer.seal(subject, text) else { return false }
            person.write(into: &lines)
        case .account(let text, let place):
            return sealer.accounts.write(
                text, of: remembered[place], accounts[place], sealer, into: &lines)
        case .mentioning(let text):
            guard let scrubbed = sealer.scrubbed(text) else { return false }
            LogText.write(scrubbed, into: &lines)
        }
        return true
    }

    /// How a line begins, before its members.
    static func open(
        _ seq: Int, _ kind: JournalLine.Kind, time: Int, into line: inout [UInt8]
    ) {
        line += JournalLine.head
        line.append(decimal: seq)
        line += JournalLine.type
        line.append(utf8: kind.rawValue)
        line += JournalLine.at
        Timestamp.write(milliseconds: time, into: &line)
        line.append(UInt8(ascii: "\""))
    }

    /// The most bytes that its line can have.
    var mostBytes: Int { bytes.count + mostMissing }

    /// More than a line has around its members.
    private static let frame = 256

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
        list(texts) { $0.write($1) }
    }

    mutating func add(_ name: String, hash: JournalHash) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        hash.write(into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Members of the log, written before, each with its comma.
    mutating func add(written members: Span<UInt8>) { bytes.append(copying: members) }

    mutating func object(_ name: String, _ members: (inout JournalText) -> Void) {
        begin(name)
        object(members)
    }

    /// A member that names an account, sealed.
    mutating func add(account name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        write(account: text)
    }

    /// A member that is about a subject, sealed.
    mutating func add(_ name: String, _ text: String, of subject: JournalSubject) {
        begin(name)
        leave(.sealed(text, subject), most: SealedPerson.mostBytes(text))
    }

    /// A text of ours that may name people in between.
    mutating func add(mentioning name: String, _ text: String?) {
        guard let text else { return }
        begin(name)
        write(mentioning: text)
    }

    private mutating func leave(_ value: Gap.Value, most: Int) {
        gaps.append(Gap(place: bytes.count, value: value))
        mostMissing += most
    }

    private mutating func leave(_ text: SealedAccounts.Text, of account: String) {
        let place = accounts.firstIndex { $0.isSame(as: account) } ?? accounts.endIndex
        if place == accounts.endIndex { accounts.append(account) }
        leave(
            .account(text, of: place), most: SealedPerson.mostBytes(text.words ?? account))
    }
}

/// The pieces of a member whose value is no single one: its name, then what it holds. Names are
/// constants: nothing in them needs an escape.
extension JournalText {
    mutating func begin(_ name: String) {
        separate()
        bytes.append(quoting: name.utf8.span)
        bytes.append(UInt8(ascii: ":"))
    }

    /// A member whose name an operator chose, or a peer.
    mutating func begin(foreign name: String) {
        separate()
        write(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    mutating func write(_ text: String) { LogText.write(text, into: &bytes) }

    mutating func write(_ number: Int) { bytes.append(decimal: number) }

    mutating func write(_ flag: Bool) { bytes.append(utf8: flag ? "true" : "false") }

    /// What is said of a value that nobody may see: its kind and its length.
    mutating func write(_ kind: String, of count: Int) {
        bytes.append(utf8: "\"<")
        bytes.append(utf8: kind)
        bytes.append(utf8: " of ")
        bytes.append(decimal: count)
        bytes.append(utf8: " bytes>\"")
    }

    mutating func write(_ check: Check) {
        bytes.append(utf8: "{\"name\":")
        write(check.name)
        bytes.append(utf8: ",\"result\":\"")
        bytes.append(utf8: check.result.rawValue)
        bytes.append(UInt8(ascii: "\""))
        if let reason = check.reason.text {
            bytes.append(utf8: ",\"reason\":")
            write(reason)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func writeNull() { bytes.append(utf8: "null") }

    mutating func write(mentioning text: String) {
        if text.utf8.span.contains(UInt8(ascii: "@")) {
            // Each word may become a pseudonym, and each byte an escape.
            leave(.mentioning(text), most: min(text.utf8.count * 16, LogText.valueLimit * 6))
        } else {
            write(text)
        }
    }

    /// An account, sealed.
    mutating func write(account: String) { leave(.itself, of: account) }

    /// A name that an account goes by, sealed.
    mutating func write(_ name: String, nameOf account: String) {
        leave(.name(name), of: account)
    }

    /// What is in the words of an account, sealed.
    mutating func write(_ words: String, ofAccount account: String) {
        leave(words.isSame(as: account) ? .itself : .words(words), of: account)
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

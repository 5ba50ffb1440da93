package import Federation
import Transport

/// What is looked for in the journal: decisions that fulfil everything that is given, or lines of its own.
package struct JournalSearch: Sendable {
    /// Lines of the journal's own instead of decisions: of what is below, only times say anything of them.
    package var own: OwnLine?
    /// The verified or the claimed peer, or the one that a message is for.
    package var peer: String?
    package var kind: String?
    /// What the policy judged as this; of what it did not judge, what is recorded as its usual kind.
    package var judged: MessageKind?
    package var direction: String?
    package var action: String?
    /// The code of the refusal: the one that the peer read, or that of the guard behind it; under
    /// profile `observe` the one that would have refused.
    package var code: String?
    /// Whether only those are meant that were let pass although something would have refused them.
    package var onlyTolerated = false
    /// The address that it came from, where that is nobody's.
    package var client: String?
    /// Somebody who is named, under any of these, or whose address it came from; empty for everybody.
    package var subjects: [JournalPseudonym] = [] {
        didSet { pseudonyms = subjects.map { ByteNeedle($0.description) } }
    }
    private var pseudonyms: [ByteNeedle] = []
    /// Milliseconds since 1970; the end is not among them.
    package var since: Int?
    package var until: Int?

    package init() {}

    private var type: JournalLine.Kind { own?.kind ?? .decision }

    /// Of these days, the oldest first, those whose files can hold an answer.
    package func days(of days: [JournalDay]) -> [JournalDay] {
        let last = until.flatMap { until in
            days.first { $0 > JournalDay(milliseconds: until - 1) }
        }
        let later = since.map { days.holding(from: JournalDay(milliseconds: $0)) } ?? days
        guard let last else { return later }
        return later.filter { $0 <= last }
    }

    /// What every line that is meant holds, so that most others need not be read.
    package var needles: [ByteNeedle] {
        var texts = [#","type":"\#(type.rawValue)","#]
        if let peer { texts.append("\"\(peer)\"") }
        if let kind { texts.append(#""kind":"\#(kind)""#) }
        // Each begins the word for such records, too.
        if let judged { texts.append("\"\(judged.rawValue)") }
        if let direction { texts.append(#""direction":"\#(direction)""#) }
        if let action { texts.append(#""action":"\#(action)""#) }
        if let code, !code.isEmpty { texts.append(code) }
        if onlyTolerated { texts += [#""would":["#, Self.letThrough] }
        if let client { texts.append(#""client":"\#(client)""#) }
        let needles = texts.map { ByteNeedle($0) }
        return pseudonyms.count == 1 ? needles + pseudonyms : needles
    }

    /// Whether a line that holds the needles is meant.
    package func matches(_ line: JournalLine) -> Bool {
        guard line.kind == type else { return false }
        if since != nil || until != nil {
            guard let time = line.time else { return false }
            if let since, time < since { return false }
            if let until, time >= until { return false }
        }
        for (name, wanted) in [
            ("kind", kind), ("direction", direction), ("action", action), ("client", client),
        ] {
            if let wanted, line.member(name)?.string != wanted { return false }
        }
        if let judged, !wasJudged(as: judged, line) { return false }
        if let code, !has(code, line) { return false }
        if !pseudonyms.isEmpty, !pseudonyms.contains(where: { $0.isIn(line.bytes.span) }) {
            return false
        }
        if onlyTolerated, !wasTolerated(line) { return false }
        if let peer {
            return ["peer", "claimed"].contains { line.member($0)?.string == peer }
        }
        return true
    }

    private func wasJudged(as kind: MessageKind, _ line: JournalLine) -> Bool {
        guard let occasion = line.member("facts")?.object?["on"]?.string.flatMap({ Occasion($0) })
        else { return line.member("kind")?.string == RecordedKind(kind).rawValue }
        return occasion.kind == kind
    }

    /// What is refused by another block was not let pass, whatever is tried out beside it.
    private func wasTolerated(_ line: JournalLine) -> Bool {
        line.member("action")?.string == DecisionRecord.Action.allow.rawValue
            && line.member("would")?.array?.isEmpty == false
    }

    private static let letThrough = #""action":"\#(DecisionRecord.Action.allow.rawValue)""#

    private func has(_ code: String, _ line: JournalLine) -> Bool {
        if line.member("code")?.string == code || line.member("by")?.string == "guard:\(code)" {
            return true
        }
        // What the profile let pass is told by code and detail, as in "peer_unknown: policy: unknown".
        return line.member("would")?.array?.contains { would in
            would.string?.hasPrefix("\(code): ") ?? false
        } ?? false
    }

    /// An address as records show it where it is nobody's: the machine's own. Nil for all others,
    /// which are found by their pseudonyms.
    package static func client(ofNobody text: String) -> String? {
        guard let address = IPAddress(text), JournalSubject(of: address) == nil else { return nil }
        return address.description
    }

    /// Lends the lines that are meant, each with what it says, the oldest first.
    ///
    /// - Returns: what may have been meant as well, and cannot be read.
    package func run(
        _ reader: JournalReader, _ body: (JournalLine, JSONObject) throws -> JournalReader.Step
    ) throws -> UnreadLines {
        try run(over: days(of: try reader.days()), reader, body)
    }

    /// The newest `limit` of the lines that are meant, the oldest of them first. Looks no further back than it
    /// has to.
    ///
    /// - Parameter piece: bytes at the end of a file that are looked at first.
    /// - Returns: what they say; and what was come across that may have been meant as well, and cannot be read.
    package func newest(
        _ limit: Int, _ reader: JournalReader, piece: Int = 1 << 20
    ) throws -> (found: [JSONObject], unread: UnreadLines) {
        var found: [JSONObject] = []
        var unread = UnreadLines()
        for day in days(of: try reader.days()).reversed() where found.count < limit {
            let most = limit - found.count
            var newest: [JSONObject] = []
            var missed = UnreadLines()
            for last in [piece, nil] {
                newest = []
                missed = try run(over: [day], last: last, reader) { _, object in
                    newest.append(object)
                    if newest.count > 2 * most { newest.removeFirst(newest.count - most) }
                    return .goOn
                }
                // Of a piece it is not known at which line of the file it begins.
                if newest.count >= most, missed.count == 0 { break }
            }
            found = newest.suffix(most) + found
            unread.note(missed)
        }
        return (found, unread)
    }

    private func run(
        over days: [JournalDay], last: Int? = nil, _ reader: JournalReader,
        _ body: (JournalLine, JSONObject) throws -> JournalReader.Step
    ) throws -> UnreadLines {
        var unread = UnreadLines()
        try reader.lines(of: days, holding: needles, last: last, unread: { unread.note($0) }) {
            line, place in
            guard matches(line) else {
                if line.kind == type, !line.isReadable { unread.note(place) }
                return .goOn
            }
            guard let object = line.object else {
                unread.note(place)
                return .goOn
            }
            return try body(line, object)
        }
        return unread
    }
}

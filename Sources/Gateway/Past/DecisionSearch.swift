package import Federation

/// Finds one decision of the past by its id, with what was found out about it later.
package struct DecisionSearch {
    let reader: JournalReader
    let people: JournalPeople

    package init(_ reader: JournalReader, _ people: JournalPeople) {
        self.reader = reader
        self.people = people
    }

    /// What there is about a decision.
    package struct Found {
        /// A line of the journal that records it, and where that stands.
        package struct Record {
            package let decision: JournalDecision
            package let place: JournalReader.Place
        }

        /// In the order in which they were written; where there are several, something that was let
        /// through could not be carried out after all, and the last one counts.
        package let records: [Record]
        package let nearMiss: NearMiss?
        /// The line of that, whole.
        package let diagnosis: JSONObject?
        private let last: Record

        init?(_ records: [Record], _ miss: (NearMiss, JSONObject)?) {
            guard let last = records.last else { return nil }
            self.records = records
            self.last = last
            (nearMiss, diagnosis) = (miss?.0, miss?.1)
        }

        /// What became of it in the end.
        package var decision: JournalDecision { last.decision }
        package var place: JournalReader.Place { last.place }
        /// What was recorded before, and does not count any more.
        package var earlier: ArraySlice<Record> { records.dropLast() }
    }

    /// What was found of an id.
    package enum Result {
        case found(Found)
        /// The files in which it would be, unless a clock was wrong; those of them that are not there;
        /// and what cannot be read.
        case missing(searched: [String], absent: [String], unread: UnreadLines)
        /// No decision has such an id.
        case malformed

        /// What of the journal cannot be read, where nothing was found: for the operator.
        package var unread: [String] {
            switch self {
            case .missing(_, _, let unread): unread.told
            case .found, .malformed: []
            }
        }
    }

    /// Whether refusals of the time of a decision were only counted: then it may have no record.
    package func wasCounted(_ id: String) throws -> Bool {
        guard let time = DecisionID.time(of: id) else { return false }
        let day = JournalDay(milliseconds: time * 1000)
        let days = try reader.days().filter { $0 == day || $0 == day.next }
        let counted = time * 1000...(time + Self.countedWithin) * 1000
        var found = false
        try reader.lines(of: days, holding: [ByteNeedle("\"type\":\"unrecorded\"")]) { line, _ in
            guard line.kind == .unrecorded, let at = line.time, counted.contains(at) else {
                return .goOn
            }
            found = true
            return .stop
        }
        return found
    }

    /// Seconds in which what is only counted has its line.
    private static let countedWithin = 3600

    /// Looks in the file of the day that the id begins with; in the next one that there is, since a
    /// record is written when the message has been answered, and the newest file goes on when a clock
    /// steps back; and in the newest one before, which goes on while the disk is full at midnight. Where
    /// nothing is there, in all behind them: the clock may have been behind by days.
    package func find(_ id: String) throws -> Result {
        // Without a journal no id is right or wrong.
        let all = try reader.days()
        guard let time = DecisionID.time(of: id) else { return .malformed }
        let day = JournalDay(milliseconds: time * 1000)
        let wanted = [day, day.next]
        let days = Array(all.filter { $0 <= day }.suffix(2)) + all.filter { $0 > day }.prefix(1)
        var records: [Found.Record] = []
        var miss: (NearMiss, JSONObject)?
        var unread = UnreadLines()
        func look(in days: [JournalDay]) throws {
            try reader.lines(
                of: days, holding: [ByteNeedle("\"decision\":\"\(id)\"")],
                unread: { unread.note($0) }
            ) { line, place in
                guard line.member("decision")?.string == id else {
                    if !line.isReadable { unread.note(place) }
                    return .goOn
                }
                if let found = JournalDecision(line, people) {
                    records.append(.init(decision: found, place: place))
                } else if line.kind == .decision {
                    unread.note(place)
                }
                if let found = NearMiss(line), let object = line.object { miss = (found, object) }
                return .goOn
            }
        }
        try look(in: days)
        if records.isEmpty { try look(in: all.filter { $0 > day && !days.contains($0) }) }
        guard let found = Found(records, miss) else {
            return .missing(
                searched: days.map(reader.file),
                absent: wanted.filter { !all.contains($0) }.map(reader.file), unread: unread)
        }
        return .found(found)
    }
}

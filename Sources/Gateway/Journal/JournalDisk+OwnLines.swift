/// Lines of the journal's own.
extension JournalDisk {
    /// Another policy is in force.
    ///
    /// - Parameter was: nil where the journal names none so far.
    func append(was: PolicyHashes?, now: PolicyHashes, _ time: Int) throws {
        try append(.policy, time) { text in
            text.add("was", was?.text)
            text.add("policy", now.text)
            text.add("lists_were", was?.lists)
            text.add("lists", now.lists)
        }
    }

    /// Why a signature failed.
    func append(_ miss: NearMiss, _ time: Int) throws {
        try append(.diagnosis, time) { text in
            LogMembers(miss.entries).forEach { text.add(written: $1) }
        }
    }

    /// Refusals that have no line, by their codes.
    func append(unrecorded counts: [String: Int], _ time: Int) throws {
        try append(.unrecorded, time) { text in
            text.object("codes") { text in
                for (code, count) in counts.sorted(by: { $0.key < $1.key }) {
                    text.begin(foreign: code)
                    text.write(count)
                }
            }
        }
    }
}

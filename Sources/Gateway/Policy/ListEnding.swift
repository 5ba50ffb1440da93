package import Federation
import Logging

/// An own list of which entries end within some time, or have ended in it: nobody does anything then, and
/// the hash of the policy stays.
package struct ListEnding: Sendable {
    package let list: PeerList
    /// The one of them that ends first.
    package let entry: ListEntry
    /// How many of the list they are.
    package let count: Int
    /// What becomes of who is on the list by such an entry alone.
    package let consequence: String
    /// Where the entry stands.
    package let place: PolicyPlace?

    /// Seconds before its end from which an entry is told to end; that of certificates, too.
    package static let notice = 14 * 86_400

    /// What writes it on.
    package static let remedy = "write a later \"until\", or take it out"

    /// For people, while it has not ended.
    package func words(now: Int) -> String {
        let time = DaysAhead.words((entry.until ?? now) - now)
        return "the list \(list.name): \(entry.words) ends \(time) (\(count) of its "
            + "\(list.entries.count) entries do within \(Self.notice / 86_400)); \(consequence)"
    }

    /// For people, when it has.
    package var wordsOfEnded: String {
        "the list \(list.name): \(entry.words) is over (\(count) of its \(list.entries.count) "
            + "entries have ended)"
    }
}

extension Policy {
    /// Own lists of which entries end behind one moment and not behind another, each once.
    package func endings(after: Int, by: Int) -> [ListEnding] {
        lists.filter { $0.tier == .own }.compactMap { list in
            let ending = list.entries.filter { entry in
                entry.until.map { $0 > after && $0 <= by } ?? false
            }
            guard let first = ending.min(by: { ($0.until ?? 0) < ($1.until ?? 0) }) else {
                return nil
            }
            return ListEnding(
                list: list, entry: first, count: ending.count, consequence: consequence(of: list),
                place: place(of: first, in: list))
        }
    }

    private func consequence(of list: PeerList) -> String {
        switch (list.stance, unknown) {
        case (.block, _): "whom no other entry blocks is kept out no more then"
        case (.allow, .deny):
            "whom no other entry admits is refused then, and users may lose their mounts of it"
        case (.allow, .hold): "whom no other entry admits waits for a person then"
        case (.allow, .allow): "who is on it by no other entry is on no list then"
        }
    }
}

extension Gateway {
    /// Says which entries of own lists end soon, and which have since yesterday.
    func tellOfEndings() {
        let policy = policy.current
        let now = environment.now()
        for ending in policy.endings(after: now - 86_400, by: now) {
            tell(ending, ending.wordsOfEnded)
        }
        for ending in policy.endings(after: now, by: now + ListEnding.notice) {
            tell(ending, ending.words(now: now))
        }
    }

    private func tell(_ ending: ListEnding, _ words: String) {
        log.write(
            .warning, .listEnds,
            [
                LogEntry(.name, ending.list.name),
                ending.place.map { LogEntry(.place, $0.description) },
                LogEntry(.problem, words), LogEntry(.remedy, ListEnding.remedy),
            ])
    }
}

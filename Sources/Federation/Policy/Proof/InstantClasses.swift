/// Instants that stand for all others: between two of them no entry ends and no window of time opens
/// or closes without one of them telling.
struct InstantClasses {
    /// Unix seconds, the ordinary one first where it counts.
    let instants: [Int]

    /// - Parameters:
    ///   - ends: the first seconds in which entries no longer count.
    ///   - edges: instants of one week at which windows begin or end.
    init(ends: some Sequence<Int>, edges: some Sequence<Int>) {
        let cuts = Set(ends).filter { $0 > 0 }.sorted()
        let edges = Set(edges).sorted()
        var instants: [Int] = []
        for (begin, end) in zip([0] + cuts, cuts.map(Optional.some) + [nil]) {
            let ordinary = PolicyTest.ordinaryNow
            let isOrdinary = begin <= ordinary && (end.map { ordinary < $0 } ?? true)
            // From the ordinary day on, where the whole week fits behind it.
            let first =
                isOrdinary && (end.map { $0 - ordinary > Self.week } ?? true) ? ordinary : begin
            var found = isOrdinary ? [ordinary] : []
            found.append(first)
            for edge in edges {
                let wait = ((edge - first) % Self.week + Self.week) % Self.week
                if end.map({ first + wait < $0 }) ?? true { found.append(first + wait) }
            }
            instants += isOrdinary ? [] : found
            if isOrdinary { instants = found + instants }
        }
        var seen: Set<Int> = []
        self.instants = instants.filter { seen.insert($0).inserted }
    }

    private static let week = 7 * 86_400
}

/// Visits every class of messages that some policies can tell apart: regions in which each of them
/// says one thing, which together are all messages.
struct Exploration {
    private let judges: [RegionJudge]
    private let depth: RegionJudge.Depth
    /// Regions to look at before it gives up.
    private let most: Int
    private let progress: @Sendable (_ regions: Int) -> Void

    init(
        _ policies: [Policy], in space: MessageSpace, _ depth: RegionJudge.Depth,
        most: Int = Exploration.most, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        judges = policies.enumerated().map { RegionJudge($1, $0, space) }
        self.depth = depth
        self.most = most
        self.progress = progress
    }

    /// Whether it goes on after a region.
    enum Way {
        case on
        case stop
    }

    /// Calls `visit` with each region of `starts` and what each policy says of it; the plainest
    /// messages come first.
    ///
    /// - Returns: how many regions were visited.
    @discardableResult
    func visit(
        _ starts: [Region], _ visit: (Region, [RegionJudge.Ruling]) throws(ProofLimit) -> Way
    ) throws(ProofLimit) -> Int {
        var stack = Array(starts.filter { !$0.isEmpty }.reversed())
        var (steps, regions) = (0, 0)
        while let region = stack.popLast() {
            steps += 1
            if steps > most { throw ProofLimit("there are too many classes of messages") }
            if steps % 10_000 == 0 { progress(regions) }
            var rulings: [RegionJudge.Ruling] = []
            var open: Question?
            for judge in judges where open == nil {
                switch judge.judge(region, depth) {
                case .decided(let ruling): rulings.append(ruling)
                case .split(let question): open = question
                }
            }
            guard let open else {
                regions += 1
                switch try visit(region, rulings) {
                case .on: continue
                case .stop: return regions
                }
            }
            let (yes, no) = (region.with(open), region.without(open))
            // The lowest class is the plainest.
            let isPlainYes =
                (yes.sets[open.aspect].first ?? .max) < (no.sets[open.aspect].first ?? .max)
            stack += isPlainYes ? [no, yes] : [yes, no]
        }
        return regions
    }

    /// So many take a few seconds.
    static let most = 2_000_000
}

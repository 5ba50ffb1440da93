package import Federation

extension Policy {
    /// The policy with the last good copies of its downloaded lists that lie beside a state file: as
    /// a gateway of this state judges by it. Nothing is fetched, and nothing written.
    package func inForce(beside state: String) -> Policy {
        let nothing = ListKeeper.World(now: { 0 }, fetch: { _ in .failed("not fetched") })
        return ListKeeper(ListFolder(state: state), nothing, log: nil).fill(self)
    }

    /// The downloaded lists of which nothing is known here: those that were never loaded, and in the
    /// policy as it is written all of them.
    package var emptyDownloads: [String] {
        lists.filter { $0.download != nil && ($0.loading == .notLoaded || $0.entries.isEmpty) }
            .map(\.name)
    }
}

/// When a list is asked for again.
struct ListPace: Sendable {
    /// A number from zero to the one given.
    let random: @Sendable (Int) -> Int

    /// After it was fetched: `refresh`, less up to a tenth, so that not all gateways come at once.
    func afterSuccess(_ refresh: Int, now: Int) -> Int { now + refresh - random(refresh / 10) }

    /// After the failure of this number: a minute, then twice as long each time, up to an hour and
    /// never later than usual. A list that was never loaded is asked for sooner: peers wait for it.
    func afterFailure(_ number: Int, _ refresh: Int, isLoaded: Bool, now: Int) -> Int {
        let first = isLoaded ? 60 : 10
        let most = min(refresh, isLoaded ? 3600 : 300)
        let wait = min(most, first << min(number - 1, 10))
        return now + wait - random(wait / 5)
    }

    /// Whether it is time; also when the clock was set back since.
    func isDue(_ next: Int?, _ refresh: Int, now: Int) -> Bool {
        guard let next else { return true }
        return next <= now || next > now + refresh
    }
}

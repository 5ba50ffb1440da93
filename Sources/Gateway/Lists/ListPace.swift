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
        let most = Self.longest(afterFailures: number, refresh, isLoaded: isLoaded)
        let wait = min(most, first << min(number - 1, 10))
        return now + wait - random(wait / 5)
    }

    /// Whether it is time; also when the clock was set back since: it was never to be later than the
    /// longest wait from now.
    func isDue(
        _ next: Int?, afterFailures failures: Int, _ refresh: Int, isLoaded: Bool, now: Int
    ) -> Bool {
        guard let next else { return true }
        return next <= now
            || next > now + Self.longest(afterFailures: failures, refresh, isLoaded: isLoaded)
    }

    private static func longest(
        afterFailures failures: Int, _ refresh: Int, isLoaded: Bool
    ) -> Int {
        failures > 0 ? min(refresh, isLoaded ? 3600 : 300) : refresh
    }
}

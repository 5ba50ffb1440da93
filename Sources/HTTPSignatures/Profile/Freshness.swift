/// How old a signature may be, and how far ahead the signer's clock.
package struct Freshness: Sendable, Equatable {
    /// Seconds.
    package let window: Int
    /// Seconds.
    package let skew: Int

    /// Whole seconds count; both are clamped to 0 … one day.
    package init(window: Duration = .seconds(300), skew: Duration = .seconds(30)) {
        func clamp(_ duration: Duration) -> Int {
            Int(min(max(duration.components.seconds, 0), 86_400))
        }
        self.window = clamp(window)
        self.skew = clamp(skew)
    }

    /// Judges times in Unix seconds; `expires` only ever shortens the window.
    func violations(created: Int, expires: Int?, now: Int) -> [ProfileViolation] {
        var violations: [ProfileViolation] = []
        // Times of a peer: what overflows is as good as the end of time.
        let (end, isEndless) = created.addingReportingOverflow(window)
        let (lead, isFarAhead) = created.subtractingReportingOverflow(now)
        if created > now, isFarAhead || lead > skew { violations.append(.createdInFuture) }
        if !isEndless, now > end { violations.append(.tooOld) }
        if let expires {
            if expires < created { violations.append(.expiresBeforeCreated) }
            if now > expires { violations.append(.expired) }
        }
        return violations
    }
}

import Federation

extension LimitMeter {
    /// The numbers of a limit, as its meter needs them.
    struct Terms: Sendable {
        /// What is counted.
        enum Kind: Sendable, Equatable {
            case messages
            case bytes
            /// So many different ones within a period.
            case values(most: Int)
            /// Given back at the end of a message.
            case places
        }

        let kind: Kind
        /// How much may be used at once.
        let size: Double
        /// How much of it comes back in a second.
        let perSecond: Double
        /// Seconds.
        let period: Double

        init(_ measure: Limit.Measure) {
            switch measure {
            case .rate(let rate, let burst):
                kind = .messages
                size = Double(burst)
                period = rate.period.inSeconds
                perSecond = Double(rate.count) / period
            case .bytes(let count, let time):
                kind = .bytes
                size = Double(count.bytes)
                period = time.inSeconds
                perSecond = size / period
            case .distinct(_, let rate):
                kind = .values(most: rate.count)
                size = Double(rate.count)
                period = rate.period.inSeconds
                perSecond = 0
            case .concurrent(let count):
                kind = .places
                size = Double(count)
                period = 0
                perSecond = 0
            }
        }

        /// What a message uses, and what must be left for it: never more than the whole size, since
        /// one that is larger could not pass at any time.
        func cost(_ bytes: Int) -> (amount: Double, least: Double) {
            switch kind {
            case .messages, .values, .places: (1, 1)
            case .bytes: (Double(bytes), min(max(Double(bytes), 1), size))
            }
        }

        /// Whole seconds until so much has come back.
        func wait(for missing: Double) -> Int {
            max(1, Int((missing / perSecond - 1e-6).rounded(.up)))
        }

        /// Seconds after which a full bucket is empty again.
        var memory: Double {
            switch kind {
            case .messages, .bytes: size / perSecond
            case .values: period
            case .places: 0
            }
        }

        /// Whether it takes more than ten minutes until all of its room has come back.
        var isSlow: Bool { memory > 600 }

        /// Whether nothing of it counts any more.
        func isOver(_ usage: Usage, _ now: Double) -> Bool {
            switch kind {
            case .messages, .bytes: usage.used - (now - usage.at) * perSecond <= 0
            case .values: usage.values.values.allSatisfy { now - $0 >= period }
            case .places: usage.used == 0
            }
        }
    }
}

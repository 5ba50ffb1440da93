import OpenSSL

/// A `[[limit]]` block: how much there may be of the messages that it is about.
///
/// The policy says what is counted, and asks whether there is room; who keeps the counts is not
/// known here.
package struct Limit: Sendable {
    package let name: String
    package internal(set) var scope: BlockScope
    package internal(set) var mode: PolicyMode
    package let measure: Measure
    package let per: Per
    var refusal: Refusal
    package let label: String
    package let position: SourcePosition

    /// What is said of a message for which there is no room.
    ///
    /// - Parameter seconds: after which there may be some.
    package func denial(retryAfter seconds: Int) -> Denial {
        refusal.until(seconds).denial(by: label)
    }

    /// Of whom each has room of their own.
    package enum Per: String, Sendable, CaseIterable {
        case peer
        case sender
        case recipient
        /// Everybody together.
        case all
    }

    /// What is counted.
    package enum Measure: Sendable, Hashable {
        /// Messages: `count` in each `period`, and so many at once as `burst` says.
        case rate(Rate, burst: Int)
        /// Different values of a fact: at most `count` within one `period`.
        case distinct(Distinct, Rate)
        /// Bytes of data, at most so many in each period.
        case bytes(ByteCount, period: Duration)
        /// Messages that are under way at the same time.
        case concurrent(Int)
    }

    /// A fact whose different values are counted.
    package enum Distinct: String, Sendable, CaseIterable {
        case peer
        case sender
        case recipient
        case owner
    }
}

/// `60/min`: so many in a time.
package struct Rate: Sendable, Hashable, CustomStringConvertible {
    package let count: Int
    /// Whole seconds.
    package let period: Duration

    package init(count: Int, period: Duration) {
        self.count = count
        self.period = period
    }

    package var description: String { "\(count)/\(Self.words(period))" }

    /// `COUNT/TIME`, where TIME is s, min, hour or day, or several of one: `100/15min`. Refused: signs,
    /// fractions, blanks, zero, more than 10⁹ in the count or 31 days in the time.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Self.number(parts[0]),
            let period = Self.period(parts[1])
        else { return nil }
        self.init(count: count, period: period)
    }

    /// The time behind the slash: `min`, `15min`.
    static func period(_ text: Substring) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units.first(where: { $0.word == text.dropFirst(digits.count) }),
            let number = digits.isEmpty ? 1 : number(digits), number <= 31 * 86_400 / unit.seconds
        else { return nil }
        return .seconds(number * unit.seconds)
    }

    /// In the largest unit that leaves a whole number.
    static func words(_ period: Duration) -> String {
        let seconds = period.wholeSeconds
        for unit in units.reversed() where seconds % unit.seconds == 0 {
            let number = seconds / unit.seconds
            return number == 1 ? unit.word : "\(number)\(unit.word)"
        }
        return "\(seconds)s"
    }

    private static let units: [(word: String, seconds: Int)] = [
        ("s", 1), ("min", 60), ("hour", 3_600), ("day", 86_400),
    ]

    private static func number(_ text: Substring) -> Int? {
        guard (1...10).contains(text.utf8.count),
            text.utf8.allSatisfy(\.isDigit), let number = Int(text),
            (1...1_000_000_000).contains(number)
        else { return nil }
        return number
    }
}

/// Whether a limit has room for one message more.
package enum Room: Sendable, Equatable {
    case room
    /// Seconds after which there may be some.
    case full(retryAfter: Int)
}

extension Limit {
    /// The value of a fact that is counted, or in whose name; nil when the message has none. People
    /// count by their address as patterns see it, peers by their name: another spelling, or another port
    /// of the same machine, is nobody else.
    package static func value(_ distinct: Distinct, of facts: Facts) -> String? {
        switch distinct {
        case .peer: facts.peer?.name
        case .sender: facts.sender.map(folded)
        case .recipient: facts.recipient.map(folded)
        case .owner: facts.owner.map(folded)
        }
    }

    private static func folded(_ address: String) -> String {
        String(decoding: Glob.folded(address), as: UTF8.self)
    }

    /// Whose room a message takes. A message that has no such fact takes that of its peer: leaving
    /// it out gives nobody more.
    package func holder(of facts: Facts) -> String {
        let peer = "peer \(facts.peer?.name ?? "")"
        switch per {
        case .all: return ""
        case .peer: return peer
        case .sender: return Self.value(.sender, of: facts).map { "sender \($0)" } ?? peer
        case .recipient: return Self.value(.recipient, of: facts).map { "recipient \($0)" } ?? peer
        }
    }
}

extension Policy {
    /// Whether another policy has a limit as this one has it, and refuses by it as this one does.
    package func shares(_ limit: Limit, with other: Policy) -> Bool {
        let text = PolicyCanonicalForm(limit, lists: lists).text
        return mode == other.mode
            && other.limits.contains { PolicyCanonicalForm($0, lists: other.lists).text == text }
    }

    /// The guard against a ping-pong of notifications: two servers that answer each other's message
    /// about a share with the same message, each inside the other's request, until one of them has
    /// no worker left (seen between ownCloud servers and `RESHARE_CHANGE_PERMISSION`).
    ///
    /// Notifications, also those of the older API, are counted per peer, `providerId` and type, but for those
    /// of applications: nobody answers them with the same, Talk sends one for each message of a room, and all
    /// calendars have one `providerId`. It is asked for as place ``pingPongPlace``, before the limits of the file.
    package static let pingPongLabel = "built-in:ping-pong"
    /// The guard's place where limits are numbered.
    package static let pingPongPlace = -1
    /// So many of one type about one share, in both directions each.
    package static let pingPongRate = Rate(count: 10, period: .seconds(60))
}

extension Facts {
    /// Whether it is a notification that the guard against ping-pong counts.
    package var mayPingPong: Bool {
        notificationType.map { !Notification.Kind($0).isOfApplication } ?? false
    }
}

/// A time of the week, of the condition `time`: `mon-fri 08:00-18:00`, `sat,sun`,
/// `22:00-06:00 +01:00`.
///
/// Days, a span of the day, and the offset of the clock from UTC, in this order, each of the first
/// two may be left out, but not both; without an offset it is UTC. The beginning of a span counts,
/// its end does not, and a span that ends before it begins goes on into the next day, as part of the
/// day on which it began. There are no time zones with summer time: what an offset means must not
/// change with the machine.
package struct TimeWindow: Sendable, Hashable, CustomStringConvertible {
    /// As it is written: days from Monday on, the span, the offset.
    package let description: String
    /// The days on which it begins; bit 0 is Monday.
    private let days: UInt8
    /// Minutes from midnight; the end is behind the beginning, and may lie in the next day.
    private let begin: Int
    private let end: Int
    /// Minutes that the clock is before UTC.
    private let offset: Int

    /// Refused: everything else, also days that follow nothing, 24 hours in other words than `00:00-24:00`,
    /// and offsets beyond 14 hours.
    package init?(_ text: String) {
        var words = text.split(separator: " ", omittingEmptySubsequences: false)[...]
        var days: UInt8 = 0x7F
        var named = ""
        if let first = words.first, let set = Self.days(first) {
            (days, named) = (set, Self.name(set))
            words.removeFirst()
        }
        var span = (begin: 0, end: Self.day)
        if let first = words.first, let read = Self.span(first) {
            span = read
            words.removeFirst()
        } else if named.isEmpty {
            return nil
        }
        var offset = 0
        if let last = words.first {
            guard let read = Self.offset(last) else { return nil }
            offset = read
            words.removeFirst()
        }
        guard words.isEmpty else { return nil }
        self.days = days
        begin = span.begin
        end = span.end
        self.offset = offset
        var parts = days == 0x7F && !named.isEmpty && span == (0, Self.day) ? ["mon-sun"] : []
        if parts.isEmpty, days != 0x7F { parts.append(named) }
        if span != (0, Self.day) || parts.isEmpty {
            parts.append(
                "\(Self.clock(begin))-\(Self.clock(end > Self.day ? end - Self.day : end))")
        }
        if offset != 0 { parts.append((offset < 0 ? "-" : "+") + Self.clock(abs(offset))) }
        description = parts.joined(separator: " ")
    }

    /// - Parameter now: Unix seconds.
    package func contains(_ now: Int) -> Bool {
        // Day 0 of the epoch was a Thursday.
        let minutes = Self.floor(now, 60) + offset + 3 * Self.day
        let minute = minutes - Self.floor(minutes, Self.week) * Self.week
        return contains(minuteOfWeek: minute) || contains(minuteOfWeek: minute + Self.week)
    }

    /// Minutes from Monday, 00:00 of its own clock; the second week is where Sunday goes on.
    private func contains(minuteOfWeek minute: Int) -> Bool {
        for day in 0..<7 where days & 1 << UInt8(day) != 0 {
            if (day * Self.day + begin..<day * Self.day + end).contains(minute) { return true }
        }
        return false
    }

    /// The instants of the week that begins on Monday, 2026-01-05 (Unix seconds) at which it begins
    /// or ends: between two of them nothing changes.
    package var edges: [Int] {
        let monday = TOMLInstant.midnight(year: 2026, month: 1, day: 5)
        return (0..<7).filter { days & 1 << UInt8($0) != 0 }.flatMap { day in
            [begin, end].map { minute in
                let local = day * Self.day + minute - offset
                return monday + (local - Self.floor(local, Self.week) * Self.week) * 60
            }
        }
    }

    /// The same with an hour less at its end, and an hour more; as far as there is one.
    var neighbours: [TimeWindow] {
        [end - 60, end + 60].filter { $0 > begin && $0 - begin <= Self.day }.compactMap { end in
            let until = Self.clock(end > Self.day ? end - Self.day : end)
            let zone = (offset < 0 ? "-" : "+") + Self.clock(abs(offset))
            return TimeWindow("\(Self.name(days)) \(Self.clock(begin))-\(until) \(zone)")
        }
    }

    private static let day = 24 * 60
    private static let week = 7 * day
    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private static func floor(_ number: Int, _ by: Int) -> Int {
        number >= 0 ? number / by : (number + 1) / by - 1
    }

    /// `mon`, `mon-fri`, `sat,sun`, `fri-mon`.
    private static func days(_ text: Substring) -> UInt8? {
        var set: UInt8 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { names.firstIndex(of: String($0)) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1]
            else { return nil }
            var day = first
            set |= 1 << UInt8(day)
            while day != last {
                day = (day + 1) % 7
                set |= 1 << UInt8(day)
            }
        }
        return set
    }

    /// In runs of three and more, from Monday on.
    private static func name(_ set: UInt8) -> String {
        var parts: [String] = []
        var day = 0
        while day < 7 {
            guard set & 1 << UInt8(day) != 0 else {
                day += 1
                continue
            }
            var last = day
            while last < 6, set & 1 << UInt8(last + 1) != 0 { last += 1 }
            switch last - day {
            case 0: parts.append(names[day])
            case 1: parts += [names[day], names[last]]
            case _: parts.append("\(names[day])-\(names[last])")
            }
            day = last + 1
        }
        return parts.joined(separator: ",")
    }

    private static func span(_ text: Substring) -> (begin: Int, end: Int)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let begin = minutes(ends[0]), let end = minutes(ends[1]),
            begin < day, begin != end, end > 0
        else { return nil }
        return (begin, end < begin ? end + day : end)
    }

    private static func offset(_ text: Substring) -> Int? {
        guard let sign = text.first, sign == "+" || sign == "-",
            let minutes = minutes(text.dropFirst()), minutes <= 14 * 60
        else { return nil }
        return sign == "-" ? -minutes : minutes
    }

    /// `08:30`, to `24:00`.
    private static func minutes(_ text: Substring) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minute < 60, hour * 60 + minute <= day else { return nil }
        return hour * 60 + minute
    }

    private static func clock(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }
}

extension TOMLForm<TimeWindow> {
    static let timeWindow = TOMLForm.text(
        #"a time of the week like "mon-fri 08:00-18:00 +01:00" (days, span, or both; without an offset, UTC)"#,
        remedy: TimeWindow.remedy(for:)
    ) { TimeWindow($0) }
}

extension TimeWindow {
    /// The end of a day as it is written here; nil where that is not what is wrong.
    fileprivate static func remedy(for text: String) -> String? {
        let other = text.replacing("-00:00", with: "-24:00")
        return other != text && TimeWindow(other) != nil ? "write \(quoted(other))" : nil
    }
}

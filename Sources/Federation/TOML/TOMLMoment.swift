import HTTPSignatures
import OpenSSL

/// A date, a time, or both (RFC 3339 as TOML 1.0 takes it).
struct TOMLMoment {
    private var date: [Int]?
    private var time: [Int]?
    /// Hours and minutes from UTC, and the sign of both.
    private var offset: (sign: Int, clock: [Int]) = (1, [0, 0])

    /// Whether a value is meant as a date or time: it begins with four digits and a hyphen, or with
    /// two and a colon.
    static func isMeant(by value: [UInt8]) -> Bool {
        var rest = value[...]
        return take("dddd-", from: &rest) != nil || take("dd:", from: &rest) != nil
    }

    /// `1979-05-27`, `07:32:00.5`, and both joined by `T` or a blank, with `Z` or `+01:00` behind.
    ///
    /// Refused: every other form.
    init?(_ value: [UInt8]) {
        var rest = value[...]
        date = Self.take("dddd-dd-dd", from: &rest)
        if date != nil {
            guard let joint = rest.popFirst() else { return }
            guard joint | 0x20 == UInt8(ascii: "t") || joint == 0x20 else { return nil }
        }
        time = Self.take("dd:dd:dd", from: &rest)
        guard time != nil else { return nil }
        if Self.take(".d", from: &rest) != nil { rest = rest.drop { $0.isDigit } }
        if date != nil, let sign = rest.popFirst() {
            switch sign {
            case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard let clock = Self.take("dd:dd", from: &rest) else { return nil }
                offset = (sign == UInt8(ascii: "+") ? 1 : -1, clock)
            case _: return nil
            }
        }
        guard rest.isEmpty else { return nil }
    }

    /// Whether the calendar has the day, and the day the time.
    var exists: Bool {
        if let date, CivilDate(year: date[0], month: date[1], day: date[2]) == nil { return false }
        return [time ?? [0, 0, 0], offset.clock].allSatisfy { clock in
            clock[0] < 24 && clock.dropFirst().allSatisfy { $0 < 60 }
        }
    }

    /// What it says; fractions of a second are left out.
    var content: TOMLNode.Content {
        guard let date else { return .time }
        let midnight = TOMLInstant.midnight(year: date[0], month: date[1], day: date[2])
        guard let time else {
            return .instant(TOMLInstant(start: midnight, end: midnight + 86_400))
        }
        let second =
            midnight + Self.seconds(time) - offset.sign * Self.seconds(offset.clock + [0])
        return .instant(TOMLInstant(start: second, end: second))
    }

    private static func seconds(_ clock: [Int]) -> Int {
        clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    /// Takes what has the form, `d` being a digit, and gives its numbers; nil when it has not.
    private static func take(_ form: String, from rest: inout ArraySlice<UInt8>) -> [Int]? {
        guard rest.count >= form.utf8.count else { return nil }
        var numbers: [Int] = []
        var isBehindDigit = false
        for (wanted, byte) in zip(form.utf8, rest) {
            guard wanted == UInt8(ascii: "d") ? byte.isDigit : wanted == byte else { return nil }
            if !byte.isDigit {
                isBehindDigit = false
                continue
            }
            let digit = Int(byte - 0x30)
            if isBehindDigit {
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + digit
            } else {
                numbers.append(digit)
            }
            isBehindDigit = true
        }
        rest = rest.dropFirst(form.utf8.count)
        return numbers
    }
}

import HTTPSignatures

/// The end of an entry as lists write it: a day (the entry counts to its end) or an instant, in the
/// form of RFC 3339.
package enum ListDate {
    /// The first second in which the entry no longer counts; nil for what is no date.
    ///
    /// Refused: days that do not exist, fractions of a second, leap seconds, years before 1970.
    package static func end(_ text: some StringProtocol) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10,
            let date = CivilDate(String(decoding: bytes[..<10], as: UTF8.self)),
            date.year >= 1970
        else { return nil }
        let midnight = date.number * 86_400
        return bytes.count == 10 ? midnight + 86_400 : time(bytes[10...]).map { midnight + $0 }
    }

    /// As `end` reads it: a day where it ends with one, else an instant in UTC.
    package static func text(_ end: Int) -> String {
        TOMLInstant(start: end % 86_400 == 0 ? end - 86_400 : end, end: end).written
    }

    /// `T12:00:00Z`, `T12:00:00+01:00`: seconds since midnight UTC.
    private static func time(_ text: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(text)
        guard bytes.count == 10 || bytes.count == 15, bytes[0] == UInt8(ascii: "T"),
            let hour = CivilDate.digits(bytes[1..<3]), bytes[3] == UInt8(ascii: ":"),
            let minute = CivilDate.digits(bytes[4..<6]), bytes[6] == UInt8(ascii: ":"),
            let second = CivilDate.digits(bytes[7..<9]), hour < 24, minute < 60, second < 60
        else { return nil }
        let local = hour * 3600 + minute * 60 + second
        if bytes.count == 10 { return bytes[9] == UInt8(ascii: "Z") ? local : nil }
        guard let hours = CivilDate.digits(bytes[10..<12]), bytes[12] == UInt8(ascii: ":"),
            let minutes = CivilDate.digits(bytes[13..<15]), hours < 24, minutes < 60
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        switch bytes[9] {
        case UInt8(ascii: "+"): return local - offset
        case UInt8(ascii: "-"): return local + offset
        default: return nil
        }
    }
}

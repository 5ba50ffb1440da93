import OpenSSL

/// The shape of a date, a time, or both (RFC 3339 as TOML 1.0 takes it).
///
/// TOMLKit ends the process at some that are almost one (`2027-02-01Tp1:30`), so their shape is
/// looked at before; whether the day exists is left to it.
enum TOMLMoment {
    /// Whether a value is meant as a date or time: it begins with a digit and has a colon, or a
    /// hyphen behind four digits.
    static func isMeant(by value: [UInt8]) -> Bool {
        guard let first = value.first, first.isDigit else { return false }
        return value.contains(UInt8(ascii: ":"))
            || value.count > 4 && value[4] == UInt8(ascii: "-")
                && value.prefix(4).allSatisfy { $0.isDigit }
    }

    /// Whether TOMLKit looks for a time behind the token and a blank: it does with ten characters
    /// and hyphens in the places of a date's, whatever the others are, and counts no underscores.
    static func isTakenForDay(_ token: [UInt8]) -> Bool {
        let text = String(decoding: token, as: UTF8.self)
        let characters = Array(text.unicodeScalars.filter { $0 != "_" })
        return characters.count == 10 && characters[4] == "-" && characters[7] == "-"
    }

    /// `1979-05-27`, `07:32:00.5`, and both joined by `T` or a blank, with `Z` or `+01:00` behind.
    static func isWellFormed(_ value: [UInt8]) -> Bool {
        var rest = value[...]
        guard take("dddd-dd-dd", from: &rest) else { return isTime(&rest) && rest.isEmpty }
        guard let joint = rest.popFirst() else { return true }
        guard joint | 0x20 == UInt8(ascii: "t") || joint == 0x20, isTime(&rest) else {
            return false
        }
        if rest.isEmpty || rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) {
            return true
        }
        return (take("+dd:dd", from: &rest) || take("-dd:dd", from: &rest)) && rest.isEmpty
    }

    private static func isTime(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard take("dd:dd:dd", from: &rest) else { return false }
        guard take(".d", from: &rest) else { return true }
        while take("d", from: &rest) {}
        return true
    }

    /// Takes what has the form, `d` being a digit; nothing when it has not.
    private static func take(_ form: String, from rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.count >= form.utf8.count else { return false }
        let fits = zip(form.utf8, rest).allSatisfy { wanted, byte in
            wanted == UInt8(ascii: "d") ? byte.isDigit : wanted == byte
        }
        if fits { rest = rest.dropFirst(form.utf8.count) }
        return fits
    }
}

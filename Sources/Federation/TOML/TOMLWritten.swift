import HTTPSignatures

extension TOMLNode.Content {
    /// The value as it is written in a file, on one line; reading it gives the same value.
    package var written: String {
        switch self {
        case .string(let text): Self.written(text)
        case .integer(let number): String(number)
        case .float(let number): String(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .instant(let instant): instant.written
        // No key of ours has a time of day.
        case .time: "00:00:00"
        case .array(let nodes): "[" + nodes.map(\.content.written).joined(separator: ", ") + "]"
        case .table(let members):
            members.isEmpty
                ? "{}"
                : "{ "
                    + members.map { "\(Self.key($0.key)) = \($0.value.content.written)" }
                    .joined(separator: ", ") + " }"
        }
    }

    /// A key as a file has it.
    static func key(_ key: String) -> String {
        let isBare = !key.isEmpty && key.utf8.allSatisfy(TOMLCursor.isBare)
        return isBare ? key : written(key)
    }

    private static func written(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case let control where control.value < 0x20 || control.value == 0x7F:
                let hex = String(control.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension TOMLInstant {
    /// `2027-06-30` for the beginning of a day, else `2027-06-30T12:00:00Z`.
    package var written: String {
        let day = start >= 0 ? start / 86_400 : (start - 86_399) / 86_400
        let second = start - day * 86_400
        let date = CivilDate(number: day).description
        if second == 0 { return date }
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { CivilDate.padded($0, 2) }
        return date + "T" + clock.joined(separator: ":") + "Z"
    }
}

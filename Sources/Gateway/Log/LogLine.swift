import HTTPSignatures
import Logging
import OpenSSL

/// `log.format`: how lines look, for programs or for people.
package enum LogFormat: String, Sendable, CaseIterable {
    case json, text
}

/// One line of the log as bytes, its end included.
enum LogLine {
    /// Bytes after which further fields are left out.
    static let limit = 16_384

    /// - Parameters:
    ///   - time: milliseconds since 1970.
    ///   - members: each is cut for itself; behind ``limit`` no other begins.
    ///   - prefix: what it begins with.
    static func make(
        _ format: LogFormat, time: Int, _ level: Logger.Level, _ message: LogMessage,
        _ members: LogMembers, prefix: String = ""
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(members.count + 128)
        line.append(utf8: prefix)
        switch format {
        case .json:
            open(time, level, message, into: &line)
            members.forEach { _, member in
                if line.count < limit { line.append(copying: member) }
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            Timestamp.write(milliseconds: time, into: &line)
            line.append(utf8: " \(level.rawValue) \(message.rawValue)")
            members.forEach { name, member in
                guard line.count < limit else { return }
                let name = name.rawValue.utf8.span
                line.append(UInt8(ascii: " "))
                line.append(copying: name)
                line.append(UInt8(ascii: "="))
                line.append(copying: LogMembers.value(of: member, name))
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func open(
        _ time: Int, _ level: Logger.Level, _ message: LogMessage, into line: inout [UInt8]
    ) {
        line.append(utf8: "{\"time\":\"")
        Timestamp.write(milliseconds: time, into: &line)
        line.append(utf8: "\",\"level\":\"")
        line.append(utf8: level.rawValue)
        line.append(utf8: "\",\"message\":\"")
        line.append(utf8: message.rawValue)
        line.append(UInt8(ascii: "\""))
    }

    /// One member of an object.
    static func write(_ entry: LogEntry, depth: Int, into line: inout [UInt8]) {
        line.append(quoting: entry.name.rawValue.utf8.span)
        line.append(UInt8(ascii: ":"))
        write(entry.value, depth: depth, into: &line)
    }

    static func write(_ value: LogValue, depth: Int, into line: inout [UInt8]) {
        switch value {
        case .text(let text): LogText.write(text, into: &line)
        case .number(let number): line.append(utf8: String(number))
        case .list(let values):
            line.append(UInt8(ascii: "["))
            if depth < LogText.depthLimit {
                for place in 0..<min(values.count, LogText.listLimit) where line.count < limit {
                    if place > 0 { line.append(UInt8(ascii: ",")) }
                    write(values[place], depth: depth + 1, into: &line)
                }
            }
            line.append(UInt8(ascii: "]"))
        case .object(let entries):
            line.append(UInt8(ascii: "{"))
            if depth < LogText.depthLimit {
                for place in 0..<min(entries.count, LogText.listLimit) where line.count < limit {
                    if place > 0 { line.append(UInt8(ascii: ",")) }
                    write(entries[place], depth: depth + 1, into: &line)
                }
            }
            line.append(UInt8(ascii: "}"))
        }
    }
}

/// Times in UTC after RFC 3339, to the millisecond.
enum Timestamp {
    static func write(milliseconds: Int, into line: inout [UInt8]) {
        let (seconds, fraction) = milliseconds.quotientAndRemainder(flooringBy: 1000)
        let (day, second) = seconds.quotientAndRemainder(flooringBy: 86_400)
        let date = CivilDate(number: day)
        digits(date.year, 4, &line)
        line.append(UInt8(ascii: "-"))
        digits(date.month, 2, &line)
        line.append(UInt8(ascii: "-"))
        digits(date.day, 2, &line)
        line.append(UInt8(ascii: "T"))
        digits(second / 3600, 2, &line)
        line.append(UInt8(ascii: ":"))
        digits(second / 60 % 60, 2, &line)
        line.append(UInt8(ascii: ":"))
        digits(second % 60, 2, &line)
        line.append(UInt8(ascii: "."))
        digits(fraction, 3, &line)
        line.append(UInt8(ascii: "Z"))
    }

    private static func digits(_ number: Int, _ count: Int, _ line: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(ascii: "0") + UInt8(abs(number) / divisor % 10))
            divisor /= 10
        }
    }
}

extension Int {
    fileprivate func quotientAndRemainder(flooringBy divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

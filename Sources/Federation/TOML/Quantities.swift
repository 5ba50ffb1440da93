import OpenSSL

/// A number of bytes.
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let bytes: Int

    package init(_ bytes: Int) {
        self.bytes = bytes
    }

    /// `512`, `16KiB`, `5MB`: a whole number, with KB, MB, GB, TB (powers of 1000) or KiB, MiB,
    /// GiB, TiB (of 1024), or B. Refused: signs, fractions, blanks, more than 2⁶³ - 1.
    package init?(_ text: String) {
        guard let (number, unit) = splitQuantity(text), let factor = Self.units[unit] else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    /// In the largest unit, of either kind, that leaves a whole number.
    package var description: String {
        for unit in ["TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "KB"] {
            if let factor = Self.units[unit], bytes >= factor, bytes % factor == 0 {
                return "\(bytes / factor)\(unit)"
            }
        }
        return "\(bytes)B"
    }

    private static let units = [
        "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
        "TB": 1_000_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]
}

extension Duration {
    /// `250ms`, `30s`, `5m`, `24h`, `400d`: a whole number and a unit. Refused: signs, fractions,
    /// blanks, more than a hundred years.
    package init?(configured text: String) {
        guard let milliseconds = Self.milliseconds(in: text), milliseconds <= Self.century else {
            return nil
        }
        self = .milliseconds(milliseconds)
    }

    private static let century = 36_525 * 86_400_000

    /// However long it is; what no number can hold is the greatest one.
    private static func milliseconds(in text: String) -> Int? {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        let factors = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let factor = factors[unit] else { return nil }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : milliseconds
    }

    /// Whether it is a duration, and longer than any that is taken.
    fileprivate static func isTooLong(_ text: String) -> Bool {
        milliseconds(in: text).map { $0 > century } ?? false
    }

    /// As it is written in a file: in the largest unit that leaves a whole number.
    package var configured: String {
        let milliseconds =
            components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
        for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
            if milliseconds >= factor, milliseconds % Int64(factor) == 0 {
                return "\(milliseconds / Int64(factor))\(unit)"
            }
        }
        return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
    }

    /// Whole seconds, rounded down.
    package var wholeSeconds: Int { Int(components.seconds) }

    /// Seconds, with their fraction.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension TOMLForm<Duration> {
    package static let duration = TOMLForm.text(#"a duration like "30s" (ms, s, m, h, d)"#) {
        Duration(configured: $0)
    }

    /// A duration within bounds, both ends counted, of which only whole seconds would count: a fraction
    /// is refused.
    package static func seconds(from least: Duration, to most: Duration) -> TOMLForm {
        let inBounds = duration(from: least, to: most)
        return TOMLForm(inBounds.expected) { node, findings in
            guard let value = inBounds.read(node, findings) else { return nil }
            if value == .seconds(value.wholeSeconds) { return value }
            findings.report(
                node.position, "\(value.configured) is no whole number of seconds",
                remedy: "write whole seconds")
            return nil
        }
    }

    /// A duration within bounds, both ends counted.
    package static func duration(from least: Duration, to most: Duration) -> TOMLForm {
        TOMLForm("a duration from \(least.configured) to \(most.configured)") { node, findings in
            let bounds = "from \(least.configured) to \(most.configured)"
            if case .string(let text) = node.content, Duration.isTooLong(text) {
                findings.report(node.position, "\(text) is not \(bounds)")
                return nil
            }
            guard let value = TOMLForm.duration.read(node, findings) else { return nil }
            if (least...most).contains(value) { return value }
            findings.report(node.position, "\(value.configured) is not \(bounds)")
            return nil
        }
    }
}

extension TOMLForm<ByteCount> {
    /// Text with a unit, or a plain integer of bytes.
    package static let byteCount = TOMLForm(#"a size like "256KiB""#) { node, findings in
        if case .integer(let bytes) = node.content, bytes >= 0 { return ByteCount(bytes) }
        return TOMLForm.text(#"a size like "256KiB""#) { ByteCount($0) }.read(node, findings)
    }

    /// A size of a range.
    package static func byteCount(from least: ByteCount, to most: ByteCount) -> TOMLForm {
        TOMLForm("a size from \(least) to \(most)") { node, findings in
            guard let value = TOMLForm.byteCount.read(node, findings) else { return nil }
            if (least...most).contains(value) { return value }
            findings.report(node.position, "\(value) is not from \(least) to \(most)")
            return nil
        }
    }
}

/// The whole number in front and the unit behind it.
private func splitQuantity(_ text: String) -> (number: Int, unit: String)? {
    let digits = text.utf8.prefix { $0.isDigit }
    guard !digits.isEmpty, digits.count <= 18, let number = Int(String(Substring(digits))) else {
        return nil
    }
    return (number, String(text.dropFirst(digits.count)))
}

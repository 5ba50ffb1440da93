/// Punycode (RFC 3492) for one label, with checked arithmetic throughout.
enum Punycode {
    /// The text after `xn--` for these scalars; nil when it overflows.
    static func encoded(_ input: [Unicode.Scalar]) -> String? {
        guard input.count <= 63 else { return nil }
        var output = input.filter(\.isASCII).map { UInt8($0.value) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var n: UInt32 = 128
        var delta: UInt32 = 0
        var bias: UInt32 = 72
        var handled = basic
        while handled < input.count {
            guard let next = input.lazy.map(\.value).filter({ $0 >= n }).min() else { return nil }
            let (step, overflow) = (next - n).multipliedReportingOverflow(by: UInt32(handled + 1))
            let (sum, overflowed) = delta.addingReportingOverflow(step)
            guard !overflow, !overflowed else { return nil }
            delta = sum
            n = next
            for scalar in input {
                if scalar.value < n {
                    guard delta < .max else { return nil }
                    delta += 1
                }
                guard scalar.value == n else { continue }
                var quotient = delta
                var k: UInt32 = 36
                while true {
                    let threshold = k <= bias ? 1 : min(k - bias, 26)
                    if quotient < threshold { break }
                    output.append(
                        digit(threshold + (quotient - threshold) % (36 - threshold)))
                    quotient = (quotient - threshold) / (36 - threshold)
                    k += 36
                }
                output.append(digit(quotient))
                bias = adapt(delta, points: UInt32(handled + 1), isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            guard delta < .max, n < .max else { return nil }
            delta += 1
            n += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The scalars that stand for the text after `xn--`; nil when it is not well-formed.
    static func decoded(_ text: some StringProtocol) -> [Unicode.Scalar]? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 59, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        var output: [Unicode.Scalar] = []
        var place = 0
        if let dash = bytes.lastIndex(of: UInt8(ascii: "-")) {
            output = bytes[..<dash].map { Unicode.Scalar($0) }
            place = dash + 1
        }
        var n: UInt32 = 128
        var i: UInt32 = 0
        var bias: UInt32 = 72
        while place < bytes.count {
            let before = i
            var weight: UInt32 = 1
            var k: UInt32 = 36
            while true {
                guard place < bytes.count, let digit = value(bytes[place]) else { return nil }
                place += 1
                let (step, overflow) = digit.multipliedReportingOverflow(by: weight)
                let (sum, overflowed) = i.addingReportingOverflow(step)
                guard !overflow, !overflowed else { return nil }
                i = sum
                let threshold = k <= bias ? 1 : min(k - bias, 26)
                if digit < threshold { break }
                let (heavier, tooHeavy) = weight.multipliedReportingOverflow(by: 36 - threshold)
                guard !tooHeavy else { return nil }
                weight = heavier
                k += 36
            }
            let count = UInt32(output.count + 1)
            bias = adapt(i - before, points: count, isFirst: before == 0)
            let (next, overflow) = n.addingReportingOverflow(i / count)
            guard !overflow, let scalar = Unicode.Scalar(next) else { return nil }
            n = next
            i %= count
            output.insert(scalar, at: Int(i))
            i += 1
        }
        return output
    }

    private static func adapt(_ delta: UInt32, points: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / points
        var k: UInt32 = 0
        while delta > 455 {
            delta /= 35
            k += 36
        }
        return k + 36 * delta / (delta + 38)
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        value < 26 ? UInt8(value) + 0x61 : UInt8(value) - 26 + 0x30
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x61...0x7A: UInt32(byte - 0x61)
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x30...0x39: UInt32(byte - 0x30) + 26
        default: nil
        }
    }
}

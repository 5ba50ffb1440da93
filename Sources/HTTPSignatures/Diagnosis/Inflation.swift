/// Decompression after RFC 1951, of one message in memory.
struct Inflation {
    private let data: ArraySlice<UInt8>
    private let limit: Int
    private var place: Int
    private var bits: UInt32 = 0
    private var count: UInt32 = 0
    private var output: [UInt8] = []

    /// - Parameter limit: the bytes that may come out.
    init(_ data: ArraySlice<UInt8>, limit: Int) {
        self.data = data
        self.limit = limit
        place = data.startIndex
    }

    /// All that the data hold; nil when they are no such data, or more than the limit.
    mutating func run() -> [UInt8]? {
        while true {
            guard let isLast = take(1), let type = take(2) else { return nil }
            let isGood =
                switch type {
                case 0: stored()
                case 1: compressed(Self.fixedLengths, Self.fixedDistances)
                case 2: dynamic()
                case _: false
                }
            guard isGood else { return nil }
            if isLast == 1 { return output }
        }
    }

    private mutating func take(_ wanted: UInt32) -> Int? {
        while count < wanted {
            guard place < data.endIndex else { return nil }
            bits |= UInt32(data[place]) << count
            place += 1
            count += 8
        }
        let value = bits & ((1 << wanted) - 1)
        bits >>= wanted
        count -= wanted
        return Int(value)
    }

    // Section 3.2.4
    private mutating func stored() -> Bool {
        bits = 0
        count = 0
        guard data.endIndex - place >= 4 else { return false }
        let length = Int(data[place]) | Int(data[place + 1]) << 8
        let check = Int(data[place + 2]) | Int(data[place + 3]) << 8
        place += 4
        guard length == check ^ 0xFFFF, data.endIndex - place >= length,
            output.count + length <= limit
        else { return false }
        output += data[place..<(place + length)]
        place += length
        return true
    }

    // Section 3.2.7
    private mutating func dynamic() -> Bool {
        guard let literals = take(5), let distances = take(5), let lengths = take(4) else {
            return false
        }
        var codes = [Int](repeating: 0, count: 19)
        for index in 0..<(lengths + 4) {
            guard let bits = take(3) else { return false }
            codes[Self.order[index]] = bits
        }
        let table = PrefixCode(codes)
        var all: [Int] = []
        while all.count < literals + 257 + distances + 1 {
            guard let symbol = decode(table) else { return false }
            switch symbol {
            case 0..<16: all.append(symbol)
            case 16:
                guard let last = all.last, let more = take(2) else { return false }
                all += [Int](repeating: last, count: more + 3)
            case 17:
                guard let more = take(3) else { return false }
                all += [Int](repeating: 0, count: more + 3)
            case _:
                guard let more = take(7) else { return false }
                all += [Int](repeating: 0, count: more + 11)
            }
        }
        guard all.count == literals + 257 + distances + 1 else { return false }
        return compressed(
            PrefixCode(Array(all[..<(literals + 257)])),
            PrefixCode(Array(all[(literals + 257)...])))
    }

    // Section 3.2.5
    private mutating func compressed(_ literals: PrefixCode, _ distances: PrefixCode) -> Bool {
        while let symbol = decode(literals) {
            if symbol == 256 { return true }
            guard output.count < limit else { return false }
            if symbol < 256 {
                output.append(UInt8(truncatingIfNeeded: symbol))
                continue
            }
            guard symbol < 286, let extra = take(Self.lengthBits(symbol - 257)),
                let code = decode(distances), code < 30,
                let far = take(code < 4 ? 0 : UInt32(code / 2 - 1))
            else { return false }
            let length = Self.lengthBases[symbol - 257] + extra
            let distance = (code < 4 ? code + 1 : (2 + code % 2) << (code / 2 - 1) + 1) + far
            guard distance <= output.count, output.count + length <= limit else { return false }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
        return false
    }

    private mutating func decode(_ table: PrefixCode) -> Int? {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            guard let bit = take(1) else { return nil }
            code |= bit
            let count = table.counts[length]
            if code - count < first { return table.symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        return nil
    }

    private static func lengthBits(_ index: Int) -> UInt32 {
        index < 8 || index == 28 ? 0 : UInt32(index / 4 - 1)
    }

    private static let order = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
        131, 163, 195, 227, 258,
    ]
    private static let fixedLengths = PrefixCode(
        [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112)
            + [Int](repeating: 7, count: 24) + [Int](repeating: 8, count: 8))
    private static let fixedDistances = PrefixCode([Int](repeating: 5, count: 30))
}

/// A prefix code by the lengths of its words (section 3.2.2).
private struct PrefixCode {
    /// How many words there are of each length.
    let counts: [Int]
    /// Their symbols, shortest first.
    let symbols: [Int]

    init(_ lengths: [Int]) {
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths where length > 0 { counts[length] += 1 }
        var symbols: [Int] = []
        for length in 1...15 {
            for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
        }
        self.counts = counts
        self.symbols = symbols
    }
}

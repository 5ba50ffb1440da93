import Federation

/// The strict JSON reader.
enum JSONProperties {
    /// What was read is written and read the same, and written the same again.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard let value = try? JSONValue(parsing: bytes) else { return }
        let written = value.serialized()
        guard let again = try? JSONValue(parsing: written, limits: roomy) else {
            throw Violation("read, but refused when written: \(text(written))")
        }
        try hold(again == value, "\(text(written)) reads otherwise")
        try hold(again.serialized() == written, "\(text(written)) is written otherwise")
    }

    /// An escape is longer than the byte that it stands for.
    private static let roomy = JSONLimits(bytes: 1 << 24)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

import ArgumentParser

/// How many of something an operator wants: what no machine could hold is a slip.
enum CountOption {
    /// From 1 on.
    static func some(_ text: String) throws -> Int { try read(text, from: 1) }

    /// None too.
    static func orNone(_ text: String) throws -> Int { try read(text, from: 0) }

    private static func read(_ text: String, from least: Int) throws -> Int {
        guard let count = Int(text), (least...limit).contains(count) else {
            throw ValidationError("expected a number from \(least) to \(limit)")
        }
        return count
    }

    private static let limit = 100_000
}

extension StructuredField {
    /// Keys and values in the order of their first occurrence (RFC 9651 sections 3.1.2 and 3.2).
    ///
    /// Looked up by a scan while small; a peer that sends thousands of keys causes an index, not a
    /// quadratic search.
    package struct OrderedMap<Value: Sendable & Equatable>: Sendable, Equatable {
        package private(set) var entries: [Entry<Value>] = []
        private var positions: [String: Int]?

        package init() {}

        /// For values written in code: a repeated key keeps its last value.
        package init(_ entries: [(String, Value)]) {
            for (key, value) in entries { set(key, to: value) }
        }

        package var isEmpty: Bool { entries.isEmpty }
        package var count: Int { entries.count }

        package subscript(key: String) -> Value? {
            guard let position = position(of: key) else { return nil }
            return entries[position].value
        }

        /// Sets or replaces a value; a replaced one keeps its place. Returns whether the key is new.
        @discardableResult
        package mutating func set(_ key: String, to value: Value) -> Bool {
            if let position = position(of: key) {
                entries[position].value = value
                return false
            }
            if entries.isEmpty { entries.reserveCapacity(4) }
            entries.append(Entry(key: key, value: value))
            if positions != nil {
                positions?[key] = entries.count - 1
            } else if entries.count > Self.scanned {
                positions = [:]
                for (position, entry) in entries.enumerated() { positions?[entry.key] = position }
            }
            return true
        }

        package static func == (left: Self, right: Self) -> Bool {
            left.entries == right.entries
        }

        private func position(of key: String) -> Int? {
            if let positions { return positions[key] }
            return entries.firstIndex { $0.key == key }
        }

        private static var scanned: Int { 16 }
    }
}

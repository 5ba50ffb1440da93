/// Names of fields of which each field of a message is asked whether it is one of them.
package struct FieldSet: Sendable, Sequence, ExpressibleByArrayLiteral {
    private let names: [FieldName]
    /// An open hash table of indices into `names`, at most half full.
    private let slots: [UInt8]

    /// At most ``most`` names.
    package init(_ names: [FieldName]) {
        precondition(names.count <= Self.most, "too many names for one byte")
        self.names = names
        var count = 16
        while count < names.count * 2 { count *= 2 }
        var slots = [UInt8](repeating: Self.empty, count: count)
        for (index, name) in names.enumerated() {
            var slot = Int(name.nameHash) & (count - 1)
            while slots[slot] != Self.empty { slot = (slot + 1) & (count - 1) }
            slots[slot] = UInt8(index)
        }
        self.slots = slots
    }

    package init(arrayLiteral names: FieldName...) { self.init(names) }

    /// The names, in the order in which they were given.
    package func makeIterator() -> IndexingIterator<[FieldName]> { names.makeIterator() }

    /// Whether the field has one of the names.
    func holds(_ entry: FieldList.Entry, of fields: FieldList) -> Bool {
        var slot = Int(entry.hash) & (slots.count - 1)
        while slots[slot] != Self.empty {
            if fields.matches(entry, names[Int(slots[slot])]) { return true }
            slot = (slot + 1) & (slots.count - 1)
        }
        return false
    }

    private static let empty = UInt8.max
    /// Their indices have to be less than ``empty``.
    private static let most = 100
}

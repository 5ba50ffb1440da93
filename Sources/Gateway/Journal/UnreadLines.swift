/// Lines of a journal that were left out, since they cannot be read: changed by somebody, or damaged.
package struct UnreadLines: Sendable {
    package private(set) var count = 0
    private var first: [JournalReader.Place] = []

    mutating func note(_ place: JournalReader.Place) {
        count += 1
        if first.count < Self.shown { first.append(place) }
    }

    /// Those of a day before.
    mutating func note(_ earlier: UnreadLines) {
        count += earlier.count
        first = Array((earlier.first + first).prefix(Self.shown))
    }

    /// For the operator: a line of text for each of the first ones, and how many more there are.
    package var told: [String] {
        let lines = first.map { place in
            "\(place.file):\(place.number): cannot be read and was left out; "
                + "see ocmgate journal verify"
        }
        return count > first.count ? lines + ["and \(count - first.count) more"] : lines
    }

    private static let shown = 20
}

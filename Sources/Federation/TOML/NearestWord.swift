/// The known word that a misspelt one most likely stands for, or nil when none is near.
///
/// Near: at most a third of the letters, and at most three, differ (a swap of neighbours counts
/// once; case, `-` and `_` do not count at all). Where none is, one of which it is the beginning
/// (`size` of `size_max`).
package func nearestWord(to word: String, among known: [String]) -> String? {
    let letters = plain(word)
    guard letters.count <= 64 else { return nil }
    var best: (word: String, distance: Int)?
    for candidate in known {
        let other = plain(candidate)
        let distance = editDistance(letters, other)
        let allowed = min(3, max(1, max(letters.count, other.count) / 3))
        if distance <= allowed, distance < best?.distance ?? Int.max {
            best = (candidate, distance)
        }
    }
    return best?.word ?? known.first { plain($0).starts(with: letters + [UInt8(ascii: "_")]) }
}

private func plain(_ word: String) -> [UInt8] {
    word.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        default: byte
        }
    }
}

/// The optimal string alignment distance: insertions, deletions, changes, swaps of neighbours.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var before: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
        var next = [row]
        for column in 1...right.count {
            let change = left[row - 1] == right[column - 1] ? 0 : 1
            var cost = min(last[column] + 1, next[column - 1] + 1, last[column - 1] + change)
            if row > 1, column > 1, left[row - 1] == right[column - 2],
                left[row - 2] == right[column - 1]
            {
                cost = min(cost, before[column - 2] + 1)
            }
            next.append(cost)
        }
        before = last
        last = next
    }
    return last[right.count]
}

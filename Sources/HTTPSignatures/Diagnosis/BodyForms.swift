/// Bodies that differ from the one that came as line ends and marks of text files do.
package enum BodyForms {
    /// All of them, each once.
    package static func all(of body: [UInt8]) -> [SuspectBody] {
        var forms: [[UInt8]] = []
        for form in trimmed(body) + ended(body) + converted(body) + marked(body)
        where form != body && !forms.contains(form) {
            forms.append(form)
        }
        return forms.map { SuspectBody($0, Distortion(.lineEnds)) }
    }

    private static func trimmed(_ body: [UInt8]) -> [[UInt8]] {
        let end = body.lastIndex { $0 > 0x20 } ?? -1
        return [Array(body[...end])]
    }

    private static func ended(_ body: [UInt8]) -> [[UInt8]] {
        [body + [0x0A], body + [0x0D, 0x0A]]
    }

    private static func converted(_ body: [UInt8]) -> [[UInt8]] {
        guard body.contains(0x0A) else { return [] }
        let feeds = body.filter { $0 != 0x0D }
        return [feeds, feeds.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }]
    }

    /// With and without the mark that some editors put before UTF-8.
    private static func marked(_ body: [UInt8]) -> [[UInt8]] {
        body.starts(with: mark) ? [Array(body.dropFirst(mark.count))] : [mark + body]
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

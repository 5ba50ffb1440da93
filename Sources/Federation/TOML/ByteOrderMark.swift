extension Collection where Element == UInt8 {
    /// Whether U+FEFF stands in front, in UTF-8: a mark, and no part of the text.
    var hasByteOrderMark: Bool { starts(with: [0xEF, 0xBB, 0xBF]) }

    /// The text behind the mark, if there is one.
    package var withoutByteOrderMark: SubSequence { dropFirst(hasByteOrderMark ? 3 : 0) }
}

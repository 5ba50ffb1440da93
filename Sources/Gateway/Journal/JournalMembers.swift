package import Federation

/// The members of a line, each read when it is asked for: most of what is asked of a million lines
/// needs few of them.
package struct JournalMembers {
    private let bytes: ArraySlice<UInt8>
    /// Where names and values are, the former without their quotes; counted from the line's first
    /// byte.
    private let places: [(name: Range<Int>, value: Range<Int>)]

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        var places: [(name: Range<Int>, value: Range<Int>)] = []
        places.reserveCapacity(32)
        var members = JSONMembers()
        while let place = members.next(in: bytes.span) { places.append(place) }
        self.places = places
    }

    /// Milliseconds since 1970; nil when it is no time.
    var time: Int? { Timestamp.milliseconds(self["at"]?.string ?? "") }

    /// The first member of this name; nil when there is none. Names are compared as they are
    /// written.
    package subscript(_ name: String) -> JSONValue? {
        let text = bytes.span
        let name = name.utf8.span
        for place in places where text.extracting(place.name).isSame(as: name) {
            return try? JSONValue(parsing: text.extracting(place.value), limits: .journal)
        }
        return nil
    }
}

/// Finds the members of a JSON object, one after the other, without reading them.
struct JSONMembers {
    /// Behind the member before.
    private var place = 0

    /// Where the name, without its quotes, and the value of the next member are; nil behind the last
    /// one, and where the text is not as we write it.
    mutating func next(in text: Span<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
        let start = place + 1
        guard start < text.count, text[place] == UInt8(ascii: place == 0 ? "{" : ","),
            text[start] == UInt8(ascii: "\""), let nameEnd = Self.stringEnd(text, start),
            nameEnd + 1 < text.count, text[nameEnd] == UInt8(ascii: ":"),
            let end = Self.valueEnd(text, nameEnd + 1), end < text.count
        else { return nil }
        place = end
        return ((start + 1)..<(nameEnd - 1), (nameEnd + 1)..<end)
    }

    /// Whether there is nothing but members, up to the end of the object.
    static func areWhole(in text: Span<UInt8>) -> Bool {
        var members = JSONMembers()
        while members.next(in: text) != nil {}
        return members.place == text.count - 1 && text[members.place] == UInt8(ascii: "}")
    }

    /// Where the value of the first member of this name is; nil when there is none. Names are
    /// compared as they are written.
    static func value(of name: String, in text: Span<UInt8>) -> Range<Int>? {
        var members = JSONMembers()
        while let member = members.next(in: text) {
            if text.extracting(member.name).isSame(as: name.utf8.span) { return member.value }
        }
        return nil
    }

    /// Behind the string that begins at `start`.
    private static func stringEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var place = start + 1
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""): return place + 1
            case UInt8(ascii: "\\"): place += 2
            default: place += 1
            }
        }
        return nil
    }

    /// Behind the value that begins at `start`.
    private static func valueEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
        var place = start
        var depth = 0
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(text, place) else { return nil }
                place = end
                if depth == 0 { return place }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return place }
                depth -= 1
                if depth == 0 { return place + 1 }
            case UInt8(ascii: ",") where depth == 0: return place
            default: break
            }
            place += 1
        }
        return nil
    }
}

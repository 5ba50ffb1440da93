import OpenSSL

/// Fields as JSON has them: written once for the lines of the log and of the journal.
///
/// Each is cut for itself, since not every line has all of them.
package struct LogMembers: Sendable {
    /// Each with a comma before it.
    private var bytes: [UInt8] = []
    private var places: [(name: LogField, end: Int)] = []
    /// Where the field begins that is being written.
    private var start = 0
    /// Of the objects in it.
    private var depth = 0
    /// Of an object in it: whether it has no member yet.
    private var isFirst = false

    init() {
        bytes.reserveCapacity(2048)
        places.reserveCapacity(24)
    }

    package init(_ entries: [LogEntry]) {
        self.init()
        for entry in entries {
            var member = [UInt8(ascii: ",")]
            LogLine.write(entry, depth: 0, into: &member)
            bytes.append(copying: member.span)
            places.append((entry.name, bytes.count))
        }
    }

    var count: Int { bytes.count }

    /// Each field and what is written of it.
    func forEach(_ body: (LogField, Span<UInt8>) -> Void) {
        var start = 0
        for (name, end) in places {
            body(name, bytes.span.extracting(start..<end))
            start = end
        }
    }

    /// The value of what is written of a field.
    @_lifetime(copy member)
    static func value(of member: Span<UInt8>, _ name: Span<UInt8>) -> Span<UInt8> {
        member.extracting((name.count + 4)...)
    }
}

/// Absent facts are absent fields: what is nil or empty is left out.
extension LogMembers {
    mutating func add(_ name: LogField, _ text: String?) {
        guard let text, begin(name) else { return }
        LogText.write(text, into: &bytes)
        end(name)
    }

    mutating func add(_ name: LogField, _ number: Int?) {
        guard let number, begin(name) else { return }
        bytes.append(decimal: number)
        end(name)
    }

    mutating func add(_ name: LogField, _ texts: [String]) {
        if !texts.isEmpty { add(name, list: texts) }
    }

    /// A list that is told of where it is empty, too.
    mutating func add(_ name: LogField, list texts: [String]) {
        add(name, list: texts) { LogText.write($1, into: &$0.bytes) }
    }

    /// Begins an object, whose members are those that are added until it is closed.
    mutating func open(_ name: LogField) -> Opened {
        let (place, wasFirst) = (bytes.count, isFirst)
        guard begin(name) else {
            return Opened(name: name, place: place, wasFirst: wasFirst, inside: nil)
        }
        openObject()
        return Opened(name: name, place: place, wasFirst: wasFirst, inside: bytes.count)
    }

    /// Ends an object; it is left out where it got no member.
    mutating func close(_ object: Opened) {
        guard let inside = object.inside else { return }
        closeObject()
        if bytes.count > inside + 1 {
            end(object.name)
        } else {
            bytes.removeLast(bytes.count - object.place)
            isFirst = object.wasFirst
        }
    }

    /// An object that is being written.
    struct Opened {
        fileprivate let name: LogField
        /// Where it begins.
        fileprivate let place: Int
        fileprivate let wasFirst: Bool
        /// Where its first member begins; nil where it has no room.
        fileprivate let inside: Int?
    }

    /// A list, element by element.
    mutating func add<Element>(
        _ name: LogField, list elements: [Element],
        _ element: (inout LogMembers, Element) -> Void
    ) {
        guard begin(name) else { return }
        bytes.append(UInt8(ascii: "["))
        for place in 0..<min(elements.count, LogText.listLimit) where !isLong {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            element(&self, elements[place])
        }
        bytes.append(UInt8(ascii: "]"))
        end(name)
    }

    /// Begins an object that is an element of a list.
    mutating func openObject() {
        bytes.append(UInt8(ascii: "{"))
        depth += 1
        isFirst = true
    }

    mutating func closeObject() {
        depth -= 1
        isFirst = false
        bytes.append(UInt8(ascii: "}"))
    }

    /// False where the field that it would be in is as long as one may be.
    private mutating func begin(_ name: LogField) -> Bool {
        if depth == 0 { start = bytes.count } else if isLong { return false }
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(quoting: name.rawValue.utf8.span)
        bytes.append(UInt8(ascii: ":"))
        return true
    }

    private mutating func end(_ name: LogField) {
        if depth == 0 { places.append((name, bytes.count)) }
    }

    private var isLong: Bool { bytes.count - start >= LogLine.limit }
}

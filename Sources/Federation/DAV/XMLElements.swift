import OpenSSL

/// The elements that are open in a document, as far as namespaces need it (Namespaces in XML 1.0).
struct XMLElements: Sendable {
    private var depth = 0
    private var bindings: [Binding] = []

    /// A prefix that the element at this depth bound.
    private struct Binding: Sendable {
        let depth: Int
        /// Empty for the default namespace.
        let prefix: [UInt8]
        let isDAV: Bool
    }

    /// What an element is to who rewrites paths in the answer.
    enum Element: Sendable, Equatable {
        /// `href` of the namespace `DAV:`, with content to come.
        case href
        /// `collection` of that namespace.
        case collection
        case other
    }

    var isClosed: Bool { depth == 0 }

    /// A start tag or an empty element, from `<` to `>`.
    mutating func begin(_ tag: [UInt8]) throws(MultistatusError) -> Element {
        guard depth < Self.deepest else { throw .tooDeep }
        depth += 1
        var rest = tag[1..<(tag.count - 1)]
        let isEmpty = rest.last == UInt8(ascii: "/")
        if isEmpty { rest = rest.dropLast() }
        let name = rest.prefix { !$0.isWhiteSpace }
        rest = rest.dropFirst(name.count)
        while let (attribute, value) = try Self.attribute(&rest) { try bind(attribute, value) }
        let element: Element =
            if isDAV("href", name) {
                isEmpty ? .other : .href
            } else {
                isDAV("collection", name) ? .collection : .other
            }
        if isEmpty { try end() }
        return element
    }

    mutating func end() throws(MultistatusError) {
        guard depth > 0 else { throw .malformed }
        while let last = bindings.last, last.depth == depth { bindings.removeLast() }
        depth -= 1
    }

    private mutating func bind(
        _ attribute: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>
    ) throws(MultistatusError) {
        guard attribute.starts(with: "xmlns".utf8) else { return }
        let prefix = attribute.dropFirst(5)
        guard prefix.isEmpty || prefix.first == UInt8(ascii: ":") else { return }
        guard bindings.count < Self.mostBindings else { throw .tooDeep }
        let name = XMLText.resolved(value) ?? []
        bindings.append(
            Binding(
                depth: depth, prefix: Array(prefix.dropFirst()),
                isDAV: name.elementsEqual("DAV:".utf8)))
    }

    /// Whether a tag's name is this one of the namespace `DAV:`.
    private func isDAV(_ wanted: String, _ name: ArraySlice<UInt8>) -> Bool {
        guard name.suffix(wanted.utf8.count).elementsEqual(wanted.utf8) else { return false }
        let parts = name.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let local = parts.last, local.elementsEqual(wanted.utf8), parts.count <= 2 else {
            return false
        }
        let prefix = parts.count == 2 ? parts[0] : []
        return bindings.last { $0.prefix.elementsEqual(prefix) }?.isDAV ?? false
    }

    /// The next `name="value"`; nil at the end of the tag.
    private static func attribute(
        _ rest: inout ArraySlice<UInt8>
    ) throws(MultistatusError) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        rest = rest.drop(while: \.isWhiteSpace)
        guard !rest.isEmpty else { return nil }
        let name = rest.prefix { !$0.isWhiteSpace && $0 != UInt8(ascii: "=") }
        rest = rest.dropFirst(name.count).drop(while: \.isWhiteSpace)
        guard rest.first == UInt8(ascii: "=") else { throw .malformed }
        rest = rest.dropFirst().drop(while: \.isWhiteSpace)
        guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else { throw .malformed }
        let value = rest.dropFirst().prefix { $0 != quote }
        rest = rest.dropFirst(value.count + 2)
        return (name, value)
    }

    private static let deepest = 64
    private static let mostBindings = 256
}

/// What a signature is over: the parts of one HTTP message that components name.
///
/// The body is not a part: a digest field speaks for it.
package struct SignedMessage: Sendable {
    /// A field line.
    package struct Field: Sendable, Equatable {
        /// Lower case.
        package let name: String
        /// As received, without the line's end.
        package let value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }

        package init(_ name: String, _ value: String) {
            self.init(name, Array(value.utf8))
        }
    }

    /// The first line.
    package indirect enum Start: Sendable {
        case request(method: String, target: RequestTarget)
        /// The request is needed only where the signature covers parts of it (`req`).
        case response(status: Int, request: SignedMessage?)
    }

    package let start: Start
    private(set) var lines: FieldLines
    private(set) var trailerLines: FieldLines
    /// What fields beyond the well-known ones are, for the `sf` parameter; names in lower case.
    package var kinds: [String: StructuredField.Kind] = [:]

    package init(start: Start, fields: [Field], trailers: [Field] = []) {
        self.start = start
        lines = FieldLines(fields)
        trailerLines = FieldLines(trailers)
    }

    /// The fields in the order of the wire, each on its own.
    package var fields: [Field] {
        get { lines.fields }
        set { lines = FieldLines(newValue) }
    }

    var trailers: [Field] { trailerLines.fields }

    /// A request; nil when `method` is no token or `target` no request-target.
    package init?(
        method: String, target: String, origin: Origin, fields: [Field], trailers: [Field] = []
    ) {
        self.init(method: method, target: target, origin: origin, lines: FieldLines(fields))
        trailerLines = FieldLines(trailers)
    }

    /// The same of lines that lie in the bytes of a head.
    package init?(method: String, target: String, origin: Origin, lines: FieldLines) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isFieldNameByte),
            let target = RequestTarget(target, origin: origin)
        else { return nil }
        start = .request(method: method, target: target)
        self.lines = lines
        trailerLines = FieldLines([])
    }

    package init(
        status: Int, fields: [Field], trailers: [Field] = [], request: SignedMessage? = nil
    ) {
        self.init(
            start: .response(status: status, request: request), fields: fields, trailers: trailers)
    }

    /// The lines of a field, trimmed and joined with `, ` (RFC 9110 section 5.3); nil when there
    /// is none. `name` in lower case.
    package func combined(_ name: String) -> [UInt8]? { lines.combined(name) }

    /// How many lines a field has. `name` in lower case.
    package func lines(of name: String) -> Int { lines.count(of: name) }
}

extension [UInt8] {
    /// The range without spaces and tabs at either end.
    var trimmed: Range<Int> {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}

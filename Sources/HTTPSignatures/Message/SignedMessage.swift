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
    /// In the order of the wire.
    package var fields: [Field]
    package var trailers: [Field]
    /// What fields beyond the well-known ones are, for the `sf` parameter; names in lower case.
    package var kinds: [String: StructuredField.Kind] = [:]

    package init(start: Start, fields: [Field], trailers: [Field] = []) {
        self.start = start
        self.fields = fields
        self.trailers = trailers
    }

    /// A request; nil when `method` is no token or `target` no request-target.
    package init?(
        method: String, target: String, origin: Origin, fields: [Field], trailers: [Field] = []
    ) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isFieldNameByte),
            let target = RequestTarget(target, origin: origin)
        else { return nil }
        self.init(
            start: .request(method: method, target: target), fields: fields, trailers: trailers)
    }

    package init(
        status: Int, fields: [Field], trailers: [Field] = [], request: SignedMessage? = nil
    ) {
        self.init(
            start: .response(status: status, request: request), fields: fields, trailers: trailers)
    }

    /// The lines of a field, trimmed and joined with `, ` (RFC 9110 section 5.3); nil when there
    /// is none. `name` in lower case.
    package func combined(_ name: String) -> [UInt8]? {
        var combined: [UInt8]?
        for field in fields where field.name == name {
            if combined == nil {
                combined = []
            } else {
                combined?.append(contentsOf: [UInt8(ascii: ","), UInt8(ascii: " ")])
            }
            combined?.append(contentsOf: field.value[field.value.trimmed])
        }
        return combined
    }

    /// How many lines a field has. `name` in lower case.
    package func lines(of name: String) -> Int {
        fields.reduce(0) { $1.name == name ? $0 + 1 : $0 }
    }
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

import Transport

/// A request as a small server needs it: text where it is text, and the whole body.
struct PlainRequest: Sendable {
    let method: Method
    /// Percent-encoded, as it was sent, without the query.
    let path: String
    /// Without its `?`; empty when there is none.
    let query: String
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    init(
        method: Method, path: String, query: String = "",
        fields: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
    }

    /// The value of the first field of this name, in whatever case it is written.
    subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    /// Method, target and fields as they would stand on the wire.
    var head: String {
        let target = query.isEmpty ? path : "\(path)?\(query)"
        let lines = fields.map { "\($0.name): \($0.value)" }
        return (["\(method.rawValue) \(target) HTTP/1.1"] + lines).joined(separator: "\r\n")
    }
}

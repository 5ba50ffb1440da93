/// A request in parts that can be put back as its signer may have seen them.
struct RequestSketch {
    var method: String
    var origin: Origin
    var path: String
    var query: String?
    var fields: [SignedMessage.Field]
    private let original: SignedMessage

    /// Nil for responses, and for targets that are not a path.
    init?(_ message: SignedMessage) {
        guard case .request(let method, let target) = message.start, target.text.hasPrefix("/")
        else { return nil }
        self.method = method
        origin = target.origin
        path = target.path
        query = target.query
        fields = message.fields
        original = message
    }

    /// The message of these parts; nil when they make none.
    var message: SignedMessage? {
        let target = path + (query.map { "?" + $0 } ?? "")
        var message = SignedMessage(
            method: method, target: target, origin: origin, fields: fields,
            trailers: original.trailers)
        message?.kinds = original.kinds
        return message
    }

    /// The one line of a field, as text; nil when there are none or several. `name` in lower case.
    func text(_ name: String) -> String? {
        let lines = fields.filter { $0.name == name }
        guard lines.count == 1 else { return nil }
        return String(validating: lines[0].value[lines[0].value.trimmed], as: UTF8.self)
    }

    /// Gives a field one line of this value.
    mutating func set(_ name: String, _ value: String) {
        let place = fields.firstIndex { $0.name == name } ?? fields.count
        fields.removeAll { $0.name == name }
        fields.insert(SignedMessage.Field(name, value), at: min(place, fields.count))
    }
}

/// One way in which the signer may have seen a part otherwise.
struct Edit {
    let distortion: Distortion
    let part: Part

    /// The part, and what the signer may have seen there.
    enum Part {
        case authority(String)
        case scheme(String)
        case target(path: String, query: String?)
        case method(String)
        case field(String, String)
    }

    func apply(to sketch: inout RequestSketch) {
        switch part {
        case .authority(let authority):
            if let origin = Origin(scheme: sketch.origin.scheme, authority: authority) {
                sketch.origin = origin
            }
            if sketch.fields.contains(where: { $0.name == "host" }) {
                sketch.set("host", authority)
            }
        case .scheme(let scheme):
            if let origin = Origin(scheme: scheme, authority: sketch.origin.authority) {
                sketch.origin = origin
            }
        case .target(let path, let query):
            sketch.path = path
            sketch.query = query
        case .method(let method): sketch.method = method
        case .field(let name, let value): sketch.set(name, value)
        }
    }
}

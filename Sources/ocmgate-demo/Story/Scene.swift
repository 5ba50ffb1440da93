import Federation

/// One step of the demonstration, as it went.
struct Scene: Sendable {
    let title: String
    /// Who did what, in order.
    var lines: [Line] = []
    var status: Int?
    /// What the gateway wrote about it: the members of its line.
    var decision: JSONObject?
    /// What is not as expected; empty when all is.
    var complaints: [String] = []

    struct Line: Sendable {
        let who: String
        let what: String
    }

    init(_ title: String) { self.title = title }

    var isAsExpected: Bool { complaints.isEmpty }

    mutating func add(_ who: String, _ what: String) {
        lines.append(Line(who: who, what: what))
    }

    /// Notes a complaint unless `condition` holds.
    mutating func expect(_ condition: Bool, _ complaint: String) {
        if !condition { complaints.append(complaint) }
    }

    /// For programs.
    var json: JSONValue {
        .object([
            ("step", .string(title)),
            ("ok", .bool(isAsExpected)),
            ("status", status.map(JSONValue.integer) ?? .null),
            ("decision", decision.map(JSONValue.object) ?? .null),
            (
                "lines",
                .array(
                    lines.map {
                        .object([("who", .string($0.who)), ("what", .string($0.what))])
                    })
            ),
            ("complaints", .array(complaints.map(JSONValue.string))),
        ])
    }
}

/// The format `json`: an array of entries, or an object with such an array as `entries`. An entry is
/// a pattern, or an object with `host` and, where there are, `until` and `note`.
///
///     {"entries": ["cloud.partner.example", {"host": "*.surf.example", "until": "2027-06-30"}]}
enum JSONList {
    /// Refused: members of other names, a host that is no pattern, an end that is no date.
    static func contents(
        _ bytes: [UInt8], _ limits: JSONLimits = .file
    ) throws(ListDefect) -> ListContents {
        let document = try ListJSON(bytes, limits)
        var contents = ListContents()
        let (path, values) = try entries(document.root)
        for (place, value) in values.enumerated() {
            let name = "\(path)[\(place)]"
            try contents.add(try entry(value, name), at: .member(name))
        }
        return contents
    }

    /// The list, sorted, an entry a line.
    static func text(_ entries: [ListEntry]) -> String {
        let lines = entries.byPattern.map { pattern, entry in
            var members: [(String, JSONValue)] = [("host", .string(pattern))]
            if let until = entry.until { members.append(("until", .string(ListDate.text(until)))) }
            if let note = entry.note { members.append(("note", .string(note))) }
            let value: JSONValue = members.count == 1 ? .string(pattern) : .object(members)
            return "  " + String(decoding: value.serialized(), as: UTF8.self)
        }
        return "{\"entries\": [\n" + lines.joined(separator: ",\n") + "\n]}\n"
    }

    private static func entries(_ root: JSONValue) throws(ListDefect) -> (String, [JSONValue]) {
        if let values = root.array { return ("", values) }
        guard let object = root.object, let values = object["entries"]?.array else {
            throw ListDefect("this is no array of entries, nor an object with \"entries\"")
        }
        try refuse(object, except: ["entries"], "")
        return ("entries", values)
    }

    private static func entry(
        _ value: JSONValue, _ name: String
    ) throws(ListDefect) -> ListEntry {
        if let text = value.string { return ListEntry(pattern: try pattern(text, name)) }
        guard let object = value.object else {
            throw ListDefect("this is neither a pattern nor an object", at: .member(name))
        }
        try refuse(object, except: ["host", "until", "note"], name)
        guard let host = object["host"]?.string else {
            throw ListDefect("there is no \"host\"", at: .member(name))
        }
        var until: Int?
        if let value = object["until"] {
            guard let end = value.string.flatMap(ListDate.end) else {
                throw ListDefect(
                    "this is no date like \"2027-06-30\"", at: .member("\(name).until"))
            }
            until = end
        }
        var note: String?
        if let value = object["note"] {
            guard let text = value.string else {
                throw ListDefect("a note is a string", at: .member("\(name).note"))
            }
            note = text
        }
        return ListEntry(pattern: try pattern(host, "\(name).host"), until: until, note: note)
    }

    private static func pattern(_ text: String, _ name: String) throws(ListDefect) -> HostPattern {
        guard let pattern = HostPattern(text) else {
            throw ListDefect(
                "\(quoted(String(text.prefix(256)))) is not \(TOMLForm.hostPattern.expected)",
                at: .member(name))
        }
        return pattern
    }

    private static func refuse(
        _ object: JSONObject, except known: [String], _ name: String
    ) throws(ListDefect) {
        for member in object.members where !known.contains(where: { $0.isSame(as: member.name) }) {
            throw ListDefect(
                "unknown member \(quoted(String(member.name.prefix(256))))",
                at: name.isEmpty ? .whole : .member(name))
        }
    }
}

/// A JSON document of the size of a list.
struct ListJSON {
    let root: JSONValue

    init(_ bytes: [UInt8], _ limits: JSONLimits = .file) throws(ListDefect) {
        do throws(JSONError) {
            root = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw ListDefect(error, in: bytes)
        }
    }
}

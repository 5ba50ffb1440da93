/// The content types of OCM messages.
package enum MediaType: String, Sendable {
    case json = "application/json"
    case form = "application/x-www-form-urlencoded"

    /// The type of a `Content-Type` field; nil for any other type, for a charset that is not UTF-8 and for
    /// every other parameter: PHP picks its parser by this field, and Django the body's charset by
    /// `charset*` too (RFC 2231, section 4), so that a body is read differently behind us.
    package init?(_ field: String?) {
        if let field, field.isSame(as: MediaType.json.rawValue) {
            self = .json
            return
        }
        guard let parts = field?.split(separator: ";", omittingEmptySubsequences: false),
            let type = MediaType(rawValue: Self.trimmed(parts[0]).lowercased())
        else { return nil }
        for parameter in parts.dropFirst() {
            if Self.trimmed(parameter).isEmpty { continue }
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, Self.trimmed(pair[0]).lowercased() == "charset",
                ["utf-8", "\"utf-8\"", "utf8"].contains(Self.trimmed(pair[1]).lowercased())
            else { return nil }
        }
        self = type
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return text
    }
}

/// The query of a message's URL.
package enum MessageQuery {
    /// Refused (`malformed_message`): any parameter but `format`. Nextcloud and ownCloud merge the
    /// query with the body, so that what the body leaves out could be said there unjudged.
    package static func check(_ query: String?) throws(Denial) {
        guard let query, !query.isEmpty else { return }
        let form = try FormBody(parsing: Array(query.utf8))
        guard form.parameters.allSatisfy({ $0.name == "format" }) else {
            throw Denial(.malformedMessage, "a message with parameters in its query")
        }
    }
}

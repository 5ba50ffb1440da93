package import Federation
import OpenSSL

/// Opens the personal values of records, or shows pseudonyms in their place.
package struct JournalPeople: Sendable {
    /// Nil for those who open nothing.
    private let open: (@Sendable (JournalPseudonym, [UInt8]) -> String?)?

    /// - Parameter open: the text of a sealed value; nil when its subject was forgotten.
    init(open: (@Sendable (JournalPseudonym, [UInt8]) -> String?)?) { self.open = open }

    /// For those without the seal key: everybody stays a pseudonym.
    package static let pseudonyms = JournalPeople(open: nil)

    /// The text of a value: itself where it is not sealed; else what it was, or, where that cannot
    /// be opened, `~PSEUDONYM@HOST` (`~PSEUDONYM` without a host). Nil for what is no such value.
    package func text(_ value: JSONValue) -> String? {
        if let text = value.string { return text }
        guard let object = value.object,
            let pseudonym = object["s"]?.string.flatMap({ JournalPseudonym($0) })
        else { return nil }
        if let open, let sealed = object["c"]?.string.flatMap({ Base64.decodeURL($0) }),
            let text = open(pseudonym, sealed)
        {
            return text
        }
        return "~\(pseudonym)" + (object["h"]?.string.map { "@\($0)" } ?? "")
    }

    /// A value with everything in it opened.
    package func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number, .string: value
        case .array(let elements): .array(elements.map(plain))
        case .object(let object):
            if object["s"] != nil, object["c"] != nil, let text = text(value) {
                .string(text)
            } else {
                .object(object.members.map { ($0.name, plain($0.value)) })
            }
        }
    }
}

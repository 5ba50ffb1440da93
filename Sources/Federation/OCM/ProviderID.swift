/// The sender's name for a share, a JSON number from Nextcloud to 27 and a string elsewhere.
///
/// 22 and "22" are the same share; the type in the message stays as it was.
package struct ProviderID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    /// Whether it is one that no other server makes (RFC 9562), and not a number of a server's own.
    var isUUID: Bool { OCMAddress.isUUID(text) }

    /// Refused: fractions, negative numbers, empty strings, over 255 bytes, control characters.
    init?(_ value: JSONValue) {
        switch value {
        case .number(let number):
            guard let integer = number.integer, integer >= 0, String(integer) == number.text else {
                return nil
            }
            text = number.text
        case .string(let string):
            guard (1...255).contains(string.utf8.count),
                !string.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else { return nil }
            text = string
        case .null, .bool, .array, .object: return nil
        }
    }
}

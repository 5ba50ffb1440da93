/// The request-target of a request with what it stands for (RFC 9112 section 3.2, RFC 9421
/// section 2.2).
package struct RequestTarget: Sendable, Equatable {
    /// As on the wire.
    package let text: String
    package let origin: Origin
    /// Empty for `*` and for the authority form.
    package let path: String
    /// Without the question mark; nil when there is none.
    package let query: String?
    /// The authority form of CONNECT has neither path nor query.
    let isAuthorityForm: Bool

    /// Reads the origin form, `*`, the absolute form and the authority form.
    ///
    /// `origin` is what the site calls itself in public, never what a hop made of `Host`; the
    /// absolute form names its own. Nil for what is none of these, or holds a byte that no URI does.
    package init?(_ text: String, origin: Origin) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else {
            return nil
        }
        self.text = text
        let isOriginForm = text.utf8.first == UInt8(ascii: "/")
        let absolute = isOriginForm ? nil : Origin.split(text[...])
        isAuthorityForm = !isOriginForm && text != "*" && absolute == nil
        if isOriginForm {
            self.origin = origin
            (path, query) = Self.split(text[...])
        } else if let (scheme, rest) = absolute {
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard let own = Origin(scheme: scheme, authority: String(rest[..<end])) else {
                return nil
            }
            self.origin = own
            (path, query) = Self.split(rest[end...])
        } else {
            guard !isAuthorityForm || Origin(scheme: "https", authority: text) != nil else {
                return nil
            }
            (self.origin, path, query) = (origin, "", nil)
        }
    }

    private static func split(_ text: Substring) -> (path: String, query: String?) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return (String(text), nil)
        }
        return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }
}

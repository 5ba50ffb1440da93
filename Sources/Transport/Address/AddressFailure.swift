/// Why a host, an authority or a URL is refused; the raw value is a stable code for logs.
package enum AddressFailure: String, Error, Sendable, CaseIterable {
    case empty
    /// A byte that has no place here: space, tab, line end, backslash, `%`, `_`, a control
    /// character.
    case character
    /// A byte above 127: names in Unicode are to be given in their A-label form (`xn--…`).
    case nonASCII = "non_ascii"
    case userinfo
    /// An empty label, one over 63 characters, or a hyphen where none may stand.
    case label
    case tooLong = "too_long"
    /// It ends like an address but is not four plain decimal numbers (`127.1`, `0x7f.1`).
    case numericHost = "numeric_host"
    /// Not an IPv6 address in brackets: `[example.com]`, `[[::1]]`, `::1`, IPvFuture.
    case literal
    /// An IPv6 zone: it names an interface of this machine.
    case zone
    case port
    case scheme
    case fragment
    case path
}

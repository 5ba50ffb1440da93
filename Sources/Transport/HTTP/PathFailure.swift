/// Why a path is refused (always with 400); the raw value is a stable code for logs.
package enum PathFailure: String, Error, Sendable, CaseIterable {
    /// It does not begin with a slash.
    case relative
    /// A byte that a path may not hold unescaped.
    case character
    /// `%` without two hexadecimal digits.
    case escape
    /// `%00`, or another escaped control character.
    case control
    case backslash
    /// `%2F`.
    case encodedSlash = "encoded_slash"
    /// `%5C`.
    case encodedBackslash = "encoded_backslash"
    /// `.` or `..` as a segment, plain, escaped, or with `;` and parameters behind.
    case dotSegment = "dot_segment"
    /// `%252e%252e` and the like: escapes that another decoding would make a dot segment, or the end.
    case doubleEncoding = "double_encoding"
    /// Escapes that do not spell UTF-8, overlong forms among them.
    case encoding
    /// Another spelling of a routed path, which a backend might take for it.
    case alias
}

import Federation

/// How the values of `config.toml` look, as far as a pattern can say it.
extension JSONSchema {
    /// Some text without blanks, for what only the reader understands.
    static let word = text(#"^[^\s\x00-\x1f\x7f]+$"#)
    /// The path of a file or folder.
    static let path = text(#"^[^\x00-\x1f\x7f]+$"#)
    static let network = text(#"^\[?[0-9A-Fa-f.:]+\]?(/[0-9]{1,3})?$"#)
    static let listenAddress = text(
        #"^(unix:/[^\x00]+|\[[0-9A-Fa-f.:]+\]:[0-9]{1,5}|[0-9.]+:[0-9]{1,5})$"#)
    static let origin = text("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]+/?$")
    /// A host, with a port perhaps.
    static let host = text(#"^(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+)(:[0-9]{1,5})?$"#)
    static let hostAndPort = text(#"^(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+):[0-9]{1,5}$"#)

    /// A value of a key whose function is not there yet: only `off` is taken.
    func notYet(_ off: JSONValue, _ what: String) -> JSONSchema {
        saying("\(what) Not available in this version: only the empty value is taken.")
            .standard(off)
    }

    /// A duration with its default.
    static func duration(_ standard: Duration, _ description: String) -> JSONSchema {
        duration.saying(description).standard(standard.configured)
    }

    /// A size with its default.
    static func byteCount(_ standard: Int, _ description: String) -> JSONSchema {
        byteCount.saying(description).standard(ByteCount(standard).description)
    }
}

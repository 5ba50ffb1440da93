import OpenSSL

extension String {
    /// A path, or a URL, without the slashes at its end.
    package var withoutEndSlashes: String {
        var rest = utf8[...]
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        return String(Substring(rest))
    }

    /// What of a path stands behind a root, which is written without a slash at its end: nothing, or from
    /// a slash on. Nil: a path that is not below it.
    ///
    /// At the end of a segment only: `/dav/ocm/1` does not hold `/dav/ocm/12`.
    package func rest(below root: String) -> Substring? {
        let (bytes, prefix) = (utf8.span, root.utf8.span)
        guard bytes.count >= prefix.count,
            bytes.extracting(..<prefix.count).hasSameBytes(as: prefix),
            bytes.count == prefix.count || bytes[prefix.count] == UInt8(ascii: "/")
        else { return nil }
        return self[utf8.index(startIndex, offsetBy: prefix.count)...]
    }

    /// Whether another path is this one or lies below it, for a server that goes by the letters of names:
    /// whichever of them are escaped, and in which of Unicode's forms (NFC, NFD) they are. True of what is
    /// no text.
    package func holds(_ other: String) -> Bool {
        guard let outer = names, let inner = other.names else { return true }
        return inner.starts(with: outer)
    }

    /// The segments, with their escapes resolved and without empty ones.
    private var names: [Substring]? {
        percentDecoded(self)?.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }
}

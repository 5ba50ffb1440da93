import OpenSSL

/// Which paths of a server stand for which paths of the client.
package struct HrefMapping: Sendable {
    let from: String
    let to: String
    let hosts: Set<PeerHost>
    let bareRoot: BareRoot

    /// How the root itself is told, where the server has no slash at its end.
    package enum BareRoot: Sendable {
        /// As the folder that it is.
        case folder
        /// As the server has it: it may be a file.
        case asItIs
    }

    /// The content of an `href` for the client; nil when it is none of the mapped paths.
    func rewritten(_ content: [UInt8]) -> [UInt8]? {
        guard let text = XMLText.resolved(content[...]) else { return nil }
        let isSpace = { (byte: UInt8) in byte.isWhiteSpace }
        let trimmed = text.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard let href = String(validating: Array(trimmed), as: UTF8.self),
            let path = path(of: href), let rest = rest(of: path)
        else { return nil }
        let end = rest.isEmpty && bareRoot == .folder ? [UInt8(ascii: "/")] : rest
        return XMLText.escaped(Array(to.utf8) + end)
    }

    /// The path of an absolute path or of a URL of one of the hosts, with its query, which is no part of
    /// any path that we know; it stays.
    private func path(of href: String) -> Substring.UTF8View? {
        if href.utf8.first == UInt8(ascii: "/") {
            // `//host/path` names another host.
            return href.utf8.starts(with: "//".utf8) ? nil : Substring(href).utf8
        }
        guard let colon = href.utf8.firstIndex(of: UInt8(ascii: ":")),
            href.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        // What follows may have letters beyond ASCII, as a path may.
        let end = href.utf8[colon...].dropFirst(3).firstIndex { Self.authorityEnds.contains($0) }
        let path = end ?? href.utf8.endIndex
        guard let url = URLParts(href[..<path]), hosts.contains(url.host) else { return nil }
        return href[path...].utf8
    }

    private static let authorityEnds = Array("/?#\\".utf8)

    /// What follows the root, with the escapes that the server chose; servers escape more or fewer
    /// characters than others do.
    private func rest(of path: Substring.UTF8View) -> [UInt8]? {
        var path = path
        var root = Substring(from).utf8
        while let wanted = Self.next(&root) {
            guard let found = Self.next(&path), found == wanted else { return nil }
        }
        guard path.isEmpty || path.first == UInt8(ascii: "/") else { return nil }
        return Array(path)
    }

    /// The next byte of a path, and whether it was escaped: an escaped slash is no slash.
    private struct Unit: Equatable {
        let byte: UInt8
        let isEscapedSlash: Bool
    }

    private static func next(_ path: inout Substring.UTF8View) -> Unit? {
        guard let byte = path.popFirst() else { return nil }
        let digits = Array(path.prefix(2))
        guard byte == UInt8(ascii: "%"), digits.count == 2, let high = digits[0].hexValue,
            let low = digits[1].hexValue
        else { return Unit(byte: byte, isEscapedSlash: false) }
        path = path.dropFirst(2)
        let value = high << 4 | low
        return Unit(byte: value, isEscapedSlash: value == UInt8(ascii: "/"))
    }
}

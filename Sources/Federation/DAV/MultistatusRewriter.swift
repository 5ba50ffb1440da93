/// Rewrites the `href`s of a WebDAV answer (RFC 4918, section 13) as it streams: from the paths of
/// the server that answers to those that the client asked for.
///
/// Everything else stays byte for byte. An `href` is an element of the namespace `DAV:` under any
/// prefix; it is rewritten when its text, with entities and CDATA resolved, is a path below the one
/// root or a URL of one of the data's hosts there, and becomes a path below the other. Kept back are at most
/// one piece of markup and one `href`.
///
/// Refused: a document type declaration (nobody needs one here, and its entities could stand for
/// anything), markup of more than 64 KiB, elements nested deeper than 64, ends without beginnings, and
/// a document that is cut off.
package struct MultistatusRewriter: Sendable {
    /// Nil for what is only read.
    private let mapping: HrefMapping?
    private var place = Place.text
    /// The markup that was begun, from its `<` on.
    private var markup: [UInt8] = []
    /// The content of the `href` that was begun.
    private var href: [UInt8]?
    private var elements = XMLElements()
    private var namesCollection = false

    private enum Place: Sendable, Equatable {
        case text
        /// Behind `<`: what it is shows in the next bytes.
        case opened
        case tag
        /// In an attribute value, which ends with this byte.
        case quoted(UInt8)
        case comment, section, instruction
    }

    /// - Parameters:
    ///   - from: the path that the server has, in its canonical spelling, without a slash at its end.
    ///   - to: the path that the client knows, likewise.
    ///   - hosts: whose absolute URLs are meant too.
    ///   - bareRoot: how the root is told where the server has no slash at its end.
    package init(
        from: String, to: String, hosts: Set<PeerHost>, bareRoot: HrefMapping.BareRoot = .folder
    ) {
        mapping = HrefMapping(from: from, to: to, hosts: hosts, bareRoot: bareRoot)
    }

    private init() { mapping = nil }

    /// What is to be sent for these bytes; they may be cut anywhere.
    package mutating func push(_ bytes: Span<UInt8>) throws(MultistatusError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 64)
        for index in bytes.indices {
            let byte = bytes[index]
            if place == .text, byte != UInt8(ascii: "<") {
                text(byte, &output)
            } else if try takeMarkup(byte) {
                try endMarkup(&output)
            }
        }
        return output
    }

    /// Whether the properties of one resource (`Depth: 0`) are those of a folder: a `collection` is among
    /// them (RFC 4918, section 15.9).
    package static func isOfFolder(_ properties: Span<UInt8>) throws(MultistatusError) -> Bool {
        var reader = MultistatusRewriter()
        _ = try reader.push(properties)
        _ = try reader.finish()
        return reader.namesCollection
    }

    /// The document is whole; nothing of a whole one is kept back.
    package mutating func finish() throws(MultistatusError) -> [UInt8] {
        guard place == .text, elements.isClosed else { throw .cutOff }
        return []
    }

    private mutating func text(_ byte: UInt8, _ output: inout [UInt8]) {
        guard href != nil else { return output.append(byte) }
        href?.append(byte)
        if let count = href?.count, count > Self.longest { giveUp(&output) }
    }

    /// An `href` with an element in it, or without an end, stays as it is.
    private mutating func giveUp(_ output: inout [UInt8]) {
        if let content = href { output += content }
        href = nil
    }

    /// True when the byte ends the markup.
    private mutating func takeMarkup(_ byte: UInt8) throws(MultistatusError) -> Bool {
        guard markup.count < Self.longest else { throw .tooLong }
        markup.append(byte)
        switch place {
        case .text: place = .opened
        case .opened: try open(byte)
        case .tag:
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): place = .quoted(byte)
            case UInt8(ascii: "<"): throw .malformed
            case UInt8(ascii: ">"): return true
            default: break
            }
        case .quoted(let quote):
            if byte == UInt8(ascii: "<") { throw .malformed }
            if byte == quote { place = .tag }
        case .comment: return byte == UInt8(ascii: ">") && ends("<!--", "-->")
        case .section: return byte == UInt8(ascii: ">") && ends("<![CDATA[", "]]>")
        case .instruction: return byte == UInt8(ascii: ">") && ends("<?", "?>")
        }
        return false
    }

    private mutating func open(_ byte: UInt8) throws(MultistatusError) {
        guard markup[1] == UInt8(ascii: "!") else {
            if byte == UInt8(ascii: ">") { throw .malformed }
            place = byte == UInt8(ascii: "?") ? .instruction : .tag
            return
        }
        if markup.elementsEqual("<!--".utf8) {
            place = .comment
        } else if markup.elementsEqual("<![CDATA[".utf8) {
            place = .section
        } else if !"<!--".utf8.starts(with: markup), !"<![CDATA[".utf8.starts(with: markup) {
            throw .declaration
        }
    }

    /// The end may not share bytes with the beginning: `<!-->` is no comment.
    private func ends(_ beginning: String, _ end: String) -> Bool {
        markup.count >= beginning.utf8.count + end.utf8.count
            && markup.suffix(end.utf8.count).elementsEqual(end.utf8)
    }

    private mutating func endMarkup(_ output: inout [UInt8]) throws(MultistatusError) {
        let kind = place
        let piece = markup
        place = .text
        markup.removeAll(keepingCapacity: true)
        guard kind == .tag else {
            for byte in piece { text(byte, &output) }
            return
        }
        if piece[1] == UInt8(ascii: "/") {
            try elements.end()
            if let content = href, let mapped = mapping?.rewritten(content) { href = mapped }
            giveUp(&output)
            output += piece
        } else {
            giveUp(&output)
            output += piece
            switch try elements.begin(piece) {
            case .href: href = []
            case .collection: namesCollection = true
            case .other: break
            }
        }
    }

    /// Bytes that one piece of markup, or the content of an `href`, may have.
    private static let longest = 65_536
}

/// Why an answer cannot be rewritten.
package enum MultistatusError: Error, Sendable, Equatable {
    case declaration, tooLong, tooDeep, malformed, cutOff
}

/// The opening handshake of WebSocket (RFC 6455, section 4), which turns a connection of HTTP/1.1
/// into a tunnel. What goes through the tunnel is looked at by nobody.
package enum WebSocketUpgrade {
    /// Whether a request asks for it, as section 4.2.1 has it: GET over HTTP/1.1 without a body, or
    /// with one of no bytes, `Connection` with `upgrade`, `Upgrade` with nothing but `websocket`,
    /// version 13, and a key of 16 bytes in base64. Anything less, and any other protocol (`h2c` above
    /// all), is an ordinary request, whose `Upgrade` ends here.
    package static func isRequested(by head: RequestHead) -> Bool {
        guard head.method == .get, head.version == .http11,
            head.body == .none || head.body == .length(0),
            isNamed(in: head.fields), head.fields.count(of: .webSocketVersion) == 1,
            head.fields.only(.webSocketVersion)?.elementsEqual("13".utf8) ?? false,
            let key = head.fields.only(.webSocketKey)
        else { return false }
        return key.count == 24 && key.suffix(2).elementsEqual("==".utf8)
            && key.dropLast(2).allSatisfy(isBase64)
    }

    /// Whether an answer of 101 grants it (section 4.1, the client's checks): the same two fields,
    /// and a `Sec-WebSocket-Accept`, whose value is the client's to check.
    static func isGranted(by head: ResponseHead) -> Bool {
        head.status == 101 && isNamed(in: head.fields)
            && head.fields.only(.webSocketAccept)?.isEmpty == false
    }

    /// Whether an answer says that it is to be asked for (426; RFC 9110, section 15.5.22).
    static func isDemanded(by head: ResponseHead) -> Bool {
        head.status == 426 && isListed("websocket", .upgrade, in: head.fields)
    }

    /// The fields that ask an upstream for it, in the place of the client's, which ended here.
    package static let fields: [(FieldName, String)] = [
        (.connection, "upgrade"), (.upgrade, "websocket"),
    ]

    private static func isNamed(in fields: FieldList) -> Bool {
        guard let upgrade = fields.only(.upgrade), matches(upgrade, "websocket") else {
            return false
        }
        return isListed("upgrade", .connection, in: fields)
    }

    /// Whether a word stands in the lists of a field.
    private static func isListed(
        _ word: String, _ name: FieldName, in fields: FieldList
    ) -> Bool {
        fields.values(of: name).contains { value in
            value.split(separator: 0x2C).contains { option in
                let trimmed = option.drop { $0 == 0x20 || $0 == 0x09 }
                return matches(trimmed.prefix { $0 != 0x20 && $0 != 0x09 }, word)
            }
        }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ word: String) -> Bool {
        text.map { Octet.lowered($0) }.elementsEqual(word.utf8)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        Octet.isLetter(byte) || Octet.isDigit(byte) || byte == 0x2B || byte == 0x2F
    }
}

extension FieldName {
    package static let upgrade = FieldName("upgrade")
    static let webSocketAccept = FieldName("sec-websocket-accept")
    static let webSocketKey = FieldName("sec-websocket-key")
    static let webSocketVersion = FieldName("sec-websocket-version")
}

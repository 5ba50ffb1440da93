/// A host and an optional port, in one canonical spelling: names in lower case without a trailing
/// dot, IPv6 addresses as RFC 5952 writes them.
///
/// Refused (RFC 9110, section 4.2; RFC 3986, section 3.2): user information, an empty host, bytes
/// outside of LDH names (so no `_`, no escapes, no Unicode: A-labels only), labels that are empty
/// or too long, hosts that end like an IPv4 address and are not one in its strict form, brackets
/// around anything but an IPv6 address, zones, empty ports, ports with leading zeros or beyond
/// 1…65535.
package struct Authority: Sendable, Hashable, CustomStringConvertible {
    package let host: Host
    package let port: UInt16?

    /// What stands before the port.
    package enum Host: Sendable, Hashable, CustomStringConvertible {
        /// A domain name in lower case, without a trailing dot.
        case name(String)
        case address(IPAddress)

        /// The text of it, an IPv6 address without its brackets.
        package var description: String {
            switch self {
            case .name(let name): return name
            case .address(let address): return address.description
            }
        }
    }

    package init(host: Host, port: UInt16?) {
        self.host = host
        self.port = port
    }

    package init(_ text: String) throws(AddressFailure) {
        let bytes = Array(text.utf8)
        try self.init(bytes.span)
    }

    package init(_ text: Span<UInt8>) throws(AddressFailure) {
        guard !text.isEmpty else { throw .empty }
        for index in text.indices where text[index] == 0x40 { throw .userinfo }
        if text[0] == 0x5B {
            var end = 1
            while end < text.count, text[end] != 0x5D {
                if text[end] == 0x25 { throw .zone }
                end += 1
            }
            guard end < text.count, let halves = IPAddress.parseV6(text.extracting(1..<end)) else {
                throw .literal
            }
            host = .address(.v6(halves.0, halves.1))
            port = try Self.port(text.extracting((end + 1)..<text.count))
        } else {
            var end = 0
            while end < text.count, text[end] != 0x3A { end += 1 }
            port = try Self.port(text.extracting(end..<text.count))
            host = try Self.name(text.extracting(0..<end))
        }
    }

    /// `host`, or `host:port` where the port is not the scheme's own.
    package var description: String {
        let text: String
        switch host {
        case .name(let name): text = name
        case .address(.v4(let address)): text = IPAddress.v4(address).description
        case .address(.v6(let upper, let lower)):
            text = "[\(IPAddress.v6(upper, lower).description)]"
        }
        return port.map { "\(text):\($0)" } ?? text
    }

    /// The same authority with the port written out, or left out when it is `scheme`'s default.
    package func normalized(for scheme: Scheme) -> Authority {
        Authority(host: host, port: port == scheme.defaultPort ? nil : port)
    }

    private static func port(_ text: Span<UInt8>) throws(AddressFailure) -> UInt16? {
        guard !text.isEmpty else { return nil }
        guard text[0] == 0x3A else { throw .literal }
        guard text.count >= 2, text.count <= 6, text[1] != 0x30 else { throw .port }
        var value = 0
        for index in 1..<text.count {
            guard Octet.isDigit(text[index]) else { throw .port }
            value = value * 10 + Int(text[index] & 0x0F)
        }
        guard let port = UInt16(exactly: value) else { throw .port }
        return port
    }

    /// A domain name (RFC 1123, section 2.1) or a strict IPv4 address.
    private static func name(_ text: Span<UInt8>) throws(AddressFailure) -> Host {
        guard !text.isEmpty else { throw .empty }
        var lowered = [UInt8]()
        lowered.reserveCapacity(text.count)
        var label = 0
        for index in text.indices {
            let byte = Octet.lowered(text[index])
            if byte == 0x2E {
                try check(label: lowered.span.extracting(label..<index))
                label = index + 1
            } else if !(Octet.isLetter(byte) || Octet.isDigit(byte) || byte == 0x2D) {
                throw byte < 0x80 ? .character : .nonASCII
            }
            lowered.append(byte)
        }
        if label == lowered.count {
            // One trailing dot only says that the name is complete, which every name here is.
            lowered.removeLast()
            label = lowered.lastIndex(of: 0x2E).map { $0 + 1 } ?? 0
            if endsInNumber(lowered.span.extracting(label..<lowered.count)) { throw .numericHost }
        } else {
            try check(label: lowered.span.extracting(label..<lowered.count))
        }
        if endsInNumber(lowered.span.extracting(label..<lowered.count)) {
            guard let address = IPAddress.parseV4(lowered.span) else { throw .numericHost }
            return .address(.v4(address))
        }
        guard lowered.count <= 253 else { throw .tooLong }
        return .name(String(decoding: lowered, as: UTF8.self))
    }

    /// A label of letters, digits and inner hyphens; `xn--` is the only reserved prefix that
    /// means something (RFC 5890, section 2.3.1).
    private static func check(label: Span<UInt8>) throws(AddressFailure) {
        guard !label.isEmpty, label.count <= 63, label[0] != 0x2D, label[label.count - 1] != 0x2D
        else { throw .label }
        if label.count >= 4, label[2] == 0x2D, label[3] == 0x2D {
            guard label[0] == 0x78, label[1] == 0x6E, label.count > 4 else { throw .label }
        }
    }

    /// Whether a last label makes resolvers read the whole as an IPv4 address: digits only, or
    /// `0x` with hexadecimal digits (the rule of the URL standard).
    private static func endsInNumber(_ label: Span<UInt8>) -> Bool {
        var isDecimal = true
        for index in label.indices where !Octet.isDigit(label[index]) { isDecimal = false }
        if isDecimal { return true }
        guard label.count >= 2, label[0] == 0x30, label[1] == 0x78 else { return false }
        for index in 2..<label.count where Octet.hexValue(label[index]) == nil { return false }
        return true
    }
}

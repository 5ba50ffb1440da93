import OpenSSL

/// The values of components (RFC 9421 sections 2.1 and 2.2).
extension SignedMessage {
    /// Appends a component's value; refuses what is absent, ambiguous, or holds a byte that is
    /// not printable ASCII, a space or a tab: a base is text of one line each.
    func append(_ component: Component, to base: inout [UInt8]) throws(SignatureError) {
        if component.flags.contains(.request) {
            // Section 2.4: only a response has another message to speak of.
            guard case .response(_, let request?) = start else {
                throw SignatureError(.missingValue, "\(component.text);req")
            }
            let own = Component(
                name: component.name, flags: component.flags.subtracting(.request),
                member: component.member)
            return try request.append(own, to: &base)
        }
        switch component.name {
        case .field(let name): try append(field: name, of: component, to: &base)
        case .derived(let derived): try append(derived, of: component, to: &base)
        }
    }

    // Section 2.2
    private func append(
        _ derived: Component.Derived, of component: Component, to base: inout [UInt8]
    ) throws(SignatureError) {
        switch (derived, start) {
        case (.status, .response(let status, _)):
            base.append(utf8: String(status))
        case (.status, .request), (_, .response):
            throw SignatureError(.missingValue, derived.rawValue)
        case (.method, .request(let method, _)):
            base.append(utf8: method)
        case (.targetURI, .request(_, let target)):
            guard !target.isAuthorityForm else {
                throw SignatureError(.missingValue, derived.rawValue)
            }
            append(target.origin.scheme, "://", target.origin.authority, to: &base)
            base.append(utf8: target.path)
            if let query = target.query { append("?", query, to: &base) }
        case (.authority, .request(_, let target)):
            base.append(utf8: target.origin.authority)
        case (.scheme, .request(_, let target)):
            base.append(utf8: target.origin.scheme)
        case (.requestTarget, .request(_, let target)):
            base.append(utf8: target.text)
        case (.path, .request(_, let target)):
            guard !target.isAuthorityForm else {
                throw SignatureError(.missingValue, derived.rawValue)
            }
            base.append(utf8: target.path.isEmpty ? "/" : target.path)
        case (.query, .request(_, let target)):
            append("?", target.query ?? "", to: &base)
        case (.queryParameter, .request(_, let target)):
            let name = component.member ?? ""
            base.append(contentsOf: try QueryParameter.value(of: name, in: target.query ?? ""))
        }
    }

    // Section 2.1
    private func append(
        field name: String, of component: Component, to base: inout [UInt8]
    ) throws(SignatureError) {
        let source = component.flags.contains(.trailer) ? trailerLines : lines
        if component.flags.contains(.structuredField) || component.member != nil {
            return try append(structured: name, of: component, in: source, to: &base)
        }
        guard let first = source.index(of: name) else { throw SignatureError(.missingValue, name) }
        var next: Int? = first
        while let line = next {
            if line > first { append(", ", to: &base) }
            let value = source.value(at: line)
            if component.flags.contains(.byteSequence) {  // 2.1.3
                base.append(UInt8(ascii: ":"))
                Base64.append(value.span, to: &base)
                base.append(UInt8(ascii: ":"))
            } else {
                guard value.span.isOneLine else { throw SignatureError(.unusableValue, name) }
                base.append(copying: value.span)
            }
            next = source.index(of: name, from: line + 1)
        }
    }

    // Sections 2.1.1 and 2.1.2
    private func append(
        structured name: String, of component: Component, in source: FieldLines,
        to base: inout [UInt8]
    ) throws(SignatureError) {
        guard let combined = source.combined(name) else {
            throw SignatureError(.missingValue, name)
        }
        guard component.member != nil || kind(of: name) != nil else {
            throw SignatureError(.unusableValue, name)
        }
        let written: [UInt8]?
        do {
            written = try rewritten(combined, named: name, member: component.member)
        } catch {
            throw SignatureError(.unusableValue, name)
        }
        guard let written else { throw SignatureError(.missingValue, name) }
        base.append(contentsOf: written)
    }

    /// The field's value, or one member of it, in the one form of RFC 9651 section 4.1; nil when
    /// there is no such member.
    private func rewritten(
        _ value: [UInt8], named name: String, member key: String?
    ) throws(StructuredFieldError) -> [UInt8]? {
        var serializer = StructuredFieldSerializer()
        var parser = StructuredFieldParser(value.span)
        if let key {
            guard let member = try parser.parseDictionary()[key] else { return nil }
            try serializer.write(member)
            return serializer.bytes
        }
        switch kind(of: name) {
        case .item: try serializer.write(try parser.parseItem())
        case .list: try serializer.write(try parser.parseList())
        case .dictionary: try serializer.write(try parser.parseDictionary())
        case nil: return nil
        }
        return serializer.bytes
    }

    private func kind(of name: String) -> StructuredField.Kind? {
        kinds[name] ?? Self.wellKnownKinds[name]
    }

    private func append(_ parts: String..., to base: inout [UInt8]) {
        for part in parts { base.append(utf8: part) }
    }

    /// The structured fields that other standards define and `sf` may name here.
    private static let wellKnownKinds: [String: StructuredField.Kind] = [
        "accept-signature": .dictionary, "cache-status": .list, "content-digest": .dictionary,
        "priority": .dictionary, "proxy-status": .list, "repr-digest": .dictionary,
        "signature": .dictionary, "signature-input": .dictionary,
        "want-content-digest": .dictionary, "want-repr-digest": .dictionary,
    ]
}

extension Span<UInt8> {
    /// Whether all bytes are printable ASCII, spaces or tabs.
    fileprivate var isOneLine: Bool {
        for place in indices where !self[place].isPrintableASCII && self[place] != 0x09 {
            return false
        }
        return true
    }
}

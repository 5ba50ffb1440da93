internal import OpenSSL

/// Takes the members of one message with their types and sizes; every failure names the member and
/// never its value.
struct MessageReader {
    let object: JSONObject

    /// The object of a body.
    ///
    /// Refused: what is not strict JSON, what is not an object, and a member whose name is a known
    /// one in other letter case: a reader written in Go takes it for that one, we would not.
    init(_ bytes: [UInt8], known: KnownMembers) throws(Denial) {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw error.denial }
        guard let object = value.object else {
            throw Denial(.malformedMessage, "the body is not an object")
        }
        try self.init(object, known: known)
    }

    init(_ object: JSONObject, known: KnownMembers) throws(Denial) {
        self.object = object
        for member in object.members where known.isDisguised(member) {
            throw Denial(.malformedMessage, "a member is a known one in other letter case")
        }
    }

    func isPresent(_ name: MemberName) -> Bool {
        guard let value = object[name] else { return false }
        return !value.isNull
    }

    func string(_ name: MemberName, upTo limit: Int = 1024) throws(Denial) -> String {
        guard let text = try optionalString(name, upTo: limit), !text.isEmpty else {
            throw Denial(.malformedMessage, "\(name.text) is missing")
        }
        return text
    }

    /// nil when absent or null.
    ///
    /// Refused: what is no string, more than `limit` bytes, and NUL, at which a server written in C may stop.
    func optionalString(_ name: MemberName, upTo limit: Int = 1024) throws(Denial) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string else {
            throw Denial(.malformedMessage, "\(name.text) is not a string")
        }
        guard text.utf8.count <= limit, !text.utf8.span.contains(0) else {
            throw Denial(.malformedMessage, "\(name.text) is too long, or has a NUL in it")
        }
        return text
    }

    func address(_ name: MemberName) throws(Denial) -> OCMAddress {
        guard let address = OCMAddress(try string(name)) else {
            throw Denial(.malformedMessage, "\(name.text) is not an OCM address")
        }
        return address
    }

    func optionalAddress(_ name: MemberName) throws(Denial) -> OCMAddress? {
        isPresent(name) ? try address(name) : nil
    }

    /// `host[:port]`, or the URL of a host. Refused: anything else.
    func host(_ name: MemberName) throws(Denial) -> PeerHost {
        let text = try string(name)
        guard let host = PeerHost(text) ?? PeerHost(url: text) else {
            throw Denial(.malformedMessage, "\(name.text) is not a host")
        }
        return host
    }

    func providerID() throws(Denial) -> ProviderID {
        guard let value = object[.providerID], let id = ProviderID(value) else {
            throw Denial(.malformedMessage, "providerId is missing or neither string nor number")
        }
        return id
    }

    /// A whole number that is not negative; nil when absent or null. Refused: anything else.
    func optionalInteger(_ name: MemberName) throws(Denial) -> Int? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let integer = value.number?.integer, integer >= 0 else {
            throw Denial(.malformedMessage, "\(name.text) is not a whole number")
        }
        return integer
    }

    /// At most 64 strings of at most 255 bytes; nil when absent or null. Refused: anything else.
    func optionalWords(_ name: MemberName) throws(Denial) -> [String]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let elements = value.array, elements.count <= 64 else {
            throw Denial(.malformedMessage, "\(name.text) is not a list")
        }
        var words: [String] = []
        for element in elements {
            guard let word = element.string, word.utf8.count <= 255 else {
                throw Denial(.malformedMessage, "\(name.text) holds something that is not a string")
            }
            words.append(word)
        }
        return words
    }

    /// An object, or the empty list that PHP writes for an empty one; nil when absent or null. Refused:
    /// anything else.
    func optionalObject(_ name: MemberName) throws(Denial) -> JSONObject? {
        guard let value = object[name], !value.isNull else { return nil }
        if let object = value.object { return object }
        if let elements = value.array, elements.isEmpty { return JSONObject() }
        throw Denial(.malformedMessage, "\(name.text) is not an object")
    }

    /// A shared secret: 1 to 512 printable ASCII characters, so that it fits a header; nil when absent, null or
    /// empty. Refused: anything else.
    func optionalSecret(_ name: MemberName) throws(Denial) -> Secret? {
        guard let text = try optionalString(name, upTo: 512), !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Denial(.malformedMessage, "\(name.text) holds characters that no secret has")
        }
        return Secret(utf8: text)
    }
}

/// The members that a message has by its specification.
struct KnownMembers: Sendable, ExpressibleByArrayLiteral {
    private var names = MemberNameSet()
    private var folded = MemberNameSet()

    init(arrayLiteral names: MemberName...) {
        for name in names {
            _ = self.names.insert(name)
            _ = folded.insert(name.folded)
        }
    }

    func contains(_ name: MemberName?) -> Bool { name.map { names.contains($0) } ?? false }

    /// True for a name that is not known and would be if letter case did not count.
    func isDisguised(_ member: JSONObject.Member) -> Bool {
        if let name = member.known { return !names.contains(name) && folded.contains(name.folded) }
        return MemberName.disguised(member.name).map { folded.contains($0) } ?? false
    }
}

extension Share {
    private static let known: KnownMembers = [
        "shareWith", "name", "description", "providerId", "owner", "ownerDisplayName", "sender",
        "senderDisplayName", "sharedBy", "sharedByDisplayName", "shareType", "resourceType",
        "expiration", "protocol",
    ]

    private static let knownProtocols: KnownMembers = [
        "name", "options", "webdav", "webapp", "ssh", "datatx", "embedded",
    ]

    private static let shareTypes = ["user", "group", "federation"]

    /// Reads the body of `POST /shares` in any of its generations.
    ///
    /// Refused (`malformed_message`): a required member that is missing or of another type, both
    /// `sender` and `sharedBy` when they name two people, a `webdav` protocol without a secret, two
    /// secrets for one protocol, no protocol at all, another spelling of a known `shareType`.
    package init(parsing bytes: [UInt8]) throws(Denial) {
        let reader = try MessageReader(bytes, known: Self.known)
        received = bytes
        members = reader.object
        shareWith = try reader.address("shareWith")
        name = try reader.string("name", upTo: 4096)
        providerID = try reader.providerID()
        owner = try reader.address("owner")
        let named = try reader.optionalAddress("sender")
        let older = try reader.optionalAddress("sharedBy")
        guard let sender = named ?? older else {
            throw Denial(.malformedMessage, "neither sender nor sharedBy is there")
        }
        if let older, older != sender {
            throw Denial(.malformedMessage, "sender and sharedBy are two people")
        }
        self.sender = sender
        shareType = try reader.string("shareType", upTo: 64)
        // A policy that refuses groups must not be asked about "Group".
        if !Self.shareTypes.contains(shareType),
            Self.shareTypes.contains(shareType.lowercased().filter { !$0.isWhitespace })
        {
            throw Denial(.malformedMessage, "shareType is another spelling of a known word")
        }
        resourceType = try reader.string("resourceType", upTo: 64)
        for text in ["description", "ownerDisplayName", "senderDisplayName", "sharedByDisplayName"]
        {
            _ = try reader.optionalString(text, upTo: 16_384)
        }
        let expiration = try reader.optionalInteger("expiration")
        self.expiration = expiration == 0 ? nil : expiration
        (shape, protocols) = try Self.protocols(reader)
    }

    private static func protocols(
        _ reader: MessageReader
    ) throws(Denial) -> (ProtocolShape, [ShareProtocol]) {
        guard let object = try reader.optionalObject("protocol") else {
            throw Denial(.malformedMessage, "protocol is missing")
        }
        let inner = try MessageReader(object, known: Self.knownProtocols)
        let written = try inner.optionalString("name", upTo: 64)
        var found: [ShareProtocol] = []
        for (member, value) in object.members where member != "options" {
            guard let fields = value.object else {
                // Other members may be texts: a calendar share has its version and colour there.
                guard !Self.knownProtocols.contains(member) || member == "name" || value.isNull
                else { throw Denial(.malformedMessage, "a protocol is not an object") }
                continue
            }
            guard found.count < 16 else {
                throw Denial(.malformedMessage, "protocol names too many ways")
            }
            found.append(try ShareProtocol(name: member, place: .member, fields))
        }
        let hasMembers = !found.isEmpty
        // The newest drafts have a member for each protocol and nothing else (`protocol-object`).
        let isBare = written == nil && hasMembers && object["options"] == nil
        let name = try isBare ? "multi" : inner.string("name", upTo: 64)
        if let fields = try inner.optionalObject("options"), fields["sharedSecret"] != nil {
            let options = try ShareProtocol(
                name: name == "multi" ? "webdav" : name, place: .options, fields)
            if let twin = found.firstIndex(where: { $0.name == options.name }) {
                found[twin] = try ShareProtocol(options, found[twin])
            } else {
                found.insert(options, at: 0)
            }
        }
        guard !found.isEmpty else {
            throw Denial(.malformedMessage, "protocol names no way to the resource")
        }
        for way in found where way.name == "webdav" && way.secret == nil {
            throw Denial(.malformedMessage, "webdav has no sharedSecret")
        }
        switch (name, hasMembers) {
        case ("multi", _): return (.multi, found)
        case ("webdav", false): return (.legacy, found)
        case (_, false): return (.foreign, found)
        case (_, true): return (.single, found)
        }
    }
}

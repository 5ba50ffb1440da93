internal import OpenSSL

extension Share {
    static let known: KnownMembers = [
        .shareWith, .name, .description, .providerID, .owner, .ownerDisplayName, .sender,
        .senderDisplayName, .sharedBy, .sharedByDisplayName, .shareType, .resourceType,
        .expiration, .protocol,
    ]

    private static let knownProtocols: KnownMembers = [
        .name, .options, .webdav, .webapp, .ssh, .datatx, .embedded,
    ]

    static let shareTypes = ["user", "group", "federation"]

    static func protocols(
        _ reader: MessageReader
    ) throws(Denial) -> (ProtocolShape, [ShareProtocol]) {
        guard let object = try reader.optionalObject(.protocol) else {
            throw Denial(.malformedMessage, "protocol is missing")
        }
        let inner = try MessageReader(object, known: Self.knownProtocols)
        let written = try inner.optionalString(.name, upTo: 64)
        var found: [ShareProtocol] = []
        for member in object.members where member.known != .options {
            guard let fields = member.value.object else {
                // Other members may be texts: a calendar share has its version and colour there.
                guard
                    !Self.knownProtocols.contains(member.known) || member.known == .name
                        || member.value.isNull
                else { throw Denial(.malformedMessage, "a protocol is not an object") }
                continue
            }
            try found.take(ShareProtocol(name: member.name, place: .member, fields))
        }
        let hasMembers = !found.isEmpty
        // The newest drafts have a member for each protocol and nothing else (`protocol-object`).
        let isBare = written == nil && hasMembers && object[.options] == nil
        let name = try isBare ? "multi" : inner.string(.name, upTo: 64)
        if let fields = try inner.optionalObject(.options), fields[.sharedSecret] != nil {
            let options = try ShareProtocol(
                name: name == "multi" ? "webdav" : name, place: .options, fields)
            if let twin = found.firstIndex(where: { $0.name == options.name }) {
                found[twin] = try ShareProtocol(options, found[twin])
            } else {
                found.insert(options, at: 0)
            }
        }
        try found.checkWhatIsKept()
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

extension [ShareProtocol] {
    /// Takes one more way.
    ///
    /// Refused (`malformed_message`): more than 8.
    mutating func take(_ way: ShareProtocol) throws(Denial) {
        guard count < 8 else {
            throw Denial(.malformedMessage, "protocol names too many ways")
        }
        append(way)
    }

    /// Refused (`malformed_message`): ways of which more than 8 KiB would be kept for as long as the share
    /// is known. Those of the servers that we know take some hundred bytes.
    func checkWhatIsKept() throws(Denial) {
        guard reduce(0, { $0 + $1.keptBytes }) <= 8192 else {
            throw Denial(.malformedMessage, "protocol says too much of its ways")
        }
    }
}

extension ShareProtocol {
    /// What a registry keeps of it, in bytes; each text costs 16 more than its own.
    fileprivate var keptBytes: Int {
        var texts = [name, uri ?? ""] + requirements.map(\.word)
        if case .named(let words) = permissions { texts += words }
        return texts.reduce(secret?.count ?? 0) { $0 + $1.utf8.count + 16 }
    }
}

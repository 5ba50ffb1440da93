extension Translation {
    /// The `protocol` of a share in a shape that the backend takes.
    ///
    /// - Parameter taken: requirements that nobody else need know.
    ///
    /// Refused: `protocol_not_supported` when none can be made.
    func protocolForBackend(
        _ share: Share, taken: Set<ShareRequirement> = [], uri: @autoclosure () -> String?
    ) throws(Denial) -> JSONObject {
        let ways = share.members[.protocol]?.object ?? JSONObject()
        switch share.shape {
        case .foreign:
            guard backend.takes(.foreign) else {
                throw Denial(.protocolNotSupported, "the backend takes every protocol for webdav")
            }
            return ways
        case .legacy:
            return backend.takes(.legacy) ? permitting(ways) : try newer(share, ways, uri: uri())
        case .single, .multi:
            if backend.takes(share.shape) { return try current(share, named(ways), uri: uri()) }
            if backend.takes(.multi) { return try newer(share, ways, uri: uri()) }
            return try legacy(share, ways, taken)
        }
    }

    /// Whether the backend knows of the owner of a share alone and fetches the data there, whoever the sender
    /// is: what gets a newer shape in the deprecated one, and Nextcloud, which never looks at a share's URI
    /// (`legacy-wire.md` 6.4).
    package func takesAway(theSenderOf share: Share) -> Bool {
        switch share.shape {
        case .legacy, .foreign: false
        case .single, .multi:
            backend.kind == .nextcloud || !backend.takes(share.shape) && !backend.takes(.multi)
        }
    }

    /// With the `permissions` that ownCloud leaves away, for who needs them.
    private func permitting(_ ways: JSONObject) -> JSONObject {
        guard backend.readsSharesOfOldNextcloudsAlone, var options = ways[.options]?.object,
            options[.permissions].map(\.isNull) ?? true
        else { return ways }
        options[.permissions] = .string(SharePermissions.literal)
        var ways = ways
        ways[.options] = .object(options)
        return ways
    }

    /// With the `name` that only the newest drafts leave away.
    private func named(_ ways: JSONObject) -> JSONObject {
        guard ways[.name]?.string == nil, !backend.readsNamelessProtocols else { return ways }
        var rest = ways
        rest[.name] = nil
        return JSONObject(read: [JSONObject.Member(.name, .string("multi"))] + rest.members)
    }

    /// Down to `{"name":"webdav","options":{"sharedSecret","permissions"}}`, which has no place for what
    /// a share demands. What an application says of its share beside the ways to it stays, and its name.
    ///
    /// Refused (`protocol_not_supported`): a share that demands something that is not `taken`, one without WebDAV,
    /// and one by another protocol, which the backend would take for WebDAV.
    private func legacy(
        _ share: Share, _ ways: JSONObject, _ taken: Set<ShareRequirement>
    ) throws(Denial) -> JSONObject {
        guard share.webdav?.requirements.allSatisfy({ taken.contains($0) }) ?? true else {
            throw Denial(.protocolNotSupported, "a requirement that the backend cannot be told")
        }
        let name = ways[.name]?.string ?? "multi"
        guard backend.takes(.foreign) || name == "multi" || name == "webdav" else {
            throw Denial(.protocolNotSupported, "the backend takes every protocol for webdav")
        }
        // Nextcloud 35 writes both shapes into one body: its elders read that as it is.
        if share.shape == .single, ways[.options]?.object?[.sharedSecret]?.string != nil {
            return ways
        }
        guard let webdav = share.webdav, let secret = webdav.secret else {
            throw Denial(.protocolNotSupported, "the backend takes webdav only")
        }
        var options = JSONObject([("sharedSecret", .string(secret.text))])
        if backend.readsPermissionsLiteral {
            options[.permissions] = .string(SharePermissions.literal)
        }
        var result = JSONObject([
            ("name", .string(name == "multi" ? "webdav" : name)), ("options", .object(options)),
        ])
        for member in ways.members where result[member.name] == nil && member.value.object == nil {
            result[member.name] = member.value
        }
        return result
    }

    /// Up to `{"name":"multi","options":{},"webdav":{…}}`, which is a share of files.
    ///
    /// Refused (`protocol_not_supported`): a share of anything else.
    func newer(
        _ share: Share, _ ways: JSONObject, uri: @autoclosure () -> String?
    ) throws(Denial) -> JSONObject {
        guard share.isOfFiles, let webdav = share.webdav, let secret = webdav.secret else {
            throw Denial(.protocolNotSupported, "the share has no webdav to files")
        }
        var result = JSONObject([("name", .string("multi")), ("options", .object(JSONObject()))])
        var fields = ways[.webdav]?.object ?? JSONObject()
        fields[.sharedSecret] = .string(secret.text)
        for way in ways.members where way.known != .name && way.known != .options {
            guard way.known != .webdav, way.value.object != nil else { continue }
            result[way.name] = way.value
        }
        result[.webdav] = .object(fields)
        return try current(share, result, uri: uri())
    }

    /// A `multi` body with what the reva family insists on: an absolute URI, a list of permissions,
    /// and no protocol that it does not know.
    ///
    /// Refused (`protocol_not_supported`): a share without a protocol that it knows, and one whose place nobody
    /// says.
    private func current(
        _ share: Share, _ ways: JSONObject, uri: @autoclosure () -> String?
    ) throws(Denial) -> JSONObject {
        guard let known = backend.onlyProtocols else { return ways }
        var result = ways
        for way in ways.members where way.value.object != nil && way.known != .options {
            if !known.contains(way.name) { result[way.name] = nil }
        }
        // Its decoder reads every value of `options` as a protocol of its own.
        if result[.options]?.object?.count ?? 0 > 0 { result[.options] = .object(JSONObject()) }
        guard let webdav = share.webdav, var fields = result[.webdav]?.object else {
            guard result.members.contains(where: { known.contains($0.name) }) else {
                throw Denial(.protocolNotSupported, "no protocol that the backend knows")
            }
            return result
        }
        let written = webdav.uri.flatMap { URLParts($0) == nil ? nil : $0 }
        guard let absolute = written ?? uri() else {
            throw Denial(.protocolNotSupported, "the backend needs an absolute URI")
        }
        for name in backend.uriMembers where fields[name]?.string != absolute {
            fields[name] = .string(absolute)
        }
        // Two spellings with two values would be two places.
        for other in [MemberName.url, .upperCaseURI] where !backend.uriMembers.contains(other) {
            fields[other] = nil
        }
        if fields[.permissions]?.array == nil {
            fields[.permissions] = .array(webdav.permissions.listed)
        }
        result[.webdav] = .object(fields)
        return result
    }
}

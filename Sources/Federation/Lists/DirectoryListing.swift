/// The payload of an OCM directory service (draft-ietf-ocm-open-cloud-mesh, appendix C): the name of
/// a federation, and its servers, each by its URL. Members that are not known are ignored, for
/// later drafts add some.
///
///     {"federation": "...", "servers": [{"url": "https://cloud.example.org", "displayName": "..."}]}
enum DirectoryListing {
    /// Refused: what the draft requires and is not there, and a URL with a path, a query, user
    /// information or a fragment.
    static func contents(_ payload: [UInt8]) throws(ListDefect) -> ListContents {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(parsing: payload, limits: .file)
        } catch {
            throw ListDefect(
                "this is not strict JSON: \(error.problem.rawValue)", at: .payload(error.offset))
        }
        guard let federation = root.object?["federation"]?.string, !federation.isEmpty else {
            throw ListDefect("the payload has no \"federation\"")
        }
        guard let servers = root.object?["servers"]?.array else {
            throw ListDefect("the payload has no \"servers\"")
        }
        var contents = ListContents()
        contents.title = federation
        for (place, server) in servers.enumerated() {
            let name = "servers[\(place)]"
            guard let display = server.object?["displayName"]?.string else {
                throw ListDefect("there is no \"displayName\"", at: .member(name))
            }
            let pattern = try pattern(server.object?["url"]?.string, "\(name).url")
            try contents.add(
                ListEntry(pattern: pattern, note: display.isEmpty ? nil : display),
                at: .member(name))
        }
        return contents
    }

    /// The payload.
    ///
    /// Refused: entries that the format cannot say: all that are not a host alone, and those with
    /// an end.
    static func payload(_ entries: [ListEntry], federation: String) throws(ListDefect) -> [UInt8] {
        var servers: [JSONValue] = []
        for (host, entry) in try entries.hosts(for: .directory) {
            servers.append(
                .object([
                    ("url", .string("https://\(host)")),
                    ("displayName", .string(entry.note ?? entry.pattern.name)),
                ]))
        }
        return JSONValue.object([
            ("federation", .string(federation)), ("servers", .array(servers)),
        ]).serialized()
    }

    private static func pattern(_ url: String?, _ name: String) throws(ListDefect) -> HostPattern {
        guard let url else { throw ListDefect("there is no \"url\"", at: .member(name)) }
        guard let parts = URLParts(url), parts.path.isEmpty || parts.path == "/",
            parts.query == nil, let pattern = HostPattern(written(parts, in: url))
        else {
            throw ListDefect(
                "\(quoted(String(url.prefix(256)))) is not a URL of a host alone",
                at: .member(name))
        }
        return pattern
    }

    /// The host, with the port 443 too where that is written: `host:443` is not the host on every
    /// port.
    private static func written(_ parts: URLParts, in url: String) -> String {
        let authority = url.dropFirst(parts.scheme.rawValue.count + "://".count)
            .dropLast(parts.path.count)
        return PeerHost.writtenPort(authority) == 443
            ? "\(parts.host.name):443" : parts.host.description
    }
}

/// The format `ocmproviders`: the array of providers that reva, oCIS and OpenCloud read from
/// `ocmproviders.json`. What counts is `domain`, by which they compare; names become the note. One
/// without a port means the host on every port, as in a list of one's own; `host:443` does not.
/// Members that are not known are ignored.
///
/// They leave out providers without a service whose `endpoint.type.name` is `OCM`. So does an allow
/// list here; a block counts all the same.
enum ProviderList {
    /// Refused: a provider without `domain`, and one that is no host (a URL is none).
    static func contents(
        _ bytes: [UInt8], for stance: PeerList.Stance
    ) throws(ListDefect) -> ListContents {
        guard let providers = try ListJSON(bytes).root.array else {
            throw ListDefect("this is no array of providers")
        }
        var contents = ListContents()
        for (place, provider) in providers.enumerated() {
            let name = "[\(place)]"
            guard let domain = provider.object?["domain"]?.string else {
                throw ListDefect("there is no \"domain\"", at: .member(name))
            }
            guard PeerHost(domain) != nil, let pattern = HostPattern(domain) else {
                throw ListDefect(
                    "\(quoted(String(domain.prefix(256)))) is not a host",
                    at: .member("\(name).domain"))
            }
            if stance == .allow, !offersOCM(provider) {
                contents.leaveOut("no OCM service")
                continue
            }
            try contents.add(
                ListEntry(pattern: pattern, note: note(of: provider)), at: .member(name))
        }
        return contents
    }

    /// The array.
    ///
    /// Refused: entries that the format cannot say: all that are not a host alone, and those with
    /// an end.
    static func text(_ entries: [ListEntry]) throws(ListDefect) -> String {
        var lines: [String] = []
        for (host, entry) in try entries.hosts(for: .providers) {
            let endpoint: JSONValue = .object([
                ("type", .object([("name", .string("OCM"))])),
                ("path", .string("https://\(host)/ocm/")),
            ])
            let provider: JSONValue = .object([
                ("name", .string(entry.note ?? host)), ("domain", .string(host)),
                ("homepage", .string("https://\(host)")),
                (
                    "services",
                    .array([
                        .object([("endpoint", endpoint), ("host", .string("https://\(host)/"))])
                    ])
                ),
            ])
            lines.append(String(decoding: provider.serialized(), as: UTF8.self))
        }
        return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }

    private static func offersOCM(_ provider: JSONValue) -> Bool {
        provider.object?["services"]?.array?.contains { service in
            service.object?["endpoint"]?.object?["type"]?.object?["name"]?.string == "OCM"
        } ?? false
    }

    private static func note(of provider: JSONValue) -> String? {
        for member in ["full_name", "name"] {
            if let text = provider.object?[member]?.string, !text.isEmpty { return text }
        }
        return nil
    }
}

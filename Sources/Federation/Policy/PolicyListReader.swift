import OpenSSL

/// Reads `[list.NAME]`: inline entries, a text file with a host a line, or from where the list is
/// downloaded.
struct PolicyListReader {
    let files: PolicyFiles
    let findings: Findings

    mutating func read(_ top: inout TOMLTableReader, from file: String) -> [PeerList] {
        guard let table = top.table("list") else { return [] }
        if let key = table.all.first(where: { !$0.value.isTable && !$0.value.isTables }) {
            findings.report(
                key.keyPosition,
                "\(quoted(key.key)) stands in [list], which has a table for each list",
                remedy: "write [list.NAME] above it, with a name of your own")
            return []
        }
        var lists: [PeerList] = []
        for member in table.all {
            checkName(member)
            guard
                var reader = TOMLTableReader(
                    member.value, path: "list.\(member.key)", findings: findings)
            else { continue }
            // A list that is wrong keeps its name, so that `@name` is not reported as well.
            lists.append(list(member.key, &reader, from: file))
            reader.finish()
        }
        return lists
    }

    private func checkName(_ member: TOMLMember) {
        if member.key.isEmpty || !member.key.utf8.allSatisfy(TOMLCursor.isBare) {
            findings.report(
                member.keyPosition,
                "the name of a list has letters, digits, \"-\" and \"_\" only")
        }
    }

    private func list(
        _ name: String, _ reader: inout TOMLTableReader, from file: String
    ) -> PeerList {
        let stance: PeerList.Stance? = reader.require("standing", .word("standing"))
        let isHard = reader.read("hard", .boolean) ?? false
        let source = reader.read("source", .line)
        let format = self.format(&reader)
        let download = self.download(source, format, &reader, from: file)
        var entries = reader.node("entries").flatMap(entries) ?? []
        if reader.has("source") == reader.has("entries") {
            findings.report(
                reader.position,
                reader.has("source")
                    ? "the list \(quoted(name)) has both \"entries\" and \"source\""
                    : "the list \(quoted(name)) has neither \"entries\" nor \"source\"",
                remedy: "write one of them")
        } else if let source, !source.contains("://") {
            entries = self.entries(of: source, format, &reader, from: file)
        }
        return PeerList(
            name: name, stance: stance ?? .block, tier: download == nil ? .own : .downloaded,
            firmness: isHard ? .hard : .ordinary, entries: entries,
            source: download == nil ? source : nil, download: download, position: reader.position)
    }

    private func format(_ reader: inout TOMLTableReader) -> ListFormat {
        if reader.has("format"), !reader.has("source") {
            findings.report(reader.place(of: "format"), "\"format\" belongs to a \"source\"")
        }
        return reader.read("format", .word("format")) ?? .text
    }

    /// How a list is kept up to date whose `source` is a URL; nil for all others.
    private func download(
        _ source: String?, _ format: ListFormat, _ reader: inout TOMLTableReader,
        from file: String
    ) -> PeerList.Download? {
        let keys = reader.read("keys", TOMLForm<String>.line.oneOrMore) ?? []
        let subject = reader.read("subject", .line)
        let refresh = reader.read(
            "refresh", .seconds(from: .seconds(60), to: .seconds(30 * 86_400)))
        let apply = reader.read("apply", TOMLForm<PeerList.Apply>.word("value"))
        let maxChange = reader.read("max_change", .percentage)
        guard let source, source.contains("://") else {
            for key in Self.downloadKeys where reader.has(key) {
                findings.report(
                    reader.place(of: key), "\"\(key)\" belongs to a list that is downloaded",
                    remedy: "its \"source\" is a URL")
            }
            return nil
        }
        guard let parts = URLParts(source), parts.scheme == .https else {
            findings.report(
                reader.node("source")?.position ?? reader.position,
                "\(quoted(source)) \(Self.complaint(about: source))",
                remedy: remedyForUser(in: source))
            return nil
        }
        if format == .directory, !reader.has("keys") {
            findings.report(
                reader.position, "a list of a directory service is signed: \"keys\" is missing",
                remedy: "name the files of its keys (JWK or PEM): keys = [\"keys/directory.jwk\"]")
        }
        if reader.has("subject"), !reader.has("keys") {
            findings.report(
                reader.place(of: "subject"),
                "\"subject\" is what a signature is about, and \"keys\" is missing",
                remedy: "name the files of the keys (JWK or PEM) that sign the list, or leave it "
                    + "out")
        }
        return PeerList.Download(
            url: source, format: format, keys: keys.map { PolicyFiles.resolve($0, from: file) },
            namedKeys: keys, subject: subject,
            refresh: refresh ?? PeerList.Download.usualRefresh, apply: apply ?? .additions,
            maxChange: maxChange)
    }

    /// What is wrong with the URL of a list.
    private static func complaint(about source: String) -> String {
        guard source.lowercased().hasPrefix("https://") else {
            return "is not a URL that begins with https://"
        }
        let host = source.dropFirst(8).prefix { !"/?#\\".contains($0) }
        if host.isEmpty { return "names no host" }
        return PeerHost(host) == nil
            ? "has a host or a port that there cannot be"
            : "is too long, or has behind its host what a URL here cannot have"
    }

    private static let downloadKeys = ["keys", "subject", "refresh", "apply", "max_change"]

    /// The entries of a text file: a pattern a line; blank lines and what follows `#` do not count.
    private func entries(
        of source: String, _ format: ListFormat, _ reader: inout TOMLTableReader,
        from file: String
    ) -> [ListEntry] {
        let place = reader.node("source")?.position ?? reader.position
        guard format == .text else {
            findings.report(
                reader.place(of: "format"), "a list in a file of one's own has the format \"text\"",
                remedy: "ocmgate list import turns the others into it")
            return []
        }
        let path = PolicyFiles.resolve(source, from: file)
        guard let bytes = files.bytes(path, named: source, at: place, findings) else { return [] }
        return findings.inside(path) { once(TextList.entries(bytes, findings)) }
    }

    private func entries(_ node: TOMLNode) -> [ListEntry]? {
        guard case .array(let nodes) = node.content else {
            findings.report(node.position, "expected an array of entries, found \(node.kind)")
            return nil
        }
        return once(nodes.compactMap(entry))
    }

    /// Reports a pattern that stands there with two ends: nobody knows which is meant.
    private func once(_ entries: [ListEntry]) -> [ListEntry] {
        var known: [HostPattern: Int?] = [:]
        for entry in entries {
            guard let before = known.updateValue(entry.until, forKey: entry.pattern) else {
                continue
            }
            if before != entry.until {
                findings.report(
                    entry.position,
                    "\(quoted(entry.pattern.description)) stands here twice, with different ends",
                    remedy: "take one of them out")
            }
        }
        return entries
    }

    private func entry(_ node: TOMLNode) -> ListEntry? {
        guard case .table = node.content else {
            return TOMLForm.hostPattern.read(node, findings)
                .map { ListEntry(pattern: $0, position: node.position) }
        }
        guard var reader = TOMLTableReader(node, path: "entry", findings: findings) else {
            return nil
        }
        let pattern = reader.require("host", .hostPattern)
        let until = reader.read("until", .instant)?.end
        let note = reader.read("note", .string)
        reader.finish()
        return pattern.map {
            ListEntry(pattern: $0, until: until, note: note, position: node.position)
        }
    }
}

extension TOMLForm<HostPattern> {
    static let hostPattern = TOMLForm.text(
        #"a host pattern ("host", "*.host" or ".host", each with an optional port)"#,
        remedy: HostPattern.remedy(for:)
    ) { HostPattern($0) }
}

extension HostPattern {
    /// The host of a URL, which is easily pasted where a pattern belongs; nil for what is none.
    static func remedy(for text: String) -> String? {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let host = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return HostPattern(String(host)).map { "write \(quoted($0.description))" }
    }
}

extension TOMLForm<Int> {
    /// `20%`
    static let percentage = TOMLForm<Int>.text(#"a part like "20%" (from 0% to 100%)"#) { text in
        guard text.hasSuffix("%"), (2...4).contains(text.utf8.count),
            text.utf8.dropLast().allSatisfy(\.isDigit),
            let number = Int(text.dropLast()), number <= 100
        else { return nil }
        return number
    }
}

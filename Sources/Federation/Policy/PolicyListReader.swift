/// Reads `[list.NAME]`: inline entries, or a text file with a host a line.
struct PolicyListReader {
    let files: PolicyFiles
    let findings: Findings

    mutating func read(_ top: inout TOMLTableReader, from file: String) -> [PeerList] {
        guard let table = top.table("list") else { return [] }
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
        let isPlain = member.key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        if !isPlain || member.key.isEmpty {
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
        for key in PolicyNotYet.listKeys where reader.node(key) != nil {
            findings.notYet("the key \"\(key)\" of a list", at: reader.place(of: key))
        }
        let source = reader.read("source", .line)
        let isText = format(&reader)
        var entries = reader.node("entries").flatMap(entries) ?? []
        if reader.has("source") == reader.has("entries") {
            findings.report(
                reader.position,
                reader.has("source")
                    ? "the list \(quoted(name)) has both \"entries\" and \"source\""
                    : "the list \(quoted(name)) has neither \"entries\" nor \"source\"",
                remedy: "write one of them")
        } else if let source {
            entries = self.entries(of: source, isText, &reader, from: file)
        }
        return PeerList(
            name: name, stance: stance ?? .block, tier: .own, firmness: isHard ? .hard : .ordinary,
            entries: entries, source: source, position: reader.position)
    }

    private enum Format { case text, other }

    private func format(_ reader: inout TOMLTableReader) -> Format {
        guard let node = reader.node("format") else { return .text }
        guard let word = TOMLForm.string.read(node, findings) else { return .other }
        if !reader.has("source") {
            findings.report(reader.place(of: "format"), "\"format\" belongs to a \"source\"")
        }
        if word == "text" { return .text }
        if PolicyNotYet.listFormats.contains(word) {
            findings.notYet("format = \"\(word)\"", at: node.position)
        } else {
            findings.unknown(
                "format", word, at: node.position, known: ["text"] + PolicyNotYet.listFormats)
        }
        return .other
    }

    /// The entries of a text file: a pattern a line; blank lines and what follows `#` do not count.
    private func entries(
        of source: String, _ format: Format, _ reader: inout TOMLTableReader, from file: String
    ) -> [ListEntry] {
        let place = reader.node("source")?.position ?? reader.position
        if source.contains("://") {
            findings.notYet(
                "a downloaded list", at: place, remedy: "fetch it yourself into a text file")
            return []
        }
        guard format == .text else { return [] }
        let path = PolicyFiles.resolve(source, from: file)
        guard let bytes = files.bytes(path, named: source, at: place, findings) else { return [] }
        return findings.inside(path) { TextList.entries(bytes, findings) }
    }

    private func entries(_ node: TOMLNode) -> [ListEntry]? {
        guard case .array(let nodes) = node.content else {
            findings.report(node.position, "expected an array of entries, found \(node.kind)")
            return nil
        }
        return nodes.compactMap(entry)
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
        #"a host pattern ("host", "*.host" or ".host", each with an optional port)"#
    ) { HostPattern($0) }
}

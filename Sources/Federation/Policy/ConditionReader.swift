/// Reads `when`.
enum ConditionReader {
    /// The conditions in the order of the language; what is wrong is reported.
    static func read(_ table: TOMLTableReader) -> [Condition] {
        var table = table
        let conditions = read(from: &table)
        table.finish()
        if table.all.isEmpty {
            table.findings.report(
                table.position, "\"when\" is empty", remedy: "leave it out to mean everything")
        }
        return conditions
    }

    /// Those of a table that has other keys too.
    static func read(from table: inout TOMLTableReader) -> [Condition] {
        let conditions: [Condition?] = [
            table.read("share_type", .shareTypes).map(Condition.shareType),
            table.read("resource_type", .resourceTypes)
                .map(Condition.resourceType),
            table.read("protocol", .protocols).map(Condition.protocols),
            table.read("permissions", .permissions).map(Condition.permissions),
            table.read("permissions_not", .permissions).map(Condition.permissionsNot),
            table.read("size_max", .byteCount).map { Condition.sizeMax($0.bytes) },
            table.read("owner", .globs).map(Condition.owner),
            table.read("sender", .globs).map(Condition.sender),
            table.read("recipient", .globs).map(Condition.recipient),
            table.read("access_types", .accessTypes).map(Condition.accessTypes),
            table.read(
                "notification_type", .notificationTypes
            ).map(Condition.notificationType),
            table.read("net", .networks).map(Condition.net),
            table.read("software", .software).map(Condition.software),
            table.read("time", TOMLForm<TimeWindow>.timeWindow.oneOrMore).map(Condition.time),
        ]
        return conditions.compactMap(\.self)
    }
}

extension TOMLForm<String> {
    /// One word of a closed set.
    static func known(_ known: [String], _ kind: String) -> TOMLForm {
        TOMLForm(kind) { node, findings in
            guard let word = TOMLForm.string.read(node, findings) else { return nil }
            if known.contains(word) { return word }
            findings.unknown(kind, word, at: node.position, known: known)
            return nil
        }
    }

    /// A word of an open set; one that is nearly a known word is taken for a slip of the pen.
    static func near(_ known: [String], _ kind: String) -> TOMLForm {
        TOMLForm(kind) { node, findings in
            guard let word = TOMLForm.line.read(node, findings) else { return nil }
            if ConditionWords.meant(by: word, among: known) != nil {
                findings.unknown(kind, word, at: node.position, known: known)
                return nil
            }
            return word
        }
    }
}

/// The words of the conditions that have a closed set of them, or a usual one.
enum ConditionWords {
    static let shareTypes = ["user", "group", "federation"]
    static let resourceTypes = ["file", "folder", "calendar", "contact"]
    static let protocols = ["webdav", "webapp", "ssh", "datatx", "embedded"]
    static let accessTypes = ["remote", "datatx"]
    static let notificationTypes = Notification.Kind.known.map(\.word)

    /// The known word that an unknown one is nearly; nil for a known one, and for one that is quite
    /// another.
    static func meant(by word: String, among known: [String]) -> String? {
        known.contains(word) ? nil : nearestWord(to: word, among: known)
    }
}

extension Facts {
    /// A word of the message that a policy takes for a slip of the pen, and what it takes it for: no
    /// test can give it.
    package var wordTakenForSlip: (word: String, meant: String)? {
        var said: [(String?, [String])] = [
            (shareType, ConditionWords.shareTypes), (resourceType, ConditionWords.resourceTypes),
        ]
        for word in protocols { said.append((word, ConditionWords.protocols)) }
        for (word, known) in said {
            guard let word, let meant = ConditionWords.meant(by: word, among: known) else {
                continue
            }
            return (word, meant)
        }
        return nil
    }
}

extension TOMLForm<[String]> {
    static let resourceTypes = TOMLForm<String>
        .near(ConditionWords.resourceTypes, "resource type").oneOrMore
    static let notificationTypes = TOMLForm<String>
        .near(ConditionWords.notificationTypes, "notification type").oneOrMore
    static let shareTypes = TOMLForm<String>
        .known(ConditionWords.shareTypes, "share type").oneOrMore
    static let protocols = TOMLForm<String>.known(ConditionWords.protocols, "protocol").oneOrMore
    static let accessTypes = TOMLForm<String>
        .known(ConditionWords.accessTypes, "access type").oneOrMore
}

extension TOMLForm<Permissions> {
    /// One or more of read, write, share, unspecified.
    static let permissions = TOMLForm<String>.known(Permissions.order, "permission").oneOrMore
        .map { words in Permissions(naming: words.compactMap(Permissions.init(word:))) }
}

extension TOMLForm<[Glob]> {
    /// Of addresses: one that has no host and no `*` fits nobody.
    static let globs = TOMLForm<Glob>.text(
        "a pattern of addresses like \"*@cloud.example\" or \"alice@*\""
    ) { text in
        guard text.contains("@") || text.contains("*") else { return nil }
        return Glob(text)
    }.oneOrMore

    static let software = TOMLForm<Glob>.text("a pattern of names like \"nextcloud 2*\"") {
        Glob($0)
    }.oneOrMore
}

extension TOMLForm<[NetworkRange]> {
    static let networks = TOMLForm<NetworkRange>.text(
        "an address block like \"192.0.2.0/24\"",
        remedy: { text in
            let address = text.prefix { $0 != "/" }
            guard let base = NetworkAddress(address) else { return nil }
            if base.isIPv4, address.contains(":") {
                return "write it as IPv4, from \(base) on, with a prefix of at most 32"
            }
            if address.hasPrefix("[") { return "leave the brackets out" }
            return "write the first address of the block, and a prefix of at most 32 (IPv4) or 128 "
                + "(IPv6); an address alone has none"
        }
    ) { NetworkRange($0) }.oneOrMore
}

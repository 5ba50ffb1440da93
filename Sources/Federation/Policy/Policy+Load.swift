extension Policy {
    /// Reads a policy file, the lists that it names and the tests beside it.
    ///
    /// Refused, all of it at once with its places: unknown keys, wrong types, bad values, names
    /// that are not defined, files that cannot be read, and words of the language that are not
    /// available yet.
    package static func load(
        file: String, _ files: PolicyFiles
    ) throws(ConfigurationErrors) -> Policy {
        try Policy(bytes(of: file, files), file: file, files)
    }

    /// The text of a policy file. Refused: one that is not there, or cannot be read.
    package static func bytes(
        of file: String, _ files: PolicyFiles
    ) throws(ConfigurationErrors) -> [UInt8] {
        let bytes: [UInt8]?
        do {
            bytes = try files.read(file)
        } catch {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil, message: "the file cannot be read: \(error)"))
        }
        guard let bytes else {
            throw ConfigurationErrors(
                ConfigurationError(file: file, position: nil, message: "there is no such file"))
        }
        return bytes
    }

    /// The files that its lists come from.
    package var listFiles: [String] { lists.compactMap(file) }

    /// The files of lists that the text of a policy names, whether or not it can be taken: what is
    /// wrong with it may be one of them.
    package static func listFiles(namedIn file: String, _ files: PolicyFiles) -> [String] {
        guard let bytes = try? bytes(of: file, files),
            let document = try? TOMLDocument(bytes, file: file),
            case .table(let lists)? = document.root["list"]?.content
        else { return [] }
        return lists.compactMap { list in
            guard case .string(let source)? = list.value["source"]?.content,
                !source.contains("://")
            else { return nil }
            return PolicyFiles.resolve(source, from: file)
        }
    }

    /// The file that a list comes from; nil when its entries stand in the policy itself.
    package func file(of list: PeerList) -> String? {
        list.source.map { PolicyFiles.resolve($0, from: file) }
    }

    /// Reads the text of a policy that was read from `file`. Refused: what ``load(file:_:)`` refuses.
    package convenience init(
        _ bytes: [UInt8], file: String, _ files: PolicyFiles
    ) throws(ConfigurationErrors) {
        let document = try TOMLDocument(bytes, file: file)
        let findings = Findings(file: file)
        var reader = PolicyReader(files: files, findings: findings)
        reader.read(document)
        reader.readTests(beside: file)
        try findings.check()
        self.init(reader.parts, file: file)
    }
}

/// Reads the top of a policy file and hands its blocks to their readers.
struct PolicyReader {
    private let files: PolicyFiles
    private let findings: Findings
    private(set) var parts = PolicyParts()
    private var names = TestNames()

    init(files: PolicyFiles, findings: Findings) {
        self.files = files
        self.findings = findings
    }

    mutating func read(_ document: TOMLDocument) {
        var top = TOMLTableReader(document, findings: findings)
        _ = top.require("version", .integer(1...1))
        parts.name = top.require("name", .line) ?? ""
        parts.mode = top.read("mode", .word("mode")) ?? .enforce
        parts.fallback = top.read("default", .word("default")) ?? .deny
        parts.unknown = top.read("unknown", .word("value")) ?? .deny
        parts.contact = top.read("contact", .line)
        for key in ["mode", "default", "unknown"] where top.has(key) {
            parts.places[key] = top.place(of: key)
        }
        var lists = PolicyListReader(files: files, findings: findings)
        parts.lists = lists.read(&top, from: document.file)
        var blocks = PolicyBlockReader(names: PolicyNames(parts.lists), findings: findings)
        parts.requirements = blocks.requirements(&top, parts)
        parts.limits = blocks.limits(&top, parts)
        parts.rules = blocks.rules(&top, parts)
        names = TestNames(document)
        tests(&top, file: document.file)
        top.finish()
    }

    /// The tests of `policy.test.toml`, if there is one.
    mutating func readTests(beside file: String) {
        guard let path = PolicyFiles.tests(beside: file) else { return }
        do {
            guard let bytes = try files.read(path) else { return }
            let document = try TOMLDocument(bytes, file: path)
            findings.inside(path) {
                var top = TOMLTableReader(document, findings: findings)
                tests(&top, file: path)
                top.finish()
            }
        } catch let errors as ConfigurationErrors {
            findings.report(errors)
        } catch {
            findings.inside(path) { findings.report(nil, "the file cannot be read: \(error)") }
        }
    }

    private mutating func tests(_ top: inout TOMLTableReader, file: String) {
        let lists = PolicyNames(parts.lists)
        let reader = PolicyTestReader(
            file: file, names: lists, limits: parts.limits.map(\.name), known: names)
        for var table in top.tables("test") {
            guard let test = reader.read(&table) else { continue }
            if parts.tests.contains(where: { $0.name == test.name }) {
                findings.report(
                    table.place(of: "name"), "there is another test \(quoted(test.name))")
            }
            parts.tests.append(test)
        }
        let invariants = PolicyInvariantReader(file: file, names: lists)
        for var table in top.tables("invariant") {
            guard let invariant = invariants.read(&table) else { continue }
            if parts.invariants.contains(where: { $0.name == invariant.name }) {
                findings.report(
                    table.place(of: "name"),
                    "there is another invariant \(quoted(invariant.name))")
            }
            parts.invariants.append(invariant)
        }
    }
}

/// The names that tests refer to, also those of blocks that are wrong: one slip is one error.
struct TestNames {
    private(set) var limits: [String] = []
    /// What `by` and `would` may say.
    private(set) var verdicts: [String] = []

    init() {}

    init(_ document: TOMLDocument) {
        func names(_ kind: String) -> [String] {
            guard case .array(let tables)? = document.root[kind]?.content else { return [] }
            return tables.compactMap { table in
                guard case .string(let name)? = table["name"]?.content else { return nil }
                return name
            }
        }
        var lists: [String] = []
        if case .table(let members)? = document.root["list"]?.content { lists = members.map(\.key) }
        limits = names("limit")
        let builtIn: [Decider] = [
            .unknown, .fallback, .mode(.report), .mode(.open), .advertisedKeys, .pingPong,
        ]
        let blocks: [Decider] =
            lists.map { .list($0) } + names("require").map { .requirement($0) }
            + limits.map { .limit($0) } + names("rule").map { .rule($0) }
        verdicts = (builtIn + blocks).map(\.name)
    }
}

/// The names that blocks refer to.
struct PolicyNames: Sendable {
    let lists: [String]

    init(_ lists: [PeerList]) {
        self.lists = lists.map(\.name)
    }

    /// The place of the list that `@name` means; reports a name that no list has.
    func list(_ name: String, at position: SourcePosition, _ findings: Findings) -> Int? {
        if let place = lists.firstIndex(of: name) { return place }
        findings.report(
            position, "there is no list \(quoted(name))", remedy: remedy(for: name, among: lists))
        return nil
    }
}

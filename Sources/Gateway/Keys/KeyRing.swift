package import Federation
import Foundation
package import HTTPSignatures
package import OpenSSL

/// The gateway's own keys: one PEM file per key in a folder, mode 0600, and `keys.toml`, which says
/// what each is for.
///
/// The name of the file is the name of the key: `host#NAME` where RFC 9421 names it,
/// `https://host/ocm#NAME` where draft-cavage does. A key never changes under its name: Nextcloud 31
/// to 34 would refuse it for good (`protocol.md` 9.8).
package struct KeyRing: Sendable {
    /// A key of the site, where it lies and what it is for.
    package struct Entry: Sendable {
        package let name: String
        package let key: PrivateKey
        package let file: String
        package let state: KeyState
        /// When the state began, Unix seconds; nil for a key that is new.
        package let since: Int?
    }

    package let folder: String
    /// In the order of their names.
    package let keys: [Entry]
    let table: KeyTable

    /// Reads the keys, and makes the first ones, Ed25519 and RSA-3072 (for draft-cavage), where
    /// there are none and `whenMissing` says so.
    ///
    /// A folder without `keys.toml` was filled by hand: its keys are published, and the last of
    /// each use signs. Refused: files that others may use, files that hold no key, a name that
    /// stood for another key, a published key without its file, two active keys of one use.
    ///
    /// - Parameter now: Unix seconds.
    package init(
        folder: String, whenMissing: SealKey.WhenMissing, now: Int
    ) throws(FileProblem) {
        self.folder = folder
        let written = try Self.table(in: folder)
        switch whenMissing {
        case .make:
            try PrivateFile.folder(folder)
            if Self.isBlank(folder) { try Self.makeFirst(1, in: folder) }
        case .refuse: break
        }
        let found = try Self.keys(in: folder)
        let table = written ?? Self.table(for: found, now: now)
        try Self.check(table, found, folder, now: now)
        if written == nil, whenMissing == .make { try Self.write(table, in: folder) }
        self.table = table
        keys = found.map { name, key, file in
            let row = table.rows[name]
            return Entry(
                name: name, key: key, file: file, state: row?.state ?? .new, since: row?.since)
        }
    }

    /// The keys of a gateway that starts; the first ones are made where it has never run.
    ///
    /// Refused: what `init` refuses, and keys that are gone.
    ///
    /// - Parameter state: the file of its state.
    package static func start(
        folder: String, state: String, now: Int
    ) throws(FileProblem) -> KeyRing {
        if let loss = loss(of: folder, state: state) { throw loss }
        return try KeyRing(folder: folder, whenMissing: .make, now: now)
    }

    /// What is wrong where a gateway has run and nothing is left of its keys; nil when that is not so.
    ///
    /// Others in their place would have names that peers know other keys by (decision 15).
    package static func loss(of folder: String, state: String) -> FileProblem? {
        guard Store.hasBegun(state), isBlank(folder) else { return nil }
        return FileProblem(
            folder, "holds no key, and \(state) is of a gateway that had some",
            "bring the folder back; or begin with other keys, under names that were never "
                + "used, which peers may have to be told of: ocmgate key new")
    }

    /// Neither keys nor a word of what they were called.
    private static func isBlank(_ folder: String) -> Bool {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return PrivateFile.presence(folder) == .absent
        }
        return !files.contains { isKey($0) || $0 == KeyTable.fileName }
    }

    private static func makeFirst(
        _ number: Int, in folder: String
    ) throws(FileProblem) {
        for kind in [KeyKind.ed25519, .rsa(bits: 3072)] {
            try make(kind, "\(kind.stem)-\(number)", in: folder)
        }
    }

    /// The keys of a folder to which one is to be added: the usual pair is made where there is none.
    ///
    /// What keys that are gone were called nobody knows: those that take their place are numbered by
    /// the second, and the next ones count on from there, so that no name is given again.
    static func toAdd(
        in folder: String, state: String, now: Int
    ) throws(FileProblem) -> KeyRing {
        if loss(of: folder, state: state) != nil {
            try PrivateFile.folder(folder)
            try makeFirst(Int(KeyTable.text(of: now).filter(\.isNumber)) ?? now, in: folder)
        }
        return try KeyRing(folder: folder, whenMissing: .make, now: now)
    }

    /// Makes a key under a name that is free. Refused: a name that has a file.
    package static func make(
        _ kind: KeyKind, _ name: String, in folder: String
    ) throws(FileProblem) {
        let file = (folder as NSString).appendingPathComponent(name + ".pem")
        try PrivateFile.create(file, keyOf: kind)
    }

    /// The JWK set that peers fetch: every published key but those of draft-cavage, under each name
    /// of the site.
    ///
    /// Peers take none of a set that holds more than ``JWKSet/maximum``. Where there are more, those that
    /// sign come first, then the names in their order: the site's own before those of before.
    package func keySet(for hosts: [PeerHost], now: Int) -> [UInt8] {
        let published = keys.filter { $0.state.isPublished(now: now) }
        var all = hosts.flatMap { host in
            published.compactMap { entry in
                entry.jwk(for: host).map { (jwk: $0, signs: entry.state == .active) }
            }
        }
        if all.count > JWKSet.maximum {
            all = Array((all.filter(\.signs) + all.filter { !$0.signs }).prefix(JWKSet.maximum))
        }
        let keys: [JSONValue] = all.map { key in
            .object(key.jwk.members.map { ($0.name, .string($0.value)) })
        }
        return JSONValue.object([("keys", .array(keys))]).serialized()
    }

    /// The key that signs; nil when there is none for this use.
    package func activeKey(for use: KeyUse) -> Entry? {
        keys.first { $0.state == .active && $0.key.kind.use == use }
    }

    /// The key that signs by RFC 9421.
    package var signatureKey: Entry? { activeKey(for: .rfc9421) }

    /// The key that signs by draft-cavage, which is discovery's `publicKey`.
    package var cavageKey: Entry? { activeKey(for: .cavage) }

    /// The next moment (Unix seconds) at which a retired key is published no more.
    func nextEnd(after now: Int) -> Int? {
        keys.compactMap { entry in
            guard case .retired(let until) = entry.state, until > now else { return nil }
            return until
        }.min()
    }

    /// A name for a key of a kind that no key has or had: the number after the highest one.
    package func freeName(for kind: KeyKind) -> String {
        let stem = kind.stem + "-"
        let numbers = (Array(table.rows.keys) + keys.map(\.name)).compactMap { name in
            // Longer ones are of somebody who names keys by himself.
            name.hasPrefix(stem) && name.utf8.count <= stem.utf8.count + 15
                ? Int(name.dropFirst(stem.count)) : nil
        }
        return "\(stem)\(max(0, numbers.max() ?? 0) + 1)"
    }
}

// MARK: Files

extension KeyRing {
    private typealias Found = (name: String, key: PrivateKey, file: String)

    private static func keys(in folder: String) throws(FileProblem) -> [Found] {
        var found: [Found] = []
        for name in try names(in: folder) {
            let file = (folder as NSString).appendingPathComponent(name + ".pem")
            guard KeyTable.isName(name) else {
                throw FileProblem(
                    file, "is no name of a key", "letters, digits, - _ and . before .pem")
            }
            let text = String(decoding: try PrivateFile.read(file), as: UTF8.self)
            do { found.append((name, try PrivateKey(pem: text), file)) } catch {
                throw FileProblem(file, "holds no key: \(error)", "move it away")
            }
        }
        return found
    }

    /// nil when there is none.
    private static func table(in folder: String) throws(FileProblem) -> KeyTable? {
        let file = (folder as NSString).appendingPathComponent(KeyTable.fileName)
        guard PrivateFile.presence(file) != .absent else { return nil }
        let bytes = try PrivateFile.read(file, readers: .everybody)
        do throws(ConfigurationErrors) { return try KeyTable(bytes, file: file) } catch {
            throw FileProblem(
                folder, "\(error)",
                "or move \(KeyTable.fileName) away: then the last key of each kind signs")
        }
    }

    static func write(_ table: KeyTable, in folder: String) throws(FileProblem) {
        let file = (folder as NSString).appendingPathComponent(KeyTable.fileName)
        try PrivateFile.replace(file, Array(table.text.utf8))
    }

    /// For keys that nobody has said anything of.
    private static func table(for found: [Found], now: Int) -> KeyTable {
        var table = KeyTable()
        for use in KeyUse.allCases {
            let keys = found.filter { $0.key.kind.use == use }
            let signing = keys.last { $0.key.kind == .ed25519 } ?? keys.last
            for key in keys {
                table.rows[key.name] = KeyTable.Row(
                    state: key.name == signing?.name ? .active : .staged, since: now,
                    thumbprint: OfferedKey.thumbprint(of: key.key.publicKey))
            }
        }
        return table
    }

    private static func check(
        _ table: KeyTable, _ found: [Found], _ folder: String, now: Int
    ) throws(FileProblem) {
        for key in found {
            guard let row = table.rows[key.name],
                row.thumbprint != OfferedKey.thumbprint(of: key.key.publicKey)
            else { continue }
            throw FileProblem(
                key.file, "holds another key than the one that had this name",
                "put that one back, or give this one a name that was never used")
        }
        for (name, row) in table.rows.sorted(by: { $0.key < $1.key })
        where row.state.isPublished(now: now) && !found.contains(where: { $0.name == name }) {
            throw FileProblem(
                (folder as NSString).appendingPathComponent(name + ".pem"),
                "is missing, and \(KeyTable.fileName) calls it \(row.state.word)",
                "put it back; without it, its table in \(KeyTable.fileName) has to go")
        }
        for use in KeyUse.allCases {
            let active = found.filter {
                $0.key.kind.use == use && table.rows[$0.name]?.state == .active
            }
            guard active.count > 1 else { continue }
            throw FileProblem(
                (folder as NSString).appendingPathComponent(KeyTable.fileName),
                "more than one key is active: "
                    + active.map(\.name).joined(separator: ", "),
                "all but one are staged or retired")
        }
    }

    private static func names(in folder: String) throws(FileProblem) -> [String] {
        try PrivateFile.names(in: folder).filter(isKey).map { String($0.dropLast(4)) }.sorted()
    }

    /// Whether a file of its folder is taken for a key.
    static func isKey(_ file: String) -> Bool {
        file.hasSuffix(".pem") && !file.hasPrefix(".")
    }
}

extension KeyRing.Entry {
    /// The name that RFC 9421 signatures use.
    package func keyID(for host: PeerHost) -> String { "\(host)#\(name)" }

    /// The name that draft-cavage signatures use.
    package func cavageID(for host: PeerHost) -> String { "\(host.origin)/ocm#\(name)" }

    /// What people compare, of its public half: base64url of the SHA-256 of the
    /// SubjectPublicKeyInfo, as `peer pin --fingerprint` takes it.
    package var fingerprint: String { OfferedKey.thumbprint(of: key.publicKey) }

    /// The name that peers see.
    package func id(for host: PeerHost) -> String {
        switch key.kind.use {
        case .rfc9421: keyID(for: host)
        case .cavage: cavageID(for: host)
        }
    }

    /// Whether peers can fetch it now: of the keys of draft-cavage only the one that signs, since
    /// the discovery document has one place.
    package func isPublished(now: Int) -> Bool {
        switch key.kind.use {
        case .rfc9421: state.isPublished(now: now)
        case .cavage: state == .active
        }
    }

    /// The key as peers see it; nil for a key that does not go into the set.
    package func jwk(for host: PeerHost) -> JWK? {
        guard let key = try? VerificationKey(key.publicKey) else { return nil }
        switch self.key.kind.use {
        case .cavage: return nil
        case .rfc9421: return JWK(key, id: keyID(for: host))
        }
    }
}

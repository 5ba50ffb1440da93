package import Federation
import Foundation
import OpenSSL

/// The folder `lists` (of a candidate, `candidate-lists`) beside the state file: of each downloaded
/// list a record `NAME.json`, and its versions `NAME.HASH.list`, which never change.
///
/// A record names its versions by their hash and is put in place last, as a whole: after a crash a
/// list is as before, or as after.
package struct ListFolder: Sendable {
    package let path: String

    /// Whose lists: what a candidate fetches stays apart from what is in force.
    package enum Owner: String, Sendable {
        case policy = "lists"
        case candidate = "candidate-lists"
    }

    /// That of a state file.
    package init(state: String, of owner: Owner = .policy) {
        let folder = (state as NSString).deletingLastPathComponent
        path = (folder.isEmpty ? "." : folder) + "/" + owner.rawValue
    }

    /// The record of a list as the policy has it now; nil when there is none, or one of another
    /// source. One that cannot be read is a problem.
    package func record(of list: PeerList) throws(FileProblem) -> ListRecord? {
        guard let download = list.download else { return nil }
        let record = try record(list.name)
        return record.map { $0.isOf(list, download) } ?? false ? record : nil
    }

    private func record(_ name: String) throws(FileProblem) -> ListRecord? {
        let file = recordPath(name)
        switch PrivateFile.presence(file) {
        case .there: break
        case .absent: return nil
        // In a folder that may not be looked into nothing seems to be.
        case .denied:
            throw FileProblem(
                path, "may not be read by this user", "run this as the gateway's account")
        }
        let bytes = try PrivateFile.read(file, readers: .everybody)
        do { return try JSONDecoder().decode(ListRecord.self, from: Data(bytes)) } catch {
            throw FileProblem(file, "is no record of a list: \(error)", "delete it")
        }
    }

    /// The entries of a version.
    ///
    /// Refused: a file whose hash is not that of the record.
    package func entries(
        _ copy: ListRecord.Copy, of name: String
    ) throws(FileProblem) -> [ListEntry] {
        let file = copyPath(name, copy.hash)
        let bytes = try PrivateFile.read(
            file, limit: ListContents.longest * 4, readers: .everybody)
        guard Self.hash(of: bytes) == copy.hash else {
            throw FileProblem(file, "was changed, or damaged", "delete it")
        }
        do { return try ListReading.stored(bytes) } catch {
            throw FileProblem(file, error.description, "delete it")
        }
    }

    /// Writes a version, unless it is there.
    func store(
        _ entries: [ListEntry], of name: String, signer: String?, subject: String?, now: Int
    ) throws(FileProblem) -> ListRecord.Copy {
        try PrivateFile.folder(path)
        let bytes = ListReading.storing(entries)
        let hash = Self.hash(of: bytes)
        let file = copyPath(name, hash)
        try PrivateFile.replace(file, bytes)
        return ListRecord.Copy(
            hash: hash, count: entries.count, signer: signer, subject: subject, fetched: now)
    }

    /// Puts a record in place, and deletes the versions that it does not name.
    func put(_ record: ListRecord, of name: String) throws(FileProblem) {
        try PrivateFile.folder(path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = recordPath(name)
        do {
            try PrivateFile.replace(file, [UInt8](try encoder.encode(record)) + [0x0A])
        } catch let problem as FileProblem {
            throw problem
        } catch { throw FileProblem(file, "\(error)") }
        let kept = [record.live, record.draft, record.base?.copy].compactMap {
            $0.map { copyPath(name, $0.hash) }
        }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for other in files where other.hasPrefix("\(name).") && other.hasSuffix(".list") {
            let file = "\(path)/\(other)"
            if !kept.contains(file) { try? FileManager.default.removeItem(atPath: file) }
        }
    }

    private func recordPath(_ name: String) -> String { "\(path)/\(name).json" }

    private func copyPath(_ name: String, _ hash: String) -> String {
        "\(path)/\(name).\(hash.prefix(16)).list"
    }

    private static func hash(of bytes: [UInt8]) -> String {
        Hex.encode(Hash.sha256.digest(bytes))
    }
}

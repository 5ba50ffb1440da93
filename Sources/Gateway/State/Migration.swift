import Foundation
import GRDB
import Synchronization

/// That a state was brought to a newer schema, which older programs refuse.
package struct Migration: Sendable, Equatable {
    package let path: String
    package let from: Int
    package let to: Int
    /// Where it is kept as it was before.
    package var copy: String { Self.copy(of: path, from) }

    /// Brings a checked state to the newest schema, with the copy of it that is kept first. Nil for one that has
    /// it, and for an empty file.
    ///
    /// Refused: what cannot be kept, or finds no room; nothing is changed then, nor by any error.
    init?(_ db: Database, of path: String, _ margin: DiskMargin) throws {
        let done = try Schema.version(db)
        guard done > 0, done < Schema.newest else {
            try Schema.migrate(db)
            return nil
        }
        (self.path, from, to) = (path, done, Schema.newest)
        try keep(db, margin)
        do { try Schema.migrate(db) } catch let error as DatabaseError where error.passing == .full
        {
            // The state is as it was, and its copy has the room that an older program wants.
            try? FileManager.default.removeItem(atPath: copy)
            throw error
        }
    }

    /// Where a state of an older schema is kept.
    package static func copy(of path: String, _ schema: Int) -> String { "\(path).schema\(schema)" }

    /// Has SQLite write everything that is in the state to a file of mode 0600, which is whole, synced, and in
    /// the place of an older copy of this schema before anything is changed.
    private func keep(_ db: Database, _ margin: DiskMargin) throws(FileProblem) {
        let draft = copy + Self.draftSuffix
        defer { removeDraft(draft) }
        removeDraft(draft)
        var size = 0
        do {
            size =
                try Int.fetchOne(
                    db,
                    sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                ?? 0
            if let spare = margin.spare, spare < size { throw noRoom(size) }
            // SQLite takes an empty file, and leaves its mode.
            try PrivateFile.create(draft, [])
            try db.execute(sql: "VACUUM INTO ?", arguments: [draft])
            try PrivateFile.put(draft, inPlaceOf: copy)
        } catch let problem as FileProblem {
            throw problem
        } catch let error as DatabaseError where error.passing == .full {
            throw noRoom(size)
        } catch {
            let reason = (error as? DatabaseError)?.words ?? "\(error)"
            throw FileProblem(
                path, "cannot be kept as \(copy) before its schema changes: \(reason)",
                "see whether the disk is whole")
        }
    }

    /// - Parameter size: the bytes of the state.
    private func noRoom(_ size: Int) -> FileProblem {
        FileProblem(
            path,
            "is of schema \(from), and there is no room to keep it as \(copy) before it is brought to \(to)",
            "make room for \((size >> 20) + 1) MiB; nothing was changed, and older programs read it as before"
        )
    }

    /// A folder of that name is somebody's, and stays.
    private func removeDraft(_ draft: String) {
        let files = FileManager.default
        for name in [draft, draft + "-journal"] {
            let kind = try? files.attributesOfItem(atPath: name)[.type] as? FileAttributeType
            if kind != .typeDirectory { try? files.removeItem(atPath: name) }
        }
    }

    /// The copies of a state that are kept for longer than an operator may think of going back: for so many days.
    ///
    /// - Parameter now: unix seconds.
    package static func leftCopies(of path: String, now: Int) -> [(path: String, days: Int)] {
        (1..<Schema.newest).compactMap { schema in
            let copy = copy(of: path, schema)
            return days(of: copy, now: now).flatMap { $0 > 30 ? (copy, $0) : nil }
        }
    }

    /// What upgrades left that were killed while they wrote such a copy, for a day and more. The next upgrade of
    /// the same schema removes some of it; whoever went back to the older program has none.
    ///
    /// - Parameter now: unix seconds.
    package static func leftDrafts(of path: String, now: Int) -> [(path: String, days: Int)] {
        let folder = (path as NSString).deletingLastPathComponent
        let begin = (path as NSString).lastPathComponent + ".schema"
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.sorted().compactMap { name in
            guard name.hasPrefix(begin),
                name.hasSuffix(draftSuffix) || name.hasSuffix(draftSuffix + "-journal")
            else { return nil }
            let draft = (folder as NSString).appendingPathComponent(name)
            return days(of: draft, now: now).flatMap { $0 > 0 ? (draft, $0) : nil }
        }
    }

    /// How long ago a file was written; nil where there is none.
    private static func days(of path: String, now: Int) -> Int? {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        guard let made = facts?[.modificationDate] as? Date else { return nil }
        return (now - Int(made.timeIntervalSince1970)) / 86_400
    }

    private static let draftSuffix = ".draft"

    /// From now on `hears` is told of those that commands make, which have no log; nil: nobody.
    package static func tell(_ hears: (@Sendable (Migration) -> Void)?) {
        hearing.withLock { $0 = hears }
    }

    /// Says that it was made.
    func tell() { Self.hearing.withLock { $0 }?(self) }

    private static let hearing = Mutex<(@Sendable (Migration) -> Void)?>(nil)

    /// For the operator.
    package var words: String {
        "\(path): brought from schema \(from) to \(to), which older ones refuse; as it was before it is kept "
            + "in \(copy)"
    }
}

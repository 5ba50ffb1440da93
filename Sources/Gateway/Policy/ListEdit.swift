package import Federation
import Synchronization

/// A peer put on one of the operator's own lists, in the file where the entries of that list stand:
/// in the place of its entry that is over, if there is one, else behind the last.
///
/// Nothing is written before the policy with the new entry has been read whole and has passed its
/// tests and invariants.
package struct ListEdit: Sendable {
    /// Why a list was not changed, for the operator.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// Until when a new entry counts.
    package enum Until: Sendable, Equatable {
        /// Nobody said so.
        case unsaid
        case never
        /// The first second in which it does not count.
        case end(Int)

        /// `never`, a day or a time, as lists write them; nil for what is none of these.
        package init?(_ text: String) {
            if text == "never" {
                self = .never
            } else if let end = ListDate.end(text) {
                self = .end(end)
            } else {
                return nil
            }
        }
    }

    package let list: String
    /// The file that is changed.
    package let file: String
    /// Where the new entry stands in it.
    package let line: Int
    /// The new entry, as it is written; one that stood there before, as it is read.
    package let entry: String
    /// Whether the host stood on the list before, alone and not over: then nothing is written.
    package let isThere: Bool
    /// The policy as it is then.
    package let policy: Policy
    private let text: [UInt8]
    /// What the file held.
    private let old: [UInt8]

    /// - Parameters:
    ///   - list: its name; nil for the only own one of this standing.
    ///   - until: it has to be said of one that is let in where its entry before, or one by a pattern, had an
    ///     end, and on a list that a block excepts which needs signatures.
    ///   - note: for people; the day is put before it.
    ///   - day: `2026-11-27`.
    ///   - now: Unix seconds.
    ///   - disk: where the files are.
    package init(
        adding host: PeerHost, to list: String?, _ stance: PeerList.Stance, of file: String,
        until: Until = .unsaid, note: String, day: String, now: Int, disk: PolicyFiles = .disk
    ) throws {
        // Proofs take seconds. Where entries stand is known of the bytes that were read, and of no
        // others that somebody has written meanwhile.
        let seen = FilesRead(disk)
        let policy = try Self.load(file, PolicyFiles { try seen.read($0) })
        let list = try Self.choose(list, stance, policy)
        self.list = list.name
        let note = Self.line(note)
        let isText: Bool
        if let path = policy.file(of: list) {
            (self.file, isText) = (path, true)
        } else {
            (self.file, isText) = (file, false)
        }
        guard let old = try seen.read(self.file) else {
            throw Problem("there is no file \(self.file)")
        }
        self.old = old
        let own = list.entries.filter { $0.pattern == HostPattern(host.description) }
        let known = own.first { !$0.hasEnded(now) }
        isThere = known != nil
        let ended =
            own.first ?? list.entries.first { $0.hasEnded(now) && $0.pattern.matches(host) }
        let end = try Self.end(until, known, over: ended, on: list, policy, now)
        let named = "\(host)" + (end.map { " until \(ListDate.text($0))" } ?? "")
        if let known {
            (text, entry, line) = (old, known.words, known.position?.line ?? 1)
        } else if isText, let over = own.first {
            (text, entry, line) = try Self.line(
                named, inPlaceOf: over, Self.comment(note, day), note.isEmpty, old, self.file)
        } else if isText {
            (text, entry, line) = Self.line(named, Self.comment(note, day), behind: old)
        } else {
            let over = own.first
            let kept = note.isEmpty ? over?.note : nil
            let told = Self.quoted(kept ?? (note.isEmpty ? day : "\(day): \(note)"))
            let last = end.map { ", until = \(ListDate.text($0))" } ?? ""
            entry = "{ host = \(Self.quoted("\(host)")), note = \(told)\(last) }"
            (text, line) = try Self.element(entry, inPlaceOf: over, of: list.name, old, file)
        }
        let (changed, bytes) = (self.file, text)
        self.policy = try Self.load(
            file, PolicyFiles { path in try path == changed ? bytes : disk.read(path) })
    }

    /// Puts the new file in the place of the old one, as `OperatorFile` does.
    ///
    /// Refused: a file that somebody has changed since it was read.
    package func write() throws(FileProblem) {
        if isThere { return }
        try OperatorFile.rewrite(file, text, over: old)
    }

    private static func load(_ file: String, _ files: PolicyFiles) throws -> Policy {
        do throws(StartFailure) { return try RunningGateway.loadPolicy(file, files) } catch {
            throw Problem("nothing was changed:\n\(error.description)")
        }
    }

    private static func choose(
        _ name: String?, _ stance: PeerList.Stance, _ policy: Policy
    ) throws -> PeerList {
        let own = policy.lists.filter { $0.tier == .own && $0.stance == stance }
        let names = own.map(\.name).joined(separator: ", ")
        guard let name else {
            guard let only = own.first, own.count == 1 else {
                throw Problem(
                    own.isEmpty
                        ? "\(policy.file) has no list of its own with standing = \"\(stance.rawValue)\""
                        : "which list? --list is one of \(names)")
            }
            if let block = policy.exception(for: only) {
                throw Problem(
                    "the only list of its own is \(only.name), which \(block) excepts: "
                        + "say --list \(only.name) if you mean it")
            }
            return only
        }
        if let list = own.first(where: { $0.name == name }) { return list }
        guard let other = policy.lists.first(where: { $0.name == name }) else {
            throw Problem("there is no list \(name) in \(policy.file); there are: \(names)")
        }
        throw Problem(
            other.tier == .own
                ? "the list \(name) has standing = \"\(other.stance.rawValue)\""
                : "the list \(name) is downloaded: what is written into it would not stay")
    }

    /// What stands behind a host in a text file.
    private static func comment(_ note: String, _ day: String) -> String {
        "# \(day)\(note.isEmpty ? "" : ": \(note)")"
    }

    /// Until when the entry counts; nil: without an end.
    ///
    /// Refused: an end that has passed or is another than that of the entry that stands there, and none
    /// where it has to be said.
    private static func end(
        _ until: Until, _ known: ListEntry?, over: ListEntry?, on list: PeerList,
        _ policy: Policy, _ now: Int
    ) throws -> Int? {
        let wanted: Int?
        switch until {
        case .unsaid:
            guard known == nil, list.stance == .allow else { return nil }
            let reason: String? =
                if let over {
                    "\(over.words) on the list \(list.name) is over"
                } else if let block = policy.signatureException(for: list) {
                    "\(block) excepts the list \(list.name)"
                } else { nil }
            guard let reason else { return nil }
            throw Problem(
                "nothing was changed: \(reason): say --until DATE, or --until never if you mean it")
        case .never: wanted = nil
        case .end(let end):
            guard end > now else {
                throw Problem("nothing was changed: \(ListDate.text(end)) is over already")
            }
            wanted = end
        }
        if let known, known.until != wanted {
            let place = policy.place(of: known, in: list).map { "\($0): " } ?? ""
            throw Problem(
                "nothing was changed: \(place)\(known.words) counts already: write another \"until\" "
                    + "there by hand")
        }
        return wanted
    }

    /// A text file with the host on the line of its entry that is over.
    ///
    /// - Parameters:
    ///   - named: the host, with its end.
    ///   - comment: what stands behind it.
    ///   - keeps: whether the comment that stands there stays.
    private static func line(
        _ named: String, inPlaceOf over: ListEntry, _ comment: String, _ keeps: Bool,
        _ old: [UInt8], _ file: String
    ) throws -> (text: [UInt8], entry: String, line: Int) {
        var lines = old.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let number = over.position?.line, lines.indices.contains(number - 1) else {
            throw cannotReplace(over, file)
        }
        var line = lines[number - 1]
        let end = line.last == 0x0D ? [line.removeLast()] : []
        let there = line.firstIndex(of: UInt8(ascii: "#")).map { line[$0...] }
        // Whatever bytes these are: comments are nobody's but the operator's.
        let kept = keeps ? there : nil
        let entry = Array("\(named)    ".utf8) + (kept ?? Array(comment.utf8)[...])
        lines[number - 1] = ArraySlice(entry + end)
        return (
            Array(lines.joined(separator: [0x0A])), String(decoding: entry, as: UTF8.self), number
        )
    }

    /// A text file with the host on a line of its own behind all others.
    private static func line(
        _ named: String, _ comment: String, behind old: [UInt8]
    ) -> (text: [UInt8], entry: String, line: Int) {
        let entry = "\(named)    \(comment)"
        var text = old
        if let last = text.last, last != 0x0A { text.append(0x0A) }
        let line = text.count { $0 == 0x0A } + 1
        return (text + Array(entry.utf8) + [0x0A], entry, line)
    }

    /// A policy with an element more in the `entries` of a list, or in the place of one that is over.
    ///
    /// Refused: entries that are no array, and one that is over and not found there.
    private static func element(
        _ entry: String, inPlaceOf over: ListEntry?, of list: String, _ old: [UInt8], _ file: String
    ) throws -> (text: [UInt8], line: Int) {
        let place = try entries(of: list, old, file)
        if TOMLArrayEdit.isTable(old, at: place) {
            throw Problem(
                "\(file):\(place.line): the entries of \(list) stand in tables of their own "
                    + "([[list.\(list).entries]]): put it there by hand")
        }
        guard let edit = TOMLArrayEdit(old, at: place) else {
            throw Problem("\(file):\(place.line): the entries of \(list) are not found")
        }
        guard let over else { return edit.appending(entry) }
        guard let there = over.position, let changed = edit.replacing(at: there, with: entry) else {
            throw cannotReplace(over, file)
        }
        return changed
    }

    private static func cannotReplace(_ over: ListEntry, _ file: String) -> Problem {
        let place = over.position.map { ":\($0.line)" } ?? ""
        return Problem(
            "\(file)\(place): its entry \(over.words) is over: take it out, or change its until")
    }

    /// Where the value of `entries` begins.
    private static func entries(
        of list: String, _ text: [UInt8], _ file: String
    ) throws -> SourcePosition {
        let document = try TOMLDocument(text, file: file)
        guard let entries = document.root["list"]?[list]?["entries"] else {
            throw Problem("\(file): the entries of \(list) are not found")
        }
        return entries.position
    }

    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 }.prefix(200))
    }

    /// A basic string of TOML.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: quoted += " "
            case _: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// Files of a policy, each as it was when it was read first.
private final class FilesRead: Sendable {
    private let files: PolicyFiles
    private let known = Mutex<[String: [UInt8]]>([:])

    init(_ files: PolicyFiles) {
        self.files = files
    }

    func read(_ path: String) throws -> [UInt8]? {
        if let known = known.withLock({ $0[path] }) { return known }
        let bytes = try files.read(path)
        known.withLock { $0[path] = bytes }
        return bytes
    }
}

extension Policy {
    /// The first block that is not about the peers of a list; nil when there is none.
    func exception(for list: PeerList) -> String? {
        let scopes =
            requirements.map { ($0.label, $0.scope) } + limits.map { ($0.label, $0.scope) }
            + rules.map { ($0.label, $0.scope) }
        return scopes.first { excepts(list, $0.1) }?.0
    }

    /// The first requirement of signatures that is not about the peers of a list; nil when there is none.
    package func signatureException(for list: PeerList) -> String? {
        requirements.first { block in
            block.mode != .open && block.needs.contains { $0 == .signature || $0 == .rfc9421 }
                && excepts(list, block.scope)
        }?.label
    }

    /// Whether a block is not about the peers of a list.
    private func excepts(_ list: PeerList, _ scope: BlockScope) -> Bool {
        scope.excepted?.lists.contains { lists[$0].name == list.name } ?? false
    }
}

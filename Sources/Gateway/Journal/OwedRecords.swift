import Federation
import Foundation
import OpenSSL
import SystemPackage

/// What was let through and has no record yet, in a file beside the journal's: what a process that is
/// killed leaves in it, the next one records.
///
/// A message has a slot of the file from before it takes effect until its record is on the disk.
/// Nothing is synced: the file outlives the process, not the machine. Slots are written by whoever
/// has them, on any thread. Messages that wait for the state's disk before they take effect are noted
/// there (``OwedWord``).
struct OwedRecords: Sendable {
    /// What is known of a message when it is let through.
    struct Entry: Sendable, Equatable {
        let decision: String
        let kind: String
        let direction: Direction
        /// Whom it is of, or for.
        let peer: String?
        let providerID: String?
    }

    private let file: FileDescriptor

    /// Opens the file of a journal's folder, or makes it.
    ///
    /// Refused: one that others may use, and one that cannot be opened.
    init(_ folder: String) throws {
        let path = (folder as NSString).appendingPathComponent(Self.fileName)
        if !PrivateFile.exists(path) { try PrivateFile.create(path, []) }
        try PrivateFile.checkStanding(path)
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.noFollow, .closeOnExec])
        } catch {
            throw FileProblem(path, "cannot be opened: \(error)", Journal.remedy(for: error))
        }
    }

    /// Writes what is about to be let through into a slot that is its own.
    ///
    /// Refused: what the disk does not take.
    func note(_ entry: Entry, at slot: Int) throws(JournalFailure) {
        do { try write(entry.line, at: slot) } catch {
            throw DiskTrouble(error) == .full || error == .fileTooLarge ? .full : .broken
        }
    }

    /// The record is on the disk, or there will be none. Where this cannot be written the next start
    /// finds the record.
    func clear(_ slot: Int) { try? write([0], at: slot) }

    private func write(_ bytes: [UInt8], at slot: Int) throws(Errno) {
        do {
            try file.writeAll(toAbsoluteOffset: Int64(slot * Self.slotSize), bytes)
        } catch { throw error as? Errno ?? .ioError }
    }

    /// The records that a process before did not come to write, the oldest first; what cannot be read
    /// is none of them.
    ///
    /// - Parameter kept: what the state has beside the file.
    func missing(
        in reader: JournalReader, beside kept: [Entry] = []
    ) throws -> [JournalRecord] {
        let size = Int(try file.seek(offset: 0, from: .end))
        try file.seek(offset: 0, from: .start)
        let bytes = try FileBytes.read(file.rawValue, size, after: [UInt8]().span)
        let noted = stride(from: 0, to: bytes.count, by: Self.slotSize).compactMap { start in
            Entry(bytes[start..<min(start + Self.slotSize, bytes.count)])
        }
        let left = noted + kept
        if left.isEmpty { return [] }
        var written: Set<String> = []
        // When it was written: what a start records has its id from before.
        var earliest: Int?
        func take(_ line: JournalLine, _: JournalReader.Place) -> JournalReader.Step {
            guard line.kind == .decision, let id = line.member("decision")?.string else {
                return .goOn
            }
            written.insert(id)
            if earliest == nil { earliest = line.time }
            return .goOn
        }
        // Mostly what is here and has a line was written in the last sync.
        let days = try reader.days()
        try reader.lines(of: days.suffix(2), last: Self.lastSync, take)
        // In a copy of the state, that was brought back, it is older than those.
        let old = left.map(\.decision).filter { !written.contains($0) }
        let first = old.compactMap({ DecisionID.time(of: $0) }).min().map { $0 * 1000 }
        if let first, first < earliest ?? .max {
            try reader.lines(of: days.holding(from: JournalDay(milliseconds: first)), take)
        }
        return left.filter { !written.contains($0.decision) }
            .sorted { $0.decision < $1.decision }.map(\.record)
    }

    /// All of it is recorded.
    func removeAll() throws { try file.resize(to: 0) }

    func close() { try? file.close() }

    static let fileName = "journal.owed"
    fileprivate static let slotSize = 1024
    /// Bytes at the end of a file in which the records of a sync are.
    private static let lastSync = 64 << 20
}

extension OwedRecords.Entry {
    /// - Parameter decision: of a message that is about to be let through.
    init(_ decision: DecisionRecord) {
        self.init(
            decision: decision.id, kind: decision.kind, direction: decision.direction,
            peer: decision.peer ?? decision.claimed, providerID: decision.providerID)
    }

    /// Nil for a slot that nobody has, and for what is none.
    init?(_ slot: ArraySlice<UInt8>) {
        guard let end = slot.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        self.init(line: slot[..<end])
    }

    /// Nil for what is none.
    ///
    /// - Parameter line: without its end.
    init?(line: ArraySlice<UInt8>) {
        guard let object = (try? JSONValue(parsing: Array(line)))?.object,
            let decision = object["decision"]?.string, let kind = object["kind"]?.string,
            let direction = object["direction"]?.string
                .flatMap({ Direction(rawValue: $0) })
        else { return nil }
        self.init(
            decision: decision, kind: kind, direction: direction, peer: object["peer"]?.string,
            providerID: object["provider_id"]?.string)
    }

    /// One line that a slot holds; the peer's id of the share is left out where it does not.
    var line: [UInt8] {
        for id in [providerID, nil] {
            var line: [UInt8] = []
            line.reserveCapacity(256)
            line.append(utf8: "{\"decision\":")
            JSONValue.write(decision, into: &line)
            line.append(utf8: ",\"kind\":")
            JSONValue.write(kind, into: &line)
            line.append(utf8: ",\"direction\":")
            JSONValue.write(direction.rawValue, into: &line)
            if let peer {
                line.append(utf8: ",\"peer\":")
                JSONValue.write(peer, into: &line)
            }
            if let id {
                line.append(utf8: ",\"provider_id\":")
                JSONValue.write(id, into: &line)
            }
            line.append(utf8: "}\n")
            if line.count <= OwedRecords.slotSize { return line }
        }
        return [0]
    }

    /// The record of a message of which nobody knows what became: it was let through, and may have
    /// taken effect.
    fileprivate var record: JournalRecord {
        var record = DecisionRecord(
            id: decision, kind: kind, direction: direction, action: .fail,
            by: Decider.undecided.name, status: 0, client: "-")
        record.peer = peer
        record.providerID = providerID
        record.detail =
            "interrupted: let through when the process ended; whom it was for may have taken it"
        return JournalRecord(record)
    }
}

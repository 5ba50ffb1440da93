import Federation
import Foundation
import Logging
import OpenSSL
import Synchronization
import SystemPackage
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

/// Bytes that a file may have.
final class Room: Sendable {
    private let most = Mutex(Int.max)

    var size: Int {
        get { most.withLock { $0 } }
        set { most.withLock { $0 = newValue } }
    }
}

/// A journal of a test's own on the disk, with the keys that it takes to check it.
final class TestJournal {
    let scratch: Scratch
    let folder: String
    let headFile: String
    let seal: SealKey
    let key: JournalKey
    /// Milliseconds since 1970: noon of a day.
    var time = 1_700_049_600_000
    var keep = 400
    /// Bytes that are left on its disk, of a thousand times as many.
    var free = 1 << 40
    /// Bytes that its files may have.
    let room = Room()
    /// Whether its files can be deleted.
    var isDeletable = true
    /// What happens just before a file of it is deleted.
    var onRemoving: @Sendable () -> Void = {}
    private var disk: JournalDisk?

    init() throws {
        scratch = try Scratch()
        folder = scratch.file("journal")
        headFile = scratch.file("state.db.journal")
        seal = try #require(SealKey(Secret(Array(1...32))))
        key = JournalKey(key: try PrivateKey.generate(.ed25519))
    }

    deinit { disk?.close() }

    static let log = GatewayLog(
        level: .error, format: .json, milliseconds: { 0 }, sink: { _ in true })

    var settings: JournalDisk.Settings {
        get throws {
            JournalDisk.Settings(
                folder: folder, keep: keep, site: try #require(PeerHost("cloud.test")),
                headFile: headFile, space: { [free] _ in (free, 1 << 50) },
                blocks: { [room] file, offset, count in
                    offset + count > room.size
                        ? ENOSPC : JournalFile.blocks(file, offset, count)
                },
                remove: { [isDeletable, onRemoving] file in
                    onRemoving()
                    guard isDeletable else { throw Errno.readOnlyFileSystem }
                    try FileManager.default.removeItem(atPath: file)
                })
        }
    }

    /// Opens it as the gateway does at its start.
    func open() throws -> JournalDisk {
        if let disk { return disk }
        let disk = try JournalDisk(try settings, key, seal, Self.log, time: time)
        try disk.commit()
        try disk.removeOld(time)
        try disk.checkpoint(time)
        self.disk = disk
        return disk
    }

    /// As if the process had been killed.
    func crash() {
        disk?.close()
        disk = nil
    }

    func stop() throws {
        while try disk?.forgetSome() == true {}
        try disk?.checkpoint(time)
        crash()
    }

    /// Writes decisions, one sync for all.
    @discardableResult
    func write(_ count: Int, by person: String = "alice@one.test", peer: String = "one.test")
        throws -> [String]
    {
        let disk = try open()
        var ids: [String] = []
        for _ in 0..<count {
            let id = DecisionID.make(now: time / 1000)
            try disk.append(try Self.record(id, by: person, peer: peer).text, time)
            ids.append(id)
            time += 1000
        }
        try disk.commit()
        return ids
    }

    static func record(
        _ id: String, by person: String = "alice@one.test", peer: String = "one.test",
        client: String = "192.0.2.7"
    ) throws -> JournalRecord {
        var facts = Facts.ordinary(Occasion(.share, .inbound), peer: PeerHost(peer))
        facts.owner = person
        facts.sender = person
        facts.recipient = "bob@cloud.test"
        var decision = DecisionRecord(
            id: id, kind: "shares", direction: .inbound, action: .allow, by: "rule:all",
            status: 201, client: client)
        decision.peer = peer
        return JournalRecord(decision, facts: facts)
    }

    func verify(
        heads: [JournalHead]? = nil, size: Int = 256 << 10
    ) throws -> JournalVerifier.Report {
        let kept = try heads ?? JournalHead.read(headFile).map { [$0] } ?? []
        var verifier = JournalVerifier(keys: [key.key.publicKey], heads: kept, size: size)
        return try verifier.verify(JournalReader(folder))
    }

    var reader: JournalReader { JournalReader(folder) }

    /// The newest file.
    func file() throws -> String { reader.file(of: try #require(try reader.days().last)) }

    /// Changes the lines of a file.
    func edit(_ file: String? = nil, _ change: (inout [String]) -> Void) throws {
        let file = try file ?? self.file()
        var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            .map(String.init)
        change(&lines)
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: file, atomically: false, encoding: .utf8)
    }

    /// Changes the bytes of a file.
    func editBytes(_ change: (inout [UInt8]) -> Void) throws {
        let file = try file()
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        change(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    /// The line with the hash that it should have behind `previous`.
    static func rehashed(_ line: String, after previous: String) -> String {
        guard let end = line.range(of: ",\"hash\":\""), let before = JournalHash(previous) else {
            return line
        }
        let head = String(line[..<end.lowerBound])
        return head + ",\"hash\":\"\(JournalHash(after: before, Array(head.utf8).span))\"}"
    }

    /// The first text that a line has under a name.
    static func first(_ line: String, _ name: String) -> String {
        String(line.components(separatedBy: "\"\(name)\":\"").last?.prefix { $0 != "\"" } ?? "")
    }

    /// The hash that a line states.
    static func hash(_ line: String) -> String { String(line.dropLast(2).suffix(64)) }
}

extension JournalRecord {
    var members: LogMembers { LogMembers(decision) }

    var text: JournalText { text(members) }
}

extension Journal {
    func append(
        _ record: JournalRecord, _ place: JournalQueue.Place
    ) async throws(Denial) { try await append(record, record.members, place) }

    func note(_ record: JournalRecord) { note(record, record.members) }
}

extension JournalText {
    /// The line as it is written, with its end.
    func line(
        seq: Int = 1, time: Int = 0, _ sealer: PersonSealer
    ) -> [UInt8] {
        var line: [UInt8] = []
        _ = write(seq, .decision, time: time, after: .none, sealer, into: &line)
        return line
    }

    /// What is hashed of it, as text.
    func hashed(_ sealer: PersonSealer) -> String {
        String(decoding: line(sealer).dropLast(JournalLine.tailCount + 1), as: UTF8.self)
    }
}

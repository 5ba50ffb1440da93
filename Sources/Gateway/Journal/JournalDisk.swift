import Federation
import Foundation
import Logging
import OpenSSL
import Transport

/// The journal on the disk: the chain, the file of the day, the keys of the subjects.
///
/// Used by one thread at a time; everything that is written is durable when `commit` returns, and
/// nothing is ever overwritten.
final class JournalDisk {
    /// What a journal is opened with.
    struct Settings: Sendable {
        let folder: String
        /// Days that are kept, today among them.
        let keep: Int
        /// The host of accounts that are named without one.
        let site: PeerHost
        /// Where the newest checkpoint is kept.
        let headFile: String
        /// Bytes that are left on the disk of a folder, and that it has.
        var space: JournalFile.Space = JournalFile.space
        var blocks: JournalFile.Blocks = JournalFile.blocks
        var write: JournalFile.Write = JournalFile.write
        /// Deletes a file.
        var remove: @Sendable (_ file: String) throws -> Void = {
            try FileManager.default.removeItem(atPath: $0)
        }
    }

    let settings: Settings
    private let key: JournalKey
    private let lock: FileLock
    let subjects: JournalSubjects
    let log: GatewayLog
    let reader: JournalReader
    private(set) var day: JournalDay
    /// What the clock said the last time: an earlier day than that of the file, when it was ahead once.
    private(set) var today: JournalDay
    private(set) var file: JournalFile
    private var seq: Int
    private var hash: JournalHash
    /// The time of the newest line.
    private var newest: Int
    /// The newest checkpoint, and the one that is kept beside the state.
    private var signed: JournalHead?
    private var kept: JournalHead?
    private var pending: [UInt8] = []

    /// Opens a journal where it ended, or begins one.
    ///
    /// Refused: a folder that others may look into, one that another gateway uses, and what
    /// ``JournalEnd`` refuses.
    ///
    /// - Parameter time: milliseconds since 1970.
    init(
        _ settings: Settings, _ key: JournalKey, _ seal: SealKey, _ log: GatewayLog, time: Int
    ) throws {
        self.settings = settings
        self.key = key
        self.log = log
        try PrivateFile.folder(settings.folder)
        try JournalFolder.check(settings.folder)
        lock = try JournalFolder.lock(settings.folder)
        reader = JournalReader(settings.folder)
        let end = try JournalEnd.find(
            reader, head: try JournalHead.read(settings.headFile), headFile: settings.headFile)
        // The day before goes on, and is signed before this one is made anew.
        if let empty = end.empty {
            try FileManager.default.removeItem(atPath: reader.file(of: empty))
        }
        subjects = try JournalSubjects(settings.folder, seal, .writing)
        if let erased = end.erased, try subjects.contains(erased) { try subjects.forget(erased) }
        seq = end.seq
        hash = end.hash
        newest = time
        today = JournalDay(milliseconds: time)
        day = end.day ?? today
        file = try JournalFile(reader.file(of: day), settings)
        if let older = end.older { tell(.stateOlder, older) }
        if end.lacksEnd { pending.append(UInt8(ascii: "\n")) }
        if !end.hasBegun {
            begin(torn: end.torn, before: try reader.days().last { $0 < day }, time)
        }
        if end.hasBegun, !end.torn.isEmpty {
            write(.torn, time) { $0.add(torn: end.torn) }
        }
        // Who removes signs with the next line: this one must not seem to be somebody's removal.
        if end.kind == .removed { write(.unrecorded, time) { $0.object("codes") { _ in } } }
        if day > today { warnOfFuture() }
        if !end.torn.isEmpty {
            log.write(
                .warning, .journalTorn,
                [LogEntry(.file, file.path), LogEntry(.count, end.torn.count)])
        }
        try tellErased(but: end.erased, time)
    }

    // MARK: Lines

    /// Adds a line to what the next `commit` writes.
    func append(
        _ kind: JournalLine.Kind, _ time: Int, _ members: (inout JournalText) -> Void
    ) throws {
        try turnIfNew(time)
        write(kind, time, members)
    }

    /// Adds the line of a decision, which ``JournalRecord`` has kept within its bound.
    func append(_ decision: JournalText, _ time: Int) throws {
        try turnIfNew(time)
        write(.decision, time, decision)
    }

    /// Writes the line of a decision on any thread, which is not held up by it; false, with nothing
    /// written, unless it is of the day of the file and about people whose keys are at hand.
    ///
    /// Errors as of `flush`, which does not wait here.
    func writeAtOnce(_ decision: JournalText, _ time: Int) throws -> Bool {
        guard file.isOpen, pending.isEmpty, JournalDay(milliseconds: time) == today, today <= day,
            subjects.areStored, write(.decision, time, decision, of: .known)
        else { return false }
        try flush(waits: false)
        return true
    }

    private func write(
        _ kind: JournalLine.Kind, _ time: Int, _ members: (inout JournalText) -> Void
    ) {
        var text = JournalText()
        members(&text)
        write(kind, time, text)
    }

    /// False, with nothing written, of somebody else than `people`.
    @discardableResult
    private func write(
        _ kind: JournalLine.Kind, _ time: Int, _ text: JournalText,
        of people: JournalSubjects.People = .anybody
    ) -> Bool {
        let sealer = subjects.sealer(people, site: settings.site, on: day)
        guard
            let next = text.write(
                seq + 1, kind, time: time, after: hash, sealer, into: &pending)
        else { return false }
        seq += 1
        hash = next
        newest = time
        return true
    }

    /// The first line of a file.
    private func begin(torn: [UInt8], before: JournalDay?, _ time: Int) {
        let hash = hash
        write(.begin, time) { text in
            text.add("prev", hash: hash)
            text.add("day", day.description)
            text.add("before", before?.description)
            text.add("site", settings.site.description)
            text.add("key", JournalKey.id(of: key.key.publicKey))
            if !torn.isEmpty { text.add(torn: torn) }
        }
    }

    /// A new day gets a file of its own; a clock that steps back opens no older one, but the days that
    /// come then are looked at all the same.
    private func turnIfNew(_ time: Int) throws {
        let today = JournalDay(milliseconds: time)
        if today > day { try turn(to: today, time) }
        guard today != self.today else { return }
        self.today = today
        // What was decided just before midnight may come after it.
        guard today.next < day else { return }
        warnOfFuture()
        if hasOwnRoom(2 * Self.ownLine) { try removeOld(time) }
    }

    /// Signs what the old day has, and goes on in a new file. Where the disk has no room for it, the
    /// old one has to do.
    private func turn(to today: JournalDay, _ time: Int) throws {
        let next: JournalFile
        do { next = try JournalFile(reader.file(of: today), settings) } catch {
            guard hasRoom(promised) else { throw error }
            return
        }
        guard next.takeRoom(promised + Self.spare, ahead: Self.ahead) else {
            next.close()
            try? FileManager.default.removeItem(atPath: next.path)
            return
        }
        if !isSigned { try sign(time) }
        try commit()
        file.close()
        let before = day
        day = today
        file = next
        begin(torn: [], before: before, time)
        try removeOld(time)
    }

    // MARK: The disk

    /// Whether there is room for what waits and for `count` bytes beyond it; takes more from the
    /// disk when there is not. None while the keys of subjects cannot be written.
    func hasRoom(_ count: Int) -> Bool {
        if subjects.blocked != nil { try? subjects.flush(day) }
        return subjects.blocked == nil
            && file.takeRoom(pending.count + count + Self.spare, ahead: Self.ahead)
    }

    /// Bytes for which there is room without asking the disk.
    var room: Int {
        subjects.blocked == nil
            ? max(0, file.roomEnd - file.size - pending.count - Self.spare) : 0
    }

    /// Whether there is room for `count` bytes of the journal's own lines, which can wait: on a full
    /// disk they leave what may be promised, and what the last signature takes.
    func hasOwnRoom(_ count: Int) -> Bool {
        file.takeRoom(pending.count + promisable + count + Self.last, ahead: Self.ahead)
    }

    /// Whether so little room is left that it has to do for what is let through.
    var isShort: Bool {
        let (free, all) = settings.space(settings.folder)
        return free < JournalFolder.reserve(of: all)
    }

    /// Bytes that were promised to lines to come: a new file has to have room for them.
    var promised = 0
    /// The same, with those that may be promised without asking the disk.
    var promisable = 0

    /// Waits for room on a disk that is full; false when nobody waits any more.
    var awaitRoom: @Sendable () -> Bool = { false }

    /// What was appended is written when this returns, and outlives the process. After an error nothing
    /// may be written any more: nobody knows what is on the disk. A disk that is full, though there was room (btrfs
    /// takes more than that to write), has taken nothing: what was appended is for the next `flush`.
    ///
    /// A file that somebody cut goes on where it ends now.
    ///
    /// - Parameter waits: whether it waits for room.
    func flush(waits: Bool = true) throws {
        if pending.isEmpty { return }
        let before = subjects.blocked
        try subjects.flush(day)
        if subjects.blocked == .blocked, before == nil { tellBlocked() }
        while true {
            do {
                if let left = file.takeCut() { try goOn(behind: left) }
                try file.write(pending)
                break
            } catch { guard waits, DiskTrouble(error) == .full, awaitRoom() else { throw error } }
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// What was appended is on the disk when this returns. Errors as of `flush`.
    func commit() throws {
        try flush()
        guard file.isDirty else { return }
        try file.sync()
        try requireInPlace()
        guard let head = signed, head != kept else { return }
        kept = head
        // The lines are on the disk all the same, and the head before is right as well.
        do { try head.write(settings.headFile) } catch {
            log.write(
                .warning, .journalHeadFailed,
                [
                    LogEntry(.file, settings.headFile), LogEntry(.problem, error.what),
                    LogEntry(.remedy, error.remedy),
                ])
        }
        log.write(.info, .journalCheckpoint, [LogEntry(.text, head.text)])
    }

    /// Refused: a file that was taken away. What is written into it is lost when the process ends.
    private func requireInPlace() throws {
        guard file.isInPlace else {
            throw FileProblem(
                file.path, "was taken away while it was written",
                "bring it back (while this process runs: `\(file.rescue)`), since nothing starts "
                    + "without what was signed")
        }
    }

    /// What waits is signed with it: what was signed before may be gone, and no start would go on then.
    ///
    /// - Parameter left: bytes of the file.
    private func goOn(behind left: Int) throws {
        // Half a line may be left.
        if left > 0 { pending.insert(UInt8(ascii: "\n"), at: 0) }
        try sign(newest)
        tell(
            .journalCut, file.path,
            "was cut to \(left) bytes while it was written: records are gone; it goes on behind that",
            "see who did it (logrotate's copytruncate does); nothing but ocmgate may write there. Keep "
                + "what copy there is, and see what `ocmgate journal verify` says is missing")
    }

    /// Whether all lines so far are signed, and still in the file.
    private var isSigned: Bool { signed?.seq == seq && !file.isCut }

    /// Signs all lines so far, unless nothing came since the last time, or there is no room for a
    /// signature that is not the last one.
    func checkpoint(_ time: Int, _ which: Checkpoint = .last) throws {
        try subjects.fold()
        try requireInPlace()
        if isSigned { return }
        switch which {
        case .periodic: guard hasOwnRoom(Self.ownLine) else { return }
        case .last: break
        }
        try turnIfNew(time)
        try sign(time)
        try commit()
    }

    /// Whether another checkpoint will come.
    enum Checkpoint { case periodic, last }

    private func sign(_ time: Int) throws {
        write(
            .checkpoint, time,
            try JournalCheckpoint.text(seq + 1, time: time, after: hash, signedBy: key))
        signed = JournalHead(seq: seq, hash: hash, day: day)
    }

    // MARK: Forgetting

    /// Removes the files of days that are old enough; that they are gone is signed before. Nothing is
    /// removed soon after a long time of which there is no file: then the clock may be wrong; and nothing
    /// when the file behind them was not written behind that of the newest of them: then somebody has
    /// given files other names; or cannot be read. What cannot be removed now, or not be seen, is removed with
    /// a later day.
    func removeOld(_ time: Int) throws {
        let today = JournalDay(milliseconds: time)
        let newest = today.number - settings.keep
        let days: [JournalDay]
        do { days = try reader.days() } catch {
            tell(
                .journalKept, error.path, "\(error.what): no file is removed", error.remedy)
            return
        }
        if let (last, next) = leap(among: days, to: today) {
            warnOfClock(
                "there is no record of the \(next.number - last.number - 1) days before \(next): "
                    + "no file is removed yet")
            return
        }
        let old = days.filter { $0.number <= newest && $0 < day }
        guard let last = old.last, let next = days.first(where: { $0 > last }) else { return }
        try commit()
        guard let (first, begin) = beginning(of: next) else {
            tell(
                .journalKept, reader.file(of: next),
                "does not begin as it should: no file is removed")
            return
        }
        // What the file that stays says; of those that go anybody could have written the first line
        // anew.
        let isNamed =
            begin.before != nil || beginning(of: last)?.begin.isOf(last) ?? false
        guard first.seq > 1, isNamed, begin.follows(last), begin.isOf(next) else {
            tell(
                .journalRenamed, reader.file(of: last),
                "is not the file of this day: no file is removed")
            return
        }
        write(.removed, time) { text in
            text.add("through", last.description)
            text.add("last", first.seq - 1)
            text.add("head", hash: begin.previous)
        }
        try sign(time)
        try commit()
        guard removeFiles(of: old) else { return }
        subjects.forgetLater(before: JournalDay(number: newest + 1))
        log.write(
            .notice, .journalRemoved,
            [LogEntry(.text, last.description), LogEntry(.count, old.count)])
    }

    /// Removes them, the oldest first: what is left is whole. False when one stays, which is told.
    private func removeFiles(of old: [JournalDay]) -> Bool {
        for day in old {
            do { try settings.remove(reader.file(of: day)) } catch {
                tell(
                    .journalKept, reader.file(of: day),
                    "cannot be removed: \(PrivateFile.cause(of: error))",
                    "let the gateway's user write there; it is tried again on the next day")
                return false
            }
        }
        do { try PrivateFile.syncFolder(of: file.path) } catch {
            tell(
                .journalKept, settings.folder, "does not keep that files are gone: \(error)",
                "see whether the disk is whole")
            return false
        }
        return true
    }

    /// The days with files between which there are too many without, where that was so lately that the
    /// clock may have leapt. Where the newest file is of a day to come, it holds what the days until
    /// then have.
    private func leap(
        among days: [JournalDay], to today: JournalDay
    ) -> (last: JournalDay, next: JournalDay)? {
        guard day <= today else { return nil }
        let past = days.filter { $0 <= today }
        let most = max(1, settings.keep / 10)
        for (last, next) in zip(past, past.dropFirst() + [today]).reversed()
        where next.number - last.number > most {
            guard today.number - next.number <= min(Self.doubt, most) else { return nil }
            return (last, next)
        }
        return nil
    }

    /// Forgets some of those who are in no kept day; whether there may be more. Who cannot be
    /// forgotten now is with the next checkpoint.
    func forgetSome() throws -> Bool {
        do {
            switch try subjects.forgetSome() {
            case .some: return true
            case .none: return false
            case .all(let count):
                log.write(.notice, .journalForgotten, [LogEntry(.count, count)])
                return false
            }
        } catch is JournalFailure { return false }
    }

    /// The first line of a file; nil when it does not begin as it should, or cannot be read.
    private func beginning(of day: JournalDay) -> (line: JournalLine, begin: JournalBegin)? {
        var first: JournalLine?
        do {
            try reader.lines(of: [day]) { line, _ in
                first = line
                return .stop
            }
        } catch { return nil }
        guard let first, let begin = JournalBegin(first) else { return nil }
        return (first, begin)
    }

    func close() {
        file.close()
        subjects.close()
        lock.release()
    }

    /// Days for which the clock may be wrong and nobody has seen it.
    private static let doubt = 7
    /// Room that is taken at a time.
    private static let ahead = 32 << 20
    /// Room for the journal's own lines.
    private static let spare = 32 << 10
    /// As much of it as lines that can wait do not take.
    private static let last = 16 << 10
    /// More than one of them takes.
    static let ownLine = 2 << 10
}

extension JournalText {
    /// The rest that a crash left before this line.
    fileprivate mutating func add(torn bytes: [UInt8]) {
        add("torn_bytes", bytes.count)
        add("torn_sha256", hash: JournalHash(of: bytes))
    }
}

extension JournalDisk.Settings {
    /// As the configuration has them, for the state file beside which the newest checkpoint is kept.
    init(_ journal: Configuration.JournalSettings, state: String, site: PeerHost) {
        self.init(
            folder: journal.folder, keep: journal.keep, site: site,
            headFile: JournalHead.file(of: state))
    }
}

import Dispatch
import Federation
import Foundation
import GRDB
import Logging
import SystemPackage
import Testing
import Transport

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The journal")
struct JournalTests {
    static func open(
        _ journal: TestJournal, budget: TokenBucket = JournalQueue.budget,
        log: GatewayLog = TestJournal.log, interval: Duration = .seconds(3600),
        settings: JournalDisk.Settings? = nil, patience: Duration = .seconds(60),
        policy: PolicyHashes? = nil, left: (entries: [OwedRecords.Entry], next: Int) = ([], 1)
    ) throws -> Journal {
        try Journal(
            try settings ?? journal.settings, journal.key, journal.seal, log,
            interval: interval, clock: .live, milliseconds: { 1_700_000_000_000 },
            budget: budget, patience: patience, policy: policy, left: left)
    }

    /// A log, and what it is told.
    static func told() -> (lines: TestLines, log: GatewayLog) {
        let lines = TestLines()
        let log = GatewayLog(
            level: .notice, format: .json, milliseconds: { 0 },
            sink: { bytes in
                lines.add(bytes)
                return true
            })
        return (lines, log)
    }

    /// A disk that hangs when it is asked for its room, which a refusal makes it be: says so, and goes on
    /// once for each signal.
    private static func hanging(
        _ journal: TestJournal
    ) throws -> (JournalDisk.Settings, asked: DispatchSemaphore, goesOn: DispatchSemaphore) {
        let (asked, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var settings = try journal.settings
        settings.space = { _ in
            asked.signal()
            goesOn.wait()
            return (1 << 40, 1 << 50)
        }
        return (settings, asked, goesOn)
    }

    @Test func whatWasAppendedIsOnTheDiskWhenItReturns() async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        for number in 0..<20 {
            let place = try await journal.reserve()
            let id = "0000000000000\(100 + number)"
            try await journal.append(try TestJournal.record(id), place)
            let found = try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)
            #expect(found.last == id)
            #expect(found.count == number + 1)
        }
        journal.close()
        #expect(try files.verify().findings == [])
    }

    @Test func manyAtOnceAreAllThere() async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let place = try await journal.reserve()
                    try await journal.append(
                        try TestJournal.record("0000000000000\(100 + number)"), place)
                }
            }
            try await group.waitForAll()
        }
        journal.close()
        let found = Set(try JournalDiskTests.decisions(files, .pseudonyms).map(\.id))
        #expect(found.count == 500)
        #expect(try files.verify().findings == [])
    }

    /// Also by the name of a block, which its operator chose.
    @Test(arguments: ["malformed_json", #"rule:only "trusted" peers"#])
    func refusalsThatWereTooManyAreCountedInTheJournal(code: String) throws {
        let files = try TestJournal()
        let journal = try Self.open(files, budget: TokenBucket(perSecond: 1, burst: 5))
        var decision = DecisionRecord(
            id: "0000000000000000", kind: "shares", direction: .inbound, action: .deny,
            by: "guard:malformed_json", status: 400, client: "192.0.2.1")
        decision.code = code
        for _ in 0..<30 { journal.note(JournalRecord(decision)) }
        journal.close()
        #expect(try JournalDiskTests.decisions(files, .pseudonyms).count == 5)
        var counts: Int?
        try files.reader.lines(of: try files.reader.days()) { line, _ in
            if line.kind == .unrecorded {
                counts = line.member("codes")?.object?[code]?.number?.integer
            }
            return .goOn
        }
        #expect(counts == 25)
    }

    @Test func onADiskThatIsNearlyFullRefusalsAreOnlyCounted() async throws {
        let files = try TestJournal()
        files.free = 1 << 20
        let journal = try Self.open(files)
        var refused = try TestJournal.record("0000000000000001")
        refused.decision.action = .deny
        refused.decision.code = "not_allowed"
        journal.note(refused)
        let place = try await journal.reserve()
        try await journal.append(try TestJournal.record("0000000000000002"), place)
        journal.close()
        #expect(
            try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == ["0000000000000002"])
        var counts: Int?
        try files.reader.lines(of: try files.reader.days()) { line, _ in
            if line.kind == .unrecorded {
                counts = line.member("codes")?.object?["not_allowed"]?.number?.integer
            }
            return .goOn
        }
        #expect(counts == 1)
    }

    /// NFS before 4.2, FUSE: the disk is asked each time, before anything has an effect.
    @Test func whereNoBlocksCanBeTakenAFullDiskIsWaitedForToo() async throws {
        let files = try TestJournal()
        let (free, much) = (Room(), 1 << 30)
        free.size = much
        var settings = try files.settings
        settings.blocks = { _, _, _ in EOPNOTSUPP }
        settings.space = { _ in (free.size, 1 << 50) }
        let journal = try Self.open(files, settings: settings)
        for number in 0..<3 {
            let place = try await journal.reserve()
            journal.giveBack(try await journal.reserve())
            free.size = 1 << 20
            await #expect(throws: Denial.self) { _ = try await journal.reserve() }
            // Whoever has a place needs no other.
            try await journal.append(
                try TestJournal.record("000000000000000\(number)"), place)
            await #expect(throws: Denial.self) { _ = try await journal.reserve() }
            free.size = much
        }
        journal.giveBack(try await journal.reserve())
        journal.close()
        #expect(try files.verify().findings == [])
        #expect(try JournalDiskTests.decisions(files, .pseudonyms).count == 3)
    }

    @Test(
        arguments: [
            (.noSpace, "make room"), (.diskQuotaExceeded, "make room"),
            (.readOnlyFileSystem, "its disk is read-only"),
            (.ioError, "see whether the disk is whole"),
        ] as [(Errno, String)])
    func whatMendsTheDiskGoesByWhatItSays(_ error: Errno, _ remedy: String) {
        #expect(Journal.remedy(for: error).hasPrefix(remedy))
    }

    /// What it says of itself leaves room for its last signature.
    @Test func howeverLongTheDiskIsFullTheJournalGoesOnBehindIt() async throws {
        let files = try TestJournal()
        files.room.size = 150_000
        let journal = try Self.open(
            files, budget: TokenBucket(perSecond: 1, burst: 0), interval: .milliseconds(1))
        // All places are taken, and none is used.
        var places = 0
        while (try? await journal.reserve()) != nil { places += 1 }
        var refused = DecisionRecord(
            id: "0000000000000000", kind: "shares", direction: .inbound, action: .deny,
            by: "guard:malformed_json", status: 400, client: "192.0.2.1")
        refused.code = String(repeating: "x", count: 500)
        let policy = PolicyHashes(try TestWorld().gateway.policy.current)
        var sizes: [Int] = []
        while sizes.count < 1000, Set(sizes.suffix(20)).count != 1 || sizes.count < 20 {
            journal.note(JournalRecord(refused))
            try? await journal.tellPolicy(was: policy, now: policy)
            let file = try FileManager.default.attributesOfItem(atPath: try files.file())
            sizes.append(try #require(file[.size] as? Int))
        }
        let size = try #require(sizes.last)
        #expect(sizes.count < 1000 && size > 10_000)
        #expect(size <= 150_000 - places * JournalRecord.lineLimit - 16_384)
        files.room.size = .max
        let place = try await journal.reserve()
        try await journal.append(try TestJournal.record("0000000000000002"), place)
        journal.close()
        let report = try files.verify()
        #expect(report.findings == [] && report.unsigned == 0)
        #expect(
            try JournalDiskTests.decisions(files, .pseudonyms).map(\.id) == ["0000000000000002"])
    }

    @Test func aPersonIsForgottenWhileItRuns() async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        try await journal.append(try TestJournal.record("0000000000000000"), .none)
        let alice = try #require(JournalErasure("alice@one.test"))
        #expect(try await journal.erase(alice) != nil)
        #expect(try await journal.erase(alice) == nil)
        journal.close()
        await #expect(throws: Denial.self) {
            try await journal.append(try TestJournal.record("0000000000000001"), .none)
        }
    }

    /// Messages use any name of the site; that somebody reads the keys meanwhile leaves none of them.
    @Test(arguments: [false, true]) func anAccountOfOursIsForgottenUnderEachOfItsNames(
        isRead: Bool
    ) async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        let ours = try ["cloud.test", "old.test"].map { try #require(PeerHost($0)) }
        let people = ["bob@cloud.test", "bob@old.test", "bob@one.test"]
        for (number, person) in people.enumerated() {
            let record = try TestJournal.record("000000000000000\(number)", by: person)
            try await journal.append(record, .none)
        }
        let keeping = JournalKeeping.on(journal, .none)
        var opening = Store.configuration()
        opening.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(
            path: "\(files.folder)/\(JournalSubjects.fileName)", configuration: opening)
        try await reader.writeWithoutTransaction { db in
            if isRead { try db.execute(sql: "BEGIN; SELECT 1 FROM subject") }
        }
        let answer = await keeping.erase("bob@https://old.test/", ours: ours)
        try reader.close()
        switch answer {
        case .done(let told): #expect(!isRead && told["pseudonym"] != nil)
        case .refused(let reason): #expect(isRead && reason.contains("the key is deleted"))
        }
        var left: [String] = []
        for person in people {
            let erasure = try #require(JournalErasure(person))
            if try await journal.erase(erasure) != nil { left.append(person) }
        }
        #expect(left == ["bob@one.test"])
        journal.close()
    }

    /// What waits for a person of those who are forgotten goes with them, by whatever they are named.
    @Test(arguments: ["alice@one.test", "~"]) func whoWaitsIsForgottenToo(
        named: String
    ) async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        let world = try TestWorld(journal: journal)
        let record = try TestJournal.record("0000000000000001")
        try await journal.append(record, .none)
        let subject = try #require(JournalSubject("alice@one.test"))
        let pseudonym = try #require(try JournalPseudonym.of(subject, files.folder, files.seal))
        let (gateway, host) = (world.gateway, try #require(PeerHost("one.test")))
        gateway.holds.note(
            HeldMessage(try #require(record.facts), record.decision, of: host, at: 1), of: host)
        try await gateway.store.commit([try #require(gateway.holds.flush())])
        let box = try OrderBox(gateway.store.path, world.seal)
        let loop = Task {
            while !Task.isCancelled {
                await gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { loop.cancel() }
        let answer = try await box.ask(
            .eraseSubject(named == "~" ? "~\(pseudonym)" : named), now: world.clock.now,
            patience: .seconds(300))
        guard case .done(let told) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(told["pseudonym"] == pseudonym.description)
        #expect(gateway.holds[host]?.messages.isEmpty == true)
        // Nor does the log of the database have what it said.
        #expect(
            FileManager.default.contents(atPath: gateway.store.path + "-wal")?.isEmpty == true)
        journal.close()
    }

    @Test func aMessageThatIsLetThroughIsRecordedWithItsFacts() async throws {
        let files = try TestJournal()
        let journal = try Self.open(files)
        let world = try TestWorld(journal: journal)
        let peer = try TestPeer("modern.test")
        try peer.publish(on: world.net)
        let request = try peer.request(
            "/ocm/shares", Messages.share(from: "modern.test"), at: world.clock.now,
            created: world.clock.now)
        let received = try world.received(request)
        let answer = await world.gateway.receive(
            ReceivedRequest(head: received.head, body: request.body, client: received.client),
            as: .ocm(.shares), through: .listener)
        // The backend of this world refuses connections.
        #expect(answer.status == 502)
        journal.close()
        let people = try JournalPeople.opening(files.folder, files.seal)
        let found = try #require(try JournalDiskTests.decisions(files, people).last)
        #expect(found.kind == "shares" && found.action == .fail && found.peer == "modern.test")
        #expect(found.facts?.signature == .rfc9421)
        #expect(found.checks.contains { $0.result == "allowed" })
        #expect(found.client == "192.0.2.1")
        let body = try #require(found.object["body"]?.object)
        #expect(body["providerId"]?.string == "7")
        let text = String(decoding: JSONValue.object(found.object).serialized(), as: UTF8.self)
        #expect(
            !text.contains("\"sharedSecret\":\"") || text.contains("\"sharedSecret\":\"<string"))
    }

    // What is written to the memory of a process where it has none ends in EIO.
    @Test func anErrorOfTheDiskIsToldOnceAndNothingIsLetThroughFromThen() async throws {
        let files = try TestJournal()
        let lines = TestLines()
        let log = GatewayLog(
            level: .error, format: .json, milliseconds: { 0 },
            sink: { bytes in
                lines.add(bytes)
                return true
            })
        let journal = try Self.open(files, log: log)
        try await journal.append(
            try TestJournal.record("0000000000000001"), try await journal.reserve())
        let place = try await journal.reserve()
        let nowhere = try FileDescriptor.open(FilePath("/proc/self/mem"), .readWrite)
        for descriptor in try Self.descriptors(of: try files.file()) {
            _ = try nowhere.duplicate(as: descriptor)
        }
        try nowhere.close()
        let denial = await #expect(throws: Denial.self) {
            try await journal.append(try TestJournal.record("0000000000000002"), place)
        }
        #expect(denial?.code == .journalUnavailable)
        await #expect(throws: Denial.self) { try await journal.reserve() }
        let alice = try #require(JournalErasure("alice@one.test"))
        await #expect(throws: Denial.self) { try await journal.erase(alice) }
        journal.close()
        log.flush()
        let told = lines.objects.filter { $0["message"]?.string == "journal.failed" }
        #expect(told.count == 1)
        #expect(told.first?["problem"]?.string?.contains("Input/output error") == true)
        #expect(told.first?["remedy"]?.string?.contains("restart") == true)
        // After a restart it goes on behind what is there.
        try files.write(1)
        try files.stop()
        let found = try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)
        #expect(found.first == "0000000000000001" && !found.contains("0000000000000002"))
        #expect(found.count == 2)
        #expect(try files.verify().findings == [])
    }

    /// What a disk says to a write is not always that it is full.
    @Test(
        arguments: [
            (ResultCode.SQLITE_FULL, JournalFailure.full), (.SQLITE_IOERR_WRITE, .refused),
            (.SQLITE_BUSY, .blocked), (.SQLITE_IOERR_FSYNC, nil),
        ] as [(ResultCode, JournalFailure?)])
    func whatKeepsTheKeysOfPeopleFromTheDisk(_ code: ResultCode, _ failure: JournalFailure?) {
        #expect(JournalFailure(passing: DatabaseError(resultCode: code)) == failure)
    }

    @Test func aRefusedWriteIsToldOnceAsWhatItIs() throws {
        let files = try TestJournal()
        let (lines, log) = Self.told()
        let journal = try Self.open(files, log: log)
        journal.tell(noRoom: .blocked)
        journal.tell(noRoom: .refused)
        journal.tell(noRoom: .refused)
        journal.tellRoom()
        journal.close()
        log.flush()
        let told = lines.objects.compactMap { $0["problem"]?.string }
        #expect(told == ["the disk refused to take keys of the people in the journal, subjects.db"])
        #expect(Journal.refusal(by: .full).problem == "the disk is full")
        #expect(Journal.refusal(by: .readOnly).remedy.contains("read-only"))
    }

    @Test(.timeLimit(.minutes(2))) func aDiskThatDoesNotAnswerIsWaitedForInBoundsAndThenHasAll()
        async throws
    {
        let files = try TestJournal()
        let (lines, log) = Self.told()
        let (settings, asked, goesOn) = try Self.hanging(files)
        let journal = try Self.open(
            files, log: log, settings: settings, patience: .milliseconds(50))
        // Two have their places and are under way already.
        let places = [try await journal.reserve(), try await journal.reserve()]
        var refused = try TestJournal.record("0000000000000001")
        refused.decision.action = .deny
        journal.note(refused)
        await DispatchQueue.global().result { asked.wait() }
        for number in 2...3 {
            let denial = await #expect(throws: Denial.self) {
                try await journal.append(
                    try TestJournal.record("000000000000000\(number)"), places[number - 2])
            }
            #expect(denial?.code == .journalUnavailable)
        }
        // Nobody else gets so far that the backend hears of it.
        let denial = await #expect(throws: Denial.self) { try await journal.reserve() }
        #expect(denial?.code == .journalUnavailable)
        goesOn.signal()
        // A disk that is slow again meanwhile says so again.
        var place: JournalQueue.Place?
        while place == nil {
            place = try? await journal.reserve()
            if place == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        // Told slow or not, it is written.
        try? await journal.append(
            try TestJournal.record("0000000000000004"), try #require(place))
        journal.close()
        log.flush()
        #expect(lines.all.joined().contains("journal.resumed"))
        let found = try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)
        #expect(found == (1...4).map { "000000000000000\($0)" })
        #expect(try files.verify().findings == [])
        #expect(lines.objects.contains { $0["message"]?.string == "journal.failed" })
    }

    @Test(.timeLimit(.minutes(2))) func recordsThatTheDiskDoesNotTakeBeforeTheEndAreTold()
        async throws
    {
        let files = try TestJournal()
        let (lines, log) = Self.told()
        let (settings, asked, goesOn) = try Self.hanging(files)
        let journal = try Self.open(files, log: log, settings: settings)
        var refused = try TestJournal.record("0000000000000001")
        refused.decision.action = .deny
        journal.note(refused)
        await DispatchQueue.global().result { asked.wait() }
        journal.close(within: .milliseconds(20))
        log.flush()
        let told = lines.objects.filter { $0["message"]?.string == "journal.failed" }
        // On a machine that stands still for so long, that the disk is slow is told before.
        #expect(told.last?["problem"]?.string == "the disk did not take the last records")
        for _ in 0..<64 { goesOn.signal() }
        journal.close(within: .seconds(60))
        let found = try JournalDiskTests.decisions(files, .pseudonyms).map(\.id)
        #expect(found == ["0000000000000001"])
        #expect(try files.verify().findings == [])
    }

    /// The descriptors by which this process has a file open: to write, and for its lock.
    private static func descriptors(of file: String) throws -> [FileDescriptor] {
        let folder = "/proc/self/fd"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))
                == file
        }
        let descriptors = names.compactMap { Int32($0) }.map { FileDescriptor(rawValue: $0) }
        try #require(!descriptors.isEmpty)
        return descriptors
    }
}

extension Journal {
    /// For a message of which nothing is known.
    fileprivate func reserve() async throws(Denial) -> JournalQueue.Place {
        try await reserve(
            OwedRecords.Entry(
                decision: "0000000000000000", kind: "shares", direction: .inbound, peer: nil,
                providerID: nil))
    }
}

import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite("Room on a disk that writes nothing in place")
struct DiskMarginTests {
    private let key: SealKey
    private let scratch: Scratch
    private let room = Room()
    private let margin: DiskMargin

    init() throws {
        key = try #require(SealKey(Secret.random(32)))
        scratch = try Scratch()
        margin = DiskMargin(free: { [room] in room.size })
    }

    private func open() throws -> Store {
        try Store.open(scratch.file("state.db"), key, now: 1000, lock: nil, margin: margin)
    }

    @Test func aStateIsNotWrittenWithoutItAndIsOnceItIsThere() async throws {
        let store = try open()
        defer { store.close() }
        let change = OwedWord.removal(below: 1)
        try await store.commit(change)
        room.size = DiskMargin.bytes
        let refusal = StoreFailure.disk(DiskMargin.lack)
        await #expect(throws: refusal) { try await store.commit(change) }
        await #expect(throws: refusal) { try await store.fold() }
        #expect(store.isHealthy)
        room.size += 1
        try await store.commit(change)
        try await store.fold()
    }

    @Test func aStateIsNotOpenedWithoutIt() throws {
        room.size = 0
        let error = #expect(throws: FileProblem.self) { try open() }
        #expect(error?.what == "cannot be used: less than 16 MiB of its disk are free")
        #expect(!PrivateFile.exists(scratch.file("state.db")))
    }

    @Test func whatWasWrittenIsThereWhereItCouldNotBeFolded() async throws {
        let store = try open()
        try await store.commit(OwedWord.removal(below: 1))
        room.size = 0
        store.close()
        let log = FileManager.default.contents(atPath: scratch.file("state.db-wal"))
        #expect(log?.isEmpty == false)
        room.size = .max
        let again = try open()
        #expect(!again.isUnmarked)
        again.close()
    }

    @Test func theKeysOfPeopleWaitForIt() throws {
        let day = JournalDay(number: 20_000)
        let alice = try #require(JournalSubject("alice@one.test"))
        let subjects = try JournalSubjects(scratch.path, key, .writing, margin: margin)
        room.size = 0
        let name = subjects.seal(alice, "text", on: day).pseudonym
        try subjects.flush(day)
        #expect(subjects.blocked == .full)
        #expect(throws: JournalFailure.full) { try subjects.pseudonym(of: alice) }
        room.size = .max
        try subjects.flush(day)
        #expect(subjects.blocked == nil)
        #expect(try subjects.pseudonym(of: alice) == name)
        subjects.close()
    }

    /// The journal takes room beforehand.
    @Test func whatOthersMayTakeLeavesIt() {
        #expect(margin.spare == Int.max - 2 * DiskMargin.bytes)
        room.size = DiskMargin.bytes
        #expect(margin.spare == 0)
        #expect(DiskMargin(free: { nil }).spare == nil)
    }

    @Test(arguments: ["/proc", "/nowhere"]) func nothingIsAskedOfOtherDisks(_ path: String) {
        #expect(DiskRoom.toCopy(at: path) == nil)
        #expect(DiskMargin(of: path).isKept)
    }
}

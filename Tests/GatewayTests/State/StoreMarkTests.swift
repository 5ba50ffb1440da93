import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite("The mark of the state")
struct StoreMarkTests {
    let key: SealKey
    let scratch: Scratch
    let path: String
    let mark: String

    init() throws {
        key = try #require(SealKey(Secret.random(32)))
        scratch = try Scratch()
        path = scratch.file("state.db")
        mark = path + ".mark"
    }

    private func replaceMark(_ text: String) throws {
        try FileManager.default.removeItem(atPath: mark)
        try PrivateFile.create(mark, Array(text.utf8))
    }

    @Test func nobodyFindsItEmpty() throws {
        try StoreMark.make(mark, 7)
        #expect(try StoreMark.read(mark) == 7)
        #expect(try scratch.mode(of: "state.db.mark") == 0o600)
        try StoreMark.make(mark, 8)
        #expect(try StoreMark.read(mark) == 7)
    }

    /// As an earlier release made it, and a disk kept it through a loss of power.
    @Test func anEmptyOneIsNone() throws {
        try Store.open(path, key, now: 1000).close()
        try replaceMark("")
        try Store.check(path, key)
        let store = try Store.open(path, key, now: 1000)
        #expect(store.isUnmarked && !store.isNew)
        #expect(try StoreMark.read(mark) == 0)
        store.close()
        let again = try Store.open(path, key, now: 1000)
        #expect(!again.isUnmarked)
        again.close()
    }

    @Test(arguments: ["\n", "0000000000000000002", "000000000000000000x\n"])
    func anythingElseIsDamaged(_ text: String) throws {
        try Store.open(path, key, now: 1000).close()
        try replaceMark(text)
        let error = #expect(throws: FileProblem.self) {
            try Store.open(path, key, now: 1000)
        }
        #expect(error?.what == "is damaged")
    }
}

import Foundation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct SealKeyTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func load(
        _ source: SealKey.Source, _ whenMissing: SealKey.WhenMissing = .refuse,
        environment: [String: String] = [:]
    ) throws -> SealKey {
        try SealKey.load(
            source, of: scratch.file("state.db"), whenMissing: whenMissing,
            environment: environment)
    }

    @Test func itIsMadeOnceAndReadAgain() throws {
        let path = SealKey.Source.file(scratch.file("seal.key"))
        let missing = #expect(throws: FileProblem.self) { try load(path) }
        #expect(missing?.what == "is not there")
        #expect(missing?.remedy == "the gateway makes it at its first start")
        let made = try load(path, .make)
        #expect(try scratch.mode(of: "seal.key") == 0o600)
        #expect(try load(path, .make).check == made.check)
        #expect(try load(path).check == made.check)
        #expect("\(made)" == "<seal key>")
    }

    /// The default is a place that the shipped unit and container may only read.
    @Test func whereItCannotBeMadeTheRemedyNamesTheKeyOfTheConfiguration() throws {
        let problem = #expect(throws: FileProblem.self) {
            try load(.file(scratch.file("none/seal.key")), .make)
        }
        #expect(problem?.what.hasPrefix("cannot be made: ") == true)
        #expect(problem?.remedy.contains("[state] seal_key") == true)
    }

    @Test(arguments: ["state.db", "state.db.mark"])
    func whereThereIsAStateNoOtherKeyIsMade(_ file: String) throws {
        try scratch.write("", file)
        let path = SealKey.Source.file(scratch.file("seal.key"))
        for whenMissing in [SealKey.WhenMissing.make, .refuse] {
            let problem = #expect(throws: FileProblem.self) { try load(path, whenMissing) }
            #expect(problem?.what.hasPrefix("is missing, and ") == true)
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.file("seal.key")))
    }

    @Test(arguments: [0o640, 0o644, 0o660])
    func aFileThatOthersMayReadIsRefused(_ mode: Int) throws {
        _ = try load(.file(scratch.file("seal.key")), .make)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: scratch.file("seal.key"))
        let problem = #expect(throws: FileProblem.self) {
            try load(.file(scratch.file("seal.key")))
        }
        #expect(problem?.remedy.hasPrefix("chmod 600") == true)
    }

    @Test(arguments: ["", "x", "AAAA", String(repeating: "A", count: 44), "not base64 at all!"])
    func anythingButThirtyTwoBytesIsRefusedWithoutBeingTold(_ text: String) throws {
        try scratch.write(text, "seal.key")
        let problem = #expect(throws: FileProblem.self) {
            try load(.file(scratch.file("seal.key")))
        }
        #expect(problem?.what == "does not hold the base64 of 32 bytes")
        #expect(problem?.remedy == "openssl rand -base64 32")
        #expect(throws: FileProblem.self) {
            try load(.environment("KEY"), environment: ["KEY": text])
        }
    }

    /// Another one would open nothing of it.
    @Test func besideAStateADamagedOneIsToBeBroughtBack() throws {
        try scratch.write("", "state.db")
        try scratch.write("x", "seal.key")
        for source in [SealKey.Source.file(scratch.file("seal.key")), .environment("KEY")] {
            let problem = #expect(throws: FileProblem.self) {
                try load(source, environment: ["KEY": "x"])
            }
            #expect(problem?.remedy.hasPrefix("bring it back as it was") == true)
        }
    }

    @Test func itMayComeFromTheEnvironment() throws {
        let text = Base64.encode(Random.bytes(32))
        #expect(
            try load(.environment("KEY"), environment: ["KEY": text]).check
                == load(.environment("KEY"), environment: ["KEY": "\(text)\n"]).check)
        #expect(throws: FileProblem.self) { try load(.environment("KEY"), .make) }
    }

    @Test func eachPurposeHasAKeyOfItsOwn() throws {
        let key = try #require(SealKey(Secret.random(32)))
        let all = SealKey.Purpose.allCases.map { purpose in
            key.secret(for: purpose).withBytes { bytes in
                bytes.indices.map { bytes[$0] }
            }
        }
        #expect(Set(all).count == SealKey.Purpose.allCases.count)
        #expect(all.allSatisfy { $0.count == 32 })
    }
}

import Federation
import Foundation
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct KeyChangeTests {
    let scratch: Scratch
    private static let now = 1_800_000_000

    init() throws {
        scratch = try Scratch()
        try PrivateFile.folder(scratch.file("keys"))
        try KeyRing.make(.ed25519, "ed25519-1", in: scratch.file("keys"))
        try KeyRing.make(.rsa(bits: 2048), "rsa-1", in: scratch.file("keys"))
    }

    @discardableResult
    private func perform(_ change: KeyChange, after seconds: Int = 0) throws -> KeyRing {
        try change.perform(
            in: scratch.file("keys"), state: scratch.file("state.db"), now: Self.now + seconds
        ).ring
    }

    private func refusal(_ change: KeyChange, after seconds: Int = 0) throws -> String {
        let error = #expect(throws: KeyChange.Refusal.self) {
            try perform(change, after: seconds)
        }
        return try #require(error).description
    }

    private func states(_ ring: KeyRing) -> [String: KeyState] {
        Dictionary(uniqueKeysWithValues: ring.keys.map { ($0.name, $0.state) })
    }

    private static let activate = KeyChange.activate(
        name: "ed25519-2", overlap: 100, wait: .observed)

    @Test func aKeyGoesThroughItsStates() throws {
        var ring = try perform(.make(kind: "ed25519"))
        #expect(states(ring)["ed25519-2"] == .new)
        ring = try perform(.stage(name: "ed25519-2"))
        #expect(states(ring)["ed25519-2"] == .staged)
        #expect(ring.signatureKey?.name == "ed25519-1")
        ring = try perform(Self.activate, after: 4000)
        #expect(ring.signatureKey?.name == "ed25519-2")
        #expect(states(ring)["ed25519-1"] == .retired(until: Self.now + 4100))
        #expect(ring.cavageKey?.name == "rsa-1")
        #expect(ring.nextEnd(after: Self.now + 4000) == Self.now + 4100)
        #expect(ring.nextEnd(after: Self.now + 4100) == nil)
        ring = try perform(.retire(name: "ed25519-1", overlap: 0), after: 4001)
        #expect(states(ring)["ed25519-1"] == .retired(until: Self.now + 4001))
    }

    @Test func whatIsNoKindOfKeyMakesNone() throws {
        let folder = scratch.file("keys")
        for name in ["ed25519-1.pem", "rsa-1.pem"] {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        try PrivateFile.create(scratch.file("state.db"), [])
        #expect(try refusal(.make(kind: "ed25518")).contains("no kind of key"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func toNameAKeyMakesNone() throws {
        let folder = scratch.file("keys")
        for change: KeyChange in [
            .stage(name: "typo"), .activate(name: "typo", overlap: 1, wait: .skipped),
            .retire(name: "typo", overlap: 1),
        ] {
            #expect(try refusal(change).contains("there are: ed25519-1, rsa-1"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/keys.toml"))
        try FileManager.default.removeItem(atPath: folder)
        #expect(try refusal(.stage(name: "typo")) == "there are no keys in \(folder) yet")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aKeySignsOnlyOncePeersCanHaveSeenIt() throws {
        try perform(.make(kind: "ed25519"))
        #expect(try refusal(Self.activate).contains("is new"))
        try perform(.stage(name: "ed25519-2"))
        #expect(try refusal(Self.activate, after: 3899).contains("2027-01-15T09:05:00Z; --now"))
        let ring = try perform(.activate(name: "ed25519-2", overlap: 100, wait: .skipped))
        #expect(ring.signatureKey?.name == "ed25519-2")
    }

    @Test func aKeyOfDraftCavageIsShownOnlyWhenItSignsSoItNeedNotWait() throws {
        try perform(.make(kind: "rsa"))
        try perform(.stage(name: "rsa-2"))
        let ring = try perform(.activate(name: "rsa-2", overlap: 100, wait: .observed))
        #expect(ring.cavageKey?.name == "rsa-2")
        #expect(
            ring.keys.filter { $0.isPublished(now: Self.now) }.map(\.name) == [
                "ed25519-1", "rsa-2",
            ])
    }

    @Test func keysThatAreGoneAreReplacedOnlyOnPurposeAndByOtherNames() throws {
        let (folder, state) = (scratch.file("keys"), scratch.file("state.db"))
        try scratch.write("", "state.db")
        try FileManager.default.removeItem(atPath: folder)
        let problem = #expect(throws: FileProblem.self) {
            try KeyRing.start(folder: folder, state: state, now: Self.now)
        }
        #expect(problem?.path == folder && problem?.remedy.contains("ocmgate key new") == true)
        #expect(throws: FileProblem.self) { try perform(.stage(name: "ed25519-1")) }
        #expect(!FileManager.default.fileExists(atPath: folder))
        var ring = try perform(.make(kind: "ed25519"))
        #expect(ring.signatureKey?.name == "ed25519-20270115080000")
        #expect(ring.cavageKey?.name == "rsa-20270115080000")
        #expect(ring.keys.count == 2)
        // What comes later counts on from there.
        ring = try perform(.make(kind: "rsa"), after: 1000)
        #expect(states(ring)["rsa-20270115080001"] == .new)
        #expect(
            try KeyRing.start(folder: folder, state: state, now: Self.now).signatureKey?.name
                == "ed25519-20270115080000")
    }

    /// Partners want the fingerprints before a gateway goes live.
    @Test(arguments: [("ed25519", []), ("rsa", []), ("p256", ["p256-1"])] as [(String, [String])])
    func whereThereAreNoneThePairIsMadeAndNoThirdOfItsKinds(
        _ kind: String, _ more: [String]
    ) throws {
        let folder = scratch.file("keys")
        try FileManager.default.removeItem(atPath: folder)
        let done = try KeyChange.make(kind: kind).perform(
            in: folder, state: scratch.file("state.db"), now: Self.now)
        #expect(done.name == "\(kind)-1")
        #expect(done.ring.keys.map(\.name).sorted() == (["ed25519-1", "rsa-1"] + more).sorted())
        #expect(states(done.ring)["ed25519-1"] == .active && states(done.ring)["rsa-1"] == .active)
        #expect(more.allSatisfy { states(done.ring)[$0] == .new })
    }

    @Test func aRetiredKeyThatIsNotOverCanSignAgain() throws {
        try perform(.make(kind: "ed25519"))
        try perform(.stage(name: "ed25519-2"))
        try perform(Self.activate, after: 4000)
        let back = KeyChange.activate(name: "ed25519-1", overlap: 100, wait: .observed)
        #expect(try refusal(back, after: 4100).contains("is over"))
        let ring = try perform(back, after: 4099)
        #expect(ring.signatureKey?.name == "ed25519-1")
        #expect(states(ring)["ed25519-2"] == .retired(until: Self.now + 4199))
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        #expect(try refusal(.make(kind: "dsa")).contains("ed25519, p256, p384, rsa"))
        #expect(try refusal(.stage(name: "no")).contains("there are: ed25519-1, rsa-1"))
        #expect(try refusal(.stage(name: "rsa-1")) == "rsa-1 is active already")
        #expect(try refusal(.retire(name: "rsa-1", overlap: 0)).contains("rsa-1 signs"))
        try perform(.make(kind: "p256"))
        #expect(try refusal(.retire(name: "p256-1", overlap: 0)).contains("never published"))
        try perform(.stage(name: "p256-1"))
        try perform(.retire(name: "p256-1", overlap: 0))
        #expect(try refusal(.retire(name: "p256-1", overlap: 100)) == "p256-1 is over already")
        let again = KeyChange.activate(name: "rsa-1", overlap: 0, wait: .skipped)
        #expect(try refusal(again) == "rsa-1 is active already")
    }

    @Test func theNameOfAKeyThatIsGoneIsNotUsedAgain() throws {
        try perform(.make(kind: "ed25519"))
        try perform(.stage(name: "ed25519-2"))
        try perform(.retire(name: "ed25519-2", overlap: 0))
        try FileManager.default.removeItem(atPath: scratch.file("keys/ed25519-2.pem"))
        let ring = try perform(.make(kind: "ed25519"), after: 1)
        #expect(ring.keys.map(\.name) == ["ed25519-1", "ed25519-3", "rsa-1"])
    }

    @Test func whereNoGatewayRunsTheCommandDoesIt() async throws {
        let answer = try await KeyChange.make(kind: "p256").place(
            in: scratch.file("state.db"), keys: scratch.file("keys"),
            { throw CancellationError() }, now: Self.now)
        #expect(
            answer
                == .done([
                    "name": "p256-1", "by": "command", "file": scratch.file("keys/p256-1.pem"),
                ]))
    }

    /// A gateway that carries out orders until it is cancelled.
    private func serving(_ gateway: Gateway) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                await gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Their disk may not answer: it is done where files are read again, and not where messages are judged.
    @Test func aGatewayThatRunsDoesItInTurnWithReloads() async throws {
        let world = try TestWorld()
        let gateway = world.gateway
        let loop = serving(gateway)
        gateway.policyQueue.suspend()
        await #expect(throws: FileProblem.self) {
            try await KeyChange.make(kind: "ed25519").place(
                in: world.scratch.file("state.db"), keys: world.scratch.file("keys"),
                { world.seal }, now: world.clock.now, patience: .seconds(1))
        }
        gateway.policyQueue.resume()
        loop.cancel()
        await loop.value
        await gateway.reading.begin(.again)
        gateway.reading.end(.again)
    }

    @Test func aGatewayThatRunsDoesItAndPublishesAtOnce() async throws {
        let world = try TestWorld()
        let gateway = world.gateway
        let loop = serving(gateway)
        defer { loop.cancel() }
        func place(_ change: KeyChange) async throws -> OrderAnswer {
            try await change.place(
                in: world.scratch.file("state.db"), keys: world.scratch.file("keys"),
                { world.seal }, now: world.clock.now, patience: .seconds(300))
        }
        _ = try await place(.make(kind: "ed25519"))
        guard case .done(let told) = try await place(.stage(name: "ed25519-2")) else {
            Issue.record("not done")
            return
        }
        #expect(told["by"] == "gateway")
        let body = gateway.published.answer(.keySet, at: gateway.site.host)?.body ?? []
        #expect(String(decoding: body, as: UTF8.self).contains("cloud.test#ed25519-2"))
        #expect(gateway.keys.current.signatureKey?.name == "ed25519-1")
        let refused = try await place(
            .activate(name: "ed25519-2", overlap: 60, wait: .observed))
        guard case .refused(let reason) = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.contains("--now"))
        _ = try await place(.activate(name: "ed25519-2", overlap: 60, wait: .skipped))
        #expect(gateway.keys.current.signatureKey?.name == "ed25519-2")
        gateway.log.flush()
        #expect(world.lines.objects.filter { $0["message"]?.string == "keys.changed" }.count == 3)
    }
}

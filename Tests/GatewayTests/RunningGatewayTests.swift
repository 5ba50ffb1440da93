import Dispatch
import Federation
import Foundation
import OpenSSL
import Synchronization
import Testing

@testable import Gateway
@testable import Transport

@Suite struct RunningGatewayTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func configuration(policy: String = "") throws -> Configuration {
        let text = """
            [site]
            origin = "https://cloud.test"
            [[listen]]
            address = "unix:\(scratch.path)/http.sock"
            [backend]
            url = "http://127.0.0.1:9"
            kind = "nextcloud"
            [signature]
            keys = "\(scratch.path)/keys"
            [policy]
            file = "\(scratch.path)/policy.toml"
            \(policy)
            [state]
            url = "sqlite:\(scratch.path)/state.db"
            seal_key = "\(scratch.path)/seal.key"
            [journal]
            dir = "\(scratch.path)/journal"
            [log]
            level = "error"
            """
        return try Configuration(Array(text.utf8), file: scratch.file("config.toml"))
    }

    private static let policy =
        "version = 1\nname = \"p\"\nmode = \"enforce\"\nunknown = \"deny\"\ndefault = \"deny\"\n"

    @Test func itStartsServesAndLeavesItsStateToTheNext() async throws {
        try scratch.write(Self.policy, "policy.toml")
        for _ in 0..<2 {
            let running = try await RunningGateway.start(try configuration())
            #expect(
                running.server.addresses.map(\.description) == ["unix:\(scratch.path)/http.sock"])
            await running.stop(grace: .milliseconds(100))
        }
    }

    /// The name that messages have for it is no file.
    @Test func aConfigurationFromStandardInputIsNotReadAgain() async throws {
        try scratch.write(Self.policy, "policy.toml")
        try scratch.write("[site]\norigin = \"https://other.test\"\n", "config.toml")
        let configuration = try configuration()
        #expect(configuration.file == scratch.file("config.toml") && configuration.source == nil)
        #expect(FollowedFiles.stamps(beside: configuration).isEmpty)
        let running = try await RunningGateway.start(configuration)
        let reload = await running.reloadConfiguration()
        #expect(reload.problem == nil && reload.waiting == [])
        #expect(reload.note?.contains("standard input") == true)
        await running.stop(grace: .milliseconds(100))
    }

    /// What an order has read again may be on a disk that does not answer; other orders do not wait.
    @Test(.timeLimit(.minutes(10))) func aReloadWaitsForWhoeverReadsFiles() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let running = try await RunningGateway.start(
            try configuration(policy: "reload = \"signal\""))
        let gateway = running.gateway
        while !gateway.reading.take(.again) { try await Task.sleep(for: .milliseconds(1)) }
        let before = gateway.policy.current.hash
        let rule = "[[rule]]\nname = \"x\"\non = \"webdav\"\naction = \"deny\"\n"
        try scratch.write(Self.policy + rule, "policy.toml")
        let reload = Task { await running.reload() }
        func waits() -> Bool {
            gateway.reading.waiting.withLock { $0[.again]?.isEmpty == false }
        }
        while !waits() { try await Task.sleep(for: .milliseconds(1)) }
        for _ in 0..<2 {
            let ended = try await gateway.orders.ask(
                .forgetPeer("one.test"), now: gateway.environment.now(), patience: .seconds(300))
            #expect(ended == .done(["keys": "0"]))
        }
        #expect(gateway.policy.current.hash == before)
        gateway.reading.end(.again)
        await reload.value
        #expect(gateway.policy.current.hash != before)
        await running.stop(grace: .milliseconds(100))
    }

    /// How a gateway lets its state go.
    enum Leaving { case stop, handOver }

    /// A message takes effect whether its client is still there or not.
    @Test(arguments: [Leaving.stop, .handOver])
    func itLetsItsStateGoAfterTheLastMessage(_ leaving: Leaving) async throws {
        try scratch.write(Self.policy, "policy.toml")
        let running = try await RunningGateway.start(try configuration())
        let message = Mutex<UnderWay.Member?>(running.gateway.underWay.enter())
        async let left: Void =
            switch leaving {
            case .stop: running.stop(grace: .seconds(300))
            case .handOver: running.letGo()
            }
        try await Task.sleep(for: .milliseconds(500))
        #expect(throws: FileProblem.self) { try StoreLock(scratch.file("state.db.lock")) }
        message.withLock { $0 = nil }
        await left
        try StoreLock(scratch.file("state.db.lock")).release()
        if leaving == .handOver { await running.finish(grace: .zero) }
    }

    @Test func ordersAreCarriedOutUntilItsStateIsLetGo() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let running = try await RunningGateway.start(try configuration())
        let gateway = running.gateway
        let message = Mutex<UnderWay.Member?>(gateway.underWay.enter())
        async let left: Void = running.letGo()
        while gateway.steering.withLock({ $0?.isHandingOver }) != true {
            try await Task.sleep(for: .milliseconds(1))
        }
        let answer = try await gateway.orders.ask(
            .forgetPeer("one.test"), now: gateway.environment.now(), patience: .seconds(60))
        #expect(answer == .done(["keys": "0"]))
        message.withLock { $0 = nil }
        await left
        await running.finish(grace: .zero)
    }

    /// Who is in a hurry does not wait for it.
    @Test func aSecondSignalIsHeardWhileAMessageIsUnderWay() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let running = try await RunningGateway.start(try configuration())
        let message = running.gateway.underWay.enter()
        let begun = ContinuousClock.now
        async let stopped: Void = running.stop(grace: .seconds(3000))
        try await Task.sleep(for: .milliseconds(200))
        running.hurry(.zero)
        await stopped
        #expect(ContinuousClock.now - begun < .seconds(1000))
        withExtendedLifetime(message) {}
    }

    @Test func aSecondOneOnTheSameStateIsNotStartedAndTheFirstGoesOn() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let first = try await RunningGateway.start(try configuration())
        await #expect(throws: StartFailure.self) {
            try await RunningGateway.start(try configuration())
        }
        #expect(first.gateway.store.isHealthy)
        await first.stop(grace: .milliseconds(100))
    }

    /// With no room to open its state, the one that runs could not go on either once it has let it go.
    @Test(arguments: ["state.db", "journal/subjects.db"])
    func aSuccessorWithoutRoomTakesNothing(_ name: String) async throws {
        try scratch.write(Self.policy, "policy.toml")
        let running = try await RunningGateway.start(try configuration())
        let full = scratch.file(name)
        let failure = await #expect(throws: StartFailure.self) {
            try await RunningGateway.taken(by: configuration(), .successor) { path in
                DiskMargin { path == full ? 0 : nil }
            }
        }
        #expect(failure?.description.contains("\(full): cannot be used") == true)
        // It is served as before.
        #expect(try Ending.isServed(scratch.file("state.db")))
        await running.stop(grace: .milliseconds(100))
    }

    /// Asks for the place of the one that offers it, as soon as it does.
    private func ask(_ path: String) async throws -> (sockets: [ListeningSocket], line: SocketLine)
    {
        while true {
            let given = await DispatchQueue.global().result { SocketOffer.ask(at: path) }
            if let given { return given }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What one says that has the state for too long.
    enum Late { case nothing, serves, yields }

    /// Who says that it serves does, unless it takes that back.
    @Test(arguments: [Late.nothing, .serves, .yields])
    func aSuccessorThatIsLateIsToldSoAndOneOfThemGoesOn(_ late: Late) async throws {
        try scratch.write(Self.policy, "policy.toml")
        let first = try await RunningGateway.start(try configuration())
        let given = try await ask(scratch.file("state.db.sockets"))
        guard
            case .succeeded(let succession)? = await first.endings.stream.first(where: { _ in true }
            )
        else {
            Issue.record("nobody was heard")
            return
        }
        var patience = SuccessorPatience()
        patience.starting = .milliseconds(300)
        // Whoever is waited for may be late by no fault of its own.
        if late != .nothing { patience.lettingGo = .seconds(5) }
        async let next = first.handOver(to: succession, patience)
        var lock: StoreLock?
        while lock == nil {
            lock = try? StoreLock(scratch.file("state.db.lock"))
            if lock == nil { try await Task.sleep(for: .milliseconds(1)) }
        }
        let line = given.line
        let word = await DispatchQueue.global().result { line.hear(withinMilliseconds: 20_000) }
        #expect(word == .goesOn)
        if late != .nothing { line.say(.serves) }
        if late == .yields {
            line.say(.yields)
            // It has begun to answer somebody.
            try await Task.sleep(for: .milliseconds(300))
        }
        if late != .serves { lock?.release() }
        let running = try await next
        #expect((running == nil) == (late == .serves))
        #expect(running?.gateway.store.isHealthy != false)
        lock?.release()
        for socket in given.sockets { close(socket.descriptor) }
        await first.finish(grace: .milliseconds(100))
        await running?.stop(grace: .milliseconds(100))
    }

    @Test(.timeLimit(.minutes(10))) func oneThatIsNotWaitedForAnyMoreLetsTheStateGo() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let configuration = try configuration()
        let path = scratch.file("offer")
        let offer = try SocketOffer(at: path)
        let giving = Task {
            var line: SocketLine?
            while !Task.isCancelled {
                // On a busy machine who asks may have gone before somebody looks, and comes again.
                if let asker = offer.asker(), asker.hear(withinMilliseconds: 10_000) == .asks,
                    asker.give([offer.descriptor])
                {
                    line = asker
                }
                try? await Task.sleep(for: .milliseconds(1))
            }
            return line
        }
        defer { giving.cancel() }
        let given = try await ask(path)
        giving.cancel()
        let line = try #require(await giving.value)
        for socket in given.sockets { close(socket.descriptor) }
        #expect(line.say(.goesOn))
        line.hangUp()
        let log = GatewayLog(
            level: configuration.log.level.logger, format: configuration.log.written)
        let findings = RunningGateway.Findings(
            certificates: try ServedCertificates(of: configuration),
            policy: try RunningGateway.loadPolicy(configuration.policy.file),
            material: try RunningGateway.Material(
                configuration, now: Int(Date().timeIntervalSince1970)))
        await #expect(throws: StartFailure.self) {
            try await RunningGateway.start(
                configuration, findings, RunningGateway.Place(line: given.line), log)
        }
        // The next one has the state, though the line says nothing of use any more.
        let running = try await RunningGateway.start(
            configuration, findings, RunningGateway.Place(line: given.line), log)
        await running.stop(grace: .milliseconds(100))
    }

    @Test(arguments: [
        ("version = \n", "policy.toml:1:"),
        (
            policy + "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\", peer = \"a.test\" }\n"
                + "want = { action = \"allow\" }\n", "policy.toml:6:1: test \"t\" fails"
        ),
    ]) func aPolicyThatCannotBeReliedOnIsNoPolicy(_ text: String, _ place: String) async throws {
        try scratch.write(text, "policy.toml")
        do {
            _ = try await RunningGateway.start(try configuration())
            Issue.record("it started")
        } catch let failure as StartFailure {
            #expect(failure.description.contains(place), "\(failure)")
        }
    }
}

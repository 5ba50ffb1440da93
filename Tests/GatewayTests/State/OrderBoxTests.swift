import Federation
import Foundation
import GRDB
import OpenSSL
import Synchronization
import Testing

@testable import Gateway
@testable import Transport

@Suite struct OrderBoxTests {
    private static let order = ShareOrder(
        peer: "one.test", providerID: "7", secret: "SECRET0PERMANEN", permissions: ["read"],
        credential: .code)

    /// However busy the machine is.
    private static let patience = Duration.seconds(300)

    private func place(_ order: ShareOrder, _ world: TestGateway) async throws -> OrderAnswer {
        let key = world.world.seal
        return try await order.place(
            in: world.scratch.file("state.db"), key, now: world.gateway.environment.now(),
            patience: Self.patience)
    }

    /// Whether an order is in the box.
    private func waits(in world: TestGateway) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: world.scratch.file("state.db.orders"))
            .contains { $0.hasSuffix(".order") && !$0.hasPrefix(".") }
    }

    /// The gateway looks for orders until the work is done.
    private func serving<T: Sendable>(
        _ world: TestGateway, _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let loop = Task {
            while !Task.isCancelled {
                await world.gateway.carryOutOrders()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        defer { loop.cancel() }
        return try await work()
    }

    @Test func aShareIsAddedToAGatewayThatRuns() async throws {
        let world = try await TestGateway()
        let answer = try await serving(world) { try await place(Self.order, world) }
        guard case .done(let told) = answer else {
            Issue.record("\(answer)")
            return
        }
        let code = try #require(told["code"])
        #expect(told["id"] == "1")
        #expect(try await world.exchange(code: code).status == 200)
        let files = try FileManager.default.contentsOfDirectory(
            atPath: world.scratch.file("state.db.orders"))
        #expect(files == [])
        #expect(try world.scratch.mode(of: "state.db.orders") == 0o700)
    }

    /// It would go on opening the data without the limits of the one that is added.
    @Test func whatWasLearnedFromThePeerIsNotAddedBesideIt() async throws {
        let world = try await TestGateway()
        let gateway = world.gateway
        let recording = gateway.registry.record(
            NewShare(
                direction: .outbound, origin: .learned, peer: try #require(PeerHost("one.test")),
                providerID: nil, resourceType: nil,
                accesses: [
                    NewAccess(
                        protocolName: "webdav", secret: Secret(utf8: Self.order.secret),
                        handle: .none, permissions: .unspecified, uri: nil, requirements: [])
                ]), now: gateway.environment.now())
        try await gateway.store.commit(recording.change)
        func add() throws {
            _ = try Self.order.recorded(in: gateway.registry, now: gateway.environment.now())
        }
        #expect(throws: FileProblem.self) { try add() }
        try await gateway.store.commit(
            gateway.registry.end(recording.share.id, now: gateway.environment.now()))
        try add()
    }

    @Test func aShareIsAddedWhereNoGatewayRuns() async throws {
        let world = try await TestGateway()
        world.gateway.store.close()
        let scratch = try world.scratch.crashed()
        let key = world.world.seal
        var order = Self.order
        order.credential = .secret
        let answer = try await order.place(in: scratch.file("state.db"), key, now: 1)
        #expect(answer == .done(["id": "1"]))
        #expect(try ShareListing.one(scratch.file("state.db"), "1") != nil)
    }

    @Test func whatCannotBeDoneIsToldWhy() async throws {
        let world = try await TestGateway()
        var order = Self.order
        order.peer = "no host"
        let wrong = order
        let answer = try await serving(world) {
            let key = world.world.seal
            return try await OrderBox(world.scratch.file("state.db"), key).ask(
                .addShare(wrong), now: world.gateway.environment.now(), patience: Self.patience)
        }
        #expect(answer == .refused("no host: is not a host"))
        #expect(world.gateway.registry.count == 0)
    }

    @Test func whatAFolderLacksThatCannotBeWrittenToIsTold() throws {
        let scratch = try Scratch()
        #expect(OrderBox.remedy(scratch.path) == "make room on its disk")
        #expect(OrderBox.remedy(scratch.file("none")) == "run this as the gateway's account")
    }

    /// The state takes nothing, and a policy is read all the same.
    @Test func whoCannotRevokeOnAFullDiskIsToldWhatEndsTheAccess() async throws {
        let world = try await TestGateway()
        let answer = try await serving(world) { () async throws -> OrderAnswer in
            let gateway = world.gateway
            guard case .done(let told) = try await place(Self.order, world),
                let share = told["id"]
            else { return .done([:]) }
            // Kept by the connection, though the transaction is not.
            let full = Change { db in try db.execute(sql: "PRAGMA query_only = 1") }
            try? await gateway.store.commit([full])
            return try await gateway.orders.ask(
                .revoke(Revocation(of: share, .share)),
                now: gateway.environment.now(), patience: Self.patience)
        }
        guard case .refused(let reason) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("make room") && reason.contains("that blocks its peer"))
    }

    @Test func anOrderThatNobodyTakesIsTakenBack() async throws {
        let world = try await TestGateway()
        await #expect(throws: FileProblem.self) {
            try await world.gateway.orders.ask(
                .addShare(Self.order), now: 0, patience: .milliseconds(150))
        }
        await world.gateway.carryOutOrders()
        #expect(world.gateway.registry.count == 0)
    }

    /// The time that its work may take begins when somebody does it.
    @Test func anOrderOfLongWorkIsTakenBackAsSoonAsOthers() async throws {
        let world = try await TestGateway()
        let orders = world.gateway.orders
        await #expect(throws: FileProblem.self) {
            try await orders.ask(
                .reload, now: 0, taking: .milliseconds(150), patience: .seconds(86_400))
        }
        #expect(orders.take(now: 0).isEmpty)
    }

    /// Between the new program's coming and the restart commands are of another version than what runs.
    @Test func anOrderOfAnotherVersionIsRefusedAtOnce() async throws {
        let world = try await TestGateway()
        let folder = world.scratch.file("state.db.orders")
        let seal = try world.world.seal.aead(for: .order)
        let now = world.gateway.environment.now()
        for (name, until) in [("new", now + 10), ("late", now - 1)] {
            let text = #"{"order":{"ofTomorrow":{"_0":"x"}},"until":\#(until)}"#
            try PrivateFile.create(
                "\(folder)/\(name).order",
                seal.seal(Array(text.utf8), authenticating: Array("\(name).order".utf8)))
        }
        #expect(world.gateway.orders.take(now: now, isLast: false).isEmpty)
        #expect(try waits(in: world))
        await world.gateway.carryOutOrders()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["new.answer"])
        let answer = try seal.open(
            PrivateFile.read("\(folder)/new.answer"), authenticating: Array("new.answer".utf8))
        guard
            case .refused(let reason) = try JSONDecoder().decode(
                OrderAnswer.self, from: Data(answer))
        else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("another version of ocmgate"))
    }

    /// Whoever asked was killed.
    @Test func anAnswerThatNobodyCameForIsRemoved() async throws {
        let world = try await TestGateway()
        let folder = world.scratch.file("state.db.orders")
        for name in ["old.answer", "new.answer"] {
            try world.scratch.write("sealed", "state.db.orders/\(name)")
        }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)],
            ofItemAtPath: "\(folder)/old.answer")
        await world.gateway.carryOutOrders()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["new.answer"])
    }

    /// The one before may have answered a moment ago.
    @Test func oneThatTakesOverLeavesAnswersForWhoWaits() async throws {
        let world = try await TestGateway()
        let folder = world.scratch.file("state.db.orders")
        for name in ["one.answer", "two.taken"] {
            try world.scratch.write("sealed", "state.db.orders/\(name)")
        }
        try world.gateway.orders.open()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["one.answer"])
    }

    @Test func whatIsAboutTheProcessThatServesIsLeftToTheNextOne() async throws {
        let world = try await TestGateway()
        let gateway = world.gateway
        gateway.steering.withLock {
            $0 = Gateway.Steering(reload: { nil }, end: { _ in }, isHandingOver: true)
        }
        async let answer = gateway.orders.ask(
            .end(1), now: gateway.environment.now(), patience: Self.patience)
        while try !waits(in: world) { try await Task.sleep(for: .milliseconds(1)) }
        await gateway.carryOutOrders()
        #expect(try waits(in: world))
        gateway.steering.withLock { $0?.isHandingOver = false }
        await gateway.carryOutOrders()
        #expect(try await answer == .done([:]))
    }

    /// A file that is read again may be on a disk that does not answer. Meanwhile other reloads wait in the
    /// box, where they can be taken back, and the end of all orders for the one that was begun.
    @Test(.timeLimit(.minutes(10))) func anAccessEndsWhileFilesAreRead() async throws {
        let world = try await TestGateway()
        let gateway = world.gateway
        let (lines, end) = AsyncStream.makeStream(of: Void.self)
        let begun = Atomic(0)
        let over = Atomic(0)
        let steering = Gateway.Steering(
            reload: {
                begun.add(1, ordering: .relaxed)
                for await _ in lines {}
                try? await Task.sleep(for: .milliseconds(100))
                over.add(1, ordering: .relaxed)
                return nil
            }, end: { _ in })
        gateway.steering.withLock { $0 = steering }
        let taking = Task { await gateway.takeOrders() }
        defer {
            taking.cancel()
            end.finish()
        }
        let now = gateway.environment.now()
        func reload() -> Task<OrderAnswer, any Error> {
            Task { try await gateway.orders.ask(.reload, now: now, patience: Self.patience) }
        }
        let folder = world.scratch.file("state.db.orders")
        func count(_ ending: String) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: folder)
                .count { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
        }
        let first = reload()
        while begun.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let second = reload()
        while try count(".order") + count(".taken") < 2 {
            try await Task.sleep(for: .milliseconds(1))
        }
        for _ in 0..<2 {
            let ended = try await gateway.orders.ask(
                .forgetPeer("one.test"), now: now, patience: Self.patience)
            #expect(ended == .done(["keys": "0"]))
        }
        #expect(try count(".taken") == 1)
        #expect(try count(".order") == 1)
        second.cancel()
        let error = await #expect(throws: FileProblem.self) { try await second.value }
        #expect(error?.what.contains("may still be reading files") == true)
        #expect(try count(".order") == 0)
        taking.cancel()
        end.finish()
        await taking.value
        #expect(over.load(ordering: .relaxed) == 1)
        _ = try await first.value
        _ = try await serving(world) {
            try await gateway.orders.ask(.reload, now: now, patience: Self.patience)
        }
        #expect(over.load(ordering: .relaxed) == 2)
    }

    /// A signal has files read again, too.
    @Test func whatReadsFilesStaysInTheBoxWhileAnotherReadsThem() async throws {
        let world = try await TestGateway()
        let gateway = world.gateway
        let now = gateway.environment.now()
        await gateway.reading.begin(.again)
        let reload = Task {
            try await gateway.orders.ask(.reload, now: now, patience: Self.patience)
        }
        while try !waits(in: world) { try await Task.sleep(for: .milliseconds(1)) }
        await gateway.carryOutOrders()
        #expect(try waits(in: world))
        gateway.reading.end(.again)
        await gateway.carryOutOrders()
        guard case .done = try await reload.value else {
            Issue.record("it is refused")
            return
        }
        // Nobody has it, once that is done.
        await gateway.reading.begin(.again)
        gateway.reading.end(.again)
    }

    /// Signals that come without a pause would have every turn.
    @Test(.timeLimit(.minutes(10))) func whatReadsFilesIsInLineForItsTurn() async throws {
        let world = try await TestGateway()
        let gateway = world.gateway
        let now = gateway.environment.now()
        func untilInLine(_ count: Int) async throws {
            while gateway.reading.waiting.withLock({ $0[.again]?.count != count }) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        await gateway.reading.begin(.again)
        let reload = Task {
            try await gateway.orders.ask(.reload, now: now, patience: Self.patience)
        }
        while try !waits(in: world) { try await Task.sleep(for: .milliseconds(1)) }
        await gateway.carryOutOrders()
        try await untilInLine(1)
        // Once is enough for all of them.
        await gateway.carryOutOrders()
        let signal = Task { await gateway.reading.begin(.again) }
        try await untilInLine(2)
        gateway.reading.end(.again)
        guard case .done = try await reload.value else {
            Issue.record("it is refused")
            return
        }
        await signal.value
        gateway.reading.end(.again)
    }

    /// Whoever uses the state may be another command.
    @Test func thatNobodyTakesItSaysNothingOfAGateway() async throws {
        let world = try await TestGateway()
        let now = world.gateway.environment.now()
        let error = await #expect(throws: FileProblem.self) {
            try await world.gateway.orders.ask(
                .forgetPeer("one.test"), now: now, patience: .milliseconds(100))
        }
        #expect(error?.what == "the ocmgate that uses this state did not take the order")
    }

    @Test func whatIsNotSealedByUsOrTooOldIsNotCarriedOut() async throws {
        let world = try await TestGateway()
        let state = world.scratch.file("state.db")
        let now = world.gateway.environment.now()
        let stranger = try OrderBox(state, try #require(SealKey(Secret.random(32))))
        async let strange: OrderAnswer? = try? stranger.ask(
            .addShare(Self.order), now: now, patience: .milliseconds(300))
        async let old: OrderAnswer? = try? world.gateway.orders.ask(
            .addShare(Self.order), now: now - 60, patience: .milliseconds(300))
        try world.scratch.write("{}", "state.db.orders/plain.order")
        for _ in 0..<20 {
            await world.gateway.carryOutOrders()
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await strange == nil)
        #expect(await old == nil)
        #expect(world.gateway.registry.count == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: state + ".orders")
        #expect(files == [])
    }

    /// As long as it is, nothing is on the disk for it; in memory it would be.
    @Test func whatIsLongerThanAnyOrderIsNotRead() async throws {
        let world = try await TestGateway()
        try world.scratch.write("", "state.db.orders/long.order")
        let folder = world.scratch.file("state.db.orders")
        let file = try #require(FileHandle(forWritingAtPath: "\(folder)/long.order"))
        try file.truncate(atOffset: 1 << 36)
        try file.close()
        await world.gateway.carryOutOrders()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test func noSecretLiesThereInPlain() async throws {
        let world = try await TestGateway()
        let asking = Task {
            try? await world.gateway.orders.ask(
                .addShare(Self.order), now: world.gateway.environment.now(),
                patience: Self.patience)
        }
        let folder = world.scratch.file("state.db.orders")
        var files: [String] = []
        for _ in 0..<3000
        where !files.contains(where: { $0.hasSuffix(".order") && $0.first != "." }) {
            try await Task.sleep(for: .milliseconds(10))
            files = try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        #expect(files.count == 1)
        for file in files {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
            #expect(bytes.range(of: Data("SECRET0PERMANEN".utf8)) == nil)
            #expect(try world.scratch.mode(of: "state.db.orders/\(file)") == 0o600)
        }
        asking.cancel()
        _ = await asking.value
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
}

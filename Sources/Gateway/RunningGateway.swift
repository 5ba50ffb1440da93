import Federation
import Logging
package import OpenSSL
import Synchronization
package import Transport

/// A gateway that serves, from its start to its end.
package final class RunningGateway: Sendable {
    package let gateway: Gateway
    package let server: Server
    private let group: LoopGroup
    private let store: Store
    let log: GatewayLog
    let terms: Mutex<Terms>
    /// What others want of the one that runs it, as it comes.
    package let endings = AsyncStream.makeStream(of: End.self)
    private let background = Mutex<[Task<Void, Never>]>([])
    /// Carries out orders for as long as it has the state.
    private let orders = Mutex<Task<Void, Never>?>(nil)
    private let ending = Mutex(Ending())

    /// Reads keys, policy and state, starts the loops, and listens.
    ///
    /// `sockets` are those that the service manager has opened. Throws `StartFailure` with the file and
    /// the remedy.
    ///
    /// - Parameter tells: hears what a start that takes long does, every fifteen seconds (``StartProgress``).
    package static func start(
        _ configuration: Configuration, sockets: [ListeningSocket] = [],
        as entrance: Entrance = .first, tells: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> RunningGateway {
        let log = GatewayLog(
            level: configuration.log.level.logger, format: configuration.log.written)
        if let count = DescriptorLimit.tooFew() {
            throw StartFailure(
                "the process may have \(count) files open, and needs \(DescriptorLimit.least) at "
                    + "least; let it have more (LimitNOFILE, ulimit -n)")
        }
        let (loops, cores) = (Processors.loops, Processors.count)
        if let count = ThreadLimit.tooFew(loops: loops, cores: cores) {
            throw StartFailure(
                "the process may have \(count) threads more, and needs "
                    + "\(ThreadLimit.needed(loops: loops, cores: cores)); let it have more (TasksMax, pids.max, ulimit -u)"
            )
        }
        // Before they are read, so that what changes from now on is seen.
        let files = FollowedFiles(configuration)
        let findings = Findings(
            files: files, certificates: try ServedCertificates(of: configuration),
            policy: try loadPolicy(configuration.policy.file),
            candidate: loadCandidate(configuration, log),
            material: try Material(configuration, now: Environment.live.now()))
        var place = try await taken(by: configuration, entrance)
        place.opened = sockets
        let progress = StartProgress { step in
            log.write(.info, .starting, [LogEntry(.detail, step.words)])
            tells(step.words)
        }
        defer { progress.end() }
        return try await start(configuration, findings, place, log, progress)
    }

    /// What is read before anything is touched.
    struct Findings: Sendable {
        /// Nil where nobody looked at them before they were read.
        var files: FollowedFiles?
        var certificates: ServedCertificates
        var policy: Policy
        var candidate: Policy?
        var material: Material
    }

    /// Opens state and journal, starts the loops, and listens, on the sockets of the place first.
    ///
    /// Throws `StartFailure`.
    static func start(
        _ configuration: Configuration, _ findings: Findings, _ place: Place, _ log: GatewayLog,
        _ progress: StartProgress? = nil
    ) async throws -> RunningGateway {
        let group = LoopGroup(count: Processors.loops)
        let gateway = try assemble(
            configuration, findings.policy, candidate: findings.candidate, log, .live, group,
            findings.material, lock: place.lock, progress)
        let running = try await listen(gateway, configuration, findings, place, group)
        running.begin(since: findings.files ?? .unseen)
        if let line = place.line, !line.takesPlace {
            await running.stop(grace: .seconds(5))
            throw StartFailure("the gateway that ran goes on: this one took too long to serve")
        }
        running.tellOfStart(configuration, findings)
        return running
    }

    /// Opens the listeners; where one cannot be opened, journal and state are closed again.
    ///
    /// Throws `StartFailure`.
    private static func listen(
        _ gateway: Gateway, _ configuration: Configuration, _ findings: Findings, _ place: Place,
        _ group: LoopGroup
    ) async throws -> RunningGateway {
        do {
            let certificates = findings.certificates
            let egress = findings.material.egress.flatMap { EgressHandler(gateway, $0) }
            let terms = Terms(
                configuration: configuration,
                server: try serverConfiguration(configuration, certificates, egress: egress),
                certificates: certificates, egress: egress, material: findings.material)
            let server = try await Server.start(
                terms.server, on: group, inherited: place.opened, former: place.sockets,
                handler: gateway)
            return RunningGateway(gateway, server, terms, group, gateway.store, gateway.log)
        } catch {
            gateway.journal.close(gateway.store)
            gateway.store.close()
            throw StartFailure("\(error)")
        }
    }

    /// Starts what it does beside answering requests: its own work, the files that it follows, and orders.
    private func begin(since files: FollowedFiles) {
        gateway.serviceStatus.note(policy: gateway.policy.current.hash)
        background.withLock {
            $0 =
                gateway.background(on: group, since: files)
                + [watchFiles(since: files.others), offerSockets()]
        }
        orders.withLock { $0 = Task { [gateway] in await gateway.takeOrders() } }
        let endings = endings.continuation
        gateway.steering.withLock {
            $0 = Gateway.Steering(
                reload: { [weak self] in await self?.reloadConfiguration() },
                end: { endings.yield(.ended(grace: $0)) })
        }
    }

    private func tellOfStart(_ configuration: Configuration, _ findings: Findings) {
        Self.warnOfCertificates(
            configuration, findings.certificates, egress: findings.material.egress, log,
            now: gateway.environment.now())
        for address in server.addresses {
            log.write(.info, .listening, [LogEntry(.address, address.description)])
        }
        log.write(
            .info, .started,
            [
                LogEntry(.version, Version.text), LogEntry(.schema, Version.schema),
                LogEntry(.policy, gateway.policy.current.hash),
                LogEntry(.profile, configuration.profile.rawValue),
                findings.candidate.map { LogEntry(.candidate, $0.hash) },
            ])
        if server.connectionLimit < configuration.limits.connections {
            log.write(
                .warning, .fewConnections,
                [
                    LogEntry(.count, server.connectionLimit),
                    LogEntry(
                        .remedy,
                        "limits.connections is \(configuration.limits.connections); for that many, "
                            + "let the process have more files open (LimitNOFILE, ulimit -n)"),
                ])
        }
        if let limit = MemoryUse.system.tooLittle {
            log.write(
                .warning, .memoryLittle,
                [
                    LogEntry(.limit, limit),
                    LogEntry(
                        .remedy,
                        "let the process have \(MemoryUse.least >> 20) MiB at least (MemoryMax, memory.max)"
                    ),
                ])
        }
    }

    private init(
        _ gateway: Gateway, _ server: Server, _ terms: Terms, _ group: LoopGroup,
        _ store: Store, _ log: GatewayLog
    ) {
        self.gateway = gateway
        self.server = server
        self.terms = Mutex(terms)
        self.group = group
        self.store = store
        self.log = log
    }

    /// Returns once each of its loops has had its turn: while one hangs, never.
    package func answer() { group.answer() }

    /// What is to become of a gateway that runs.
    package enum End: Sendable {
        /// It ends; requests in flight get so long.
        case ended(grace: Duration)
        /// Another process has its sockets, and waits for its state.
        case succeeded(Succession)
    }

    /// Stops: no new connections but for messages under way, requests in flight get `grace`, then all ends.
    /// Orders are carried out meanwhile: an access may have to end sooner than its download. Cancelled, it waits
    /// no more.
    package func stop(grace: Duration) async {
        log.write(.info, .stopping)
        for task in background.withLock({ $0 }) { task.cancel() }
        gateway.published.stop()
        withdrawOffer()
        let end = ContinuousClock.now + grace
        let shutdown = Task { [server, gateway] in
            await gateway.underWay.drain(until: Self.acceptingEnd(within: grace))
            await server.shutdown(grace: end - .now)
            // Messages whose clients have gone take effect all the same.
            await gateway.underWay.drain(until: end)
        }
        gateway.steering.withLock {
            $0?.end = { [weak self] in self?.hurry($0) }
            $0?.isEnding = true
        }
        let wish = ending.withLock { ending in
            ending.shutdown = shutdown
            return ending.wish
        }
        if let wish { hurry(wish) }
        await withTaskCancellationHandler {
            await shutdown.value
        } onCancel: {
            shutdown.cancel()
        }
        await endOrders(within: .seconds(3))
        await group.shutdown()
        letStateGo()
        gateway.tellOfCandidate()
        log.write(.info, .stopped)
        log.flush()
    }

    /// Until when connections are accepted for messages that are under way: their other side, a peer or the
    /// server behind, asks for documents before it answers, over connections of its own.
    private static func acceptingEnd(within grace: Duration) -> ContinuousClock.Instant {
        .now + min(grace / 2, .seconds(5))
    }

    private struct Ending {
        /// What waits for those under way, once it stops.
        var shutdown: Task<Void, Never>?
        /// That they get less was said before.
        var wish: Duration?
    }

    /// While it stops, or is about to: what is under way gets at most so long from then on.
    package func hurry(_ grace: Duration) {
        let shutdown = ending.withLock { ending in
            if ending.shutdown == nil { ending.wish = grace }
            return ending.shutdown
        }
        guard let shutdown else { return }
        Task { [gateway] in
            await gateway.pause(grace)
            shutdown.cancel()
        }
    }

    /// Says that a signal came that means nothing here, and what people send it to other servers for.
    package func tellOfIgnored(_ signal: String) {
        log.sample(
            signal, .warning, .signalIgnored,
            [
                LogEntry(
                    .remedy,
                    "the log goes to standard error: rotate its file with copytruncate; SIGHUP reads "
                        + "the files again, ocmgate drain ends it, run --take-over changes the program"
                )
            ])
    }

    /// Takes no more orders. One that was begun says how it ended, if it does not take longer.
    private func endOrders(within time: Duration) async {
        guard let task = orders.withLock({ $0 }) else { return }
        task.cancel()
        _ = await Patience.result(within: time) { await task.value }
    }

    /// Judges nothing more, but while messages are under way that may need it, answers what is judged, and lets
    /// state and journal go. Orders are carried out meanwhile.
    func letGo() async {
        gateway.steering.withLock { $0?.isHandingOver = true }
        for task in background.withLock({ $0 }) { task.cancel() }
        gateway.published.stop()
        let grace = Duration.seconds(30)
        let end = ContinuousClock.now + grace
        await gateway.underWay.drain(until: Self.acceptingEnd(within: grace))
        await server.retire(grace: end - .now)
        // Messages whose clients have gone take effect all the same.
        await gateway.underWay.drain(until: end)
        gateway.lists.retire()
        gateway.candidateLists?.retire()
        // For as long as its command waits.
        await endOrders(within: .seconds(10))
        letStateGo()
    }

    /// Lets the answers that stream end, at most for `grace`, when another one serves.
    package func finish(grace: Duration) async {
        let following = Task { [gateway] in await gateway.followShares() }
        await server.shutdown(grace: grace)
        following.cancel()
        await group.shutdown()
        log.write(.info, .stopped)
        log.flush()
    }

    private func letStateGo() {
        gateway.journal.close(store)
        gateway.keepCounts()
        store.close()
    }
}

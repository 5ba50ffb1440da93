import Dispatch
import Foundation
import Logging
import OpenSSL
import Synchronization
import Transport

#if canImport(Glibc)
    import Glibc
#endif

/// One gateway takes the place of another that runs, on the same state, without a refused connection: it
/// is given the sockets, in whose queues those who come wait until the state is free.
extension RunningGateway {
    /// How a gateway comes in.
    package enum Entrance: Sendable {
        /// Nobody is to be there.
        case first
        /// The one that uses the state, if there is one, hands over.
        case successor
    }

    /// What the one that runs has given, which lets the state go then; nothing when there is nobody.
    struct Place: Sendable {
        var sockets: [ListeningSocket] = []
        /// What the service manager has opened.
        var opened: [ListeningSocket] = []
        /// Of the state, which nobody else can have any more.
        var lock: StoreLock?
        /// On which the other one waits to hear that this one serves.
        var line: SocketLine?
    }

    /// Asks the one that runs for its place, and waits until it has let the state go.
    ///
    /// Everything of the configuration that could fail is looked at before. Throws `StartFailure` when
    /// the state is not let go, is in use by somebody who gives nothing, is of a newer schema, or would get a
    /// newer one here, and where the disk has too little room to open anything; the other one goes on then, as it
    /// does whenever this one ends before it has said that it serves.
    static func taken(
        by configuration: Configuration, _ entrance: Entrance,
        margin: @Sendable (_ path: String) -> DiskMargin = { DiskMargin(of: $0) }
    ) async throws -> Place {
        switch entrance {
        case .first: return Place()
        case .successor: break
        }
        let wanted = Set(
            try serverConfiguration(configuration, ServedCertificates(of: configuration))
                .listeners.map(\.address)
                + [configuration.egress?.listen].compactMap { $0 })
        let state = configuration.state.file
        let people = (configuration.journal?.folder).map(JournalSubjects.file(in:))
        for path in [state, people].compactMap({ $0 }) {
            // With none that one could not go on either.
            do { try margin(path).require(for: path) } catch { throw StartFailure("\(error)") }
        }
        if let refusal = Store.refusalOfNewer(state) { throw StartFailure("\(refusal)") }
        if let schema = Store.upgrade(of: state) {
            guard try Ending.isServed(state) else { return Place() }
            throw StartFailure(
                "\(state): this ocmgate brings it from schema \(schema.from) to \(schema.to), with which the "
                    + "one that runs could not go on if this one failed; stop that one, and "
                    + "start this one (docs/operations.md, upgrading)")
        }
        guard let given = try await given(state) else { return Place() }
        let lock: StoreLock
        do { lock = try await freed(state, given.line) } catch {
            for socket in given.sockets { close(socket.descriptor) }
            throw error
        }
        let sockets = given.sockets.filter { socket in
            if let address = ListenAddress(socket.name), wanted.contains(address) { return true }
            // This one listens elsewhere.
            close(socket.descriptor)
            return false
        }
        return Place(sockets: sockets, lock: lock, line: given.line)
    }

    /// The sockets of the one that serves; nil where nobody does.
    ///
    /// It gives nothing while another process takes its place, which is waited for.
    private static func given(
        _ state: String
    ) async throws -> (sockets: [ListeningSocket], line: SocketLine)? {
        let end = ContinuousClock.now + asking
        var isFree = false
        while true {
            if let given = SocketOffer.ask(at: offerPath(state)) { return given }
            let wasFree = isFree
            isFree = try !PrivateFile.exists(state) || !Ending.isServed(state)
            // For a moment it is free on its way from one to the other.
            if isFree, wasFree { return nil }
            guard ContinuousClock.now < end else {
                let path = offerPath(state)
                throw StartFailure(
                    "\(state): the process that uses it gives nothing, or another one is taking over; "
                        + "try again, and see its log"
                        + (PrivateFile.exists(path)
                            ? "" : "; where \(path) was removed, only a restart helps"))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The lock of the state, once the one that has given its sockets has let it go.
    private static func freed(_ state: String, _ line: SocketLine) async throws -> StoreLock {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            if let lock = try await StoreLock.awaited(state, within: .milliseconds(100)) {
                return lock
            }
            try Task.checkCancellation()
            guard line.hear(withinMilliseconds: 0) != .goesOn else {
                throw StartFailure("the gateway that ran goes on: this one did not get \(state)")
            }
        }
        throw StartFailure("\(state): the gateway that runs does not let it go; see its log")
    }

    /// Another process that has the sockets, and waits for the state.
    package struct Succession: Sendable {
        fileprivate let line: SocketLine
        /// The same sockets, to go on with when the other one fails.
        fileprivate let sockets: [Int32]
    }

    /// Offers the sockets to whoever takes this one's place.
    func offerSockets() -> Task<Void, Never> {
        let state = terms.withLock { $0.configuration.state.file }
        return Task { [self] in
            let offer: SocketOffer
            do throws(CryptoError) {
                offer = try SocketOffer(at: Self.offerPath(state))
            } catch {
                log.write(.warning, .socketsKept, [LogEntry(.problem, error.description)])
                return
            }
            let (asked, signals) = AsyncStream.makeStream(
                of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let source = DispatchSource.makeReadSource(
                fileDescriptor: offer.descriptor, queue: .global(qos: .utility))
            source.setEventHandler { signals.yield() }
            source.setCancelHandler { close(offer.descriptor) }
            source.resume()
            defer { source.cancel() }
            for await _ in asked {
                // Whoever only connects gets nothing, and changes nothing.
                guard let line = offer.asker(),
                    await Self.word(on: line, within: .seconds(1)) == .asks
                else { continue }
                let sockets = await server.duplicateSockets()
                if line.give(sockets) {
                    endings.continuation.yield(
                        .succeeded(Succession(line: line, sockets: sockets)))
                    return
                }
                for socket in sockets { close(socket) }
            }
        }
    }

    /// Makes room for the one that has the sockets: what is judged is answered, state and journal are
    /// let go. Then waits until it says that it serves.
    ///
    /// When it does not, because it could not, hangs or was ended, a gateway is started in this process, with the
    /// same configuration, certificates, keys and policy and the same sockets, in whose queues those who came
    /// meanwhile wait: it is returned, and reads the files that it follows again. In either case `finish`
    /// lets the answers of this one end. Throws `StartFailure` when that one cannot be started either,
    /// `CancellationError` when this is cancelled: nothing is started then.
    package func handOver(
        to succession: Succession, _ patience: SuccessorPatience = SuccessorPatience()
    ) async throws -> RunningGateway? {
        log.write(.info, .handingOver)
        await letGo()
        if await Self.word(on: succession.line, within: patience.starting) == .serves {
            for socket in succession.sockets { close(socket) }
            return nil
        }
        var lock: StoreLock?
        if !Task.isCancelled {
            switch await takeBack(succession.line, patience.lettingGo) {
            case .ours(let had): lock = had
            case .theirs:
                for socket in succession.sockets { close(socket) }
                return nil
            }
        }
        succession.line.hangUp()
        guard !Task.isCancelled else {
            for socket in succession.sockets { close(socket) }
            throw CancellationError()
        }
        log.write(
            .error, .handOverFailed,
            [LogEntry(.remedy, "the log of the process that was to take over says why it ended")])
        let terms = terms.withLock { $0 }
        var material = terms.material
        material.ring = gateway.keys.current
        let place = Place(
            sockets: succession.sockets.compactMap { ListeningSocket($0) }, lock: lock)
        // What has changed meanwhile nobody saw: all that is followed is read again once it serves.
        do {
            return try await Self.start(
                terms.configuration,
                Findings(
                    certificates: terms.certificates, policy: gateway.policy.current,
                    candidate: gateway.policy.snapshot.candidate, material: material),
                place, log)
        } catch {
            log.write(.error, .handOverFailed, [LogEntry(.problem, "\(error)")])
            throw error
        }
    }

    /// Whose the state is after all.
    private enum Owner {
        /// With its lock; nil when that was not had, and a start will say why.
        case ours(StoreLock?)
        case theirs
    }

    /// Waits until the state is free of one that has not said in time that it serves.
    ///
    /// It is told that it is not wanted any more, and ended when it hangs: with the state in its hands
    /// nobody would serve. One that says at this very moment that it serves, and does not take that back,
    /// does.
    private func takeBack(_ line: SocketLine, _ lettingGo: Duration) async -> Owner {
        line.say(.goesOn)
        let state = terms.withLock { $0.configuration.state.file }
        if let owner = await awaited(state, within: lettingGo) { return owner }
        if line.hear(withinMilliseconds: 0) == .serves {
            guard await Self.word(on: line, within: Self.answering) == .yields else {
                return .theirs
            }
            // It ends by itself, as soon as what it began is answered and written.
            if let owner = await awaited(state, within: Self.ending) { return owner }
        }
        // What cannot be had then fails the start, which says so.
        guard !Task.isCancelled, line.endOther() else { return .ours(nil) }
        return await awaited(state, within: lettingGo) ?? .ours(nil)
    }

    /// Nil when the state is not free in time.
    private func awaited(_ state: String, within time: Duration) async -> Owner? {
        do {
            return try await StoreLock.awaited(state, within: time).map { .ours($0) }
        } catch { return .ours(nil) }
    }

    /// The next word of the other end, which a thread waits for that has nothing else to do; nil as soon as
    /// the task is cancelled.
    private static func word(
        on line: SocketLine, within time: Duration
    ) async -> SocketLine.Word? {
        let milliseconds = Int32(clamping: Int(time / .milliseconds(1)))
        return await withTaskCancellationHandler {
            await DispatchQueue.global(qos: .utility).result {
                line.hear(withinMilliseconds: milliseconds)
            }
        } onCancel: {
            line.hangUp()
        }
    }

    /// Nobody takes the place of one that ends.
    func withdrawOffer() {
        let state = terms.withLock { $0.configuration.state.file }
        try? FileManager.default.removeItem(atPath: Self.offerPath(state))
    }

    private static func offerPath(_ state: String) -> String { state + ".sockets" }

    /// For the one before to answer what it has judged.
    private static let patience = Duration.seconds(60)
    /// For another one that is taking over to serve, which gives the sockets then.
    private static let asking = Duration.seconds(15)
    /// For one that said that it serves to take it back: it reads what it was told at once.
    private static let answering = Duration.seconds(2)
    /// For one that does not serve to end.
    private static let ending = Duration.seconds(20)
}

/// How long the next gateway is waited for.
package struct SuccessorPatience: Sendable {
    /// For it to open the state and the journal, meanwhile nobody is served.
    package var starting = Duration.seconds(30)
    /// For one that was told so to let the state go; it has five seconds for what it began to answer.
    package var lettingGo = Duration.seconds(8)

    package init() {}
}

extension Gateway {
    /// Looks every second at what the process that has the state now makes of the shares, until it is
    /// cancelled: what streams here ends with its share, as there.
    func followShares() async {
        while !Task.isCancelled {
            await DispatchQueue.global(qos: .utility).result { [registry, store] in
                // What cannot be read now is read a second later.
                try? registry.follow(store.path)
            }
            await pause(.seconds(1))
        }
    }
}

extension SocketLine {
    /// Says that this one serves. False when the other one has decided otherwise meanwhile and goes on by
    /// itself: it is told that this one does not serve. One that is no more has decided nothing.
    var takesPlace: Bool {
        say(.serves)
        guard hear(withinMilliseconds: 0) == .goesOn else { return true }
        say(.yields)
        return false
    }
}

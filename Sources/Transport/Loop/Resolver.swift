import NIOCore
import NIOPosix
import OpenSSL
import Synchronization

/// Turns names into addresses by the system's resolver, on threads of its own.
///
/// A thread is held for as long as the system waits for name servers, which is longer than anybody
/// waits here. So a name is looked up by one thread at a time however many ask for it, and not at
/// all once nobody waits for it any more.
final class Resolver: Sendable {
    /// Where a name is looked for.
    enum Scope: Sendable {
        /// As programs of this machine do: hosts file, search list and all. For servers that the
        /// operator names.
        case machine
        /// In the public tree of names only: no search list, no line of the hosts file.
        case global
        /// There too, for names that anybody can have invented.
        case strangers

        /// Of a server on the Internet.
        init(_ acquaintance: Acquaintance) {
            self =
                switch acquaintance {
                case .known: .global
                case .stranger: .strangers
                }
        }
    }

    /// Why there are no addresses.
    enum Failure: Error, Sendable { case noAddress, tooSlow }

    private struct Question: Hashable, Sendable {
        let name: String
        let scope: Scope
    }

    private struct State {
        /// Who waits for a name that is looked up, or is to be.
        var askers: [Question: [Int: EventLoopPromise<[IPAddress]>]] = [:]
        var lastAsker = 0
    }

    /// A pool for each scope: strangers' names that take long hold up no server that is known, and
    /// the names of those no server of ours.
    private let machineThreads = Resolver.threads(2)
    private let globalThreads = Resolver.threads(4)
    private let strangersThreads = Resolver.threads(3)
    private let state = Mutex(State())
    private let patience: TimeAmount
    private let lookup: @Sendable (String) -> [IPAddress]

    /// `lookup` stands in for the system's resolver in tests; it gets names as the system would.
    init(
        patience: TimeAmount = .seconds(3),
        lookup: @escaping @Sendable (String) -> [IPAddress] = Resolver.system
    ) {
        self.patience = patience
        self.lookup = lookup
    }

    /// All addresses of `name`, in the resolver's order; gives up after three seconds.
    func addresses(
        of name: String, in scope: Scope, on eventLoop: any EventLoop
    ) -> EventLoopFuture<[IPAddress]> {
        let question = Question(name: name, scope: scope)
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let (asker, isFirst) = state.withLock { state in
            state.lastAsker += 1
            let isFirst = state.askers[question] == nil
            state.askers[question, default: [:]][state.lastAsker] = promise
            return (state.lastAsker, isFirst)
        }
        let timeout = eventLoop.scheduleTask(in: patience) { [self] in
            _ = state.withLock { $0.askers[question]?.removeValue(forKey: asker) }
            promise.fail(Failure.tooSlow)
        }
        promise.futureResult.whenComplete { _ in timeout.cancel() }
        if isFirst {
            threads(of: scope).submit { [self] state in
                switch state {
                case .active: answer(question, lookup)
                case .cancelled: answer(question) { _ in [] }
                }
            }
        }
        return promise.futureResult
    }

    /// On a thread of the pool.
    private func answer(_ question: Question, _ lookup: (String) -> [IPAddress]) {
        let isWanted = state.withLock { state in
            if state.askers[question]?.isEmpty == false { return true }
            state.askers[question] = nil
            return false
        }
        guard isWanted else { return }
        let addresses = lookup(
            question.scope == .machine ? question.name : question.name + ".")
        let askers = state.withLock { $0.askers.removeValue(forKey: question) }
        for promise in (askers ?? [:]).values {
            if addresses.isEmpty {
                promise.fail(Failure.noAddress)
            } else {
                promise.succeed(addresses)
            }
        }
    }

    /// Whoever waits hears that there is no address, however long the system takes.
    func giveUp() {
        let askers = state.withLock { state in
            defer { state.askers = [:] }
            return state.askers
        }
        for promise in askers.values.flatMap(\.values) { promise.fail(Failure.noAddress) }
    }

    /// Ends the threads, each as soon as the system has answered it; nothing is looked up any more.
    func shutdown() {
        for threads in [machineThreads, globalThreads, strangersThreads] {
            threads.shutdownGracefully { _ in }
        }
    }

    private func threads(of scope: Scope) -> NIOThreadPool {
        switch scope {
        case .machine: machineThreads
        case .global: globalThreads
        case .strangers: strangersThreads
        }
    }

    private static func threads(_ count: Int) -> NIOThreadPool {
        let threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        return threads
    }

    /// `getaddrinfo`, and nothing that asks more than that.
    static func system(_ name: String) -> [IPAddress] {
        AddressLookup.addresses(of: name).compactMap { IPAddress(networkBytes: $0) }
    }
}

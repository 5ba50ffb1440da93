import Foundation
import NIOCore
import NIOPosix

/// Turns names into addresses by the system's resolver, on threads of its own.
final class Resolver: Sendable {
    /// Where a name is looked for.
    enum Scope: Sendable {
        /// As programs of this machine do: hosts file, search list and all. For servers that the
        /// operator names.
        case machine
        /// In the public tree of names only: no search list, no line of the hosts file.
        case global
    }

    /// Why there are no addresses.
    enum Failure: Error, Sendable { case noAddress, tooSlow }

    /// A pool for each scope: strangers' names that take long hold up no server of ours.
    private let ownThreads: NIOThreadPool
    private let strangersThreads: NIOThreadPool
    private let lookup: @Sendable (String) -> [IPAddress]

    /// `lookup` stands in for the system's resolver in tests; it gets names as the system would.
    init(lookup: @escaping @Sendable (String) -> [IPAddress] = Resolver.system) {
        self.lookup = lookup
        ownThreads = NIOThreadPool(numberOfThreads: 2)
        ownThreads.start()
        strangersThreads = NIOThreadPool(numberOfThreads: 4)
        strangersThreads.start()
    }

    /// All addresses of `name`, in the resolver's order; gives up after three seconds.
    func addresses(
        of name: String, in scope: Scope, on eventLoop: any EventLoop
    ) -> EventLoopFuture<[IPAddress]> {
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let timeout = eventLoop.scheduleTask(in: .seconds(3)) { promise.fail(Failure.tooSlow) }
        let (asked, threads) =
            switch scope {
            case .machine: (name, ownThreads)
            case .global: (name + ".", strangersThreads)
            }
        let lookup = lookup
        threads.runIfActive(eventLoop: eventLoop) { lookup(asked) }.whenComplete { result in
            timeout.cancel()
            switch result {
            case .success(let addresses) where !addresses.isEmpty: promise.succeed(addresses)
            case .success, .failure: promise.fail(Failure.noAddress)
            }
        }
        return promise.futureResult
    }

    /// `getaddrinfo`, by way of Foundation.
    static func system(_ name: String) -> [IPAddress] {
        Host(name: name).addresses.compactMap { address in
            // A zone names an interface; the address itself is what is judged.
            IPAddress(String(address.prefix { $0 != "%" }))
        }
    }
}

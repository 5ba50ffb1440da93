import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Transport

@Suite struct ResolverTests {
    private typealias Resolver = Transport.Resolver

    /// Name servers that say nothing of the names under `silent.example` until they are let go.
    private final class NameServers: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let state = Mutex<[String]>([])

        var asked: [String] { state.withLock { $0 } }

        func lookup(_ name: String) -> [IPAddress] {
            state.withLock { $0.append(name) }
            guard name.hasSuffix("silent.example.") else { return [.v4(0xC000_0201)] }
            gate.wait()
            gate.signal()
            return []
        }

        func letGo() { gate.signal() }
    }

    private let servers = NameServers()
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func resolver(patience: TimeAmount) -> Resolver {
        Resolver(patience: patience) { [servers] in servers.lookup($0) }
    }

    @Test func strangersNamesHoldUpNoServerThatIsKnown() async throws {
        let resolver = resolver(patience: .seconds(600))
        let silent = (0..<50).map {
            resolver.addresses(of: "s\($0).silent.example", in: .strangers, on: loop)
        }
        let known = try await resolver.addresses(of: "a.example", in: .global, on: loop).get()
        #expect(known == [.v4(0xC000_0201)])
        servers.letGo()
        for future in silent {
            await #expect(throws: Resolver.Failure.noAddress) { try await future.get() }
        }
        _ = try await resolver.addresses(of: "b.example", in: .strangers, on: loop).get()
    }

    @Test func oneNameIsLookedUpByOneThreadHoweverManyAsk() async throws {
        let resolver = resolver(patience: .seconds(600))
        let silent = (0..<50).map { _ in
            resolver.addresses(of: "silent.example", in: .global, on: loop)
        }
        _ = try await resolver.addresses(of: "a.example", in: .global, on: loop).get()
        servers.letGo()
        for future in silent {
            await #expect(throws: Resolver.Failure.noAddress) { try await future.get() }
        }
        #expect(servers.asked.sorted() == ["a.example.", "silent.example."])
        await #expect(throws: Resolver.Failure.noAddress) {
            try await resolver.addresses(of: "silent.example", in: .global, on: loop).get()
        }
        #expect(servers.asked.count == 3)
    }

    /// Nobody is told twice of those names that the system still looks for.
    @Test func whoWaitsIsLetGo() async throws {
        let resolver = resolver(patience: .seconds(600))
        let silent = (0..<50).map {
            resolver.addresses(of: "s\($0).silent.example", in: .global, on: loop)
        }
        resolver.giveUp()
        for future in silent {
            await #expect(throws: Resolver.Failure.noAddress) { try await future.get() }
        }
        servers.letGo()
        _ = try await resolver.addresses(of: "b.example", in: .global, on: loop).get()
        #expect(servers.asked.filter { $0.hasSuffix("silent.example.") }.count <= 4)
        resolver.shutdown()
    }

    @Test func aNameIsNotLookedUpWhenNobodyWaitsForIt() async throws {
        let resolver = resolver(patience: .milliseconds(50))
        let silent = (0..<50).map {
            resolver.addresses(of: "s\($0).silent.example", in: .strangers, on: loop)
        }
        for future in silent {
            await #expect(throws: Resolver.Failure.tooSlow) { try await future.get() }
        }
        servers.letGo()
        // Behind all that were given up.
        while true {
            do {
                _ = try await resolver.addresses(of: "b.example", in: .strangers, on: loop).get()
                break
            } catch Resolver.Failure.tooSlow { continue }
        }
        #expect(servers.asked.filter { $0.hasSuffix("silent.example.") }.count <= 3)
    }
}

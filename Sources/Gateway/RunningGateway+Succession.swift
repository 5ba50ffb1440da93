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

    /// The sockets of the one that runs, which lets the state go then; none when there is nobody.
    ///
    /// Everything of the configuration that could fail is looked at before. Throws `StartFailure` when
    /// the state is not let go.
    static func taken(
        by configuration: Configuration, _ entrance: Entrance
    ) async throws -> [ListeningSocket] {
        switch entrance {
        case .first: return []
        case .successor: break
        }
        let wanted = Set(
            try serverConfiguration(configuration).listeners.map(\.address)
                + [configuration.egress?.listen].compactMap { $0 })
        let state = configuration.state.file
        guard let sockets = SocketOffer.ask(at: offerPath(state)) else { return [] }
        let end = ContinuousClock.now + patience
        while try Ending.isServed(state) {
            guard ContinuousClock.now < end else {
                for socket in sockets { close(socket.descriptor) }
                throw StartFailure(
                    "\(state): the gateway that runs does not let it go; see its log")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        return sockets.filter { socket in
            if let address = ListenAddress(socket.name), wanted.contains(address) { return true }
            // This one listens elsewhere.
            close(socket.descriptor)
            return false
        }
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
                guard let asker = offer.asker() else { continue }
                let sockets = await server.duplicateSockets()
                defer { for socket in sockets { close(socket) } }
                if offer.give(sockets, to: asker) {
                    endings.continuation.yield(.succeeded)
                    return
                }
            }
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
}

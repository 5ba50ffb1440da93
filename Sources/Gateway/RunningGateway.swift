import Federation
import Foundation
import Logging
package import Transport

/// A gateway that serves, from its start to its end.
package final class RunningGateway: Sendable {
    package let gateway: Gateway
    package let server: Server
    private let group: LoopGroup
    private let store: Store
    private let log: GatewayLog
    private let background: [Task<Void, Never>]

    /// Reads keys, policy and state, starts the loops, and listens.
    ///
    /// Throws `StartFailure` with the file and the remedy.
    package static func start(_ configuration: Configuration) async throws -> RunningGateway {
        let log = GatewayLog(
            level: configuration.log.level.logger, format: configuration.log.format.written)
        let environment = Environment.live
        let group = LoopGroup(count: ProcessInfo.processInfo.activeProcessorCount)
        let policy = try loadPolicy(configuration.policy.file)
        let candidate = loadCandidate(configuration, log)
        let (gateway, store) = try assemble(
            configuration, policy, candidate: candidate, log, environment, group)
        let server: Server
        do {
            server = try await Server.start(
                try serverConfiguration(
                    configuration, egress: try egressHandler(gateway, now: environment.now())),
                on: group, handler: gateway)
        } catch {
            gateway.journal.close()
            store.close()
            throw StartFailure("\(error)")
        }
        let background = gateway.background(on: group)
        warnOfCertificates(configuration, log, now: environment.now())
        for address in server.addresses {
            log.write(.info, .listening, [LogEntry(.address, address.description)])
        }
        log.write(
            .info, .started,
            [
                LogEntry(.policy, gateway.policy.current.hash),
                LogEntry(.profile, configuration.profile.rawValue),
                candidate.map { LogEntry(.candidate, $0.hash) },
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
        return RunningGateway(gateway, server, group, store, log, background)
    }

    private init(
        _ gateway: Gateway, _ server: Server, _ group: LoopGroup, _ store: Store,
        _ log: GatewayLog, _ background: [Task<Void, Never>]
    ) {
        self.gateway = gateway
        self.server = server
        self.group = group
        self.store = store
        self.log = log
        self.background = background
    }

    /// Stops: no new connections, requests in flight get `grace`, then all ends.
    package func stop(grace: Duration) async {
        log.write(.info, .stopping)
        for task in background { task.cancel() }
        gateway.published.stop()
        await server.shutdown(grace: grace)
        await group.shutdown()
        gateway.journal.close()
        gateway.keepCounts()
        store.close()
        gateway.tellOfCandidate()
        log.write(.info, .stopped)
        log.flush()
    }

    /// Reads policy and keys again; where that fails, the last good ones stay.
    package func reload() async {
        await gateway.reloadPolicy()
        gateway.reloadKeys()
    }
}

import Federation
import Foundation
import Logging
import Synchronization
import Transport

/// Changing the configuration and the certificates of a gateway that runs.
extension RunningGateway {
    /// What listens, and by which configuration.
    struct Terms: Sendable {
        var configuration: Configuration
        var server: ServerConfiguration
        var certificates: ServedCertificates
        /// The handler of the way out.
        let egress: EgressHandler?
        /// What is left for the next start was told so.
        var toldWaiting: [String] = []
    }

    /// Reads everything again that may change: policy, lists, keys, certificates, configuration.
    /// What cannot be used changes nothing, and the log says why.
    package func reload() async {
        await gateway.reloadPolicy()
        gateway.reloadKeys()
        await reloadConfiguration()
    }

    /// Reads the configuration and the certificates again, and accepts connections by them from now
    /// on; those that stand end under the ones they began with.
    ///
    /// A file that cannot be used changes nothing of what it is for: with a broken configuration, the
    /// certificates of the last good one are read again all the same.
    @discardableResult
    func reloadConfiguration() async -> ConfigurationReload {
        await gateway.policyQueue.result { [self] in readConfigurationAgain() }
    }

    private func readConfigurationAgain() -> ConfigurationReload {
        let before = terms.withLock { $0 }
        var reload = ConfigurationReload()
        var next = before.configuration
        do throws(ConfigurationErrors) {
            let change = ConfigurationChange(
                from: before.configuration,
                to: try Configuration.load(file: before.configuration.file))
            next = change.merged
            reload.taken = change.taken
            reload.waiting = change.waiting
        } catch { reload.problem = error.description }
        do {
            let certificates = try ServedCertificates(of: next)
            try certificates.requireNoLoss(
                from: before.certificates, in: next, now: gateway.environment.now())
            let server = try Self.serverConfiguration(
                next, certificates, egress: before.egress, succeeding: before.server)
            self.server.change(server)
            terms.withLock { terms in
                terms.configuration = next
                terms.server = server
                terms.certificates = certificates
            }
        } catch {
            let problem = "\(error)"
            reload = ConfigurationReload(
                problem: [reload.problem, problem].compactMap { $0 }.joined(separator: "\n"))
        }
        tell(reload, next)
        return reload
    }

    private func tell(_ reload: ConfigurationReload, _ configuration: Configuration) {
        if let problem = reload.problem {
            log.write(
                .error, .configurationKept,
                [LogEntry(.file, configuration.file), LogEntry(.problem, problem)])
        } else {
            log.write(
                .notice, .configurationTaken,
                [
                    LogEntry(.file, configuration.file),
                    reload.taken.isEmpty ? nil : LogEntry(.keys, .texts(reload.taken)),
                ])
        }
        let isNews = terms.withLock { terms in
            defer { terms.toldWaiting = reload.waiting }
            return !reload.waiting.isEmpty && terms.toldWaiting != reload.waiting
        }
        if isNews {
            log.write(
                .warning, .configurationWaits,
                [
                    LogEntry(.file, configuration.file), LogEntry(.keys, .texts(reload.waiting)),
                    LogEntry(.remedy, "these count from the next start on"),
                ])
        }
        tellOfCertificates()
    }

    /// Says which of the certificates in use are not valid now, or not for long.
    private func tellOfCertificates() {
        let terms = terms.withLock { $0 }
        Self.warnOfCertificates(
            terms.configuration, terms.certificates, log, now: gateway.environment.now())
    }

    /// Follows the files of certificates, and with `policy.reload = "watch"` the configuration.
    func watchFiles() -> Task<Void, Never> {
        var watch = PolicyWatch(stamps())
        return Task { [self] in
            var told = ContinuousClock.now
            while !Task.isCancelled {
                // Ended early only by being cancelled.
                try? await Task.sleep(for: PolicyWatch.interval)
                if watch.look(stamps()) { await reloadConfiguration() }
                if ContinuousClock.now > told + .seconds(3600) {
                    tellOfCertificates()
                    told = .now
                }
            }
        }
    }

    private func stamps() -> PolicyWatch.Stamps {
        let configuration = terms.withLock { $0.configuration }
        var files = configuration.tls.values.flatMap {
            [$0.certificate, $0.key, $0.clientCA, $0.staple].compactMap { $0 }
        }
        switch configuration.policy.reload {
        case .watch: files.append(configuration.file)
        case .signal: break
        }
        return Dictionary(
            files.compactMap { file in FileStamp(file).map { (file, $0) } },
            uniquingKeysWith: { $1 })
    }
}

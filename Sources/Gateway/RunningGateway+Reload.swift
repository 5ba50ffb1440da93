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
        /// The configuration as it was read last, whatever was taken of it; nil for the one of the start.
        var read: Configuration?
        var server: ServerConfiguration
        var certificates: ServedCertificates
        /// The handler of the way out.
        let egress: EgressHandler?
        /// What was read at the start alone.
        let material: Material
        /// What is left for the next start was told so.
        var toldWaiting: [String] = []
        /// When a certificate that is not valid yet is to be read again (Unix time).
        var again: Int?
        /// The files of a configuration that could not be taken for what they hold, or do not.
        var refused: [String] = []
    }

    /// Reads everything again that may change: policy, lists, keys, certificates, configuration.
    /// What cannot be used changes nothing, and the log says why. Orders that read files wait meanwhile, as for
    /// one of them.
    package func reload() async {
        await gateway.reading.begin(.again)
        defer { gateway.reading.end(.again) }
        await gateway.reloadPolicy()
        await gateway.readAgain { [gateway] in _ = gateway.reloadKeys() }
        await reloadConfiguration()
    }

    /// Reads the configuration and the certificates again, and accepts connections by them from now
    /// on; those that stand end under the ones they began with.
    ///
    /// A file that cannot be used changes nothing of what it is for: with a configuration that is broken,
    /// or cannot be served by, the certificates of the last good one are read again all the same, and a
    /// certificate that is broken stays alone with what it was. With `policy.reload = "signal"` certificates
    /// that were seen to have changed are read for the configuration that was asked for last.
    @discardableResult
    func reloadConfiguration(_ cause: PolicyReload.Cause = .asked) async -> ConfigurationReload {
        await gateway.readAgain { [self] in readConfigurationAgain(cause) }
    }

    private func readConfigurationAgain(_ cause: PolicyReload.Cause) -> ConfigurationReload {
        let before = terms.withLock { $0 }
        let now = gateway.environment.now()
        var after = before
        (after.again, after.refused) = (nil, [])
        var reload = ConfigurationReload()
        var problems: [String] = []
        do {
            let wanted =
                switch (cause, before.configuration.policy.reload) {
                case (.seen, .signal): before.read ?? before.configuration
                case (.asked, _), (.seen, .watch): try before.configuration.readAgain()
                }
            if cause == .asked, before.configuration.source == nil { reload.note = Self.inputEnded }
            after.read = wanted
            let change = ConfigurationChange(from: before.configuration, to: wanted)
            after.refused = change.merged.certificateFiles
            problems = try after.take(change.merged, wanted: wanted.hosts, now: now)
            after.refused = []
            (reload.taken, reload.waiting) = (change.taken, change.waiting)
            let isOther = Self.authorities(of: wanted) != after.material.authorities
            do throws(FileProblem) {
                // Read at the start alone, which would fail by it.
                if isOther { _ = try Self.clientContext(wanted) }
                if isOther, !reload.waiting.contains(Self.authorities) {
                    reload.waiting.append(Self.authorities)
                }
            } catch { problems.append(error.description) }
            let candidate = change.merged.policy.candidate
            if candidate != before.configuration.policy.candidate {
                reload.candidateProblem = gateway.changeCandidate(to: candidate)
            }
        } catch {
            problems = ["\(error)"]
            do {
                let running = before.configuration
                problems += try after.take(running, wanted: running.hosts, now: now)
            } catch {
                problems.append("\(error)")
            }
        }
        server.change(after.server)
        reload.renewed = after.certificates.changes(since: before.certificates).compactMap {
            after.configuration.tls[$0]?.certificate
        }
        if !problems.isEmpty { reload.problem = problems.joined(separator: "\n") }
        terms.withLock { [after] in $0 = after }
        tell(reload, after.configuration)
        return reload
    }

    private static let authorities = "outbound.ca_file"
    private static let inputEnded =
        "it came from standard input, which cannot be read again; the files that it names were"

    private func tell(_ reload: ConfigurationReload, _ configuration: Configuration) {
        gateway.serviceStatus.note(
            .configuration, refused: reload.problem, now: gateway.environment.now())
        if let problem = reload.problem {
            log.write(
                .error, .configurationKept,
                [LogEntry(.file, configuration.file), LogEntry(.problem, problem)])
        }
        if reload.problem == nil || !reload.taken.isEmpty || !reload.renewed.isEmpty {
            log.write(
                .notice, .configurationTaken,
                [
                    LogEntry(.file, configuration.file),
                    reload.taken.isEmpty ? nil : LogEntry(.keys, .texts(reload.taken)),
                    reload.renewed.isEmpty ? nil : LogEntry(.renewed, .texts(reload.renewed)),
                    reload.note.map { LogEntry(.detail, $0) },
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
            terms.configuration, terms.certificates, egress: terms.material.egress, log,
            now: gateway.environment.now())
    }

    /// Follows the files of certificates, and with `policy.reload = "watch"` the configuration.
    ///
    /// - Parameter known: as they were when they were read.
    func watchFiles(since known: PolicyWatch.Stamps) -> Task<Void, Never> {
        var watch = PolicyWatch(known)
        return Task { [self] in
            var told = ContinuousClock.now
            while !Task.isCancelled {
                // Ended early only by being cancelled.
                try? await Task.sleep(for: PolicyWatch.interval)
                if watch.look(stamps()) || isDue() { await reloadConfiguration(.seen) }
                if ContinuousClock.now > told + .seconds(3600) {
                    tellOfCertificates()
                    told = .now
                }
            }
        }
    }

    /// Whether a certificate is valid by now that was not when it was read.
    private func isDue() -> Bool {
        guard let again = terms.withLock({ $0.again }) else { return false }
        return again <= gateway.environment.now()
    }

    private func stamps() -> PolicyWatch.Stamps {
        let terms = terms.withLock { $0 }
        return FollowedFiles.stamps(beside: terms.configuration, refused: terms.refused)
    }
}

extension RunningGateway.Terms {
    /// Goes over to a configuration and its certificates; what is wrong with those that stay.
    ///
    /// Nothing is changed when it throws.
    fileprivate mutating func take(
        _ next: Configuration, wanted: Set<String>, now: Int
    ) throws -> [String] {
        let renewal = try ServedCertificates.renewed(
            from: certificates, by: next, hosts: configuration.hosts, wanted: wanted, now: now)
        server = try RunningGateway.serverConfiguration(
            next, renewal.certificates, egress: egress, succeeding: server)
        configuration = next
        certificates = renewal.certificates
        again = renewal.again
        return renewal.problems.sorted { $0.key < $1.key }.map(\.value.description)
    }
}

extension Configuration {
    /// As its file says by now; one without a file stays as it is.
    fileprivate func readAgain() throws(ConfigurationErrors) -> Configuration {
        guard let source else { return self }
        return try Configuration.load(file: source)
    }

    fileprivate var hosts: Set<String> { Set(site.authorities.map(\.host.description)) }

    var certificateFiles: [String] {
        tls.values.flatMap {
            [$0.certificate, $0.key, $0.clientCA, $0.staple].compactMap { $0 }
        }
    }
}

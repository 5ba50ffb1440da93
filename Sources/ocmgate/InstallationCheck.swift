import Federation
import Foundation
import Gateway
import OpenSSL
import Transport

/// What is wrong around a configuration that is itself well: its policy, certificates and keys.
/// Reads only.
struct InstallationCheck {
    var findings: [ConfigurationError] = []
    var warnings: [ConfigurationError] = []
    /// What cannot be looked at from here, and has to be right all the same.
    var notes: [String] = []
    let now = Environment.live.now()
    /// As `policy(of:)` has read it; nil when it could not.
    private(set) var policy: Policy?
    /// Whether the state is this user's, so that it is the one who runs the gateway.
    var isService = false

    /// The policy, its tests and its invariants; its hash when it can be used.
    mutating func policy(of configuration: Configuration) -> String? {
        guard
            let (policy, isProved) = read(
                configuration.policy.file, named: "policy.file", in: configuration.file)
        else { return nil }
        self.policy = policy
        if policy.tests.isEmpty { warn(policy.file, "the policy has no [[test]]") }
        terms(of: policy, beside: configuration.token)
        if configuration.profile == .observe {
            warn(configuration.file, "profile = \"observe\" refuses nothing by policy")
        } else if policy.mode != .enforce {
            warn(policy.file, "mode = \"\(policy.mode.rawValue)\" refuses nothing")
        }
        if policy.unknown != .allow, configuration.profile != .observe,
            configuration.egress?.other == .tunnel
        {
            warn(
                policy.file,
                "unknown = \"\(policy.unknown.rawValue)\" leaves to egress.other = \"tunnel\" only what "
                    + "applications ask of admitted peers",
                remedy: "name the hosts in egress.other")
        }
        unproven(by: policy)
        codes(of: policy)
        needs(of: policy, under: configuration)
        return isProved ? policy.hash : nil
    }

    /// The policy that is tried beside it, in the same way.
    mutating func candidate(of configuration: Configuration) {
        guard let file = configuration.policy.candidate else { return }
        _ = read(file, named: "policy.candidate", in: configuration.file)
    }

    /// A policy, and whether its tests and invariants hold; what is wrong with it is found.
    private mutating func read(
        _ file: String, named key: String, in configuration: String
    ) -> (policy: Policy, isProved: Bool)? {
        let policy: Policy
        do throws(ConfigurationErrors) { policy = try Policy.load(file: file, .disk) } catch {
            findings += error.all.map { error in
                guard error.file == file, error.position == nil else { return error }
                return ConfigurationError(
                    file: error.file, position: nil, message: error.message,
                    remedy: error.remedy ?? "\(key) in \(configuration) names it")
            }
            return nil
        }
        findings += policy.openToAll
        let failed = policy.proofFailures()
        findings += failed
        return (policy, failed.isEmpty)
    }

    /// What the backend has to be told.
    mutating func backend(of configuration: Configuration) {
        let folder = (configuration.file as NSString).deletingLastPathComponent
        let lines = (folder as NSString).appendingPathComponent(BackendAdvice.fileName)
        notes +=
            BackendAdvice(
                kind: configuration.backend.kind, origin: configuration.site.origin, backend: "",
                wayOut: configuration.egress.map {
                    .init(
                        proxy: $0.listen.description,
                        authority: URL(fileURLWithPath: $0.certificate).standardizedFileURL.path)
                }
            ).notes(written: FileManager.default.fileExists(atPath: lines) ? lines : nil)
    }

    /// The gateway's own keys, the seal key, and the state that it seals: those that are there, and
    /// whether those that are not can be made at the first start.
    mutating func keys(of configuration: Configuration) {
        let folder = configuration.signature.keys
        let state = configuration.state.file
        if mayRead(folder) {
            if let loss = KeyRing.loss(of: folder, state: state) {
                find(loss)
            } else if PrivateFile.presence(folder) == .there {
                do throws(FileProblem) {
                    try PrivateFile.folder(folder)
                    let ring = try KeyRing(folder: folder, whenMissing: .refuse, now: now)
                    judge(ring)
                } catch { find(error) }
            } else {
                expectFolder(around: folder)
            }
        }
        expectFolder(around: state, madeWith: state)
        if case .file(let path) = configuration.state.sealKey {
            if PrivateFile.presence(path) == .absent, !Store.hasBegun(state) {
                expectFolder(around: path)
                return
            }
            guard mayRead(path) else { return }
        }
        let seal: SealKey
        do throws(FileProblem) {
            seal = try SealKey.load(
                configuration.state.sealKey, of: state, whenMissing: .refuse,
                environment: ProcessInfo.processInfo.environment)
        } catch {
            find(error)
            return
        }
        guard mayRead(state), mayRead(state + ".mark") else { return }
        do throws(FileProblem) { try Store.check(state, seal) } catch {
            find(error.path, error.what, remedy: error.remedy)
        }
    }

    /// Whether there is a key to sign with, and none that is left over.
    private mutating func judge(_ ring: KeyRing) {
        guard !ring.keys.isEmpty else { return }
        for use in KeyUse.allCases where ring.activeKey(for: use) == nil {
            warn(
                ring.folder, "no key signs by \(use.rawValue)",
                remedy: "ocmgate key new\(use == .cavage ? " --kind rsa" : ""), stage, activate")
        }
        for key in ring.keys where key.state.isOver(now: now) {
            warn(key.file, "is a private key that is over", remedy: "delete it")
        }
    }

    /// The authority that the backend trusts on its way out.
    mutating func egress(of configuration: Configuration) {
        guard let settings = configuration.egress else { return }
        guard
            [settings.certificate, settings.key].contains(where: {
                PrivateFile.presence($0) != .absent
            })
        else {
            expectFolder(around: settings.certificate, madeWith: configuration.state.file)
            return
        }
        if PrivateFile.presence(settings.certificate) == .absent {
            guard mayRead(settings.key) else { return }
            do throws(FileProblem) { _ = try PrivateFile.read(settings.key) } catch {
                find(error)
            }
            warn(
                settings.certificate,
                "is not there: the next start makes one again with its key \(settings.key)",
                remedy: "bring it back; who trusts that one trusts the other as well")
            return
        }
        guard mayRead(settings.certificate), mayRead(settings.key) else { return }
        do throws(FileProblem) {
            let authority = try EgressCA.load(settings, whenMissing: .refuse, now: now)
            if let end = authority.certificate.notAfter, end - now < 90 * 86_400 {
                warn(
                    settings.certificate, "expires \(DaysAhead.words(end - now))",
                    remedy: "make a new one, and let the backend trust it")
            }
        } catch { find(error) }
    }

    /// The journal's folder, its key, and the room on its disk.
    mutating func journal(of configuration: Configuration) {
        guard let settings = configuration.journal else { return }
        let key = (configuration.signature.keys as NSString)
            .appendingPathComponent(JournalKey.fileName)
        if PrivateFile.presence(key) != .absent, mayRead(key) {
            do throws(FileProblem) {
                _ = try JournalKey.load(folder: configuration.signature.keys, whenMissing: .refuse)
            } catch { find(error) }
        }
        let state = configuration.state.file
        guard PrivateFile.presence(settings.folder) != .absent else {
            expectFolder(around: settings.folder, madeWith: state)
            checkJournal(settings.folder, state)
            return
        }
        guard mayRead(settings.folder) else { return }
        do throws(FileProblem) { try JournalFolder.check(settings.folder) } catch {
            find(error)
            return
        }
        checkJournal(settings.folder, state)
        let farOff = JournalFolder.farOff(
            settings.folder, keep: settings.keep, state: state, now: now)
        if let farOff { warn(farOff.path, farOff.what, remedy: farOff.remedy) }
        room(on: settings.folder, for: .journal)
    }

    /// What is in the journal, and whether its signed end is there.
    private mutating func checkJournal(_ folder: String, _ state: String) {
        guard mayRead(JournalHead.file(of: state)) else { return }
        do throws(FileProblem) {
            if let older = try JournalFolder.check(folder, state: state) {
                warn(older.path, older.what, remedy: older.remedy)
            }
        } catch {
            find(error.path, error.what, remedy: error.remedy)
        }
    }

    /// What is made at the first start needs its folder.
    ///
    /// - Parameter state: the file of the state, where its folder has been made by then; nil before.
    private mutating func expectFolder(around path: String, madeWith state: String? = nil) {
        let folder = (path as NSString).deletingLastPathComponent
        if let state, !folder.isEmpty, PrivateFile.presence(folder) == .absent,
            folder == (state as NSString).deletingLastPathComponent
        {
            if path == state { expectFolder(around: folder) }
            return
        }
        let place = folder.isEmpty ? "." : folder
        guard mayRead(path), PrivateFile.presence(path) == .absent else { return }
        if PrivateFile.presence(place) == .absent {
            find(
                path, "cannot be made: there is no folder \(place)",
                remedy: "mkdir -p -m 700 \(place)")
        } else if !FileManager.default.isWritableFile(atPath: place) {
            warn(path, "is not there, and this user may not make it")
        }
    }

    /// Whether the file can be judged: one that is missing can, one that others own cannot.
    mutating func mayRead(_ path: String) -> Bool {
        switch PrivateFile.presence(path) {
        case .absent: return true
        case .there where FileManager.default.isReadableFile(atPath: path): return true
        case .there, .denied: break
        }
        if isService {
            let what = "this user, whose the state is, may not read it"
            if let folder = PrivateFile.shutFolder(onTheWayTo: path) {
                find(
                    path, "\(what): it may not enter \(folder)",
                    remedy: PrivateFile.reachRemedy(folder))
            } else {
                find(path, what, remedy: "chown \(NSUserName()) \(path) && chmod u+r \(path)")
            }
            return false
        }
        let warning = ConfigurationError(
            file: path, position: nil, message: "was not checked: this user may not read it",
            remedy: "check as the service's user")
        if !warnings.contains(warning) { warnings.append(warning) }
        return false
    }

    mutating func find(_ file: String, _ message: String, remedy: String? = nil) {
        let finding = ConfigurationError(
            file: file, position: nil, message: message,
            remedy: remedy.flatMap { $0.isEmpty ? nil : $0 })
        if !findings.contains(finding) { findings.append(finding) }
    }

    mutating func find(_ problem: FileProblem) {
        find(problem.path, problem.what, remedy: problem.remedy)
    }

    mutating func warn(
        _ file: String, at position: SourcePosition? = nil, _ message: String,
        remedy: String? = nil
    ) {
        warnings.append(
            ConfigurationError(file: file, position: position, message: message, remedy: remedy))
    }
}

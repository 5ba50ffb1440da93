import Federation
import Foundation
import Logging
import OpenSSL
import Transport

/// What the gateway does without being asked.
extension Gateway {
    /// Fetches the backend's document now and then, forgets what may be forgotten, looks for the cause
    /// of failed signatures, and follows the policy file where `policy.reload = "watch"`.
    ///
    /// - Parameter known: its files as they were when they were read.
    func background(on group: LoopGroup, since known: FollowedFiles) -> [Task<Void, Never>] {
        tellOfDisk()
        var tasks = [
            Task { [self] in await followBackend(on: group.loops[0]) },
            Task { [self] in await keepHouse() },
            Task(priority: .background) { [self] in await diagnose() },
            Task { [self] in await keepLists() },
            Task { [self] in await keepCounts(of: group) },
            Task { [self] in await watchMemory(group) },
        ]
        switch configuration.policy.reload {
        case .watch:
            let watch = PolicyWatch(known.policy)
            tasks.append(Task { [self] in await watchPolicy(watch, known.lists) })
        case .signal: break
        }
        return tasks
    }

    /// Fetches the backend's document again and again, until it is cancelled; says so when there is none, and
    /// when there is one again.
    private func followBackend(on loop: LoopHandle) async {
        var told: BackendInquiry.Missing?
        while !Task.isCancelled {
            let isFound = await published.refresh(on: loop)
            if isFound {
                if told != nil { log.write(.notice, .backendDiscovered) }
                told = nil
                warnOfSignatures()
            } else if let missing = published.missing, missing != told,
                backend.upstream.health?.isGood != false
            {
                // One that is silent is told of as that.
                warnOfDocument(missing)
                told = missing
            }
            await pauseForInquiry(isFound ? configuration.discovery.fresh : published.pause)
        }
    }

    /// Forgets what may be forgotten and says again what still holds, twice a minute, until it is cancelled.
    private func keepHouse() async {
        var watch = ClockWatch(environment)
        var endingsTold: Int?
        while !Task.isCancelled {
            await pause(.seconds(30))
            if let step = watch.step(environment) {
                log.write(.warning, .clockStepped, [LogEntry(.seconds, step)])
            }
            let expired = replays.expire(
                now: environment.now(), monotonic: environment.monotonicMilliseconds())
            store.commitLater([expired, journal.settle()].compactMap { $0 })
            published.dropEndedKeys()
            forgetOld()
            tellOfCandidate()
            warnOfFloor()
            warnOfStore()
            let day = environment.now() / 86_400
            if day != endingsTold {
                tellOfEndings()
                endingsTold = day
            }
            log.tellSuppressed()
        }
    }

    /// Keeps counts, and tells of connections that were refused, every two seconds until it is cancelled.
    private func keepCounts(of group: LoopGroup) async {
        var refused = RefusedConnections()
        while !Task.isCancelled {
            await pause(.seconds(2))
            keepCounts()
            refused.tell(group, log, now: environment.monotonicSeconds())
        }
    }

    /// Queues what limits counted and who waits for a person; what came since the last time is lost
    /// by a crash.
    func keepCounts() {
        let places = policy.snapshot.live.places
        let counted = policy.limits.flush(places, at: LimitTable.Moment(environment))
        store.commitLater([counted, holds.flush()].compactMap { $0 })
    }

    /// Forgets what limits counted and counts no more, and who has waited for too long.
    private func forgetOld() {
        let now = LimitTable.Moment(environment).monotonic
        for place in policy.snapshot.live.places + (policy.snapshot.beside?.places ?? []) {
            place.meter.sweep(place.measure, now: now)
        }
        holds.expire(now: environment.now(), monotonic: environment.monotonicSeconds())
    }

    /// Says so when the memory of replays begins in the future, because the clock was ahead once:
    /// until then every signed message is refused, since what came in that time is forgotten.
    private func warnOfFloor() {
        let ahead = replays.floor - environment.now()
        guard ahead > configuration.signature.window.wholeSeconds else { return }
        log.write(
            .warning, .clockStepped,
            [
                LogEntry(.seconds, ahead),
                LogEntry(.problem, "signed messages are refused for so long"),
                LogEntry(
                    .remedy,
                    "see whether the clock is right; if it is, it was ahead once, and this ends by "
                        + "itself (deploy/README.md, the clock)"),
            ])
    }

    /// Says why there is no document to serve: peers find nobody here, or what was found before.
    private func warnOfDocument(_ missing: BackendInquiry.Missing) {
        let calendars =
            backend.kind.mayBeFoundByCalendars
            ? " (or, as its manual has it, /.well-known/carddav)" : ""
        let remedy =
            missing.isLate
            ? "it took longer than \(backend.timeouts.headers.configured) for a page: see its load, or "
                + "raise backend.timeouts.headers"
            : "see whether backend.url and backend.host lead to the \(backend.kind.rawValue) "
                + "itself, whether federation is turned on there, and, if it is in a folder, "
                + "whether the root redirects /ocm-provider/\(calendars) there"
        log.write(
            .warning, .backendUndiscovered,
            [LogEntry(.detail, missing.text), LogEntry(.remedy, remedy)])
    }

    /// Says so when the backend verifies signatures and does not ask through us for keys (decision
    /// 27): it would refuse what we hand on, which is no longer byte for byte what was signed.
    private func warnOfSignatures() {
        guard configuration.egress == nil, let document = backend.view.document,
            !document.signatureKeys.isEmpty
        else { return }
        log.write(
            .warning, .backendSigns,
            [
                LogEntry(.detail, document.provider ?? backend.kind.rawValue),
                LogEntry(
                    .remedy,
                    "turn on [egress]; or occ config:app:set core ocm_signed_request_disabled "
                        + "--value=1 --type=boolean --lazy"),
            ])
    }

    /// Says that the disk takes nothing of the state, and that it does again.
    private func tellOfDisk() {
        store.tell { [log, path = store.path] word in
            switch word {
            case .taken: log.write(.notice, .storeResumed, [LogEntry(.file, path)])
            case .refused(let problem):
                let remedy =
                    DiskTrouble.found(around: path)?.remedy
                    ?? "make room (where a quota is set, of it), end who holds the file locked, or see "
                    + "whether the disk is whole"
                Self.tell(
                    problem, of: path, log, "nothing is let through until it does: \(remedy)")
            // It is not asked what is wrong with it.
            case .slow:
                Self.tell(
                    "its disk does not answer", of: path, log,
                    "nothing is let through until it does: see the disk")
            case .doubt(let problem): Self.tell(doubt: problem, of: path, log)
            }
        }
    }

    /// Says so again while nothing can be written any more: every message is refused until a restart.
    private func warnOfStore() {
        guard let doubt = store.doubt else { return }
        Self.tell(doubt: doubt, of: store.path, log)
    }

    private static func tell(doubt problem: String, of path: String, _ log: GatewayLog) {
        tell(
            problem, of: path, log,
            "see whether the disk is whole and the file in its place, then restart ocmgate")
    }

    private static func tell(
        _ problem: String, of path: String, _ log: GatewayLog, _ remedy: String
    ) {
        log.write(
            .error, .storeFailed,
            [LogEntry(.file, path), LogEntry(.problem, problem), LogEntry(.remedy, remedy)])
    }

    /// Reads the folder of the keys again; on any error the last good ones stay.
    ///
    /// - Returns: what is wrong with it.
    @discardableResult
    func reloadKeys() -> String? {
        let folder = configuration.signature.keys
        do throws(FileProblem) {
            let isNew = try keys.change { () throws(FileProblem) in
                if let loss = KeyRing.loss(of: folder, state: store.path) { throw loss }
                let ring = try KeyRing(
                    folder: folder, whenMissing: .refuse, now: environment.now())
                let isNew = !ring.isSame(as: keys.current)
                published.take(ring)
                return isNew
            }
            if keys.noteRefusal(false) || isNew {
                let word = isNew ? nil : "they can be used again, and are the same"
                log.write(
                    .notice, .keysChanged,
                    [LogEntry(.file, folder), word.map { LogEntry(.detail, $0) }])
            }
            return nil
        } catch {
            _ = keys.noteRefusal(true)
            log.write(
                .error, .keysRefused,
                [LogEntry(.file, folder), LogEntry(.problem, error.description)])
            return error.description
        }
    }

    /// Shorter while the backend does not answer: its document is asked for by a request that may find out
    /// that it does again, whatever clients ask for.
    private func pauseForInquiry(_ duration: Duration) async {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !Task.isCancelled {
            await pause(min(Self.again, end - .now))
            if backend.upstream.health?.isGood == false { return }
        }
    }

    /// How often it is looked at whether the backend answers.
    private static let again = Duration.seconds(2)

    func pause(_ duration: Duration) async {
        // Ended early only by being cancelled, which the loops look at.
        try? await Task.sleep(for: duration)
    }
}

extension KeyRing {
    fileprivate func isSame(as other: KeyRing) -> Bool {
        keys.elementsEqual(other.keys) { one, other in
            one.name == other.name && one.state == other.state && one.since == other.since
                && one.key.publicKey == other.key.publicKey
        }
    }
}

extension OutboundClient {
    /// One GET for the peer directory; a URL of another host than the peer's own is fetched as it
    /// is (a key set may live elsewhere), under the same guard.
    func get(
        _ host: PeerHost, _ url: String, _ acquaintance: Acquaintance, _ log: GatewayLog
    ) async -> PeerFetch {
        guard let parts = try? HTTPURL(url), parts.scheme == .https else {
            return .failed("\(url) is not an https URL")
        }
        let request = OutboundRequest(
            .get, authority: parts.authority, target: Array(parts.target.utf8),
            fields: [(.accept, "application/json"), (.userAgent, "ocmgate")],
            redirects: .followedOnSameHost, acquaintance: acquaintance)
        do throws(FetchFailure) {
            let response = try await fetch(request)
            return .answered(status: response.status, body: response.body)
        } catch {
            log.sample(
                error.code, .notice, .peerFetchFailed,
                [LogEntry(.host, host.description), LogEntry(.detail, error.code)])
            let words = error.words(of: parts.authority.host.description)
            if error == .busy { return .notAsked(words) }
            return error.isAnswer
                ? .unusable(words, isElsewhere: error == .redirect) : .failed(words)
        }
    }
}

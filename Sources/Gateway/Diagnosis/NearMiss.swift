import Dispatch
import Federation
package import HTTPSignatures

/// What would have made a refused signature verify, for the log and the journal.
package struct NearMiss: Sendable, Equatable {
    /// The decision that refused the message; it stands.
    package let decision: String
    package let peer: String
    package let distortions: [Distortion]
    package let outcome: Outcome

    /// How far the distortions explain it.
    package enum Outcome: String, Sendable, CaseIterable {
        /// With these the signature and all it must cover are right.
        case explained
        /// With these the head is as it was signed; the body is another one.
        case otherBody = "other-body"
    }

    /// What to do, a sentence for each distortion.
    package var remedies: [String] {
        var remedies: [String] = []
        for distortion in distortions where !remedies.contains(distortion.kind.remedy) {
            remedies.append(distortion.kind.remedy)
        }
        switch outcome {
        case .explained: return remedies
        case .otherBody: return remedies + [Self.otherBody]
        }
    }

    /// What to do when only the body is another one.
    package static let otherBody =
        "the head is genuine and the body is not the one that was signed: see whether a proxy or "
        + "firewall in front rewrites bodies; if none does, someone altered it"
}

extension NearMiss {
    /// The fields of its line.
    var entries: [LogEntry] {
        [
            LogEntry(.decision, decision), LogEntry(.peer, peer),
            LogEntry(.result, outcome.rawValue),
            LogEntry(.distortions, .list(distortions.map { .object($0.entries) })),
        ]
    }

    /// Reads a line of the journal; nil for lines of another kind.
    init?(_ line: JournalLine) {
        guard line.kind == .diagnosis, let object = line.object,
            let decision = object["decision"]?.string, let peer = object["peer"]?.string,
            let outcome = object["result"]?.string.flatMap({ Outcome(rawValue: $0) })
        else { return nil }
        let distortions = (object["distortions"]?.array ?? []).compactMap { value in
            value.object.flatMap { found in
                found["name"]?.string.flatMap { Distortion.Kind(rawValue: $0) }.map {
                    Distortion(
                        $0, signed: found["signed"]?.string ?? "",
                        seen: found["seen"]?.string ?? "")
                }
            }
        }
        self.init(decision: decision, peer: peer, distortions: distortions, outcome: outcome)
    }
}

extension Distortion {
    /// What it is, and what was signed and seen.
    fileprivate var entries: [LogEntry] {
        [
            LogEntry(.name, kind.rawValue), LogEntry(.text, kind.summary),
            signed.isEmpty ? nil : LogEntry(.signed, signed),
            seen.isEmpty ? nil : LogEntry(.seen, seen),
        ].compactMap { $0 }
    }
}

extension Gateway {
    /// Looks into failed signatures, one after the other, until it is cancelled.
    func diagnose() async {
        for await _ in nearMisses.calls {
            while let suspect = nearMisses.take() {
                if Task.isCancelled { return }
                guard let miss = await nearMiss(suspect) else { continue }
                log.nearMiss(miss)
                journal.note(miss)
            }
        }
    }

    /// The cause, where one of those known is it.
    func nearMiss(_ suspect: SuspectMessage) async -> NearMiss? {
        let keys = await keys(for: suspect)
        guard !keys.isEmpty else { return nil }
        let diagnosis = SignatureDiagnosis(
            surroundings: Surroundings(origins: site.signedOrigins, hints: .ownNames),
            freshness: signatureProfile.freshness,
            bodies: { SuspectBody.all(of: $0) })
        let finding = await Self.diagnosisQueue.result {
            diagnosis.find(suspect.message, body: suspect.body, keys: keys, now: suspect.now)
        }
        let (outcome, distortions): (NearMiss.Outcome, [Distortion])
        switch finding {
        case .nearMiss(let found): (outcome, distortions) = (.explained, found)
        case .otherBody(let found): (outcome, distortions) = (.otherBody, found)
        case .genuine, .insufficient, .unexplained, .unreadable: return nil
        }
        return NearMiss(
            decision: suspect.decision, peer: suspect.peer.description, distortions: distortions,
            outcome: outcome)
    }

    /// All keys that may have signed: the one that is named first, then the peer's others, then
    /// those that it had.
    private func keys(for suspect: SuspectMessage) async -> [SuspectKey] {
        let source = suspect.source
        var named: PeerKey?
        if let id = suspect.keyID {
            // Its refusal says what we know already: there is no such key.
            named = try? await peers.key(
                id, of: suspect.peer, for: source, by: suspect.client)
        }
        var keys: [SuspectKey] = []
        for key in peers.keys(of: suspect.peer) {
            let isMeant = suspect.keyID == nil ? key.source == source : key == named
            keys.append(
                SuspectKey(name: key.id, key: key.key, role: isMeant ? .named : .other))
        }
        keys.sort { left, _ in left.role == .named }
        let shown = peers.keys(of: suspect.peer)
        var previous = peers.previousKeys(of: suspect.peer)
        // Of before the last start.
        previous += pastKeys.keys(of: suspect.peer, but: shown + previous)
        for key in previous {
            keys.append(SuspectKey(name: key.id, key: key.key, role: .previous))
        }
        return keys.filter { keyRequirements.judge($0.key) == .satisfied }
    }

    /// Not on the threads that answers are made on.
    private static let diagnosisQueue = DispatchQueue(label: "ocmgate-diagnosis", qos: .background)
}

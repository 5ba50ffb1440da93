import Federation
import Logging
import Transport

extension GatewayLog {
    /// A request that is not HTTP as we take it.
    func malformed(_ failure: RequestFailure, decision: String, _ client: ClientConnection) {
        sample(
            failure.rawValue, .info, .malformed,
            [
                LogEntry(.decision, decision), LogEntry(.client, client.addressText),
                LogEntry(.status, failure.status),
            ])
    }

    /// A request outside of the federation's messages that was refused.
    ///
    /// - Parameters:
    ///   - status: of the answer, where it is not the one of the refusal.
    ///   - claimed: the host that it named.
    func refused(
        _ denial: Denial, decision: String, status: Int? = nil, claimed: String? = nil
    ) {
        sample(
            denial.code.rawValue, .info, .refused,
            [
                LogEntry(.decision, decision), LogEntry(.status, status ?? denial.status),
                LogEntry(.claimed, claimed), LogEntry(.detail, denial.detail),
            ])
    }

    /// A request for shared data that was refused; each has its line.
    ///
    /// - Parameter peer: whose data the backend asks for, or the one that the share is for which a client has
    ///   shown.
    func refusedData(
        _ denial: Denial, decision: String, _ method: Method, _ client: ClientConnection,
        status: Int, peer: PeerHost?, share: ShareID? = nil, under policy: Policy
    ) {
        write(
            .notice, .dataRefused,
            [
                LogEntry(.decision, decision), LogEntry(.code, denial.disclosedCode),
                LogEntry(.status, status), LogEntry(.client, client.addressText),
                LogEntry(.peer, peer?.description), LogEntry(.method, method.rawValue),
                LogEntry(.share, share?.description),
                LogEntry(.policy, denial.ruling?.block == nil ? nil : policy.hash),
                LogEntry(.detail, denial.detail),
            ])
    }

    /// The backend was not let out; each has its line.
    func refusedEgress(
        _ denial: Denial, decision: String, target: String, _ client: ClientConnection, status: Int,
        under policy: Policy
    ) {
        write(
            .notice, .egressRefused,
            [
                LogEntry(.decision, decision), LogEntry(.code, denial.disclosedCode),
                LogEntry(.status, status), LogEntry(.client, client.addressText),
                target.isEmpty ? nil : LogEntry(.host, target),
                LogEntry(.policy, denial.ruling?.block == nil ? nil : policy.hash),
                LogEntry(.detail, denial.detail),
            ])
    }

    /// A request for shared data that the policy is against, and report mode or profile `observe` lets
    /// pass.
    func toleratedData(_ decision: DecisionRecord) {
        sample(
            "data_tolerated", .notice, .dataTolerated,
            [
                LogEntry(.decision, decision.id), LogEntry(.direction, decision.direction.rawValue),
                LogEntry(.client, decision.client),
                (decision.peer ?? decision.claimed).map { LogEntry(.peer, $0) },
                decision.method.map { LogEntry(.method, $0) },
                LogEntry(.would, texts: decision.would),
            ])
    }

    /// A backend that gave no answer.
    func backendFailed(_ denial: Denial, decision: String) {
        sample(
            denial.code.rawValue, .warning, .backendFailed,
            [LogEntry(.decision, decision), LogEntry(.detail, denial.detail)])
    }

    /// A backend that gives no answers, or does so again.
    func tell(_ change: UpstreamHealth.Change) {
        switch change {
        case .suspended(let failure):
            write(
                .warning, .backendSuspended,
                [
                    LogEntry(.reason, failure.code), failure.detail.map { LogEntry(.detail, $0) },
                    LogEntry(
                        .remedy,
                        "\(failure.remedy); requests for it get 503 until it answers one"),
                ])
        case .resumed: write(.notice, .backendResumed)
        }
    }

    /// A peer that no longer takes what it took.
    func steppedBack(_ peer: PeerHost, to generation: SignatureGeneration) {
        sample(
            "stepped_back", .notice, .peerSteppedBack,
            [LogEntry(.peer, peer.description), LogEntry(.generation, generation.name)])
    }

    /// Why a signature failed that was refused, with what mends it.
    func nearMiss(_ miss: NearMiss) {
        write(
            .notice, .nearMiss,
            miss.entries + [LogEntry(.remedy, miss.remedies.joined(separator: "; "))])
    }

    /// Keys of a peer that wait for a person.
    func held(_ peer: PeerHost, _ surprise: PinSurprise) {
        sample(
            DenialCode.keyChanged.rawValue, .notice, .peerKeyHeld,
            [LogEntry(.peer, peer.description), LogEntry(.problem, surprise.rawValue)])
    }
}

extension UpstreamFailure {
    /// What the handshake failed for; nil where the code says all.
    fileprivate var detail: String? { if case .tls(let detail) = self { detail } else { nil } }

    /// What to look at, of a backend.
    fileprivate var remedy: String {
        switch self {
        case .tls:
            "see whether its certificate is for the host of backend.url, and who signed it "
                + "(the system, or outbound.ca_file)"
        case .unresolved, .addressRefused: "see whether the host of backend.url has an address"
        default: "see whether the backend runs"
        }
    }
}

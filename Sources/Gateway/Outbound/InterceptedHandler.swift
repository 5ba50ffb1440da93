import Federation
import Synchronization
import Transport

/// Requests inside of one intercepted CONNECT.
///
/// Refused: a name in the handshake that is not the one of the CONNECT (403), a `Host` that is not
/// (421), and whatever the gate says by now: policy may have changed since the CONNECT.
final class InterceptedHandler: RequestHandler {
    private let egress: EgressHandler
    let target: Authority
    private let name: String
    private let connect: Connect
    /// What the gate said last: it says the same under the same policy in the same second.
    private let last = Mutex<Judgement?>(nil)

    /// What the gate said of the CONNECT.
    enum Connect: Sendable {
        /// Let through: each request inside is judged.
        case admitted
        /// Refused, which each request inside hears: the CONNECT itself was granted.
        case refused(Denial)
    }

    private struct Judgement {
        let policy: Policy
        /// Unix seconds.
        let now: Int
        let verdict: EgressGate.Verdict
        /// The host as a peer, where its document is in memory.
        let peer: ResolvedPeer?
    }

    /// - Parameter target: whom the CONNECT named.
    init(_ egress: EgressHandler, to target: Authority, _ connect: Connect) {
        self.egress = egress
        self.connect = connect
        self.target = target.normalized(for: .https)
        name = target.host.description
    }

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        if let shown = client.tls?.serverName, shown != name {
            return refuse(
                Denial(.egressRefused, Denial.otherName), head, client)
        }
        guard head.authority?.normalized(for: .https) == target else {
            return refuse(Denial(.misdirected, "Host is not the host of CONNECT"), head, client)
        }
        if let denial = egress.gateway.denialOfLoop(head) { return refuse(denial, head, client) }
        switch connect {
        case .admitted: break
        case .refused(let denial): return refuse(denial, head, client)
        }
        let gateway = egress.gateway
        let now = gateway.environment.now()
        let judgement = judge(gateway.policy.current, now: now)
        switch judgement.verdict {
        case .ownSite: return gateway.plan(head, from: client, through: .wayOut)
        case .peer(let host), .unknown(let host), .other(let host):
            do throws(Denial) {
                let path = try PeerRequest.path(head.path, of: head)
                let request = PeerRequest(
                    peer: host, authority: target, head: head, path: path, client: client, now: now)
                // Since the CONNECT the policy refuses it, and `egress.other` names it: it is asked for
                // no document.
                if case .other = judgement.verdict { return gateway.passOut(request) }
                return gateway.planOutbound(request, to: judgement.peer)
            } catch { return refuse(error, head, client) }
        case .refused(let denial): return refuse(denial, head, client)
        }
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        switch judge(egress.gateway.policy.current, now: egress.gateway.environment.now()).verdict {
        case .ownSite: egress.gateway.refuse(failure, of: start, from: client)
        case .peer, .unknown, .other, .refused:
            egress.refuse(failure, at: start.path, to: PeerHost("\(target)"), client)
        }
    }

    private func judge(_ policy: Policy, now: Int) -> Judgement {
        let known = last.withLock { $0 }
        if let known, known.policy === policy, known.now == now { return known }
        let verdict = egress.gate.judge(target, policy, now: now)
        let peer: ResolvedPeer? =
            switch verdict {
            case .peer(let host), .unknown(let host): egress.gateway.resolution.remembered(host)
            case .ownSite, .other, .refused: nil
            }
        let made = Judgement(policy: policy, now: now, verdict: verdict, peer: peer)
        last.withLock { $0 = made }
        return made
    }

    private func refuse(
        _ denial: Denial, _ head: RequestHead, _ client: ClientConnection
    ) -> Plan { egress.refuse(denial, at: head.path, of: target, client) }
}

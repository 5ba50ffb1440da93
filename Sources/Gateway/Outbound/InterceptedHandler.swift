import Federation
import Transport

/// Requests inside of an intercepted CONNECT.
///
/// Refused: a name in the handshake that is not the one of the CONNECT (403), a `Host` that is not
/// (421), and whatever the gate says by now: policy may have changed since the CONNECT.
struct InterceptedHandler: RequestHandler {
    private let egress: EgressHandler

    init(_ egress: EgressHandler) { self.egress = egress }

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        guard let target = client.intercepted?.normalized(for: .https) else {
            return egress.refuse(Denial(.misdirected, "not inside of a CONNECT"), "", client)
        }
        if let name = client.tls?.serverName, name != target.host.description {
            return refuse(
                Denial(.egressRefused, "the handshake names another host than CONNECT"),
                target, client)
        }
        guard head.authority?.normalized(for: .https) == target else {
            return refuse(Denial(.misdirected, "Host is not the host of CONNECT"), target, client)
        }
        if let denial = egress.gateway.denialOfLoop(head) { return refuse(denial, target, client) }
        let gateway = egress.gateway
        let now = gateway.environment.now()
        let verdict = egress.gate.judge(target, gateway.policy.current, now: now)
        switch verdict {
        case .ownSite: return gateway.plan(head, from: client)
        case .peer(let host), .unknown(let host), .other(let host):
            do throws(Denial) {
                let path = try PeerRequest.path(head.path)
                let request = PeerRequest(
                    peer: host, authority: target, head: head, path: path, client: client, now: now)
                // Since the CONNECT the policy refuses it, and `egress.other` names it: it is asked for
                // no document.
                if case .other = verdict { return gateway.passOut(request) }
                return gateway.planOutbound(request)
            } catch { return refuse(error, target, client) }
        case .refused(let denial):
            return refuse(Gateway.keepingMounts(denial, at: head.path), target, client)
        }
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer { egress.refuse(failure, of: start, from: client) }

    private func refuse(
        _ denial: Denial, _ target: Authority, _ client: ClientConnection
    ) -> Plan { egress.refuse(denial, "\(target)", client) }
}

import Federation
package import Transport

/// The backend's forward proxy: judges where a request wants to go, and hands those to peers on to
/// `Gateway.planOutbound`.
///
/// There are three ways in: CONNECT, which is intercepted; an absolute target; and the prefix
/// `/egress/HOST[:PORT]/`, for backends that cannot use a proxy. All of them stand for https: nothing
/// ever leaves without TLS.
package final class EgressHandler: RequestHandler {
    let gateway: Gateway
    let gate: EgressGate
    private let authority: EgressCA
    private let reached: ReachedHosts

    /// nil without `[egress]`.
    package init?(_ gateway: Gateway, _ authority: EgressCA) {
        guard let gate = gateway.gate else { return nil }
        self.gateway = gateway
        self.gate = gate
        self.authority = authority
        reached = ReachedHosts(gateway.outbound)
    }

    /// What becomes of a request of the backend's, by its head.
    package func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        if let denial = gate.denial(of: client.address) ?? gateway.denialOfLoop(head) {
            return refuse(denial, "", client)
        }
        switch head.target.form {
        case .authority: return connect(head, client)
        case .absolute: return absolute(head, client)
        case .origin: return prefixed(head, client)
        case .asterisk:
            return refuse(Denial(.notFound, "\(head.method.rawValue) *"), "", client)
        }
    }

    /// The answer to what is no good request.
    package func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        guard start.path.starts(with: Self.prefix) else {
            return refuse(failure, at: start.path, to: nil, client)
        }
        let rest = start.path.dropFirst(Self.prefix.count).drop { $0 != UInt8(ascii: "/") }
        return refuse(failure, at: rest, to: nil, client)
    }

    /// The answer to what is refused before it is read; a message has its decision.
    func refuse(
        _ failure: RequestFailure, at path: ArraySlice<UInt8>, to peer: PeerHost?,
        _ client: ClientConnection
    ) -> Answer {
        gateway.refuseUnread(Denial(failure), at: path, to: peer, client, then: .close)
            ?? gateway.refuseMalformed(failure, client, .outbound, to: peer)
    }

    /// The answer to a request that the gate refuses; a message has its decision.
    func refuse(
        _ denial: Denial, at path: ArraySlice<UInt8>, of target: Authority,
        _ client: ClientConnection
    ) -> Plan {
        let name = "\(target)"
        if let answer = gateway.refuseUnread(denial, at: path, to: PeerHost(name), client) {
            return .answer(answer)
        }
        let told = (try? TargetPath(path, rule: .routed)).flatMap { path in
            gateway.keepingFiles(denial, at: path.text)
        }
        return .answer(
            self.answer(
                denial, name, client, as: told ?? Gateway.keepingMounts(denial, at: path)))
    }

    // MARK: CONNECT

    private func connect(_ head: RequestHead, _ client: ClientConnection) -> Plan {
        guard let target = head.authority else {
            return refuse(Denial(.malformedRequest, "CONNECT to nobody"), "", client)
        }
        let now = gateway.environment.now()
        switch gate.judge(target, gateway.policy.current, now: now) {
        case .ownSite: return intercept(target, client, now)
        case .peer: return reach(target, client) { [self] in intercept(target, client, now) }
        case .unknown(let host):
            return .prepare { [self] _ in await connect(to: target, host, client, now) }
        case .other: return tunnel(to: target, client)
        case .refused(let denial): return refuseConnect(denial, to: target, client)
        }
    }

    /// What becomes of a CONNECT that is refused.
    ///
    /// ownCloud takes its refusal for a fatal error of all the files of a user (decision 29). Its CONNECT to
    /// a name is granted, and refused is what comes inside, of which nothing goes anywhere.
    private func refuseConnect(
        _ denial: Denial, to target: Authority, _ client: ClientConnection
    ) -> Plan {
        let now = gateway.environment.now()
        guard gateway.backend.kind == .owncloud10, case .name(let name) = target.host,
            let context = try? authority.context(for: name, now: now)
        else { return refuse(denial, "\(target)", client) }
        gateway.noteEgress(denial, DecisionID.make(now: now), to: "\(target)", client, 200)
        return .intercept(
            Interception(
                context: context,
                handler: InterceptedHandler(self, to: target, .refused(denial))))
    }

    /// What becomes of a CONNECT to a host that no list admits: a peer's, where it shows a document, is
    /// intercepted; else it is a tunnel, or refused.
    private func connect(
        to target: Authority, _ host: PeerHost, _ client: ClientConnection, _ now: Int
    ) async -> Plan {
        do throws(Denial) {
            switch try await judgeByDocument(host) {
            case .peer: return intercept(target, client, now)
            case .other: return tunnel(to: target, client)
            case .refused(let denial): return refuseConnect(denial, to: target, client)
            case .ownSite, .unknown:
                return refuseConnect(
                    Denial(.egressRefused, "\(host) is not known"), to: target, client)
            }
        } catch {
            // The fetch is not let to its address either: then that is what is said.
            let failure = await reached.ask(
                target, at: gateway.environment.monotonicMilliseconds(), as: .stranger)
            guard case .addressRefused? = failure, let failure else {
                return refuseConnect(error, to: target, client)
            }
            return refuseConnect(Denial(failure, reaching: target), to: target, client)
        }
    }

    /// Goes on with a host whose addresses may be dialled; refused here, and not only when it is
    /// dialled (settled questions, 17).
    private func reach(
        _ target: Authority, _ client: ClientConnection, _ goOn: @escaping @Sendable () -> Plan
    ) -> Plan {
        if reached.contains(target, at: gateway.environment.monotonicMilliseconds()) {
            return goOn()
        }
        return .prepare { [self] _ in
            if let failure = await reached.ask(
                target, at: gateway.environment.monotonicMilliseconds())
            {
                return refuseConnect(Denial(failure, reaching: target), to: target, client)
            }
            return goOn()
        }
    }

    private func intercept(
        _ target: Authority, _ client: ClientConnection, _ now: Int
    ) -> Plan {
        do {
            return .intercept(
                Interception(
                    context: try authority.context(for: target.host.description, now: now),
                    handler: InterceptedHandler(self, to: target, .admitted)))
        } catch {
            return refuse(Denial(.overloaded, "no certificate: \(error)"), "\(target)", client)
        }
    }

    private func tunnel(to target: Authority, _ client: ClientConnection) -> Plan {
        .tunnel(
            Tunnel(
                to: gateway.outbound.upstream(scheme: .http, authority: target),
                onFailure: { [self] failure in
                    answer(Denial(failure, reaching: target), "\(target)", client)
                }))
    }

    // MARK: Requests

    /// `http://host/path` stands for `https://host/path`.
    private func absolute(_ head: RequestHead, _ client: ClientConnection) -> Plan {
        guard case .absolute(let scheme) = head.target.form, let written = head.authority else {
            return refuse(Denial(.malformedRequest, "no authority"), "", client)
        }
        return pass(head, to: written.normalized(for: scheme), head.path, .target, client)
    }

    /// `/egress/host[:port]/path` stands for `https://host[:port]/path` (settled questions, 17).
    private func prefixed(_ head: RequestHead, _ client: ClientConnection) -> Plan {
        guard head.path.starts(with: Self.prefix) else {
            return refuse(Denial(.notFound, "no proxy request, and not /egress/"), "", client)
        }
        guard Self.isOurs(head.authority) else {
            return refuse(
                Denial(.misdirected, Denial.notByPrefix), "", client)
        }
        let rest = head.path.dropFirst(Self.prefix.count)
        let text = Array(rest.prefix { $0 != UInt8(ascii: "/") })
        guard let target = try? Authority(text.span) else {
            return refuse(Denial(.egressAddress, "no host behind /egress/"), "", client)
        }
        let path = rest.dropFirst(text.count)
        return pass(head, to: target, path.isEmpty ? [UInt8(ascii: "/")] : path, .prefix, client)
    }

    /// Whether a request with a prefix was sent to the gateway by its address, or by a name that means
    /// something in its network alone: a page in a browser beside the backend reaches it by a name of
    /// its own (DNS rebinding), and is not to speak for the site.
    private static func isOurs(_ authority: Authority?) -> Bool {
        switch authority?.host {
        case nil, .address: true
        case .name?: authority?.host.isLocalName ?? false
        }
    }

    /// Where the target of a request stood.
    private enum Place { case target, prefix }

    private func pass(
        _ head: RequestHead, to target: Authority, _ raw: ArraySlice<UInt8>, _ place: Place,
        _ client: ClientConnection
    ) -> Plan {
        let now = gateway.environment.now()
        let verdict = gate.judge(target, gateway.policy.current, now: now)
        switch (verdict, place) {
        case (.ownSite, .target): return gateway.plan(head, from: client, through: .wayOut)
        case (.ownSite, .prefix):
            return refuse(
                Denial(.egressRefused, Denial.ownByPrefix), "\(target)", client)
        case (.refused(let denial), _):
            return refuse(denial, at: raw, of: target, client)
        case (.peer(let host), _), (.unknown(let host), _), (.other(let host), _):
            do throws(Denial) {
                let path = try PeerRequest.path(raw, of: head)
                let request = PeerRequest(
                    peer: host, authority: target, head: head, path: path, client: client, now: now)
                return deliver(request, verdict)
            } catch { return refuse(error, at: raw, of: target, client) }
        }
    }

    private func deliver(_ request: PeerRequest, _ verdict: EgressGate.Verdict) -> Plan {
        switch verdict {
        case .peer: return gateway.planOutbound(request)
        case .other: return gateway.passOut(request)
        case .unknown:
            return .prepare { [self] _ in
                do throws(Denial) {
                    return deliver(request, try await judgeByDocument(request.peer))
                } catch {
                    // Nobody knows whether it is a peer: what is a message is refused as one.
                    if request.isOfTheFederation { return gateway.planOutbound(request) }
                    return deliver(request, .refused(error))
                }
            }
        case .refused(let denial):
            let path = Array(request.path.text.utf8)[...]
            return refuse(denial, at: path, of: request.authority, request.client)
        case .ownSite:
            return refuse(Denial(.misdirected, "the site"), "\(request.authority)", request.client)
        }
    }

    /// `peer` or what `egress.other` says; never `unknown`.
    ///
    /// Refused: a host that cannot be asked. One that `egress.other` names passes also when it answers and
    /// keeps to itself whether it has a document: it would keep it from the backend as well. But one that
    /// was met as a peer before stays one, also where it shows no document any more.
    private func judgeByDocument(_ host: PeerHost) async throws(Denial) -> EgressGate.Verdict {
        do throws(Denial) {
            switch try await gateway.resolution.resolve(host).document {
            case .some: return .peer(host)
            case .none: return wasMet(host) ? .peer(host) : gate.judgeAbsent(host)
            }
        } catch {
            guard gate.names(host), gateway.peers.withholdsDocument(host), !wasMet(host) else {
                throw error
            }
            return .other(host)
        }
    }

    /// Whether a host has signed for us before, or has taken what we signed: what goes there is signed.
    private func wasMet(_ host: PeerHost) -> Bool {
        gateway.generations[host] != .none || gateway.accepted[host] != .none
    }

    private static let prefix = Array("/egress/".utf8)
}

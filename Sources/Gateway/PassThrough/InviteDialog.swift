import Federation
import Transport

/// Which page an invited person accepts on, by the server that they say is theirs: what OpenCloud and CERNBox
/// answer at `/sciencemesh/discover` to anybody.
///
/// They would ask any host and port that a body names, past their proxy, and tell what it says. The gateway
/// answers in their place, by what it reads of peers itself (`docs/decisions/0074`).
extension Gateway {
    /// Refused (404): whatever is no admitted peer that shows such a page, alike for every reason. A body that
    /// names no host is 400. Log and journal have the true one.
    func inviteDialog(for client: ClientConnection) -> Plan {
        guard configuration.backend.pass == .all else {
            return .answer(refusal(Denial(.notFound, Denial.pagesClosed), from: client))
        }
        return .readAndAnswer(limit: Self.longestQuestion) { [self] request in
            let domain: Authority
            do throws(Denial) {
                domain = try Self.domain(namedIn: request.body)
            } catch {
                return refusal(error, as: .unreadable, of: nil, client)
            }
            do throws(Denial) {
                let url = try await inviteDialog(at: try admitted(domain), for: client)
                let body = JSONValue.object([("inviteAcceptDialog", .string(url))])
                return Answer(status: 200, fields: Self.jsonFields, body: body.serialized())
            } catch {
                return refusal(error, as: .unknown, of: domain, client)
            }
        }
    }

    /// The server that a person says is theirs: a host, or a URL at one, of which the rest is left aside. Refused
    /// (`malformed_message`): anything else.
    private static func domain(namedIn body: [UInt8]) throws(Denial) -> Authority {
        let object: JSONObject?
        do { object = try JSONValue(parsing: body).object } catch { throw error.denial }
        guard let text = object?["domain"]?.string,
            let url = URLParts(text) ?? URLParts("https://" + text),
            let authority = try? Authority(url.host.description)
        else { throw Denial(.malformedMessage, "no domain, or one that is no host") }
        return authority
    }

    /// Refused: what the way out refuses, and, but for profile `observe`, whoever waits for a person.
    private func admitted(_ domain: Authority) throws(Denial) -> PeerHost {
        let (policy, now) = (policy.current, environment.now())
        switch gateOfStrangers.judge(domain, policy, now: now) {
        case .peer(let host): return host
        case .unknown(let host):
            // Nobody is asked for the sake of a page.
            guard
                configuration.profile == .observe
                    || policy.standing(of: host, now: now).denial == nil
            else { throw Denial(.notFound, "\(host) is not admitted") }
            return host
        case .ownSite: throw Denial(.notFound, "\(domain) is this site")
        case .other(let host): throw Denial(.notFound, "\(host) is refused as a peer")
        case .refused(let denial): throw denial
        }
    }

    private func inviteDialog(
        at host: PeerHost, for client: ClientConnection
    ) async throws(Denial) -> String {
        let found = try await peers.document(of: host, by: client.address)
        guard case .published(let document) = found, document.isEnabled
        else { throw Denial(.notFound, "\(host) publishes no document") }
        guard let url = document.inviteDialog(at: host) else {
            throw Denial(.notFound, "\(host) names no inviteAcceptDialog, or one without TLS")
        }
        return url
    }

    /// What is told of a refusal, in the words of the servers that have this page.
    private enum RefusedQuestion {
        case unreadable, unknown

        var status: Int {
            switch self {
            case .unreadable: 400
            case .unknown: 404
            }
        }

        var code: String {
            switch self {
            case .unreadable: "INVALID_PARAMETER"
            case .unknown: "RESOURCE_NOT_FOUND"
            }
        }

        var message: String {
            switch self {
            case .unreadable: "The domain of a server is required"
            case .unknown: "No page for accepting invitations is known of this server"
            }
        }
    }

    private func refusal(
        _ denial: Denial, as told: RefusedQuestion, of domain: Authority?,
        _ client: ClientConnection
    ) -> Answer {
        let decision = DecisionID.make(now: environment.now())
        let claimed = domain?.normalized(for: .https).description
        log.refused(denial, decision: decision, status: told.status, claimed: claimed)
        // No peer: anybody may name it, and its own refusals have a budget of lines.
        note(denial, decision, "request", .inbound, told.status, client) { record in
            record.decision.claimed = claimed
        }
        let body = JSONValue.object([
            ("code", .string(told.code)), ("message", .string(told.message)),
            ("decision", .string(decision)),
        ])
        return Answer(status: told.status, fields: Self.jsonFields, body: body.serialized())
    }

    /// Bytes of a question: the longest URL that is read, escaped.
    private static let longestQuestion = 16 << 10
}

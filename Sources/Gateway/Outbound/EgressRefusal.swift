import Federation
import Transport

/// What the backend hears of a refusal on its way out, and what the log says of it.
extension EgressHandler {
    func refuse(_ denial: Denial, _ target: String, _ client: ClientConnection) -> Plan {
        .answer(answer(denial, target, client))
    }

    /// The code stands in `Proxy-Status` (RFC 9209), since clients show little of an answer to
    /// CONNECT; the decision's id in the body.
    ///
    /// - Parameter told: what the backend hears in its place, and nobody writes down.
    func answer(
        _ denial: Denial, _ target: String, _ client: ClientConnection, as told: Denial? = nil
    ) -> Answer {
        let told = told ?? denial
        let decision = DecisionID.make(now: gateway.environment.now())
        gateway.noteEgress(denial, decision, to: target, client, told.status)
        var answer = told.answer(decision: decision)
        answer.fields.append(
            ("proxy-status", "ocmgate; error=\(denial.proxyError); details=\"\(denial.plainCode)\"")
        )
        return answer
    }
}

extension Denial {
    /// The code for a quoted string: a policy's own may hold what has no place there.
    fileprivate var plainCode: String {
        let isPlain = disclosedCode.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        return isPlain ? disclosedCode : code.rawValue
    }

    /// The type of proxy error (RFC 9209, section 2.3).
    fileprivate var proxyError: String {
        switch code {
        case .egressAddress: "destination_ip_prohibited"
        case .loop: "proxy_loop_detected"
        case .peerUnavailable, .keyUnavailable: "destination_unavailable"
        case .peerTimeout: "connection_timeout"
        case .overloaded: "proxy_internal_error"
        case _: "http_request_denied"
        }
    }

    /// A server that gave no answer, or must not be connected to.
    init(_ failure: UpstreamFailure, reaching target: some CustomStringConvertible) {
        let detail = "\(target): \(failure.code)"
        switch failure.kind {
        case .addressRefused(let address): self.init(.egressAddress, "\(detail) \(address)")
        case .timeout: self.init(.peerTimeout, detail)
        case .overload(let seconds): self.init(.overloaded, detail, retryAfter: seconds)
        case .failed: self.init(.peerUnavailable, detail)
        }
    }
}

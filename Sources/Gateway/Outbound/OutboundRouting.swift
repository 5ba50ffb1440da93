import Federation
import Transport

/// Where a request of the backend's to a peer goes: messages, discovery and data are planned here.
extension Gateway {
    /// What becomes of an admitted request: 501 as long as nothing can be sent out.
    func planOutbound(_ request: PeerRequest) -> Plan {
        .answer(refusal(Denial(.notAvailableYet, "\(request.path) of \(request.peer)")))
    }
}

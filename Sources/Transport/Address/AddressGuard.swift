/// Decides which addresses may be dialled on a peer's word (the guard against server-side request
/// forgery).
///
/// Allowed are addresses of class `.global` and the blocks that the operator lists. This machine's
/// own addresses are refused, unless listed, even when they are global, and so are those that lead
/// to them.
package struct AddressGuard: Sendable {
    private let allowed: [CIDR]
    private let own: @Sendable () -> [IPAddress]

    /// The answer for one address.
    package enum Verdict: Sendable, Equatable {
        case allowed
        case refused(Reason)
    }

    /// Why an address is not dialled.
    package enum Reason: Sendable, Equatable {
        case addressClass(AddressClass)
        /// It belongs to this machine.
        case own
        /// The name is one of this machine or its network.
        case localName
    }

    /// - Parameter own: this machine's addresses; asked each time, since they change while a gateway
    ///   runs (those that are temporary, or taken over from another machine).
    package init(
        allowing allowed: [CIDR] = [], own: @escaping @Sendable () -> [IPAddress] = { [] }
    ) {
        self.allowed = allowed
        self.own = own
    }

    /// Whether an address may be connected to: those that are named, and those of the open
    /// internet.
    package func judge(_ address: IPAddress) -> Verdict {
        if allowed.contains(where: { $0.contains(address) }) { return .allowed }
        let kind = AddressClass(of: address)
        guard kind == .global else { return .refused(.addressClass(kind)) }
        let reached = AddressClass.reached(by: address)
        return own().contains { $0 == address || $0 == reached } ? .refused(.own) : .allowed
    }

    /// Whether a name may be looked up at all. One that means something only on this machine or in
    /// its network may be, where the operator has let addresses of that kind be dialled.
    package func judge(_ host: Authority.Host) -> Verdict {
        host.isLocalName && allowed.isEmpty ? .refused(.localName) : .allowed
    }
}

extension Authority.Host {
    /// Whether a name means something only on this machine or in its network: `localhost`,
    /// `.local`, `.internal` and their like, and every name of one label, which a search list
    /// would complete (RFC 6761, RFC 6762, RFC 8375).
    package var isLocalName: Bool {
        switch self {
        case .address: return false
        case .name(let name):
            let labels = name.split(separator: ".")
            guard labels.count > 1, let top = labels.last else { return true }
            if name.hasSuffix(".home.arpa") || name == "home.arpa" { return true }
            return ["localhost", "local", "localdomain", "internal", "onion"].contains(top)
        }
    }
}

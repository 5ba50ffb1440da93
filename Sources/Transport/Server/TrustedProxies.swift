/// The hops in front of a listener whose word on the client's address is believed.
///
/// A hop writes from whom it took a request into `Forwarded` (RFC 7239) or into the older
/// `X-Forwarded-For`, behind what it got itself. So the list is read from its right end: an entry
/// is believed as long as the hop that wrote it is one of these. What stands left of the first
/// other address was sent by a stranger, and may be anything.
package struct TrustedProxies: Sendable {
    private let blocks: [CIDR]

    package init(_ blocks: [CIDR] = []) { self.blocks = blocks }

    /// Whether `address` is one of these hops; a connection without an address is none.
    package func contains(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return blocks.contains { $0.contains(address) }
    }

    /// The address that a request comes from, when `hop`, which is one of these, has sent it.
    ///
    /// It is the hop's own when it names none: no field, `unknown`, or an obfuscated name
    /// (RFC 7239, section 6.3). Refused (`forwarded_for`): an entry of a trusted hop that is no
    /// address, a `Forwarded` that breaks the grammar anywhere, since then its entries cannot be
    /// told apart; and both fields with two answers, since most hops write one of them and pass the
    /// other on as the client made it.
    package func client(
        of fields: FieldList, behind hop: IPAddress
    ) throws(RequestFailure) -> IPAddress {
        let standard = try ForwardedField.nodes(of: fields.values(of: .forwarded))
        let older = Self.entries(fields.values(of: .xForwardedFor))
        switch (standard.isEmpty, older.isEmpty) {
        case (true, true): return hop
        case (false, true): return try walk(hop, standard[...]) { $0 }
        case (true, false): return try walk(hop, older[...], Self.node)
        case (false, false):
            let client = try walk(hop, standard[...]) { $0 }
            guard try walk(hop, older[...], Self.node) == client else { throw .forwardedFor }
            return client
        }
    }

    private func walk<Entry>(
        _ hop: IPAddress, _ entries: ArraySlice<Entry>,
        _ read: (Entry) throws(RequestFailure) -> ForwardedField.Node
    ) throws(RequestFailure) -> IPAddress {
        var believed = hop
        var rest = entries
        while contains(believed), let entry = rest.popLast() {
            switch try read(entry) {
            case .address(let address): believed = address
            case .unknown: return believed
            }
        }
        return believed
    }

    /// The entries of `X-Forwarded-For`, over all of its lines.
    private static func entries(_ lines: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        lines.flatMap { $0.split(separator: 0x2C, omittingEmptySubsequences: false) }
    }

    /// An address, bare or with a port (IPv6 then in brackets), or `unknown`.
    private static func node(_ entry: ArraySlice<UInt8>) throws(RequestFailure)
        -> ForwardedField.Node
    {
        var text = entry
        while let byte = text.first, byte == 0x20 || byte == 0x09 { text.removeFirst() }
        while let byte = text.last, byte == 0x20 || byte == 0x09 { text.removeLast() }
        if let address = IPAddress(String(decoding: text, as: UTF8.self)) {
            return .address(address.unmapped)
        }
        return try ForwardedField.node(text)
    }
}

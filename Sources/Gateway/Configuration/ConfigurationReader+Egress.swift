import Federation
import Foundation
import Transport

/// `[egress]`: the backend's way out.
extension ConfigurationReader {
    /// Without the table there is no way out, whatever its keys would be (decision 20): a proxy that
    /// nobody asked for is none.
    mutating func egress(
        _ top: inout TOMLTableReader, _ profile: Configuration.Profile,
        _ listeners: [Configuration.ListenSettings], _ backend: Configuration.BackendSettings?
    ) -> Configuration.EgressSettings? {
        guard var table = top.table("egress") else { return nil }
        let listen = table.read("listen", .egressAddress)
        let clients = table.read("clients", TOMLForm<CIDR>.network.array)
        let certificate = table.read("ca", .egressCertificate)
        let other = table.read("other", .otherTraffic)
        let sign = table.read("sign", .boolean)
        table.finish()
        let usual = EgressPlace(address: .tcp(.v4(0x7F00_0001), port: 3128))
        guard let address = (listen ?? usual).address else { return nil }
        if listeners.contains(where: { $0.address == address && !$0.address.isChosenBySystem }) {
            findings.report(table.place(of: "listen"), "a [[listen]] has this address")
        } else {
            reportOverlap(
                of: address, at: table.place(of: "listen"), with: listeners.map(\.address))
        }
        var usualClients = Self.usualClients
        if case .unix = address {
            usualClients = []
            if clients?.isEmpty == false {
                findings.report(
                    table.place(of: "clients"),
                    "who connects to a unix socket has no address, so nobody could be one of these",
                    remedy: "take it away: the socket is as open as its file")
            }
        }
        if let backend, address.takes(backend.endpoint) {
            findings.report(
                table.place(of: "listen"), "backend.url is this address",
                remedy: "write in backend.url where the backend listens")
        }
        weaknesses(clients, other, sign, profile, in: table)
        let file = path(certificate ?? "/var/lib/ocmgate/egress-ca.pem")
        return Configuration.EgressSettings(
            listen: address,
            clients: clients ?? usualClients, certificate: file,
            key: (file as NSString).deletingPathExtension + ".key",
            other: other ?? .refuse, signing: sign == false ? .off : .on)
    }

    private mutating func weaknesses(
        _ clients: [CIDR]?, _ other: Configuration.EgressSettings.Other?, _ sign: Bool?,
        _ profile: Configuration.Profile, in table: TOMLTableReader
    ) {
        if let clients, clients.contains(where: { $0.prefix == 0 }) {
            warn(
                "clients", in: table,
                "egress.clients lets everybody use the proxy, who then speak in the site's name")
        }
        if profile != .observe, sign == false {
            warn("sign", in: table, "egress.sign = false sends messages without a signature")
        }
        if profile == .strict, other == .tunnel {
            warn(
                "other", in: table,
                "egress.other = \"tunnel\" lets the backend reach every server unseen")
        }
    }

    private static let usualClients = ["127.0.0.0/8", "::1"].compactMap { try? CIDR($0) }
}

/// `egress.listen`: an address, or none.
private struct EgressPlace: Sendable {
    let address: ListenAddress?
}

extension TOMLForm<EgressPlace> {
    /// As `listen.address`; `""` turns it off.
    fileprivate static let egressAddress = TOMLForm(
        "an address like 127.0.0.1:3128, or \"\" for none"
    ) { node, findings in
        if node.content == .string("") { return EgressPlace(address: nil) }
        return TOMLForm<ListenAddress>.listenAddress.read(node, findings).map {
            EgressPlace(address: $0)
        }
    }
}

extension TOMLForm<String> {
    /// `egress.ca`: the certificate, whose key lies beside it under the name with `.key`.
    fileprivate static let egressCertificate = TOMLForm.text(
        "the path of a certificate like egress-ca.pem"
    ) { text in
        let name = (text as NSString).lastPathComponent
        return name.isEmpty || name.hasSuffix(".key") || text.hasSuffix("/") ? nil : text
    }
}

extension TOMLForm<PeerHost> {
    /// One of the hosts of `egress.other`. Refused: addresses, which the gate lets out for nobody, and
    /// the words that stand there without brackets.
    fileprivate static let tunnelled = TOMLForm.text(
        "a host like cloud.uni.example",
        remedy: { text in
            guard let host = PeerHost(text) else { return nil }
            return host.kind == .name
                ? "did you mean other = \(quoted(host.name))?"
                : "name a host: addresses are not let out"
        }
    ) { text in
        guard let host = PeerHost(text), host.kind == .name,
            host.name != "tunnel", host.name != "refuse"
        else { return nil }
        return host
    }
}

extension TOMLForm<Configuration.EgressSettings.Other> {
    /// `egress.other`: `refuse`, `tunnel`, or the hosts that are tunnelled.
    fileprivate static let otherTraffic = TOMLForm("\"refuse\", \"tunnel\" or an array of hosts") {
        node, findings in
        switch node.content {
        case .string("refuse"): return .refuse
        case .string("tunnel"): return .tunnel
        case .array:
            return TOMLForm<PeerHost>.tunnelled.array.read(node, findings).map { .hosts($0) }
        case .string, .integer, .float, .boolean, .instant, .time, .table:
            findings.report(
                node.position, "this is not \"refuse\", \"tunnel\" or an array of hosts")
            return nil
        }
    }
}

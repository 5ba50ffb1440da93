import Federation
import Foundation

/// How the values of `[discovery]` and `[egress]` look.
extension ConfigurationForm<[DiscoveryDocument.Criterion]?> {
    /// `discovery.criteria`: `from-policy`, or a list.
    static let criteria = ConfigurationForm.words(
        ["from-policy": nil],
        or: ConfigurationForm<DiscoveryDocument.Criterion>.word("criterion").array.optional,
        of: "criteria")
}

extension ConfigurationForm<String> {
    /// `egress.ca`: the certificate, whose key lies beside it under the name with `.key`.
    static let egressCertificate = ConfigurationForm(
        TOMLForm.text("the path of a certificate like egress-ca.pem") { text in
            let name = (text as NSString).lastPathComponent
            return name.isEmpty || name.hasSuffix(".key") || text.hasSuffix("/") ? nil : text
        }.asPath, .path
    ) { .string($0) }
}

extension ConfigurationForm<Configuration.EgressSettings.Other> {
    /// `egress.other`: `refuse`, `tunnel`, or the hosts that are tunnelled.
    static let otherTraffic = ConfigurationForm.words(
        ["refuse": .refuse, "tunnel": .tunnel],
        or: hosts.map(
            { .hosts($0) }, back: { if case .hosts(let names) = $0 { names } else { nil } }),
        of: "hosts")

    /// Refused: addresses, which the gate lets out for nobody, and the words that stand there without
    /// brackets.
    private static let hosts = ConfigurationForm<PeerHost>.text(
        "a host like cloud.uni.example", .host,
        remedy: { text in
            guard let host = PeerHost(text) else { return nil }
            return host.kind == .name
                ? "did you mean other = \(quoted(host.name))?"
                : "name a host: addresses are not let out"
        }, written: \.description
    ) { text in
        guard let host = PeerHost(text), host.kind == .name,
            host.name != "tunnel", host.name != "refuse"
        else { return nil }
        return host
    }.array
}

extension ConfigurationForm<Configuration.EgressSettings.Signing> {
    static let signing: ConfigurationForm =
        ConfigurationForm<Bool>(.boolean, .boolean) { .bool($0) }.map(
            { $0 ? .on : .off }, back: { $0 == .on })
}

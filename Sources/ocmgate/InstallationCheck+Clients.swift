import Federation
import Gateway
import OpenSSL

/// Whose client certificates are believed (`client_ca`).
extension InstallationCheck {
    /// Those who certify clients: at the listeners that name their table, as with all that a table says
    /// of connections.
    mutating func clientAuthorities(of configuration: Configuration) {
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            let isNamed = configuration.listeners.contains { $0.tls == name }
            if !isNamed, settings.minimum == .tls13 {
                warn(
                    configuration.file,
                    "no [[listen]] names [tls.\(quoted(name))]: its min_version counts for nobody")
            }
            guard let file = settings.clientCA, mayRead(file) else { continue }
            do throws(FileProblem) {
                let authorities = try RunningGateway.clientAuthorities(file)
                for authority in authorities where !authority.isCurrent(now: now) {
                    warn(file, "\(authority.subject) is not valid now: its clients are refused")
                }
            } catch { find(error) }
            if !isNamed {
                warn(
                    configuration.file,
                    "no [[listen]] names [tls.\(quoted(name))]: its client_ca asks nobody")
            }
        }
    }
}

import Federation
import Foundation
import Transport

/// `[egress]`: the backend's way out.
extension ConfigurationReader {
    /// Without the table there is no way out, whatever its keys would be (decision 20): a proxy that
    /// nobody asked for is none.
    mutating func egress(_ top: inout TOMLTableReader) {
        guard let written = top.table("egress") else { return }
        configuration.egress = Configuration.standard.egress
        configuration.egress?.clients = []
        var table = fill(.egress, written)
        guard !table.isOff(by: "listen"), var settings = configuration.egress else {
            configuration.egress = nil
            return
        }
        settings.key = (settings.certificate as NSString).deletingPathExtension + ".key"
        refuseShared(settings.listen, at: table.place(of: "listen"), "a")
        switch settings.listen {
        case .tcp:
            if !table.has("clients") { settings.clients = Configuration.EgressSettings().clients }
        case .unix where !settings.clients.isEmpty:
            findings.report(
                table.place(of: "clients"),
                "who connects to a unix socket has no address, so nobody could be one of these",
                remedy: "take it away: the socket is as open as its file")
        case .unix: break
        }
        if settings.listen.takes(configuration.backend.endpoint) {
            findings.report(
                table.place(of: "listen"), "backend.url is this address",
                remedy: "write in backend.url where the backend listens")
        }
        configuration.egress = settings
    }
}

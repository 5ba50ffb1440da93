import Federation
import Foundation
import Gateway
import OpenSSL

extension InstallationCheck {
    /// The folder of the state, and the room on its disk. Before all else, since it says who runs the gateway.
    mutating func folder(ofStateIn configuration: Configuration) {
        let name = (configuration.state.file as NSString).deletingLastPathComponent
        let folder = name.isEmpty ? "." : name
        guard PrivateFile.presence(folder) == .there else { return }
        do throws(PrivateFile.Problem) { try PrivateFile.folderToWrite(folder) } catch {
            find(error)
            return
        }
        isService =
            SocketName.isOwn(folder) && FileManager.default.isReadableFile(atPath: folder)
        if let schema = Store.upgrade(of: configuration.state.file) {
            warn(
                configuration.state.file,
                "a start of this ocmgate brings it from schema \(schema.from) to \(schema.to), and older "
                    + "ones refuse it then",
                remedy: "copy it before (docs/operations.md, before an upgrade)")
        }
        // How much is good to have, the journal's disk is asked for.
        if JournalFolder.freeBytes(folder) < Self.least { room(on: folder, remedy: "make room") }
    }

    /// The names by which peers know shares that stand, of which the site has given up some.
    mutating func names(of configuration: Configuration) {
        let settings = configuration.site
        guard let site = Site(origin: settings.origin, aliases: settings.aliases) else { return }
        let left = ShareListing.siteNames(configuration.state.file, now: now)
            .filter { name, _ in !site.hosts.contains { $0.description == name } }
        for (name, count) in left.sorted(by: { $0.key < $1.key }) {
            warn(
                configuration.file,
                "peers know \(count) active share\(count == 1 ? "" : "s") by the name \(name), "
                    + "which is none of this site: what they send for them is refused (421)",
                remedy: "name https://\(name) in site.aliases, and keep its certificate, while "
                    + "they last")
        }
    }

    /// The room on the disk of a folder: what is let through is written down before it is.
    mutating func room(on folder: String, remedy: String) {
        let free = JournalFolder.freeBytes(folder)
        let told = "has \(free >> 20) MiB of room: "
        if free < Self.least {
            find(folder, told + "nothing is let through", remedy: remedy)
        } else if free < 1 << 30 {
            warn(
                folder,
                told + "below 512 refusals are not recorded, and below \(Self.least >> 20) nothing "
                    + "is let through",
                remedy: remedy)
        }
    }

    /// Bytes: with fewer neither the journal nor the state takes what comes.
    private static let least = 16 << 20
}

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
        do throws(FileProblem) { try PrivateFile.folderToWrite(folder) } catch {
            find(error)
            return
        }
        isService =
            SocketName.isOwn(folder) && FileManager.default.isReadableFile(atPath: folder)
        // Who has the keys of TLS runs the gateway, too.
        if configuration.tls.values.contains(where: { SocketName.isOwn($0.key) }) {
            do throws(FileProblem) { try PrivateFile.expectWritable(folder) } catch {
                find(error)
                return
            }
        }
        orders(of: configuration.state.file)
        if let schema = Store.upgrade(of: configuration.state.file) {
            warn(
                configuration.state.file,
                "a start of this ocmgate, or a command of it that changes something, brings it from schema "
                    + "\(schema.from) to \(schema.to), and older ones refuse it then; it is kept before as "
                    + Migration.copy(of: configuration.state.file, schema.from),
                remedy: "docs/operations.md, upgrading")
        }
        for left in Migration.leftCopies(of: configuration.state.file, now: now) {
            warn(
                left.path,
                "is the state as it was before an upgrade \(left.days) days ago, with the secrets and people of "
                    + "shares that may be over",
                remedy: "remove it, unless you may go back to that release")
        }
        for left in Migration.leftDrafts(of: configuration.state.file, now: now) {
            warn(
                left.path,
                "was left \(left.days) days ago by an upgrade that was killed, and may hold the secrets and people of "
                    + "shares that are over",
                remedy: "remove it")
        }
        // Of the journal's disk more is told.
        let journal = configuration.journal.flatMap { PrivateFile.disk(of: $0.folder) }
        if journal == nil || journal != PrivateFile.disk(of: folder) {
            room(on: folder, for: .state)
        }
    }

    /// The folder in which commands leave what the gateway is to do. A start needs only what it can make itself.
    private mutating func orders(of state: String) {
        let folder = OrderBox.folder(of: state)
        guard PrivateFile.presence(folder) == .there else { return }
        do throws(FileProblem) { try PrivateFile.folder(folder) } catch {
            find(error)
            return
        }
        do throws(FileProblem) {
            try PrivateFile.folderToWrite(folder)
            if isService { try PrivateFile.expectWritable(folder) }
        } catch {
            warn(
                error.path, "\(error.what): the gateway takes no order of a command",
                remedy: error.remedy)
        }
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
    mutating func room(on folder: String, for use: DiskUse) {
        let trouble = DiskTrouble.found(on: folder)
        guard trouble != .readOnly else {
            find(
                folder, "cannot be written: nothing is let through",
                remedy: DiskTrouble.readOnly.remedy)
            return
        }
        let (free, all) = JournalFolder.space(folder)
        guard let (words, isFull) = use.words(free: trouble == .full ? 0 : free, of: all) else {
            return
        }
        if isFull {
            find(folder, words, remedy: use.remedy)
        } else {
            warn(folder, words, remedy: use.remedy)
        }
    }
}

/// For what a disk has to have room.
enum DiskUse {
    case state
    case journal

    var remedy: String {
        switch self {
        case .state: "make room"
        case .journal: "make room, or shorten journal.keep"
        }
    }

    /// What is to be said of the bytes that are free on it, and whether it is full; nil when there is
    /// nothing. A little is enough as long as nobody takes it.
    func words(free: Int, of all: Int) -> (String, isFull: Bool)? {
        if free < 256 << 10 { return ("is on a disk that is full: nothing is let through", true) }
        let told = "has \(free >> 20) MiB of room: "
        if free < 16 << 20 { return (told + "without any nothing is let through", false) }
        let reserve = JournalFolder.reserve(of: all)
        switch self {
        case .journal where free < reserve:
            return (
                told + "below \(reserve >> 20) refusals are not recorded, and without any "
                    + "nothing is let through", false
            )
        case .journal where free < 2 * reserve:
            return (told + "below \(reserve >> 20) refusals are not recorded", false)
        case .state, .journal: return nil
        }
    }
}

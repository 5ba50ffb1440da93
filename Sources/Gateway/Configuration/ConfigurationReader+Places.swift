import Federation
import Foundation

/// What the gateway writes, and where its secrets lie: each file and folder is for one thing. Files that it
/// only reads are none of these, and may be one.
extension ConfigurationReader {
    /// Reports two keys that name one place, and files among the gateway's keys that would be taken for
    /// one at the next start.
    ///
    /// Paths are compared by their text, without `.`, `..` and doubled slashes: links are not followed.
    func refuseSharedPlaces(_ configuration: Configuration, _ root: TOMLNode) {
        let places = Place.all(of: configuration, root)
        let keys = places.first { $0.key == Place.keys }
        for (number, place) in places.enumerated() {
            let others = places[..<number].filter {
                $0.key != place.key && !($0.isOnlyRead && place.isOnlyRead)
            }
            if let other = others.first(where: { $0.standard == place.standard }) {
                let (earlier, later) = other < place ? (other, place) : (place, other)
                findings.report(
                    later.position, "\(quoted(later.path)) is for \(earlier.key) already",
                    remedy: "give \(later.key) a place of its own")
            } else if let keys, place.key != keys.key, place.isTakenForKey(in: keys.standard) {
                findings.report(
                    max(place, keys).position,
                    "\(quoted(place.path)) lies in \(keys.key), where every .pem is a key",
                    remedy: "give \(place.key) another folder")
            }
        }
    }
}

/// A file or folder, and the key that names it or what it lies beside.
private struct Place: Comparable {
    let key: String
    let isOnlyRead: Bool
    /// Where the key stands; nil when it is not written.
    let position: SourcePosition?
    let path: String
    let standard: String

    static let keys = "signature.keys"

    static func all(of configuration: Configuration, _ root: TOMLNode) -> [Place] {
        var places: [Place] = []
        func add(
            _ key: String, _ paths: String?..., in name: String? = nil, isOnlyRead: Bool = false
        ) {
            var steps = key.split(separator: ".").map(String.init)
            if let name { steps.insert(name, at: 1) }
            let position = root.place(of: steps)
            places += paths.compactMap { $0 }.map {
                Place(key, position, $0, isOnlyRead: isOnlyRead)
            }
        }
        let (signature, state) = (configuration.signature, configuration.state)
        add(keys, signature.keys, signature.keys + "/" + KeyTable.fileName)
        for name in beside { add("state.url", state.file + name) }
        for owner in [ListFolder.Owner.policy, .candidate] {
            add("state.url", ListFolder(state: state.file, of: owner).path)
        }
        if case .file(let file) = state.sealKey { add("state.seal_key", file) }
        if let folder = configuration.journal?.folder {
            add("journal.dir", folder, folder + "/" + JournalFolder.lockName)
        }
        add("egress.ca", configuration.egress?.certificate, configuration.egress?.key)
        add("the configuration", configuration.file, isOnlyRead: true)
        add("policy.file", configuration.policy.file, isOnlyRead: true)
        add("policy.candidate", configuration.policy.candidate, isOnlyRead: true)
        add("outbound.ca_file", configuration.outbound.caFile, isOnlyRead: true)
        for (name, tls) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            add("tls.key", tls.key, in: name, isOnlyRead: true)
            add("tls.cert", tls.certificate, in: name, isOnlyRead: true)
            add("tls.client_ca", tls.clientCA, in: name, isOnlyRead: true)
        }
        return places
    }

    /// The state and what is made beside it: by SQLite, for its lock, its count of commits, the newest
    /// checkpoint of the journal, the orders of commands, and the one that takes over.
    private static let beside = [
        "", "-wal", "-shm", "-journal", ".lock", ".mark", ".journal", ".orders", ".sockets",
    ]

    private init(
        _ key: String, _ position: SourcePosition?, _ path: String, isOnlyRead: Bool
    ) {
        self.key = key
        self.isOnlyRead = isOnlyRead
        self.position = position
        self.path = path
        standard = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    func isTakenForKey(in folder: String) -> Bool {
        (standard as NSString).deletingLastPathComponent == folder
            && KeyRing.isKey((standard as NSString).lastPathComponent)
    }

    /// By where their keys stand, those that are not written first.
    static func < (left: Place, right: Place) -> Bool {
        (left.position ?? .start) < (right.position ?? .start)
    }
}

extension TOMLNode {
    /// Where a key stands that is found step by step; nil when it is not written.
    func place(of steps: [String]) -> SourcePosition? {
        var table: TOMLNode? = self
        for step in steps.dropLast() { table = table?[step] }
        guard case .table(let members)? = table?.content else { return nil }
        return members.first { $0.key == steps.last }?.keyPosition
    }
}

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
        own(of: configuration, root) + onlyRead(of: configuration, root)
    }

    private static func own(of configuration: Configuration, _ root: TOMLNode) -> [Place] {
        let state = configuration.state.file
        var places: [(key: String, steps: [String], paths: [String])] = [
            (keys, ["signature", "keys"], names(of: configuration.signature)),
            (
                "state.url", ["state", "url"],
                beside.map { state + $0 }
                    + [ListFolder.Owner.policy, .candidate].map {
                        ListFolder(state: state, of: $0).path
                    }
            ),
        ]
        if case .file(let file) = configuration.state.sealKey {
            places.append(("state.seal_key", ["state", "seal_key"], [file]))
        }
        if let journal = configuration.journal {
            places.append(
                (
                    "journal.dir", ["journal", "dir"],
                    [journal.folder, journal.folder + "/" + JournalFolder.lockName]
                ))
        }
        if let egress = configuration.egress {
            places.append(("egress.ca", ["egress", "ca"], [egress.certificate, egress.key]))
        }
        return places.flatMap { key, steps, paths in
            paths.map { Place(key, root.place(of: steps), $0) }
        }
    }

    private static func onlyRead(of configuration: Configuration, _ root: TOMLNode) -> [Place] {
        let policy = configuration.policy
        var places: [(key: String, steps: [String], path: String?)] = [
            ("the configuration", [], configuration.file),
            ("policy.file", ["policy", "file"], policy.file),
            ("policy.candidate", ["policy", "candidate"], policy.candidate),
            ("outbound.ca_file", ["outbound", "ca_file"], configuration.outbound.caFile),
        ]
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            let files: [(word: String, path: String?)] = [
                ("key", settings.key), ("cert", settings.certificate),
                ("client_ca", settings.clientCA),
            ]
            for (word, path) in files {
                places.append(("tls.\(word)", ["tls", name, word], path))
            }
        }
        return places.compactMap { key, steps, path in
            path.map { Place(key, root.place(of: steps), $0, isOnlyRead: true) }
        }
    }

    /// The state and what is made beside it: by SQLite, for its lock, its count of commits, the newest
    /// checkpoint of the journal, the orders of commands, and the one that takes over.
    private static let beside = [
        "", "-wal", "-shm", "-journal", ".lock", ".mark", ".journal", ".orders", ".sockets",
    ]

    private static func names(of settings: Configuration.SignatureSettings) -> [String] {
        [settings.keys, settings.keys + "/" + KeyTable.fileName]
    }

    private init(
        _ key: String, _ position: SourcePosition?, _ path: String, isOnlyRead: Bool = false
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
    fileprivate func place(of steps: [String]) -> SourcePosition? {
        var table: TOMLNode? = self
        for step in steps.dropLast() { table = table?[step] }
        guard case .table(let members)? = table?.content else { return nil }
        return members.first { $0.key == steps.last }?.keyPosition
    }
}

/// Hosts that stand for all others: whatever host there is, one of these is in exactly the same of
/// the given patterns.
///
/// Patterns name a host, what is below it, or both, so the hosts to look at are each name itself, one
/// below it that no pattern names, and one that is nowhere; each on every port that a pattern of it
/// names, and on one that none does.
struct HostClasses {
    private(set) var hosts: [PeerHost] = []

    init(_ patterns: some Sequence<HostPattern>) {
        var ports: [String: Set<UInt16>] = [:]
        for pattern in patterns {
            ports[pattern.name, default: []].formUnion(pattern.port.map { [$0] } ?? [])
        }
        let names = Set(ports.keys)
        add(Self.elsewhere(names), on: [])
        for name in names.sorted() {
            let all = Self.parents(of: name).reduce(into: Set<UInt16>()) { all, parent in
                all.formUnion(ports[parent] ?? [])
            }
            add(PeerHost(name), on: all)
            add(Self.below(name, not: names), on: all)
        }
    }

    private mutating func add(_ host: PeerHost?, on ports: Set<UInt16>) {
        guard let host else { return }
        var other: UInt16 = 443
        while ports.contains(other) { other = other == 443 ? 8443 : other + 1 }
        for port in [other] + ports.sorted() {
            if let host = PeerHost("\(host.name):\(port)") { hosts.append(host) }
        }
    }

    /// The name and all that it is below of.
    private static func parents(of name: String) -> [String] {
        var parents = [name]
        var rest = Substring(name)
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            parents.append(String(rest))
        }
        return parents
    }

    /// A host below `name` that no pattern names; nil where there can be none.
    private static func below(_ name: String, not names: Set<String>) -> PeerHost? {
        guard PeerHost(name)?.kind == .name else { return nil }
        let numbered = (0...names.count).lazy.map { "some\($0)" }
        for label in labels where !names.contains("\(label).\(name)") {
            // A name that is too long for this label may take a shorter one.
            if let host = PeerHost("\(label).\(name)"), host.kind == .name { return host }
        }
        return numbered.first { !names.contains("\($0).\(name)") }.flatMap {
            PeerHost("\($0).\(name)")
        }
    }

    private static func elsewhere(_ names: Set<String>) -> PeerHost? {
        for number in 0... {
            let name = number == 0 ? "elsewhere.example" : "elsewhere.example\(number)"
            if parents(of: name).allSatisfy({ !names.contains($0) }) { return PeerHost(name) }
        }
        return nil
    }

    /// First what people can read, then every label of one and of two characters.
    private static let labels: [String] = {
        let characters = "abcdefghijklmnopqrstuvwxyz0123456789".map { String($0) }
        return ["some", "another"] + characters
            + characters.flatMap { first in characters.map { first + $0 } }
    }()
}

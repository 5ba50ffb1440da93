import Federation
import Transport

/// The readers of paths.
enum PathProperties {
    /// A routed path has one spelling: reading it again changes nothing, nothing in it leads upwards,
    /// and the route tables of all kinds take it.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        if let path = try? TargetPath(bytes[...], rule: .routed) {
            try isSafe(path.text, "routed path")
            let again = try? TargetPath(Array(path.text.utf8)[...], rule: .routed)
            try hold(again == path, "routed path \(path) reads as \(again?.text ?? "nothing")")
            try hold(TargetPath(canonical: path.text) == path, "\(path) is not canonical")
            for segment in path.segments {
                try hold(segment != "." && segment != "..", "\(path) has a dot segment")
                try hold(!segment.contains("/"), "\(path) has a slash in a segment")
            }
            for table in tables { _ = table.family(of: path.text) }
        }
        if let path = try? TargetPath(bytes[...], rule: .passThrough) {
            try isSafe(path.text, "path that is passed through")
            let again = try? TargetPath(Array(path.text.utf8)[...], rule: .passThrough)
            try hold(again == path, "passed path \(path) reads as \(again?.text ?? "nothing")")
        }
        try judge(bytes)
    }

    /// A path in visible ASCII without doubled slashes or segments that lead upwards.
    private static func isSafe(_ path: String, _ what: String) throws(Violation) {
        try hold(path.hasPrefix("/"), "\(what) \(path) is relative")
        try hold(!path.contains("//"), "\(what) \(path) has a doubled slash")
        try hold(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(what) \(path) has odd bytes")
        for segment in path.split(separator: "/") {
            try hold(segment != "." && segment != "..", "\(what) \(path) leads upwards")
        }
    }

    private static let tables =
        BackendKind.allCases.map { RouteTable(kind: $0) }
        + [
            RouteTable(kind: .generic, isPlaceKnown: false),
            RouteTable(kind: .generic, endPoint: "/cloud/ocm", otherFolders: .closed),
        ]

    /// What is passed through leads to no route of ours, also after a second decoding.
    private static func judge(_ bytes: [UInt8]) throws(Violation) {
        let leads = { (path: String) in path.hasPrefix("/ocm/") ? "ocm" : nil }
        guard bytes.first == 0x2F,
            let judgement = try? PathJudgement.of(bytes[...], route: leads)
        else { return }
        switch judgement {
        case .routed(let path, let route):
            try hold(route == leads(path.text), "\(path) is routed to \(route)")
        case .passThrough(let path):
            try hold(leads(path.text) == nil, "\(path) is passed through, and leads to a route")
            let decoded = "/" + path.segments.joined(separator: "/")
            try hold(leads(decoded) == nil, "\(path) leads to a route when decoded")
        }
    }
}

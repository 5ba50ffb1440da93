/// What proxies do to the address of a request: edits that undo it, the likely ones first.
struct AddressEdits {
    let sketch: RequestSketch
    let surroundings: Surroundings

    /// Hosts and ports.
    var authorities: [Edit] {
        let seen = sketch.text("host") ?? sketch.origin.authority
        let names =
            surroundings.origins.map(\.authority) + [seen]
            + forwarded("x-forwarded-host", "host") + values(of: "x-original-host")
        let ports = forwarded("x-forwarded-port", nil)
        var tried: [String] = []
        for name in names where surroundings.admits(name) {
            let host = Origin.hostName(of: name)
            let all = [name, host] + ports.map { "\(host):\($0)" } + ["\(host):443", "\(host):80"]
            for authority in all where !tried.contains(authority) { tried.append(authority) }
        }
        return tried.compactMap { authority in
            guard let origin = Origin(scheme: sketch.origin.scheme, authority: authority),
                origin != sketch.origin || authority != seen
            else { return nil }
            let other = authority == seen ? sketch.origin.authority : seen
            return Edit(
                distortion: Distortion(
                    Self.kind(of: authority, seen: other), signed: authority, seen: other),
                part: .authority(authority))
        }
    }

    private static func kind(of authority: String, seen: String) -> Distortion.Kind {
        if authority == seen.lowercased() { return .letterCase }
        return Origin.hostName(of: authority) == Origin.hostName(of: seen.lowercased())
            ? .port : .host
    }

    /// The other scheme.
    var schemes: [Edit] {
        let other = sketch.origin.scheme == "https" ? "http" : "https"
        return [
            Edit(
                distortion: Distortion(.scheme, signed: other, seen: sketch.origin.scheme),
                part: .scheme(other))
        ]
    }

    /// Paths, queries, and both.
    var targets: [Edit] {
        let alone = paths.map { path in
            Edit(
                distortion: Distortion(path.kind, signed: path.text, seen: sketch.path),
                part: .target(path: path.text, query: sketch.query))
        }
        return alone + queries + whole
    }

    private var paths: [(kind: Distortion.Kind, text: String)] {
        let path = sketch.path
        var paths: [(kind: Distortion.Kind, text: String)] = []
        paths.append((.indexPHPRemoved, Self.frontController + path))
        if path.hasPrefix(Self.frontController + "/") {
            paths.append((.indexPHPAdded, String(path.dropFirst(Self.frontController.count))))
        }
        if path.hasSuffix("/") {
            paths.append((.slashAdded, String(path.dropLast())))
        } else {
            paths.append((.slashRemoved, path + "/"))
        }
        if path.contains("//") {
            paths.append((.slashDoubled, Self.merged(path)))
        }
        for place in path.indices where path[place] == "/" {
            guard paths.count < Self.maximumPaths else { break }
            paths.append((.slashesMerged, path[..<place] + "/" + path[place...]))
        }
        for prefix in values(of: "x-forwarded-prefix") where prefix.hasPrefix("/") {
            let trimmed = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
            paths.append((.prefixRemoved, trimmed + path))
        }
        return Array(paths.prefix(Self.maximumPaths))
    }

    /// Queries are told by their presence only: they may hold what nobody is to read.
    private var queries: [Edit] {
        let path = sketch.path
        guard sketch.query == nil else {
            return [
                Edit(distortion: Distortion(.queryAdded), part: .target(path: path, query: nil))
            ]
        }
        return ["format=json", ""].map {
            Edit(distortion: Distortion(.queryDropped), part: .target(path: path, query: $0))
        }
    }

    /// Targets that a proxy says it has rewritten.
    private var whole: [Edit] {
        let names = ["x-original-uri", "x-original-url", "x-rewrite-url", "x-forwarded-uri"]
        return names.flatMap(values(of:)).compactMap { text in
            guard text.hasPrefix("/") else { return nil }
            let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let path = String(parts[0])
            let query = parts.count > 1 ? String(parts[1]) : nil
            let kind: Distortion.Kind =
                path == sketch.path
                ? (sketch.query == nil ? .queryDropped : .queryAdded) : .targetRewritten
            let told = kind == .targetRewritten
            return Edit(
                distortion: Distortion(
                    kind, signed: told ? path : "", seen: told ? sketch.path : ""),
                part: .target(path: path, query: query))
        }
    }

    /// The values of a forwarding field, and of the same parameter of `Forwarded` (RFC 7239).
    private func forwarded(_ name: String, _ parameter: String?) -> [String] {
        guard let parameter else { return values(of: name) }
        let elements = values(of: "forwarded").flatMap { $0.split(separator: ";") }
            .prefix(4 * Self.maximumValues)
        let found = elements.compactMap { element -> String? in
            let parts = element.split(separator: "=", maxSplits: 1)
            guard parts.count == 2,
                parts[0].trimmed.lowercased() == parameter
            else { return nil }
            return String(parts[1].trimmed.filter { $0 != "\"" })
        }
        return values(of: name) + found
    }

    /// The elements of a field; few are looked at.
    private func values(of name: String) -> [String] {
        guard let text = sketch.text(name) else { return [] }
        return text.split(separator: ",").prefix(Self.maximumValues).map { String($0.trimmed) }
    }

    private static func merged(_ path: String) -> String {
        var merged: [UInt8] = []
        for byte in path.utf8 where byte != UInt8(ascii: "/") || merged.last != byte {
            merged.append(byte)
        }
        return String(decoding: merged, as: UTF8.self)
    }

    /// Where PHP servers have their front controller.
    private static let frontController = "/index.php"
    private static let maximumPaths = 16
    private static let maximumValues = 4
}

extension Substring {
    /// Without spaces at either end.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}

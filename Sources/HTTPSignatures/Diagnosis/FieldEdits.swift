import OpenSSL

/// What proxies do to signed fields, and signers get wrong about them: edits that undo it.
struct FieldEdits {
    let sketch: RequestSketch
    let body: [UInt8]
    /// Bodies that may have been the signer's, when the digest is of another than came.
    let bodies: [SuspectBody]
    /// The signed fields, in lower case.
    let covered: [String]
    /// Unix seconds, as the signature says.
    let created: Int?

    /// One list for each field: of each list one edit at most is made.
    var lists: [[Edit]] {
        var lists: [[Edit]] = [methods]
        if covered.contains("content-type") { lists.append(contentTypes) }
        if covered.contains("content-length") { lists.append(contentLengths) }
        lists += removed
        lists += covered.filter { !$0.hasPrefix("@") && !$0.hasPrefix("(") }.map(spaced)
        return lists.filter { !$0.isEmpty }
    }

    private var methods: [Edit] {
        let other = sketch.method.lowercased()
        guard other != sketch.method else { return [] }
        return [
            Edit(
                distortion: Distortion(.letterCase, signed: other, seen: sketch.method),
                part: .method(other))
        ]
    }

    private var contentTypes: [Edit] {
        let seen = sketch.text("content-type")
        let media = (seen ?? "application/json").prefix { $0 != ";" && $0 != " " }
        let known =
            ["", ";charset=utf-8", "; charset=utf-8", ";charset=UTF-8", "; charset=UTF-8"]
            .map { media + $0 } + ["application/json", "application/x-www-form-urlencoded"]
        return known.filter { $0 != seen }.map { value in
            Edit(
                distortion: Distortion(.contentType, signed: value, seen: seen ?? ""),
                part: .field("content-type", value))
        }
    }

    private var contentLengths: [Edit] {
        guard let seen = sketch.text("content-length") else { return [] }
        var lengths: [String] = []
        for count in [body.count] + bodies.map(\.bytes.count) {
            let text = String(count)
            if text != seen, !lengths.contains(text) { lengths.append(text) }
        }
        return lengths.map { length in
            Edit(
                distortion: Distortion(.contentLength, signed: length, seen: seen),
                part: .field("content-length", length))
        }
    }

    /// Signed fields that are not there and whose value follows from the rest.
    private var removed: [[Edit]] {
        covered.filter { name in !sketch.fields.contains { $0.name == name } }.map { name in
            values(of: name).map { value in
                Edit(
                    distortion: Distortion(.fieldRemoved, signed: name),
                    part: .field(name, value))
            }
        }
    }

    private func values(of name: String) -> [String] {
        switch name {
        case "content-length": [String(body.count)]
        case "content-digest":
            [Hash.sha256, .sha512].map { ContentDigest(of: body, [$0]).text }
        case "digest": [Hash.sha256, .sha512].map { Digest(of: body, $0).text }
        case "host": [sketch.origin.authority]
        case "date":
            created.map { created in
                [0, 1, -1, 2, -2].compactMap { HTTPDate.text(created + $0) }
            } ?? []
        case _: []
        }
    }

    /// A field with other spaces around its commas and semicolons, or in lower case.
    private func spaced(_ name: String) -> [Edit] {
        guard let seen = sketch.text(name), seen.utf8.count <= Self.longestTidied else { return [] }
        let tight = Self.tight(seen)
        let commas = tight.map { $0 == "," ? ", " : String($0) }.joined()
        let both = tight.map { $0 == "," || $0 == ";" ? "\($0) " : String($0) }.joined()
        // By its name: its value may be a secret.
        let spaced = [tight, commas, both].filter { $0 != seen }.map { value in
            Edit(
                distortion: Distortion(.whitespace, signed: name),
                part: .field(name, value))
        }
        let lower = seen.lowercased()
        guard lower != seen, name == "host" || name == "content-type" else { return spaced }
        return spaced + [
            Edit(
                distortion: Distortion(.letterCase, signed: lower, seen: seen),
                part: .field(name, lower))
        ]
    }

    private static func tight(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == " ", result.last.map({ ",; ".contains($0) }) ?? true { continue }
            if ",;".contains(character) { while result.last == " " { result.removeLast() } }
            result.append(character)
        }
        return result
    }

    /// Bytes.
    private static let longestTidied = 512
}

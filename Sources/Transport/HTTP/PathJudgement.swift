/// Whether a request's path is one that policy hangs on, or the backend's own business.
///
/// A backend may read a path in other ways than we do: decode twice, cut off `;parameters`, take a
/// backslash for a slash, stop at NUL. So what would be forwarded is judged by every way of reading
/// it: a routed path must lead to the same route, or to none, in all of them, and a path that is
/// passed through must lead to none. Otherwise it is refused (`alias`).
package enum PathJudgement<Route: Equatable & Sendable>: Equatable, Sendable {
    case routed(TargetPath, Route)
    case passThrough(TargetPath)

    /// Judges the raw path of a request target, which is a path of at least `/`.
    ///
    /// Refused: what ``TargetPath`` refuses, and what leads to a route in one reading and elsewhere in another
    /// (`alias`).
    ///
    /// - Parameter route: where a path leads, nil when to no route of ours. It gets paths in the
    ///   spelling of `TargetPath.text`, and decoded readings, so it must cope with any text. What it
    ///   gives must not vary with the parts of a path that name a file.
    package static func of(
        _ raw: ArraySlice<UInt8>, route: (String) -> Route?
    ) throws(PathFailure) -> PathJudgement {
        // What everyone reads in one way needs no second look.
        if let path = TargetPath(ordinary: raw) {
            return route(path.text).map { .routed(path, $0) } ?? .passThrough(path)
        }
        return try ofOdd(raw, route: route)
    }

    /// The same of a path that is not ordinary.
    package static func ofOdd(
        _ raw: ArraySlice<UInt8>, route: (String) -> Route?
    ) throws(PathFailure) -> PathJudgement {
        let strict: Result<TargetPath, PathFailure>
        do { strict = .success(try TargetPath(raw, rule: .routed)) } catch {
            strict = .failure(error)
        }
        if case .success(let path) = strict, let found = route(path.text) {
            let readings = PathReadings.of(Array(path.text.utf8)[...])
            guard readings.allSatisfy({ [nil, found].contains(route($0)) }) else { throw .alias }
            return .routed(path, found)
        }
        let path: Result<TargetPath, PathFailure>
        do { path = .success(try TargetPath(raw, rule: .passThrough)) } catch {
            path = .failure(error)
        }
        var readings = PathReadings.of(raw)
        // What goes on has its slashes merged and is without `.`, and may be read in other ways for it.
        if case .success(let merged) = path, merged.text.utf8.count != raw.count {
            readings.formUnion(PathReadings.of(Array(merged.text.utf8)[...]))
        }
        // What would be routed in some reading is told by its strict fault, if it has one.
        if readings.contains(where: { route($0) != nil }) {
            _ = try strict.get()
            throw .alias
        }
        return .passThrough(try path.get())
    }
}

/// The ways in which servers are known to read a path.
enum PathReadings {
    /// All readings of a path; one, for ordinary paths.
    static func of(_ raw: ArraySlice<UInt8>) -> Set<String> {
        if let path = TargetPath(ordinary: raw) { return [path.text] }
        var readings: Set<String> = []
        var decoded = Array(raw)
        // As a server reads it that cuts parameters off before it decodes.
        var cut = decoded
        for _ in 0..<TargetPath.rounds {
            cut = withoutParameters(cut)
            for bytes in [decoded, withoutParameters(decoded), cut] {
                // A server behind may cut what was encoded as it would what was not.
                let ended = bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
                for reading in [bytes, Array(bytes.prefix { $0 != 0 }), Array(ended)] {
                    readings.insert(text(reading))
                    readings.insert(text(reading.map { $0 == 0x5C ? 0x2F : $0 }))
                    readings.insert(text(resolved(reading)))
                }
            }
            let next = TargetPath.decode(decoded[...])
            if next == decoded { break }
            decoded = next
            cut = TargetPath.decode(cut[...])
        }
        return readings
    }

    /// Backslashes as slashes, slashes merged, dot segments followed.
    private static func resolved(_ path: [UInt8]) -> [UInt8] {
        let slashes = path.map { $0 == 0x5C ? 0x2F : $0 }
        var segments: [ArraySlice<UInt8>] = []
        for segment in slashes.split(separator: 0x2F) {
            if segment.elementsEqual([0x2E, 0x2E]) {
                segments.removeLast(min(1, segments.count))
            } else if !segment.elementsEqual([0x2E]) {
                segments.append(segment)
            }
        }
        var output = segments.flatMap { [0x2F] + $0 }
        let last = slashes.lastIndex(of: 0x2F).map { slashes[($0 + 1)...] } ?? slashes[...]
        if TargetPath.isOdd(last) || output.isEmpty { output.append(0x2F) }
        return output
    }

    private static func withoutParameters(_ path: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var skips = false
        for byte in path {
            if byte == 0x3B { skips = true }
            if byte == 0x2F || byte == 0x5C { skips = false }
            if !skips { output.append(byte) }
        }
        return output
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// How the policy gets at files; the caller injects it, so that reading a policy stays pure.
package struct PolicyFiles: Sendable {
    /// The bytes of a file, or nil when there is none of this name; throws when it cannot be read.
    package let read: @Sendable (_ path: String) throws -> [UInt8]?

    package init(read: @escaping @Sendable (_ path: String) throws -> [UInt8]?) {
        self.read = read
    }

    /// A path as written in `file`: relative ones start in the folder of that file.
    static func resolve(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// `policy.toml` has its tests also in `policy.test.toml`.
    package static func tests(beside file: String) -> String? {
        guard file.hasSuffix(".toml"), !file.hasSuffix(".test.toml") else { return nil }
        return String(file.dropLast(5)) + ".test.toml"
    }

    /// The bytes, or nil after a report of why there are none.
    func bytes(
        _ path: String, named written: String, at place: SourcePosition, _ findings: Findings
    )
        -> [UInt8]?
    {
        do {
            if let bytes = try read(path) { return bytes }
            findings.report(place, "there is no file \(quoted(written))")
        } catch {
            findings.report(place, "the file \(quoted(written)) cannot be read: \(error)")
        }
        return nil
    }
}

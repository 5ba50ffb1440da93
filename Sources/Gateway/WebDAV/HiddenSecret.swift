import Federation
import OpenSSL
import Transport

/// The permanent secret in the path that the backend gets, where the reader's has a code of ours.
///
/// Nothing of an answer tells it: the `href`s of a `multistatus` name the path, and so may names,
/// the messages of errors and fields such as `Location`. What passes as it is, is the file alone.
struct HiddenSecret: Sendable {
    /// The root of the share at the backend, without a slash at its end.
    let root: String
    /// What the reader takes for it.
    private let told: String
    private let replacement: SecretReplacement

    /// - Parameters:
    ///   - code: what the path of the reader has in its place.
    ///   - told: the reader's path, up to the code and with it.
    ///   - prefix: what stands before it on both sides.
    init(_ secret: Secret, behind code: Secret, told: String, below prefix: String) {
        root = "\(prefix)/\(percentEncoded(secret.text))"
        self.told = told
        replacement = SecretReplacement(of: secret.text, by: percentEncoded(code.text))
    }

    /// A path of the reader's, at the backend.
    func inside(_ path: String) -> String {
        guard let rest = path.rest(below: told) else { return path }
        return root + rest
    }

    /// What changes in an answer to a request by this method.
    ///
    /// - Parameter hosts: whose absolute URLs are meant too.
    func edit(_ head: ResponseHead, to method: Method, hosts: Set<PeerHost>) -> HeadEdit {
        guard head.mayTell(answering: method) else { return replacement.edit(head, body: nil) }
        var body = replacement
        if head.namesPaths(answering: method.onData) {
            body.paths = MultistatusTransform(
                from: root, to: told, hosts: hosts, bareRoot: .asItIs)
        }
        return replacement.edit(head, body: body)
    }

    /// Refused (`backend_unavailable`): a body in a content coding, or a part of one, which was not asked
    /// for and in which nothing can be found.
    func refuseCoding(_ head: ResponseHead, to method: Method) throws(Denial) {
        try replacement.refuseCoding(head, to: method)
    }
}

extension ResponseHead {
    /// Whether bytes of a body may follow.
    var hasBody: Bool {
        switch body {
        case .none, .tunnel, .length(0): false
        case .length, .chunked, .untilClose: true
        }
    }

    /// Whether there is a body that is not the file itself.
    fileprivate func mayTell(answering method: Method) -> Bool {
        hasBody && (method != .get || !(200...206).contains(status))
    }

    /// Whether a letter of the body is said to be several bytes.
    fileprivate var isWide: Bool {
        fields.values(of: .contentType).contains { value in
            let type = String(decoding: value, as: UTF8.self).lowercased()
            return ["utf-16", "utf-32", "ucs-"].contains { type.contains($0) }
        }
    }

    /// Refused (`backend_unavailable`): a body in a content coding, which was not asked for and is not
    /// read here (RFC 9110, section 12.5.3).
    func refuseCoding() throws(Denial) {
        if isCoded { throw Denial(.backendUnavailable, "the answer is in a content coding") }
    }

    /// Refused (`backend_unavailable`): a part of a body, which was not asked for and may begin or end within
    /// a secret.
    func refusePart() throws(Denial) {
        if status == 206 { throw Denial(.backendUnavailable, "the answer is a part of one") }
    }
}

/// Puts a code in the place of a secret wherever that stands in a body, as text or as a path has it, and
/// where asked for as the id of a file has it.
///
/// Kept back is at most the beginning of a secret.
struct SecretReplacement: BodyTransform {
    /// Done before, since servers escape more or fewer characters of a path than we do.
    var paths: MultistatusTransform?
    /// The shorter ones first.
    private let forms: [Form]
    private var kept: [UInt8] = []

    /// A spelling of the secret, and what takes its place.
    private struct Form: Sendable {
        let text: [UInt8]
        let code: [UInt8]
    }

    /// Where a server writes a secret.
    enum Places: Sendable {
        case texts
        /// In the ids of files as well, where a longer text is in base32.
        case textsAndIDs
    }

    /// In base32 a shorter one would be found in what has nothing to do with it.
    private static let shortestInIDs = 8

    /// - Parameter code: empty, to take the secret out; as the segment of a path, with the slash before it.
    init(of secret: String, by code: String, in places: Places = .texts) {
        let encoded = percentEncoded(secret)
        var texts = secret == encoded ? [secret] : [secret, encoded]
        if code.isEmpty, !secret.isEmpty { texts += texts.map { "/" + $0 } }
        let bytes = Array(code.utf8)
        let plain = texts.map { Form(text: Array($0.utf8), code: bytes) }
        switch places {
        case .textsAndIDs where secret.utf8.count >= Self.shortestInIDs:
            let coded = Base32.encoded(bytes)
            forms = plain + Base32.within(Array(secret.utf8)).map { Form(text: $0, code: coded) }
        case .texts, .textsAndIDs: forms = plain
        }
    }

    mutating func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> [UInt8] {
        if let mapped = try paths?.push(bytes) {
            kept += mapped
        } else {
            for index in bytes.indices { kept.append(bytes[index]) }
        }
        return takeSettled()
    }

    mutating func finish() throws(BodyTransformFailure) -> [UInt8] {
        if let mapped = try paths?.finish() { kept += mapped }
        return takeAll()
    }

    /// What changes in an answer: all fields that tell the secret, and its body, if anything of that may.
    func edit(_ head: ResponseHead, body: (any BodyTransform)?) -> HeadEdit {
        var names: [String] = []
        head.fields.forEach { name, value in
            if !names.contains(name), replaced(value) != value { names.append(name) }
        }
        var fields: [(name: FieldName, value: String)] = []
        for name in names.map({ FieldName($0) }) {
            for value in head.fields.values(of: name) {
                // What is no text is left out.
                guard let text = String(validating: replaced(value), as: UTF8.self) else {
                    continue
                }
                fields.append((name, text))
            }
        }
        return HeadEdit(remove: names.map { FieldName($0) }, add: fields, transform: body)
    }

    /// What changes in an answer to a request by this method, but for the file itself.
    ///
    /// - Parameter told: what the paths in its body go through, the secret being out of them.
    func edit(
        _ head: ResponseHead, to method: Method, then told: MultistatusTransform?
    ) -> HeadEdit {
        guard head.mayTell(answering: method) else { return edit(head, body: nil) }
        guard let told else { return edit(head, body: self) }
        return edit(head, body: ReplacedPaths(replacement: self, paths: told))
    }

    /// Refused (`backend_unavailable`): a body in a content coding, or a part of one, which was not asked
    /// for, or one in a charset without ASCII's bytes; in none can anything be found.
    func refuseCoding(_ head: ResponseHead, to method: Method) throws(Denial) {
        guard head.mayTell(answering: method) else { return }
        try head.refuseCoding()
        try head.refusePart()
        guard !head.isWide else {
            throw Denial(.backendUnavailable, "the answer is in a charset that is not read here")
        }
    }

    /// A whole text, such as the value of a field.
    func replaced(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var whole = self
        whole.kept = Array(text)
        return whole.takeAll()[...]
    }

    /// All of it: nothing follows, so the beginning of a secret is none.
    private mutating func takeAll() -> [UInt8] {
        var output = takeSettled()
        while !kept.isEmpty {
            output.append(kept.removeFirst())
            output += takeSettled()
        }
        return output
    }

    /// What cannot be the beginning of a secret any more.
    private mutating func takeSettled() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(kept.count)
        var index = 0
        scan: while index < kept.count {
            for form in forms where form.text.first == kept[index] {
                let piece = kept[index...].prefix(form.text.count)
                guard form.text.starts(with: piece) else { continue }
                if piece.count < form.text.count { break scan }
                output += form.code
                index += form.text.count
                continue scan
            }
            output.append(kept[index])
            index += 1
        }
        kept.removeFirst(index)
        return output
    }
}

/// Paths that are the reader's only once the secret is out of them.
private struct ReplacedPaths: BodyTransform {
    var replacement: SecretReplacement
    var paths: MultistatusTransform

    mutating func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> [UInt8] {
        let replaced = try replacement.push(bytes)
        return try paths.push(replaced.span)
    }

    mutating func finish() throws(BodyTransformFailure) -> [UInt8] {
        let rest = try replacement.finish()
        return try paths.push(rest.span) + paths.finish()
    }
}

import Federation
import Transport

/// `MultistatusRewriter` on an answer that streams through.
struct MultistatusTransform: BodyTransform {
    private var rewriter: MultistatusRewriter

    /// - Parameters:
    ///   - from: the root of paths as the server has it, without a slash at its end.
    ///   - to: as the client knows it, likewise.
    ///   - hosts: whose absolute URLs are meant too.
    init(
        from: String, to: String, hosts: Set<PeerHost>, bareRoot: HrefMapping.BareRoot = .folder
    ) {
        rewriter = MultistatusRewriter(from: from, to: to, hosts: hosts, bareRoot: bareRoot)
    }

    mutating func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> [UInt8] {
        do { return try rewriter.push(bytes) } catch { throw BodyTransformFailure() }
    }

    mutating func finish() throws(BodyTransformFailure) -> [UInt8] {
        do { return try rewriter.finish() } catch { throw BodyTransformFailure() }
    }
}

extension ResponseHead {
    /// Whether the body of an answer names paths: that of a `multistatus`, that of LOCK, which tells of
    /// the lock, and that of an error, which tells of the one in the way (RFC 4918, sections 13, 9.10.1
    /// and 16). What is said to be something else, as a page for people is, names none.
    func namesPaths(answering method: DAVMethod?) -> Bool {
        switch status {
        case 207: true
        case 200, 201: method == .lock && (isXML || !fields.contains(.contentType))
        case 409, 423: isXML
        case _: false
        }
    }

    /// Whether the body is said to be XML (RFC 7303).
    private var isXML: Bool {
        switch fields.text(.contentType)?.prefix(while: { $0 != ";" && $0 != " " }).lowercased() {
        case "application/xml", "text/xml": true
        case _: false
        }
    }
}

extension FieldName {
    /// Conditions that may name resources (RFC 4918, section 10.4).
    static let `if` = FieldName("if")
}

extension RequestHead {
    /// `If` with other URLs in its tags; nil for a field without tags, and for none.
    ///
    /// Refused: a field that is there twice, or cannot be read, and what `map` refuses.
    func mappedCondition(
        _ map: (ArraySlice<UInt8>) throws(Denial) -> String
    ) throws(Denial) -> String? {
        guard fields.contains(.if) else { return nil }
        guard let value = fields.only(.if) else {
            throw Denial(.malformedRequest, "If is there twice")
        }
        let field = try IfField(value)
        return field.isTagged ? try field.mapped(map) : nil
    }
}

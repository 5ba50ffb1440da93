import OpenSSL

/// A signed document (RFC 7515) in any of its serialisations: compact, flattened JSON, general JSON.
/// The content is inside, or detached (appendix F: the payload is left empty, or out).
///
/// Nothing here is trusted before `ListSignature` has verified it.
struct JWS {
    /// One of its signatures, and the header that it covers.
    struct Signature {
        /// As it was signed: base64url.
        let protected: String
        let header: JSONObject
        let bytes: [UInt8]
    }

    /// What is signed: in the document, or beside it (RFC 7515, appendix F).
    enum Payload {
        /// As it was signed: base64url.
        case attached(String)
        case detached
    }

    let payload: Payload
    let signatures: [Signature]

    /// Refused: what is no JWS, more than eight signatures, a header that is not strict JSON, is
    /// absent, or has a name that also stands unprotected; `crit` (no extension is known here).
    init(_ document: [UInt8]) throws(ListDefect) {
        guard document.count <= ListContents.longest * 2 else {
            throw ListDefect("a JWS of more than \(ListContents.longest * 2) bytes")
        }
        let text = document.drop(while: \.isWhiteSpace)
        if text.first == UInt8(ascii: "{") {
            try self.init(json: document)
        } else {
            try self.init(compact: text)
        }
    }

    /// RFC 7515, section 3.1.
    private init(compact text: ArraySlice<UInt8>) throws(ListDefect) {
        var text = text
        while let last = text.last, last.isWhiteSpace { text = text.dropLast() }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, text.allSatisfy({ $0 < 0x80 }) else {
            throw ListDefect("this is not signed: it is no JWS (RFC 7515)")
        }
        let words = parts.map { String(decoding: $0, as: UTF8.self) }
        payload = words[1].isEmpty ? .detached : .attached(words[1])
        signatures = [try Self.signature(words[0], words[2], unprotected: nil)]
    }

    /// RFC 7515, section 7.2.
    private init(json document: [UInt8]) throws(ListDefect) {
        // An unprotected header may hold a JWK with a chain of certificates.
        let limits = JSONLimits(bytes: ListContents.longest * 2, depth: 8, values: 1000)
        let root = try ListJSON(document, limits).root
        guard let object = root.object else { throw ListDefect("this is no JWS (RFC 7515)") }
        guard object["signature"] != nil || object["signatures"] != nil else {
            throw ListDefect("this is not signed: it has no \"signature\"")
        }
        switch object["payload"] {
        case nil, .string("")?: payload = .detached
        case .string(let text)?: payload = .attached(text)
        default:
            throw ListDefect(
                "the payload is no string: what was signed has to be there byte for byte, as "
                    + "base64url (RFC 7515, section 7.2.1)", at: .member("payload"))
        }
        if object["signature"] != nil {
            // Section 7.2.2: the two forms must not be mixed.
            guard object["signatures"] == nil else {
                throw ListDefect("both \"signature\" and \"signatures\"")
            }
            signatures = [try Self.signature(object, "")]
            return
        }
        guard let list = object["signatures"]?.array, !list.isEmpty,
            list.count <= Self.mostSignatures, object["protected"] == nil, object["header"] == nil
        else {
            throw ListDefect(
                "\"signatures\" is no array of one to \(Self.mostSignatures) signatures")
        }
        var signatures: [Signature] = []
        for (place, value) in list.enumerated() {
            let name = "signatures[\(place)]."
            guard let object = value.object else {
                throw ListDefect("no signature", at: .member(name))
            }
            signatures.append(try Self.signature(object, name))
        }
        self.signatures = signatures
    }

    private static func signature(
        _ object: JSONObject, _ path: String
    ) throws(ListDefect) -> Signature {
        guard let protected = object["protected"]?.string else {
            throw ListDefect(
                "there is no protected header as base64url: an algorithm that is not signed could "
                    + "be any", at: .member("\(path)protected"))
        }
        guard let signature = object["signature"]?.string else {
            throw ListDefect("there is no signature", at: .member("\(path)signature"))
        }
        var unprotected: JSONObject?
        if let value = object["header"] {
            guard let header = value.object else {
                throw ListDefect("the header is no object", at: .member("\(path)header"))
            }
            unprotected = header
        }
        return try self.signature(protected, signature, unprotected: unprotected)
    }

    private static func signature(
        _ protected: String, _ signature: String, unprotected: JSONObject?
    ) throws(ListDefect) -> Signature {
        guard protected.utf8.count <= longestHeader, let text = Base64.decodeURL(protected),
            let header = (try? JSONValue(parsing: text, limits: Self.headerLimits))?.object
        else {
            throw ListDefect("the protected header is not strict JSON in base64url")
        }
        guard header["crit"] == nil else {
            throw ListDefect("the signature demands extensions (\"crit\"), and none is known here")
        }
        for member in unprotected?.members ?? [] where header[member.name] != nil {
            throw ListDefect("\(quoted(member.name)) stands in both headers")
        }
        guard !signature.isEmpty, signature.utf8.count <= longestSignature,
            let bytes = Base64.decodeURL(signature)
        else { throw ListDefect("the signature is empty or no base64url") }
        return Signature(protected: protected, header: header, bytes: bytes)
    }

    private static let mostSignatures = 8
    /// Bytes of base64url.
    private static let longestHeader = 8192
    private static let longestSignature = 4096
    private static let headerLimits = JSONLimits(bytes: longestHeader, depth: 8, values: 200)
}

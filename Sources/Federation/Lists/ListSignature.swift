import HTTPSignatures
import OpenSSL

/// The verification of a signed list: what was signed, and by which pinned key.
struct ListSignature {
    /// What was signed.
    let content: [UInt8]
    let signer: ListKey
    /// `iat` of the protected header.
    let issued: Int?
    /// `exp` of the protected header: from then on it is over.
    let end: Int?
    /// `sub` of the protected header: what the signature is about.
    let subject: String?

    /// Verifies a JWS by pinned keys; `detached` is the content that it is about when it has none
    /// inside.
    ///
    /// One signature by one pinned key is enough, so that a publisher may sign by an old and a new
    /// key. The key decides on the algorithm, and the header must say the same; a `kid` names the
    /// key among those that have one. Keys in the header (`jwk`, `jku`, `x5c`) are never looked at.
    ///
    /// Refused besides what `JWS` refuses: `alg` absent, `none` or symmetric, also when another
    /// signature is good; content both inside and beside, or in neither place; a signature that
    /// is over (`exp`), from the future, or about something else (`sub`).
    static func verify(
        _ document: [UInt8], detached: [UInt8]? = nil, by keys: [ListKey], about: ListPurpose,
        now: Int
    ) throws(ListDefect) -> ListSignature {
        let jws = try JWS(document)
        let payload: String
        let content: [UInt8]
        switch (jws.payload, detached) {
        case (.attached(let text), nil):
            guard let bytes = Base64.decodeURL(text) else {
                throw ListDefect("the payload is no base64url")
            }
            (payload, content) = (text, bytes)
        case (.detached, let bytes?): (payload, content) = (Base64.encodeURL(bytes), bytes)
        case (.attached, _?): throw ListDefect("the signature brings content of its own")
        case (.detached, nil): throw ListDefect("the JWS has no payload")
        }
        for signature in jws.signatures { _ = try algorithm(of: signature) }
        var reason = ListDefect("no signature")
        for signature in jws.signatures {
            do throws(ListDefect) {
                let signer = try verify(signature, payload, keys, now)
                let subject = try Self.subject(of: signature.header)
                if let subject { try about.judge(subject) }
                let (issued, end) = try times(signature.header, now)
                return ListSignature(
                    content: content, signer: signer, issued: issued, end: end, subject: subject)
            } catch { reason = error }
        }
        throw reason
    }

    /// The key by which a signature is good.
    private static func verify(
        _ signature: JWS.Signature, _ payload: String, _ keys: [ListKey], _ now: Int
    ) throws(ListDefect) -> ListKey {
        let id = signature.header["kid"]
        var candidates = keys
        if let id {
            guard let name = id.string else { throw ListDefect("the \"kid\" is no string") }
            candidates = keys.filter { $0.id?.isSame(as: name) ?? true }
            guard !candidates.isEmpty else {
                throw ListDefect(
                    "it is signed by the key \(quoted(String(name.prefix(256)))), which is none of "
                        + "the pinned ones")
            }
        }
        let algorithm = try algorithm(of: signature)
        let input = Array("\(signature.protected).\(payload)".utf8)
        for key in candidates where key.algorithm == algorithm {
            guard
                key.key.isValid(signature: signature.bytes, over: input, algorithm: key.algorithm)
            else { continue }
            guard key.counts(at: now) else {
                throw ListDefect(
                    "the key that signed it (\(key.thumbprint)) has expired, or is not valid yet")
            }
            return key
        }
        guard candidates.contains(where: { $0.algorithm == algorithm }) else {
            throw ListDefect("it is signed by an algorithm that no pinned key has")
        }
        throw ListDefect("the signature is wrong: none of the pinned keys has made it")
    }

    /// The algorithm that a header names; nil for one that we do not know.
    private static func algorithm(
        of signature: JWS.Signature
    ) throws(ListDefect) -> SignatureAlgorithm? {
        guard let name = signature.header["alg"]?.string else {
            throw ListDefect("the protected header names no algorithm")
        }
        let folded = name.lowercased()
        guard folded != "none", !folded.hasPrefix("hs") else {
            throw ListDefect("the algorithm \(quoted(String(name.prefix(64)))) proves nothing here")
        }
        return SignatureAlgorithm(jose: name)
    }

    /// `sub` of the header.
    private static func subject(of header: JSONObject) throws(ListDefect) -> String? {
        guard let value = header["sub"] else { return nil }
        guard let text = value.string else {
            throw ListDefect("this is no text", at: .member("sub"))
        }
        return text
    }

    /// `iat` and `exp` of the header (RFC 7519, section 5.3, lets them stand there); a part of a
    /// second makes the signature younger, and its life shorter.
    private static func times(
        _ header: JSONObject, _ now: Int
    ) throws(ListDefect) -> (issued: Int?, end: Int?) {
        var times: [String: Int] = [:]
        for (name, rule) in [("iat", FloatingPointRoundingRule.up), ("exp", .down)] {
            guard let value = header[name] else { continue }
            guard let seconds = value.number?.integer(rounded: rule) else {
                throw ListDefect("this is no number of seconds", at: .member(name))
            }
            times[name] = seconds
        }
        if let end = times["exp"], now >= end {
            throw ListDefect("the signature is over (\"exp\")")
        }
        if let issued = times["iat"], issued > now + skew {
            throw ListDefect("the signature is from the future (\"iat\")")
        }
        return (times["iat"], times["exp"])
    }

    /// Seconds that clocks may differ by.
    private static let skew = 300
}

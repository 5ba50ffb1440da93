import HTTPSignatures
import OpenSSL
import Testing

@testable import Federation

/// Lists in a few lines, for the tests of this folder.
enum ListSamples {
    static let now = 1_800_000_000

    static func read(
        _ text: String, _ format: ListFormat, for stance: PeerList.Stance = .block
    ) throws(ListDefect) -> ListContents {
        try ListReading(format, for: stance, .none)
            .contents(Array(text.utf8), signature: nil, now: now)
    }

    /// Why a text is refused; nil when it is not.
    static func defect(
        of text: String, _ format: ListFormat, for stance: PeerList.Stance = .block
    ) -> String? {
        do throws(ListDefect) {
            _ = try read(text, format, for: stance)
            return nil
        } catch { return error.description }
    }

    static func patterns(_ contents: ListContents) -> [String] {
        contents.entries.map(\.words)
    }

    static func entry(_ pattern: String, until: Int? = nil, note: String? = nil) throws -> ListEntry
    {
        ListEntry(pattern: try #require(HostPattern(pattern)), until: until, note: note)
    }

    /// The JWK of a key, with more members behind.
    static func jwk(_ key: PublicKey, id: String? = nil, _ more: String = "") throws -> String {
        let jwk = JWK(
            try VerificationKey(key, algorithm: key.kind.isRSA ? .rsaPKCS1SHA256 : nil), id: id)
        return "{" + jwk.members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
            + more
            + "}"
    }

    static func pinned(_ key: PrivateKey, id: String? = nil, _ more: String = "") throws
        -> [ListKey]
    {
        try ListKey.keys(in: Array(jwk(key.publicKey, id: id, more).utf8))
    }

    /// A JWS with this header, whatever it says, signed as `algorithm` wants it.
    static func jws(
        _ header: String, _ payload: String, _ key: PrivateKey, _ algorithm: SignatureAlgorithm
    ) throws -> (protected: String, payload: String, signature: String) {
        let protected = Base64.encodeURL(Array(header.utf8))
        let body = Base64.encodeURL(Array(payload.utf8))
        let signature = try key.sign(Array("\(protected).\(body)".utf8), algorithm: algorithm)
        return (protected, body, Base64.encodeURL(signature))
    }

    static let directory = #"""
        {"federation":"Mesh","servers":[{"url":"https://N1.mesh.example/","displayName":"One"},
        {"url":"https://n2.mesh.example:4443","displayName":"Two"},
        {"url":"http://192.168.1.1:8080","displayName":""}]}
        """#
}

extension KeyKind {
    var isRSA: Bool { if case .rsa = self { true } else { false } }
}

import Federation
import Transport

extension Configuration {
    /// What makes it weaker than its profile; each begins with the key that says so.
    var weaknesses: [String] {
        let isFirm = profile != .observe
        let accept = signature.accept
        let all: KeyValuePairs = [
            "outbound.allow_private lets peers lead the gateway to addresses inside":
                !outbound.allowPrivate.isEmpty,
            "signature.accept = [] refuses every message that is signed":
                isFirm && accept.isEmpty,
            "signature.accept refuses every message that is signed by RFC 9421":
                isFirm && !accept.isEmpty && !accept.contains(.rfc9421),
            "signature.algorithms = [] refuses every message that is signed":
                isFirm && signature.algorithms.isEmpty,
            "signature.accept takes draft-cavage, strict does not":
                profile == .strict && accept.contains(.cavage),
            "signature.first_seen = \"accept\" takes a peer's new key without a person":
                isFirm && signature.firstSeen == .accept,
            "token.bind = \"none\" lets any peer exchange any code":
                isFirm && token.bind == .none,
            "token.accept_secret takes permanent secrets, strict refuses them":
                profile == .strict && token.acceptSecret != .none,
            "token.accept_secret = \"all\" takes permanent secrets of peers that have tokens":
                profile == .bridge && token.acceptSecret == .all,
            "egress.clients lets everybody use the proxy, who then speak in the site's name":
                egress?.clients.contains { $0.prefix == 0 } ?? false,
            "egress.sign = false sends messages without a signature":
                isFirm && egress?.signing == .off,
            "egress.other = \"tunnel\" lets the backend reach every server unseen":
                profile == .strict && egress?.other == .tunnel,
            "journal.dir = \"\": no decision is recorded": journal == nil,
        ]
        return all.filter(\.value).map(\.key)
    }
}

import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// The tables that say how the federation is spoken to.
extension ConfigurationTable<Configuration> {
    static let discovery = ConfigurationTable(
        "discovery", \.discovery, "What peers see of us, and how long what we see of them is kept.",
        [
            .init(
                "from_backend", \.fromBackend, .words("member"),
                "Members that are taken over from the backend's own document."),
            .init(
                "criteria", \.criteria, .criteria,
                """
                What the document says that peers must do: "from-policy" (what the policy \
                requires of an ordinary peer), or a list.
                """),
            .init(
                "cache.fresh", \.fresh, .seconds(1...86_400),
                "Documents and keys are kept so long."),
            .init(
                "cache.stale_if_error", \.staleIfError,
                .seconds(0...604_800),
                "And a document so long when the peer cannot be reached; keys at most an hour."),
            .init(
                "cache.negative", \.negative, .seconds(1...3600),
                "A failure is not tried again so long."),
        ])

    static let signature = ConfigurationTable(
        "signature", \.signature, "HTTP signatures: which are taken, how ours are made.",
        [
            .init(
                "accept", \.accept, .words("generation"),
                "Generations that are taken; strict: RFC 9421 only, else both.", .profile),
            .init("send", \.send, .word(), "Each peer's newest (learn), or always one."),
            .init("window", \.window, .seconds(10...3600), "How old a signature may be."),
            .init("skew", \.skew, .seconds(0...600), "How far a peer's clock may run ahead."),
            .init(
                "keys", \.keys, .path,
                "The folder of the gateway's own keys, made at the first start."),
            .init(
                "first_seen", \.firstSeen, .word(),
                "pin: a surprise change of a peer's key is held for a person. accept: not."),
            .init("algorithms", \.algorithms, .algorithms, "Algorithms that are taken."),
            .init(
                "min_rsa", \.minRSA, .integer(2048...4096),
                "The least bits of an RSA key; more than 4096 are refused."),
        ])

    static let token = ConfigurationTable(
        "token", \.token, "Access tokens, and the permanent secrets that they stand for.",
        [
            .init("path", \.path, .ownEndpoint, "The token endpoint."),
            .init(
                "ttl", \.lifetime, .seconds(1...86_400),
                "How long a token lives; a rule can say less."),
            .init(
                "bind", \.bind, .word(),
                "peer: a code is exchanged only by the peer it was sent to. none: by anybody."),
            .init(
                "accept_secret", \.acceptSecret, .word(),
                """
                Whose permanent secrets are taken on WebDAV: of legacy shares, none, or all; \
                strict: none, bridge: legacy, observe: all.
                """, .profile),
            .init(
                "verify_unknown", \.verifyUnknown, .word(),
                "A secret that we never saw: ask the backend whether it is good, or refuse it."),
        ])

    static let egress = ConfigurationTable(
        "egress", orNone: \.egress, "The backend's way out; without this table there is none.",
        [
            .init(
                "listen", \.listen, ConfigurationForm<ListenAddress>.listenAddress.orOff,
                "Its forward proxy; \"\" turns it off."),
            .init(
                "clients", \.clients, .networks,
                "Who may use it, and then speaks in the site's name."),
            .init(
                "ca", \.certificate, .egressCertificate,
                "The authority that the backend must believe; its key lies beside it."),
            .init(
                "other", \.other, .otherTraffic,
                "What is no federation: refuse, tunnel, or a list of hosts that are tunnelled."),
            .init("sign", \.signing, .signing, "Whether messages that go out are signed."),
        ])
}

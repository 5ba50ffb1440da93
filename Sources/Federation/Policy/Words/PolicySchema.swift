/// The JSON Schema of a policy file, for editors. The words are those of the reader's own types, so
/// that a new one is in both.
package enum PolicySchema {
    package static var document: JSONValue {
        JSONSchema.table(top, required: ["version", "name"])
            .saying("Who may federate with us, and on what terms.")
            .document(
                title: "ocmgate: policy.toml",
                definitions: [
                    "host": host, "peers": peers, "on": on, "mode": mode, "code": code,
                    "status": status, "hint": hint, "name": name,
                    "when": .table(PolicyConditionSchema.conditions, required: [])
                        .adding("minProperties", .integer(1))
                        .saying("Conditions; all of them must hold."),
                    "addresses": PolicyConditionSchema.addresses,
                    "address": PolicyConditionSchema.address,
                ])
    }

    private static let top: [(String, JSONSchema)] = [
        ("version", .integer([1]).saying("Of this format.")),
        ("name", .line.saying("Of the policy, for people, log and journal.")),
        (
            "mode",
            .word(PolicyMode.self).standard("enforce").saying(
                """
                enforce: what it refuses is refused. report: judged and recorded as `would`, \
                nothing is refused. open: not judged.
                """)
        ),
        (
            "default",
            .word(Policy.Default.self).standard("deny").saying(
                "What becomes of a message that no rule matches.")
        ),
        (
            "unknown",
            .word(Policy.Unknown.self).standard("deny").saying(
                "Peers on no list: deny, allow, or hold (their messages wait for a person).")
        ),
        ("contact", .line.saying("Whom to ask; peers that are refused read it.")),
        (
            "list",
            .named("^[A-Za-z0-9_-]+$", list).saying(
                """
                Who is who. Own lists beat downloaded ones; within one tier the more specific \
                pattern wins; a tie is a block.
                """)
        ),
        ("require", .array(of: requirement)), ("limit", .array(of: limit)),
        ("rule", .array(of: rule)), ("test", .array(of: test)),
        ("invariant", .array(of: invariant)),
    ]

    // Blocks.

    private static let list = JSONSchema.table(
        [
            (
                "standing",
                .word(PeerList.Stance.self).saying("allow admits its hosts, block refuses them.")
            ),
            (
                "hard",
                .boolean.standard(.bool(false)).saying("No other list overrides it.")
            ),
            (
                "entries",
                .array(of: .either([.reference("host"), entry])).saying(
                    "The hosts themselves. An empty list means nobody.")
            ),
            (
                "source",
                .line.saying(
                    "Instead of entries: a file beside the policy, or an https:// URL to download.")
            ),
            (
                "format",
                .word(ListFormat.self).standard("text").saying("In which form it is written.")
            ),
            (
                "keys",
                .oneOrMore(.line).saying(
                    "Files of the keys (JWK or PEM) that sign a downloaded list.")
            ),
            (
                "subject",
                .line.saying("What its signature has to be about (sub); else the URL, if anything.")
            ),
            (
                "refresh",
                .duration.standard(PeerList.Download.usualRefresh.configured).saying(
                    "How often it is downloaded.")
            ),
            (
                "apply",
                .word(PeerList.Apply.self).standard("additions").saying(
                    "What takes effect by itself; the rest waits as a draft for a person.")
            ),
            (
                "max_change",
                .text("^[0-9]{1,3}%$").saying("A larger change waits for a person.")
            ),
        ], required: ["standing"]
    ).saying("A list of hosts, and what it says of them.")

    private static let entry = JSONSchema.table(
        [
            ("host", .reference("host")),
            ("note", .text.saying("Why; for people.")),
            ("until", .instant.saying("The last day on which it counts.")),
        ], required: ["host"])

    private static let requirement = JSONSchema.table(
        [("name", .reference("name"))] + scope + [
            (
                "need",
                .oneOrMore(.word(Need.self)).saying("What the message must have; all of these.")
            ),
            ("code", .reference("code")), ("hint", .reference("hint")),
            ("mode", .reference("mode")),
        ], required: ["name", "on", "need"]
    ).saying("Every block that matches must hold.")

    private static let limit = JSONSchema.table(
        [("name", .reference("name"))] + scope + [
            ("per", .word(Limit.Per.self).saying("Whose room: each has its own.")),
            ("rate", .text(rate("[0-9]{1,10}")).saying("Messages in a time: \"60/min\".")),
            ("burst", .integer(1...1_000_000_000).saying("So many at once; else as many as rate.")),
            (
                "distinct",
                .word(Limit.Distinct.self).saying("Count different values of this instead.")
            ),
            (
                "bytes",
                .text(rate("[0-9]{1,18}(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?")).saying(
                    "Bytes in a time: \"10GiB/day\".")
            ),
            ("concurrent", .integer(1...1_000_000).saying("Messages at the same time.")),
            ("code", .reference("code")), ("status", .reference("status")),
            ("hint", .reference("hint")), ("mode", .reference("mode")),
        ], required: ["name", "on", "per"]
    ).saying("Every block that matches must have room; else 429 with Retry-After.")

    private static let rule = JSONSchema.table(
        [("name", .reference("name"))] + scope + [
            (
                "action",
                .word(Verdict.Action.self).saying(
                    "allow, deny, or hold (the message waits for a person).")
            ),
            ("status", .reference("status")), ("code", .reference("code")),
            ("hint", .reference("hint")),
            (
                "set",
                .table([
                    "token_ttl": .duration.saying("How long access tokens of such a share live."),
                    "accept_secret": .word(AcceptSecret.self).saying(
                        "Whether WebDAV takes the permanent secret of such a share."),
                    "bind": .word(CodeBinding.self).saying("Who may exchange its code."),
                ]).saying("What holds for the shares that it allows.")
            ),
            ("mode", .reference("mode")),
        ], required: ["name", "on", "action"]
    ).saying("Read from the top; the first that matches decides.")

    private static let test = JSONSchema.table(
        [
            ("name", .reference("name")),
            (
                "given",
                .table(PolicyConditionSchema.given, required: ["on"]).saying(
                    "The message; what is not given is ordinary.")
            ),
            (
                "want",
                .table([
                    "action": .word(Verdict.Action.self),
                    "by": .line.saying("Which block decides."),
                    "code": .reference("code"), "status": .reference("status"),
                    "would": .array(of: .line).saying("The blocks that only report, all of them."),
                ]).adding("minProperties", .integer(1)).saying("What the verdict has to be.")
            ),
        ], required: ["name", "given", "want"]
    ).saying("An example that must stay true.")

    private static let invariant = JSONSchema.table(
        [
            ("name", .reference("name")),
            (
                "given",
                .table(PolicyConditionSchema.messageClass, required: []).saying(
                    "A class of messages: all that fit.")
            ),
            ("never", .word(Verdict.Action.self).saying("What none of them ever gets.")),
        ], required: ["name", "given", "never"]
    ).saying("Proved for every possible message.")

    /// Which messages a block is about.
    private static let scope: [(String, JSONSchema)] = [
        ("on", .reference("on")),
        ("peer", .reference("peers").saying("Only these peers; else all.")),
        ("except", .reference("peers").saying("Not these peers.")),
        ("when", .reference("when")),
    ]

    // Words.

    private static let name = JSONSchema.line.saying("For people; verdicts and the journal use it.")
    private static let mode = JSONSchema.word(PolicyMode.self).standard("enforce").saying(
        "report: counted and recorded as `would`, not enforced. open: switched off.")
    private static let code = JSONSchema.text("^[a-z0-9_]{1,64}$").saying("What the peer reads.")
    private static let status = JSONSchema.integer([400, 401, 403, 404, 429, 501, 503]).saying(
        "The HTTP status of the refusal; else that of the code.")
    private static let hint = JSONSchema.line.saying("What the peer is told to do.")
    private static let host = JSONSchema.text(
        #"^(\*\.|\.)?(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+)(:[0-9]{1,5})?$"#
    ).saying("\"host\", \"*.host\" (below it) or \".host\" (both), each with an optional port.")
    private static let peers = JSONSchema.oneOrMore(
        .either([.text("^@[A-Za-z0-9_-]+$"), .reference("host")])
    ).saying("\"@list\" or a host pattern.")
    private static let on = JSONSchema.oneOrMore(.word(OccasionSet.words)).saying(
        "Kinds of messages; without .in or .out both ways.")

    private static func rate(_ count: String) -> String {
        "^\(count)/[0-9]{0,10}(s|min|hour|day)$"
    }
}

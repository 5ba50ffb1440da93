/// The words that describe messages, in `when` and in `given`.
enum PolicyConditionSchema {
    static let conditions: [(String, JSONSchema)] = [
        ("share_type", .oneOrMore(.word(ConditionWords.shareTypes))),
        ("resource_type", .oneOrMore(.usually(ConditionWords.resourceTypes))),
        (
            "protocol",
            .oneOrMore(.word(ConditionWords.protocols)).saying(
                """
                Of a share with several, a block that lets through must name all; for one that \
                restricts one is enough.
                """)
        ),
        (
            "permissions",
            .oneOrMore(.word(Permissions.order)).saying(
                "What the share grants. A share that names none counts as all of them.")
        ),
        (
            "permissions_not",
            .oneOrMore(.word(Permissions.order)).saying("Anything beyond these.")
        ),
        ("size_max", .byteCount.saying("Up to this size; a share that states none is within it.")),
        ("owner", .reference("addresses")), ("sender", .reference("addresses")),
        ("recipient", .reference("addresses")),
        ("access_types", .oneOrMore(.word(ConditionWords.accessTypes))),
        ("notification_type", .oneOrMore(.usually(ConditionWords.notificationTypes))),
        (
            "net",
            .oneOrMore(.text(#"^\[?[0-9A-Fa-f.:]+\]?(/[0-9]{1,3})?$"#)).saying(
                "Networks that the message comes from.")
        ),
        (
            "software",
            .oneOrMore(.text(#"^[^\x00-\x1f\x7f]{1,1024}$"#)).saying(
                "What the peer calls itself: \"nextcloud 2*\".")
        ),
        (
            "time",
            .oneOrMore(.text("^[a-z0-9:,+ -]{3,64}$")).saying(
                "A time of the week: \"mon-fri 08:00-18:00 +01:00\"; without an offset UTC.")
        ),
    ]

    static let addresses = JSONSchema.oneOrMore(.text(#"^[^\x00-\x1f\x7f]{1,1024}$"#)).saying(
        "Patterns of addresses: \"*@med.uni.example\".")
    static let address = JSONSchema.text("@").saying("An address like alice@cloud.example.")

    /// Of a test.
    static let given: [(String, JSONSchema)] =
        [
            ("on", .word(Occasion.all.map(\.description))),
            (
                "peer",
                .text(#"^(\[[0-9A-Fa-f.:]+\]|[^\s/@:*"\[\]]+)(:[0-9]{1,5})?$"#).saying(
                    "host[:port]; else peer.example.")
            ),
            ("now", .instant.standard("2026-01-01").saying("When.")),
            ("signature", .word(SignatureFact.self)),
        ] + facts + [
            ("software", .line.saying("What the peer calls itself.")),
            ("address", .text(#"^\[?[0-9A-Fa-f.:]+\]?$"#).saying("From which IP address.")),
            ("share_type", .line), ("resource_type", .line), ("protocol", .oneOrMore(.line)),
            ("permissions", .oneOrMore(.word(Permissions.order))),
            ("access_types", .oneOrMore(.line)), ("size", .byteCount),
            ("owner", .reference("address")), ("sender", .reference("address")),
            ("recipient", .reference("address")), ("notification_type", .line),
            (
                "absent",
                .oneOrMore(.word(AbsentFact.self)).saying(
                    "What the message does not have, of what an ordinary one has.")
            ),
            (
                "lists",
                .named("^[A-Za-z0-9_-]+$", .array(of: .reference("host"))).saying(
                    "What stands on lists instead of their entries.")
            ),
            ("over", .array(of: .line).saying("Limits that have no room.")),
        ]

    /// Of an invariant.
    static let messageClass: [(String, JSONSchema)] =
        [
            ("on", .reference("on")),
            (
                "standing",
                .word(Standing.Word.self).saying("What the lists say of the peer.")
            ),
            ("peer", .reference("peers")), ("peer_not", .reference("peers")),
            ("signature", .oneOrMore(.word(SignatureFact.self))),
        ] + facts + conditions

    /// Facts that are there or not.
    private static let facts: [(String, JSONSchema)] = [
        ("advertises_keys", .boolean.saying("The peer publishes keys, so it has to sign.")),
        ("token_exchange", .boolean.saying("The data is accessed by short-lived tokens only.")),
        ("invite", .boolean.saying("An accepted invitation stands behind it.")),
        ("mfa", .boolean.saying("The receiving server advertises enforce-mfa.")),
        ("key_pinned", .boolean.saying("The peer was known by its key before.")),
        ("directory", .boolean.saying("A directory service names the peer.")),
        ("mtls", .boolean.saying("The connection showed a client certificate of the peer.")),
    ]
}

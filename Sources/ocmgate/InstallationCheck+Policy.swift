import Federation
import Gateway

/// A policy beside the configuration: terms of its rules that are weaker, and needs that nobody can meet.
extension InstallationCheck {
    /// What rules set comes before the configuration.
    mutating func terms(of policy: Policy, beside token: Configuration.TokenSettings) {
        for rule in policy.rules {
            guard case .allow(let settings) = rule.ruling else { continue }
            if settings.bind == CodeBinding.none, token.bind == .peer {
                warn(policy.file, "\(rule.label) lets any peer exchange a code")
            }
            // Of a peer's tokens the configuration says nothing.
            let issues = [Occasion(.share, .outbound), Occasion(.token, .inbound)]
                .contains(where: rule.scope.occasions.contains)
            if let own = settings.tokenTTL, own > token.lifetime, issues {
                warn(
                    policy.file,
                    "\(rule.label) lets access tokens live for \(own.configured), "
                        + "token.ttl = \"\(token.lifetime.configured)\"")
            }
            let usual = token.acceptSecret
            if let own = settings.acceptSecret, own.takesMore(than: usual) {
                warn(
                    policy.file,
                    own == .all
                        ? "\(rule.label) takes permanent secrets of peers that have tokens"
                        : "\(rule.label) takes permanent secrets, which token.accept_secret = "
                            + "\"\(usual.rawValue)\" refuses")
            }
        }
    }

    /// What `default = "allow"` opens that looks closed, since each block is about something else.
    mutating func unproven(by policy: Policy) {
        if let warning = policy.warningOfUnproven { warnings.append(warning) }
    }

    /// Codes of one's own that are nearly one of the gateway's: what belongs to that one, as its status,
    /// does not come with them.
    mutating func codes(of policy: Policy) {
        let rules = policy.rules.compactMap { rule in rule.ruling.refusal.map { (rule.label, $0) } }
        let needs = policy.requirements.compactMap { block in
            block.refusals.first.map { (block.label, $0) }
        }
        for (label, refusal) in needs + rules
        where DenialCode(rawValue: refusal.code) == nil {
            guard
                let near = nearestWord(
                    to: refusal.code, among: DenialCode.allCases.map(\.rawValue))
            else { continue }
            let place = policy.place(of: label)
            warn(
                place?.file ?? policy.file, at: place?.position,
                "\(label): the code \(quoted(refusal.code)) is none of the gateway's own, and has the "
                    + "status \(refusal.status)",
                remedy: "did you mean \(quoted(near))?")
        }
    }

    /// A need that nobody can meet refuses everybody; one warning for each.
    mutating func needs(of policy: Policy, under configuration: Configuration) {
        closed(by: policy)
        directories(of: policy)
        tests(of: policy)
        let signature = configuration.signature
        if configuration.clientAuthorities.isEmpty {
            unmet(
                [.mtls], in: policy, "no listener asks for client certificates",
                remedy: "client_ca in the [tls] table of a listener names whom to believe")
        }
        if signature.firstSeen == .accept {
            unmet(
                [.keyPinned], .inbound, in: policy,
                "signature.first_seen = \"accept\" looks at no pinned key")
        }
        if !signature.accept.contains(.rfc9421) {
            unmet([.rfc9421], .inbound, in: policy, "signature.accept takes no such signature")
        }
        guard let egress = configuration.egress else { return }
        switch (egress.signing, signature.send) {
        case (.off, _):
            unmet(
                [.signature, .rfc9421], .outbound, in: policy,
                "egress.sign = false signs nothing")
        case (.on, .cavage):
            unmet(
                [.rfc9421], .outbound, in: policy, "signature.send = \"cavage\" never signs so")
        case (.on, .learn), (.on, .rfc9421): break
        }
    }

    /// Warns of a policy without a directory that asks for one, or whose tests say that one names a
    /// peer: that is so of none.
    private mutating func directories(of policy: Policy) {
        guard !policy.lists.contains(where: \.isDirectory) else { return }
        let missing = "no list with standing = \"allow\" has format = \"ocm-directory\""
        unmet([.directory], in: policy, missing)
        guard let test = policy.tests.first(where: { $0.facts.directory == .listed }) else {
            return
        }
        warn(
            test.file, at: test.position,
            "the test \(quoted(test.name)) gives directory = true, and \(missing)")
    }

    /// Warns of tests that are about no message that there is: they prove nothing.
    private mutating func tests(of policy: Policy) {
        for test in policy.tests {
            guard let word = test.facts.impossibleWord else { continue }
            warn(
                test.file, at: test.position,
                "the test \(quoted(test.name)) gives \(word), which no message of "
                    + "\(test.facts.occasion) has",
                remedy: "leave it out")
        }
    }

    /// Warns of what rules let through and a requirement closes, since it asks of all that which only
    /// others can have. The older API is closed so on purpose.
    private mutating func closed(by policy: Policy) {
        for block in policy.requirements where block.mode == .enforce {
            let all = block.scope.occasions.occasions
            for need in block.needs where all.contains(where: { need.mayBeMet(by: $0) }) {
                let closed = all.filter {
                    $0.kind != .ocs && !need.mayBeMet(by: $0) && policy.mayAllow($0)
                }
                guard !closed.isEmpty else { continue }
                let names = closed.map(\.description).joined(separator: ", ")
                warn(
                    policy.file,
                    "\(block.label) needs \(need.rawValue), which nothing of \(names) can meet: "
                        + "it is all refused",
                    remedy: "name in \"on\" only what can")
            }
        }
    }

    /// Warns of the first requirement that has one of the needs.
    ///
    /// - Parameter direction: of which messages they cannot be met; nil: of all.
    private mutating func unmet(
        _ needs: [Need], _ direction: Direction? = nil, in policy: Policy, _ reason: String,
        remedy: String? = nil
    ) {
        for block in policy.requirements {
            guard let need = block.needs.first(where: needs.contains),
                direction == nil
                    || block.scope.occasions.occasions.contains(where: {
                        $0.direction == direction
                    })
            else { continue }
            let way = direction.map { $0 == .inbound ? " of what comes in" : " of what goes out" }
            warn(
                policy.file, "\(block.label) needs \(need.rawValue)\(way ?? ""), and \(reason)",
                remedy: remedy)
            return
        }
    }
}

extension Policy {
    /// That messages are let in by `default` of which nobody proved whose they are; nil where none are.
    var warningOfUnproven: ConfigurationError? {
        let kinds = unprovenByDefault.map(\.description)
        guard !kinds.isEmpty else { return nil }
        let whom = unknown == .allow ? "any server" : "any admitted server"
        let place = place(of: "default")
        return ConfigurationError(
            file: place?.file ?? file, position: place?.position,
            message: "default = \"allow\" lets in what no block is about: unsigned "
                + "\(kinds.joined(separator: ", ")), by anybody in the name of \(whom) that "
                + "publishes no keys",
            remedy: "write rules for them, or [[require]] a signature, which closes ocs.in: that "
                + "cannot be signed")
    }
}

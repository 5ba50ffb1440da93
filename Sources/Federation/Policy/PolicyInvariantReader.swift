/// Reads `[[invariant]]`: `given` and `never`.
struct PolicyInvariantReader {
    let file: String
    let names: PolicyNames

    func read(_ table: inout TOMLTableReader) -> Invariant? {
        let findings = table.findings
        let before = findings.count
        let name = table.require("name", .line)
        let given = table.require("given", .members("given", findings)).flatMap { $0 }
        let never = table.require("never", TOMLForm<Verdict.Action>.word("action"))
        table.finish()
        guard let name, let never, var given else { return nil }
        let messages = self.messages(&given)
        given.finish()
        guard findings.count == before else { return nil }
        return Invariant(
            name: name, file: file, position: table.position, given: messages, never: never)
    }

    private func messages(_ given: inout TOMLTableReader) -> MessageClass {
        let findings = given.findings
        let blocks = PolicyBlockReader(names: names, findings: findings)
        var messages = MessageClass()
        if let occasions = given.read("on", .occasions) { messages.occasions = occasions }
        messages.standing = given.read("standing", .word("standing"))
        messages.peers = blocks.selector("peer", &given)
        messages.excepted = blocks.selector("peer_not", &given)
        let signatures = TOMLForm<SignatureFact>.word("signature").oneOrMore
        messages.signatures = given.read("signature", signatures) ?? []
        messages.peerKeys = given.read("advertises_keys", .boolean).map(PeerKeys.init(given:))
        messages.access = given.read("token_exchange", .boolean).map(AccessFact.init(given:))
        messages.invite = given.read("invite", .boolean).map(InviteFact.init(given:))
        messages.mfa = given.read("mfa", .boolean).map(MFAFact.init(given:))
        messages.keyPinned = given.read("key_pinned", .boolean).map(PinFact.init(given:))
        messages.directory = given.read("directory", .boolean).map(DirectoryFact.init(given:))
        messages.mtls = given.read("mtls", .boolean).map(MTLSFact.init(given:))
        messages.conditions = ConditionReader.read(from: &given)
        return messages
    }
}

// A fact that tests and invariants give as true or false.

extension PeerKeys {
    init(given: Bool) { self = given ? .advertised : .none }
}

extension AccessFact {
    init(given: Bool) { self = given ? .token : .secret }
}

extension InviteFact {
    init(given: Bool) { self = given ? .accepted : .none }
}

extension MFAFact {
    init(given: Bool) { self = given ? .enforced : .notEnforced }
}

extension PinFact {
    init(given: Bool) { self = given ? .pinned : .none }
}

extension DirectoryFact {
    init(given: Bool) { self = given ? .listed : .none }
}

extension MTLSFact {
    init(given: Bool) { self = given ? .verified : .none }
}

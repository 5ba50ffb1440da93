import ArgumentParser
import Federation
import Gateway

/// The message that a policy is asked about, in the words of a test's `given`.
struct MessageOptions: ParsableArguments {
    @Option(
        help: """
            A file with the message, a raw HTTP request or the JSON of its body, - for standard \
            input.
            """)
    var message: String?

    @Option(
        help: """
            share.in, notification.in, invite.in, token.in, webdav.in, ocs.in, share.out, …; else \
            what the message is, or share.in.
            """)
    var on: String?

    @Option(help: "The peer, host[:port]; without it the message names nobody.")
    var peer: String?

    @Option(help: "none, invalid, cavage or rfc9421.")
    var signature: String?

    @Option(help: "token or secret: how the data will be accessed.")
    var access: Access?

    @Flag(name: .customLong("peer-advertises-keys"), help: "The peer publishes keys.")
    var advertisesKeys = false

    @Flag(inversion: .prefixedNo, help: "An accepted invitation stands behind it.")
    var invite: Bool?

    @Flag(inversion: .prefixedNo, help: "The peer says that it enforces a second factor.")
    var mfa: Bool?

    @Flag(
        name: .customLong("key-pinned"), inversion: .prefixedNo,
        help: "The peer was known by its key before.")
    var keyPinned: Bool?

    @Flag(inversion: .prefixedNo, help: "A directory service names the peer.")
    var directory: Bool?

    @Flag(inversion: .prefixedNo, help: "It came with the peer's client certificate.")
    var mtls: Bool?

    @Option(help: "What the peer calls itself, like \"nextcloud 33.0.3\".")
    var software: String?

    @Option(name: .customLong("share-type"), help: "user, group or federation.")
    var shareType: String?

    @Option(name: .customLong("resource-type"), help: "file, folder, …")
    var resourceType: String?

    @Option(help: "webdav, webapp, ssh; several with commas.")
    var `protocol`: String?

    @Option(help: "read, write, share, unspecified; several with commas.")
    var permissions: String?

    @Option(name: .customLong("access-types"), help: "remote, datatx; several with commas.")
    var accessTypes: String?

    @Option(help: "The size that the share states, like 20MiB.")
    var size: String?

    @Option(help: "An address like alice@cloud.example.")
    var owner: String?

    @Option(help: "An address like alice@cloud.example.")
    var sender: String?

    @Option(help: "An address like bob@here.example.")
    var recipient: String?

    @Option(name: .customLong("notification-type"), help: "SHARE_ACCEPTED, …")
    var notificationType: String?

    @Option(help: "From which IP address the message comes.")
    var address: String?

    @Option(help: "The date, like 2027-06-30; without it, now.")
    var now: String?

    @Option(help: "A past decision of the journal: the message as it was.")
    var decision: String?

    @Option(help: "With --decision: the journal's folder, instead of the configured one.")
    var dir: String?

    /// By what the data of a share are reached.
    enum Access: String, ExpressibleByArgument { case token, secret }

    func validate() throws {
        if message != nil, decision != nil {
            throw ValidationError("--message and --decision exclude each other")
        }
        if decision == nil, dir != nil { throw ValidationError("--dir belongs to --decision") }
    }

    /// A message, and what decided it, if it is one of the past.
    struct Asked {
        let facts: Facts
        var by: String?
        /// Whether its signature is taken to be good since the lists refused it, and nobody looked.
        var isUnverified = false
    }

    /// The message; what is wrong goes to standard error with the name of the option.
    ///
    /// - Parameter json: whether programs are told that there is no such decision.
    func asked(_ configuration: ConfigurationOption, json: Bool) throws -> Asked {
        let findings = Findings(file: "the message")
        let past = try decision.map { try recorded($0, PastSource(configuration, dir: dir), json) }
        let base = try message.map { try read($0, at: configuration) } ?? past?.facts
        let facts = Facts.given(try given(isWhole: base != nil), over: base, findings)
        guard var facts, findings.isEmpty else {
            let reasons = findings.result?.all.map { error in
                error.message + (error.remedy.map { "; \($0)" } ?? "")
            }
            throw CommandFailure((reasons ?? []).joined(separator: "\n"))
        }
        if peer == nil, base == nil { facts.peer = nil }
        if now == nil, decision == nil { facts.now = Environment.live.now() }
        return Asked(
            facts: facts, by: past?.by,
            isUnverified: past?.isUnverified == true && signature == nil)
    }

    /// What the message in a file says of itself.
    private func read(_ path: String, at configuration: ConfigurationOption) throws -> Facts {
        let bytes = try InputFile.bytes(path)
        let site = configuration.isThere ? try configuration.load().site : nil
        let ours = site.flatMap { Site(origin: $0.origin, aliases: $0.aliases)?.hosts } ?? []
        let direction = on.flatMap { Occasion($0) }?.direction ?? .inbound
        do throws(MessageFile.Problem) {
            return try MessageFile(bytes, ours: ours, direction).facts
        } catch {
            throw CommandFailure("\(InputFile.name(path)): \(error)")
        }
    }

    /// What the policy knew of a message of the past; people under their pseudonyms where nothing
    /// opens them.
    private func recorded(_ id: String, _ past: PastSource, _ json: Bool) throws -> Asked {
        let decision = try past.decision(id, past.journal(), json: json).decision
        if case .ownSite? = Decider(decision.by) {
            throw CommandFailure(
                "\(id) is a message of the backend's to its own site: no policy is asked about those"
            )
        }
        guard var facts = decision.facts else {
            throw CommandFailure(
                "the record of \(id) does not hold what a policy knew of the message")
        }
        let unverified = decision.unverified
        if let unverified { facts.signature = unverified }
        return Asked(facts: facts, by: decision.by, isUnverified: unverified != nil)
    }

    /// - Parameter isWhole: it is known already what kind of message it is.
    private func given(isWhole: Bool) throws -> [(key: String, value: TOMLNode.Content)] {
        var given: [(key: String, value: TOMLNode.Content)] = []
        func add(_ key: String, _ word: String?) {
            if let word { given.append((key, .string(word))) }
        }
        func add(_ key: String, several words: String?) {
            guard let words = words?.split(separator: ",") else { return }
            let nodes = words.map { TOMLNode(.string(String($0)), at: .start) }
            given.append((key, .array(nodes)))
        }
        add("on", on ?? (isWhole ? nil : "share.in"))
        add("peer", peer)
        add("signature", signature)
        if let access { given.append(("token_exchange", .boolean(access == .token))) }
        let stated: [(String, Bool?)] = [
            ("invite", invite), ("mfa", mfa), ("key_pinned", keyPinned), ("directory", directory),
            ("mtls", mtls),
        ]
        for (key, fact) in stated {
            if let fact { given.append((key, .boolean(fact))) }
        }
        add("software", software)
        if advertisesKeys { given.append(("advertises_keys", .boolean(true))) }
        add("share_type", shareType)
        add("resource_type", resourceType)
        add("protocol", several: `protocol`)
        add("permissions", several: permissions)
        add("access_types", several: accessTypes)
        add("size", size)
        add("owner", owner)
        add("sender", sender)
        add("recipient", recipient)
        add("notification_type", notificationType)
        add("address", address)
        if let now {
            do throws(ConfigurationErrors) {
                let document = try TOMLDocument(Array("now = \(now)".utf8), file: "--now")
                if case .table(let members) = document.root.content {
                    given += members.map { ($0.key, $0.value.content) }
                }
            } catch {
                throw CommandFailure("--now: \(quoted(now)) is not a date like 2027-06-30")
            }
        }
        return given
    }
}

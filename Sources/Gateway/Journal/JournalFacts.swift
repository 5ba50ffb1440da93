import Federation

/// The facts of a message in the journal: the words of `given` of a `[[test]]`, but that what is not
/// there is absent, not ordinary.
///
/// `now` is Unix seconds; the client's address is the record's own `client`. Where nobody asked the peer
/// what it publishes, that is left out.
enum JournalFacts {
    /// Appends the object. False when it would not hold the facts whole: then nothing is appended,
    /// since a message judged by half of its facts is another message.
    static func write(
        _ facts: Facts, into text: inout JournalText
    ) -> Bool {
        guard isBounded(facts) else { return false }
        text.object("facts") { text in
            text.add("on", facts.occasion.description)
            text.add("peer", facts.peer?.description)
            text.add("also_named", facts.alsoNamed.map(\.description))
            text.add("now", facts.now)
            text.add("signature", facts.signature.rawValue)
            let isRead = facts.document == .read
            if isRead || facts.peerKeys == .advertised {
                text.add("advertises_keys", facts.peerKeys == .advertised)
            }
            text.add("token_exchange", facts.access == .token)
            text.add("invite", facts.invite == .accepted)
            if isRead { text.add("mfa", facts.mfa == .enforced) }
            text.add("key_pinned", facts.keyPinned == .pinned)
            switch facts.directory {
            case .byLists: break
            case .none: text.add("directory", false)
            case .listed: text.add("directory", true)
            }
            text.add("mtls", facts.mtls == .verified)
            text.add("software", facts.software)
            text.add("share_type", facts.shareType)
            text.add("resource_type", facts.resourceType)
            text.add("protocol", facts.protocols)
            text.add("permissions", facts.permissions.words)
            text.add("access_types", facts.accessTypes)
            text.add("size", facts.size)
            text.add(account: "owner", facts.owner)
            text.add(account: "sender", facts.sender)
            text.add(account: "recipient", facts.recipient)
            text.add("notification_type", facts.notificationType)
        }
        return true
    }

    /// Reads them back; nil when there are none, or when they cannot be read.
    ///
    /// - Parameter people: opens what is sealed.
    static func read(
        _ object: JSONObject, client: String?, _ people: JournalPeople
    ) -> Facts? {
        guard let on = object["on"]?.string, let occasion = Occasion(on),
            let now = object["now"]?.number?.integer
        else { return nil }
        var facts = Facts(
            occasion, peer: object["peer"]?.string.flatMap { PeerHost($0) }, now: now)
        facts.alsoNamed = words(object["also_named"]).compactMap { PeerHost($0) }
        facts.address = client.flatMap { NetworkAddress($0) }
        facts.signature =
            object["signature"]?.string.flatMap(SignatureFact.init(rawValue:)) ?? .none
        facts.peerKeys = object["advertises_keys"]?.bool == true ? .advertised : .none
        facts.access = object["token_exchange"]?.bool == true ? .token : .secret
        facts.invite = object["invite"]?.bool == true ? .accepted : .none
        facts.mfa = object["mfa"]?.bool == true ? .enforced : .notEnforced
        facts.document = object["mfa"] == nil ? .unread : .read
        facts.keyPinned = object["key_pinned"]?.bool == true ? .pinned : .none
        facts.directory =
            switch object["directory"]?.bool {
            case true: .listed
            case false: .none
            case nil: .byLists
            }
        facts.mtls = object["mtls"]?.bool == true ? .verified : .none
        facts.software = object["software"]?.string
        facts.shareType = object["share_type"]?.string
        facts.resourceType = object["resource_type"]?.string
        facts.protocols = words(object["protocol"])
        facts.permissions = Permissions(words: words(object["permissions"]))
        facts.accessTypes = words(object["access_types"])
        facts.size = object["size"]?.number?.integer
        facts.owner = object["owner"].flatMap(people.text)
        facts.sender = object["sender"].flatMap(people.text)
        facts.recipient = object["recipient"].flatMap(people.text)
        facts.notificationType = object["notification_type"]?.string
        return facts
    }

    private static func words(_ value: JSONValue?) -> [String] {
        value?.array?.compactMap(\.string) ?? []
    }

    /// Whether nothing of it would be cut.
    private static func isBounded(_ facts: Facts) -> Bool {
        func isShort(_ text: String?) -> Bool { (text?.utf8.count ?? 0) <= LogText.valueLimit }
        func isShort(_ list: [String]) -> Bool {
            list.count <= LogText.listLimit && list.allSatisfy { isShort($0) }
        }
        return isShort(facts.protocols) && isShort(facts.accessTypes) && isShort(facts.software)
            && isShort(facts.shareType) && isShort(facts.resourceType) && isShort(facts.owner)
            && isShort(facts.sender) && isShort(facts.recipient)
            && isShort(facts.notificationType)
    }
}

package import OpenSSL

/// A body for the other side, and whether it differs from the one that came.
package struct TranslatedBody: Sendable, Equatable {
    package let bytes: [UInt8]
    package let isChanged: Bool

    package init(bytes: [UInt8], isChanged: Bool) {
        self.bytes = bytes
        self.isChanged = isChanged
    }
}

/// One secret to be replaced by another wherever it stands.
package struct SecretSwap: Sendable {
    package let old: Secret
    package let new: Secret

    package init(_ old: Secret, by new: Secret) {
        self.old = old
        self.new = new
    }

    /// Whether the old secret still stands somewhere in a message. Never of one of fewer than eight bytes,
    /// which may stand there by chance.
    package func isLeft(in body: [UInt8]) -> Bool {
        guard old.count >= 8, old != new else { return false }
        return old.withBytes { body.span.contains($0) }
    }
}

/// Turns messages into what one backend could have received from a server of its own age.
///
/// What the backend reads as it is stays byte for byte; unknown members are always kept.
package struct Translation: Sendable {
    package let backend: Backend
    /// Whether `providerId` is written as a string where it came as a number.
    let ids: IDForm

    /// How `providerId` is written.
    enum IDForm: Sendable {
        case asTheyCame, text
    }

    package init(for backend: Backend) {
        self.init(for: backend, ids: backend.wantsTextIDs ? .text : .asTheyCame)
    }

    init(for backend: Backend, ids: IDForm) {
        self.backend = backend
        self.ids = ids
    }

    /// - Parameters:
    ///   - swaps: secrets to be replaced, at every place of the body.
    ///   - taken: requirements that the gateway meets itself on WebDAV, so that the backend need not
    ///     know them; other ways that have them are left out.
    ///   - signed: whether it is signed anew for the backend, which compares the host of an address byte
    ///     by byte with that of the `keyId` (`protocol.md` 9.8), whose spelling is the canonical one.
    ///   - id: what its id is to the backend; nil for what it came as.
    ///   - uri: where the data are, absolute; needed by backends of the reva family when the share
    ///     itself does not say.
    ///
    /// Refused: `protocol_not_supported` when no protocol of the share can be said to the backend.
    package func share(
        _ share: Share, swaps: [SecretSwap] = [], taken: Set<ShareRequirement> = [],
        signed: Bool = false, told id: ProviderID? = nil, uri: @autoclosure () -> String? = nil
    ) throws(Denial) -> TranslatedBody {
        var members = share.members
        writeAddress(share.owner, .owner, in: &members, isCompared: signed)
        writeAddress(share.sender, .sender, in: &members, isCompared: signed)
        writeReceiver(of: share, in: &members)
        // Which of the two the sender was read from does not say how the other is written.
        if let text = members[.sharedBy]?.string, let written = OCMAddress(text) {
            writeAddress(written, .sharedBy, in: &members, isCompared: signed)
        }
        dropEmptyNames(from: &members)
        Self.nameTheSender(backend.senderNames, in: &members)
        write(share.providerID, as: id, in: &members)
        let resourceType = told(resourceTypeOf: share)
        members[.resourceType] = .string(resourceType)
        var ways = try protocolForBackend(share, taken: taken, uri: uri())
        Self.remove(taken, from: &ways)
        let untold = waysLeftOut(of: share.protocols, taken, swaps: swaps)
        guard untold.count < share.protocols.count else {
            throw Denial(.protocolNotSupported, "no way that the backend could open")
        }
        for name in untold { ways[name] = nil }
        if resourceType == "file", backend.namesSingleFiles { tellSegment(in: &ways) }
        ways = ways.replacing(swaps)
        members[.protocol] = .object(ways)
        return Self.body(members, share.members, share.received)
    }

    /// The names of those of the ways to a share that the backend is not told: what replaces a secret opens WebDAV
    /// alone, and a URI is no place for one. CERNBox refuses a whole share for a way that the sender's document
    /// does not name, and of files it is told WebDAV there alone.
    package func waysLeftOut(
        of ways: [ShareProtocol], _ taken: Set<ShareRequirement>, swaps: [SecretSwap] = []
    ) -> [String] {
        let isOfFilesAlone =
            backend.kind == .cernbox
            && ways.contains { $0.name == "webdav" && $0.secret != nil }
        let shut = ways.unmet(taken) + ways.withSecretsInURIs
        return ways.filter { way in
            way.name != "webdav"
                && (isOfFilesAlone || shut.contains(way.name)
                    || swaps.contains { $0.old == way.secret })
        }.map(\.name)
    }

    /// Writes the URI of a single file so that the backend, which appends its name, finds it.
    private func tellSegment(in ways: inout JSONObject) {
        guard var fields = ways[.webdav]?.object else { return }
        for name in backend.uriMembers {
            guard let url = fields[name]?.string.flatMap({ SingleFile.url(for: $0) }) else {
                continue
            }
            fields[name] = .string(url)
        }
        ways[.webdav] = .object(fields)
    }

    /// The word of old servers for files and folders alike tells nothing. What oCIS and OpenCloud take for a
    /// folder they ask for at its own place, and show as the file that it may be; in what they take for a
    /// file they give everything the share's name (reva's `ocm/storage/received/ocm.go`).
    private func told(resourceTypeOf share: Share) -> String {
        if share.shape == .legacy, share.resourceType == "file", backend.namesSingleFiles {
            return "folder"
        }
        return known(share.resourceType)
    }

    /// A type of resource by the name that the backend has for it.
    private func known(_ resourceType: String) -> String {
        resourceType == "folder" && !backend.knowsFolders ? "file" : resourceType
    }

    /// What is filled in is never mended where it is there and wrong.
    ///
    /// - Parameters:
    ///   - secret: the secret of the share in the backend's words, for a notification that has none
    ///     and comes from the share's own verified peer.
    ///   - grantee: the receiver of the share, for one that its peer has proved to be about it.
    ///   - resourceType: what the share is of.
    ///   - id: by which the backend was told of the share; nil for what it came as.
    ///   - untold: the names of the ways that it is not told of, as in the share.
    ///   - taken: requirements that the gateway meets itself on WebDAV, as in the share.
    package func notification(
        _ notification: Notification, swaps: [SecretSwap] = [], filling secret: Secret? = nil,
        grantee: String? = nil, resourceType: String? = nil, told id: ProviderID? = nil,
        without untold: [String] = [], taken: Set<ShareRequirement> = []
    ) -> TranslatedBody {
        var members = notification.members
        // OCM 1.5 has the id in `notification.file`, where only a backend that we do not know may look.
        if backend.kind != .generic, members[.providerID].map(\.isNull) ?? true {
            members[.providerID] = .string(notification.providerID.text)
        }
        write(notification.providerID, as: id, in: &members)
        if notification.resourceType == nil, let resourceType {
            members[.resourceType] = .string(known(resourceType))
        }
        var details = members[.notification]?.object ?? JSONObject()
        let had = details
        details = details.replacing(swaps)
        if notification.secret == nil, let secret {
            details[.sharedSecret] = .string(secret.text)
        }
        if backend.readsGrantee, notification.grantee == nil, let grantee {
            details[.grantee] = .string(grantee)
        }
        if var ways = details[.protocol]?.object {
            Self.remove(taken, from: &ways)
            for name in untold { ways[name] = nil }
            ways = ways.replacing(swaps)
            details[.protocol] = .object(ways)
        }
        // Nextcloud answers 400 without the member, oCIS stops in its handler.
        if details != had || !notification.hasDetails {
            members[.notification] = .object(details)
        }
        return Self.body(members, notification.members, notification.received)
    }

    /// `userId` of an early Nextcloud becomes `userID`, the provider a bare host, a form JSON, an account
    /// with a host in it that the backend cannot read the account alone.
    package func inviteAccepted(_ message: InviteAccepted) -> TranslatedBody {
        var members = message.members
        members.rename(.userId, to: .userID)
        if let person = OCMAddress("\(message.userID)@\(message.recipientProvider)") {
            let told = backend.readable(person)
            if told != person { members[.userID] = .string(told.identifier) }
        }
        let provider = message.recipientProvider.description
        if let text = members[.recipientProvider]?.string,
            PeerHost(text) == nil || backend.keepsHostsAsWritten && !text.isSame(as: provider)
        {
            members[.recipientProvider] = .string(provider)
        }
        guard message.isForm else {
            return Self.body(members, message.members, message.received)
        }
        return TranslatedBody(bytes: JSONValue.object(members).serialized(), isChanged: true)
    }

    /// The answer to an accepted invitation, naming who invited by the account that the reader will find in
    /// their shares. One that is no JSON object, or names no account, stays as it is.
    ///
    /// - Parameter host: of who invited.
    package func answer(_ body: [UInt8], ofInviterAt host: PeerHost) -> [UInt8] {
        guard var members = (try? JSONValue(parsing: body))?.object,
            let account = members[.userID]?.string, let person = OCMAddress("\(account)@\(host)")
        else { return body }
        let told = backend.readable(person)
        guard told != person else { return body }
        members[.userID] = .string(told.identifier)
        return JSONValue.object(members).serialized()
    }

    static func body(
        _ members: JSONObject, _ before: JSONObject, _ received: [UInt8]
    ) -> TranslatedBody {
        if members == before { return TranslatedBody(bytes: received, isChanged: false) }
        return TranslatedBody(bytes: JSONValue.object(members).serialized(), isChanged: true)
    }

    /// Writes the address that a member holds in the form that the backend reads. Only the form
    /// changes, never the host; one that is said twice may be said once.
    private func writeAddress(
        _ address: OCMAddress, _ name: MemberName, in members: inout JSONObject, isCompared: Bool
    ) {
        guard let text = members[name]?.string else { return }
        let told = backend.readable(address)
        let isRead =
            told == address && backend.reads(address.form)
            && (!(isCompared || backend.keepsHostsAsWritten)
                || text.isSame(as: address.written(address.form)))
        if !isRead { members[name] = .string(told.written(backend.addressForm)) }
    }

    /// Writes whom a share is for so that the backend finds its user.
    func writeReceiver(of share: Share, in members: inout JSONObject) {
        let once = share.shareWith.saidOnce
        if !backend.readsHostsSaidTwice || share.shareWith.isEncoded, once != share.shareWith,
            let text = members[.shareWith]?.string, let written = OCMAddress(text)
        {
            members[.shareWith] = .string(written.saidOnce.written(written.form))
        }
        // Seafile cuts at the first `http`, in lower case.
        guard backend.readsSharesOfOldNextcloudsAlone, share.shape != .foreign,
            let text = members[.shareWith]?.string,
            share.shareWith.form == .bare
                || !text.utf8.starts(with: "\(once.identifier)@http".utf8)
        else { return }
        members[.shareWith] = .string(once.written(.scheme))
    }

    /// A JSON number as id is read wrongly by some.
    ///
    /// - Parameter told: what it is to the reader, where that is another.
    func write(_ id: ProviderID, as told: ProviderID? = nil, in members: inout JSONObject) {
        let told = told ?? id
        guard told != id || ids == .text && members[.providerID]?.number != nil else { return }
        members[.providerID] = .string(told.text)
    }

    /// Leaves away the display names that are empty, as the reva family writes the owner's.
    func dropEmptyNames(from members: inout JSONObject) {
        guard backend.refusesEmptyNames else { return }
        for name in [MemberName.ownerDisplayName, .sharedByDisplayName, .senderDisplayName]
        where members[name]?.string?.isEmpty == true {
            members[name] = nil
        }
    }

    /// The members that name who shares: `sharedBy` for those who read only that, `sender` for those
    /// who know only that.
    enum SenderName: Sendable {
        case sharedBy, sender
    }

    static func nameTheSender(_ names: Set<SenderName>, in members: inout JSONObject) {
        func copy(_ name: MemberName, to other: MemberName) {
            guard members[other].map(\.isNull) ?? true, let value = members[name], !value.isNull
            else { return }
            members.insert(other, value, after: name)
        }
        if names.contains(.sharedBy) {
            copy(.senderDisplayName, to: .sharedByDisplayName)
            copy(.sender, to: .sharedBy)
        }
        if names.contains(.sender) {
            copy(.sharedByDisplayName, to: .senderDisplayName)
            copy(.sharedBy, to: .sender)
        }
    }

    /// Of WebDAV alone: where there is no such way, what others demand is the backend's to meet.
    private static func remove(_ taken: Set<ShareRequirement>, from ways: inout JSONObject) {
        guard !taken.isEmpty else { return }
        for name in [MemberName.webdav, .options] {
            guard var fields = ways[name]?.object, let words = fields[.requirements]?.array else {
                continue
            }
            let left = words.filter { word in
                word.string.map { !taken.contains(ShareRequirement(spelled: $0)) } ?? true
            }
            guard left.count != words.count else { continue }
            fields[.requirements] = left.isEmpty ? nil : .array(left)
            ways[name] = .object(fields)
        }
    }
}

extension JSONObject {
    /// The object with secrets replaced in its own `sharedSecret` and in that of each member.
    func replacing(_ swaps: [SecretSwap]) -> JSONObject {
        var object = self
        if let text = object[.sharedSecret]?.string, let new = swaps.new(for: text) {
            object[.sharedSecret] = .string(new)
        }
        object.change { value in
            guard var fields = value.object, let text = fields[.sharedSecret]?.string,
                let new = swaps.new(for: text)
            else { return nil }
            fields[.sharedSecret] = .string(new)
            return .object(fields)
        }
        return object
    }
}

extension [SecretSwap] {
    /// The replacement for a secret, or nil when it is none of these.
    func new(for text: String) -> String? {
        let secret = Secret(utf8: text)
        return first { $0.old == secret }?.new.text
    }
}

extension Secret {
    /// The text of a secret, for the one place that it is written to; empty when it is not UTF-8.
    package var text: String {
        withBytes { bytes in
            guard let text = try? UTF8Span(validating: bytes) else { return "" }
            return String(copying: text)
        }
    }
}

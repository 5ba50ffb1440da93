import Federation
import OpenSSL

/// What the registry says of the share that a notification names.
enum ShareMeant: Sendable {
    case share(ShareRecord)
    /// It was made because this peer, its sender, asked for it, and the peer speaks of it
    /// (`protocol.md` 9.7).
    case passedOn(ShareRecord, by: PeerHost)
    /// It is this peer's, and another one signs: `verify` refuses that (`sender_mismatch`).
    case foreign(PeerHost)
    /// To be refused once the signature has been verified: `secret_mismatch` for an id that we know
    /// with a secret that is not its own, and for a secret that a code took the place of; `share_unknown`
    /// for a signed message that proves by nothing that the share is the signer's.
    case doubtful(Denial)
    case unknown

    /// The peer of the share.
    var peer: PeerHost? {
        switch self {
        case .share(let share): share.peer
        case .passedOn(_, let peer): peer
        case .foreign(let peer): peer
        case .doubtful, .unknown: nil
        }
    }

    var share: ShareRecord? {
        switch self {
        case .share(let share), .passedOn(let share, _): share
        case .foreign, .doubtful, .unknown: nil
        }
    }

    var doubt: Denial? {
        switch self {
        case .doubtful(let denial): denial
        case .share, .passedOn, .foreign, .unknown: nil
        }
    }
}

/// Who signed a message, as far as the name of the key tells.
enum NamedSigner: Sendable {
    /// Nobody did, or the name cannot be read, which `verify` then refuses.
    case nobody
    /// The host whose key set holds it, whichever that is (`protocol.md` 4).
    case keyOnly
    case host(PeerHost)

    var host: PeerHost? {
        switch self {
        case .nobody, .keyOnly: nil
        case .host(let host): host
        }
    }
}

/// Which share a notification is about.
extension Gateway {
    /// The share that a notification is about: the one of its id and, where it carries one, its secret.
    ///
    /// - Parameters:
    ///   - grantee: the receiver, where it names one: of several shares theirs is meant, and without
    ///     a secret no other.
    ///   - resourceType: what kind of share it names, which tells several apart where no secret does.
    func shareMeant(
        by id: ProviderID, secret: Secret?, grantee: String?, resourceType: String?,
        signer: NamedSigner, of type: Federation.Notification.Kind
    ) -> ShareMeant {
        guard let secret else { return shareNamed(id, grantee, resourceType, signer, type) }
        return shareKnown(by: secret, id, grantee, signer.host, type)
    }

    /// The share of an id alone, which counts only within the shares of the peer that signs, whom the name of its
    /// key need not tell: then the id has to.
    private func shareNamed(
        _ id: ProviderID, _ grantee: String?, _ resourceType: String?, _ named: NamedSigner,
        _ type: Federation.Notification.Kind
    ) -> ShareMeant {
        let all = shares(named: id, of: named.host, type)
        let ofKind = those(all, of: resourceType)
        let standing = ofKind.filter { $0.ended == nil }
        let theirs = those(standing, for: grantee)
        // Its end is told again until it was heard, which one by an operator was not.
        let told = theirs.isEmpty && type.endsShare ? those(ofKind, for: grantee) : theirs
        // The newest of one that was sent again; of others nobody can say which is meant.
        let own = told.first.flatMap { newest in
            told.allSatisfy { $0.isOne(with: newest) } ? newest : nil
        }
        switch named {
        case .nobody: return .unknown
        case .keyOnly: return own.map { ShareMeant.share($0) } ?? .unknown
        case .host: break
        }
        if let own { return .share(own) }
        guard told.isEmpty else {
            return .doubtful(
                Denial(.secretMismatch, "no secret says which of several shares \(id)"))
        }
        return .doubtful(
            standing.isEmpty
                ? Denial(.shareUnknown, "no share \(id) of the signer, and no secret")
                : Denial(.secretMismatch, "grantee is not the receiver of share \(id)"))
    }

    /// The share of a secret and an id. Where no signer is named, a reshare is undone by whoever shared it on, who
    /// knows the same secret: the receiver could only harm itself by it. So is one unshared that is for somebody
    /// of this site. What changes permissions is judged as the receiver's, which could give itself more.
    private func shareKnown(
        by secret: Secret, _ id: ProviderID, _ grantee: String?, _ signer: PeerHost?,
        _ type: Federation.Notification.Kind
    ) -> ShareMeant {
        let found = type.comesFrom.shares(of: .peer).flatMap { registry.find(secret, $0) }
        // Of one to somebody of this site there is no record but that of the owner's side.
        if type == .shareUnshared, found.isEmpty,
            let passed = passedOn(withinTheSite(by: id, code: secret), saidBy: signer)
        {
            return passed
        }
        // What a code took the place of opens nothing, and buys nothing. The peer of a share that was added by
        // hand had it before: who signs may be done with the share by it.
        let holders = found.filter {
            !$0.isReplaced || type.endsShare && $0.share.peer == signer
        }
        if holders.isEmpty, let one = found.first {
            return .doubtful(
                Denial(.secretMismatch, "share \(one.share.id) has a code in the place of it"))
        }
        let known = holders.filter { $0.share.providerID == nil || $0.share.providerID == id }
        if signer == nil, type == .reshareUndo,
            let passed = passedOn(
                known.map(\.share).filter { $0.direction == .outbound }, saidBy: nil)
        {
            return passed
        }
        let own = known.filter { signer == nil || $0.share.peer == signer }
        // After a reshare several shares have one secret.
        let told = those(own.map(\.share), for: grantee)
        let meant = told.isEmpty ? own.map(\.share) : told
        if let match = meant.first(where: { $0.ended == nil }) ?? meant.first {
            return .share(match)
        }
        if let signer, let match = known.first(where: { $0.share.isPassedOn(by: signer) }) {
            return .passedOn(match.share, by: signer)
        }
        // Of one that was added by hand: who signs may be the third party that shared it on, and says what
        // that one may. What its receiver says is its peer's.
        if let signer, type.comesFrom == .either, known.allSatisfy(\.share.isOfUnknownSender),
            let match = known.first(where: { $0.share.ended == nil }) ?? known.first
        {
            return .passedOn(match.share, by: signer)
        }
        // Under another name too: what we take for one, the backend's database may not ("07").
        if let foreign = known.first ?? holders.first(where: { $0.share.peer != signer }) {
            return .foreign(foreign.share.peer)
        }
        // One of before we came has the name of those that we know, where a name is no share's own.
        let standing = shares(named: id, of: signer, type).filter { $0.ended == nil }
        guard standing.allSatisfy(\.isNamedByKind) || signer == nil else {
            return .doubtful(
                Denial(.secretMismatch, "the secret is not the one of share \(id)"))
        }
        return .unknown
    }

    /// The shares of this name that whoever signs may speak of, ended ones too; of all peers where nobody does.
    private func shares(
        named id: ProviderID, of signer: PeerHost?, _ type: Federation.Notification.Kind
    ) -> [ShareRecord] {
        type.comesFrom.shares(of: .peer).flatMap { registry.find(id, $0, peer: signer) }
    }

    /// The one of some shares, of those that stand first, that the third party speaks of who passed it on:
    /// whoever signs, or, where nobody does, one who never does. Nil where there is none.
    private func passedOn(_ shares: [ShareRecord], saidBy signer: PeerHost?) -> ShareMeant? {
        for share in shares.filter({ $0.ended == nil }) + shares.filter({ $0.ended != nil }) {
            guard let sharer = share.sharer(besides: site.hosts) else { continue }
            // Who signs has not said it unsigned, but over the older API, as any of those who have the secret.
            if signer.map({ $0 == sharer }) ?? !hasSigned(sharer) {
                return .passedOn(share, by: sharer)
            }
        }
        return nil
    }

    /// The shares to somebody of this site that whoever passed them on was told this code of.
    private func withinTheSite(by id: ProviderID, code: Secret) -> [ShareRecord] {
        registry.find(code, .outbound).filter { !$0.isReplaced }.map(\.share).filter { share in
            site.hosts.contains(share.peer) && (share.providerID == nil || share.providerID == id)
        }
    }

    /// Refused (`share_ended`): words by the secret of a share of ours that is over, but those that end or
    /// withdraw it, either way. The backend, which is not told what an operator ends, would make another share of
    /// it, and its database may find it by an id that is not its own ("07"); and it would go on to tell the peer
    /// what is said in a room. Of a peer's share that is over applications say nothing either.
    func checkStands(
        _ share: ShareRecord?, _ secret: Secret?, _ type: Federation.Notification.Kind
    ) throws(Denial) {
        guard !type.endsShare, type != .reshareUndo else { return }
        let now = environment.now()
        func isOver(_ known: ShareRecord) -> Bool {
            (known.isServedHere || type.isOfApplication)
                && registry.standing(of: known.id, now: now) != .active
        }
        if let share, isOver(share) {
            throw over(share, type)
        }
        let holders = secret.map { registry.findServed($0).map(\.share) } ?? []
        if let first = holders.first, holders.allSatisfy(isOver) {
            throw over(first, type)
        }
    }

    /// The refusal of words about a share that is over; applications are told so as Nextcloud tells them.
    private func over(_ share: ShareRecord, _ type: Federation.Notification.Kind) -> Denial {
        let detail = "share \(share.id) is over"
        guard type.isOfApplication else { return Denial(.shareEnded, detail) }
        return Denial(.shareEnded, status: 400, detail).saying(Denial.notThere)
    }

    /// Holds what a notification says of the ways to a share to whoever says it, and to the secrets that the share
    /// was offered with, since oCIS takes each in the place of the one that it has.
    ///
    /// Refused: a place or a secret, where the share is another peer's, as one that the sender has only passed on
    /// (`sender_mismatch`), in profile `observe` too: data would be looked for at that sender; another secret
    /// (`secret_mismatch`), by which the backend would open the share past all that is asked of it here, be it
    /// over or not.
    func checkWays(
        _ ways: [ShareProtocol], of share: ShareRecord?, saidBy peer: PeerHost?, _ trail: Trail
    ) throws(Denial) {
        guard let share else { return }
        let secrets = ways.compactMap(\.secret)
        guard share.peer == peer || secrets.isEmpty && ways.allSatisfy(\.places.isEmpty) else {
            throw Denial(
                .senderMismatch,
                "where share \(share.id) is, or by which secret, said by another than its peer")
        }
        let areItsOwn = secrets.allSatisfy { secret in
            registry.find(secret, share.direction).contains {
                $0.share.id == share.id && $0.credential == .secret
            }
        }
        if !areItsOwn {
            try refuse(
                Denial(.secretMismatch, "a way to share \(share.id) by another secret"),
                orTell: trail)
        }
    }

    /// Holds a notification to the share that it has been proved to be about, for a backend that finds one by
    /// its id and receiver alone, whoever names them.
    ///
    /// Refused: no such share (`share_unknown`), another receiver (`secret_mismatch`), and a share that the
    /// backend cannot tell from another peer's (`share_unknown`); profile `observe` only tells of them.
    func checkNamed(
        _ notification: Federation.Notification, _ share: ShareRecord?, _ trail: Trail
    ) throws(Denial) {
        let id = notification.providerID
        guard let share, share.providerID == id else {
            return try refuse(
                Denial(
                    .shareUnknown, "no share \(id) of its sender, and oCIS asks for no secret"),
                orTell: trail)
        }
        let receiver = share.receiver
        if let grantee = notification.grantee, !isSaid(grantee, of: receiver) {
            try refuse(
                Denial(.secretMismatch, "grantee is not the receiver of share \(share.id)"),
                orTell: trail)
        }
        let told = told(id, of: share)
        let other = registry.find(id, share.direction).first { known in
            known.ended == nil && known.peer != share.peer && self.told(id, of: known) == told
                && known.recipient.map { isSaid($0, of: receiver) } ?? true
        }
        if let other {
            try refuse(
                Denial(
                    .shareUnknown, "the backend cannot tell share \(share.id) from \(other.id)"),
                orTell: trail)
        }
    }

    /// What the id of a share is to the backend: that of a peer's may be told with the peer. Of several peers that
    /// name theirs by one UUID the first keeps it: another one has it from there.
    func told(_ id: ProviderID, of share: ShareRecord) -> ProviderID {
        guard share.direction == .inbound else { return id }
        let isTaken = registry.find(id, .inbound).contains {
            $0.id < share.id && $0.peer != share.peer
        }
        return backend.view.backend.told(id, of: share.peer, isTaken: isTaken)
    }

    /// The shares that are for whom a message names: where there is none, those for whom it names in other
    /// letters, large or small, as servers find their people, then those whose receiver nobody has
    /// recorded (`share add`), and for a message that names nobody all.
    private func those(_ shares: [ShareRecord], for grantee: String?) -> [ShareRecord] {
        guard let grantee else { return shares }
        let theirs = shares.filter { isSaid(grantee, of: $0.receiver) }
        guard theirs.isEmpty else { return theirs }
        let alike = shares.filter { isSaid(grantee, of: $0.receiver, inAnyCase: true) }
        return alike.isEmpty ? shares.filter { $0.receiver == nil } : alike
    }

    /// The shares of the kind that a message names; all where there is none, or it names no kind.
    private func those(_ shares: [ShareRecord], of resourceType: String?) -> [ShareRecord] {
        guard let resourceType else { return shares }
        let kind = ShareRecord.kind(of: resourceType)
        let named = shares.filter { ShareRecord.kind(of: $0.resourceType) == kind }
        return named.isEmpty ? shares : named
    }

    /// Whether a text names somebody, whose host may be left out, and may be any of the site's.
    private func isSaid(
        _ text: String, of person: OCMAddress?, inAnyCase: Bool = false
    ) -> Bool {
        guard let person else { return false }
        func isTheirs(_ name: String) -> Bool {
            inAnyCase
                ? name.isSame(inAnyCaseAs: person.identifier)
                : name.isSame(as: person.identifier)
        }
        if isTheirs(text) { return true }
        guard let said = OCMAddress(text)?.saidOnce else { return false }
        return isTheirs(said.identifier)
            && (said.host == person.host || site.hosts.contains(said.host))
    }
}

extension ShareRecord {
    /// What kind of share a type names: files and folders are one, which not all tell apart. Of what was
    /// added by hand nobody has recorded that it is anything else.
    fileprivate static func kind(of resourceType: String?) -> String {
        switch resourceType {
        case nil, "folder"?: "file"
        case let other?: other
        }
    }

    /// Whether both are of one kind, between the same peer and the same person: one share that was sent
    /// again.
    fileprivate func isOne(with other: ShareRecord) -> Bool {
        direction == other.direction && peer == other.peer && recipient == other.recipient
            && Self.kind(of: resourceType) == Self.kind(of: other.resourceType)
    }
}

extension Federation.Notification.Side {
    /// Who says something of a share.
    enum Speaker { case us, peer }

    /// Which way the shares go that somebody on this side of them can speak of: an owner's words are
    /// about what the owner shares, a receiver's about what was shared with them.
    func shares(of speaker: Speaker) -> [ShareDirection] {
        switch (self, speaker) {
        case (.owner, .us), (.receiver, .peer): [.outbound]
        case (.receiver, .us), (.owner, .peer): [.inbound]
        case (.either, _): ShareDirection.allCases
        }
    }
}

import Federation
import Logging
import OpenSSL
import Synchronization

extension ShareOrder {
    /// Makes the record of the share.
    ///
    /// Refused: a peer that is no host, and a share that is known, also one that was only learned from its
    /// peer: both would have to be revoked to end the one, and the learned one has no limits.
    func recorded(
        in registry: ShareRegistry, now: Int
    ) throws -> ShareRegistry.Recording {
        let share = try share()
        let named = share.providerID.flatMap { name in
            registry.find(name, .outbound, peer: share.peer)
                .first { $0.standing(now: now) == .active }
        }
        let learned = registry.find(Secret(utf8: secret), .outbound).map(\.share).first {
            $0.origin == .learned && $0.peer == share.peer && $0.standing(now: now) == .active
        }
        if let known = named ?? learned {
            throw FileProblem(
                "share \(known.id)", "is this one already",
                "ocmgate share show \(known.id); to add it anew, first: ocmgate share revoke "
                    + "\(known.id)")
        }
        return registry.record(share, now: now)
    }

    private func share() throws(FileProblem) -> NewShare {
        guard let host = PeerHost(peer) else {
            throw FileProblem(peer, "is not a host")
        }
        return NewShare(
            direction: .outbound, origin: .seen, peer: host, providerID: ProviderID(providerID),
            resourceType: nil, owner: owner, sender: sender, recipient: recipient,
            accesses: [
                NewAccess(
                    protocolName: "webdav", secret: Secret(utf8: secret),
                    handle: credential == .code ? .make : .none,
                    permissions: permissions.map { .named($0) } ?? .unspecified, uri: nil,
                    requirements: [])
            ])
    }
}

extension OrderAnswer {
    /// What `reload` learns: the hashes of the policy before and now, or why the old one stays, and what
    /// is wrong with the candidate.
    init(_ reload: PolicyReload) {
        var told =
            switch reload.policy {
            case .taken(let was, let now): ["was": was, "policy": now]
            case .kept(let problem): ["problem": problem]
            }
        told["candidate_problem"] = reload.candidateProblem
        self = .done(told)
    }

    /// And why the signing keys stay, and what became of the configuration and the certificates; of their
    /// keys, which may hold blanks, one stands on a line.
    func telling(_ reload: ConfigurationReload?, keysProblem: String?) -> OrderAnswer {
        guard case .done(var told) = self else { return self }
        told["keys_problem"] = keysProblem
        guard let reload else { return .done(told) }
        told["configuration_problem"] = reload.problem
        told["configuration_note"] = reload.note
        if reload.taken.contains("policy.candidate") {
            // What was said of the one before is over.
            told["candidate_problem"] = reload.candidateProblem
        }
        if !reload.taken.isEmpty { told["taken"] = reload.taken.joined(separator: "\n") }
        if !reload.waiting.isEmpty { told["waiting"] = reload.waiting.joined(separator: "\n") }
        return .done(told)
    }

    /// What `share add` learns: the share's number, and the code when one was made.
    init(_ recording: ShareRegistry.Recording, _ order: ShareOrder) {
        var told = ["id": recording.share.id.description]
        switch order.credential {
        case .code: told["code"] = recording.credentials.first?.text
        case .secret: break
        }
        self = .done(told)
    }
}

extension Order {
    /// Whether all of it is what the state or the files of keys say afterwards, whoever carries it out;
    /// else it is about the process that serves.
    fileprivate var isOfState: Bool {
        switch self {
        case .addShare, .revoke, .forgetPeer, .pinPeer, .changeKeys, .eraseSubject: true
        // With a hold, the policy is read again.
        case .reload, .end, .lists, .settleHold: false
        }
    }

    /// Whether files are read again for it, whose disk may not answer.
    var readsFiles: Bool {
        switch self {
        case .reload, .changeKeys, .settleHold: true
        case .addShare, .revoke, .forgetPeer, .pinPeer, .end, .lists, .eraseSubject: false
        }
    }
}

extension Gateway {
    /// Carries out the orders that come, twice a second, until it is cancelled.
    func takeOrders() async {
        while !Task.isCancelled {
            await carryOutOrders()
            await pause(.milliseconds(500))
        }
        await reading.begin(.again)
        reading.end(.again)
    }

    /// Looks for orders and carries them out, one after the other; what one says is durable before
    /// it is said. Those that read files again, which may be slow, are waited for by one another alone, in
    /// the box: there their commands can take them back.
    func carryOutOrders() async {
        let isLeft = await carryOutOrders(mayRead: reading.take(.again)) { _ in true }
        guard isLeft, reading.take(.order) else { return }
        // In line for its turn: signals that come without a pause would have every one.
        Task { [self] in
            await reading.begin(.again)
            _ = await carryOutOrders(mayRead: true, where: \.readsFiles)
            reading.end(.order)
        }
    }

    /// - Parameter mayRead: whether it has the turn to read files, which it gives up.
    /// - Returns: whether an order was left for want of that turn.
    private func carryOutOrders(mayRead: Bool, where isMeant: (Order) -> Bool) async -> Bool {
        let isHandingOver = steering.withLock { $0?.isHandingOver ?? false }
        var (isReading, isLeft) = (!mayRead, false)
        let waiting = orders.take(now: environment.now(), isLast: !isHandingOver) { order in
            guard isMeant(order), !isHandingOver || order.isOfState else { return false }
            guard order.readsFiles else { return true }
            defer { (isReading, isLeft) = (true, isReading) }
            return !isReading
        }
        if mayRead, !waiting.contains(where: \.order.readsFiles) { reading.end(.again) }
        for taken in waiting {
            switch taken.order {
            case .lists where steering.withLock({ $0?.isEnding ?? false }):
                answer(taken, .refused("the gateway is ending"))
            case .lists(let order):
                // Servers of lists may be slow: other orders do not wait for them.
                Task { [self] in answer(taken, await carryOut(order)) }
            case .reload, .changeKeys, .settleHold:
                Task { [self] in
                    answer(taken, await carryOut(taken.order))
                    reading.end(.again)
                }
            case .addShare, .revoke, .forgetPeer, .pinPeer, .end, .eraseSubject:
                answer(taken, await carryOut(taken.order))
            }
        }
        return isLeft
    }

    private func answer(_ taken: OrderBox.Taken, _ answer: OrderAnswer) {
        do { try orders.answer(taken, answer) } catch {
            log.write(.warning, .orderLost, [LogEntry(.problem, error.description)])
        }
    }

    private func carryOut(_ order: Order) async -> OrderAnswer {
        do { return try await perform(order) } catch { return .refused("\(error)") }
    }

    private func perform(_ order: Order) async throws -> OrderAnswer {
        switch order {
        case .lists(let order): return await carryOut(order)
        case .addShare(let order): return try await add(order)
        case .revoke(let revocation): return try await revoke(revocation)
        case .forgetPeer(let name): return try await forget(try Self.host(name))
        case .eraseSubject(let text): return try await erase(text)
        case .settleHold(let name):
            try await store.commit(holds.settle(try Self.host(name)))
            return OrderAnswer(await reloadPolicy())
        case .pinPeer(let order): return try await pin(order)
        case .reload: return await reload()
        case .end(let seconds):
            guard let steering = steering.withLock({ $0 }) else {
                return .refused("it has not started yet")
            }
            steering.end(.seconds(max(0, seconds)))
            return .done([:])
        case .changeKeys(let change):
            return try await readAgain { [self] in Result { try perform(change) } }.get()
        }
    }

    private func add(_ order: ShareOrder) async throws -> OrderAnswer {
        let recording = try order.recorded(in: registry, now: environment.now())
        try await store.commit(recording.change)
        return OrderAnswer(recording, order)
    }

    private func revoke(_ revocation: Revocation) async throws -> OrderAnswer {
        let change = try revocation.change(of: registry, now: environment.now())
        do throws(StoreFailure) { try await store.commit([change]) } catch {
            guard case .disk = error else { throw error }
            throw OrderRefusal(
                "\(error); make room; until then a list of the policy that blocks its peer ends it")
        }
        log.write(
            .notice, .shareRevoked,
            [
                LogEntry(.share, revocation.share),
                LogEntry(.kind, revocation.extent.rawValue),
            ])
        return .done(revocation.told(registry, now: environment.now()))
    }

    private func forget(_ host: PeerHost) async throws -> OrderAnswer {
        let forgotten = PeerForgetting.Forgotten(host, pins, generations, accepted, holds)
        try await store.commit([
            peers.forgetting(host), pins.forget(host), pastKeys.forget(host),
            generations.forget(host), accepted.forget(host), holds.settle(host),
        ])
        return .done(forgotten.told)
    }

    private func erase(_ text: String) async throws -> OrderAnswer {
        let erasures = JournalErasure.all(text, ours: site.hosts) ?? []
        let waiting = holds.subjects(site: site.host)
        let named = try erasures.compactMap { try journal.subject($0, among: waiting) }
        try await store.commit(named.compactMap { holds.forget($0, site: site.host) })
        try await store.fold()
        return await journal.erase(text, ours: site.hosts)
    }

    private func pin(_ order: PinOrder) async throws -> OrderAnswer {
        let host = try Self.host(order.peer)
        try await store.commit([
            peers.forgetting(host),
            pins.accept(host, offered: order.offered, now: environment.now()),
            holds.settle(host),
        ])
        log.write(
            .notice, .peerKeysAccepted,
            [LogEntry(.peer, order.peer), LogEntry(.count, order.keys.count)])
        return .done(["keys": "\(order.keys.count)"])
    }

    private func reload() async -> OrderAnswer {
        let keysProblem = await readAgain { [self] in reloadKeys() }
        let answer = OrderAnswer(await reloadPolicy())
        let steering = steering.withLock { $0 }
        return answer.telling(await steering?.reload(), keysProblem: keysProblem)
    }

    private func perform(_ change: KeyChange) throws -> OrderAnswer {
        let done = try keys.change {
            let done = try change.perform(
                in: configuration.signature.keys, state: store.path, now: environment.now())
            published.take(done.ring)
            return done
        }
        log.write(
            .notice, .keysChanged,
            [LogEntry(.action, change.word), LogEntry(.name, done.name)])
        return done.answer(by: .gateway)
    }

    /// Refused: a name that is no host.
    private static func host(_ name: String) throws(OrderRefusal) -> PeerHost {
        guard let host = PeerHost(name) else { throw OrderRefusal("\(name) is not a host") }
        return host
    }
}

/// Why an order is not carried out.
private struct OrderRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension ShareOrder {
    /// Records the share: by the gateway that uses the state, or directly when there is none.
    package func place(
        in state: String, _ key: SealKey, now: Int, patience: Duration = .seconds(10)
    ) async throws -> OrderAnswer {
        do {
            let store = try Store.open(state, key, now: now)
            defer { store.close() }
            let recording = try recorded(in: ShareRegistry(store, key), now: now)
            try await store.commit(recording.change)
            return OrderAnswer(recording, self)
        } catch let error as FileProblem where error.isInUse {
            return try await OrderBox(state, key).ask(
                .addShare(self), now: now, patience: patience)
        }
    }
}

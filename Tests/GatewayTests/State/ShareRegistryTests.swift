import Federation
import Foundation
import GRDB
import OpenSSL
import Testing

@testable import Gateway

@Suite struct ShareRegistryTests {
    let key: SealKey
    let scratch: Scratch
    let store: Store
    let registry: ShareRegistry
    let peer: PeerHost

    init() throws {
        key = try #require(SealKey(Secret.random(32)))
        scratch = try Scratch()
        store = try Store.open(scratch.file("state.db"), key, now: 1000)
        registry = try ShareRegistry(store, key)
        peer = try #require(PeerHost("one.example"))
    }

    private func new(
        _ secret: String, id: String? = "1", handle: NewAccess.Handle = .none,
        direction: ShareDirection = .outbound, expires: Int? = nil,
        permissions: SharePermissions = .unspecified
    ) -> NewShare {
        NewShare(
            direction: direction, origin: .seen, peer: peer,
            providerID: id.map { ProviderID($0) }, resourceType: "folder", owner: "a@cloud.example",
            sender: "b@cloud.example", recipient: "c@one.example", expires: expires,
            accesses: [
                NewAccess(
                    protocolName: "webdav", secret: Secret(utf8: secret), handle: handle,
                    permissions: permissions, uri: "x/y", requirements: [.mustExchangeToken])
            ])
    }

    /// What became of it meanwhile stays: its old tokens are good no more.
    @Test func whatCannotBeTakenBackIsAsItWasThen() async throws {
        let (share, _) = try await add(new("SECRET0PERMANEN", handle: .make))
        try await store.commit(registry.revokeTokens(of: share.id))
        let change = try #require(registry.takeBack(share))
        #expect(registry.all.isEmpty)
        change.abandoned()
        #expect(registry.all.map(\.epoch) == [share.epoch + 1])
    }

    @Test func aShareThatSaysTheSameIsFoundWhileItIsActive() async throws {
        let share = new("SECRET0PERMANEN", handle: .make, direction: .inbound)
        #expect(registry.active(same: share, now: 1000) == nil)
        let (known, _) = try await add(share)
        #expect(registry.active(same: share, now: 1000)?.id == known.id)
        for other in [
            new("SECRET0PERMANEN", id: "2", handle: .make, direction: .inbound),
            new("ANOTHER0SECRET0", handle: .make, direction: .inbound),
            new("SECRET0PERMANEN", handle: .make, direction: .outbound),
            new("SECRET0PERMANEN", handle: .make, direction: .inbound, expires: 2000),
            new(
                "SECRET0PERMANEN", handle: .make, direction: .inbound,
                permissions: .named(["read"])),
        ] { #expect(registry.active(same: other, now: 1000) == nil) }
        var anothers = share
        anothers.peer = try #require(PeerHost("two.example"))
        #expect(registry.active(same: anothers, now: 1000) == nil)
        try await store.commit(registry.end(known.id, now: 1000))
        #expect(registry.active(same: share, now: 1000) == nil)
    }

    /// Rows of shares that nobody told us of used to say `file`.
    @Test(arguments: [nil, "file"]) func whatNobodyToldIsUnknown(_ written: String?) async throws {
        var unseen = new("SECRET0PERMANEN", id: nil)
        (unseen.resourceType, unseen.owner, unseen.sender) = (written, nil, nil)
        try await store.commit(registry.record(unseen, now: 1000).change)
        try await store.commit(registry.record(new("ANOTHER0SECRET0"), now: 1000).change)
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 2000)
        #expect(try ShareRegistry(again, key).all.map(\.resourceType) == [nil, "folder"])
    }

    @Test func aShareMayDemandTokensLater() async throws {
        var share = new("SECRET0PERMANEN", handle: .make)
        share.accesses[0].requirements = [.mustUseMFA]
        share.site = PeerHost("alias.example")
        let (known, _) = try await add(share)
        #expect(!known.demandsTokens)
        #expect(registry.permit(["webdav": .unspecified, "ssh": .named([])], by: known) == nil)
        try await store.commit(
            try #require(registry.permit(["webdav": .named(["read"])], by: known)))
        try await store.commit(try #require(registry.demandTokens(of: known)))
        let changed = try #require(registry[known.id])
        #expect(changed.accesses[0].requirements == [.mustUseMFA, .mustExchangeToken])
        #expect(registry.demandTokens(of: changed) == nil)
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 2000)
        #expect(try ShareRegistry(again, key).all.first?.demandsTokens == true)
        #expect(
            try ShareRegistry(again, key).all.first?.accesses.first?.permissions
                == .named(["read"]))
        #expect(try ShareRegistry(again, key).all.first?.epoch == known.epoch + 1)
        #expect(try ShareRegistry(again, key).all.first?.site?.description == "alias.example")
    }

    @Test(
        arguments: [
            ([.mustExchangeToken], nil, .token), ([], nil, .permanent),
            ([.mustUseMFA], .legacy, .permanent), ([], AcceptSecret.none, .token),
        ] as [([ShareRequirement], AcceptSecret?, ShareRecord.Opener)])
    func whoNeedNotExchangeItsCodeHasAPermanentSecret(
        _ requirements: [ShareRequirement], _ taken: AcceptSecret?, _ opener: ShareRecord.Opener
    ) async throws {
        var share = new("SECRET0PERMANEN", handle: .make)
        share.accesses[0].requirements = requirements
        share.settings.acceptSecret = taken
        #expect(try await add(share).0.opener == opener)
    }

    /// No erasure from the journal reaches them.
    @Test(arguments: [
        ("A@CLOUD.example", ["1"]), ("b@alias.example", ["1"]), ("c@one.example", ["1"]),
        ("c@cloud.example", []), ("192.0.2.7", []), (String(repeating: "0", count: 24), []),
    ])
    func sharesThatNameSomebodyAreFound(_ text: String, _ found: [String]) async throws {
        _ = try await add(new("SECRET0PERMANEN"))
        let ours = try ["cloud.example", "alias.example"].map { try #require(PeerHost($0)) }
        let shares = registry.all.filter(JournalErasure.naming(text, ours: ours))
        #expect(shares.map(\.id.description) == found)
    }

    /// Its peer knows it by the name that the site had, whatever it is called later.
    @Test func aShareKeepsTheNameOfTheSite() async throws {
        let (old, new) = (
            try #require(PeerHost("old.example")), try #require(PeerHost("new.example"))
        )
        try await store.commit(registry.record(self.new("SECRET0PERMANEN"), now: 1000).change)
        try store.name(old)
        var named = self.new("ANOTHER0SECRET0", id: "2")
        named.site = PeerHost("alias.example")
        let unnamed = self.new("A0THIRD0SECRET0", id: "3")
        let known = try ShareRegistry(store, key)
        try await store.commit(known.record(named, now: 1000).change)
        try await store.commit(known.record(unnamed, now: 1000).change)
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 2000)
        defer { again.close() }
        try again.name(new)
        try again.name(new)
        let third = try ShareRegistry(again, key)
        #expect(third.all.map(\.site) == [old, PeerHost("alias.example"), old])
        let file = scratch.file("state.db")
        #expect(
            ShareListing.siteNames(file, now: 2000) == ["old.example": 2, "alias.example": 1])
        try await again.commit(third.end(third.all[0].id, now: 2000))
        #expect(
            ShareListing.siteNames(file, now: 2000) == ["old.example": 1, "alias.example": 1])
        try await again.commit(
            third.record(self.new("A0FOURTH0SECRET", id: "4"), now: 2000).change)
        try again.name(new)
        #expect(try ShareRegistry(again, key).all.last?.site == new)
        #expect(ShareListing.siteNames(file, now: 2000)["new.example"] == 1)
    }

    @Test func whatHasExpiredHasNoNameOfTheSite() async throws {
        try store.name(try #require(PeerHost("cloud.example")))
        // Its name is the one of the last start.
        try await store.commit(
            registry.record(new("SECRET0PERMANEN", expires: 1500), now: 1000).change)
        let file = scratch.file("state.db")
        #expect(ShareListing.siteNames(file, now: 1499) == ["cloud.example": 1])
        #expect(ShareListing.siteNames(file, now: 1500) == [:])
        #expect(ShareListing.siteNames(scratch.file("none.db"), now: 1499) == [:])
    }

    @Test func oneWayThatDemandsThemAlreadyDoesNotSpareTheOthers() async throws {
        var share = new("SECRET0PERMANEN", handle: .make)
        var other = share.accesses[0]
        other.protocolName = "webapp"
        other.secret = Secret(utf8: "SECRET-OF-WEBAPP")
        share.accesses[0].requirements = []
        share.accesses.append(other)
        let (known, _) = try await add(share)
        #expect(!known.demandsTokens)
        try await store.commit(try #require(registry.demandTokens(of: known)))
        let changed = try #require(registry[known.id])
        #expect(
            changed.accesses.map(\.requirements) == [[.mustExchangeToken], [.mustExchangeToken]])
        #expect(registry.demandTokens(of: changed) == nil)
    }

    private func add(_ share: NewShare) async throws -> (ShareRecord, Secret) {
        let recording = registry.record(share, now: 1000)
        try await store.commit(recording.change)
        return (recording.share, try #require(recording.credentials.first))
    }

    @Test func aShareIsThereOnceItIsDurableAndComesBackWhole() async throws {
        var new = new("SECRET0PERMANEN", handle: .make, permissions: .named(["read"]))
        new.settings = RuleSettings(
            tokenTTL: .seconds(60), acceptSecret: AcceptSecret.none, bind: .peer)
        let recording = registry.record(new, now: 1000)
        #expect(registry.count == 0)
        try await store.commit(recording.change)
        #expect(registry.count == 1)
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 2000)
        let loaded = try ShareRegistry(again, key)
        let share = try #require(loaded.all.first)
        #expect(share.peer == peer && share.providerID?.text == "1")
        #expect(share.owner == "a@cloud.example" && share.recipient == "c@one.example")
        #expect(share.settings == new.settings)
        #expect(share.accesses.first?.permissions == .named(["read"]))
        #expect(share.accesses.first?.requirements == [.mustExchangeToken])
        #expect(try loaded.secret(of: share).text == "SECRET0PERMANEN")
        #expect(try loaded.credential(of: share) == recording.credentials.first)
        again.close()
    }

    @Test func aShareEndsSoonerFromNowOnAndNeverLater() async throws {
        let (share, _) = try await add(new("SECRET0PERMANEN"))
        try await store.commit(try #require(registry.expire(share, at: 2000)))
        let sooner = try #require(registry[share.id])
        #expect(sooner.expires == 2000)
        #expect(registry.standing(of: share.id, now: 2000) == .expired)
        for end in [2000, 3000] { #expect(registry.expire(sooner, at: end) == nil) }
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 1500)
        #expect(try ShareRegistry(again, key).all.map(\.expires) == [2000])
        again.close()
    }

    @Test func aHandleIsMadeOfLettersAndDigitsAndFitsOldColumns() async throws {
        let (_, handle) = try await add(new("SECRET0PERMANEN", handle: .make))
        #expect(handle.text.utf8.count == 32)
        #expect(handle.text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }

    @Test func secretsAndHandlesAreToldApartAndDirectionsToo() async throws {
        let (share, handle) = try await add(new("SECRET0PERMANEN", handle: .make))
        #expect(registry.find(handle, .outbound).map(\.credential) == [.handle])
        #expect(
            registry.find(Secret(utf8: "SECRET0PERMANEN"), .outbound).map(\.credential) == [.secret]
        )
        #expect(registry.find(handle, .inbound).isEmpty)
        #expect(registry.find(Secret(utf8: "SECRET0PERMANEM"), .outbound).isEmpty)
        #expect(registry.find(Secret(utf8: ""), .outbound).isEmpty)
        #expect(registry.find(ProviderID("1"), .outbound).map(\.id) == [share.id])
        #expect(registry.find(ProviderID("1"), .outbound, peer: PeerHost("two.example")).isEmpty)
    }

    @Test func aSealedSecretOpensInItsOwnRowOnly() async throws {
        _ = try await add(new("SECRET-ONE", id: "1"))
        _ = try await add(new("SECRET-TWO", id: "2"))
        store.close()
        let database = try DatabaseQueue(path: scratch.file("state.db"))
        try await database.write { db in
            try db.execute(
                sql: "UPDATE access SET secret = (SELECT secret FROM access WHERE share = 1)")
        }
        try database.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 1000)
        let loaded = try ShareRegistry(again, key)
        #expect(try loaded.secret(of: loaded.all[0]).text == "SECRET-ONE")
        #expect(throws: CryptoError.self) { try loaded.secret(of: loaded.all[1]) }
        again.close()
    }

    @Test func aRowThatDoesNotReadStopsTheStart() async throws {
        _ = try await add(new("SECRET-ONE"))
        store.close()
        let database = try DatabaseQueue(path: scratch.file("state.db"))
        try await database.write { try $0.execute(sql: "UPDATE share SET peer = 'not a host'") }
        try database.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 1000)
        #expect(throws: FileProblem.self) { try ShareRegistry(again, key) }
        again.close()
    }

    @Test func anEndedShareStaysEndedAndItsTokensDie() async throws {
        let (share, _) = try await add(new("SECRET-ONE"))
        #expect(registry.share(ofToken: share.id, epoch: share.epoch, now: 1000) != nil)
        try await store.commit(registry.end(share.id, now: 1001))
        #expect(registry[share.id]?.standing(now: 1001) == .ended)
        #expect(registry.share(ofToken: share.id, epoch: share.epoch, now: 1001) == nil)
        #expect(registry.share(ofToken: share.id, epoch: share.epoch + 1, now: 1001) == nil)
        #expect(registry.share(ofToken: ShareID(number: 99), epoch: 0, now: 1001) == nil)
    }

    @Test func whyATokenOpensNothingIsTold() async throws {
        let (share, _) = try await add(new("SECRET-ONE"))
        let token = AccessToken(
            share: "\(share.id)", peer: share.peer, permissions: .unspecified, pathPrefix: "/",
            issued: 1000, expires: 2000, epoch: share.epoch)
        #expect(share.refusal(of: token, now: 1001) == nil)
        try await store.commit(registry.revokeTokens(of: share.id))
        #expect(registry[share.id]?.refusal(of: token, now: 1001) == .revoked)
        try await store.commit(registry.end(share.id, now: 1001))
        #expect(registry[share.id]?.refusal(of: token, now: 1001) == .shareOver)
    }

    @Test func aShareExpiresAtItsSecond() async throws {
        let (share, _) = try await add(new("SECRET-ONE", expires: 2000))
        #expect(share.standing(now: 1999) == .active)
        #expect(share.standing(now: 2000) == .expired)
    }

    @Test func theFirstPeerThatExchangesIsBoundForGood() async throws {
        let (share, _) = try await add(new("SECRET-ONE"))
        let other = try #require(PeerHost("two.example"))
        guard case .bound(let changes) = registry.bind(share.id, to: peer) else {
            Issue.record("not bound")
            return
        }
        // At once, before it is durable.
        guard case .otherPeer = registry.bind(share.id, to: other) else {
            Issue.record("bound twice")
            return
        }
        try await store.commit(changes)
        guard case .bound(let more) = registry.bind(share.id, to: peer) else {
            Issue.record("not bound")
            return
        }
        #expect(more.isEmpty)
        guard case .unknown = registry.bind(ShareID(number: 99), to: peer) else {
            Issue.record("bound nothing")
            return
        }
    }

    @Test func aBindingThatIsNotDurableIsTakenBack() async throws {
        let (share, _) = try await add(new("SECRET-ONE"))
        guard case .bound(let changes) = registry.bind(share.id, to: peer) else {
            Issue.record("not bound")
            return
        }
        store.close()
        await #expect(throws: StoreFailure.self) { try await store.commit(changes) }
        #expect(registry[share.id]?.boundPeer == nil)
    }

    /// Of each message about it the backend has said that it does not take it.
    @Test func aShareThatNobodyTookLeavesNothingBehind() async throws {
        let share = new("SECRET0PERMANEN", handle: .make, direction: .inbound)
        let (kept, _) = try await add(new("SECRET0PERMANEN", id: "2", direction: .inbound))
        let (known, handle) = try await add(share)
        #expect(registry.noteRepeat(of: known))
        #expect(registry.takeBack(known) == nil)
        #expect(registry[known.id] != nil)
        let change = try #require(registry.takeBack(known))
        // What comes again now is recorded anew.
        #expect(registry.active(same: share, now: 1000) == nil)
        #expect(!registry.noteRepeat(of: known))
        #expect(registry.takeBack(known) == nil)
        try await store.commit(change)
        #expect(registry.find(handle, .inbound).isEmpty)
        #expect(registry.find(ProviderID("1"), .inbound).isEmpty)
        let secret = Secret(utf8: "SECRET0PERMANEN")
        #expect(registry.find(secret, .inbound).map(\.share.id) == [kept.id])
        store.close()
        let again = try Store.open(scratch.file("state.db"), key, now: 2000)
        defer { again.close() }
        let loaded = try ShareRegistry(again, key)
        #expect(loaded.all.map(\.id) == [kept.id])
        let accesses = try again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM access") }
        #expect(accesses == 1)
        // Not even after a restart has another one its number.
        #expect(loaded.record(share, now: 2000).share.id > known.id)
    }

    @Test func aShareThatCouldNotBeTakenBackIsThere() async throws {
        let (known, _) = try await add(new("SECRET0PERMANEN", direction: .inbound))
        let change = try #require(registry.takeBack(known))
        store.close()
        await #expect(throws: StoreFailure.self) { try await store.commit(change) }
        #expect(registry[known.id] != nil)
        #expect(!registry.find(Secret(utf8: "SECRET0PERMANEN"), .inbound).isEmpty)
    }

    @Test func whatAnotherProcessMakesOfTheSharesIsFollowed() async throws {
        var shares: [ShareRecord] = []
        for number in 1...4 { shares.append(try await add(new("SECRET-\(number)")).0) }
        let path = scratch.file("state.db")
        store.close()
        let other = try Store.open(path, key, now: 2000)
        let loaded = try ShareRegistry(other, key)
        try await other.commit(
            loaded.end(shares[0].id, now: 2000), loaded.revokeTokens(of: shares[1].id),
            try #require(loaded.takeBack(shares[2])))
        #expect(registry.isGood(shares[0].id, epoch: shares[0].epoch, now: 2000))
        try registry.follow(path)
        #expect(registry[shares[0].id]?.standing(now: 2000) == .ended)
        #expect(registry[shares[1].id]?.standing(now: 2000) == .active)
        #expect(
            shares.map { registry.isGood($0.id, epoch: $0.epoch, now: 2000) }
                == [false, false, false, true])
        #expect(registry[shares[2].id] == nil)
        other.close()
        #expect(throws: (any Error).self) { try registry.follow(scratch.file("none.db")) }
        #expect(registry.isGood(shares[3].id, epoch: shares[3].epoch, now: 2000))
    }

    /// What a token of the one would open is not the other.
    @Test func aNumberThatIsGivenAgainIsAnotherShare() async throws {
        let (share, _) = try await add(new("SECRET-1"))
        store.close()
        let other = try Store.open(scratch.file("other.db"), key, now: 2000)
        defer { other.close() }
        let later = try ShareRegistry(other, key)
        let recording = later.record(new("SECRET-2"), now: 2000)
        try await other.commit(recording.change)
        #expect(recording.share.id == share.id)
        #expect(!later.isGood(share.id, epoch: share.epoch, now: 2000))
    }

    @Test func numbersAreNeverGivenTwice() async throws {
        let (first, _) = try await add(new("SECRET-ONE", id: "1"))
        let abandoned = registry.record(new("SECRET-TWO", id: "2"), now: 1000)
        let (third, _) = try await add(new("SECRET-THREE", id: "3"))
        #expect(first.id < abandoned.share.id && abandoned.share.id < third.id)
    }

    /// Some at a time, and each with its own ways.
    @Test(arguments: [1, 2, 3, 1000])
    func sharesAreListedBesideAGatewayThatRuns(_ some: Int) async throws {
        for number in 1...3 {
            var share = new("SECRET-\(number)", id: "\(number)")
            if number == 2 {
                share.accesses.append(
                    NewAccess(
                        protocolName: "webapp", secret: Secret(utf8: "OTHER"), handle: .none,
                        permissions: .unspecified, uri: nil, requirements: []))
            }
            _ = try await add(share)
        }
        let path = scratch.file("state.db")
        var listed: [ShareRecord] = []
        try ShareListing.each(path, some: some) { listed.append($0) }
        #expect(listed.map(\.providerID?.text) == ["1", "2", "3"])
        #expect(listed.map(\.accesses.count) == [1, 2, 1])
        #expect(listed.map(\.accesses.last?.protocolName) == ["webdav", "webapp", "webdav"])
        #expect(
            listed.map(\.accesses.first?.secretLookup)
                == registry.all.map(\.accesses.first?.secretLookup))
    }

    /// A pager that is left open keeps nothing.
    @Test func whoTakesItsTimeOverAListReadsNothingMeanwhile() async throws {
        _ = try await add(new("SECRET-ONE"))
        let other = try DatabaseQueue(path: scratch.file("state.db"))
        var isKept: Int?
        try ShareListing.each(scratch.file("state.db")) { _ in
            isKept = try? other.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        }
        #expect(isKept == 0)
    }

    @Test func oneShareIsFoundByItsNumber() async throws {
        for number in 1...3 { _ = try await add(new("SECRET-\(number)", id: "\(number)")) }
        let path = scratch.file("state.db")
        try await store.commit(try #require(registry.takeBack(registry.all[1])))
        #expect(try ShareListing.one(path, "3")?.providerID?.text == "3")
        for none in ["2", "4", "0", "-1", "03", "x"] {
            #expect(try ShareListing.one(path, none) == nil, "\(none)")
        }
        #expect(throws: FileProblem.self) { try ShareListing.one(scratch.file("none.db"), "x") }
        #expect(throws: FileProblem.self) {
            try ShareListing.each(scratch.file("none.db")) { _ in }
        }
    }
}

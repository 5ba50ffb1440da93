import Federation
import HTTPSignatures
import OpenSSL
import Synchronization
import Testing
import Transport

@testable import Gateway

@Suite struct PeerDirectoryTests {
    private let clock = TestClock()
    private let net = TestNet()
    private let host: PeerHost
    private let peer: TestPeer
    private let directory: PeerDirectory

    init() throws {
        host = try #require(PeerHost("modern.test"))
        peer = try TestPeer("modern.test")
        directory = Self.directory(clock, net)
        try peer.publish(on: net)
    }

    private static func directory(
        _ clock: TestClock, _ net: TestNet, patience: Duration = .seconds(300),
        isKnown: @escaping @Sendable (PeerHost) -> Bool = { _ in false },
        random: @escaping @Sendable (Int) -> Int = { _ in 0 }
    ) -> PeerDirectory {
        PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(
                now: { clock.seconds }, fetch: { _, url, _ in await net.fetch(url) },
                isKnown: isKnown, patience: patience, random: random))
    }

    private func key(_ id: String? = nil) async throws -> PeerKey {
        try await directory.key(id ?? peer.keyID, of: host, for: .jwks)
    }

    private func refusal(
        _ id: String? = nil, by directory: PeerDirectory? = nil
    ) async -> Denial? {
        do throws(Denial) {
            _ = try await (directory ?? self.directory).key(id ?? peer.keyID, of: host, for: .jwks)
            return nil
        } catch { return error }
    }

    /// The peer turns its key: it shows `key2` alone.
    private func turn() throws -> TestPeer {
        var turned = peer
        turned.key = try .generate(.ed25519)
        turned.keyName = "key2"
        try turned.publish(on: net)
        return turned
    }

    @Test func aKeyIsFetchedOnceWhileItIsFresh() async throws {
        #expect(try await key().key.key == peer.key.publicKey)
        clock.pass(599)
        _ = try await key()
        #expect(
            net.asked == ["https://modern.test/.well-known/ocm", "https://modern.test/ocm/jwks"])
        clock.pass(1)
        _ = try await key()
        #expect(net.asked.count == 4)
    }

    @Test func aCrowdCausesOneFetch() async throws {
        net.hold()
        let directory = directory
        let (host, id) = (host, peer.keyID)
        let found = try await withThrowingTaskGroup(of: PeerKey.self) { group in
            for _ in 0..<100 {
                group.addTask { try await directory.key(id, of: host, for: .jwks) }
            }
            try await Task.sleep(for: .milliseconds(50))
            net.release()
            return try await group.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(found == 100)
        #expect(net.asked.count == 2)
    }

    @Test func aKeyIsFoundByThePartBehindTheMark() async throws {
        net.answer(
            "https://modern.test/ocm/jwks", 200,
            try peer.keySet().replacing("modern.test#key1", with: "key1"))
        #expect(try await key().id == "key1")
    }

    @Test func theUsualPlaceIsAskedWhereNoneIsNamed() async throws {
        net.answer(
            "https://modern.test/.well-known/ocm", 200, #"{"endPoint":"https://modern.test/ocm"}"#)
        net.answer("https://modern.test/.well-known/jwks.json", 200, try peer.keySet())
        #expect(try await key().key.key == peer.key.publicKey)
    }

    @Test func aSetThatIsGoneFromItsUsualPlaceIsAFailureForADayAndThenBelieved() async throws {
        net.answer(
            "https://modern.test/.well-known/ocm", 200, #"{"endPoint":"https://modern.test/ocm"}"#)
        net.answer("https://modern.test/.well-known/jwks.json", 200, try peer.keySet())
        _ = try await key()
        net.answer("https://modern.test/.well-known/jwks.json", 404, "")
        clock.pass(600)
        #expect(try await key().key.key == peer.key.publicKey)
        #expect(await refusal("modern.test#guess")?.code == .keyUnavailable)
        clock.pass(86_400)
        #expect(await refusal()?.fault == .keyUnknown)
    }

    /// What redirects has something there.
    @Test func aRedirectThatLeadsNowhereIsNoAbsenceOfKeys() async {
        net.answer(
            "https://modern.test/.well-known/ocm", 200, #"{"endPoint":"https://modern.test/ocm"}"#)
        net.answer("https://modern.test/.well-known/jwks.json", 300, "")
        #expect(await refusal()?.code == .keyUnavailable)
    }

    @Test func aSetOnAnotherHostSpeaksOnlyForTheHostThatNamedIt() async throws {
        net.answer(
            "https://modern.test/.well-known/ocm", 200,
            peer.discovery.replacing("https://modern.test/ocm/jwks", with: "https://keys.test/set"))
        net.answer("https://keys.test/set", 200, try peer.keySet())
        #expect(try await key().key.key == peer.key.publicKey)
        let other = try #require(PeerHost("keys.test"))
        await #expect(throws: Denial.self) {
            try await directory.key(peer.keyID, of: other, for: .jwks)
        }
    }

    /// Also a host that answers may be invented.
    @Test func whoIsListedIsNoStrangerAndWhoOnlyAnsweredIs() async throws {
        let asked = Mutex<[String: [Acquaintance]]>([:])
        let directory = PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(
                now: { [clock] in clock.seconds },
                fetch: { [net] _, url, acquaintance in
                    asked.withLock { $0[url, default: []].append(acquaintance) }
                    return await net.fetch(url)
                },
                isKnown: { $0.description == "listed.test" }, patience: .seconds(300),
                random: { _ in 0 }))
        let document = "https://modern.test/.well-known/ocm"
        net.answer(
            document, 200,
            peer.discovery.replacing("https://modern.test/ocm/jwks", with: "https://keys.test/set"))
        net.answer("https://keys.test/set", 200, try peer.keySet())
        for _ in 0..<2 {
            _ = try await directory.key(peer.keyID, of: host, for: .jwks)
            clock.pass(600)
        }
        let listed = try #require(PeerHost("listed.test"))
        _ = try? await directory.document(of: listed)
        let seen = asked.withLock { $0 }
        #expect(seen[document] == [.stranger, .stranger])
        #expect(seen["https://keys.test/set"] == [.stranger, .stranger])
        #expect(seen["https://listed.test/.well-known/ocm"] == [.known])
    }

    @Test func unknownNamesCauseOneRefreshInAMinute() async throws {
        _ = try await key()
        clock.pass(1)
        net.forget()
        for number in 0..<50 {
            #expect(await refusal("modern.test#guess\(number)")?.fault == .keyUnknown)
        }
        #expect(net.asked.count == 2)
        clock.pass(60)
        #expect(await refusal("modern.test#guess")?.fault == .keyUnknown)
        #expect(net.asked.count == 4)
    }

    @Test func theFirstFetchDoesNotUseUpTheRefresh() async throws {
        _ = try await key()
        let turned = try turn()
        #expect(try await key("modern.test#key2").key.key == turned.key.publicKey)
    }

    @Test func whoComesWhileAKeyIsLookedForWaitsForItToo() async throws {
        _ = try await key()
        let turned = try turn()
        net.forget()
        net.hold()
        let (directory, host) = (directory, host)
        async let first = directory.key("modern.test#key2", of: host, for: .jwks)
        // Until the refresh of this minute goes on.
        while net.asked.isEmpty { await Task.yield() }
        async let second = directory.key("modern.test#key2", of: host, for: .jwks)
        try await Task.sleep(for: .milliseconds(50))
        net.release()
        #expect(try await [first, second].allSatisfy { $0.key.key == turned.key.publicKey })
        #expect(net.asked.count == 1)
    }

    @Test func whileAKeyIsLookedForNobodySaysThatThereIsNone() async throws {
        let directory = Self.directory(clock, net, patience: .milliseconds(20))
        // However busy the machine is: at some time the fetch is done.
        for _ in 0..<3000 where directory.keys(of: host).isEmpty {
            _ = try? await directory.key(peer.keyID, of: host, for: .jwks)
        }
        clock.pass(1)
        _ = try turn()
        net.hold()
        for _ in 0..<3 {
            let denial = await refusal("modern.test#key2", by: directory)
            #expect(denial?.code == .keyUnavailable)
        }
        net.release()
    }

    @Test func aRefreshThatWasTooManySaysNothingOfTheKey() async throws {
        let directory = Self.directory(clock, net, isKnown: { _ in true })
        _ = try await directory.key(peer.keyID, of: host, for: .jwks)
        clock.pass(1)
        for number in 0..<40 {
            let other = try #require(PeerHost("other\(number).test"))
            _ = try? await directory.document(of: other)
        }
        for _ in 0..<2 {
            let denial = await refusal("modern.test#key2", by: directory)
            #expect(denial?.code == .keyUnavailable)
        }
    }

    @Test func aPeerThatBeginsToSignIsBelievedThoughItsOldDocumentIsFresh() async throws {
        net.answer(
            "https://modern.test/.well-known/ocm", 200, #"{"endPoint":"https://modern.test/ocm"}"#)
        net.answer("https://modern.test/.well-known/jwks.json", 404, "")
        _ = try await directory.document(of: host)
        clock.pass(10)
        try peer.publish(on: net)
        #expect(try await key().key.key == peer.key.publicKey)
    }

    @Test func aSlotIsTakenThoughTheRefreshBringsNothing() async throws {
        _ = try await key()
        net.answer("https://modern.test/ocm/jwks", 200, #"{"keys":[]}"#)
        #expect(await refusal("modern.test#guess")?.fault == .keyUnknown)
        net.forget()
        #expect(await refusal("modern.test#guess")?.fault == .keyUnknown)
        #expect(net.asked.isEmpty)
    }

    @Test func aKeyThatASuccessfulFetchNoLongerShowsIsDead() async throws {
        _ = try await key()
        _ = try turn()
        _ = try await key("modern.test#key2")
        #expect(await refusal()?.fault == .keyUnknown)
    }

    @Test func whileFetchesFailKeysServeAnHourMore() async throws {
        _ = try await key()
        net.lose("modern.test")
        clock.pass(600 + 3599)
        #expect(try await key().key.key == peer.key.publicKey)
        clock.pass(31)
        #expect(await refusal()?.code == .keyUnavailable)
    }

    @Test(arguments: [
        (200, "<html>"), (200, #"{"keys":[],"keys":[]}"#), (500, ""), (404, #"{"error":"x"}"#),
        (302, ""),
    ]) func aPoisonedAnswerLeavesTheGoodKeys(_ status: Int, _ body: String) async throws {
        _ = try await key()
        clock.pass(600)
        net.answer("https://modern.test/ocm/jwks", status, body)
        #expect(try await key().key.key == peer.key.publicKey)
        // Nor does an unknown name count as unknown while nobody can say so.
        #expect(await refusal("modern.test#key2")?.code == .keyUnavailable)
        #expect(await directory.hasDocument(of: host))
    }

    @Test(arguments: [(200, "<html>Log in</html>"), (404, "")])
    func aDocumentThatIsGoneIsAFailureForADayAndThenBelieved(
        _ status: Int, _ body: String
    ) async throws {
        _ = try await key()
        net.answer("https://modern.test/.well-known/ocm", status, body)
        clock.pass(600)
        #expect(try await key().key.key == peer.key.publicKey)
        clock.pass(4000)
        #expect(await refusal()?.code == .keyUnavailable)
        clock.pass(86_400)
        #expect(await refusal()?.fault == .keyUnknown)
        #expect(await !directory.hasDocument(of: host))
    }

    @Test func whyAKeyOrItsSetIsNotTakenIsInTheDetail() async throws {
        let (set, name) = ("https://modern.test/ocm/jwks", peer.keyID)
        net.answer(set, 200, #"{"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0"}]}"#)
        #expect(
            await refusal()?.detail
                == "modern.test: the key set at \(set): a private or symmetric key is published")
        clock.pass(60)
        let other = try peer.keySet().replacing("\"sig\"", with: "\"enc\"")
        net.answer(set, 200, other.replacing(name, with: "key1"))
        let why = "which it shows but cannot be used: key is not for verifying signatures"
        // The second time out of memory.
        for _ in 0..<2 { #expect(await refusal()?.detail == "key \(name) of modern.test, \(why)") }
        #expect(await refusal("key2")?.detail == "key key2 of modern.test")
        clock.pass(60)
        net.answer(set, 200, try peer.keySet().replacing("\"kid\"", with: "\"id\""))
        let unnamed = "it shows an unnamed key: it has no kid"
        #expect(await refusal()?.detail == "key \(name) of modern.test; \(unnamed)")
        clock.pass(60)
        try peer.publish(on: net)
        #expect(try await key().id == name && directory.unusableKeys(of: host).isEmpty)
    }

    @Test func aFailedRefreshForAnUnknownNameKeepsKeysAndDocument() async throws {
        _ = try await key()
        net.lose("modern.test")
        #expect(await refusal("modern.test#key2")?.code == .keyUnavailable)
        #expect(await refusal("modern.test#key3")?.code == .keyUnavailable)
        #expect(try await key().key.key == peer.key.publicKey)
        #expect(await directory.hasDocument(of: host))
    }

    @Test func aFailureIsRememberedForAWhile() async throws {
        net.lose("modern.test")
        for _ in 0..<20 { #expect(await refusal()?.code == .keyUnavailable) }
        #expect(net.asked.count == 1)
        clock.pass(30)
        try peer.publish(on: net)
        #expect(try await key().key.key == peer.key.publicKey)
    }

    @Test func afterAnOutageANewKeyIsFoundByOneRefresh() async throws {
        _ = try await key()
        net.lose("modern.test")
        clock.pass(700)
        _ = try await key()
        let turned = try turn()
        clock.pass(30)
        #expect(try await key("modern.test#key2").key.key == turned.key.publicKey)
    }

    @Test func documentsServeLongerThanKeysWhileFetchesFail() async throws {
        _ = try await key()
        net.lose("modern.test")
        clock.pass(86_400)
        #expect(await directory.hasDocument(of: host))
        clock.pass(700)
        #expect(await !directory.hasDocument(of: host))
    }

    @Test func aWallClockThatStepsChangesNothing() async throws {
        _ = try await key()
        clock.step(-400 * 86_400)
        clock.pass(600)
        net.forget()
        _ = try await key()
        #expect(net.asked.count == 2)
    }

    @Test func whoWaitsTooLongIsToldSoAndTheFetchGoesOn() async throws {
        let directory = Self.directory(clock, net, patience: .milliseconds(20))
        net.hold()
        await #expect(throws: Denial.self) {
            try await directory.key(peer.keyID, of: host, for: .jwks)
        }
        net.release()
        var found: PeerKey?
        for _ in 0..<3000 where found == nil {
            found = try? await directory.key(peer.keyID, of: host, for: .jwks)
        }
        #expect(found?.key.key == peer.key.publicKey)
        #expect(net.asked.count == 2)
    }

    @Test func whileAHostHangsItsCachedKeysServe() async throws {
        let directory = Self.directory(clock, net, patience: .milliseconds(200))
        // However busy the machine is: at some time the fetch is done.
        for _ in 0..<1000 where directory.keys(of: host).isEmpty {
            _ = try? await directory.key(peer.keyID, of: host, for: .jwks)
        }
        clock.pass(600)
        net.hold()
        let found = try await directory.key(peer.keyID, of: host, for: .jwks)
        #expect(found.key.key == peer.key.publicKey)
        net.release()
    }

    @Test func hostsThatNobodyKnowsCannotUseUpAllFetches() async throws {
        let directory = Self.directory(clock, net, isKnown: { $0.description == "modern.test" })
        _ = try await directory.key(peer.keyID, of: host, for: .jwks)
        for number in 0..<200 {
            let stranger = try #require(PeerHost("stranger\(number).test"))
            _ = try? await directory.document(of: stranger)
        }
        // Strangers' answers are 404 at three places each: thirty fetches were left to them, less
        // what the known host took.
        #expect(Set(net.asked.filter { $0.contains("stranger") }).count <= 3 * 30)
        net.forget()
        #expect(await refusal("modern.test#guess", by: directory)?.fault == .keyUnknown)
        #expect(net.asked == ["https://modern.test/ocm/jwks"])
    }

    @Test func hostsThatWereAskedTogetherAreNotAskedAgainTogether() async throws {
        let directory = Self.directory(clock, net, random: { most in most })
        _ = try await directory.key(peer.keyID, of: host, for: .jwks)
        net.forget()
        clock.pass(540)
        _ = try await directory.key(peer.keyID, of: host, for: .jwks)
        #expect(net.asked.count == 2)
    }

    /// Neither as fresh keys nor as those that serve while the host fails.
    @Test func whatIsForgottenServesNobody() async throws {
        _ = try await key()
        net.lose("modern.test")
        directory.forget(host)
        #expect(directory.keys(of: host).isEmpty)
        #expect(await refusal()?.code == .keyUnavailable)
        try peer.publish(on: net)
        // Nor is the failure from before remembered.
        directory.forget(host)
        #expect(try await key().key.key == peer.key.publicKey)
    }

    @Test func whatIsBeingFetchedWhenItsHostIsForgottenIsFetchedAgain() async throws {
        var turned = peer
        turned.key = try .generate(.ed25519)
        let replies = Mutex<[CheckedContinuation<PeerFetch, Never>]>([])
        let (pages, arrivals) = (net, TestCounter())
        let directory = PeerDirectory(
            lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
            .init(
                now: { [clock] in clock.seconds },
                fetch: { _, url, _ in
                    guard url.hasSuffix("jwks"), arrivals.add() == 1 else {
                        return await pages.fetch(url)
                    }
                    return await withCheckedContinuation { reply in
                        replies.withLock { $0.append(reply) }
                    }
                },
                patience: .seconds(300), random: { _ in 0 }))
        let (host, id) = (host, peer.keyID)
        async let found = directory.key(id, of: host, for: .jwks)
        var waiting: CheckedContinuation<PeerFetch, Never>?
        while waiting == nil {
            waiting = replies.withLock { $0.popLast() }
            await Task.yield()
        }
        try turned.publish(on: net)
        directory.forget(host)
        #expect(
            try await directory.key(id, of: host, for: .jwks).key.key == turned.key.publicKey)
        waiting?.resume(returning: .answered(status: 200, body: Array(try peer.keySet().utf8)))
        #expect(try await found.key.key == turned.key.publicKey)
        #expect(directory.keys(of: host).map(\.key.key) == [turned.key.publicKey])
    }

    @Test(arguments: [4, 500]) func keysOfDraftCavageStandInTheDocument(_ name: Int) async throws {
        var cavage = try TestPeer("cavage.test", .cavage)
        cavage.keyName = String(repeating: "k", count: name)
        try cavage.publish(on: net)
        let (host, id) = (try #require(PeerHost("cavage.test")), cavage.keyID)
        let found = try? await directory.key(id, of: host, for: .discovery)
        // Names are kept: one that is longer than any key has names none.
        #expect((found?.key.key == cavage.key.publicKey) == (name < 500))
        // For the generation it was published for, and no other.
        await #expect(throws: Denial.self) {
            try await directory.key(id, of: host, for: .jwks)
        }
    }

    @Test(arguments: [(503, ""), (200, "<html>")])
    func aCavagePeerNeedsNoKeySet(_ status: Int, _ body: String) async throws {
        let cavage = try TestPeer("cavage.test", .cavage)
        try cavage.publish(on: net)
        net.answer("https://cavage.test/.well-known/jwks.json", status, body)
        let host = try #require(PeerHost("cavage.test"))
        let found = try await directory.key(cavage.keyID, of: host, for: .discovery)
        #expect(found.key.key == cavage.key.publicKey)
    }

    @Test func aHostWithoutADocumentHasNoKeys() async throws {
        let host = try #require(PeerHost("nothing.test"))
        await #expect(throws: Denial.self) {
            try await directory.key("nothing.test#k", of: host, for: .jwks)
        }
        #expect(net.asked.allSatisfy { !$0.contains("jwks") })
    }
}

extension PeerDirectory {
    /// Whether a published document can be had.
    func hasDocument(of host: PeerHost) async -> Bool {
        guard case .published? = try? await document(of: host) else { return false }
        return true
    }
}

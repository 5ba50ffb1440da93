import Federation
import Foundation
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

@Suite struct ListKeeperTests {
    @Test func aBlockListKeepsEverybodyOutUntilItIsThereAndThenThoseOnIt() async throws {
        let lists = try TestLists()
        let keeper = lists.keeper()
        lists.server.fail("connect")
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(try lists.verdict(keeper, "good.example") == "list_unavailable")
        lists.server.put("bad.example\n")
        let outcome = await keeper.refresh(lists.list)
        #expect(outcome.word == .taken)
        #expect(outcome.isInForce)
        #expect(try lists.verdict(keeper, "good.example") == "allow")
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
    }

    /// Whatever the server does, what was good stays, also over a restart without any network.
    @Test func whatFailsChangesNothing() async throws {
        let lists = try TestLists()
        lists.server.put("bad.example\n", etag: "\"1\"")
        #expect(await lists.keeper().refresh(lists.list).word == .taken)
        let answers: [(String, Int)] = [
            ("<html>", 200), ("", 500), ("", 404), ("", 301), ("bad.example\nnot a host\n", 200),
            ("x", 206), ("", 304),
        ]
        for (text, status) in answers {
            lists.server.put(text, status: status)
            let keeper = lists.keeper()
            _ = keeper.fill(lists.policy)
            let outcome = await keeper.refresh(lists.list)
            // 304 for something that was asked for with its ETag is no failure.
            #expect(outcome.word == (status == 304 ? .unchanged : .failed), "\(status) \(text)")
            #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        }
        lists.server.fail("resolve")
        let keeper = lists.keeper()
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        #expect(await keeper.refresh(lists.list).reason == "resolve")
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        #expect(!lists.told(.listFailed).isEmpty)
    }

    /// Another process has the folder by then.
    @Test func whatIsUnderWayWhenItRetiresWritesNothing() async throws {
        let lists = try TestLists("apply = \"drafts\"")
        let keeper = lists.keeper()
        lists.server.put("bad.example\n")
        #expect(await keeper.refresh(lists.list).word == .waits)
        let folder = ListFolder(state: lists.scratch.file("state.db"), of: .policy)
        let before = try #require(try folder.record(of: lists.list))
        keeper.retire()
        lists.server.put("worse.example\n")
        let outcome = await keeper.refresh(lists.list)
        #expect(outcome.word == .failed && outcome.reason?.contains("takes over") == true)
        await #expect(throws: ListProblem.self) { try await keeper.approve(lists.list) }
        let after = try #require(try folder.record(of: lists.list))
        #expect(after.draft?.hash == before.draft?.hash && after.live == nil)
    }

    @Test func whatIsKnownIsAskedForWithItsETag() async throws {
        let lists = try TestLists()
        lists.server.put("bad.example\n", etag: "\"1\"")
        let keeper = lists.keeper()
        _ = await keeper.refresh(lists.list)
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        #expect(await lists.keeper().refresh(lists.list).word == .unchanged)
        #expect(lists.server.asked.map(\.etag) == [nil, "\"1\"", "\"1\""])
        // A copy that is gone is fetched again.
        for name in try FileManager.default.contentsOfDirectory(atPath: lists.scratch.file("lists"))
        where name.hasSuffix(".list") {
            try FileManager.default.removeItem(atPath: lists.scratch.file("lists/\(name)"))
        }
        #expect(await lists.keeper().refresh(lists.list).word == .taken)
        #expect(lists.server.asked.last?.etag == nil)
    }

    @Test func aCopyThatWasTamperedWithDoesNotCount() async throws {
        let lists = try TestLists()
        lists.server.put("bad.example\nworse.example\n")
        _ = await lists.keeper().refresh(lists.list)
        let folder = lists.scratch.file("lists")
        let copy = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder)
                .first { $0.hasSuffix(".list") })
        let path = "\(folder)/\(copy)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"bad.example\",", with: "").write(
            toFile: path, atomically: true, encoding: .utf8)
        #expect(try lists.verdict(lists.keeper(), "bad.example") == "list_unavailable")
        try "{".write(toFile: "\(folder)/far.json", atomically: true, encoding: .utf8)
        #expect(try lists.verdict(lists.keeper(), "bad.example") == "list_unavailable")
    }

    @Test func anotherSourceStandingOrFormatHasNoCopyYet() async throws {
        let lists = try TestLists()
        lists.server.put("bad.example\n")
        _ = await lists.keeper().refresh(lists.list)
        let other = try TestLists.policy(standing: "allow", in: lists.scratch)
        #expect(lists.keeper().fill(other).lists[0].loading == .notLoaded)
        #expect(lists.keeper().fill(lists.policy).lists[0].loading == .loaded)
        let csv = try TestLists.policy(format: "csv", in: lists.scratch)
        #expect(lists.keeper().fill(csv).lists[0].loading == .notLoaded)
    }

    @Test func removalsWaitForAPersonWhoAppliesThem() async throws {
        let lists = try TestLists("apply = \"additions\"")
        let keeper = lists.keeper()
        lists.server.put("bad.example\nworse.example\n", etag: "\"1\"")
        _ = await keeper.refresh(lists.list)
        lists.server.put("worse.example\nnew.example\n", etag: "\"2\"")
        let outcome = await keeper.refresh(lists.list)
        #expect(outcome.word == .waits)
        #expect(outcome.change == "1 added, 1 removed")
        for peer in ["bad.example", "worse.example", "new.example"] {
            #expect(try lists.verdict(keeper, peer) == "peer_blocked")
        }
        // Told once, however often it is fetched, and still there after a restart.
        _ = await keeper.refresh(lists.list)
        let told = lists.told(.listWaits)
        #expect(told.count == 1)
        #expect(told.first?["level"]?.string == "warning")
        let later = lists.keeper()
        #expect(try lists.verdict(later, "bad.example") == "peer_blocked")
        let draft = try #require(
            try ListFolder(state: lists.scratch.file("state.db")).record(of: lists.list)?.draft)
        await #expect(throws: ListProblem.self) {
            try await later.approve(lists.list, draft: String(repeating: "0", count: 64))
        }
        let applied = try await later.approve(lists.list, draft: String(draft.hash.prefix(16)))
        #expect(applied.word == .taken)
        #expect(try lists.verdict(later, "bad.example") == "allow")
        #expect(try lists.verdict(lists.keeper(), "bad.example") == "allow")
        await #expect(throws: ListProblem.self) { try await later.approve(lists.list) }
        #expect(await later.refresh(lists.list).word == .unchanged)
    }

    @Test func aJumpIsHeldBackAndAlarms() async throws {
        let lists = try TestLists("apply = \"all\"\nmax_change = \"20%\"")
        let keeper = lists.keeper()
        let hosts = (0..<10).map { "n\($0).example\n" }
        lists.server.put(hosts.joined())
        _ = await keeper.refresh(lists.list)
        lists.server.put(hosts.dropFirst(3).joined())
        let outcome = await keeper.refresh(lists.list)
        #expect(outcome.reason == "too-large")
        #expect(!outcome.isInForce)
        #expect(try lists.verdict(keeper, "n0.example") == "peer_blocked")
        lists.server.put("# nobody\n")
        #expect(await keeper.refresh(lists.list).reason == "emptied")
        #expect(try lists.verdict(keeper, "n9.example") == "peer_blocked")
        let alarms = lists.told(.listWaits).filter { $0["level"]?.string == "error" }
        #expect(alarms.count == 2)
        // Back to what it was: nothing waits any more.
        lists.server.put(hosts.joined())
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        await #expect(throws: ListProblem.self) { try await keeper.approve(lists.list) }
    }

    /// Small steps, over a restart as well, do not lead around `max_change`; a person does, and not
    /// midnight.
    @Test func stepsOfADayAddUpToAJump() async throws {
        let lists = try TestLists("apply = \"all\"\nmax_change = \"20%\"")
        let hosts = (0..<10).map { "n\($0).example\n" }
        func outcome(without count: Int) async -> ListOutcome {
            lists.server.put(hosts.dropFirst(count).joined())
            lists.clock.pass(1)
            return await lists.keeper().refresh(lists.list)
        }
        #expect(await outcome(without: 0).word == .taken)
        for count in [1, 2] { #expect(await outcome(without: count).word == .taken) }
        #expect(await outcome(without: 3).reason == "adds-up")
        #expect(try lists.verdict(lists.keeper(), "n2.example") == "peer_blocked")
        lists.clock.pass(86_400)
        #expect(await outcome(without: 3).reason == "adds-up")
        let keeper = lists.keeper()
        #expect(try await keeper.approve(lists.list).word == .taken)
        #expect(try lists.verdict(lists.keeper(), "n2.example") == "allow")
        // What the person has seen is what counts from then on; and each day begins anew.
        #expect(await outcome(without: 4).word == .taken)
        #expect(await outcome(without: 5).reason == "adds-up")
        #expect(await outcome(without: 4).word == .unchanged)
        lists.clock.pass(86_400)
        #expect(await outcome(without: 5).word == .taken)
        #expect(lists.told(.listWaits).allSatisfy { $0["level"]?.string == "error" })
    }

    /// The publisher signs two lists by one key; nobody serves one as the other.
    @Test func whatIsSignedAsAnotherListIsNotTaken() async throws {
        let lists = try TestLists("apply = \"all\"\nkeys = [\"list.jwk\"]")
        let named = try TestLists.policy(
            "apply = \"all\"\nkeys = [\"list.jwk\"]\nsubject = \"blocked\"", in: lists.scratch)
        let key = try PrivateKey.generate(.ed25519)
        let jwk = JWK(try VerificationKey(key.publicKey), id: nil)
        let members = jwk.members.map { "\"\($0.name)\":\"\($0.value)\"" }
        try lists.scratch.write("{\(members.joined(separator: ","))}", "list.jwk")
        func put(_ text: String, _ subject: String?) throws {
            lists.server.put(text)
            let signer = ListSigner(key, id: nil, subject: subject)
            lists.server.put(
                try signer.detached(Array(text.utf8), now: lists.clock.now),
                TestLists.url + ".jws")
        }
        let keeper = lists.keeper()
        try put("good.example\n", "admitted")
        #expect(await keeper.refresh(lists.list).reason?.contains("as another list") == true)
        try put("bad.example\n", nil)
        #expect(await keeper.refresh(lists.list).word == .taken)
        try put("bad.example\n", TestLists.url)
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        // Once it says what it is about, an old one that says nothing is no way back.
        try put("older.example\n", nil)
        #expect(await keeper.refresh(lists.list).reason?.contains("(sub)") == true)
        // The policy names a purpose: what was not signed for it does not count any more.
        #expect(keeper.fill(named).lists[0].loading == .notLoaded)
        #expect(await keeper.refresh(named.lists[0]).word == .failed)
        try put("bad.example\n", "blocked")
        #expect(await keeper.refresh(named.lists[0]).word == .taken)
        #expect(lists.keeper().fill(named).lists[0].loading == .loaded)
    }

    @Test func aFirstVersionAsADraftIsNothingYet() async throws {
        let lists = try TestLists("apply = \"drafts\"")
        let keeper = lists.keeper()
        lists.server.put("bad.example\n", etag: "\"1\"")
        #expect(await keeper.refresh(lists.list).word == .waits)
        #expect(try lists.verdict(keeper, "good.example") == "list_unavailable")
        _ = try await keeper.approve(lists.list)
        #expect(try lists.verdict(keeper, "good.example") == "allow")
        // The policy lets everything take effect by now: what waits does, though nothing is new.
        lists.server.put("bad.example\nworse.example\n", etag: "\"2\"")
        #expect(await keeper.refresh(lists.list).word == .waits)
        let eased = try TestLists.policy(in: lists.scratch)
        #expect(await keeper.refresh(eased.lists[0]).word == .taken)
        #expect(try lists.verdict(keeper, "worse.example") == "peer_blocked")
    }

    @Test func signedListsAreTakenByPinnedKeysAlone() async throws {
        let lists = try TestLists("apply = \"all\"\nkeys = [\"keys/list.jwk\"]")
        let (key, other) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        let keeper = lists.keeper()
        try lists.sign("bad.example\n", key, at: lists.clock.now)
        #expect(await keeper.refresh(lists.list).reason?.contains("keys/list.jwk") == true)
        try lists.pin(key)
        #expect(await keeper.refresh(lists.list).word == .taken)
        for (text, signer, time) in [
            ("worse.example\n", other, lists.clock.now),
            // An old version, signed well, is no way back.
            ("old.example\n", key, lists.clock.now - 1),
        ] {
            try lists.sign(text, signer, at: time)
            #expect(await keeper.refresh(lists.list).word == .failed)
            #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        }
        lists.server.put("worse.example\n")
        #expect(await keeper.refresh(lists.list).reason?.contains("signature is wrong") == true)
        lists.server.put("", TestLists.url + ".jws", status: 404)
        #expect(await keeper.refresh(lists.list).reason?.contains("status 404") == true)
        // A key that is pinned no more takes its copy with it.
        try lists.pin(other)
        #expect(try lists.verdict(keeper, "good.example") == "list_unavailable")
        try lists.sign("worse.example\n", other, at: lists.clock.now)
        #expect(await keeper.refresh(lists.list).word == .taken)
        #expect(try lists.verdict(lists.keeper(), "worse.example") == "peer_blocked")
    }

    /// What is known of a list is not forgotten because its key cannot be read, or is another for a moment:
    /// an older version that was signed well would let in whom a newer one blocks.
    @Test(arguments: ["away", "another", "damaged"])
    func aCopyThatCannotBeUsedForAWhileIsNoFirstVersion(_ trouble: String) async throws {
        let lists = try TestLists("apply = \"all\"\nkeys = [\"keys/list.jwk\"]")
        let (key, other) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        let jwk = lists.scratch.file("keys/list.jwk")
        try lists.pin(key)
        try lists.sign("bad.example\nworse.example\n", key, at: lists.clock.now)
        #expect(await lists.keeper().refresh(lists.list).word == .taken)
        let record = lists.scratch.file("lists/far.json")
        let whole = try String(contentsOfFile: record, encoding: .utf8)
        switch trouble {
        case "away": try FileManager.default.removeItem(atPath: jwk)
        case "another": try lists.pin(other)
        default: try "{".write(toFile: record, atomically: true, encoding: .utf8)
        }
        lists.server.fail("down")
        let keeper = lists.keeper()
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(try lists.verdict(keeper, "bad.example") == "list_unavailable")
        try lists.pin(key)
        if trouble == "damaged" {
            #expect(try String(contentsOfFile: record, encoding: .utf8) == "{")
            try whole.write(toFile: record, atomically: true, encoding: .utf8)
        }
        lists.server.fail(nil)
        try lists.sign("worse.example\n", key, at: lists.clock.now - 86_400)
        let outcome = await keeper.refresh(lists.list)
        #expect(outcome.word == .failed && outcome.reason?.contains("older") == true)
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        #expect(try lists.verdict(lists.keeper(), "bad.example") == "peer_blocked")
    }

    @Test func failuresAreSpacedAndSuccessesFollowTheRefresh() async throws {
        let lists = try TestLists("apply = \"all\"\nrefresh = \"1h\"")
        let keeper = lists.keeper()
        #expect(keeper.due(lists.policy).count == 1)
        lists.server.fail("connect")
        for wait in [10, 20, 40, 80, 160, 300, 300] {
            _ = await keeper.refresh(lists.list)
            lists.clock.pass(wait - 1)
            #expect(keeper.due(lists.policy).isEmpty)
            lists.clock.pass(1)
            #expect(keeper.due(lists.policy).count == 1)
        }
        lists.server.put("bad.example\n")
        _ = await keeper.refresh(lists.list)
        lists.clock.pass(3599)
        #expect(keeper.due(lists.policy).isEmpty)
        #expect(lists.keeper().due(lists.policy).count == 1)
        let restarted = lists.keeper()
        _ = restarted.fill(lists.policy)
        #expect(restarted.due(lists.policy).isEmpty)
        lists.clock.pass(1)
        #expect(restarted.due(lists.policy).count == 1)
        lists.server.fail("connect")
        for wait in [60, 120, 240] {
            _ = await restarted.refresh(lists.list)
            lists.clock.pass(wait - 1)
            #expect(restarted.due(lists.policy).isEmpty)
            lists.clock.pass(1)
            #expect(restarted.due(lists.policy).count == 1)
        }
        // A clock that is set back makes nobody wait.
        lists.clock.step(-7200)
        #expect(restarted.due(lists.policy).count == 1)
    }

    /// Peers wait for it: when it is asked for again does not hang on a copy that counts no more.
    @Test(arguments: ["key", "file"])
    func aCopyThatCountsNoMoreIsFetchedAtOnceAndThenAtThePaceOfFailures(
        _ trouble: String
    ) async throws {
        let lists = try TestLists("apply = \"all\"\nkeys = [\"keys/list.jwk\"]\nrefresh = \"1h\"")
        let key = try PrivateKey.generate(.ed25519)
        try lists.pin(key)
        try lists.sign("bad.example\n", key, at: lists.clock.now)
        var keeper = lists.keeper()
        #expect(await keeper.refresh(lists.list).word == .taken)
        #expect(keeper.due(lists.policy).isEmpty)
        if trouble == "key" {
            try lists.pin(try PrivateKey.generate(.ed25519))
        } else {
            for name in try FileManager.default.contentsOfDirectory(
                atPath: lists.scratch.file("lists")) where name.hasSuffix(".list")
            {
                try FileManager.default.removeItem(atPath: lists.scratch.file("lists/\(name)"))
            }
            keeper = lists.keeper()
        }
        #expect(keeper.fill(lists.policy).lists[0].loading == .notLoaded)
        #expect(keeper.due(lists.policy).count == 1)
        lists.server.fail("connect")
        #expect(await keeper.refresh(lists.list).word == .failed)
        _ = keeper.fill(lists.policy)
        lists.clock.pass(9)
        #expect(keeper.due(lists.policy).isEmpty)
        lists.clock.pass(1)
        #expect(keeper.due(lists.policy).count == 1)
    }

    /// First both keys are pinned, then the list is signed by the new one, then the old one goes.
    @Test func aListThatIsTheSameAndSignedByTheNextKeyOutlivesTheKeyBefore() async throws {
        let lists = try TestLists(
            "apply = \"all\"\nkeys = [\"keys/list.jwk\", \"keys/next.jwk\"]")
        let (key, next) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        try lists.pin(key)
        try lists.pin(next, "next.jwk")
        try lists.sign("bad.example\n", key, at: lists.clock.now)
        let keeper = lists.keeper()
        #expect(await keeper.refresh(lists.list).word == .taken)
        try lists.sign("bad.example\n", next, at: lists.clock.now)
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        try lists.pin(next)
        #expect(lists.keeper().fill(lists.policy).lists[0].loading == .loaded)
        #expect(keeper.fill(lists.policy).lists[0].loading == .loaded)
    }

    /// A version that could not be written would be gone after a restart.
    @Test func whatCannotBeWrittenDoesNotCount() async throws {
        let lists = try TestLists()
        try lists.scratch.write("no folder", "lists")
        lists.server.put("bad.example\n")
        let keeper = lists.keeper()
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(try lists.verdict(keeper, "good.example") == "list_unavailable")
    }

    @Test func theFolderIsPrivateAndKeepsOnlyWhatIsNamed() async throws {
        let lists = try TestLists()
        let keeper = lists.keeper()
        for number in 0..<3 {
            lists.server.put("n\(number).example\n")
            _ = await keeper.refresh(lists.list)
        }
        let folder = lists.scratch.file("lists")
        // The record, what is in force, and what was when the day began.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        lists.clock.pass(86_400)
        _ = await keeper.refresh(lists.list)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        #expect(try lists.scratch.mode(of: "lists") == 0o700)
    }

    // MARK: Candidates

    /// A list that both fetch in the same way is fetched once, and holds the same in both.
    @Test func aCandidateSharesWhatThePolicyFetches() async throws {
        let lists = try TestLists()
        let (keeper, apart) = (lists.keeper(), lists.keeper(of: .candidate))
        let candidate = try TestLists.policy(in: lists.scratch)
        #expect(
            apart.fill(candidate, beside: keeper.fill(lists.policy)).lists[0].loading == .notLoaded)
        lists.server.put("bad.example\n")
        _ = await keeper.refresh(lists.list)
        let live = keeper.fill(lists.policy)
        #expect(apart.fill(candidate, beside: live).lists[0].entries == live.lists[0].entries)
        #expect(apart.due(candidate, beside: live).isEmpty)
        #expect(lists.server.asked.count == 1)
    }

    /// Of the same name and even from the same place, but read or taken in another way: what it holds
    /// and what becomes of it is the candidate's own, and in force nothing changes.
    @Test(arguments: [
        ("allow", "text", "apply = \"all\""), ("block", "csv", "apply = \"all\""),
        ("block", "text", "apply = \"drafts\""),
        ("block", "text", "apply = \"all\"\nkeys = [\"keys/none.jwk\"]"),
    ]) func aCandidatesOwnListLeavesTheOneInForceAlone(
        _ standing: String, _ format: String, _ keys: String
    ) async throws {
        let lists = try TestLists()
        let (keeper, apart) = (lists.keeper(), lists.keeper(of: .candidate))
        lists.server.put("bad.example\n")
        _ = await keeper.refresh(lists.list)
        let candidate = try TestLists.policy(
            standing: standing, format: format, keys, in: lists.scratch)
        lists.server.put("#domain\nworse.example\n")
        for _ in 0..<2 {
            let live = keeper.fill(lists.policy)
            #expect(live.lists[0].loading == .loaded)
            let due = apart.due(candidate, beside: live)
            for list in due { _ = await apart.refresh(list) }
            _ = apart.fill(candidate, beside: live)
            #expect(keeper.due(lists.policy).isEmpty)
            #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
            #expect(try lists.verdict(keeper, "worse.example") == "allow")
        }
        #expect(try lists.verdict(lists.keeper(), "bad.example") == "peer_blocked")
        // Nothing waits for it: it is told, and is no alarm.
        #expect(lists.told(.listFailed).allSatisfy { $0["level"]?.string == "warning" })
        for line in lists.told(.listFailed) { #expect(line["candidate"]?.string == "next.toml") }
    }

    @Test func aCandidatesListIsFetchedKeptAndTakenOverByThePolicyThatItBecomes() async throws {
        let lists = try TestLists()
        let none = try Policy(
            Array("version = 1\nname = \"p\"".utf8), file: lists.scratch.file("p.toml"),
            PolicyFiles { _ in nil })
        var apart = lists.keeper(of: .candidate)
        lists.server.put("bad.example\n", etag: "\"1\"")
        #expect(apart.due(lists.policy, beside: none).map(\.name) == ["far"])
        #expect(await apart.refresh(lists.list).word == .taken)
        let entries = apart.fill(lists.policy, beside: none).lists[0].entries
        #expect(entries.map(\.pattern.description) == ["bad.example"])
        // Kept: neither a restart nor a server that fails takes it away.
        lists.server.fail("connect")
        apart = lists.keeper(of: .candidate)
        #expect(await apart.refresh(lists.list).word == .failed)
        #expect(apart.fill(lists.policy, beside: none).lists[0].entries == entries)
        // The candidate becomes the policy.
        for _ in 0..<2 {
            let keeper = lists.keeper()
            #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
            #expect(try lists.verdict(keeper, "good.example") == "allow")
            #expect(keeper.due(lists.policy).count == 1)
        }
    }

    @Test func whatWaitsForAPersonIsNotTakenOver() async throws {
        let lists = try TestLists("apply = \"drafts\"")
        lists.server.put("bad.example\n")
        let eased = try TestLists.policy(in: lists.scratch)
        #expect(await lists.keeper(of: .candidate).refresh(eased.lists[0]).word == .taken)
        #expect(try lists.verdict(lists.keeper(), "good.example") == "list_unavailable")
    }
}

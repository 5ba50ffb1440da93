import Dispatch
package import Federation
import Foundation
import Logging
import Synchronization

/// Keeps downloaded lists: loads their last good copies from the disk without any network, fetches
/// them when it is time, decides what takes effect by itself, and puts them into policies.
///
/// What fails changes nothing: the copy stays. A list of blocks without a copy is not an empty one:
/// see `PeerList.Loading`.
package final class ListKeeper: Sendable {
    /// What the world is to the keeper.
    package struct World: Sendable {
        /// Unix seconds.
        package var now: @Sendable () -> Int
        package var fetch: ListFetcher
        /// A number from zero to the one given.
        package var random: @Sendable (Int) -> Int = { Int.random(in: 0...max(0, $0)) }
    }

    /// A list as it is held.
    struct Held: Sendable {
        var record: ListRecord
        /// In force; nil while it was never loaded, and while its copy cannot be used.
        var live: [ListEntry]?
        /// Why the copy on the disk is not in force.
        var problem: String?

        /// What lies on the disk is not known: nothing is written over it, and nothing taken.
        var isUnread: Bool { problem != nil && record.live == nil }
        /// Whether a copy lies on the disk that cannot be used now.
        var hasLostCopy: Bool { live == nil && record.live != nil }
    }

    /// Which policy's lists are kept.
    package enum Role: Sendable {
        /// That in force. A list that only the candidate had until now is taken over from its folder
        /// with the copy that it has.
        case policy(before: ListFolder?)
        /// The one beside it, from this file: nothing is enforced by it, and what happens to its
        /// lists never touches those in force.
        case candidate(CandidateFile)
    }

    package let folder: ListFolder
    let role: Role
    private let world: World
    let log: GatewayLog?
    private let pace: ListPace
    private let held = Mutex<[String: Held]>([:])
    /// Another process keeps them now: nothing is written any more.
    private let isRetired = Mutex(false)
    private let flights = SingleFlight<String, ListOutcome>()
    /// Long lists are read here, and everything is decided here, one after the other: no event loop
    /// waits for it.
    private let desk = DispatchQueue(label: "ocmgate-lists", qos: .utility)

    package init(
        _ folder: ListFolder, _ world: World, log: GatewayLog?, as role: Role = .policy(before: nil)
    ) {
        self.folder = folder
        self.role = role
        self.world = world
        self.log = log
        pace = ListPace(random: world.random)
    }

    /// From the return on nothing is written, whatever is under way: the folder is another process's.
    func retire() { desk.sync { isRetired.withLock { $0 = true } } }

    // MARK: Policies

    /// The policy with what is in force of its downloaded lists; copies that are not held yet are
    /// read from the disk, and nothing from anywhere else.
    ///
    /// - Parameter live: of a candidate, the policy in force as it is filled: a list that both fetch
    ///   in the same way is fetched for that one, and holds the same in both.
    package func fill(_ policy: Policy, beside live: Policy? = nil) -> Policy {
        var contents: [String: [ListEntry]?] = [:]
        desk.sync {
            for list in policy.lists {
                guard let download = list.download else { continue }
                if let shared = live?.list(fetchedLike: list) {
                    contents[list.name] = shared.loading == .loaded ? shared.entries : nil
                } else {
                    contents[list.name] = current(list, download).live
                }
            }
        }
        return policy.taking(contents)
    }

    /// The lists for which it is time; of a candidate those that the policy in force does not fetch.
    package func due(_ policy: Policy, beside live: Policy? = nil) -> [PeerList] {
        let now = world.now()
        let held = self.held.withLock { $0 }
        return policy.lists.filter { list in
            guard let download = list.download, live?.list(fetchedLike: list) == nil else {
                return false
            }
            guard let kept = held[list.name], kept.record.isOf(list, download) else { return true }
            return pace.isDue(
                kept.record.next, afterFailures: kept.record.failures,
                download.refresh.wholeSeconds, isLoaded: kept.live != nil, now: now)
        }
    }

    // MARK: Fetching

    /// Fetches a list now and decides what becomes of it; one fetch at a time for a list.
    package func refresh(_ list: PeerList) async -> ListOutcome {
        guard let download = list.download else {
            return ListOutcome(list: list.name, word: .failed, reason: "it is not downloaded")
        }
        return await flights.result(for: list.name) { [self] in await refresh(list, download) }
    }

    private func refresh(_ list: PeerList, _ download: PeerList.Download) async -> ListOutcome {
        // Asked whether it is still the same only where the same is at hand, and would be taken again.
        let known = await desk.result { [self] () -> ListRecord? in
            let before = current(list, download)
            let isAtHand =
                before.live != nil || before.record.draft != nil && !before.hasLostCopy
            return isAtHand && isStillSigned(before.record, download) ? before.record : nil
        }
        let answer = await ListFetch(fetch: world.fetch).answer(download, known: known)
        return await desk.result { [self] in decide(list, download, answer) }
    }

    /// On the desk: what becomes of an answer.
    private func decide(
        _ list: PeerList, _ download: PeerList.Download, _ answer: ListFetch.Answer
    ) -> ListOutcome {
        if isRetired.withLock({ $0 }) {
            return ListOutcome(list: list.name, word: .failed, reason: Self.retired)
        }
        let before = current(list, download)
        do {
            if before.isUnread, let problem = before.problem { throw ListProblem(problem) }
            switch answer {
            case .failed(let reason): throw ListProblem(reason)
            case .unchanged:
                guard let draft = before.record.draft else { return keep(list, download, before) }
                guard ListRecord.mayUse(draft, try keys(of: download), as: download.subject) else {
                    throw ListProblem(Self.unpinned)
                }
                guard isStillSigned(before.record, download) else { throw ListProblem(Self.over) }
                // It is judged again: the policy may let more of it take effect by now.
                let record = before.record
                let contents = ListContents(
                    kept: try folder.entries(draft, of: list.name), title: record.title,
                    leftOut: record.leftOut, signer: draft.signer, issued: record.issued,
                    subject: record.subject)
                return try take(list, download, before, contents, nil)
            case .document(let document):
                let reading = ListReading(
                    download.format, for: list.stance,
                    try keys(of: download).map { .pinned($0) } ?? .none, about: download.purpose)
                let contents: ListContents
                do throws(ListDefect) {
                    contents = try reading.contents(
                        document.body, signature: document.signature, now: world.now())
                } catch { throw ListProblem("the list is refused: \(error)") }
                if let newest = before.record.issued {
                    guard let issued = contents.issued else {
                        throw ListProblem(
                            "its signature does not say when it was made (iat), as that before did")
                    }
                    guard issued >= newest else {
                        throw ListProblem("it is older than what was fetched before")
                    }
                }
                guard contents.subject != nil || before.record.subject == nil else {
                    throw ListProblem(
                        "its signature does not say what it is about (sub), as that before did")
                }
                return try take(list, download, before, contents, document)
            }
        } catch { return fail(list, download, before, "\(error)") }
    }

    private func take(
        _ list: PeerList, _ download: PeerList.Download, _ before: Held, _ contents: ListContents,
        _ document: ListFetch.Document?
    ) throws(FileProblem) -> ListOutcome {
        let now = world.now()
        var after = before
        after.record.beginDay(now: now)
        // What it would be measured against cannot be used.
        if before.hasLostCopy { after.record.base = nil }
        after.problem = nil
        let update = ListUpdate(
            of: list.stance, from: before.live, since: try base(of: after.record, list),
            to: contents.entries, download.apply, most: download.maxChange)
        func store(_ entries: [ListEntry]) throws(FileProblem) -> ListRecord.Copy {
            try folder.store(
                entries, of: list.name, signer: contents.signer, subject: download.purpose.name,
                now: now)
        }
        if let document {
            (after.record.etag, after.record.lastModified) = (document.etag, document.lastModified)
            after.record.end = contents.end
        }
        after.record.title = contents.title
        after.record.leftOut = contents.leftOut
        after.record.issued = contents.issued ?? before.record.issued
        after.record.subject = contents.subject ?? before.record.subject
        after.record.waits = update.waits
        after.record.draft = nil
        // What is held back changes nothing of what is in force, not even who has signed it.
        if let live = update.live, live != before.live {
            after.live = live
            after.record.live = try store(live)
            // A first version begins its day itself.
            after.record.beginDay(now: now)
        } else if update.waits == nil, update.live == before.live, let signer = contents.signer {
            // The same, signed anew: the key that signed it before may be taken out.
            after.record.live?.signer = signer
            after.record.live?.subject = download.purpose.name
        }
        if update.waits != nil { after.record.draft = try store(contents.entries) }
        after.record.succeeded(
            now: now, next: pace.afterSuccess(download.refresh.wholeSeconds, now: now))
        // What is not on the disk would be gone after a restart: before, it does not count.
        try folder.put(after.record, of: list.name)
        let taken = ListChange(from: before.live ?? [], to: after.live ?? [])
        let isNew = before.live == nil && after.live != nil
        held.withLock { $0[list.name] = after }
        if before.record.failures > 0 { write(.notice, .listResumed, list, []) }
        if isNew || !taken.isEmpty { tell(list, taken, after, approved: false) }
        if after.record.draft?.hash != before.record.draft?.hash { tell(list, update) }
        return ListOutcome(
            list: list.name,
            word: update.waits != nil ? .waits : isNew || !taken.isEmpty ? .taken : .unchanged,
            reason: update.waits?.rawValue, count: after.live?.count,
            change: update.change.words, isInForce: isNew || !taken.isEmpty)
    }

    /// What was in force when the day began; nil where that still is.
    ///
    /// Refused: a copy that cannot be read, until the next day.
    private func base(
        of record: ListRecord, _ list: PeerList
    ) throws(FileProblem) -> [ListEntry]? {
        guard let base = record.base?.copy, base.hash != record.live?.hash else { return nil }
        return try folder.entries(base, of: list.name)
    }

    private func keep(
        _ list: PeerList, _ download: PeerList.Download, _ before: Held
    ) -> ListOutcome {
        var after = before
        after.record.succeeded(
            now: world.now(),
            next: pace.afterSuccess(download.refresh.wholeSeconds, now: world.now()))
        put(after, of: list)
        if before.record.failures > 0 { write(.notice, .listResumed, list, []) }
        return ListOutcome(list: list.name, word: .unchanged, count: before.live?.count)
    }

    private func fail(
        _ list: PeerList, _ download: PeerList.Download, _ before: Held, _ reason: String
    ) -> ListOutcome {
        var after = before
        after.record.failures += 1
        after.record.failure = reason
        after.record.next = pace.afterFailure(
            after.record.failures, download.refresh.wholeSeconds, isLoaded: before.live != nil,
            now: world.now())
        put(after, of: list)
        let isOpen = before.live == nil && list.stance == .block
        tell(list, isOpen ? .error : .warning, reason)
        return ListOutcome(
            list: list.name, word: .failed, reason: reason, count: before.live?.count)
    }

    // MARK: Drafts

    /// Puts the draft of a list in force.
    ///
    /// Refused: no draft, another draft than the one that was looked at (`wanted`, the beginning of
    /// its hash), and one whose signature is over or was made by a key that is not pinned any more.
    package func approve(
        _ list: PeerList, draft wanted: String? = nil
    ) async throws -> ListOutcome {
        try await desk.result { [self] in Result { try approveHere(list, wanted) } }.get()
    }

    private func approveHere(_ list: PeerList, _ wanted: String?) throws -> ListOutcome {
        if isRetired.withLock({ $0 }) { throw ListProblem(Self.retired) }
        guard let download = list.download else {
            throw ListProblem("\(list.name) is not downloaded")
        }
        let before = current(list, download)
        guard let draft = before.record.draft else {
            throw ListProblem("nothing of \(list.name) waits")
        }
        if let wanted, wanted.utf8.count < 8 || !draft.hash.hasPrefix(wanted) {
            throw ListProblem("the draft of \(list.name) is another one: \(draft.hash)")
        }
        guard ListRecord.mayUse(draft, try keys(of: download), as: download.subject) else {
            throw ListProblem(
                "the draft was signed by a key that is not pinned any more, or as another list")
        }
        guard isStillSigned(before.record, download) else { throw ListProblem(Self.over) }
        var after = before
        after.live = try folder.entries(draft, of: list.name)
        after.problem = nil
        (after.record.live, after.record.draft, after.record.waits) = (draft, nil, nil)
        after.record.settle(now: world.now())
        try folder.put(after.record, of: list.name)
        held.withLock { $0[list.name] = after }
        let change = ListChange(from: before.live ?? [], to: after.live ?? [])
        tell(list, change, after, approved: true)
        return ListOutcome(
            list: list.name, word: .taken, count: after.live?.count, change: change.words,
            isInForce: true)
    }

    // MARK: What is held

    /// On the desk: what is held of a list, read from the disk where it is not, where it could not be
    /// used before, or is about another list of this name; without the copy when no pinned key has
    /// signed it.
    ///
    /// What is known of a copy that cannot be used stays: how old a version may be, what it has to be
    /// about, and the copy itself, which may be good again with the next key or the next repair.
    private func current(_ list: PeerList, _ download: PeerList.Download) -> Held {
        let known = held.withLock { $0[list.name] }
        var current: Held
        if let known, known.record.isOf(list, download), !known.isUnread, !known.hasLostCopy {
            current = known
            if let live = known.record.live,
                // A file that cannot be read at the moment takes nothing away.
                let keys = try? keys(of: download),
                !ListRecord.mayUse(live, keys, as: download.subject)
            {
                (current.live, current.problem) = (nil, Self.unpinned)
            }
        } else {
            current = load(list, download)
        }
        // The pace was that of a copy that counts; what is lost is asked for at once, and then as
        // often as after any other failure.
        if current.hasLostCopy {
            current.record.next = known?.hasLostCopy == true ? known?.record.next : nil
        }
        if let problem = current.problem, problem != known?.problem {
            tell(list, .error, "the copy cannot be used: \(problem)")
        }
        held.withLock { $0[list.name] = current }
        return current
    }

    private func load(_ list: PeerList, _ download: PeerList.Download) -> Held {
        let record: ListRecord
        do {
            guard let known = try folder.record(of: list) else {
                return takenOver(list, download) ?? Held(record: ListRecord(list, download))
            }
            record = known
        } catch {
            return Held(record: ListRecord(list, download), problem: "\(error)")
        }
        guard let live = record.live else { return Held(record: record) }
        do {
            guard ListRecord.mayUse(live, try keys(of: download), as: download.subject) else {
                throw ListProblem(Self.unpinned)
            }
            return Held(record: record, live: try folder.entries(live, of: list.name))
        } catch { return Held(record: record, problem: "\(error)") }
    }

    private func takenOver(_ list: PeerList, _ download: PeerList.Download) -> Held? {
        do { return try takeOver(list, download) } catch {
            tell(list, .error, "the candidate's copy cannot be used: \(error)")
            return nil
        }
    }

    /// The copy that a candidate has fetched, now that its list is one of the policy in force. It is
    /// fetched again at once; until then what was good for the one is good for the other.
    private func takeOver(_ list: PeerList, _ download: PeerList.Download) throws -> Held? {
        // What waits for a person has had none yet.
        guard case .policy(let before?) = role, download.apply != .drafts,
            let known = try before.record(of: list), let copy = known.live,
            ListRecord.mayUse(copy, try keys(of: download), as: download.subject)
        else { return nil }
        let live = try before.entries(copy, of: list.name)
        var record = ListRecord(list, download)
        func store(
            _ entries: [ListEntry], _ copy: ListRecord.Copy
        ) throws(FileProblem) -> ListRecord.Copy {
            try folder.store(
                entries, of: list.name, signer: copy.signer, subject: copy.subject,
                now: copy.fetched)
        }
        record.live = try store(live, copy)
        record.issued = known.issued
        record.subject = known.subject
        if let base = known.base {
            record.base = ListRecord.Base(
                copy: try store(try before.entries(base.copy, of: list.name), base.copy),
                day: base.day)
        }
        try folder.put(record, of: list.name)
        return Held(record: record, live: live)
    }

    /// The pinned keys; nil for a list without any.
    private func keys(
        of download: PeerList.Download
    ) throws(FileProblem) -> [ListKey]? {
        download.keys.isEmpty ? nil : try ListKey.pinned(in: download.keys)
    }

    /// Keys that cannot be read have signed nothing.
    private func isStillSigned(_ record: ListRecord, _ download: PeerList.Download) -> Bool {
        do {
            return record.isStillSigned(try keys(of: download), now: world.now())
        } catch { return false }
    }

    /// Keeps what is known of a list; when that cannot be written, only a restart forgets it.
    private func put(_ after: Held, of list: PeerList) {
        held.withLock { $0[list.name] = after }
        if after.isUnread { return }
        do { try folder.put(after.record, of: list.name) } catch {
            tell(list, .error, error.description)
        }
    }

    private static let unpinned =
        "it was signed by a key that is not pinned any more, or not as the list that \"subject\" names"

    private static let over = "its signature, or the key that made it, is over"
    private static let retired = "another process takes over: ask it again"
}

extension Policy {
    /// The list whose contents are what this one's would be: fetched from the same place, taken and
    /// read in the same way.
    fileprivate func list(fetchedLike list: PeerList) -> PeerList? {
        lists.first { $0.download == list.download && $0.stance == list.stance }
    }
}

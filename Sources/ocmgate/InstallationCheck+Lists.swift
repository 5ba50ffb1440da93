import Federation
import Foundation
import Gateway

extension InstallationCheck {
    /// The downloaded lists of the policy that was read: their keys, and whether there is something
    /// to begin with. Nothing is fetched.
    mutating func lists(of configuration: Configuration) {
        guard let policy else { return }
        let folder = ListFolder(state: configuration.state.file)
        warnOfSharedKeys(policy)
        ends(of: policy)
        unsignedForEver(by: policy)
        for list in policy.lists {
            guard let download = list.download else { continue }
            keys(of: download)
            guard mayRead(folder.path) else { continue }
            do throws(FileProblem) {
                judge(list, try folder.record(of: list), policy)
            } catch { find(error) }
        }
    }

    /// Own lists of which entries have ended, or do so soon: tests are judged at a day of their own, and see
    /// neither.
    mutating func ends(of policy: Policy) {
        for ending in policy.endings(after: .min, by: now) {
            warn(of: ending, ending.wordsOfEnded, policy)
        }
        for ending in policy.endings(after: now, by: now + ListEnding.notice) {
            warn(of: ending, ending.words(now: now), policy)
        }
    }

    private mutating func warn(of ending: ListEnding, _ words: String, _ policy: Policy) {
        warn(
            ending.place?.file ?? policy.file, at: ending.place?.position, words,
            remedy: ListEnding.remedy)
    }

    /// Warns of own lists whose servers need not sign, and of which an entry has no end.
    mutating func unsignedForEver(by policy: Policy) {
        for list in policy.lists where list.tier == .own && list.stance == .allow {
            let endless = list.entries.filter { $0.until == nil }
            guard let first = endless.first, let block = policy.signatureException(for: list)
            else { continue }
            let place = policy.place(of: first, in: list)
            warn(
                place?.file ?? policy.file, at: place?.position,
                "the list \(list.name): \(first.pattern) has no end, and \(block) does not ask it to "
                    + "sign (\(endless.count) of its \(list.entries.count) entries)",
                remedy: "write \"until\", a day by which it can sign")
        }
    }

    /// What a key has signed need not say which list it is.
    private mutating func warnOfSharedKeys(_ policy: Policy) {
        var known: [String: PeerList] = [:]
        for list in policy.lists {
            for key in Set(list.download?.keys ?? []) {
                guard let other = known.updateValue(list, forKey: key), other.stance != list.stance,
                    other.download?.subject == nil, list.download?.subject == nil
                else { continue }
                warn(
                    policy.file,
                    "the lists \(other.name) and \(list.name) have the key \(key): what is signed as "
                        + "one of them may be served as the other",
                    remedy: "write as \"subject\" what their signatures are about (sub), or ask "
                        + "the publisher for a key for each")
            }
        }
    }

    private mutating func keys(of download: PeerList.Download) {
        for file in download.keys where mayRead(file) {
            do throws(FileProblem) {
                for key in try ListKey.pinned(in: [file]) {
                    guard let end = key.end else { continue }
                    if now >= end {
                        warn(file, "the key has expired: nothing that it signs is taken")
                    } else if end - now < 30 * 86_400 {
                        warn(file, "the key expires \(DaysAhead.words(end - now))")
                    }
                }
            } catch { find(error) }
        }
    }

    private mutating func judge(_ list: PeerList, _ record: ListRecord?, _ policy: Policy) {
        let (file, position) = (policy.file, list.position)
        if record?.live == nil {
            let meanwhile =
                switch list.stance {
                case .block: "peers that it could block get 503 (list_unavailable)"
                case .allow: "it admits nobody"
                }
            warn(
                file, at: position,
                "the list \(list.name) was never loaded; until it is, \(meanwhile)",
                remedy: "ocmgate list update \(list.name)")
        }
        if let failure = record?.failure {
            warn(
                file, at: position, "the list \(list.name) could not be fetched lately: \(failure)")
        }
        if record?.draft != nil {
            notes.append(
                "a version of the list \(list.name) waits for a person: ocmgate list diff "
                    + list.name)
        }
    }
}

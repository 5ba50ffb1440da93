import ArgumentParser
import Federation
import Gateway

/// `ocmgate list show`: the lists and what is in force of them. Only looks, also beside a running
/// gateway.
struct ListShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the lists, or the entries of one.",
        discussion: "Exit code 1: a list was never loaded, or its last fetch failed.")

    @Argument(help: "The list whose entries are shown.")
    var name: String?

    @OptionGroup var place: ListPlace

    func run() throws {
        let (_, policy, folder) = try place.open()
        let now = Environment.live.now()
        let shown = try name.map { [try ListPlace.find($0, in: policy)] } ?? policy.lists
        var states: [ListState] = []
        do throws(FileProblem) {
            for list in shown { states.append(try ListState(list, folder)) }
        } catch { throw CommandFailure(error.description) }
        let entries = try name == nil ? nil : ListPlace.entries(shown[0], folder)
        if place.json {
            var members: [String: Output.Value] = ["lists": .list(states.map { $0.row(now) })]
            if let entries { members["entries"] = .list(entries.map(\.row)) }
            Output.json(members)
        } else {
            for state in states { Output.text(state.text(now)) }
            for entry in entries ?? [] { Output.line("  " + entry.line) }
            if states.isEmpty { Output.line("\(policy.file) has no lists") }
        }
        if states.contains(where: \.isTroubled) { throw Exit.findings }
    }
}

/// A list with what is known of its copies.
private struct ListState {
    let list: PeerList
    /// nil for own lists, and where nothing was fetched yet.
    let record: ListRecord?

    init(_ list: PeerList, _ folder: ListFolder) throws(FileProblem) {
        self.list = list
        record = try folder.record(of: list)
    }

    var isLoaded: Bool { list.download == nil || record?.live != nil }

    var isTroubled: Bool { !isLoaded || record?.failure != nil }

    var count: Int? { list.download == nil ? list.entries.count : record?.live?.count }

    /// Entries of an own list that count no more.
    func ended(_ now: Int) -> Int { list.entries.count { $0.hasEnded(now) } }

    func row(_ now: Int) -> [String: Output.Value] {
        var row: [String: Output.Value] = [
            "name": .string(list.name), "standing": .string(list.stance.rawValue),
            "tier": .string(list.tier.rawValue), "hard": .bool(list.firmness == .hard),
            "loaded": .bool(isLoaded), "count": .optional(count),
            "ended": .number(ended(now)),
            "source": .optional(list.download?.url ?? list.source),
        ]
        guard let download = list.download else { return row }
        row["format"] = .string(download.format.rawValue)
        row["apply"] = .string(download.apply.rawValue)
        row["refresh"] = .number(download.refresh.wholeSeconds)
        row["fetched"] = .optional(record?.live?.fetched)
        row["checked"] = .optional(record?.checked)
        row["next"] = .optional(record?.next)
        row["failures"] = .number(record?.failures ?? 0)
        row["failure"] = .optional(record?.failure)
        row["federation"] = .optional(record?.title)
        row["signer"] = .optional(record?.live?.signer)
        row["left_out"] = LeftOut.row(record?.leftOut ?? [:])
        row["draft"] =
            record?.draft.map { draft in
                .object([
                    "hash": .string(draft.hash), "count": .number(draft.count),
                    "fetched": .number(draft.fetched),
                    "waits": .string(record?.waits?.rawValue ?? ""),
                ])
            } ?? .null
        return row
    }

    func text(_ now: Int) -> String {
        var head = "\(list.name)  \(list.stance.rawValue)"
        if list.firmness == .hard { head += ", hard" }
        head += "  \(count.map { "\($0) entries" } ?? "not loaded")"
        if ended(now) > 0 { head += ", \(ended(now)) ended" }
        guard let download = list.download else {
            return head + "  \(list.source ?? "in the policy")"
        }
        var lines = ["\(head)  \(download.format.rawValue) from \(download.url)"]
        if let record {
            var facts: [String] = []
            if let checked = record.checked {
                facts.append("checked \(Self.ago(now - checked)) ago")
            }
            if let next = record.next { facts.append("next in \(Self.ago(max(0, next - now)))") }
            if let title = record.title { facts.append("federation \(quoted(title))") }
            facts += LeftOut.text(record.leftOut)
            if !facts.isEmpty { lines.append(facts.joined(separator: ", ")) }
            if let failure = record.failure {
                lines.append("fails (\(record.failures)): \(failure)")
            }
            if let draft = record.draft {
                lines.append(
                    "a draft of \(draft.count) entries waits (\(record.waits?.rawValue ?? "")): "
                        + "ocmgate list diff \(list.name)")
            }
        } else {
            lines.append("was never fetched")
        }
        if !isLoaded, list.stance == .block {
            lines.append("until it is loaded, peers that it could block get 503 (list_unavailable)")
        }
        return lines.joined(separator: "\n  ")
    }

    private static func ago(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}

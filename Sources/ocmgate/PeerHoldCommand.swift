import ArgumentParser
import Federation
import Gateway

/// `ocmgate peer hold list|approve|refuse`: peers that wait for a person.
struct PeerHoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Peers whose messages wait for a person.",
        subcommands: [List.self, Approve.self, Refuse.self])

    /// `ocmgate peer hold list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the peers that wait, and what their messages said.",
            discussion: "Reads beside a running gateway and changes nothing.")

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let peers = try Waiting(option).all()
            if json {
                Output.json(["held": .list(peers.map(\.row))])
                return
            }
            for peer in peers { peer.lines.forEach(Output.line) }
            if peers.isEmpty { Output.line("nobody waits") }
        }
    }

    /// `ocmgate peer hold approve`.
    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a peer in: put it on one of your own lists.",
            discussion: """
                Writes an entry into the list's text file, or into its `entries` in the policy \
                file, whose comments and layout stay. An entry of the peer that is over is \
                replaced. Nothing is written unless the policy with it passes its tests and \
                invariants. Say --until where an entry that is over is replaced, and on a list \
                whose servers need not sign. A gateway that runs reads its policy again. The \
                messages that were held are not delivered: their senders were told to try again. A \
                peer whose keys changed is refused: that is for ocmgate peer pin. So is one that \
                does not wait: where to write it by hand is said. Exit codes: 0 done, 1 nothing \
                was changed, 2 cannot run.
                """)

        @OptionGroup var deciding: Deciding

        func run() async throws {
            try await deciding.run(.allow)
        }
    }

    /// `ocmgate peer hold refuse`.
    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do not let a peer in: forget what waits, or put it on a list that blocks.",
            discussion: """
                Without --list only what waits is forgotten, and its next message waits again. \
                With it, the peer is added to that list as `approve` does. Exit codes: 0 done, 1 \
                nothing was changed, 2 cannot run.
                """)

        @OptionGroup var deciding: Deciding

        func run() async throws {
            try await deciding.run(.block)
        }
    }

    /// A person's decision about one peer.
    struct Deciding: ParsableArguments {
        @OptionGroup var about: PeerOptions

        @Option(help: "The list, one of your own; needed when there are several.")
        var list: String?

        @Option(help: "For those who read the list later.")
        var note = ""

        @Option(
            help: ArgumentHelp(
                "The last day on which the entry counts (2027-06-30, or a time), or never. Needed where an "
                    + "entry that is over is replaced, and on a list whose servers need not sign.",
                valueName: "date"))
        var until: String?

        private func end() throws -> ListEdit.Until {
            guard let until else { return .unsaid }
            guard let end = ListEdit.Until(until) else {
                throw ValidationError(
                    "\(until) is no date; write it like 2027-06-30, 2027-06-30T12:00:00Z, or never")
            }
            return end
        }

        func validate() throws { _ = try end() }

        func run(_ stance: PeerList.Stance) async throws {
            let peer = try about.peer()
            if stance == .block, list == nil, until != nil {
                throw CommandFailure("--until belongs to --list: nothing is written without one")
            }
            let waiting = try Waiting(about.option)
            guard let held = try waiting.all().first(where: { $0.peer == peer }) else {
                let told = [
                    "nothing of \(peer) waits: see ocmgate peer hold list",
                    byHand(peer, stance, waiting),
                ].compactMap { $0 }
                try Output.miss(told.joined(separator: "; "), about.json)
            }
            if stance == .allow, held.hasOtherKeys {
                try Output.miss("nothing was changed: \(peer): \(held.otherKeys)", about.json)
            }
            let edit = try change(held, stance, waiting)
            do { try edit?.write() } catch { try Output.miss("\(error)", about.json) }
            let by: PeerDecision.By
            do {
                by = try await PeerDecision.settleHold(
                    of: peer, in: waiting.settings.state.file, waiting.key, now: waiting.now)
            } catch { throw CommandFailure("\(error)") }
            report(held, edit, by, try needsPin(peer, edit, waiting))
        }

        /// How one who does not wait is put on a list; nil where none is meant.
        private func byHand(
            _ peer: PeerHost, _ stance: PeerList.Stance, _ waiting: Waiting
        ) -> String? {
            if stance == .block, list == nil { return nil }
            do {
                let edit = try edit(peer, stance, waiting)
                return edit.isThere
                    ? "it is on the list \(edit.list) already: \(edit.file):\(edit.line)"
                    : "to put it on the list \(edit.list) all the same, write at "
                        + "\(edit.file):\(edit.line): \(edit.entry)"
            } catch {
                return "to put it on a list all the same, edit \(waiting.settings.policy.file) "
                    + "by hand (\(error))"
            }
        }

        private func edit(
            _ peer: PeerHost, _ stance: PeerList.Stance, _ waiting: Waiting
        ) throws -> ListEdit {
            try ListEdit(
                adding: peer, to: list, stance, of: waiting.settings.policy.file, until: try end(),
                note: note, day: Moment.day(waiting.now), now: waiting.now)
        }

        /// Whether the policy takes messages of the peer only once a key of it is pinned, and none is.
        private func needsPin(
            _ peer: PeerHost, _ edit: ListEdit?, _ waiting: Waiting
        ) throws -> Bool {
            let state = waiting.settings.state.file
            guard let policy = edit?.policy.inForce(beside: state) else { return false }
            let standing = policy.standing(of: peer, now: waiting.now)
            guard standing.word == .allow, policy.needs(.keyPinned, of: peer, standing) else {
                return false
            }
            do { return try PinBook.read(state)[peer] == nil } catch {
                throw CommandFailure("\(error)")
            }
        }

        /// The list with the peer on it; nil when no list is to be changed.
        private func change(
            _ held: HeldPeer, _ stance: PeerList.Stance, _ waiting: Waiting
        ) throws -> ListEdit? {
            if stance == .block, list == nil { return nil }
            let peer = held.peer
            let edit: ListEdit
            do { edit = try self.edit(peer, stance, waiting) } catch {
                try Output.miss("\(error)", about.json)
            }
            let policy = edit.policy.inForce(beside: waiting.settings.state.file)
            let standing = policy.standing(of: peer, now: waiting.now)
            let wanted: Standing.Word = stance == .allow ? .allow : .block
            guard standing.word == wanted else {
                try Output.miss(
                    "nothing was changed: \(peer) would still be \(standing.word.rawValue) "
                        + "by \(standing.by)", about.json)
            }
            if stance == .allow, let block = again(held, policy, waiting.now) {
                let place = policy.place(of: block).map { " (\($0))" } ?? ""
                try Output.miss(
                    "nothing was changed: what waits of \(peer) would wait again by "
                        + "\(block)\(place): change that block, or name a list that it excepts",
                    about.json)
            }
            return edit
        }

        /// The block that would hold all that is kept of a peer again; nil when none would, or nothing
        /// is kept.
        private func again(_ held: HeldPeer, _ policy: Policy, _ now: Int) -> String? {
            let blocks = held.messages.map { $0.isHeldAgain(of: held.peer, by: policy, now: now) }
            return blocks.contains(nil) ? nil : blocks.last ?? nil
        }

        private func report(
            _ held: HeldPeer, _ edit: ListEdit?, _ by: PeerDecision.By, _ needsPin: Bool
        ) {
            let told: [String: String]? =
                switch by {
                case .gateway(let told): told
                case .command: nil
                }
            if about.json {
                Output.json([
                    "peer": .string(held.peer.description), "messages": .number(held.count),
                    "list": .optional(edit?.list),
                    "file": .optional(edit?.file),
                    "line": .optional(edit?.line),
                    "entry": .optional(edit?.entry),
                    "policy": .optional(told?["policy"] ?? edit?.policy.hash),
                    "running": .bool(told != nil), "needsPin": .bool(needsPin),
                    "problem": .optional(told?["problem"]),
                ])
                return
            }
            if let edit {
                let what =
                    edit.isThere
                    ? "on the list \(edit.list) already" : "added to the list \(edit.list)"
                Output.line("\(edit.file):\(edit.line): \(what):")
                Output.line("  \(edit.entry)")
            }
            Output.line("\(held.peer): \(held.count) held messages are forgotten")
            if let problem = told?["problem"] {
                Output.text("the gateway keeps its old policy:\n\(problem)")
            } else if let hash = told?["policy"] {
                Output.line("the gateway has read its policy again: \(hash)")
            } else if edit != nil {
                Output.line("no gateway runs; the next reads it")
            }
            if needsPin {
                Output.line(
                    "the policy needs a key of it that is pinned, too: ask its people for the "
                        + "fingerprints, then ocmgate peer pin \(held.peer)")
            }
        }
    }

    /// What waits, and where.
    struct Waiting {
        let settings: Configuration
        let key: SealKey
        let now = Environment.live.now()

        init(_ option: ConfigurationOption) throws {
            settings = try option.load()
            key = try settings.state.key()
        }

        func all() throws -> [HeldPeer] {
            do { return try HoldBook.read(settings.state.file, key, now: now) } catch {
                throw CommandFailure("\(error)")
            }
        }
    }
}

extension HeldPeer {
    var row: [String: Output.Value] {
        [
            "peer": .string(peer.description), "first": .number(first), "last": .number(last),
            "count": .number(count), "messages": .list(messages.map(\.row)),
            "keysChanged": .bool(hasOtherKeys),
        ]
    }

    /// What a person has to do about other keys.
    fileprivate var otherKeys: String {
        "its keys changed, and a list does not help; ask its people for the fingerprint of each new "
            + "key, then ocmgate peer pin \(peer) --fingerprint FINGERPRINT"
    }

    /// For people.
    var lines: [String] {
        ["\(peer): \(count) held, first \(Moment.text(first)), last \(Moment.text(last))"]
            + messages.map { "  " + $0.line } + (hasOtherKeys ? ["  \(otherKeys)"] : [])
    }
}

extension HeldMessage {
    private var facts: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("sender", sender), ("owner", owner), ("recipient", recipient),
            ("shareType", shareType), ("resourceType", resourceType),
            ("protocols", protocols.isEmpty ? nil : protocols.joined(separator: ",")),
            ("permissions", permissions.isEmpty ? nil : permissions.joined(separator: ",")),
            ("size", size.map { String($0) }), ("notificationType", notificationType),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Whether it is a message to the peer, which has signed nothing then.
    private var isOurs: Bool { Occasion(occasion)?.direction == .outbound }

    fileprivate var row: [String: Output.Value] {
        let unverified = isOurs ? nil : self.unverified
        var row: [String: Output.Value] = [
            "at": .number(at), "decision": .string(decision), "on": .string(occasion),
            "by": .string(by), "code": .string(code),
            "signature": isOurs ? .null : .string(signature),
            "unverifiedSignature": .optional(unverified),
            "client": .string(client), "namedBy": .optional(namedBy),
        ]
        for (name, value) in facts { row[name] = .string(value) }
        return row
    }

    fileprivate var line: String {
        let who =
            if let namedBy {
                "named by \(namedBy), itself not verified"
            } else if isOurs {
                "sent by our own server"
            } else if signature != "none" {
                "signed (\(signature))"
            } else if let unverified {
                "signed (\(unverified)), not checked\(isOfOtherKeys ? ": its keys changed" : ""), "
                    + "from \(client)"
            } else {
                // What an earlier version kept of it does not say how it was signed.
                isOfOtherKeys
                    ? "signed, not checked: its keys changed, from \(client)"
                    : "unsigned, from \(client)"
            }
        let said = facts.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        return "\(Moment.text(at)) \(occasion) \(decision) by \(by), \(who)"
            + (said.isEmpty ? "" : ": \(said)")
    }
}

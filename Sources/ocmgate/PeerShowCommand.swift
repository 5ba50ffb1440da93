import ArgumentParser
import Federation
import Foundation
import Gateway

extension PeerCommand {
    /// `ocmgate peer show HOST`: everything that is known of one peer.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show all that is known of one peer, and what of it waits.",
            discussion: """
                Reads beside a running gateway, asks nothing over the network and changes nothing; \
                `peer probe` asks the peer itself. Exit codes: 0 it is known, 1 nothing is known \
                of it, 2 the state cannot be read.
                """)

        @OptionGroup var about: PeerOptions

        func run() throws {
            let peer = try PeerState(about.option).one(try about.peer())
            let isKnown =
                peer.standing.word != .unknown || !peer.pins.isEmpty || peer.held != nil
                || !peer.shares.isEmpty || peer.signed != .none || peer.accepted != .none
            if about.json { print(peer) } else { peer.lines.forEach(Output.line) }
            if !isKnown { throw Exit.findings }
        }

        private func print(_ peer: KnownPeer) {
            var row = peer.row
            row["note"] = .optional(peer.standing.entry?.note)
            row["until"] = .optional(peer.standing.entry?.until)
            row["pins"] = .list(peer.pins.map(\.row))
            row["shares"] = .strings(peer.shares.map(\.id.description))
            row["held"] = peer.held.map { .object($0.row) } ?? .null
            Output.json(row)
        }
    }
}

extension KnownPeer {
    fileprivate var lines: [String] {
        var lines = ["\(host): \(standing.shown) by \(standing.by)"]
        if let list = standing.waitsFor {
            lines.append(
                "  the list \(list) could block it, and was never loaded: it gets 503 "
                    + "(list_unavailable) until then; ocmgate list update \(list)")
        }
        if let entry = standing.entry {
            lines.append(
                "  entry \(entry.pattern)" + (entry.note.map { ", \($0)" } ?? "")
                    + (entry.until.map { ", until \(Moment.text($0))" } ?? ""))
        }
        if let over = standing.over { lines.append("  \(over.words)") }
        lines.append("  has signed: \(signed.name); has taken from us: \(accepted.name)")
        lines.append("  keys: \(keyState.rawValue)")
        lines += pins.map { pin in
            "    \(pin.key.text), since \(Moment.text(pin.firstSeen)), seen \(Moment.text(pin.lastSeen))"
        }
        if keyState == .changed {
            lines.append("  its keys changed: ask its people, then ocmgate peer pin \(host)")
        }
        let open = shares.count { $0.standing == .active }
        lines.append(
            "  shares: \(shares.count), of which \(open) stand; a permanent secret opens "
                + "\(permanent) of these")
        if let held { lines += held.lines.map { "  " + $0 } }
        return lines
    }
}

extension Pin {
    fileprivate var row: [String: Output.Value] {
        [
            "source": .string(key.source), "id": .string(key.id),
            "fingerprint": .string(key.thumbprint), "firstSeen": .number(firstSeen),
            "lastSeen": .number(lastSeen),
        ]
    }
}

extension OfferedKey {
    /// For people.
    var text: String { "\(thumbprint) \(source) \(id)" }
}

/// Times as commands print them.
enum Moment {
    /// `2026-11-27T00:43:14Z`, of Unix seconds.
    static func text(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
    }

    /// `2026-11-27`
    static func day(_ seconds: Int) -> String { String(text(seconds).prefix(10)) }
}

import ArgumentParser
import Federation
import Gateway

extension PeerCommand {
    /// `ocmgate peer list`: all peers that the policy or the state knows.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all peers: standing, list, signatures, keys, shares, what waits.",
            discussion: """
                The hosts on your own lists, and those known by a key, a share or an earlier \
                message. Counted are those of their shares that stand and that a permanent secret \
                opens: ocmgate share list names them. Reads beside a running gateway and changes \
                nothing.
                """)

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let peers = try PeerState(option).all()
            if json {
                Output.json(["peers": .list(peers.map(\.row))])
                return
            }
            for peer in peers {
                Output.line(
                    [
                        peer.host.description, peer.standing.shown, peer.standing.by,
                        peer.signed.name, "keys \(peer.keyState.rawValue)",
                        "\(peer.shares.count) shares"
                            + (peer.permanent == 0
                                ? "" : ", \(peer.permanent) open by a permanent secret"),
                        peer.held.map { "\($0.count) held" } ?? "-",
                    ].joined(separator: "\t"))
            }
        }
    }
}

/// The policy and the state that peers are known from.
struct PeerState {
    let settings: Configuration
    private let key: SealKey
    private let policy: Policy
    let now = Environment.live.now()

    init(_ option: ConfigurationOption) throws {
        settings = try option.load()
        key = try settings.state.key()
        do throws(ConfigurationErrors) {
            policy = try PolicyCommand.inForce(settings)
            PolicyCommand.tellEmpty(policy)
        } catch { throw CommandFailure(error) }
    }

    func all() throws -> [KnownPeer] {
        let site = Site(origin: settings.site.origin, aliases: settings.site.aliases)
        do {
            return try KnownPeer.all(
                settings.state.file, key, policy, besides: site?.hosts ?? [], now: now)
        } catch { throw CommandFailure("\(error)") }
    }

    func one(_ host: PeerHost) throws -> KnownPeer {
        do { return try KnownPeer.one(host, settings.state.file, key, policy, now: now) } catch {
            throw CommandFailure("\(error)")
        }
    }
}

extension Standing {
    /// Its word; `unavailable` while a list that was never loaded could refuse the peer: its messages wait
    /// for that, whatever the others say.
    var shown: String { waitsFor == nil ? word.rawValue : "unavailable" }
}

extension KnownPeer {
    /// Of its shares that stand, those that a secret opens which lasts.
    var permanent: Int {
        shares.count { $0.standing == .active && $0.opener == .permanent }
    }

    /// Its row in a list.
    var row: [String: Output.Value] {
        [
            "host": .string(host.description), "standing": .string(standing.shown),
            "by": .string(standing.by), "signed": .string(signed.name),
            "accepted": .string(accepted.name), "keys": .string(keyState.rawValue),
            "pins": .number(pins.count), "shares": .number(shares.count),
            "permanent": .number(permanent), "held": .number(held?.count ?? 0),
        ]
    }
}

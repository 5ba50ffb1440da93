import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate peer probe|forget`: what is known of peers.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "What is known of peers.",
        subcommands: [Probe.self, Forget.self])

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget the keys that a peer is known by, and that it has signed.",
            discussion: """
                After a refusal with key_changed: ask the people of that server whether they \
                changed their keys. The next keys that it shows are taken as those of a new peer. \
                A gateway that runs forgets them at once.
                """)

        @OptionGroup var about: PeerOptions

        func run() async throws {
            let peer = try about.peer()
            let settings = try about.option.load()
            let key = try ShareCommand.sealKey(settings, whenMissing: .refuse)
            let known: Int
            do {
                known = try await PeerForgetting.forget(
                    peer, in: settings.state.file, key, now: Int(Date().timeIntervalSince1970))
            } catch { throw CommandFailure("\(error)") }
            if about.json {
                Output.json(["peer": .string(peer.description), "keys": .number(known)])
            } else {
                Output.line("\(peer): \(known) keys forgotten; the next that it shows are taken")
            }
        }
    }
}

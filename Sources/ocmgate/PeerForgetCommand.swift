import ArgumentParser
import Federation
import Gateway

extension PeerCommand {
    /// `ocmgate peer forget HOST`: the next keys are those of a new peer.
    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget the keys that a peer is known by, and that it has signed.",
            discussion: """
                After a refusal with key_changed: ask the people of that server whether they \
                changed their keys. The next keys that it shows are taken as those of a new peer; \
                `peer pin` shows them first. What waits of it for a person is forgotten too: its server \
                sends it again. A gateway that runs forgets all that at once, and asks the peer again for \
                what it publishes. Exit codes: 0 forgotten, 1 nothing was known of it, 2 it could not be \
                done.
                """)

        @OptionGroup var about: PeerOptions

        func run() async throws {
            let peer = try about.peer()
            let settings = try about.option.load()
            let key = try settings.keyToWrite()
            let known: PeerForgetting.Forgotten
            do {
                known = try await PeerForgetting.forget(
                    peer, in: settings.state.file, key, now: Environment.live.now())
            } catch { throw CommandFailure("\(error)") }
            guard known.wasKnown else {
                try Output.miss(
                    "nothing was known of \(peer): ocmgate peer list has those that are",
                    about.json)
            }
            if about.json {
                Output.json(["peer": .string(peer.description), "keys": .number(known.keys)])
            } else {
                Output.line(known.words(of: peer))
            }
        }
    }
}

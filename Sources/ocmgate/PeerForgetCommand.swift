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
                what it publishes.
                """)

        @OptionGroup var about: PeerOptions

        func run() async throws {
            let peer = try about.peer()
            let settings = try about.option.load()
            let key = try ShareCommand.keyToWrite(settings)
            let known: Int
            do {
                known = try await PeerForgetting.forget(
                    peer, in: settings.state.file, key, now: Environment.live.now())
            } catch { throw CommandFailure("\(error)") }
            if about.json {
                Output.json(["peer": .string(peer.description), "keys": .number(known)])
            } else {
                Output.line("\(peer): \(known) keys forgotten; the next that it shows are taken")
            }
        }
    }
}

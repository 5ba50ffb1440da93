import ArgumentParser

/// `ocmgate peer list|show|probe|pin|forget|hold`: what is known of peers, and who waits.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "What is known of peers, and who waits for a person.",
        subcommands: [
            List.self, Show.self, Probe.self, Pin.self, Forget.self, PeerHoldCommand.self,
        ])
}

import ArgumentParser
import Federation

/// What a command about one peer is given.
struct PeerOptions: ParsableArguments {
    @Argument(help: "The peer: host[:port].")
    var host: String

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func peer() throws -> PeerHost { try PeerHost(argument: host) }
}

extension PeerHost {
    /// A host as a command's argument; what is none cannot be asked about.
    init(argument: String) throws(CommandFailure) {
        guard let host = PeerHost(argument) else {
            throw CommandFailure("\(argument) is not a host; write it like cloud.partner.example")
        }
        self = host
    }
}

import Federation

extension PeerHost {
    /// A host as a command's argument; what is none cannot be asked about.
    init(argument: String) throws(CommandFailure) {
        guard let host = PeerHost(argument) else {
            throw CommandFailure("\(argument) is not a host; write it like cloud.partner.example")
        }
        self = host
    }
}

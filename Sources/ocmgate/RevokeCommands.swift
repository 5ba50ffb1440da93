import ArgumentParser
import Gateway

extension ShareCommand {
    /// `ocmgate share revoke ID`: a share is over, at once.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a share: its codes, secrets and tokens open nothing any more.",
            discussion: """
                At once, also in a gateway that runs, and for what is under way. It cannot be taken back, \
                and the backend is not told: remove the share there too, else it goes on for whoever \
                reaches the backend on another way. Exit codes: 0 ended, 1 there is no such share, or it \
                is over already, 2 it could not be done.
                """)

        @OptionGroup var revocation: RevocationOptions

        func run() async throws { try await revocation.run(.share) }
    }
}

extension TokenCommand {
    /// `ocmgate token revoke SHARE`: all its tokens are over, at once.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End all tokens of a share; its peer exchanges the code again.",
            discussion: """
                Tokens are sealed and not kept, so they end together: name the share, which `ocmgate \
                token inspect` shows. To stop the peer as well: ocmgate share revoke. Exit codes: 0 \
                ended, 1 there is no such share, or it is over already, 2 it could not be done.
                """)

        @OptionGroup var revocation: RevocationOptions

        func run() async throws { try await revocation.run(.tokens) }
    }
}

/// What both take.
struct RevocationOptions: ParsableArguments {
    @Argument(help: "The number of the share.")
    var id: String

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run(_ extent: Revocation.Extent) async throws {
        guard let share = try ShareCommand.share(id, option) else {
            try Output.miss("there is no share \(id)", json)
        }
        if share.ended != nil { try Output.miss("share \(id) is over already", json) }
        let state = try option.state()
        let key = try state.key()
        let others: [String]
        do {
            others = try await Revocation(of: id, extent)
                .carryOut(in: state.file, key, now: Environment.live.now())
        } catch { throw CommandFailure("\(error)") }
        if json {
            Output.json([
                "share": .string(id), "revoked": .string(extent.rawValue),
                "opened_by_its_secret": .strings(others),
            ])
        } else {
            switch extent {
            case .share:
                Output.line("share \(id) is over")
                for other in others {
                    Output.line(
                        "its secret is that of share \(other) too, and opens that one as before: ocmgate "
                            + "share revoke \(other)")
                }
            case .tokens: Output.line("the tokens of share \(id) are over")
            }
        }
    }
}

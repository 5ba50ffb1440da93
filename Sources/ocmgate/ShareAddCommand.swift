import ArgumentParser
import Federation
import Gateway
import OpenSSL

extension ShareCommand {
    /// `ocmgate share add`: a share that the gateway did not see being made.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an outgoing share that the gateway did not see being made.",
            discussion: """
                With --keep-secret the permanent secret, which the peer has, goes on working. \
                Without it a code is made and printed: the peer is to hold it in the place of the \
                permanent secret, which then opens nothing any more. A gateway that runs takes the \
                share over at once.

                For a reshare that another server asked for, name its user with --sender and keep \
                the secret: else nothing says that this server may end it. Do not add what people \
                here have passed on of shares that they received: that is their owners' (in \
                Nextcloud the rows of federated_reshares whose file is on an external storage).
                """)

        @OptionGroup var option: ConfigurationOption

        @Option(help: "The peer that the share is for.")
        var peer: String

        @Option(name: .customLong("provider-id"), help: "The backend's id of the share.")
        var providerID: String

        @Option(
            name: .customLong("secret-file"), help: "A file with the permanent secret; - is stdin.")
        var secretFile: String

        @Option(help: "read, write, share; several with commas; without it they are unspecified.")
        var permissions: String?

        @Option(help: "user@host of who made the share; of a reshare, of who asked for it.")
        var sender: String?

        @Option(help: "user@host whose the data are.")
        var owner: String?

        @Option(help: "user@host for whom the share is, at the peer.")
        var recipient: String?

        @Flag(
            name: .customLong("keep-secret"),
            help: "The peer holds the permanent secret already: make no code.")
        var keepSecret = false

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            let host = try PeerHost(argument: peer)
            guard !providerID.isEmpty else { throw CommandFailure("--provider-id is empty") }
            let permissions = try readPermissions()
            let settings = try option.load()
            let people = try readPeople(host, settings.site)
            let key = try settings.state.key(whenMissing: .make)
            let secret = try readSecret(of: settings.backend.kind)
            try settings.makeFirstKeys()
            let order = ShareOrder(
                peer: peer, providerID: providerID, secret: secret.text,
                permissions: permissions,
                credential: keepSecret ? .secret : .code, sender: people.sender,
                owner: people.owner, recipient: people.recipient)
            let answer: OrderAnswer
            do {
                answer = try await order.place(
                    in: settings.state.file, key, now: Environment.live.now())
            } catch { throw CommandFailure("\(error)") }
            switch answer {
            case .refused(let reason): throw CommandFailure(reason)
            case .done(let told):
                let (id, code) = (told["id"] ?? "", told["code"])
                if code != nil {
                    StandardOutput.lost(
                        means: "the code of share \(id) is lost: ocmgate share revoke \(id), "
                            + "and add the share once more")
                }
                if json {
                    Output.json([
                        "id": .string(id),
                        "code": .optional(code),
                    ])
                } else {
                    Output.line("share \(id)" + (code.map { ", code \($0)" } ?? ""))
                    if code != nil {
                        Output.line(
                            "the permanent secret opens nothing any more: give the peer's people this code, "
                                + "or revoke this share and add it with --keep-secret")
                    }
                }
            }
        }

        private func readSecret(of backend: BackendKind) throws -> Secret {
            var bytes = try InputFile.bytes(secretFile)
            while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
            guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw CommandFailure(
                    "\(InputFile.name(secretFile)) holds no secret: write it alone, on one line, without spaces"
                )
            }
            let secret = Secret(bytes)
            switch backend {
            case .nextcloud, .owncloud10:
                // Its pages would open by it, and are looked through for no other.
                guard secret.isLookedForOnPages else {
                    throw CommandFailure(
                        "\(InputFile.name(secretFile)) holds no secret of \(backend.rawValue): those have "
                            + "eight letters and digits, or more")
                }
            case .ocis, .opencloud, .cernbox, .seafile, .generic: break
            }
            return secret
        }

        /// Who takes part in the share, as it is recorded.
        ///
        /// Refused: what is no address, a recipient elsewhere than at the peer, and the sender of a reshare
        /// who would have to know the code.
        private func readPeople(
            _ peer: PeerHost, _ site: Configuration.SiteSettings
        ) throws -> (sender: String?, owner: String?, recipient: String?) {
            let ours = Site(origin: site.origin, aliases: site.aliases)?.hosts ?? []
            func person(_ text: String?, _ option: String) throws -> OCMAddress? {
                guard let text else { return nil }
                guard let person = OCMAddress(text) else {
                    throw CommandFailure(
                        "\(option): \"\(text)\" is no address; write it like bob@\(peer)")
                }
                return person
            }
            let sender = try person(self.sender, "--sender")
            let owner = try person(self.owner, "--owner")
            let recipient = try person(self.recipient, "--recipient")
            if let recipient, recipient.host != peer {
                throw CommandFailure(
                    "--recipient is at \(recipient.host), and the share is for \(peer)")
            }
            if !keepSecret, let sender, !ours.contains(sender.host) {
                throw CommandFailure(
                    "--sender is at \(sender.host), which knows the share by its permanent secret: "
                        + "add --keep-secret")
            }
            return (
                sender?.canonical(ours: ours), owner?.canonical(ours: ours),
                recipient?.canonical
            )
        }

        private func readPermissions() throws -> [String]? {
            guard let permissions else { return nil }
            let words = permissions.split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
            for word in words where !SharePermissions.known.contains(word) {
                throw CommandFailure(
                    "--permissions: \"\(word)\" is none of read, write, share")
            }
            return words
        }
    }
}

import Federation
import OpenSSL
import Transport

/// Two old servers that cannot sign, each behind a gateway: outside they are modern, both ways.
extension Story {
    mutating func tellTwoGateways() async throws {
        let (home, college) = (world.home, world.college)
        try await tellShare(
            of: "project", file: "results.txt", from: home, to: college, providerID: 201)
        try await tellShare(
            of: "course", file: "notes.txt", from: college, to: home, providerID: 202)
    }

    /// From the sending of a share to its end.
    private mutating func tellShare(
        of folder: String, file: String, from sender: Site, to receiver: Site, providerID: Int
    ) async throws {
        let secret = Random.alphanumeric(15)
        permanentSecrets.append(secret)
        let before = sender.backend.text(of: "\(folder)/\(file)") ?? ""

        try await take(
            Action(
                site: sender, saying: "shares /\(folder) with bob@\(receiver.host), unsigned",
                other: receiver, deciding: [sender, receiver]
            ) { client in
                try client.share(
                    folder, providerID: providerID, secret: secret, with: "bob",
                    at: receiver.url)
            }, as: "The \(sender.name)'s old server shares a folder with the \(receiver.name)"
        ) { _, scene in
            scene.expect(
                DecisionText.generation(scene.decision)?.hasPrefix("rfc9421") == true,
                "it was not signed by RFC 9421")
            scene.expect(receiver.backend.newestShare != nil, "the other cannot use the share")
        }
        guard let share = receiver.backend.newestShare else { return }

        try await take(
            Action(
                site: receiver, saying: "accepts it", other: sender, deciding: [receiver, sender]
            ) { client in
                try client.notify(
                    "SHARE_ACCEPTED", providerID: share.providerID, secret: share.secret,
                    at: share.origin)
            }, as: "The \(receiver.name) accepts it"
        ) { _, scene in
            scene.expect(
                sender.backend.heard("SHARE_ACCEPTED", of: secret),
                "the sender's server has not heard of it")
        }

        try await take(
            Action(
                site: receiver, saying: "GET \(file), by the secret that it knows", other: sender
            ) { try $0.open(share, .get, file) }, as: "The \(receiver.name) reads a file"
        ) { response, scene in
            scene.expect(response.text == before, "the file's text is not right")
        }

        let text = "\(before)seen by the \(receiver.name)\n"
        try await take(
            Action(
                site: receiver, saying: "PUT \(file)", other: sender
            ) { try $0.open(share, .put, file, body: Array(text.utf8)) },
            as: "The \(receiver.name) writes it"
        ) { _, scene in
            scene.expect(
                sender.backend.text(of: "\(folder)/\(file)") == text,
                "the file has not changed where it is")
        }

        sender.backend.unshare(secret)
        try await take(
            Action(
                site: sender, saying: "ends the share", other: receiver,
                deciding: [sender, receiver]
            ) { client in
                try client.notify(
                    "SHARE_UNSHARED", providerID: String(providerID), secret: secret,
                    at: receiver.url)
            }, as: "The \(sender.name) ends the share"
        ) { _, scene in
            scene.expect(
                receiver.backend.newestShare?.secret != share.secret,
                "the receiver's server still has it")
        }
        // At a 403 ownCloud would list none of its user's files any more (decision 29).
        let status = receiver.backend.kind == .owncloud10 ? 503 : 403
        try await take(
            Action(
                site: receiver, saying: "GET \(file), once more", other: sender,
                deciding: [receiver], statuses: status...status
            ) { try $0.open(share, .get, file) },
            as: "The \(receiver.name) cannot read it any more")
    }
}

import Federation
import OpenSSL
import Testing

/// Every recorded message goes through parse and translate, for every backend.
@Suite struct RecordedMessagesTests {
    private static let backends: [Backend] = [
        Backend(kind: .nextcloud, age: .old), Backend(kind: .nextcloud, age: .middle),
        Backend(kind: .nextcloud, age: .current), Backend(kind: .owncloud10, age: .old),
        Backend(kind: .ocis, age: .current), Backend(kind: .opencloud, age: .current),
        Backend(kind: .cernbox, age: .current), Backend(kind: .seafile, age: .old),
        Backend(kind: .seafile, age: .middle), Backend(kind: .generic, age: .middle),
    ]

    private static func route(_ exchange: RecordedExchange) -> Route {
        let table = RouteTable(kind: .generic, endPoint: "/apps/federatedfilesharing")
        return table.route(
            method: exchange.method, path: exchange.path.replacing("//", with: "/"))
    }

    @Test(arguments: RecordedTraffic.all)
    func everyRecordedRequestIsRouted(_ exchange: RecordedExchange) throws {
        let route = Self.route(exchange)
        let isOurs =
            ["ocm", "ocs", "federatedfilesharing", "webdav"].contains { exchange.path.contains($0) }
            && !exchange.path.contains("openid")
        #expect((route != .passThrough) == isOurs)
        #expect(route != .unknownEndpoint)
    }

    @Test(arguments: RecordedTraffic.messages)
    func everyRecordedMessageIsReadAndSaidToEveryBackend(_ exchange: RecordedExchange) throws {
        try MessageQuery.check(exchange.query)
        switch Self.route(exchange) {
        case .ocm(.shares): try share(exchange)
        case .ocm(.notifications): try notification(exchange)
        case .ocm(.inviteAccepted):
            #expect(MediaType(exchange.field("content-type")) == .json)
            let message = try InviteAccepted(parsing: exchange.body)
            let person = OCMAddress(identifier: message.userID, host: message.recipientProvider)
            for backend in Self.backends {
                let body = Translation(for: backend).inviteAccepted(message)
                #expect(!body.isChanged || person.isEncoded)
                let told = try InviteAccepted(parsing: body.bytes).userID
                let again = OCMAddress(identifier: told, host: message.recipientProvider)
                #expect(again.saidOnce == person.saidOnce)
            }
            if case .refused = BackendAnswer(
                to: .inviteAccepted, status: exchange.status, body: exchange.answer)
            {
                Issue.record("an accepted invitation is refused")
            }
        case .ocs(let call): try ocs(call, exchange)
        case .token:
            let request = try TokenRequest(
                parsing: exchange.body, type: MediaType(exchange.field("content-type")))
            #expect(request.client?.description == "ocmgo2.test")
        case .passThrough: #expect(exchange.path.contains("circles"))
        case .discovery, .ocsProvider, .jwks, .ocm(.requestShare), .webdav, .shareInfo, .linkShare,
            .application, .inviteDialog, .status, .methodNotAllowed, .unknownEndpoint, .unplaced,
            .elsewhere:
            Issue.record("not a message")
        }
    }

    private func share(_ exchange: RecordedExchange) throws {
        #expect(MediaType(exchange.field("content-type")) == .json)
        let share = try Share(parsing: exchange.body)
        #expect(share.shareWith.host.description == exchange.host)
        #expect(share.claim.signers.count == 1)
        let secret = try #require(share.secrets.first)
        for backend in Self.backends {
            let body = try Translation(for: backend).share(
                share, swaps: [SecretSwap(secret, by: Secret(utf8: "SWAPPED"))],
                taken: [.mustExchangeToken],
                uri: "https://sender.test/webdav/1")
            let text = String(decoding: body.bytes, as: UTF8.self)
            #expect(!text.contains(secret.text))
            // What was translated says the same to us as before.
            let again = try Share(parsing: body.bytes)
            #expect(again.secrets == [Secret(utf8: "SWAPPED")])
            #expect(again.sender.saidOnce == share.sender.saidOnce)
            #expect(again.owner.saidOnce == share.owner.saidOnce)
            #expect(again.shareWith == share.shareWith)
            #expect(again.providerID == share.providerID)
            #expect(again.name == share.name)
        }
        if case .delivered(let status, _) = BackendAnswer(
            to: .shares, status: exchange.status, body: exchange.answer, secrets: share.secrets)
        {
            #expect(status == 201)
            #expect((200...201).contains(exchange.status))
        } else {
            #expect(exchange.status >= 400)
        }
    }

    private func notification(_ exchange: RecordedExchange) throws {
        let notification = try Notification(parsing: exchange.body)
        for backend in Self.backends {
            let translation = Translation(for: backend)
            #expect(
                translation.notification(notification).isChanged == !notification.hasDetails)
            guard let secret = notification.secret else { continue }
            let body = translation.notification(
                notification, swaps: [SecretSwap(secret, by: Secret(utf8: "SWAPPED"))])
            let again = try Notification(parsing: body.bytes)
            #expect(again.secret == Secret(utf8: "SWAPPED"))
            #expect(again.type == notification.type)
        }
    }

    private func ocs(_ call: OCSCall, _ exchange: RecordedExchange) throws {
        #expect(MediaType(exchange.field("content-type")) == .form)
        let form = try FormBody(parsing: exchange.body)
        #expect(form.serialized() == exchange.body)
        switch call.action {
        case .share:
            let share = try OCSShare(form)
            #expect(share.owner.host == share.sender.host)
        case .change(let id, let verb):
            let change = try OCSChange(id: id, verb: verb, form)
            #expect(change.notificationType == .requestReshare)
        case .unknown: Issue.record("an unknown call")
        }
    }

    @Test func theRecordingsAreThere() {
        #expect(RecordedTraffic.all.count == 441)
        #expect(RecordedTraffic.messages.count > 50)
    }

    /// What a server sent to one of its own age stays byte for byte, so that its signature holds.
    @Test(arguments: [
        ("nc27.1.3-to-nc27.1.3.json", Backend(kind: .nextcloud, age: .old)),
        ("nc33.0.3-to-nc33.0.3.json", Backend(kind: .nextcloud, age: .middle)),
        ("oc10.15.2-to-oc10.15.2.json", Backend(kind: .owncloud10, age: .old)),
    ])
    func sharesBetweenEqualsAreUntouched(_ file: String, _ backend: Backend) throws {
        var seen = 0
        for exchange in RecordedTraffic.messages
        where exchange.file == file && exchange.path.hasSuffix("/shares")
            && !exchange.path.contains("ocs")
        {
            let body = try Translation(for: backend).share(try Share(parsing: exchange.body))
            #expect(!body.isChanged)
            #expect(body.bytes == exchange.body)
            seen += 1
        }
        #expect(seen > 0)
    }
}

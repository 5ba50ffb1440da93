import Federation
import OpenSSL
import Testing

@Suite struct NotificationTests {
    private func read(_ text: String) throws -> Federation.Notification {
        try Notification(parsing: Array(text.utf8))
    }

    @Test(arguments: [
        (
            "SHARE_ACCEPTED", Federation.Notification.Kind.shareAccepted,
            Federation.Notification.Side.receiver
        ),
        ("SHARE_DECLINED", .shareDeclined, .receiver), ("SHARE_UNSHARED", .shareUnshared, .owner),
        ("REQUEST_RESHARE", .requestReshare, .receiver), ("RESHARE_UNDO", .reshareUndo, .either),
        ("RESHARE_CHANGE_PERMISSION", .reshareChangePermission, .either),
        ("SHARE_CHANGE_PERMISSION", .shareChangePermission, .owner),
        ("MESSAGE_POSTED", .other("MESSAGE_POSTED"), .either),
    ])
    func typesAreRead(
        _ word: String, _ kind: Federation.Notification.Kind,
        _ side: Federation.Notification.Side
    ) throws {
        let notification = try read(
            #"{"notificationType":"\#(word)","resourceType":"file","providerId":"1","notification":{"sharedSecret":"S","messgage":"x"}}"#
        )
        #expect(notification.type == kind)
        #expect(notification.type.word == word)
        #expect(notification.type.comesFrom == side)
        #expect(notification.secret == Secret(utf8: "S"))
    }

    @Test func openCloudMeshGoSendsNoDetails() throws {
        let notification = try read(
            #"{"notificationType":"SHARE_ACCEPTED","providerId":"01a2","resourceType":"file"}"#)
        #expect(!notification.hasDetails)
        #expect(notification.secret == nil)
    }

    @Test func whatItIsAboutNeedNotBeSaid() throws {
        let notification = try read(#"{"notificationType":"SHARE_UNSHARED","providerId":"1"}"#)
        #expect(notification.resourceType == nil)
    }

    @Test func whatAShareAllowsFromNowOnIsRead() throws {
        func permissions(
            _ ways: String, _ type: String = "SHARE_CHANGE_PERMISSION"
        ) throws -> [String: SharePermissions] {
            try read(
                #"{"notificationType":"\#(type)","providerId":"1","notification":{"protocol":\#(ways)}}"#
            ).permissions
        }
        let ways = #"{"name":"multi","options":{},"webdav":{"permissions":["read"]},"ssh":{}}"#
        #expect(try permissions(ways) == ["webdav": .named(["read"])])
        #expect(try permissions(ways, "SHARE_ACCEPTED").isEmpty)
        // They are kept with the share.
        let long = Array(repeating: #""\#(String(repeating: "w", count: 200))""#, count: 60)
        for ways in [
            #"{"webdav":{"permissions":"all"}}"#, #"{"webdav":{"Permissions":["read"]}}"#,
            #"{"webdav":{"permissions":[\#(long.joined(separator: ","))]}}"#,
        ] {
            #expect(throws: Denial.self) { try permissions(ways) }
        }
    }

    @Test func ocisSaysTheSecretWithWhatAShareAllows() throws {
        for type in ["SHARE_CHANGE_PERMISSION", "SHARE_UNSHARED"] {
            let notification = try read(
                #"{"notificationType":"\#(type)","providerId":"1","notification":{"grantee":"u@h.test","protocol":{"name":"multi","options":{},"webapp":{"sharedSecret":"T"},"webdav":{"sharedSecret":"S","permissions":["read"]}}}}"#
            )
            #expect(notification.secret == nil)
            let secret = type == "SHARE_UNSHARED" ? nil : Secret(utf8: "S")
            #expect(notification.webdavSecret == secret)
        }
    }

    @Test func ocisNamesTheGrantee() throws {
        let notification = try read(
            #"{"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":"1","notification":{"grantee":"u@h.test"}}"#
        )
        #expect(notification.grantee == "u@h.test")
        #expect(notification.secret == nil)
        let nobody = try read(
            #"{"notificationType":"SHARE_UNSHARED","providerId":"1","notification":{"grantee":""}}"#
        )
        #expect(nobody.grantee == nil)
    }

    /// OCM 1.5 has it in `notification.file`.
    @Test(arguments: [
        #""notification":{"file":{"providerId":"1"}}"#,
        #""providerId":null,"notification":{"file":{"providerId":"1"}}"#,
        #""providerId":1,"notification":{"file":{"providerId":"1","permissions":["read"]}}"#,
        #""providerId":"1","notification":{"file":{"name":"a"}}"#,
        #""providerId":"1","notification":{"file":{"providerId":null}}"#,
        #""providerId":"1","notification":{"file":"2"}"#,
    ])
    func theShareIsNamedInEitherPlace(_ members: String) throws {
        let notification = try read(
            #"{"notificationType":"SHARE_DECLINED","senderDomain":"Host.test",\#(members)}"#)
        #expect(notification.providerID == ProviderID("1"))
        #expect(notification.senderDomain == PeerHost("host.test"))
    }

    @Test(arguments: [
        #"{"resourceType":"file","providerId":"1","notification":{}}"#,
        #"{"notificationType":"X","resourceType":7,"providerId":"1"}"#,
        #"{"notificationType":"X","resourceType":"","providerId":"1"}"#,
        #"{"notificationType":"X","resourceType":"file"}"#,
        #"{"notificationType":7,"resourceType":"file","providerId":"1"}"#,
        #"{"notificationType":"X","resourceType":"file","providerId":"1","notification":"x"}"#,
        #"{"notificationType":"X","resourceType":"file","providerId":"1","notification":[1]}"#,
        #"{"notificationType":"X","resourceType":"file","providerId":"1","notification":{"sharedSecret":1}}"#,
        #"{"notificationType":"X","resourceType":"file","providerId":"1","notification":{"SharedSecret":"a"}}"#,
        #"{"notificationType":"X","resourceType":"file","providerId":"1","providerID":"2"}"#,
        #"{"notificationtype":"X","resourceType":"file","providerId":"1"}"#,
        #"{"notificationType":"X","notification":{"file":{}}}"#,
        #"{"notificationType":"X","notification":{"File":{"providerId":"1"}}}"#,
        #"{"notificationType":"X","notification":{"file":{"ProviderId":"1"}}}"#,
        #"{"notificationType":"X","providerId":"1","notification":{"file":{"providerId":"2"}}}"#,
        #"{"notificationType":"X","providerId":"1","notification":{"file":{"providerId":[]}}}"#,
        #"{"notificationType":"X","providerId":"1","senderDomain":7}"#,
        #"{"notificationType":"X","providerId":"1","senderDomain":"a host"}"#,
        #"{"notificationType":"X","providerId":"1","SenderDomain":"h.test"}"#,
    ])
    func brokenNotificationsAreRefused(_ text: String) {
        let denial = #expect(throws: Denial.self) { try read(text) }
        #expect(denial?.status == 400)
    }
}

@Suite struct InviteAcceptedTests {
    @Test func invitationsSpeakForTheirProvider() throws {
        let message = try InviteAccepted(
            parsing: Array(
                #"{"recipientProvider":"https://OpenCloud2.test/","token":"t","userID":"MDU2","email":"","name":"M"}"#
                    .utf8))
        #expect(message.claim == Claim(try #require(PeerHost("opencloud2.test"))))
        #expect(message.userID == "MDU2")
    }

    @Test(arguments: ["u@https://h.test", "u@h.test/index.php", "carol@mail.test", "MDU2/x=="])
    func whoAcceptsMayBeNamedAsServersDo(_ person: String) throws {
        let text = #"{"recipientProvider":"h.test","token":"t","userID":"\#(person)"}"#
        #expect(try InviteAccepted(parsing: Array(text.utf8)).userID == person)
    }

    @Test func aFormSaysTheSame() throws {
        let message = try InviteAccepted(
            parsing: Array(
                "recipientProvider=https%3A%2F%2FH.test&token=t&userId=u%40v&email=&name=M+K".utf8),
            type: .form)
        #expect(message.claim == Claim(try #require(PeerHost("h.test"))))
        #expect(message.token.text == "t" && message.userID == "u@v" && message.name == "M K")
        let translation = Translation(for: Backend(kind: .ocis, age: .current))
        let body = translation.inviteAccepted(message)
        #expect(body.isChanged)
        #expect(
            String(decoding: body.bytes, as: UTF8.self)
                == #"{"recipientProvider":"h.test","token":"t","userID":"u@v","email":"","name":"M K"}"#
        )
        // What nothing of is written anew is another text all the same.
        let plain = try InviteAccepted(
            parsing: Array("recipientProvider=h.test&token=t&userID=u".utf8), type: .form)
        #expect(translation.inviteAccepted(plain).isChanged)
    }

    @Test(arguments: [
        "token=t&userID=u", "recipientProvider=h.test&userID=u&token=",
        "recipientProvider=h.test&token=t", "recipientProvider=h.test&token=t&userID=u&token=s",
        "recipientProvider=h.test&token=t&userID=u&RecipientProvider=evil.test",
        "recipientProvider=h.test&token=t&userID=u&token%5B%5D=s",
        "recipientProvider=h.test&token=t&userID=u&userId=eve",
        "recipientProvider=h.test&token=t&userId=u&userID=eve",
        "recipientProvider=h.test&token=t&userID=%ff",
        #"{"recipientProvider":"h.test","token":"t","userID":"u"}"#,
    ])
    func brokenFormsAreRefused(_ text: String) {
        #expect(throws: Denial.self) {
            try InviteAccepted(parsing: Array(text.utf8), type: .form)
        }
    }

    @Test(arguments: [
        #"{"token":"t","userID":"u"}"#, #"{"recipientProvider":"h.test","userID":"u"}"#,
        #"{"recipientProvider":"h.test","token":"t"}"#,
        #"{"recipientProvider":"h test","token":"t","userID":"u"}"#,
        #"{"recipientProvider":"h.test","token":7,"userID":"u"}"#,
        #"{"recipientProvider":"h.test","RecipientProvider":"evil.test","token":"t","userID":"u"}"#,
        // Cut at the first `/` or `:`, as Nextcloud does, they are carol's of another host.
        #"{"recipientProvider":"h.test","token":"t","userID":"carol@good.test/x"}"#,
        #"{"recipientProvider":"h.test","token":"t","userID":"carol@good.test:443"}"#,
        #"{"recipientProvider":"h.test","token":"t","userID":"carol@https://good.test"}"#,
    ])
    func brokenInvitationsAreRefused(_ text: String) {
        #expect(throws: Denial.self) { try InviteAccepted(parsing: Array(text.utf8)) }
    }
}

@Suite struct RequestShareTests {
    @Test func requestsSpeakForTheOneWhoAsks() throws {
        let message = try RequestShare(
            parsing: Array(
                #"{"owner":"alice@us.test","shareWith":"bob@them.test","share":"/x"}"#.utf8))
        #expect(message.claim == Claim(try #require(PeerHost("them.test"))))
    }

    @Test(arguments: [
        #"{"owner":"alice@us.test","shareWith":"bob@them.test"}"#,
        #"{"owner":"alice@us.test","shareWith":"bob","share":"/x"}"#,
        #"{"shareWith":"bob@them.test","share":"/x"}"#,
        #"{"owner":"alice@us.test","shareWith":"bob@them.test","share":7}"#,
    ])
    func brokenRequestsAreRefused(_ text: String) {
        #expect(throws: Denial.self) { try RequestShare(parsing: Array(text.utf8)) }
    }
}

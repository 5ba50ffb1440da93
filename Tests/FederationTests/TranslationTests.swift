import Federation
import OpenSSL
import Testing

@Suite struct TranslationTests {
    private static let nextcloud27 = Translation(for: Backend(kind: .nextcloud, age: .old))
    private static let nextcloud33 = Translation(for: Backend(kind: .nextcloud, age: .middle))
    private static let nextcloud35 = Translation(for: Backend(kind: .nextcloud, age: .current))
    private static let owncloud10 = Translation(for: Backend(kind: .owncloud10, age: .old))
    private static let ocis = Translation(for: Backend(kind: .ocis, age: .current))
    private static let opencloud = Translation(for: Backend(kind: .opencloud, age: .current))
    private static let cernbox = Translation(for: Backend(kind: .cernbox, age: .current))
    private static let seafile = Translation(for: Backend(kind: .seafile, age: .middle))
    private static let generic = Translation(for: Backend(kind: .generic, age: .middle))

    private static let swap = [SecretSwap(Secret(utf8: "SECRET15CHARS00"), by: Secret(utf8: "NEW"))]

    private static let nameless = Samples.opencloud.replacing(#""ownerDisplayName":"","#, with: "")

    private func members(_ body: TranslatedBody) throws -> JSONObject {
        try #require(try JSONValue(parsing: body.bytes).object)
    }

    @Test(arguments: [
        (nextcloud27, Samples.nextcloud27), (nextcloud33, Samples.nextcloud27),
        (nextcloud33, Samples.nextcloud33), (nextcloud35, Samples.nextcloud35),
        (owncloud10, Samples.owncloud10), (nextcloud33, Samples.calendar),
        (nextcloud33, Samples.talk), (generic, Samples.nextcloud27), (generic, nameless),
        (generic, Samples.opencloudmeshgo), (nextcloud33, Samples.nextcloud35),
    ])
    func whatTheBackendReadsStaysByteForByte(_ translation: Translation, _ text: String) throws {
        let body = try translation.share(try Samples.share(text))
        #expect(!body.isChanged)
        #expect(body.text == text)
    }

    @Test func aModernShareForNextcloud27() throws {
        let share = try Samples.share(Samples.opencloudmeshgo)
        let body = try Self.nextcloud27.share(share, swaps: Self.swap, taken: [.mustExchangeToken])
        #expect(
            body.text
                == #"{"shareWith":"admin@ocmgo2.test","name":"go.txt","providerId":"01a2","owner":"MDFh@https://ocmgo1.test/","sender":"MDFh@https://ocmgo1.test/","sharedBy":"MDFh@https://ocmgo1.test/","shareType":"user","resourceType":"file","protocol":{"name":"webdav","options":{"sharedSecret":"NEW","permissions":"{http://open-cloud-mesh.org/ns}share-permissions"}}}"#
        )
    }

    @Test func aModernShareForAServerOfNoKindThatReadsTheOlderShape() throws {
        let old = Translation(for: Backend(kind: .generic, age: .old))
        let share = try Samples.share(Samples.opencloudmeshgo)
        let body = try old.share(share, swaps: Self.swap, taken: [.mustExchangeToken])
        let options = #"{"sharedSecret":"NEW","permissions":"\#(SharePermissions.literal)"}"#
        #expect(body.text.contains(#""protocol":{"name":"webdav","options":\#(options)}"#))
        let legacy = try old.share(try Samples.share(Samples.nextcloud27))
        #expect(!legacy.isChanged)
        // It looks for the data at the owner's.
        #expect(old.takesAway(theSenderOf: share))
    }

    @Test func aFolderFromOpenCloudForOwnCloud() throws {
        let body = try Self.owncloud10.share(try Samples.share(Samples.opencloud))
        let members = try members(body)
        #expect(members["resourceType"]?.string == "file")
        #expect(members["owner"]?.string == "YjFm@https://opencloud1.test")
        #expect(members["sender"]?.string == "YjFm@https://opencloud1.test")
        #expect(members["sharedBy"] == nil)
        #expect(
            members["protocol"]
                == .object([
                    ("name", .string("webdav")),
                    ("options", .object([("sharedSecret", .string("SECRET15CHARS00"))])),
                ]))
        #expect(members["expiration"]?.number?.text == "0")
    }

    /// Nextcloud to 32 fills in what is missing, and refuses what is empty.
    @Test(arguments: [nextcloud27, nextcloud33, generic])
    func anEmptyDisplayNameIsLeftAway(_ translation: Translation) throws {
        let share = try Samples.share(Samples.opencloud)
        let body = try members(try translation.share(share))
        #expect(body["ownerDisplayName"] == nil)
        #expect(body["senderDisplayName"]?.string == "Alan Turing")
        let unnamed = try Samples.share(Samples.opencloud.replacing("Alan Turing", with: ""))
        let text = try translation.share(unnamed).text
        #expect(!text.contains("DisplayName"))
        #expect(try members(try Self.owncloud10.share(share))["ownerDisplayName"]?.string == "")
    }

    @Test func nextcloud27ForOpenCloud() throws {
        let share = try Samples.share(Samples.nextcloud27)
        let body = try Self.opencloud.share(
            share, swaps: Self.swap, uri: "https://nc27a.test/public.php/webdav/")
        let members = try members(body)
        #expect(members["providerId"]?.string == "22")
        #expect(members["owner"]?.string == "alice@nc27a.test")
        #expect(members["sender"]?.string == "alice@nc27a.test")
        #expect(members["senderDisplayName"]?.string == "alice")
        #expect(
            members["protocol"].map { String(decoding: $0.serialized(), as: UTF8.self) }
                == #"{"name":"multi","options":{},"webdav":{"sharedSecret":"NEW","uri":"https://nc27a.test/public.php/webdav/","url":"https://nc27a.test/public.php/webdav/","permissions":["read","write","share"]}}"#
        )
    }

    @Test func theRevaFamilyNeedsAnAbsoluteURI() throws {
        for text in [Samples.nextcloud27, Samples.opencloudmeshgo] {
            let share = try Samples.share(text)
            let denial = #expect(throws: Denial.self) { try Self.ocis.share(share) }
            #expect(denial?.code == .protocolNotSupported)
        }
        let share = try Samples.share(Samples.opencloudmeshgo)
        let body = try Self.cernbox.share(share, uri: "https://ocmgo1.test/webdav/ocm/01a20a35")
        let webdav = try members(body)["protocol"]?.object?["webdav"]?.object
        #expect(webdav?["uri"]?.string == "https://ocmgo1.test/webdav/ocm/01a20a35")
        #expect(webdav?["url"] == nil)
    }

    @Test func theRevaFamilyGetsNoProtocolItDoesNotKnow() throws {
        let text = Samples.opencloud.replacing(
            #""options":{},"#,
            with: #""options":{"a":"b"},"ssh":{"uri":"x"},"datatx":{"sharedSecret":"S"},"#)
        let ways = try members(try Self.opencloud.share(try Samples.share(text)))["protocol"]?
            .object
        #expect(ways?.members.map(\.name) == ["name", "options", "webdav"])
        #expect(ways?["options"]?.object?.count == 0)
        #expect(
            ways?["webdav"]?.object?["uri"]?.string == "https://opencloud1.test/dav/ocm/2bd4e667")
    }

    @Test func aCalendarIsNoShareOfFiles() throws {
        let share = try Samples.share(Samples.calendar)
        for translation in [Self.opencloud, Self.ocis] {
            let denial = #expect(throws: Denial.self) {
                try translation.share(share, uri: "https://nc33a.test/public.php/webdav/")
            }
            #expect(denial?.code == .protocolNotSupported)
            #expect(denial?.status == 501)
        }
    }

    /// Nextcloud 35 tells both over the one way that it has for every share.
    @Test(arguments: [nextcloud27, nextcloud33])
    func whatAnApplicationSharesKeepsItsWords(_ translation: Translation) throws {
        let way = #""webdav":{"uri":"5","sharedSecret":"SECRET15CHARS00"}"#
        let options = JSONObject([
            ("sharedSecret", .string("SECRET15CHARS00")),
            ("permissions", .string(SharePermissions.literal)),
        ])
        let calendar = Samples.calendar.replacing(
            #""options":{"sharedSecret":"SECRET15CHARS00"}"#, with: way)
        for new in [calendar, Samples.talk35] {
            let told = try members(try translation.share(try Samples.share(new)))["protocol"]?
                .object
            let sent = try #require(JSONValue(parsing: Array(new.utf8)).object?["protocol"]?.object)
            #expect(told?["options"] == .object(options))
            #expect(
                told?.members.map(\.name).sorted()
                    == sent.members.map(\.name)
                    .map { $0 == "webdav" ? "options" : $0 }.sorted())
            for member in sent.members where member.name != "webdav" {
                #expect(told?[member.name] == member.value)
            }
        }
    }

    @Test func aRoomIsNoShareOfFiles() throws {
        for translation in [Self.opencloud, Self.ocis] {
            let denial = #expect(throws: Denial.self) {
                try translation.share(try Samples.share(Samples.talk35), uri: "https://a.test/")
            }
            #expect(denial?.code == .protocolNotSupported)
        }
    }

    @Test func aShareWithoutWebDAVIsNotForOldServers() throws {
        let text = Samples.opencloudmeshgo.replacing(#""webdav":"#, with: #""ssh":"#)
        let share = try Samples.share(text)
        for translation in [Self.nextcloud27, Self.owncloud10, Self.seafile, Self.ocis] {
            let denial = #expect(throws: Denial.self) {
                try translation.share(share, uri: "https://a.test/")
            }
            #expect(denial?.code == .protocolNotSupported)
            #expect(denial?.status == 501)
        }
    }

    /// It cuts the host off at its scheme, and needs permissions, which ownCloud names none of.
    @Test func seafileGetsSharesAsOfAnOldNextcloud() throws {
        let text = Samples.owncloud10.replacing("bob@oc10b.test", with: "bob@mail.test@sea.test")
        let share = try Samples.share(text)
        let body = try members(try Self.seafile.share(share, swaps: Self.swap))
        #expect(body["shareWith"]?.string == "bob@mail.test@https://sea.test")
        #expect(
            body["protocol"]
                == .object([
                    ("name", .string("webdav")),
                    (
                        "options",
                        .object([
                            ("sharedSecret", .string("NEW")),
                            ("permissions", .string(SharePermissions.literal)),
                        ])
                    ),
                ]))
        let modern = try members(
            try Self.seafile.share(
                try Samples.share(Samples.opencloudmeshgo), taken: [.mustExchangeToken]))
        #expect(modern["shareWith"]?.string == "admin@https://ocmgo2.test")
        // What has both stays.
        let old = Samples.nextcloud27.replacing(#"\/"#, with: "/")
            .replacing("@https://nc27a.test/", with: "@nc27a.test")
            .replacing(#""providerId":22"#, with: #""providerId":"22""#)
        #expect(try Self.seafile.share(try Samples.share(old)).text == old)
    }

    @Test func onlyTheFormOfAnAddressChanges() throws {
        let share = try Samples.share(Samples.nextcloud33)
        let old = try members(try Self.nextcloud27.share(share))
        for name in ["owner", "sender", "sharedBy"] {
            #expect(old[name]?.string == "alice@https://nc33a.test/")
        }
        #expect(old["shareWith"]?.string == "bob@https://nc33b.test")
        let seafile = try members(try Self.seafile.share(try Samples.share(Samples.nextcloud27)))
        #expect(seafile["sharedBy"]?.string == "alice@nc27a.test")
        #expect(seafile["providerId"]?.string == "22")
    }

    private static let uuid = "056afc87-4dd7-4f00-8a00-0123456789ab"

    /// oCIS says the host of a receiver twice, and only its own family reads that.
    @Test(arguments: [
        (nextcloud27, "bob@nc33b.test"), (nextcloud33, "bob@nc33b.test"),
        (nextcloud35, "bob@nc33b.test"), (owncloud10, "bob@nc33b.test"),
        (cernbox, "bob@nc33b.test"), (generic, "bob@nc33b.test"),
        (seafile, "bob@https://nc33b.test"), (ocis, "bob@nc33b.test@nc33b.test"),
        (opencloud, "bob@nc33b.test@nc33b.test"),
    ])
    func aReceiverIsNamedAsTheBackendFindsHim(_ translation: Translation, _ told: String) throws {
        let uuid = Self.uuid
        let decoded = told.contains("://") ? "\(uuid)@https://nc33b.test" : "\(uuid)@nc33b.test"
        for (written, told) in [
            ("bob@nc33b.test@nc33b.test", told),
            // The base64 by which an OpenCloud does not find its own people.
            ("\(Base64.encode(Array("\(uuid)@https://nc33b.test".utf8)))@nc33b.test", decoded),
        ] {
            let share = try Samples.share(
                Samples.nextcloud33.replacing(#"bob@https:\/\/nc33b.test"#, with: written))
            let body = try translation.share(share, uri: "https://nc33a.test/public.php/webdav/")
            #expect(try members(body)["shareWith"]?.string == told)
        }
    }

    /// OpenCloud names its people with a URL in front of the host.
    @Test(arguments: [
        (nextcloud27, "\(uuid)@https://nc33a.test/"), (nextcloud33, "\(uuid)@nc33a.test"),
        (nextcloud35, "\(uuid)@nc33a.test"), (generic, "\(uuid)@nc33a.test"),
        (ocis, "\(uuid)@https://nc33a.test@nc33a.test"),
        (opencloud, "\(uuid)@https://nc33a.test@nc33a.test"),
    ])
    func noNextcloudIsToldOfAHostInAnAccount(_ translation: Translation, _ told: String) throws {
        let encoded = "\(Base64.encode(Array("\(Self.uuid)@https://nc33a.test".utf8)))@nc33a.test"
        let isKept = told.contains("@https://nc33a.test@")
        let isKeptEncoded = isKept || translation.backend.kind == .generic
        for (written, told) in [
            ("\(Self.uuid)@https://nc33a.test@nc33a.test", told),
            (encoded, isKeptEncoded ? encoded : told),
        ] {
            let text = Samples.nextcloud33.replacing("alice@nc33a.test", with: written)
            let body = try members(
                try translation.share(
                    try Samples.share(text), uri: "https://nc33a.test/public.php/webdav/"))
            for name in ["owner", "sender", "sharedBy"] { #expect(body[name]?.string == told) }
        }
        let sent =
            #"{"recipientProvider":"h.test","token":"t","userID":"\#(Self.uuid)@https://h.test"}"#
        let invite = translation.inviteAccepted(try InviteAccepted(parsing: Array(sent.utf8)))
        #expect(invite.text == (isKept ? sent : sent.replacing("@https://h.test", with: "")))
    }

    /// The backend compares the host with that of the `keyId`, which is written in one way alone.
    @Test(arguments: ["NC33A.test", "nc33a.test:443", "nc33a.test."])
    func anAddressThatIsComparedHasTheHostInItsOneSpelling(_ host: String) throws {
        let text = Samples.nextcloud33.replacing("alice@nc33a.test", with: "alice@\(host)")
        let share = try Samples.share(text)
        #expect(try !Self.nextcloud33.share(share).isChanged)
        let signed = try members(try Self.nextcloud33.share(share, signed: true))
        for name in ["owner", "sender", "sharedBy"] {
            #expect(signed[name]?.string == "alice@nc33a.test")
        }
        for sample in [Samples.nextcloud33, Samples.nextcloud27] {
            let plain = try Samples.share(sample)
            #expect(try !Self.nextcloud33.share(plain, signed: true).isChanged)
        }
    }

    @Test func noBackendIsSentToAPeerWithoutTLS() throws {
        let text = Samples.nextcloud33.replacing(
            "alice@nc33a.test", with: "alice@http://nc33a.test/")
        let share = try Samples.share(text)
        for (translation, written) in [
            (Self.nextcloud27, "alice@https://nc33a.test/"),
            (Self.owncloud10, "alice@https://nc33a.test"), (Self.nextcloud35, "alice@nc33a.test"),
            (Self.generic, "alice@nc33a.test"), (Self.seafile, "alice@nc33a.test"),
        ] {
            let members = try members(try translation.share(share))
            for name in ["owner", "sender", "sharedBy"] {
                #expect(members[name]?.string == written)
            }
        }
    }

    @Test func unknownMembersAreKept() throws {
        let text = Samples.nextcloud33.replacing(
            #""shareType":"user""#, with: #""x-new":{"a":[1.50,null]},"shareType":"user""#)
        let body = try Self.nextcloud27.share(try Samples.share(text), swaps: Self.swap)
        #expect(body.isChanged)
        #expect(body.text.contains(#""x-new":{"a":[1.50,null]}"#))
    }

    @Test func aSecretIsReplacedAtEveryPlaceAndNoOther() throws {
        let text = Samples.nextcloud35.replacing(
            #""webdav":{"#, with: #""webapp":{"sharedSecret":"OTHER","uri":"y"},"webdav":{"#)
        let body = try Self.nextcloud35.share(try Samples.share(text), swaps: Self.swap)
        #expect(!body.text.contains("SECRET15"))
        #expect(body.text.ranges(of: #""sharedSecret":"NEW""#).count == 2)
        #expect(body.text.contains(#""sharedSecret":"OTHER""#))
    }

    @Test func requirementsThatTheGatewayMeetsAreTakenAway() throws {
        let text = Samples.opencloudmeshgo.replacing(
            #"["must-exchange-token"]"#, with: #"["use-code","must-use-mfa"]"#)
        let share = try Samples.share(text)
        let left = try Self.generic.share(share, taken: [.mustExchangeToken])
        #expect(left.text.contains(#""requirements":["must-use-mfa"]"#))
        let none = try Self.generic.share(share, taken: [.mustExchangeToken, .mustUseMFA])
        #expect(!none.text.contains("requirements"))
        #expect(try !Self.generic.share(share).isChanged)
    }

    @Test(arguments: [#","requirements":["must-use-mfa"]"#, ""])
    func anotherWayThatDemandsNoneOfItStays(_ requirements: String) throws {
        let way = #""webapp":{"uri":"https://x.test/app","sharedSecret":"OTHER"\#(requirements)}"#
        let text = Samples.opencloudmeshgo.replacing(#""webdav":{"#, with: "\(way),\"webdav\":{")
        let share = try Samples.share(text)
        for translation in [Self.opencloud, Self.generic] {
            let body = try translation.share(
                share, taken: [.mustExchangeToken], uri: "https://x.test/dav/1")
            #expect(body.text.contains(way))
        }
    }

    @Test(arguments: [cernbox, opencloud, nextcloud35, generic])
    func aShareThatNobodyCouldOpenIsRefused(_ translation: Translation) throws {
        let share = try Samples.share(Samples.opencloudmeshgo.replacing("webdav", with: "webapp"))
        #expect(throws: Denial.self) { try translation.share(share, taken: [.mustExchangeToken]) }
    }

    /// The deprecated shape has no place for it, and who reads both shapes there reads that one.
    @Test(arguments: [nextcloud27, nextcloud33, owncloud10, seafile])
    func aDemandThatTheBackendCannotBeToldIsNotLost(_ translation: Translation) throws {
        for text in [
            Samples.opencloudmeshgo.replacing(
                #"["must-exchange-token"]"#, with: #"["must-exchange-token","must-use-mfa"]"#),
            Samples.nextcloud35.replacing(
                #""uri":"abc","#, with: #""uri":"abc","requirements":["x-new"],"#),
        ] {
            let denial = #expect(throws: Denial.self) {
                try translation.share(try Samples.share(text), taken: [.mustExchangeToken])
            }
            #expect(denial?.code == .protocolNotSupported && denial?.status == 501)
        }
    }

    @Test func aProtocolWithoutANameGetsTheOneThatOldServersRead() throws {
        let text = Samples.opencloudmeshgo.replacing(#""name":"multi","#, with: "")
        let share = try Samples.share(text)
        for translation in [Self.nextcloud35, Self.opencloud, Self.cernbox, Self.generic] {
            let body = try translation.share(share, uri: "https://a.test/1")
            #expect(body.text.contains(#""protocol":{"name":"multi","#))
        }
        let current = Translation(for: Backend(kind: .generic, age: .current))
        #expect(try !current.share(share).isChanged)
        let old = try Self.nextcloud27.share(share, taken: [.mustExchangeToken])
        #expect(old.text.contains(#""protocol":{"name":"webdav","options":"#))
    }

    @Test func aNotificationKeepsItsBytesOrGetsItsSecretSwapped() throws {
        let text =
            #"{"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":"3","notification":{"sharedSecret":"SECRET15CHARS00","messgage":"file is no longer shared with you"}}"#
        let notification = try Notification(parsing: Array(text.utf8))
        #expect(Self.nextcloud27.notification(notification).text == text)
        #expect(
            Self.nextcloud27.notification(notification, swaps: Self.swap).text
                == text.replacing("SECRET15CHARS00", with: "NEW"))
        // A secret that is there is never mended.
        #expect(
            Self.nextcloud27.notification(notification, filling: Secret(utf8: "NEW")).text == text)
    }

    @Test func aNotificationWithoutSecretIsFilled() throws {
        let notification = try Notification(
            parsing: Array(
                #"{"notificationType":"SHARE_ACCEPTED","providerId":"01a2","resourceType":"file"}"#
                    .utf8))
        #expect(
            Self.nextcloud33.notification(notification, filling: Secret(utf8: "S")).text
                == #"{"notificationType":"SHARE_ACCEPTED","providerId":"01a2","resourceType":"file","notification":{"sharedSecret":"S"}}"#
        )
        #expect(
            Self.ocis.notification(notification).text.hasSuffix(#","notification":{}}"#))
    }

    @Test func aNotificationIsFilledWithWhatTheBackendFindsItsShareBy() throws {
        func said(_ translation: Translation, _ text: String) throws -> String {
            let notification = try Notification(parsing: Array(text.utf8))
            return translation.notification(
                notification, grantee: "u@h", resourceType: "folder"
            ).text
        }
        let bare = #"{"notificationType":"SHARE_UNSHARED","providerId":"1","notification":{}}"#
        #expect(
            try said(Self.ocis, bare)
                == #"{"notificationType":"SHARE_UNSHARED","providerId":"1","notification":{"grantee":"u@h"},"resourceType":"folder"}"#
        )
        #expect(
            try said(Self.nextcloud33, bare)
                == #"{"notificationType":"SHARE_UNSHARED","providerId":"1","notification":{},"resourceType":"file"}"#
        )
        let whole =
            #"{"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":"1","notification":{"grantee":"v@h"}}"#
        #expect(try said(Self.ocis, whole) == whole)
    }

    @Test func anIDInsideIsWrittenWhereTheBackendLooks() throws {
        let text =
            #"{"notificationType":"SHARE_DECLINED","resourceType":"file","notification":{"file":{"providerId":"7"}}}"#
        let notification = try Notification(parsing: Array(text.utf8))
        for translation in [Self.nextcloud27, Self.nextcloud33, Self.ocis] {
            #expect(
                translation.notification(notification).text
                    == text.dropLast() + #","providerId":"7"}"#)
        }
        #expect(!Self.generic.notification(notification).isChanged)
    }

    @Test func secretsInAChangedProtocolAreSwappedToo() throws {
        let text =
            #"{"notificationType":"SHARE_CHANGE_PERMISSION","resourceType":"file","providerId":"1","notification":{"grantee":"u@h","protocol":{"name":"multi","options":{},"webdav":{"sharedSecret":"SECRET15CHARS00"}}}}"#
        let notification = try Notification(parsing: Array(text.utf8))
        #expect(
            Self.ocis.notification(notification, swaps: Self.swap).text
                == text.replacing("SECRET15CHARS00", with: "NEW"))
    }

    @Test func anInvitationIsReadableForAll() throws {
        let message = try InviteAccepted(
            parsing: Array(
                #"{"recipientProvider":"https://h.test/","token":"t","userId":"u","email":"e","name":"n"}"#
                    .utf8))
        #expect(
            Self.ocis.inviteAccepted(message).text
                == #"{"recipientProvider":"h.test","token":"t","userID":"u","email":"e","name":"n"}"#
        )
        let plain = #"{"recipientProvider":"h.test","token":"t","userID":"u"}"#
        #expect(
            try !Self.ocis.inviteAccepted(InviteAccepted(parsing: Array(plain.utf8))).isChanged)
    }

    @Test func ocisIsSparedWhatItDoesNotKnow() {
        #expect(Backend(kind: .ocis, age: .current).handling(of: .shareAccepted) == .acknowledge)
        #expect(Backend(kind: .ocis, age: .current).handling(of: .shareDeclined) == .acknowledge)
        #expect(Backend(kind: .ocis, age: .current).handling(of: .shareUnshared) == .forward)
        #expect(Backend(kind: .nextcloud, age: .old).handling(of: .shareAccepted) == .forward)
    }

    @Test(arguments: BackendKind.allCases)
    func newPermissionsGoToTheRevaFamilyAlone(_ kind: BackendKind) {
        let isSpared = [.nextcloud, .owncloud10, .seafile].contains(kind)
        let handling = Backend(kind: kind, document: nil).handling(of: .shareChangePermission)
        #expect(handling == (isSpared ? .acknowledge : .forward))
    }
}

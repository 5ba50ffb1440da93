import Federation
import OpenSSL
import Testing

@Suite struct OutboundTranslationTests {
    private static let data = "https://nc27a.test/public.php/webdav/"
    private static let swap = [
        SecretSwap(Secret(utf8: "SECRET15CHARS00"), by: Secret(utf8: "CODE"))
    ]

    /// - Parameter backend: by which the backend may know itself, beside the site's name.
    private func translation(
        to text: String, backend: [PeerHost] = []
    ) throws -> OutboundTranslation {
        OutboundTranslation(
            to: PeerDialect(try DiscoverySamples.document(text)), data: Self.data,
            names: OwnNames(origin: "https://nc27a.test", backend: backend, document: nil))
    }

    private func share(_ text: String, to peer: String) throws -> TranslatedBody {
        try translation(to: peer).share(try Samples.share(text), swaps: Self.swap)
    }

    private func ways(_ text: String, to peer: String) throws -> String {
        let body = try share(text, to: peer)
        let ways = try JSONValue(parsing: body.bytes).object?["protocol"]
        return String(decoding: try #require(ways).serialized(), as: UTF8.self)
    }

    @Test(arguments: [
        (Samples.nextcloud27, DiscoverySamples.nextcloud27),
        (Samples.nextcloud33, DiscoverySamples.nextcloud33),
        (Samples.owncloud10, DiscoverySamples.owncloud10),
        (Samples.nextcloud27, DiscoverySamples.nextcloud33),
    ])
    func toItsOwnKindOnlyTheSecretChanges(_ text: String, _ peer: String) throws {
        let plain = text.replacing(#"\/"#, with: "/")
        #expect(
            try share(text, to: peer).text == plain.replacing("SECRET15CHARS00", with: "CODE"))
        let kept = try translation(to: peer).share(try Samples.share(text))
        #expect(!kept.isChanged)
        #expect(kept.text == text)
    }

    @Test func nextcloud27ToAStrictPeer() throws {
        #expect(
            try share(Samples.nextcloud27, to: DiscoverySamples.opencloudmeshgo).text
                == #"{"shareWith":"bob@nc27b.test","shareType":"user","name":"doc.txt","resourceType":"file","description":"","providerId":"22","owner":"alice@nc27a.test","ownerDisplayName":"alice","sharedBy":"alice@nc27a.test","sender":"alice@nc27a.test","sharedByDisplayName":"alice","senderDisplayName":"alice","protocol":{"name":"multi","webdav":{"sharedSecret":"CODE","uri":"/","permissions":["read"],"requirements":["must-exchange-token"]}}}"#
        )
    }

    @Test func ownCloudToANextcloudThatExchanges() throws {
        #expect(
            try ways(Samples.owncloud10, to: DiscoverySamples.nextcloud35)
                == #"{"name":"multi","webdav":{"sharedSecret":"CODE","uri":"https://nc27a.test/public.php/webdav/","permissions":["read","write","share"],"requirements":["must-exchange-token"]}}"#
        )
    }

    @Test func nextcloud33ToAnotherGateway() throws {
        let body = try share(Samples.nextcloud33, to: DiscoverySamples.gateway)
        #expect(body.text.contains(#""requirements":["must-exchange-token"]"#))
        #expect(body.text.contains(#""owner":"alice@nc33a.test""#))
        #expect(!body.text.contains("options"))
        #expect(!body.text.contains("SECRET15"))
    }

    @Test func toTheRevaFamily() throws {
        #expect(
            try ways(Samples.nextcloud27, to: DiscoverySamples.opencloud)
                == #"{"name":"multi","options":{},"webdav":{"sharedSecret":"CODE","uri":"https://nc27a.test/public.php/webdav/ocmgate-file","url":"https://nc27a.test/public.php/webdav/ocmgate-file","permissions":["read","write","share"]}}"#
        )
    }

    @Test(arguments: [DiscoverySamples.nextcloud35, DiscoverySamples.opencloud])
    func whatSeafileSharesForReadingIsForNoMore(_ peer: String) throws {
        let text = Samples.owncloud10.replacing(
            #""options":{"#, with: #""options":{"permissions":"read","#)
        #expect(try ways(text, to: peer).contains(#""permissions":["read"]"#))
    }

    /// Nextcloud and ownCloud call a folder a file, and CERNBox looks in the deprecated shape alone.
    @Test func cernboxGetsTheShapeInWhichItLooksForFolders() throws {
        let token = DiscoverySamples.reva.replacing(
            #""capabilities":["#,
            with: #""tokenEndPoint":"https://cern.test/token","capabilities":["exchange-token","#)
        for text in [Samples.nextcloud27, Samples.nextcloud33, Samples.owncloud10] {
            let kept = try ways(text, to: DiscoverySamples.reva)
            #expect(kept.hasPrefix(#"{"name":"webdav","options":{"sharedSecret":"CODE""#))
            // There it could not: it has the code, which is good for tokens alone.
            #expect(
                try ways(text, to: token)
                    == #"{"name":"multi","options":{},"webdav":{"sharedSecret":"CODE","uri":"https://nc27a.test/public.php/webdav/","permissions":["read","write","share"],"requirements":["must-exchange-token"]}}"#
            )
        }
        let body = try share(Samples.nextcloud27, to: DiscoverySamples.reva)
        #expect(body.text.contains(#""providerId":"22""#))
        #expect(try ways(Samples.opencloud, to: DiscoverySamples.reva).contains("multi"))
    }

    /// As a place of its own in the share, behind which nothing maps a segment, it stays.
    @Test(arguments: [("", "/ocmgate-file"), ("/", "/ocmgate-file"), ("/01a20a35", "/01a20a35")])
    func aRootThatTheBackendNamesItselfIsToldForAFileAsWell(_ end: String, _ told: String) throws {
        let root = String(Self.data.dropLast())
        let text = Samples.opencloudmeshgo.replacing("01a20a35", with: root + end)
        let ways = try ways(text, to: DiscoverySamples.opencloud)
        #expect(ways.contains(#""uri":"\#(root)\#(told)""#))
        #expect(ways.contains(#""url":"\#(root)\#(told)""#))
        let folder = text.replacing(#""resourceType":"file""#, with: #""resourceType":"folder""#)
        #expect(
            try self.ways(folder, to: DiscoverySamples.opencloud).contains(
                #""uri":"\#(root)\#(end)""#))
    }

    @Test func addressesAreWrittenAsThePeerReadsThem() throws {
        let old = try JSONValue(
            parsing: share(Samples.nextcloud33, to: DiscoverySamples.nextcloud27).bytes
        ).object
        for name in ["owner", "sender", "sharedBy"] {
            #expect(old?[name]?.string == "alice@https://nc33a.test/")
        }
        #expect(old?["shareWith"]?.string == "bob@https://nc33b.test")
        let owncloud = try JSONValue(
            parsing: share(Samples.nextcloud33, to: DiscoverySamples.owncloud10).bytes
        ).object
        #expect(owncloud?["owner"]?.string == "alice@https://nc33a.test")
    }

    /// As oCIS names whom it shares with.
    @Test(arguments: [
        DiscoverySamples.nextcloud27, DiscoverySamples.nextcloud33, DiscoverySamples.nextcloud35,
        DiscoverySamples.owncloud10, DiscoverySamples.reva, DiscoverySamples.opencloudmeshgo,
        DiscoverySamples.gateway,
    ])
    func aHostThatIsSaidTwiceIsReadByOCISAlone(_ peer: String) throws {
        let twice = "bob@nc27b.test@nc27b.test"
        let text = Samples.nextcloud27.replacing(#"bob@https:\/\/nc27b.test"#, with: twice)
        let ocis = DiscoverySamples.opencloud.replacing("OpenCloud", with: "oCIS")
        for (peer, told) in [
            (peer, "bob@nc27b.test"), (ocis, twice), (DiscoverySamples.opencloud, twice),
        ] {
            let body = try JSONValue(parsing: share(text, to: peer).bytes)
            #expect(body.object?["shareWith"]?.string == told)
        }
    }

    /// As OpenCloud names its people.
    @Test(arguments: [
        (DiscoverySamples.nextcloud27, "u@https://opencloud1.test/"),
        (DiscoverySamples.nextcloud33, "u@opencloud1.test"),
        (DiscoverySamples.nextcloud35, "u@opencloud1.test"),
        (DiscoverySamples.opencloudmeshgo, "u@opencloud1.test"),
        (DiscoverySamples.opencloud, "u@https://opencloud1.test@opencloud1.test"),
    ])
    func noNextcloudIsToldOfAHostInAnAccount(_ peer: String, _ told: String) throws {
        let text = Samples.opencloud.replacing(
            "YjFm@opencloud1.test", with: "u@https://opencloud1.test@opencloud1.test"
        )
        .replacing("https://opencloud1.test/dav/ocm/2bd4e667", with: Self.data + "2bd4e667")
        let body = try JSONValue(parsing: share(text, to: peer).bytes).object
        for name in ["owner", "sender"] { #expect(body?[name]?.string == told) }
    }

    @Test func theSharerIsNamedAsThePeerExpects() throws {
        let nextcloud = try JSONValue(
            parsing: share(Samples.owncloud10, to: DiscoverySamples.nextcloud27).bytes
        ).object
        #expect(nextcloud?["sharedBy"]?.string == "alice@https://oc10a.test")
        let owncloud = try JSONValue(
            parsing: share(Samples.nextcloud27, to: DiscoverySamples.owncloud10).bytes
        ).object
        #expect(owncloud?["sender"]?.string == "alice@https://nc27a.test/")
    }

    @Test func revaToOldServers() throws {
        let body = try share(Samples.opencloud, to: DiscoverySamples.owncloud10)
        let members = try JSONValue(parsing: body.bytes).object
        #expect(members?["resourceType"]?.string == "file")
        #expect(
            try ways(Samples.opencloud, to: DiscoverySamples.owncloud10)
                == #"{"name":"webdav","options":{"sharedSecret":"CODE"}}"#)
    }

    /// It takes whatever stands before a scheme for its user, and answers 201 even where nobody has
    /// that name.
    @Test func seafileIsToldItsUserBeforeAScheme() throws {
        for (text, receiver) in [
            (Samples.owncloud10, "bob@https://oc10b.test"),
            (Samples.nextcloud27, "bob@https://nc27b.test"),
        ] {
            let body = try JSONValue(parsing: share(text, to: DiscoverySamples.seafile).bytes)
            #expect(body.object?["shareWith"]?.string == receiver)
        }
        let room = try share(Samples.talk, to: DiscoverySamples.seafile)
        #expect(try JSONValue(parsing: room.bytes).object?["shareWith"]?.string == "bob@h.test")
    }

    @Test(arguments: [
        DiscoverySamples.nextcloud27, DiscoverySamples.nextcloud33, DiscoverySamples.nextcloud35,
    ])
    func noNextcloudIsToldAnEmptyDisplayName(_ peer: String) throws {
        let body = try JSONValue(parsing: share(Samples.opencloud, to: peer).bytes).object
        #expect(body?["ownerDisplayName"] == nil)
        #expect(body?["sharedByDisplayName"]?.string == "Alan Turing")
        let unnamed = Samples.opencloud.replacing("Alan Turing", with: "")
        #expect(try !share(unnamed, to: peer).text.contains("DisplayName"))
    }

    /// As CERNBox to 3.10 has it.
    @Test(arguments: [
        DiscoverySamples.gateway, DiscoverySamples.nextcloud35, DiscoverySamples.reva,
    ])
    func aWayWithTheSecretInItsURIIsLeftOut(_ peer: String) throws {
        func text(_ uri: String, _ secret: String) throws -> String {
            try share(
                Samples.opencloud.replacing(
                    #""webdav":{"#,
                    with: #""webapp":{"uri":"https://opencloud1.test/\#(uri)","#
                        + #""sharedSecret":"\#(secret)"},"webdav":{"#), to: peer
            ).text
        }
        let inside = try text("external/SECRET15CHARS00/x", "")
        #expect(!inside.contains("webapp") && !inside.contains("SECRET15CHARS00"))
        #expect(inside.contains(#""sharedSecret":"CODE""#))
        #expect(try text("external/x", "SECRET15CHARS00").contains("webapp"))
    }

    /// As CERNBox and oCIS say beside WebDAV how a share is opened in an application.
    @Test func opencloudmeshGoIsToldOfWebDAVAlone() throws {
        let own = Samples.opencloud.replacing(
            "https://opencloud1.test/dav/ocm/2bd4e667", with: Self.data + "2bd4e667")
        let more = own.replacing(
            #""webdav":{"#,
            with: #""webapp":{"uri":"https://a.test/","sharedSecret":"OTHER"},"x":1,"webdav":{"#)
        #expect(
            try ways(more, to: DiscoverySamples.opencloudmeshgo)
                == ways(own, to: DiscoverySamples.opencloudmeshgo))
        let share = try Samples.share(more)
        let strict = try translation(to: DiscoverySamples.opencloudmeshgo)
        #expect(strict.leavesWaysOut(of: share))
        #expect(strict.leavesWaysOut(of: try Samples.share(own)) == false)
        #expect(try !translation(to: DiscoverySamples.gateway).leavesWaysOut(of: share))
        #expect(try ways(more, to: DiscoverySamples.gateway).contains("webapp"))
    }

    /// What our tokens open is WebDAV alone.
    @Test(arguments: [
        (DiscoverySamples.gateway, "", false), (DiscoverySamples.nextcloud35, "", false),
        (DiscoverySamples.reva, "", true),
        (DiscoverySamples.reva, #","requirements":["must-exchange-token"]"#, false),
    ])
    func aWayThatOpensByTokensAloneIsLeftOut(
        _ peer: String, _ demands: String, _ stays: Bool
    ) throws {
        let translation = try translation(to: peer)
        let webapp = #""webapp":{"uri":"https://a.test/","sharedSecret":"OTHER"\#(demands)}"#
        let both = try Samples.share(
            Samples.opencloud.replacing(#""webdav":{"#, with: "\(webapp),\"webdav\":{"))
        let names = try translation.openable(both).protocols.map(\.name)
        #expect(names == (stays ? ["webapp", "webdav"] : ["webdav"]))
        let alone = try Samples.share(
            #"{"shareWith":"b@h.test","shareType":"user","name":"x","resourceType":"folder","#
                + #""providerId":"7","owner":"a@nc27a.test","sender":"a@nc27a.test","#
                + #""protocol":{"name":"multi",\#(webapp)}}"#)
        if stays {
            #expect(try translation.openable(alone).protocols.count == 1)
        } else {
            let denial = #expect(throws: Denial.self) { try translation.openable(alone) }
            #expect(denial?.code == .protocolNotSupported)
        }
    }

    @Test func whatIsReachedWithoutASecretStays() throws {
        let crate = try Samples.share(
            Samples.opencloud.replacing(
                #""webdav":{"#, with: #""embedded":{"payload":{}},"webdav":{"#))
        let openable = try translation(to: DiscoverySamples.gateway).openable(crate)
        #expect(openable.protocols.map(\.name) == ["embedded", "webdav"])
    }

    /// As a backend says them that knows itself by a name of its own network.
    @Test(arguments: ["http://inner.corp", "http://nc27a.test", "https://nc27a.test"])
    func urlsOfTheBackendAreThoseOfTheSite(_ origin: String) throws {
        let text = Samples.opencloud.replacing(
            "https://opencloud1.test/dav/ocm/2bd4e667", with: "\(origin)/public.php/webdav/2bd4e667"
        ).replacing(
            #""webdav":{"#,
            with: #""webapp":{"uri":"\#(origin)/external/{x}","sharedSecret":"OTHER"},"webdav":{"#)
        for (peer, told) in [
            (DiscoverySamples.gateway, Self.data + "2bd4e667"),
            (DiscoverySamples.opencloud, Self.data + "2bd4e667"),
            (DiscoverySamples.opencloudmeshgo, "2bd4e667"),
        ] {
            let translation = try translation(
                to: peer, backend: [try #require(PeerHost("inner.corp"))])
            let body = try translation.share(try Samples.share(text), swaps: Self.swap).text
            #expect(body.contains(#""uri":"\#(told)""#))
            #expect(!body.contains("http://"))
            if peer == DiscoverySamples.gateway {
                #expect(body.contains(#""uri":"https://nc27a.test/external/{x}""#))
            }
        }
    }

    @Test func placesOfDataForPeersThatTakeRelativeOnes() throws {
        let own = Samples.opencloud.replacing(
            "https://opencloud1.test/dav/ocm/2bd4e667", with: Self.data + "2bd4e667")
        #expect(
            try ways(own, to: DiscoverySamples.opencloudmeshgo)
                == #"{"name":"multi","webdav":{"sharedSecret":"CODE","permissions":["read"],"uri":"2bd4e667","requirements":["must-exchange-token"]}}"#
        )
        let denial = #expect(throws: Denial.self) {
            try share(Samples.opencloud, to: DiscoverySamples.opencloudmeshgo)
        }
        #expect(denial?.code == .protocolNotSupported)
    }

    @Test func aDemandIsNeverLost() throws {
        for (peer, code) in [
            (DiscoverySamples.nextcloud27, DenialCode.tokenExchangeRequired),
            (DiscoverySamples.owncloud10, .tokenExchangeRequired),
        ] {
            let denial = #expect(throws: Denial.self) {
                try share(Samples.opencloudmeshgo, to: peer)
            }
            #expect(denial?.code == code)
        }
        let mfa = Samples.opencloudmeshgo.replacing("must-exchange-token", with: "must-use-mfa")
        let denial = #expect(throws: Denial.self) {
            try share(mfa, to: DiscoverySamples.nextcloud33)
        }
        #expect(denial?.code == .mfaRequired)
        let unknown = mfa.replacing("must-use-mfa", with: "must-be-sealed")
        let other = #expect(throws: Denial.self) {
            try share(unknown, to: DiscoverySamples.nextcloud33)
        }
        #expect(other?.code == .protocolNotSupported)
        #expect(
            try ways(mfa, to: DiscoverySamples.nextcloud35).contains(
                #""requirements":["must-use-mfa","must-exchange-token"]"#))
    }

    @Test func aSecretInTheOldPlaceMovesToTheNewOne() throws {
        let text = Samples.opencloudmeshgo.replacing(
            #""sharedSecret":"SECRET15CHARS00","#, with: ""
        )
        .replacing(
            #""name":"multi","#,
            with: #""name":"multi","options":{"sharedSecret":"SECRET15CHARS00","x":1},"#)
        #expect(
            try ways(text, to: DiscoverySamples.opencloudmeshgo)
                == #"{"name":"multi","webdav":{"uri":"01a20a35","permissions":["read"],"requirements":["must-exchange-token"],"sharedSecret":"CODE"}}"#
        )
    }

    @Test func whatCannotCarryTheDemandIsRefusedToWhoMakesIt() throws {
        let applications = ["deck", "tables", "talk-room"].map { type in
            Samples.nextcloud33.replacing(#""file""#, with: #""\#(type)""#)
        }
        let named = Samples.talk35.replacing("talk-room", with: "poll")
        for text in applications + [Samples.talk, Samples.calendar, Samples.talk35, named] {
            let denial = #expect(throws: Denial.self) {
                try share(text, to: DiscoverySamples.opencloudmeshgo)
            }
            #expect(denial?.code == .tokenExchangeRequired)
            #expect(try !Samples.share(text).isOfFiles)
            let kept = try translation(to: DiscoverySamples.nextcloud35).share(
                try Samples.share(text))
            #expect(kept.text.contains("SECRET15CHARS00"))
            #expect(!kept.text.contains("requirements"))
        }
        let unreadable = DiscoverySamples.nextcloud33.replacing(
            #""capabilities""#, with: #""criteria":["must-use-http-sig"],"capabilities""#)
        #expect(try !share(Samples.nextcloud33, to: unreadable).text.contains("requirements"))
    }

    @Test(arguments: [
        (DiscoverySamples.opencloudmeshgo, AccessFact.token), (DiscoverySamples.gateway, .token),
        (DiscoverySamples.nextcloud35, .token), (DiscoverySamples.nextcloud33, .secret),
        (DiscoverySamples.opencloud, .secret), (DiscoverySamples.owncloud10, .secret),
    ])
    func howTheDataWillBeReached(_ peer: String, _ access: AccessFact) throws {
        let translation = try translation(to: peer)
        #expect(translation.access(of: try Samples.share(Samples.nextcloud27)) == access)
        #expect(translation.access(of: try Samples.share(Samples.talk)) == .secret)
    }

    @Test func notificationsKeepTheirBytesOrGetTheirSecretSwapped() throws {
        let text =
            #"{"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":"3","notification":{"sharedSecret":"SECRET15CHARS00","messgage":"file is no longer shared with you"}}"#
        let notification = try Notification(parsing: Array(text.utf8))
        let translation = try translation(to: DiscoverySamples.nextcloud33)
        #expect(translation.notification(notification).text == text)
        #expect(
            translation.notification(notification, swaps: Self.swap).text
                == text.replacing("SECRET15CHARS00", with: "CODE"))
        let number = try Notification(
            parsing: Array(text.replacing(#""3""#, with: "3").utf8))
        let strict = try self.translation(to: DiscoverySamples.opencloudmeshgo)
        #expect(strict.notification(number).text == text)
        #expect(translation.notification(number).text.contains(#""providerId":3"#))
    }

    /// oCIS says the receiver and no secret, Nextcloud the secret and no receiver.
    @Test func notificationsAreFilledWithWhatThePeerFindsItsShareBy() throws {
        func said(_ details: String, to peer: String) throws -> String? {
            let notification = try Notification(
                parsing: Array(
                    #"{"notificationType":"SHARE_UNSHARED","providerId":"3","notification":{\#(details)}}"#
                        .utf8))
            let body = try translation(to: peer).notification(
                notification, swaps: Self.swap, filling: Secret(utf8: "CODE"), grantee: "u@h",
                resourceType: "file")
            let members = try JSONValue(parsing: body.bytes).object
            #expect(members?["resourceType"]?.string == "file")
            return members?["notification"].map { String(decoding: $0.serialized(), as: UTF8.self) }
        }
        let grantee = #""grantee":"u@h""#
        let secret = #""sharedSecret":"SECRET15CHARS00""#
        let ocis = DiscoverySamples.opencloud.replacing("OpenCloud", with: "oCIS")
        for old in [DiscoverySamples.nextcloud27, DiscoverySamples.nextcloud33] {
            #expect(
                try said(grantee, to: old) == #"{"grantee":"u@h","sharedSecret":"CODE"}"#)
            #expect(try said(secret, to: old) == #"{"sharedSecret":"CODE"}"#)
        }
        #expect(try said(secret, to: ocis) == #"{"sharedSecret":"CODE","grantee":"u@h"}"#)
        #expect(try said(grantee, to: ocis) == #"{"grantee":"u@h"}"#)
        // What is filled in takes nothing away from what is replaced.
        let changed = #""x":{"sharedSecret":"SECRET15CHARS00"}"#
        #expect(
            try said(changed, to: DiscoverySamples.nextcloud33)
                == #"{"x":{"sharedSecret":"CODE"},"sharedSecret":"CODE"}"#)
    }

    @Test func requestsForSharesHaveBareAddresses() throws {
        let request = try RequestShare(
            parsing: Array(
                #"{"owner":"o@https://ocmgo1.test/","shareWith":"alice@https://nc27a.test","share":"x"}"#
                    .utf8))
        #expect(
            try translation(to: DiscoverySamples.opencloudmeshgo).requestShare(request).text
                == #"{"owner":"o@ocmgo1.test","shareWith":"alice@nc27a.test","share":"x"}"#)
    }

    /// Every recorded share can be said to every kind of peer, or is refused with a code.
    @Test func recordedSharesForEveryKindOfPeer() throws {
        let shares = RecordedTraffic.messages.filter {
            $0.path.hasSuffix("/shares") && !$0.path.contains("/ocs/")
        }
        #expect(shares.count > 10)
        let peers = [
            DiscoverySamples.nextcloud27, DiscoverySamples.nextcloud33,
            DiscoverySamples.nextcloud35,
            DiscoverySamples.owncloud10, DiscoverySamples.opencloud, DiscoverySamples.reva,
            DiscoverySamples.opencloudmeshgo, DiscoverySamples.seafile, DiscoverySamples.gateway,
        ]
        // What a share demands and a peer cannot be told, as `share(_:swaps:)` says.
        let refusals: [DenialCode] = [
            .tokenExchangeRequired, .mfaRequired, .protocolNotSupported,
        ]
        var said = 0
        for exchange in shares {
            let share = try Share(parsing: exchange.body)
            let swaps = share.secrets.map { SecretSwap($0, by: Secret(utf8: "CODE")) }
            for peer in peers {
                let outbound = try translation(to: peer)
                let body: TranslatedBody
                do {
                    body = try outbound.share(share, swaps: swaps)
                } catch {
                    #expect(refusals.contains(error.code), "\(exchange): \(error)")
                    continue
                }
                said += 1
                let sent = try Share(parsing: body.bytes)
                #expect(sent.secrets == [Secret(utf8: "CODE")])
                #expect(sent.owner.saidOnce == share.owner.saidOnce)
                #expect(sent.sender.saidOnce == share.sender.saidOnce)
                #expect(sent.shareWith == share.shareWith)
                #expect(sent.providerID == share.providerID)
            }
        }
        #expect(said > 3 * shares.count)
    }
}

import Federation
import OpenSSL
import Testing

@Suite struct OCSTranslationTests {
    private static let form =
        "shareWith=admin&token=xbuZs4YviNUO5NC&name=tomesh.txt&remoteId=17&owner=alice&ownerFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F&sharedBy=alice&sharedByFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F&remote=https%3A%2F%2Fnc27a.test%2F&shareType=6"

    private func change(_ verb: OCSVerb, _ form: String) throws -> OCSChange {
        try OCSChange(id: "3", verb: verb, FormBody(parsing: Array(form.utf8)))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func aShareOverTheOlderAPISaysTheSameInOCM() throws {
        let call = try OCSShare(FormBody(parsing: Array(Self.form.utf8)))
        let peer = try #require(PeerHost("ocmgo1.test"))
        let share = try OCSTranslation.share(call, to: peer)
        #expect(
            text(share.received)
                == #"{"shareWith":"admin@ocmgo1.test","shareType":"user","name":"tomesh.txt","resourceType":"file","description":"","providerId":"17","owner":"alice@https://nc27a.test/","ownerDisplayName":"alice","sender":"alice@https://nc27a.test/","senderDisplayName":"alice","protocol":{"name":"webdav","options":{"sharedSecret":"xbuZs4YviNUO5NC","permissions":"{http://open-cloud-mesh.org/ns}share-permissions"}}}"#
        )
        #expect(share.secrets == [Secret(utf8: "xbuZs4YviNUO5NC")])
        #expect(share.claim == Claim(try #require(PeerHost("nc27a.test"))))
    }

    @Test func aGroupStaysAGroup() throws {
        let form = Self.form.replacing("shareType=6", with: "shareType=9")
        let call = try OCSShare(FormBody(parsing: Array(form.utf8)))
        let peer = try #require(PeerHost("h.test:8443"))
        let share = try OCSTranslation.share(call, to: peer)
        #expect(share.shareType == "group")
        #expect(share.shareWith.canonical == "admin@h.test:8443")
    }

    @Test(arguments: [
        (OCSVerb.accept, "SHARE_ACCEPTED"), (.decline, "SHARE_DECLINED"),
        (.unshare, "SHARE_UNSHARED"), (.revoke, "RESHARE_UNDO"),
    ])
    func changesAreNotifications(_ verb: OCSVerb, _ type: String) throws {
        let notification = try #require(
            try OCSTranslation.notification(try change(verb, "token=SECRET&remoteId=7")))
        #expect(notification.type.word == type)
        #expect(notification.providerID == ProviderID("3"))
        #expect(notification.secret == Secret(utf8: "SECRET"))
        #expect(text(notification.received).contains(#""resourceType":"file""#))
    }

    @Test func aReshareAsksForItsRecipient() throws {
        let call = try change(
            .reshare,
            "shareWith=alice%40nc33a.test&token=SECRET&permission=1&remoteId=1&shareType=6")
        let notification = try #require(try OCSTranslation.notification(call))
        #expect(
            text(notification.received)
                == #"{"notificationType":"REQUEST_RESHARE","resourceType":"file","providerId":"3","notification":{"sharedSecret":"SECRET","message":"Ask owner to reshare the file","shareWith":"alice@nc33a.test","senderId":"1","shareType":6}}"#
        )
    }

    @Test(arguments: [
        ("1", ["read"]), ("15", ["read", "write"]), ("31", ["read", "write", "share"]),
        ("17", ["read", "share"]), ("0", []),
    ])
    func permissionsAreWords(_ bits: String, _ words: [String]) throws {
        let call = try change(.permissions, "token=SECRET&permissions=\(bits)")
        let notification = try #require(try OCSTranslation.notification(call))
        let details = notification.members["notification"]?.object
        #expect(details?["permission"]?.array?.compactMap(\.string) == words)
    }

    @Test(arguments: ["", "&permissions=32", "&permissions=-1", "&permissions=read"])
    func permissionsThatAreNoneAreRefused(_ rest: String) throws {
        let call = try change(.permissions, "token=SECRET" + rest)
        let denial = #expect(throws: Denial.self) { try OCSTranslation.notification(call) }
        #expect(denial?.code == .malformedMessage)
    }

    @Test func aMoveHasNoWordsInOCM() throws {
        let call = try change(.move, "token=SECRET&remote=h.test")
        #expect(try OCSTranslation.notification(call) == nil)
    }

    @Test(arguments: [
        (
            "/ocs/v2.php/cloud/shares/3/reshare_undo", OCSVerb.revoke,
            "/ocs/v2.php/cloud/shares/3/revoke"
        ),
        ("/ocs/v2.php/cloud/shares/3/revoke", .revoke, "/ocs/v2.php/cloud/shares/3/revoke"),
        ("/ocs/v2.php/cloud/shares/3/accept", .accept, "/ocs/v2.php/cloud/shares/3/accept"),
    ])
    func aCallGoesOnByTheNameOfItsVerb(_ path: String, _ verb: OCSVerb, _ onward: String) {
        #expect(OCSAction.change(id: "3", verb).onward(path) == onward)
        #expect(OCSAction.share.onward(path) == path)
    }

    @Test func whichCallsGoOutAsTheyAre() {
        let nextcloud = Backend(kind: .nextcloud, age: .old)
        let owncloud = Backend(kind: .owncloud10, age: .old)
        func change(_ verb: OCSVerb) -> OCSAction { .change(id: "1", verb) }
        #expect(OCSTranslation.way(of: .share, by: .owner, to: nextcloud) == .ocm)
        #expect(OCSTranslation.way(of: .share, by: .owner, to: nil) == .ocs)
        #expect(OCSTranslation.way(of: change(.revoke), by: .owner, to: owncloud) == .ocs)
        #expect(OCSTranslation.way(of: change(.revoke), by: .owner, to: nextcloud) == .ocm)
        for age in [Backend.Age.middle, .current] {
            let verifying = Backend(kind: .nextcloud, age: age)
            #expect(OCSTranslation.way(of: change(.revoke), by: .owner, to: verifying) == .ocs)
        }
        #expect(OCSTranslation.way(of: change(.move), by: .owner, to: nextcloud) == .ocs)
        #expect(OCSTranslation.way(of: change(.permissions), by: .owner, to: nextcloud) == .ocs)
        for verb in [OCSVerb.accept, .decline, .reshare, .permissions, .unshare] {
            #expect(OCSTranslation.way(of: change(verb), by: .owner, to: owncloud) == .ocm)
        }
    }

    /// A Nextcloud that verifies wants the end of a share signed by the owner's site.
    @Test func theEndOfWhatWasPassedOnGoesOutAsItIsWhereItIsNotTakenSigned() {
        func way(
            _ verb: OCSVerb, by speaker: OCSTranslation.Speaker, to reader: Backend
        ) -> OCSTranslation.Way {
            OCSTranslation.way(of: .change(id: "1", verb), by: speaker, to: reader)
        }
        for age in [Backend.Age.middle, .current] {
            let verifying = Backend(kind: .nextcloud, age: age)
            #expect(way(.unshare, by: .sender, to: verifying) == .ocs)
            #expect(way(.unshare, by: .owner, to: verifying) == .ocm)
            #expect(way(.accept, by: .sender, to: verifying) == .ocm)
        }
        for other in [
            Backend(kind: .nextcloud, age: .old), Backend(kind: .owncloud10, age: .old),
            Backend(kind: .generic, age: .current),
        ] {
            #expect(way(.unshare, by: .sender, to: other) == .ocm)
        }
    }

    @Test func successInTheWordsOfTheOlderAPI() throws {
        #expect(
            text(OCSTranslation.taken(.v2))
                == #"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":[]}}"#)
        #expect(text(OCSTranslation.taken(.v1)).contains(#""statuscode":100"#))
        let reshare = try #require(
            ReshareAnswer(parsing: Array(#"{"sharedSecret":"S","providerId":19}"#.utf8)))
        #expect(
            text(OCSTranslation.taken(.v2, reshare: reshare)).contains(
                #""data":{"token":"S","remoteId":"19"}"#))
    }

    @Test func recordedCallsAreAllTranslated() throws {
        let peer = try #require(PeerHost("peer.test"))
        let routes = RouteTable(kind: .nextcloud)
        var shares = 0
        var changes = 0
        for exchange in RecordedTraffic.messages {
            guard case .ocs(let call) = routes.route(method: "POST", path: exchange.path) else {
                continue
            }
            let form = try FormBody(parsing: exchange.body)
            switch call.action {
            case .share:
                let share = try OCSTranslation.share(try OCSShare(form), to: peer)
                #expect(share.shape == .legacy)
                shares += 1
            case .change(let id, let verb):
                let change = try OCSChange(id: id, verb: verb, form)
                #expect(try OCSTranslation.notification(change) != nil)
                changes += 1
            case .unknown: #expect(Bool(false))
            }
        }
        #expect(shares > 5)
        #expect(changes > 2)
    }

    @Test func newPermissionsAreACallForNextcloud() throws {
        func call(_ details: String, filling: Secret? = nil) throws -> (String, String)? {
            let text = """
                {"notificationType":"RESHARE_CHANGE_PERMISSION","resourceType":"file",\
                "providerId":"a-b","notification":{\(details)}}
                """
            let notification = try Notification(parsing: Array(text.utf8))
            let swap = SecretSwap(Secret(utf8: "old"), by: Secret(utf8: "new"))
            return OCSTranslation.call(
                notification, by: .owner, to: Backend(kind: .nextcloud, age: .old), in: "",
                swaps: [swap], filling: filling
            ).map { ($0.target, String(decoding: $0.form.serialized(), as: UTF8.self)) }
        }
        let all = #""permission":["read","write","share"]"#
        let target = "/ocs/v2.php/cloud/shares/a-b/permissions?format=json"
        let told = try #require(try call(#""sharedSecret":"old","# + all))
        #expect(told.0 == target && told.1 == "token=new&permissions=31")
        let filled = try #require(
            try call(#""permission":["read"]"#, filling: Secret(utf8: "known")))
        #expect(filled.1 == "token=known&permissions=1")
        #expect(try call(all) == nil)
        #expect(try call(#""sharedSecret":"old""#) == nil)
        for other in [#"["x"]"#, #"["read","other"]"#, #"["READ"]"#, "[1]", "31", #""read""#] {
            #expect(try call(#""sharedSecret":"old","permission":\#(other)"#) == nil)
        }
        #expect(try call(#""sharedSecret":"old","permission":[]"#)?.1 == "token=new&permissions=0")
    }

    /// ownCloud answers 501 to the notification, for the sender to come again by the older API; a
    /// Nextcloud that verifies takes the signature of who undoes it for a wrong one.
    @Test(arguments: [
        Backend(kind: .owncloud10, age: .old), Backend(kind: .nextcloud, age: .middle),
        Backend(kind: .nextcloud, age: .current),
    ])
    func aReshareThatIsOverIsACallWhereTheMessageIsNotTaken(_ backend: Backend) throws {
        let text = """
            {"notificationType":"RESHARE_UNDO","resourceType":"file","providerId":"7",\
            "notification":{"sharedSecret":"old"}}
            """
        let notification = try Notification(parsing: Array(text.utf8))
        let swap = SecretSwap(Secret(utf8: "old"), by: Secret(utf8: "new"))
        func call(_ backend: Backend) -> (target: String, form: FormBody)? {
            OCSTranslation.call(
                notification, by: .owner, to: backend, in: "/cloud", swaps: [swap], filling: nil)
        }
        let told = try #require(call(backend))
        #expect(told.target == "/cloud/ocs/v2.php/cloud/shares/7/revoke?format=json")
        #expect(told.form.serialized() == Array("token=new".utf8))
        #expect(call(Backend(kind: .nextcloud, age: .old)) == nil)
    }

    @Test(arguments: [Backend.Age.middle, .current])
    func theEndOfWhatWasPassedOnIsACallWhereTheMessageIsNotTaken(_ age: Backend.Age) throws {
        let text = """
            {"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":"7",\
            "notification":{"sharedSecret":"old"}}
            """
        let notification = try Notification(parsing: Array(text.utf8))
        let swap = SecretSwap(Secret(utf8: "old"), by: Secret(utf8: "new"))
        func call(
            by speaker: OCSTranslation.Speaker, _ backend: Backend
        ) -> (target: String, form: FormBody)? {
            OCSTranslation.call(
                notification, by: speaker, to: backend, in: "/cloud", swaps: [swap], filling: nil)
        }
        let verifying = Backend(kind: .nextcloud, age: age)
        let told = try #require(call(by: .sender, verifying))
        #expect(told.target == "/cloud/ocs/v2.php/cloud/shares/7/unshare?format=json")
        #expect(told.form.serialized() == Array("token=new".utf8))
        #expect(call(by: .owner, verifying) == nil)
        #expect(call(by: .sender, Backend(kind: .nextcloud, age: .old)) == nil)
    }

    @Test(arguments: ["7/../../x", "7/x", "/7", "..", ".", "7?x=1", "a b", "%2e", "7;x", "ä"])
    func anIDThatIsNoPlainSegmentMakesNoCall(_ id: String) throws {
        for (kind, type) in [
            (BackendKind.nextcloud, "RESHARE_CHANGE_PERMISSION"), (.owncloud10, "RESHARE_UNDO"),
        ] {
            let text = """
                {"notificationType":"\(type)","resourceType":"file","providerId":"\(id)",\
                "notification":{"sharedSecret":"old","permission":["read"]}}
                """
            let call = OCSTranslation.call(
                try Notification(parsing: Array(text.utf8)), by: .owner,
                to: Backend(kind: kind, age: .old), in: "", swaps: [], filling: nil)
            #expect(call == nil)
        }
    }
}

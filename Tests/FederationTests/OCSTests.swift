import Federation
import OpenSSL
import Testing

@Suite struct OCSTests {
    private static let nextcloud =
        "shareWith=bob&token=SECRET15CHARS00&name=doc1.txt&remoteId=1&owner=alice&ownerFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F&sharedBy=alice&sharedByFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F&remote=https%3A%2F%2Fnc27a.test%2F&shareType=6"
    private static let owncloud =
        "shareWith=nobody&token=SECRET15CHARS00&name=a+b&remoteId=5&owner=alice&ownerFederatedId=alice%40https%3A%2F%2Foc10a.test&sharedBy=alice&sharedByFederatedId=alice&remote=https%3A%2F%2Foc10a.test%2F"

    private func form(_ text: String) throws -> FormBody { try FormBody(parsing: Array(text.utf8)) }

    @Test func nextcloudsFallBackIsRead() throws {
        let share = try OCSShare(try form(Self.nextcloud))
        #expect(share.shareWith == "bob")
        #expect(share.owner.canonical == "alice@nc27a.test")
        #expect(share.sender.canonical == "alice@nc27a.test")
        #expect(share.secret == Secret(utf8: "SECRET15CHARS00"))
        #expect(share.shareType == "user")
        #expect(share.claim == Claim(try #require(PeerHost("nc27a.test"))))
    }

    @Test func ownCloudWritesABareAccount() throws {
        let share = try OCSShare(try form(Self.owncloud))
        #expect(share.sender.canonical == "alice@oc10a.test")
        #expect(share.name == "a b")
        #expect(share.shareType == "user")
    }

    /// An account may hold an `@`; the owner's own is at the host of `remote`, and is said so.
    @Test func anAccountThatLooksLikeAnAddressIsNotOne() throws {
        let text = Self.owncloud.replacing("=alice", with: "=alice%40elsewhere.org")
        let share = try OCSShare(try form(text))
        #expect(share.owner.canonical == "alice@elsewhere.org@oc10a.test")
        #expect(share.sender.canonical == "alice@elsewhere.org@oc10a.test")
        #expect(share.claim == Claim(try #require(PeerHost("oc10a.test"))))
        #expect(
            share.form["sharedByFederatedId"] == "alice@elsewhere.org@https://oc10a.test")
        #expect(share.form["sharedBy"] == "alice@elsewhere.org")
        let said = try OCSTranslation.share(share, to: try #require(PeerHost("nc27a.test")))
        #expect(said.sender.canonical == "alice@elsewhere.org@oc10a.test")
        #expect(try OCSShare(try form(Self.owncloud)).form == form(Self.owncloud))
    }

    /// Nextcloud says a sharer on another server by the address in both members.
    @Test func whoIsNotTheOwnerIsJudgedAsTheHostOfTheAddress() throws {
        let text = Self.owncloud.replacing("sharedBy=alice", with: "sharedBy=bob%40oc10b.test")
            .replacing("sharedByFederatedId=alice", with: "sharedByFederatedId=bob%40oc10b.test")
        let share = try OCSShare(try form(text))
        #expect(share.claim.named.map(\.description) == ["oc10a.test", "oc10b.test"])
        #expect(share.form["sharedByFederatedId"] == "bob@oc10b.test")
    }

    @Test func aReshareNamesBothHosts() throws {
        let text = Self.nextcloud.replacing(
            "sharedByFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F",
            with: "sharedByFederatedId=bob%40oc10b.test")
        let claim = try OCSShare(try form(text)).claim
        #expect(claim.signers.map(\.description) == ["nc27a.test"])
        #expect(claim.named.map(\.description) == ["nc27a.test", "oc10b.test"])
    }

    @Test(arguments: [
        ("&shareType=6", "&shareType=6&token=x"), ("token=SECRET15CHARS00", "token="),
        ("token=SECRET15CHARS00", "+token=SECRET15CHARS00"), ("&token=", "&token%5B%5D="),
        ("&shareType=6", "&shareType=6&owner.FederatedId=x"), ("shareWith=bob&", ""),
        ("&shareType=6", "&shareType=6&format=xml"), ("&shareType=6", "&shareType=6&format="),
        ("remote=https%3A%2F%2Fnc27a.test%2F", "remote=https%3A%2F%2Fevil.test%2F"),
        ("remote=https%3A%2F%2Fnc27a.test%2F", "remote=x+y"),
        ("remote=https%3A%2F%2Fnc27a.test%2F", "remote=nc27a.test"),
        ("remote=https%3A%2F%2Fnc27a.test%2F", "remote=nc27a.test%2F"),
        ("remote=https%3A%2F%2Fnc27a.test%2F", "remote=x%40https%3A%2F%2Fnc27a.test%2F"),
        (
            "ownerFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F",
            "ownerFederatedId=alice%40evil.test"
        ),
        ("ownerFederatedId=alice%40https%3A%2F%2Fnc27a.test%2F", "ownerFederatedId=alice"),
        ("owner=alice", "owner=alice%40evil.test%2F"), ("remoteId=1", "remoteId="),
        (
            "owner=alice",
            "owner=056afc87-4dd7-4f00-8a00-0123456789ab%40https%3A%2F%2Fevil.test%2Fx"
        ),
        ("remoteId=1", "remoteId=01"), ("remoteId=1", "remoteId=1x"),
        ("remoteId=1", "remoteId=+1"), ("remoteId=1", "remoteId=1e3"),
        ("token=SECRET15CHARS00", "token=a%0Ab"),
    ])
    func aFormThatPHPWouldReadOtherwiseIsRefused(_ part: String, _ other: String) throws {
        let text = Self.nextcloud.replacing(part, with: other, maxReplacements: 1)
        #expect(text != Self.nextcloud)
        let denial = #expect(throws: Denial.self) { try OCSShare(try form(text)) }
        #expect(denial?.code == .malformedMessage)
    }

    @Test(arguments: OCSVerb.allCases)
    func changesAreProvenByTheToken(_ verb: OCSVerb) throws {
        let body = try form(
            "token=S&remoteId=1&shareWith=alice%40nc27a.test&permission=1&remote=https://new.test/")
        let change = try OCSChange(id: "3", verb: verb, body)
        #expect(change.secret == Secret(utf8: "S"))
        #expect(change.providerID.text == "3")
        #expect(change.remoteID?.text == "1")
        #expect(throws: Denial.self) { try OCSChange(id: "3", verb: verb, try form("remoteId=1")) }
        let asked = "token=S&shareWith=alice%40nc27a.test&remote=https://new.test/&format="
        #expect(throws: Denial.self) {
            try OCSChange(id: "3", verb: verb, try form(asked + "xml"))
        }
        _ = try OCSChange(id: "3", verb: verb, try form(asked + "json"))
        #expect(throws: Denial.self) { try OCSChange(id: "", verb: verb, body) }
    }

    @Test func aMoveNeedsItsTargetAndAReshareItsReceiver() throws {
        #expect(throws: Denial.self) {
            try OCSChange(id: "3", verb: .move, try form("token=S&new_id=4"))
        }
        #expect(throws: Denial.self) {
            try OCSChange(id: "3", verb: .reshare, try form("token=S&shareWith=alice"))
        }
    }

    @Test func aRefusalIsNeverTakenForADelivery() throws {
        let denial = Denial(.legacyAPIRefused)
        #expect((400...599).contains(denial.status))
        let body = try JSONValue(parsing: OCSAnswer.refusal(denial, decision: "d")).object
        let meta = body?["ocs"]?.object?["meta"]?.object
        #expect(meta?["status"]?.string == "failure")
        #expect(meta?["statuscode"]?.number?.integer == denial.status)
        #expect(body?["error"]?.string == "legacy_api_refused")
    }

    @Test(arguments: [
        (
            400,
            #"{"ocs":{"meta":{"status":"failure","statuscode":400,"message":"User does not exists"},"data":[]}}"#,
            400
        ),
        (
            200,
            #"{"ocs":{"meta":{"status":"failure","statuscode":404,"message":"User does not exists"},"data":[]}}"#,
            404
        ),
        (404, "<ocs><meta><message>User does not exist</message></meta></ocs>", 404),
    ])
    func aFailureLosesItsWords(_ status: Int, _ body: String, _ code: Int) {
        #expect(OCSAnswer.outcome(status: status, body: Array(body.utf8)) == .failed(code))
        let text = String(decoding: OCSAnswer.failure(code), as: UTF8.self)
        #expect(!text.contains("User") && text.contains(#""statuscode":\#(code)"#))
    }

    @Test func theWordOfAServerInBetweenIsNotTheBackends() {
        let page = Array("<html>Gateway Time-out</html>".utf8)
        for status in [502, 504] {
            #expect(OCSAnswer.outcome(status: status, body: page) == .unreadable)
        }
        for status in [400, 404, 500, 501, 503] {
            #expect(OCSAnswer.outcome(status: status, body: page) == .failed(status))
        }
    }

    @Test(arguments: [
        "", "<ocs><meta><status>ok</status><statuscode>100</statuscode></meta></ocs>", "{}",
        #"{"ocs":{"meta":{"status":"ok"},"data":[]}}"#, #"{"ocs":{"meta":{"statuscode":"100"}}}"#,
    ])
    func whatCannotBeReadIsNoDelivery(_ body: String) {
        #expect(OCSAnswer.outcome(status: 200, body: Array(body.utf8)) == .unreadable)
        #expect(OCSAnswer.status(200, body: Array(body.utf8)) == 502)
    }

    @Test func ofASuccessOnlyTheNewSecretOfAReshareComesThrough() throws {
        for code in [100, 200] {
            let body = Array(
                #"{"ocs":{"meta":{"status":"ok","statuscode":\#(code),"message":"OK"},"data":{"token":"secret","remoteId":7,"other":"secret"}}}"#
                    .utf8)
            #expect(OCSAnswer.outcome(status: 200, body: body) == .taken)
            let swap = SecretSwap(Secret(utf8: "secret"), by: Secret(utf8: "code"))
            let swapped = try JSONValue(parsing: OCSAnswer.taken(body, [swap])).object?["ocs"]?
                .object
            #expect(swapped?["meta"]?.object?["statuscode"]?.number?.integer == code)
            #expect(swapped?["data"]?.object?["token"]?.string == "code")
            #expect(swapped?["data"]?.object?["remoteId"]?.number?.integer == 7)
            #expect(swapped?["data"]?.object?.count == 2)
            let plain = String(decoding: OCSAnswer.taken(body), as: UTF8.self)
            #expect(!plain.contains("secret") && plain.contains(#""data":[]"#))
        }
    }

    @Test(arguments: ["token", "sharedSecret"])
    func noSecretComesThroughBesideTheOneThatIsSwapped(_ name: String) {
        let body = Array(
            #"{"ocs":{"meta":{"status":"ok","statuscode":100,"message":"token secret","x":{"token":"secret"}},"data":{"\#(name)":"secret","remoteId":{"a":"secret"}}}}"#
                .utf8)
        let swap = SecretSwap(Secret(utf8: "secret"), by: Secret(utf8: "code"))
        let told = String(decoding: OCSAnswer.taken(body, [swap]), as: UTF8.self)
        #expect(
            told
                == #"{"ocs":{"meta":{"status":"ok","statuscode":100,"message":"OK"},"data":{"token":"code"}}}"#
        )
    }

    @Test(arguments: [
        (OCSProviderDocument.LegacyAPI.open, "/ocs/v2.php/cloud/shares" as String?), (.closed, nil),
    ])
    func theProviderDocumentNamesTheOlderAPIWhereItIsOpen(
        _ api: OCSProviderDocument.LegacyAPI, _ share: String?
    ) throws {
        let body = OCSProviderDocument.served(webdav: "/public.php/webdav/", api: api)
        let services = try JSONValue(parsing: body).object?["services"]?.object
        let endpoints = services?["FEDERATED_SHARING"]?.object?["endpoints"]?.object
        #expect(endpoints?["webdav"]?.string == "/public.php/webdav/")
        #expect(endpoints?["share"]?.string == share)
    }
}

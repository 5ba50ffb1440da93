import Federation
import Testing

@Suite struct DiscoveryDocumentTests {
    private func read(_ text: String) throws -> DiscoveryDocument {
        try DiscoveryDocument(parsing: Array(text.utf8))
    }

    @Test func nextcloud27() throws {
        let document = try read(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https:\/\/nc27b.test\/ocm","resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"\/public.php\/webdav\/"}}]}"#
        )
        #expect(document.isEnabled)
        #expect(document.endPoint == "https://nc27b.test/ocm")
        #expect(document.resourceTypes.first?.shareTypes == ["user", "group"])
        #expect(document.webdavPath == "/public.php/webdav/")
        #expect(!document.advertisesSignatures)
        #expect(!document.exchangesTokens)
        let backend = Backend(kind: .nextcloud, document: document)
        #expect(backend.age == .old)
        #expect(backend.addressForm == .schemeAndSlash)
    }

    @Test func nextcloud33() throws {
        let document = try read(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.1.0","endPoint":"https://nc33a.test/ocm","publicKey":{"keyId":"https://nc33a.test/ocm#signature","publicKeyPem":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},"provider":"Nextcloud 33.0.3.2","resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"/public.php/webdav/"}}],"capabilities":["/invite-accepted","NOTIFICATIONS","shares"]}"#
        )
        #expect(document.version == "1.1.0")
        #expect(document.nextcloudMajor == 33)
        #expect(document.signatureKeys.first?.keyId == "https://nc33a.test/ocm#signature")
        #expect(document.capabilities == [.invites, .notifications, .shares])
        #expect(document.advertisesSignatures)
        #expect(Backend(kind: .nextcloud, document: document).age == .middle)
        #expect(
            Backend(kind: .nextcloud, document: document, statusVersion: "35.0.0.1").age == .current
        )
        #expect(
            Backend(kind: .nextcloud, document: document, statusVersion: "27.1.3.2").age == .old)
    }

    @Test func ownCloudListsShareTypes() throws {
        let document = try read(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https:\/\/oc10b.test\/apps\/federatedfilesharing","shareTypes":[{"name":"file","protocols":{"webdav":"\/public.php\/webdav\/"}}]}"#
        )
        #expect(document.listsShareTypes)
        #expect(document.resourceTypes.map(\.name) == ["file"])
        #expect(document.webdavPath == "/public.php/webdav/")
        #expect(document.endPointParts.path == "/apps/federatedfilesharing")
        #expect(Backend(kind: .owncloud10, document: document).addressForm == .scheme)
    }

    @Test func seafileHasAnObjectForAList() throws {
        let document = try read(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://h.test/api/v2.1/ocm/","resourceTypes":{"name":"library","shareTypes":["user"],"protocols":{"Seafile API":"Seafile API"}}}"#
        )
        #expect(document.endPoint == "https://h.test/api/v2.1/ocm")
        #expect(document.resourceTypes.map(\.name) == ["library"])
        #expect(document.webdavPath == nil)
        #expect(document.oddities == ["resourceTypes is an object"])
    }

    @Test func seafilesPathHasNoSlashAndRevasNone() throws {
        let seafile = try read(
            #"{"enabled":true,"endPoint":"https://h.test/ocm-via-webdav/","resourceTypes":[{"name":"file","protocols":{"webdav":"seafdav"}}]}"#
        )
        #expect(seafile.webdavPath == "/seafdav/")
        let reva = try read(
            #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://h.test/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/dav/ocm","webdav-receive":{"uri":"absolute"}}}],"capabilities":["/invite-accepted"]}"#
        )
        #expect(reva.webdavPath == "/dav/ocm/")
        #expect(reva.capabilities == [.invites])
        #expect(Backend(kind: .generic, document: reva).age == .current)
    }

    /// A server of a kind that nobody knows is told what its document shows that it reads.
    @Test(arguments: [
        (DiscoverySamples.nextcloud27, Backend.Age.old), (DiscoverySamples.nextcloud33, .old),
        (DiscoverySamples.owncloud10, .old), (DiscoverySamples.seafile, .old),
        (DiscoverySamples.nextcloud35, .middle), (DiscoverySamples.opencloud, .current),
        (DiscoverySamples.opencloudmeshgo, .current),
    ])
    func whatAServerOfNoKindReads(_ text: String, _ age: Backend.Age) throws {
        #expect(Backend(kind: .generic, document: try read(text)).age == age)
        #expect(Backend(kind: .generic, document: nil).age == .middle)
    }

    @Test func openCloudMeshGo() throws {
        let document = try read(
            #"{"enabled":true,"apiVersion":"1.4.0","endPoint":"https://ocmgo1.test/ocm","provider":"OpenCloudMesh","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/webdav/ocm/","webdav-receive":{"uri":"relative"}}}],"capabilities":["http-sig","exchange-token","invites","invite-wayf","notifications"],"criteria":["must-use-http-sig","must-exchange-token","must-invite"],"tokenEndPoint":"https://ocmgo1.test/ocm/token","jwksUri":"https://ocmgo1.test/ocm/jwks","inviteAcceptDialog":"https://ocmgo1.test/ui/accept-invite"}"#
        )
        #expect(document.exchangesTokens)
        #expect(document.tokenEndPoint?.path == "/ocm/token")
        #expect(document.jwksURI?.host.description == "ocmgo1.test")
        #expect(document.criteria == [.mustUseHTTPSig, .mustExchangeToken, .mustInvite])
        #expect(document.oddities.isEmpty)
    }

    @Test(
        arguments: [
            ("https://ui.h.test/accept?x=1", "https://ui.h.test/accept?x=1"),
            ("/accept", "https://h.test/accept"), ("accept", "https://h.test/accept"),
            ("//evil.test/x", "https://h.test//evil.test/x"), ("http://h.test/accept", nil),
            ("ftp://h.test/x", nil), ("", nil),
        ] as [(String, String?)])
    func thePageForInvitationsIsAURLWithTLS(_ dialog: String, _ url: String?) throws {
        let document = try read(
            #"{"endPoint":"https://h.test/ocm","inviteAcceptDialog":"\#(dialog)"}"#)
        #expect(document.inviteDialog(at: try #require(PeerHost("h.test"))) == url)
    }

    @Test(arguments: [
        ("exchange-token", DiscoveryDocument.Capability.exchangeToken),
        ("token-exchange", .exchangeToken), ("token_exchange", .exchangeToken),
        ("receive-code", .exchangeToken), ("/invite-accepted", .invites),
        ("Enforce-MFA", .enforceMFA), ("/HTTP_SIG", .httpSig),
    ])
    func olderNamesOfCapabilitiesFallTogether(
        _ word: String, _ capability: DiscoveryDocument.Capability
    ) throws {
        let document = try read(
            #"{"endPoint":"https://h.test/ocm","capabilities":["\#(word)","x"]}"#)
        #expect(document.capabilities == [capability])
        #expect(!document.isEnabled)
    }

    @Test(arguments: [
        ("http-request-signatures", DiscoveryDocument.Criterion.mustUseHTTPSig),
        ("token-exchange", .mustExchangeToken), ("code", .mustExchangeToken),
        ("invite", .mustInvite), ("allowlist", .allowlist), ("denylist", .denylist),
    ])
    func olderNamesOfCriteriaFallTogether(
        _ word: String, _ criterion: DiscoveryDocument.Criterion
    ) throws {
        let document = try read(#"{"endPoint":"https://h.test/ocm","criteria":["\#(word)"]}"#)
        #expect(document.criteria == [criterion])
    }

    @Test(arguments: [
        (#""publicKey":null"#, 0), (#""publicKey":"-----BEGIN RSA PUBLIC KEY-----""#, 1),
        (#""publicKey":{"keyId":"https://h/x"}"#, 0), (#""publicKey":[]"#, 0),
        (#""publicKeys":[{"keyId":"k","publicKeyPem":"p","algorithm":"rsa"},{"keyId":"l"}]"#, 1),
    ])
    func everyShapeOfPublicKeyIsRead(_ member: String, _ count: Int) throws {
        #expect(
            try read(#"{"endPoint":"https://h.test/ocm",\#(member)}"#).signatureKeys.count == count)
    }

    @Test func membersOfOtherTypesCountAsAbsent() throws {
        let document = try read(
            #"{"enabled":"true","endPoint":"https://h.test/ocm","apiVersion":1,"capabilities":"http-sig","criteria":{},"tokenEndPoint":"http://h.test/t","jwksUri":7,"resourceTypes":"file"}"#
        )
        #expect(!document.isEnabled)
        #expect(document.apiVersion == nil)
        #expect(document.capabilities.isEmpty)
        #expect(document.tokenEndPoint == nil)
        #expect(document.jwksURI == nil)
        #expect(document.oddities.count == 5)
    }

    @Test(arguments: [
        "<html>login</html>", "", "[]", "{}", #"{"endPoint":""}"#, #"{"endPoint":"/ocm"}"#,
        #"{"endPoint":"ftp://h.test/ocm"}"#, #"{"endPoint":7}"#,
        #"{"message":"ocm not supported"}"#,
        #"{"endPoint":"https://a.test/","endPoint":"https://b.test/"}"#,
    ])
    func otherPagesAreNoDocument(_ text: String) {
        #expect(throws: DiscoveryDocument.Failure.self) { try read(text) }
    }

    @Test func everyRecordedDocumentIsRead() throws {
        var read = 0
        for exchange in RecordedTraffic.all
        where exchange.method == "GET" && exchange.status == 200
            && (exchange.path.contains("ocm-provider") || exchange.path.hasSuffix("/ocm"))
        {
            let document = try DiscoveryDocument(parsing: exchange.answer)
            #expect(document.isEnabled)
            #expect(document.endPointParts.host.description == exchange.host)
            #expect(document.webdavPath != nil)
            read += 1
        }
        #expect(read > 100)
    }
}

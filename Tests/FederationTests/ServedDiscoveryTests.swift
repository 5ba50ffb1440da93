import Federation
import Testing

@Suite struct ServedDiscoveryTests {
    private let site = ServedDiscovery(
        origin: "https://cloud.uni.example", provider: "Uni Cloud",
        criteria: [.mustUseHTTPSig, .mustExchangeToken],
        signatureKey: .init(keyId: "https://cloud.uni.example/ocm#ocmgate", pem: "PEM"))

    private func backend(_ text: String) throws -> DiscoveryDocument {
        try DiscoveryDocument(parsing: Array(text.utf8))
    }

    private func served(
        _ kind: BackendKind, _ document: DiscoveryDocument?
    ) throws -> (JSONObject, DiscoveryDocument) {
        let bytes = site.document(for: kind, document)
        let object = try #require(try JSONValue(parsing: bytes).object)
        return (object, try DiscoveryDocument(parsing: bytes))
    }

    @Test func aNextcloudBehindTheGateway() throws {
        let inner = try backend(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"http:\/\/127.0.0.1:8080\/index.php\/ocm","publicKey":{"keyId":"https://x/ocm#signature","publicKeyPem":"INNER"},"resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"\/public.php\/webdav\/"}}],"capabilities":["/notifications"],"inviteAcceptDialog":"http://127.0.0.1:8080/apps/contacts/ocm?x=1"}"#
        )
        let (object, document) = try served(.nextcloud, inner)
        #expect(object["enabled"] == .bool(true))
        #expect(object["apiVersion"]?.string == "1.0-proposal1")
        #expect(object["version"]?.string == "1.4.0")
        #expect(object["endPoint"]?.string == "https://cloud.uni.example/index.php/ocm")
        #expect(object["shareTypes"] == nil)
        #expect(document.resourceTypes.first?.shareTypes == ["user", "group"])
        #expect(document.webdavPath == "/public.php/webdav/")
        #expect(document.capabilities.isSuperset(of: [.httpSig, .exchangeToken, .notifications]))
        #expect(document.criteria == [.mustUseHTTPSig, .mustExchangeToken])
        #expect(document.exchangesTokens)
        #expect(document.tokenEndPoint?.path == "/ocm/token")
        #expect(document.jwksURI?.path == "/ocm/jwks")
        #expect(document.signatureKeys.map(\.pem) == ["PEM"])
        #expect(
            document.inviteAcceptDialog == "https://cloud.uni.example/apps/contacts/ocm?x=1")
        #expect(document.oddities.isEmpty)
    }

    @Test func anOwnCloudKeepsItsPathAndBothLists() throws {
        let inner = try backend(
            #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://oc10b.test/apps/federatedfilesharing","shareTypes":[{"name":"file","protocols":{"webdav":"/public.php/webdav"}}]}"#
        )
        let (object, _) = try served(.owncloud10, inner)
        #expect(
            object["endPoint"]?.string
                == "https://cloud.uni.example/apps/federatedfilesharing")
        let type = object["shareTypes"]?.array?.first?.object
        #expect(type?["protocols"]?.object?["webdav"]?.string == "/public.php/webdav/")
        #expect(object["resourceTypes"] == object["shareTypes"])
    }

    @Test func revasPathGetsBothSlashesAndItsOtherObjectsStay() throws {
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/dav/ocm","datatx":{"x":["y"]}}}]}"#
        )
        let (object, document) = try served(.opencloud, inner)
        let protocols = object["resourceTypes"]?.array?.first?.object?["protocols"]?.object
        #expect(protocols?["webdav"]?.string == "/dav/ocm/")
        #expect(protocols?["datatx"]?.object?["x"] != nil)
        #expect(document.capabilities.contains(.protocolObject))
    }

    /// Such shares are left out, or refused, both ways.
    @Test(arguments: [BackendKind.cernbox, .opencloud, .nextcloud, .generic])
    func pagesThatOpenByTokensAreNotOffered(_ kind: BackendKind) throws {
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[{"name":"file","protocols":{"webdav":"/d/","webapp":{},"webapp-receive":{"targets":["blank"]}}},{"name":"page","protocols":{"webapp":"/old"}}]}"#
        )
        let types = try served(kind, inner).1.resourceTypes
        #expect(types.first?.protocols.members.map(\.name) == ["webdav"])
        #expect(types.first { $0.name == "page" }?.protocols["webapp"]?.string == "/old")
    }

    /// CERNBox takes no share of a type that the sender's document does not name.
    @Test func foldersAreNamedWhereTheyAreShared() throws {
        func types(_ kind: BackendKind, _ types: String) throws -> [DiscoveryDocument.ResourceType]
        {
            try served(
                kind,
                try backend(
                    #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[\#(types)]}"#
                )
            ).1.resourceTypes
        }
        let file =
            #"{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"/dav/ocm"}}"#
        let named = try types(.opencloud, file)
        #expect(named.map(\.name) == ["file", "folder"])
        #expect(named.map(\.shareTypes) == [["user", "group"], ["user", "group"]])
        #expect(named.map { $0.protocols["webdav"]?.string } == ["/dav/ocm/", "/dav/ocm/"])
        let folder = #"{"name":"folder","shareTypes":["user"],"protocols":{"webdav":"/d/"}}"#
        #expect(try types(.cernbox, "\(folder),\(file)").map(\.name) == ["folder", "file"])
        #expect(try types(.nextcloud, file).map(\.name) == ["file", "folder"])
        #expect(try types(.generic, file).map(\.name) == ["file"])
        // As an application of Nextcloud 35 names folders for itself.
        let page =
            #"{"name":"folder","shareTypes":["user"],"protocols":{"webapp-receive":{"targets":[]},"x":1}}"#
        let both = try types(.nextcloud, "\(file),\(page)")
        #expect(both.map { $0.protocols.members.map(\.name) } == [["webdav"], ["x", "webdav"]])
        #expect(both.last?.protocols["webdav"]?.string == "/dav/ocm/")
        #expect(try types(.generic, "\(file),\(page)").last?.protocols["webdav"] == nil)
    }

    /// opencloudmesh-go would name a place at our own host, where the data are not.
    @Test(arguments: [
        "", #","webdav-receive":{"uri":"absolute"}"#, #","WebDAV-Receive":{"uri":"absolute"}"#,
    ])
    func noSenderIsAskedForAbsoluteURIs(_ receive: String) throws {
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[{"name":"file","protocols":{"webdav":"/dav/ocm"\#(receive)}}]}"#
        )
        for kind in [BackendKind.ocis, .opencloud, .cernbox] {
            let protocols = try served(kind, inner).1.resourceTypes.first?.protocols
            #expect(protocols?.members.map(\.name) == ["webdav"])
        }
    }

    @Test(arguments: [
        ("https://h.test/ocm/accept?x=1", "https://cloud.uni.example/ocm/accept?x=1"),
        ("http://10.0.0.1:8080/accept", "https://cloud.uni.example/accept"),
        ("http://cloud.uni.example/accept", "https://cloud.uni.example/accept"),
        ("accept", "https://cloud.uni.example/accept"),
        ("https://ui.uni.example/accept?x=1", "https://ui.uni.example/accept?x=1"),
        ("http://ui.uni.example/accept", nil),
    ])
    func aDialogIsMovedFromTheBackendsHostsAlone(_ link: String, _ moved: String?) throws {
        var site = site
        site.backend = [try #require(PeerHost("10.0.0.1:8080"))]
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[],"inviteAcceptDialog":"\#(link)"}"#
        )
        let document = try DiscoveryDocument(parsing: site.document(for: .cernbox, inner))
        #expect(document.inviteAcceptDialog == moved)
    }

    @Test func nothingOfATypeNamesAHostOfTheBackendsOwn() throws {
        var site = site
        site.backend = [try #require(PeerHost("inner.corp:9200"))]
        let inner = try backend(
            #"{"enabled":true,"endPoint":"http://h.corp/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"http://h.corp/dav/ocm/","webapp":"http://inner.corp:9200/external","datatx":"/dx","x":{"uri":"http://h.corp/x"},"y":"https://ui.uni.example/y"}}]}"#
        )
        let document = try DiscoveryDocument(parsing: site.document(for: .cernbox, inner))
        let protocols = try #require(document.resourceTypes.first?.protocols)
        #expect(
            String(decoding: JSONValue.object(protocols).serialized(), as: UTF8.self)
                == #"{"webdav":"/dav/ocm/","webapp":"https://cloud.uni.example/external","datatx":"/dx","x":{"uri":"https://cloud.uni.example/x"},"y":"https://ui.uni.example/y"}"#
        )
    }

    @Test func noTypeNamesAnotherServiceOfTheBackendsWithoutTLS() throws {
        let inner = try backend(
            #"{"enabled":true,"endPoint":"http://inner.corp/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/dav/ocm/","webapp":"http://inner.corp:9200/external","datatx":{"uri":"HTTP://Inner.corp:9300/tx","x":1},"y":"https://inner.corp:9400/y","z":"http://ui.uni.example/z"}}]}"#
        )
        let document = try DiscoveryDocument(parsing: site.document(for: .cernbox, inner))
        let protocols = try #require(document.resourceTypes.first?.protocols)
        #expect(
            String(decoding: JSONValue.object(protocols).serialized(), as: UTF8.self)
                == #"{"webdav":"/dav/ocm/","datatx":{"x":1},"y":"https://inner.corp:9400/y","z":"http://ui.uni.example/z"}"#
        )
    }

    @Test(arguments: BackendKind.allCases)
    func aBackendThatCannotBeAskedIsDescribedByItsKind(_ kind: BackendKind) throws {
        let (object, document) = try served(kind, nil)
        #expect(document.endPoint == "https://cloud.uni.example" + kind.usualEndPoint)
        #expect(document.webdavPath == kind.usualWebDAV)
        #expect((object["shareTypes"] != nil) == (kind == .owncloud10))
        #expect(
            document.resourceTypes.map(\.name)
                == (kind == .generic ? ["file"] : ["file", "folder"]))
        #expect(document.capabilities.contains(.protocolObject))
    }

    /// A peer that was told so would sign by RFC 9421 alone, and be refused for ever.
    @Test func whoDoesNotVerifyTheNewSignaturesPromisesNone() throws {
        var site = site
        site.verifiesRFC9421 = false
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","capabilities":["http-sig","invites"],"resourceTypes":[]}"#
        )
        let document = try DiscoveryDocument(parsing: site.document(for: .nextcloud, inner))
        #expect(!document.capabilities.contains(.httpSig))
        #expect(document.capabilities.contains(.invites))
        #expect(document.criteria == [.mustExchangeToken])
        // What we send is signed all the same.
        #expect(document.jwksURI?.path == "/ocm/jwks")
    }

    /// Nextcloud accepts no invitation of a server that does not say the older word.
    @Test(arguments: ["invites", "invite-accepted", "/invite-accepted"])
    func invitationsAreOfferedInTheWordsOfAllDrafts(_ word: String) throws {
        let (object, document) = try served(
            .nextcloud,
            try backend(
                #"{"enabled":true,"endPoint":"https://h.test/ocm","capabilities":["\#(word)"],"resourceTypes":[]}"#
            ))
        let said = object["capabilities"]?.array?.compactMap(\.string) ?? []
        #expect(said.contains("invites") && said.contains("invite-accepted"))
        #expect(document.capabilities.contains(.invites))
        #expect(document.oddities.isEmpty)
        let none = try served(.nextcloud, nil).0["capabilities"]?.array?.compactMap(\.string)
        #expect(none?.contains { $0.hasPrefix("invite") } == false)
    }

    @Test func membersThatAreNotTakenOverAreOurs() throws {
        var site = site
        site.fromBackend = []
        let inner = try backend(
            #"{"enabled":true,"endPoint":"https://h.test/ocm","inviteAcceptDialog":"/x","resourceTypes":[{"name":"calendar","shareTypes":["user"],"protocols":{}}]}"#
        )
        let document = try DiscoveryDocument(parsing: site.document(for: .nextcloud, inner))
        #expect(document.inviteAcceptDialog == nil)
        #expect(document.resourceTypes.map(\.name) == ["file", "folder"])
    }

    @Test func aKeyIdWithoutSchemeIsNeverPublished() {
        #expect(ServedDiscovery.SignatureKey(keyId: "cloud.uni.example#key1", pem: "PEM") == nil)
        #expect(ServedDiscovery.SignatureKey(keyId: "http://h/ocm#k", pem: "PEM") == nil)
    }
}

import Federation
import Testing

@Suite struct AdaptedDiscoveryTests {
    private static let old = Backend(kind: .nextcloud, age: .old)
    private static let middle = Backend(kind: .nextcloud, age: .middle)
    private static let current = Backend(kind: .nextcloud, age: .current)
    private static let owncloud = Backend(kind: .owncloud10, age: .old)
    private static let opencloud = Backend(kind: .opencloud, age: .current)
    private static let seafile = Backend(kind: .seafile, age: .old)

    private func adapted(
        _ text: String, for backend: Backend, key: ServedDiscovery.SignatureKey? = nil
    ) throws -> AdaptedDiscovery {
        let document = try DiscoverySamples.document(text)
        let paths = PeerPaths(document.endPointParts.host, document, for: backend.kind)
        return AdaptedDiscovery(paths, document, for: backend, signatureKey: key)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(arguments: [
        DiscoverySamples.opencloudmeshgo, DiscoverySamples.opencloud, DiscoverySamples.reva,
        DiscoverySamples.seafile,
    ])
    func everyPeerLooksToAnOldNextcloudLikeItsOwnKind(_ peer: String) throws {
        let host = try DiscoverySamples.document(peer).endPointParts.host
        #expect(
            text(try adapted(peer, for: Self.old).document)
                == #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://\#(host)/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}]}"#
        )
    }

    @Test func aPeerOfItsOwnKindLooksAsItIs() throws {
        #expect(
            text(try adapted(DiscoverySamples.nextcloud27, for: Self.old).document)
                == DiscoverySamples.nextcloud27.replacing(#"\/"#, with: "/"))
    }

    @Test func ownCloudReadsShareTypes() throws {
        #expect(
            text(try adapted(DiscoverySamples.opencloudmeshgo, for: Self.owncloud).document)
                == #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https://ocmgo1.test/ocm","shareTypes":[{"name":"file","protocols":{"webdav":"/public.php/webdav/"}}]}"#
        )
    }

    @Test func nextcloud33IsToldOfAStrictPeerWhatItCanUse() throws {
        #expect(
            text(try adapted(DiscoverySamples.opencloudmeshgo, for: Self.middle).document)
                == #"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.4.0","endPoint":"https://ocmgo1.test/ocm","provider":"OpenCloudMesh","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/public.php/webdav/"}}],"capabilities":["notifications","shares","invite-accepted","invite-wayf"],"criteria":["must-invite"],"inviteAcceptDialog":"https://ocmgo1.test/ui/accept-invite"}"#
        )
    }

    @Test func signingNextcloudsSeeAKeyInTheOneReadableForm() throws {
        let own = try adapted(DiscoverySamples.nextcloud33, for: Self.middle).document
        #expect(text(own).contains(#""publicKey":{"keyId":"https://nc33a.test/ocm#signature","#))
        #expect(text(own).contains(#""name":"talk-room""#))
        let key = try #require(
            ServedDiscovery.SignatureKey(keyId: "https://nc33a.test/ocm#gateway", pem: "PEM"))
        let ours = try adapted(DiscoverySamples.nextcloud33, for: Self.middle, key: key).document
        #expect(
            text(ours).contains(
                #""publicKey":{"keyId":"https://nc33a.test/ocm#gateway","publicKeyPem":"PEM"}"#))
        let stub = DiscoverySamples.nextcloud33.replacing(
            #""keyId":"https://nc33a.test/ocm#signature""#, with: #""keyId":"nc33a.test#key""#)
        #expect(!text(try adapted(stub, for: Self.middle).document).contains("publicKey"))
        #expect(
            !text(try adapted(DiscoverySamples.nextcloud33, for: Self.old).document).contains(
                "publicKey"))
    }

    @Test func whatTheGatewayDoesInItsPlaceTheBackendDoesNotSee() throws {
        for backend in [Self.old, Self.middle, Self.current, Self.owncloud, Self.opencloud] {
            for peer in [DiscoverySamples.opencloudmeshgo, DiscoverySamples.nextcloud35] {
                let seen = text(try adapted(peer, for: backend).document)
                for word in ["tokenEndPoint", "jwksUri", "exchange", "http-sig"] {
                    #expect(!seen.contains(word))
                }
            }
        }
    }

    @Test func theRevaFamilyFindsBothTypes() throws {
        let bytes = try adapted(DiscoverySamples.owncloud10, for: Self.opencloud).document
        let document = try DiscoveryDocument(parsing: bytes)
        #expect(document.resourceTypes.map(\.name) == ["file", "folder"])
        #expect(document.apiVersion == "1.1.0")
        #expect(
            document.resourceTypes.allSatisfy {
                $0.protocols["webdav"]?.string == "/public.php/webdav"
            })
    }

    /// CERNBox from 3.11 on looks for the type and the way of a share; to 3.10 it reads texts alone.
    @Test func cernboxFindsTheTypeOfAnEmbeddedShare() throws {
        let peer = DiscoverySamples.reva.replacing(
            #""resourceTypes":["#,
            with: #""resourceTypes":[{"name":"ro-crate","shareTypes":["user"],"#
                + #""protocols":{"embedded":{},"x":1}},"#)
        func types(_ kind: BackendKind) throws -> [DiscoveryDocument.ResourceType] {
            let backend = Backend(kind: kind, age: .current)
            return try DiscoveryDocument(parsing: adapted(peer, for: backend).document)
                .resourceTypes
        }
        let told = try types(.cernbox)
        #expect(told.map(\.name) == ["file", "folder", "ro-crate"])
        #expect(told.last?.protocols == JSONObject([("embedded", .string(""))]))
        #expect(try types(.opencloud).map(\.name) == ["file", "folder"])
        #expect(try types(.nextcloud).last?.protocols == JSONObject([]))
    }

    @Test(arguments: [old, middle, owncloud, seafile])
    func theOlderAPIIsWhereOldServersLook(_ backend: Backend) throws {
        #expect(
            text(try adapted(DiscoverySamples.opencloudmeshgo, for: backend).ocsProvider)
                == #"{"version":2,"services":{"FEDERATED_SHARING":{"version":1,"endpoints":{"share":"/ocs/v2.php/cloud/shares","webdav":"/public.php/webdav/"}}}}"#
        )
    }

    @Test func aPeerWithoutDocument() throws {
        let peer = try #require(PeerHost("old.test:8443"))
        let paths = PeerPaths(peer, nil, for: .nextcloud)
        let adapted = AdaptedDiscovery(paths, nil, for: Self.old)
        #expect(text(adapted.document).contains(#""endPoint":"https://old.test:8443/ocm""#))
    }

    @Test(arguments: [
        ("/ui/accept", "https://ocmgo1.test/ui/accept"), ("http://ocmgo1.test/x", nil),
        ("javascript://x", nil),
    ])
    func theInviteDialogIsAnHTTPSPageOrNone(_ link: String, _ url: String?) throws {
        let peer = DiscoverySamples.opencloudmeshgo.replacing(
            "https://ocmgo1.test/ui/accept-invite", with: link)
        let document = try DiscoveryDocument(parsing: adapted(peer, for: Self.middle).document)
        #expect(document.inviteAcceptDialog == url)
    }

    /// What real clients check, on the documents of the recorded servers.
    @Test func everyRecordedDocumentBecomesReadable() throws {
        let documents = RecordedTraffic.all.filter {
            $0.status == 200
                && ["/.well-known/ocm", "/ocm-provider/", "/index.php/.well-known/ocm"].contains(
                    $0.path)
        }
        #expect(documents.count > 5)
        for exchange in documents {
            for backend in [Self.old, Self.middle, Self.owncloud, Self.opencloud, Self.seafile] {
                let bytes = try adapted(
                    String(decoding: exchange.answer, as: UTF8.self), for: backend
                ).document
                let document = try DiscoveryDocument(parsing: bytes)
                #expect(document.isEnabled)
                #expect(!document.endPoint.hasSuffix("/"))
                #expect(document.endPointParts.host == PeerHost(exchange.host))
                #expect(document.webdavPath != nil)
                #expect(document.oddities.isEmpty)
            }
        }
    }
}

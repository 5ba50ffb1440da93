import Federation
import Testing

@Suite struct BackendHabitsTests {
    private static let uuid = "2bd4e667-5f0f-4d2c-9d3a-7a2c6c1e9a11"

    @Test(arguments: BackendKind.allCases)
    func anIDIsNotTakenForThatOfAnotherPeer(_ kind: BackendKind) throws {
        let backend = Backend(kind: kind, age: .current)
        let hosts = try ["a.test", "b.test:8443"].map { try #require(PeerHost($0)) }
        func told(_ id: String) -> [String] {
            hosts.map { backend.told(ProviderID(id), of: $0).text }
        }
        #expect(told(Self.uuid) == [Self.uuid, Self.uuid])
        let taken = backend.told(ProviderID(Self.uuid), of: hosts[0], isTaken: true).text
        switch kind {
        case .ocis, .opencloud:
            #expect(taken == "\(Self.uuid)@a.test")
            #expect(told("22") == ["22@a.test", "22@b.test:8443"])
            #expect(told("22@a.test") == ["22@a.test@a.test", "22@a.test@b.test:8443"])
        case .nextcloud, .owncloud10, .cernbox, .seafile, .generic:
            #expect(taken == Self.uuid)
            #expect(told("22") == ["22", "22"])
        }
    }

    /// The older shape calls a folder a file; the newer tells them apart.
    @Test(arguments: BackendKind.allCases)
    func whatMayBeAFolderIsNotCalledAFile(_ kind: BackendKind) throws {
        let translation = Translation(for: Backend(kind: kind, age: .current))
        func told(_ text: String) throws -> (type: String?, uri: String?) {
            let body = try translation.share(
                Samples.share(text), taken: [.mustExchangeToken], uri: "https://a.test/dav/")
            let members = try JSONValue(parsing: body.bytes).object
            let webdav = members?["protocol"]?.object?["webdav"]?.object
            return (members?["resourceType"]?.string, webdav?["uri"]?.string)
        }
        let (older, newer) = try (told(Samples.nextcloud27), told(Samples.opencloudmeshgo))
        #expect(newer.type == "file")
        switch kind {
        case .ocis, .opencloud:
            #expect(older.type == "folder")
            #expect(older.uri == "https://a.test/dav/")
            #expect(newer.uri == "https://a.test/dav/ocmgate-file")
        case .nextcloud, .owncloud10, .cernbox, .seafile, .generic: #expect(older.type == "file")
        }
    }

    @Test func aShareAndWhatIsSaidOfItHaveOneID() throws {
        let translation = Translation(for: Backend(kind: .ocis, age: .current))
        let peer = try #require(PeerHost("nc27a.test"))
        let id = translation.backend.told(ProviderID("22"), of: peer)
        let share = try translation.share(
            Samples.share(Samples.nextcloud27), told: id, uri: "https://nc27a.test/x/")
        let text = #"{"notificationType":"SHARE_UNSHARED","providerId":22,"resourceType":"file"}"#
        let notification = try Notification(parsing: Array(text.utf8))
        for body in [share, translation.notification(notification, told: id)] {
            #expect(body.text.contains(#""providerId":"22@nc27a.test""#))
        }
        // One that is the backend's own.
        let own = translation.notification(notification)
        #expect(own.text.contains(#""providerId":"22""#))
    }
}

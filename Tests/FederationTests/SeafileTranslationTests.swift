import Federation
import OpenSSL
import Testing

/// What a Seafile reads, as the backend and as a peer.
@Suite struct SeafileTranslationTests {
    private static let seafile11 = Translation(for: Backend(kind: .seafile, age: .old))
    private static let newer = Translation(for: Backend(kind: .seafile, age: .middle))

    private func members(_ body: TranslatedBody) throws -> JSONObject {
        try #require(try JSONValue(parsing: body.bytes).object)
    }

    private func out(to document: String) throws -> OutboundTranslation {
        OutboundTranslation(
            to: PeerDialect(try DiscoverySamples.document(document)), data: "https://cloud.test/",
            names: OwnNames(origin: "https://cloud.test", backend: [], document: nil))
    }

    /// 11 asks the sender's server at the URL that stands behind the `@`; newer ones put `https://` there.
    @Test func itsAgeIsToldByTheShapeOfItsTypes() throws {
        for (text, form) in [
            (DiscoverySamples.seafile11, AddressForm.scheme), (DiscoverySamples.seafile, .bare),
        ] {
            let backend = Backend(kind: .seafile, document: try DiscoverySamples.document(text))
            #expect(backend.addressForm == form)
            #expect(backend.reads(form) && !backend.reads(.plainScheme))
            #expect(backend.reads(form == .bare ? .scheme : .bare) == false)
        }
        #expect(Backend(kind: .seafile, document: nil).addressForm == .scheme)
    }

    @Test(arguments: [
        (Samples.nextcloud27, "alice@https://nc27a.test/", "alice@nc27a.test"),
        (Samples.nextcloud33, "alice@https://nc33a.test", "alice@nc33a.test"),
        (Samples.owncloud10, "alice@https://oc10a.test", "alice@oc10a.test"),
        (Samples.opencloudmeshgo, "MDFh@https://ocmgo1.test", "MDFh@ocmgo1.test"),
    ])
    func whoSharesIsWrittenAsItsAgeFindsThem(
        _ text: String, _ old: String, _ new: String
    ) throws {
        let share = try Samples.share(text)
        for (translation, told) in [(Self.seafile11, old), (Self.newer, new)] {
            let body = try members(translation.share(share, taken: [.mustExchangeToken]))
            #expect(body["sharedBy"]?.string == told)
            #expect(body["owner"]?.string == told)
        }
    }

    /// It cuts whom a share is for at the first `http`, as it is written.
    @Test(arguments: [
        ("bob@mail.test@HTTPS://nc33b.test", "bob@mail.test@https://nc33b.test"),
        ("bob@mail.test@Http://nc33b.test/", "bob@mail.test@https://nc33b.test"),
        ("bob@nc33b.test@HTTPS://nc33b.test", "bob@https://nc33b.test"),
        ("httpbob@mail.test@nc33b.test", "httpbob@mail.test@https://nc33b.test"),
        ("bob@mail.test@https://nc33b.test/", "bob@mail.test@https://nc33b.test/"),
        ("bob@mail.test@http://nc33b.test", "bob@mail.test@http://nc33b.test"),
    ])
    func itsUserStandsBeforeASchemeInLowerCase(_ written: String, _ told: String) throws {
        let text = Samples.nextcloud33.replacing(#"bob@https:\/\/nc33b.test"#, with: written)
        let share = try Samples.share(text)
        for translation in [Self.seafile11, Self.newer] {
            #expect(try members(translation.share(share))["shareWith"]?.string == told)
        }
        let out = try members(out(to: DiscoverySamples.seafile11).share(share))
        #expect(out["shareWith"]?.string == told)
    }

    /// It keeps the id as a text, and compares that with the one of a notification.
    @Test(arguments: ["22", #""22""#])
    func idsAreTextsToIt(_ id: String) throws {
        let share = try Samples.share(
            Samples.nextcloud27.replacing(#""providerId":22"#, with: #""providerId":\#(id)"#))
        let end = try Notification(
            parsing: Array(
                (#"{"notificationType":"SHARE_UNSHARED","resourceType":"file","providerId":\#(id),"#
                    + #""notification":{"sharedSecret":"SECRET15CHARS00"}}"#).utf8))
        let peer = try out(to: DiscoverySamples.seafile11)
        for body in [
            try Self.seafile11.share(share), Self.seafile11.notification(end),
            Self.newer.notification(end), try peer.share(share), peer.notification(end),
        ] { #expect(try members(body)["providerId"]?.string == "22") }
    }

    @Test func soItIsAsAPeer() throws {
        let share = try Samples.share(Samples.nextcloud33)
        let old = try members(out(to: DiscoverySamples.seafile11).share(share))
        #expect(old["sharedBy"]?.string == "alice@https://nc33a.test")
        let new = try members(out(to: DiscoverySamples.seafile).share(share))
        #expect(new["sharedBy"]?.string == "alice@nc33a.test")
    }
}

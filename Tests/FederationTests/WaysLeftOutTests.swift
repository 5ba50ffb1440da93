import Federation
import OpenSSL
import Testing

/// Ways to a share that nobody behind the gateway could open.
@Suite struct WaysLeftOutTests {
    private static let nextcloud35 = Translation(for: Backend(kind: .nextcloud, age: .current))
    private static let opencloud = Translation(for: Backend(kind: .opencloud, age: .current))
    private static let cernbox = Translation(for: Backend(kind: .cernbox, age: .current))
    private static let generic = Translation(for: Backend(kind: .generic, age: .middle))

    /// What replaces the secret opens nothing there.
    @Test(arguments: [("SECRET15CHARS00", true), ("OTHER", false)])
    func anotherWayByASecretThatIsReplacedIsLeftOut(_ secret: String, _ isLeftOut: Bool) throws {
        let webapp = #""webapp":{"uri":"https://x.test/app","sharedSecret":"\#(secret)"},"#
        let text = Samples.opencloudmeshgo.replacing(
            #""webdav":{"#, with: webapp + #""webdav":{"#
        ).replacing(#","requirements":["must-exchange-token"]"#, with: "")
        let body = try Self.opencloud.share(
            try Samples.share(text),
            swaps: [SecretSwap(Secret(utf8: "SECRET15CHARS00"), by: Secret(utf8: "HANDLE"))],
            uri: "https://x.test/dav/1")
        let ways = try #require(try JSONValue(parsing: body.bytes).object?["protocol"]?.object)
        #expect(ways["webdav"]?.object?["sharedSecret"]?.string == "HANDLE")
        #expect((ways["webapp"] == nil) == isLeftOut)
    }

    /// Servers log URIs, and the registry keeps them in the clear.
    @Test(arguments: [
        (#""uri":"https://x.test/app/SECRET15CHARS00""#, true),
        (#""uriTemplate":"https://x.test/%53ECRET15CHARS00/{path}""#, true),
        (#""uri":"https://x.test/app/ANOTHER5CHARS00""#, true),
        (#""uri":"https://x.test/app/1""#, false),
    ])
    func anotherWayWithASecretInItsURIIsLeftOut(_ place: String, _ isLeftOut: Bool) throws {
        let webapp = #""webapp":{\#(place),"sharedSecret":"ANOTHER5CHARS00"},"#
        let text = Samples.opencloudmeshgo.replacing(
            #""webdav":{"#, with: webapp + #""webdav":{"#
        ).replacing(#","requirements":["must-exchange-token"]"#, with: "")
        let share = try Samples.share(text)
        #expect(share.protocols.withSecretsInURIs == (isLeftOut ? ["webapp"] : []))
        for translation in [Self.opencloud, Self.nextcloud35, Self.generic] {
            let body = try translation.share(share, uri: "https://x.test/dav/1")
            let ways = try #require(
                try JSONValue(parsing: body.bytes).object?["protocol"]?.object)
            #expect(ways["webdav"] != nil)
            #expect((ways["webapp"] == nil) == isLeftOut)
        }
    }

    @Test func aShortSecretMayStandInAURIByChance() throws {
        let text = Samples.opencloudmeshgo.replacing("SECRET15CHARS00", with: "x").replacing(
            #""uri":""#, with: #""uri":"x"#)
        #expect(try Samples.share(text).protocols.withSecretsInURIs == [])
    }

    /// Nobody could meet it there: the backend is shown no token endpoint, and gets no code.
    @Test func anotherWayThatDemandsWhatTheGatewayMeetsOnWebDAVAloneIsLeftOut() throws {
        let text = Samples.opencloudmeshgo.replacing(
            #""webdav":{"#,
            with:
                #""webapp":{"uri":"https://x.test/app","sharedSecret":"OTHER","requirements":["must-exchange-token"]},"webdav":{"#
        )
        let share = try Samples.share(text)
        #expect(share.protocols.unmet([.mustExchangeToken]) == ["webapp"])
        #expect(share.protocols.unmet([]) == [])
        for translation in [Self.cernbox, Self.opencloud, Self.nextcloud35, Self.generic] {
            let body = try translation.share(
                share, taken: [.mustExchangeToken], uri: "https://x.test/dav/1")
            let ways = try JSONValue(parsing: body.bytes).object?["protocol"]?.object
            #expect(ways?["webapp"] == nil)
            #expect(ways?["webdav"]?.object?["sharedSecret"] != nil)
            #expect(ways?["webdav"]?.object?["requirements"] == nil)
        }
    }
}

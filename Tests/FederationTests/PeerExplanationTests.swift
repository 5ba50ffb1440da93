import Federation
import Testing

@Suite struct PeerExplanationTests {
    private func site() throws -> PeerHost { try #require(PeerHost("our.example")) }

    private func lines(
        _ text: String, _ learned: PeerDialect.Learned = .init(),
        sending: PeerDialect.Sending = .learn
    ) throws -> [String] {
        PeerExplanation(
            try DiscoverySamples.document(text), learned, sending: sending, from: try site()
        ).lines
    }

    @Test func aStrictPeer() throws {
        #expect(
            try lines(DiscoverySamples.opencloudmeshgo) == [
                #"It calls itself "OpenCloudMesh" (apiVersion 1.4.0)."#,
                "It is taken for a modern server: by its version, its keys or its capabilities.",
                "It verifies signatures: it publishes keys, or says http-sig.",
                #"Messages to it are signed by RFC 9421 (label ocm and tag="ocm"): it publishes a JWK set, or says http-sig."#,
                "Addresses are written alice@our.example: as the drafts write them.",
                "Shares are written with one object for each protocol (multi); webdav.uri is relative, since it says that it takes only that.",
                "Shares demand must-exchange-token: it takes no others.",
                "Codes of its own shares are exchanged at https://ocmgo1.test/ocm/token.",
                "Shares say permissions read and WebDAV, and no more: opencloudmesh-go refuses others.",
                "It wants an accepted invitation between the two people before a share.",
            ])
    }

    @Test func anOldNextcloud() throws {
        #expect(
            try lines(DiscoverySamples.nextcloud27) == [
                "It has no name (apiVersion 1.0-proposal1).",
                "It is taken for a Nextcloud up to 30: it shows no key and no more than paths.",
                "Nothing says that it verifies signatures; it gets them all the same.",
                #"Messages to it are signed by RFC 9421 (label ocm and tag="ocm"): who does not know it ignores it."#,
                "Addresses are written alice@https://our.example/: it finds no host in any other form.",
                "Shares are written in the deprecated shape (protocol.options): it reads no other.",
                "Shares carry a code of the gateway in the place of the secret; it is used as it is, since the peer exchanges no tokens.",
                "The secrets of its own shares are used as they are: it names no tokenEndPoint.",
            ])
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud33, "it publishes a publicKey and no JWK set"),
        (DiscoverySamples.nextcloud35, "which it names too"),
        (DiscoverySamples.owncloud10, "an ownCloud 10"),
        (DiscoverySamples.opencloud, "a server of the reva family"),
        (DiscoverySamples.seafile, "a Seafile"),
        (DiscoverySamples.gateway, "our code is good for tokens only"),
    ])
    func theReasonIsTold(_ text: String, _ words: String) throws {
        #expect(try lines(text).contains { $0.contains(words) })
    }

    @Test func whatWasLearnedAndWhatTheOperatorSaysAreReasons() throws {
        let accepted = try lines(
            DiscoverySamples.nextcloud33, PeerDialect.Learned(accepted: .tag))
        #expect(accepted.contains { $0.hasSuffix("it accepted that before.") })
        let signed = try lines(DiscoverySamples.nextcloud27, PeerDialect.Learned(signed: .tag))
        #expect(signed.contains { $0.hasSuffix("it signs so itself.") })
        #expect(signed.contains("It verifies signatures: it has signed or verified before."))
        let fixed = try lines(DiscoverySamples.nextcloud27, sending: .cavage)
        #expect(
            fixed.contains {
                $0.contains("draft-cavage") && $0.hasSuffix("signature.send says so.")
            })
        let unread = try lines(DiscoverySamples.nextcloud33, sending: .rfc9421)
        #expect(unread.contains { $0.hasSuffix("nothing says that it verifies these.") })
    }

    @Test func whatIsAmissIsTold() throws {
        #expect(
            PeerExplanation(nil, from: try site()).lines.first
                == "It publishes no discovery document.")
        let off = DiscoverySamples.nextcloud27.replacing(
            #""enabled":true"#, with: #""enabled":false"#)
        #expect(try lines(off).contains { $0.hasPrefix("It says that it is not enabled") })
        let odd = DiscoverySamples.nextcloud27.replacing(
            #""enabled":true"#, with: #""enabled":true,"publicKey":"PEM""#)
        #expect(try lines(odd).contains("Odd in its document: publicKey is a string."))
        let impossible = DiscoverySamples.nextcloud33.replacing(
            #""capabilities""#, with: #""criteria":["must-exchange-token"],"capabilities""#)
        #expect(try lines(impossible).contains { $0.hasPrefix("No share can be sent") })
    }
}

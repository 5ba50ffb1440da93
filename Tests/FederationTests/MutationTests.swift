import Federation
import OpenSSL
import Testing

/// Readers answer every mutation of a real text, and what they accept is stable.
@Suite struct MutationTests {
    /// A small generator, so that a failure comes back with its number.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// One to four edits: a byte changed, removed, doubled, or a piece of interest put in.
    private func mutate(_ bytes: [UInt8], _ numbers: inout Numbers) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            let place = Int.random(in: 0...bytes.count, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0 where place < bytes.count:
                bytes[place] = UInt8.random(in: .min ... .max, using: &numbers)
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2 where place < bytes.count: bytes.insert(bytes[place], at: place)
            default:
                let piece = Self.pieces.randomElement(using: &numbers) ?? ""
                bytes.insert(contentsOf: Array(piece.utf8), at: place)
            }
        }
        return bytes
    }

    private static let pieces = [
        "\"", "{", "}", "[", "]", ",", ":", "null", "\\u0000", "\\ud800", "@", "/", "//", "..",
        "%2f",
        "%2e", "%", "&", "=", "+", ";", "https://", ":443", "xn--", "\u{212A}", "\u{301}", "é", "-",
        ".", "0", "9999999999999999999999",
    ]

    @Test(arguments: [
        Samples.nextcloud27, Samples.nextcloud35, Samples.opencloud, Samples.opencloudmeshgo,
        Samples.calendar, Samples.talk,
    ])
    func sharesAreReadOrRefusedAndStayTheSame(_ text: String) throws {
        var numbers = Numbers(state: 7)
        var read = 0
        for _ in 0..<3000 {
            let bytes = mutate(Array(text.utf8), &numbers)
            guard let share = try? Share(parsing: bytes) else { continue }
            read += 1
            for backend in [
                Backend(kind: .nextcloud, age: .old), Backend(kind: .opencloud, age: .current),
            ] {
                let translation = Translation(for: backend)
                let uri = "https://sender.test/x"
                guard
                    let once = try? translation.share(share, taken: [.mustExchangeToken], uri: uri)
                else { continue }
                let again = try Share(parsing: once.bytes)
                #expect(again.sender == share.sender)
                #expect(again.owner == share.owner)
                let twice = try translation.share(again, uri: uri)
                #expect(!twice.isChanged, "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(read > 0)
    }

    @Test(arguments: [
        "alice@https://nc27a.test/", "uuid@ocis1.test@ocis1.test:9200", "a@bücher.example:8443",
        "a@[2001:db8::1]:8443",
    ])
    func addressesAreReadOrRefusedAndStayTheSame(_ text: String) {
        var numbers = Numbers(state: 11)
        var read = 0
        for _ in 0..<20_000 {
            let bytes = mutate(Array(text.utf8), &numbers)
            let changed = String(decoding: bytes, as: UTF8.self)
            guard let address = OCMAddress(changed) else { continue }
            read += 1
            let host = address.host.description
            #expect(PeerHost(host) == address.host, "\(changed)")
            #expect(host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(changed)")
            #expect(OCMAddress(address.written(.scheme)) == address, "\(changed)")
        }
        #expect(read > 100)
    }

    @Test func formsAreReadOrRefusedAndStayTheSame() throws {
        var numbers = Numbers(state: 17)
        var read = 0
        let text = "grant_type=authorization_code&client_id=a.test&code=c%2B%20+d&x=%C3%BC"
        for _ in 0..<20_000 {
            let bytes = mutate(Array(text.utf8), &numbers)
            _ = try? TokenRequest(parsing: bytes, type: .form)
            guard let form = try? FormBody(parsing: bytes) else { continue }
            read += 1
            #expect(try FormBody(parsing: form.serialized()) == form)
        }
        #expect(read > 100)
    }

    @Test func documentsAndNotificationsAreReadOrRefused() {
        var numbers = Numbers(state: 19)
        let texts = [
            #"{"enabled":true,"endPoint":"https://h.test/ocm","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/x/"}}],"capabilities":["/a"],"publicKey":{"keyId":"k","publicKeyPem":"p"}}"#,
            #"{"notificationType":"SHARE_ACCEPTED","resourceType":"file","providerId":"1","notification":{"sharedSecret":"S"}}"#,
        ]
        var read = 0
        for text in texts {
            for _ in 0..<10_000 {
                let bytes = mutate(Array(text.utf8), &numbers)
                if let document = try? DiscoveryDocument(parsing: bytes) {
                    read += 1
                    let site = ServedDiscovery(origin: "https://us.test", provider: "us")
                    let served = try? DiscoveryDocument(
                        parsing: site.document(for: .generic, document))
                    #expect(served?.endPointParts.host.description == "us.test")
                }
                if let notification = try? Notification(parsing: bytes) {
                    read += 1
                    let body = Translation(for: Backend(kind: .nextcloud, age: .old))
                        .notification(notification, filling: Secret(utf8: "F"))
                    #expect((try? Notification(parsing: body.bytes)) != nil)
                }
            }
        }
        #expect(read > 100)
    }

    @Test func credentialsAndTokensAreReadOrRefused() throws {
        var numbers = Numbers(state: 23)
        let sealer = TokenSealer(
            .init(id: 1, key: try AEADKey(Secret.random(32))), audience: "https://us.test")
        for _ in 0..<5000 {
            let bytes = mutate(Array("Basic U0VDUkVUMTVDSEFSUzAwOg==".utf8), &numbers)
            let field = String(decoding: bytes, as: UTF8.self)
            _ = DAVCredential(field)
            #expect(throws: Denial.self) { try sealer.open(field, now: 0) }
        }
    }

    @Test(arguments: [
        Samples.nextcloud27, Samples.nextcloud35, Samples.owncloud10, Samples.opencloud,
    ])
    func sharesGoOutWithoutTheirSecretsOrNotAtAll(_ text: String) throws {
        let peers = try [
            DiscoverySamples.opencloudmeshgo, DiscoverySamples.nextcloud27, DiscoverySamples.reva,
            DiscoverySamples.gateway,
        ].map { PeerDialect(try DiscoverySamples.document($0)) }
        let code = Secret(utf8: "CODE")
        var numbers = Numbers(state: 11)
        var sent = 0
        for _ in 0..<2000 {
            let bytes = mutate(Array(text.utf8), &numbers)
            guard let share = try? Share(parsing: bytes), share.isOfFiles else { continue }
            let swaps = share.secrets.map { SecretSwap($0, by: code) }
            for peer in peers {
                let translation = OutboundTranslation(
                    to: peer, data: "https://opencloud1.test/",
                    names: OwnNames(
                        origin: "https://opencloud1.test", backend: [], document: nil))
                guard let body = try? translation.share(share, swaps: swaps) else { continue }
                let told = try Share(parsing: body.bytes)
                #expect(told.secrets == [code])
                #expect(told.owner == share.owner)
                #expect(told.shareWith == share.shareWith)
                #expect(peer.exchange != .demanded || told.requires(.mustExchangeToken))
                sent += 1
            }
        }
        #expect(sent > 100)
    }

    @Test func answersAreRewrittenHoweverTheyAreCut() throws {
        let text =
            #"<?xml version="1.0"?><!-- a --><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/1/a&amp;b</d:href><d:x q='>'/></d:response><d:href><![CDATA[/dav/1]]></d:href></d:multistatus>"#
        let host = try #require(PeerHost("peer.test"))
        var numbers = Numbers(state: 13)
        var whole = 0
        for _ in 0..<3000 {
            let bytes = mutate(Array(text.utf8), &numbers)
            func rewritten(_ size: Int) -> Result<[UInt8], MultistatusError> {
                var rewriter = MultistatusRewriter(from: "/dav/1", to: "/told", hosts: [host])
                return Result { () throws(MultistatusError) -> [UInt8] in
                    var output: [UInt8] = []
                    for start in stride(from: 0, to: bytes.count, by: size) {
                        let piece = bytes[start..<min(start + size, bytes.count)]
                        output += try rewriter.push(Array(piece).span)
                    }
                    return try output + rewriter.finish()
                }
            }
            let once = rewritten(bytes.count)
            #expect(rewritten(1) == once)
            #expect(rewritten(5) == once)
            if case .success = once { whole += 1 }
        }
        #expect(whole > 300)
    }
}

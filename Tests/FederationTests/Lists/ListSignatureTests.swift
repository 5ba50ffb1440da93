import OpenSSL
import Testing

@testable import Federation

@Suite struct ListSignatureTests {
    private let payload = ListSamples.directory
    private let now = ListSamples.now

    private func read(
        _ document: String, by keys: [ListKey], now: Int = ListSamples.now
    ) throws(ListDefect) -> ListContents {
        try ListReading(.directory, for: .allow, .pinned(keys))
            .contents(Array(document.utf8), signature: nil, now: now)
    }

    private func defect(
        _ document: String, by keys: [ListKey], now: Int = ListSamples.now
    ) -> String {
        do throws(ListDefect) {
            _ = try read(document, by: keys, now: now)
            return "read"
        } catch { return error.description }
    }

    static let kinds: [(KeyKind, SignatureAlgorithm, String)] = [
        (.ed25519, .ed25519, "EdDSA"), (.ed25519, .ed25519, "Ed25519"),
        (.p256, .ecdsaP256SHA256, "ES256"), (.p384, .ecdsaP384SHA384, "ES384"),
        (.rsa(bits: 2048), .rsaPKCS1SHA256, "RS256"),
    ]

    @Test(arguments: kinds)
    func everySerialisationVerifies(
        _ kind: KeyKind, _ algorithm: SignatureAlgorithm, _ name: String
    ) throws {
        let key = try PrivateKey.generate(kind)
        let keys = try ListSamples.pinned(key, id: "k1")
        let (protected, body, signature) = try ListSamples.jws(
            #"{"alg":"\#(name)","kid":"k1","jku":"https://evil.example"}"#, payload, key, algorithm)
        for document in [
            "\(protected).\(body).\(signature)", " \n\(protected).\(body).\(signature)\r\n",
            #"{"payload":"\#(body)","protected":"\#(protected)","signature":"\#(signature)"}"#,
            #" {"payload":"\#(body)","signatures":[{"protected":"\#(protected)","header":{"x":1},"signature":"\#(signature)"}]}"#,
            #"{"payload":"\#(body)","signatures":[{"protected":"\#(protected)","header":{"jwk":{"kty":"OKP","x5c":["AA"]},"x5c":["AA"]},"signature":"\#(signature)"}]}"#,
        ] {
            let contents = try read(document, by: keys)
            #expect(contents.entries.count == 3)
            #expect(contents.signer == keys.first?.thumbprint)
        }
    }

    /// What was signed for one purpose serves no other.
    @Test func aSignatureCountsOnlyForWhatItIsAbout() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = try ListSamples.pinned(key)
        func outcome(
            of subject: String?, _ purpose: ListPurpose, _ format: ListFormat = .directory
        ) throws -> String {
            let signer = ListSigner(key, id: nil, subject: subject)
            let reading = ListReading(format, for: .allow, .pinned(keys), about: purpose)
            let content = Array((format == .directory ? payload : "a.example\n").utf8)
            let document =
                try format == .directory
                ? Array(signer.document(content, now: now).utf8) : content
            let beside = Array(try signer.detached(content, now: now).utf8)
            do throws(ListDefect) {
                let contents = try reading.contents(document, signature: beside, now: now)
                #expect(contents.subject == subject)
                return "read"
            } catch { return error.description }
        }
        let url = ListPurpose.url("https://lists.example/a")
        for format in [ListFormat.directory, .text] {
            for purpose in [ListPurpose.named("mesh"), .any] {
                #expect(try outcome(of: "mesh", purpose, format) == "read")
            }
            for subject in [nil, "https://lists.example/a"] {
                #expect(try outcome(of: subject, url, format) == "read")
            }
            for (subject, purpose) in [("blocked", ListPurpose.named("mesh")), ("blocked", url)] {
                let defect = try outcome(of: subject, purpose, format)
                #expect(defect.contains("signed as another list: its \"sub\" is \"blocked\""))
            }
        }
        #expect(try outcome(of: nil, .named("mesh"), .text).contains("does not say"))
        // A directory service says whose federation it is about, in what it signs.
        let title = try read(
            ListSigner(key, id: nil).document(Array(payload.utf8), now: now), by: keys
        ).title
        #expect(try outcome(of: nil, .named(try #require(title))) == "read")
        #expect(try outcome(of: nil, .named("mesh")).contains("of another federation"))
    }

    @Test func ofSeveralSignaturesTheOneOfThisPurposeIsEnough() throws {
        let key = try PrivateKey.generate(.ed25519)
        let signed = try [#""a""#, #""b""#, "1"].map { subject in
            try ListSamples.jws(
                #"{"alg":"EdDSA","sub":\#(subject)}"#, payload, key, .ed25519)
        }
        func outcome(_ places: [Int]) throws -> String {
            let rows = places.map {
                #"{"protected":"\#(signed[$0].protected)","signature":"\#(signed[$0].signature)"}"#
            }
            let document =
                #"{"payload":"\#(signed[0].payload)","signatures":[\#(rows.joined(separator: ","))]}"#
            let reading = ListReading(
                .directory, for: .allow, .pinned(try ListSamples.pinned(key)), about: .named("b"))
            do throws(ListDefect) {
                _ = try reading.contents(Array(document.utf8), signature: nil, now: now)
                return "read"
            } catch { return error.description }
        }
        #expect(try outcome([0, 1]) == "read")
        #expect(try outcome([0]).contains("another list"))
        #expect(try outcome([2]) == "sub: this is no text")
    }

    @Test func whatWeSignVerifies() throws {
        for kind in [KeyKind.ed25519, .p384, .rsa(bits: 2048)] {
            let key = try PrivateKey.generate(kind)
            let signer = ListSigner(key, id: "k")
            let content = Array(payload.utf8)
            let keys = try ListSamples.pinned(key, id: "k")
            let contents = try read(signer.document(content, now: now), by: keys)
            #expect(contents.issued == now)
            let text = Array("a.example\n".utf8)
            let beside = Array(try signer.detached(text, now: now).utf8)
            let reading = ListReading(.text, for: .block, .pinned(keys))
            #expect(try reading.contents(text, signature: beside, now: now).entries.count == 1)
            #expect(throws: ListDefect.self) {
                try reading.contents(text + [0x0A], signature: beside, now: now)
            }
            #expect(throws: ListDefect.self) {
                try reading.contents(text, signature: nil, now: now)
            }
        }
    }

    @Test func unsignedDocumentsAreRefused() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = try ListSamples.pinned(key)
        let (protected, body, _) = try ListSamples.jws(
            "{\"alg\":\"Ed25519\"}", payload, key, .ed25519)
        #expect(defect(payload, by: keys).contains("not signed"))
        #expect(defect("", by: keys).contains("not signed"))
        #expect(defect("\(protected).\(body).", by: keys).contains("signature is empty"))
        #expect(defect("\(protected)..", by: keys).contains("signature is empty"))
        #expect(
            defect(#"{"payload":"\#(body)","protected":"\#(protected)"}"#, by: keys).contains(
                "not signed"))
        #expect(
            defect(#"{"payload":"\#(body)","protected":"\#(protected)","signature":""}"#, by: keys)
                .contains("empty"))
        let reading = ListReading(.directory, for: .allow, .none)
        #expect(throws: ListDefect.self) {
            try reading.contents(Array("\(protected).\(body).x".utf8), signature: nil, now: now)
        }
    }

    /// What the draft shows as an example is decoded for people: nothing in it can be verified.
    @Test func aPayloadThatIsNoTextCannotBeVerified() throws {
        let keys = try ListSamples.pinned(try PrivateKey.generate(.p256))
        let document =
            "{\"payload\":\(payload),\"protected\":{\"alg\":\"ES256\"},\"signature\":\"AA\"}"
        #expect(defect(document, by: keys).contains("payload is no string"))
    }

    @Test func algorithmsAreThoseOfTheKey() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let keys = try ListSamples.pinned(key)
        for name in ["none", "None", "NONE", "HS256", "hs512"] {
            let (protected, body, _) = try ListSamples.jws(
                "{\"alg\":\"\(name)\"}", payload, key, .rsaPKCS1SHA256)
            // Keyed with what is public: the classic confusion.
            let mac = HMACKey(.sha256, Secret(utf8: key.publicKey.pem))
                .authenticate(Array("\(protected).\(body)".utf8))
            for signature in [Base64.encodeURL(mac), "AA"] {
                #expect(
                    defect("\(protected).\(body).\(signature)", by: keys).contains("proves nothing")
                )
            }
        }
        for (name, algorithm) in [
            ("PS512", SignatureAlgorithm.rsaPSSSHA512), ("RS512", .rsaPKCS1SHA512),
        ] {
            let jws = try ListSamples.jws("{\"alg\":\"\(name)\"}", payload, key, algorithm)
            #expect(
                defect("\(jws.protected).\(jws.payload).\(jws.signature)", by: keys).contains(
                    "no pinned key has"))
        }
        let missing = try ListSamples.jws("{}", payload, key, .rsaPKCS1SHA256)
        #expect(
            defect("\(missing.protected).\(missing.payload).\(missing.signature)", by: keys)
                .contains("names no algorithm"))
    }

    @Test func anAlgorithmOutsideOfTheSignatureDoesNotCount() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = try ListSamples.pinned(key)
        let (protected, body, signature) = try ListSamples.jws("{}", payload, key, .ed25519)
        let document =
            #"{"payload":"\#(body)","protected":"\#(protected)","header":{"alg":"Ed25519"},"signature":"\#(signature)"}"#
        #expect(defect(document, by: keys).contains("names no algorithm"))
        let bare = #"{"payload":"\#(body)","header":{"alg":"Ed25519"},"signature":"\#(signature)"}"#
        #expect(defect(bare, by: keys).contains("no protected header"))
        let twice = try ListSamples.jws("{\"alg\":\"Ed25519\"}", payload, key, .ed25519)
        let both =
            #"{"payload":"\#(twice.payload)","protected":"\#(twice.protected)","header":{"alg":"Ed25519"},"signature":"\#(twice.signature)"}"#
        #expect(defect(both, by: keys).contains("stands in both headers"))
    }

    @Test func otherKeysAndOtherNamesAreRefused() throws {
        let (key, other) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
        let jws = try ListSamples.jws(#"{"alg":"Ed25519","kid":"k1"}"#, payload, key, .ed25519)
        let document = "\(jws.protected).\(jws.payload).\(jws.signature)"
        #expect(
            defect(document, by: try ListSamples.pinned(other, id: "k1")).contains(
                "signature is wrong"))
        #expect(
            defect(document, by: try ListSamples.pinned(key, id: "k2")).contains(
                "none of the pinned ones"))
        #expect(defect(document, by: []).contains("none of the pinned ones"))
        // A pinned key without a name may be any name's.
        #expect(defect(document, by: try ListSamples.pinned(key)) == "read")
        // The name in composed and decomposed letters is not one name.
        let composed = try ListSamples.jws(
            #"{"alg":"Ed25519","kid":"k\u00e9"}"#, payload, key, .ed25519)
        #expect(
            defect(
                "\(composed.protected).\(composed.payload).\(composed.signature)",
                by: try ListSamples.pinned(key, id: "ke\u{301}")
            ).contains("none of the pinned ones"))
    }

    @Test func oneGoodSignatureOfSeveralIsEnough() throws {
        let (old, new) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.p256))
        let first = try ListSamples.jws("{\"alg\":\"Ed25519\"}", payload, old, .ed25519)
        let second = try ListSamples.jws("{\"alg\":\"ES256\"}", payload, new, .ecdsaP256SHA256)
        func document(_ third: String = "") -> String {
            #"{"payload":"\#(first.payload)","signatures":[{"protected":"\#(first.protected)","signature":"\#(first.signature)"},{"protected":"\#(second.protected)","signature":"\#(second.signature)"}\#(third)]}"#
        }
        #expect(defect(document(), by: try ListSamples.pinned(new)) == "read")
        #expect(defect(document(), by: try ListSamples.pinned(old)) == "read")
        #expect(
            defect(document(), by: try ListSamples.pinned(try PrivateKey.generate(.p384))).contains(
                "no pinned key has"))
        let none = Base64.encodeURL(Array("{\"alg\":\"none\"}".utf8))
        #expect(
            defect(
                document(#",{"protected":"\#(none)","signature":"AA"}"#),
                by: try ListSamples.pinned(new)
            ).contains("proves nothing"))
    }

    @Test func everyChangedByteIsFound() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = try ListSamples.pinned(key)
        let signer = ListSigner(key, id: nil)
        let short = Array(#"{"federation":"F","servers":[]}"#.utf8)
        let document = Array(try signer.document(short, now: now).utf8)
        for place in document.indices.dropLast() {
            var changed = document
            changed[place] ^= 1
            let text = String(decoding: changed, as: UTF8.self)
            #expect(defect(text, by: keys) != "read", "byte \(place)")
        }
    }

    @Test func timesOfKeyAndSignatureCount() throws {
        let key = try PrivateKey.generate(.ed25519)
        func document(_ more: String) throws -> String {
            let jws = try ListSamples.jws("{\"alg\":\"Ed25519\"\(more)}", payload, key, .ed25519)
            return "\(jws.protected).\(jws.payload).\(jws.signature)"
        }
        #expect(
            defect(try document(""), by: try ListSamples.pinned(key, ",\"exp\":\(now)")).contains(
                "has expired"))
        #expect(
            defect(try document(""), by: try ListSamples.pinned(key, ",\"exp\":\(now + 1)"))
                == "read")
        #expect(
            defect(try document(""), by: try ListSamples.pinned(key, ",\"nbf\":\(now + 1)"))
                .contains("not valid yet"))
        let keys = try ListSamples.pinned(key)
        #expect(defect(try document(",\"exp\":\(now)"), by: keys).contains("is over"))
        #expect(defect(try document(",\"iat\":\(now + 301)"), by: keys).contains("from the future"))
        #expect(defect(try document(",\"iat\":\"now\""), by: keys).contains("no number of seconds"))
        #expect(defect(try document(",\"iat\":1e99"), by: keys).contains("no number of seconds"))
        #expect(defect(try document(",\"exp\":\(now).9"), by: keys).contains("is over"))
        #expect(defect(try document(",\"exp\":\(now + 1).5"), by: keys) == "read")
        #expect(
            defect(try document(",\"iat\":\(now + 300).1"), by: keys).contains("from the future"))
        #expect(try read(try document(",\"iat\":\(now - 5).25"), by: keys).issued == now - 4)
        #expect(try read(try document(",\"iat\":\(now - 5)"), by: keys).issued == now - 5)
    }

    @Test(arguments: [
        #"{"alg":"Ed25519","crit":["b64"],"b64":false}"#, #"{"alg":"Ed25519","alg":"Ed25519"}"#,
        #"{"alg":7}"#, #"{"alg":"Ed25519","kid":7}"#, "[]", "", "\u{FEFF}{\"alg\":\"Ed25519\"}",
    ])
    func headersThatCanBeReadTwoWaysAreRefused(_ header: String) throws {
        let key = try PrivateKey.generate(.ed25519)
        let jws = try ListSamples.jws(header, payload, key, .ed25519)
        let keys = try ListSamples.pinned(key)
        #expect(defect("\(jws.protected).\(jws.payload).\(jws.signature)", by: keys) != "read")
    }

    @Test func documentsOfTwoFormsAndHugeOnesAreRefused() throws {
        let key = try PrivateKey.generate(.ed25519)
        let keys = try ListSamples.pinned(key)
        let (protected, body, signature) = try ListSamples.jws(
            "{\"alg\":\"Ed25519\"}", payload, key, .ed25519)
        let one = #""protected":"\#(protected)","signature":"\#(signature)""#
        for document in [
            #"{"payload":"\#(body)",\#(one),"signatures":[{\#(one)}]}"#,
            #"{"payload":"\#(body)","signatures":[]}"#,
            #"{"payload":"\#(body)","payload":"\#(body)",\#(one)}"#,
            #"{"payload":"\#(body)","signatures":[\#(Array(repeating: "{\(one)}", count: 9).joined(separator: ","))]}"#,
            "\(protected).\(body).\(signature).x", "\(protected).\(body)",
            "\(protected).\(body).\(signature)=",
            "\(protected).\(body)é.\(signature)", String(repeating: "{\"payload\":", count: 5000),
            String(repeating: "A", count: 20_000) + ".\(body).\(signature)",
        ] {
            #expect(defect(document, by: keys) != "read")
        }
        let huge = [UInt8](repeating: UInt8(ascii: "a"), count: ListContents.longest + 1)
        #expect(throws: ListDefect.self) {
            try ListReading(.directory, for: .allow, .pinned(keys))
                .contents(huge, signature: nil, now: now)
        }
    }
}

@Suite struct ListKeyTests {
    @Test func aSetAndASingleKeyAreRead() throws {
        let (one, two) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.p256))
        let set =
            "{\"keys\":[\(try ListSamples.jwk(one.publicKey, id: "1")),\(try ListSamples.jwk(two.publicKey))]}"
        let keys = try ListKey.keys(in: Array(set.utf8))
        #expect(keys.map(\.id) == ["1", nil])
        #expect(keys.map(\.algorithm) == [.ed25519, .ecdsaP256SHA256])
    }

    /// It has no name, and verifies what is signed under any.
    @Test(arguments: [KeyKind.ed25519, .p256, .p384])
    func aPublicKeyInPEMIsOne(_ kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        let signer = ListSigner(key, id: "k1")
        let keys = try ListKey.keys(in: Array("# of the mesh\n\(key.publicKey.pem)".utf8))
        #expect(keys.map(\.id) == [nil])
        #expect(
            try keys.map(\.thumbprint)
                == ListKey.keys(in: Array(signer.publicKey().utf8)).map(\.thumbprint))
        let signed = try signer.document(Array(ListSamples.directory.utf8), now: ListSamples.now)
        let reading = ListReading(.directory, for: .allow, .pinned(keys))
        #expect(
            try reading.contents(Array(signed.utf8), signature: nil, now: ListSamples.now)
                .entries.count == 3)
    }

    @Test(arguments: [KeyKind.ed25519, .p256, .p384, .rsa(bits: 2048)])
    func whatASignerPublishesIsAKeyOfItsLists(_ kind: KeyKind) throws {
        let signer = ListSigner(try PrivateKey.generate(kind), id: "k\"1")
        let keys = try ListKey.keys(in: Array(signer.publicKey().utf8))
        #expect(keys.map(\.id) == ["k\"1"])
        let list = Array("a.example\n".utf8)
        let signature = try signer.detached(list, now: ListSamples.now)
        let contents = try ListReading(.text, for: .block, .pinned(keys))
            .contents(list, signature: Array(signature.utf8), now: ListSamples.now)
        #expect(contents.signer == keys.first?.thumbprint)
    }

    /// Readers that know the names of RFC 7518 and 8037 alone take the list.
    @Test(
        arguments: [
            (.ed25519, "EdDSA"), (.p256, "ES256"), (.p384, "ES384"), (.rsa(bits: 2048), "RS256"),
        ] as [(KeyKind, String)])
    func theAlgorithmIsNamedAsOlderReadersKnowIt(_ kind: KeyKind, _ name: String) throws {
        let signer = ListSigner(try PrivateKey.generate(kind), id: nil)
        let detached = try signer.detached(Array("a.example\n".utf8), now: ListSamples.now)
        let protected = try #require(detached.split(separator: ".").first)
        let header = try #require(Base64.decodeURL(String(protected)))
        #expect(try JSONValue(parsing: header).object?["alg"]?.string == name)
    }

    @Test func keysThatProveNothingAreRefused() throws {
        let key = try PrivateKey.generate(.ed25519)
        let jwk = try ListSamples.jwk(key.publicKey)
        let rsa = try PrivateKey.generate(.rsa(bits: 2048))
        let without = try ListSamples.jwk(rsa.publicKey).replacing("\"alg\":\"RS256\",", with: "")
        for (document, wanted) in [
            ("", "not strict JSON"), ("[]", "this is no JWK"), ("{}", "malformed key"),
            (#"{"kty":"oct","k":"AAAA"}"#, "private or symmetric"),
            (#"{"keys":[]}"#, "no set of one"),
            (jwk.replacing("\"use\":\"sig\"", with: "\"use\":\"enc\""), "not for verifying"),
            (jwk.dropLast() + ",\"d\":\"AA\"}", "private or symmetric"),
            (jwk.dropLast() + ",\"exp\":\"soon\"}", "no number of seconds"),
            (without, "by which algorithm it signs"),
            (rsa.publicKey.pem, "this is PEM, and an RSA key in it"),
            (try key.exportPEM(), "this is no public key in PEM"),
            (key.publicKey.pem + key.publicKey.pem, "this is no public key in PEM"),
        ] {
            do throws(ListDefect) {
                _ = try ListKey.keys(in: Array(document.utf8))
                Issue.record("\(document) was read")
            } catch { #expect(error.description.contains(wanted), "\(error)") }
        }
    }
}

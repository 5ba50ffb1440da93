import Federation
import HTTPSignatures
import OpenSSL
import Testing

@testable import Gateway

@Suite struct VerifiedTests {
    private let world: TestWorld
    private let modern: TestPeer
    private let cavage: TestPeer

    init() throws { (world, modern, cavage) = try TestWorld.withPeers() }

    private var now: Int { world.clock.now }
    private var share: String { Messages.share(from: "modern.test") }

    private func isValid(_ request: TestRequest, _ generation: SignatureGeneration) async throws {
        guard case .valid(let found, _, _) = try await world.verify(request).signature else {
            Issue.record("not valid")
            return
        }
        #expect(found == generation)
    }

    // MARK: What is taken

    @Test func aTaggedSignatureIsTaken() async throws {
        try await isValid(try modern.request("/ocm/shares", share, at: now), .tag)
    }

    @Test func aTaggedSignatureMayHaveAnyLabelAndNeedsNoDate() async throws {
        try await isValid(
            try modern.request(
                "/ocm/shares", share, at: now,
                components: [
                    .derived(.method), .derived(.targetURI), .field("content-digest"),
                    .field("content-length"),
                ], label: "sig1"), .tag)
    }

    @Test func aLabelledSignatureIsTaken() async throws {
        try await isValid(try modern.request("/ocm/shares", share, at: now, tag: nil), .label)
    }

    @Test func aLabelledSignatureHasToCoverTheDate() async throws {
        let request = try modern.request(
            "/ocm/shares", share, at: now,
            components: [
                .derived(.method), .derived(.targetURI), .field("content-digest"),
                .field("content-length"),
            ], tag: nil)
        #expect(try await world.denial(request)?.fault == .notCovered)
    }

    @Test func aSignatureOfDraftCavageIsTaken() async throws {
        try await isValid(
            try cavage.request("/ocm/shares", Messages.share(from: "cavage.test"), at: now),
            .cavage)
    }

    @Test func aSignatureOfAProxyBesideIsNoMatter() async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        request["signature-input"] = (request["signature-input"] ?? "") + ", proxy=(\"@method\")"
        request["signature"] = (request["signature"] ?? "") + ", proxy=:AAAA:"
        try await isValid(request, .tag)
    }

    // MARK: Whom it speaks for

    @Test func anotherHostsSignatureIsRefusedBeforeAnythingIsAsked() async throws {
        let request = try cavage.request("/ocm/shares", share, at: now)
        #expect(try await world.denial(request)?.code == .senderMismatch)
        #expect(world.net.asked.isEmpty)
    }

    @Test func ofAReshareTheSendersHostOrTheOwnersMaySign() async throws {
        let body = Messages.share(from: "modern.test", owner: "cavage.test")
        try await isValid(try modern.request("/ocm/shares", body, at: now), .tag)
        try await isValid(try cavage.request("/ocm/shares", body, at: now), .cavage)
    }

    @Test func inTheDeprecatedShapeOnlyTheOwnersHostMaySign() async throws {
        let body = Messages.oldShare(from: "modern.test")
            .replacing(
                "\"owner\":\"alice@https://modern.test/\"", with: "\"owner\":\"x@cavage.test\"")
        #expect(
            try await world.denial(try modern.request("/ocm/shares", body, at: now))?.code
                == .senderMismatch)
        try await isValid(try cavage.request("/ocm/shares", body, at: now), .cavage)
    }

    @Test func aBareKeyNameIsLookedForAtTheClaimedHost() async throws {
        var bare = modern
        bare.keyName = "key1"
        world.net.answer(
            "https://modern.test/ocm/jwks", 200,
            try modern.keySet().replacing("modern.test#key1", with: "key1"))
        try await isValid(
            try bare.request("/ocm/shares", share, at: now, keyID: "key1"), .tag)
    }

    @Test func aKeySetThatShowsAnotherHostsNamesDoesNotSpeakForIt() async throws {
        // `cavage.test` publishes a set that holds a key named as one of `modern.test`.
        var evil = try TestPeer("modern.test")
        evil.key = try .generate(.ed25519)
        world.net.answer("https://cavage.test/.well-known/jwks.json", 200, try evil.keySet())
        let request = try evil.request("/ocm/shares", share, at: now)
        #expect(try await world.denial(request)?.fault == .wrong)
    }

    @Test func anUnknownKeyIsRefused() async throws {
        let request = try modern.request(
            "/ocm/shares", share, at: now, keyID: "modern.test#key9")
        #expect(try await world.denial(request)?.fault == .keyUnknown)
    }

    @Test func aPeerWhoseKeysCannotBeFetchedIsAskedToTryAgain() async throws {
        world.net.lose("modern.test")
        let denial = try await world.denial(try modern.request("/ocm/shares", share, at: now))
        #expect(denial?.code == .keyUnavailable)
        #expect(denial?.status == 503 && denial?.retryAfter != nil)
    }

    // MARK: What is refused

    @Test(arguments: [-301, 31]) func whatIsNotOfNowIsRefused(_ offset: Int) async throws {
        let request = try modern.request("/ocm/shares", share, at: now, created: now + offset)
        #expect(try await world.denial(request)?.code == .signatureInvalid)
        let draft = try cavage.request(
            "/ocm/shares", Messages.share(from: "cavage.test"), at: now, created: now + offset)
        #expect(try await world.denial(draft)?.code == .signatureInvalid)
        #expect(world.net.asked.isEmpty)
    }

    @Test(arguments: [-300, 30]) func theEdgesOfTheWindowAreTaken(_ offset: Int) async throws {
        let request = try modern.request("/ocm/shares", share, at: now, created: now + offset)
        #expect(try await world.denial(request) == nil)
    }

    @Test func anotherBodyIsRefusedBeforeAnythingIsAsked() async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        request.body = Array(share.replacing("a.txt", with: "b.txt").utf8)
        #expect(try await world.denial(request)?.fault == .digestMismatch)
        // The digest put right: then the signature over it is wrong.
        request["content-digest"] = ContentDigest(of: request.body).text
        #expect(try await world.denial(request)?.fault == .wrong)
        var draft = try cavage.request(
            "/ocm/shares", Messages.share(from: "cavage.test"), at: now)
        draft.body = Array(Messages.share(from: "cavage.test", id: "\"8\"").utf8)
        draft["digest"] = Digest(of: draft.body).text
        #expect(try await world.denial(draft)?.fault == .wrong)
    }

    @Test func anotherTargetMethodOrSiteIsRefused() async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        request.path = "/index.php/ocm/shares"
        #expect(try await world.denial(request)?.fault == .wrong)
        request = try modern.request("/ocm/shares", share, at: now)
        request.method = "PUT"
        #expect(try await world.denial(request)?.fault == .wrong)
        request = try modern.request("/ocm/shares", share, at: now, site: "other.test")
        request["host"] = "cloud.test"
        #expect(try await world.denial(request)?.fault == .wrong)
        // Of draft-cavage it is the signed Host that names the site.
        let draft = try cavage.request(
            "/ocm/shares", Messages.share(from: "cavage.test"), at: now, site: "other.test")
        #expect(try await world.denial(draft)?.code == .signatureInvalid)
    }

    /// By its name it is ours, and what was signed is for the site at another port or scheme.
    @Test(arguments: [
        ("https://cloud.test:9443", "cloud.test:9443"), ("http://cloud.test", "cloud.test"),
    ])
    func anAbsoluteTargetOfAnotherOriginIsRefused(_ origin: String, _ host: String) async throws {
        for peer in [modern, cavage] {
            let request = try peer.request(
                origin + "/ocm/shares", Messages.share(from: peer.host), at: now, site: host)
            #expect(try await world.denial(request)?.fault == .notCovered)
        }
        #expect(world.net.asked.isEmpty)
    }

    @Test(arguments: ["https://cloud.test", "HTTPS://Cloud.Test:443", "https://cloud.test."])
    func anAbsoluteTargetOfTheSiteIsTaken(_ origin: String) async throws {
        try await isValid(try modern.request(origin + "/ocm/shares", share, at: now), .tag)
    }

    @Test func signaturesOfBothGenerationsAreRefusedTogether() async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        request.add("authorization", #"Signature keyId="modern.test#key1",signature="AAAA""#)
        #expect(try await world.denial(request)?.fault == .ambiguous)
    }

    @Test func twoSignaturesThatSpeakForTheMessageAreRefused() async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        let input = request["signature-input"] ?? ""
        let signature = request["signature"] ?? ""
        request["signature-input"] = input + ", " + input.replacing("ocm=(", with: "x=(")
        request["signature"] = signature + ", " + signature.replacing("ocm=:", with: "x=:")
        #expect(try await world.denial(request)?.fault == .ambiguous)
    }

    @Test(arguments: ["signature", "signature-input"])
    func oneFieldWithoutTheOtherIsMalformed(_ name: String) async throws {
        var request = try modern.request("/ocm/shares", share, at: now)
        request[name] = nil
        #expect(try await world.denial(request)?.code == .signatureInvalid)
        request[name] = ""
        #expect(try await world.denial(request)?.code == .signatureInvalid)
    }

    @Test func anAlgorithmThatIsNotTheKeysIsRefused() async throws {
        for name in ["hmac-sha256", "rsa-v1_5-sha256", "none", "ecdsa-p256-sha256"] {
            var request = try modern.request("/ocm/shares", share, at: now)
            request["signature-input"] = request["signature-input"]?
                .replacing(";tag=", with: ";alg=\"\(name)\";tag=")
            #expect(try await world.denial(request)?.code == .signatureInvalid)
        }
    }

    @Test func aGenerationThatIsNotAcceptedIsRefused() async throws {
        let world = try TestWorld(configuration: "[signature]\naccept = [\"rfc9421\"]")
        try cavage.publish(on: world.net)
        let request = try cavage.request(
            "/ocm/shares", Messages.share(from: "cavage.test"), at: world.clock.now)
        #expect(try await world.denial(request)?.fault == .generation)
        #expect(world.net.asked.isEmpty)
    }

    // MARK: What is not signed

    @Test func anUnsignedMessageOfAPeerThatPolicyExceptsIsTaken() async throws {
        let request = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        #expect(try await world.denial(request) == nil)
    }

    /// Whoever shares a file of somebody at a peer that signs.
    @Test func anUnsignedReshareIsOfTheOwnersHost() async throws {
        let signed = try modern.request("/ocm/shares", share, at: now)
        try await world.gateway.makeDurable(try await world.verify(signed).memory.take())
        let body = Messages.share(from: "legacy.test", owner: "modern.test")
        let verified = try await world.verify(TestRequest("/ocm/shares", body))
        #expect(verified.peer?.name == "modern.test")
        guard case .none(.yes) = verified.signature else {
            Issue.record("\(verified.signature)")
            return
        }
    }

    @Test func unsignedWhereASignatureIsNeededNothingIsAsked() async throws {
        #expect(
            try await world.denial(TestRequest("/ocm/shares", share))?.disclosedCode
                == "signature_required")
        #expect(world.net.asked.isEmpty)
    }

    /// What an old server publishes; it cannot sign.
    private func publishOldDocument(on net: TestNet, capabilities: String = "[]") {
        net.answer(
            "https://legacy.test/.well-known/ocm", 200,
            """
            {"enabled":true,"apiVersion":"1.1.0","endPoint":"https://legacy.test/ocm",\
            "provider":"Nextcloud","version":"27.1.3","capabilities":\(capabilities),\
            "resourceTypes":[{"name":"file","shareTypes":["user"],\
            "protocols":{"webdav":"/public.php/webdav/"}}]}
            """)
    }

    @Test func anUnsignedMessageIsLetThroughForWhatItsPeerPublishes() async throws {
        let rules = """
            [[rule]]
            name = "old ones"
            on = "share.in"
            peer = "@legacy"
            when = { software = "nextcloud 2*" }
            action = "allow"
            [[rule]]
            name = "no others"
            on = "share.in"
            peer = "@legacy"
            action = "deny"
            """
        let world = try TestWorld(rules: rules)
        let share = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        publishOldDocument(on: world.net)
        #expect(try await world.denial(share) == nil)
        // What no document changes is refused without one.
        world.net.forget()
        let unsigned = TestRequest("/ocm/shares", self.share)
        #expect(try await world.denial(unsigned)?.disclosedCode == "signature_required")
        #expect(world.net.asked.isEmpty)
        let other = try TestWorld(rules: rules)
        #expect(try await other.denial(share)?.code == .notAllowed)
        #expect(!other.net.asked.isEmpty)
    }

    @Test(arguments: [("[\"enforce-mfa\"]", nil), ("[]", "mfa_required")])
    func anUnsignedMessageMeetsANeedByWhatItsPeerPublishes(
        _ capabilities: String, _ code: String?
    ) async throws {
        let world = try TestWorld(
            rules: """
                [[require]]
                name = "second factor"
                on = "share.in"
                need = ["mfa"]
                """)
        publishOldDocument(on: world.net, capabilities: capabilities)
        let share = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        #expect(try await world.denial(share)?.disclosedCode == code)
    }

    @Test func aPeerThatAdvertisesAKeyHasToSign() async throws {
        var legacy = try TestPeer("legacy.test", .cavage)
        legacy.keyName = "signature"
        try legacy.publish(on: world.net)
        let request = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        #expect(try await world.denial(request)?.code == .signatureRequired)
    }

    /// A person who is asked about a message takes it for its peer's.
    @Test func noPersonIsAskedAboutAnUnsignedMessageOfAPeerThatAdvertisesAKey() async throws {
        let rules = """
            [[rule]]
            name = "a person looks"
            on = "share.in"
            action = "hold"
            """
        let world = try TestWorld(rules: rules)
        let request = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        publishOldDocument(on: world.net)
        #expect(try await world.denial(request)?.code == .held)
        let other = try TestWorld(rules: rules)
        var legacy = try TestPeer("legacy.test", .cavage)
        legacy.keyName = "signature"
        try legacy.publish(on: other.net)
        #expect(try await other.denial(request)?.code == .signatureRequired)
    }

    @Test func whetherAPeerAdvertisesAKeyHasToBeKnown() async throws {
        world.net.fail("https://legacy.test/.well-known/ocm")
        let request = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        #expect(try await world.denial(request)?.code == .keyUnavailable)
    }

    /// A missing signature is policy, and where that is only told, so is not knowing about it.
    @Test(arguments: ["report", "open"])
    func wherePolicyRefusesNothingAPeerThatCannotBeAskedIsTaken(_ mode: String) async throws {
        world.net.fail("https://legacy.test/.well-known/ocm")
        world.gateway.policy.swap(try .past("", mode: mode))
        let received = try world.received(
            TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test")))
        let trail = world.trail(received)
        let verified = try await world.gateway.verify(
            try world.gateway.identify(received, trail), trail)
        guard case .none(.unknown) = verified.signature else {
            Issue.record("\(verified.signature)")
            return
        }
        _ = try world.gateway.evaluate(verified, trail)
        let would = trail.finished().record.decision.would
        #expect(would.contains { $0.hasPrefix("key_unavailable: ") })
        #expect(would.contains("unknown") == (mode == "report"))
    }

    @Test func whoHasSignedOnceHasToSignForEver() async throws {
        let world = try TestWorld(partners: [], legacy: ["legacy.test"])
        let legacy = try TestPeer("legacy.test")
        try legacy.publish(on: world.net)
        let signed = try legacy.request(
            "/ocm/shares", Messages.share(from: "legacy.test"), at: world.clock.now)
        #expect(try await world.denial(signed) == nil)
        // Its document is gone, and so is what was remembered of it.
        world.net.lose("legacy.test")
        world.clock.pass(90_000)
        world.net.forget()
        let request = TestRequest("/ocm/shares", Messages.oldShare(from: "legacy.test"))
        #expect(try await world.denial(request)?.code == .signatureRequired)
        #expect(world.net.asked.isEmpty)
    }

    @Test func whoHasSignedByRFC9421DoesNotGoBackToDraftCavage() async throws {
        try await isValid(try modern.request("/ocm/shares", share, at: now), .tag)
        let memory = try await world.verify(
            try modern.request("/ocm/shares", share, at: now, nonce: "n2")
        ).memory.take()
        try await world.gateway.makeDurable(memory)
        let older = try TestPeer("modern.test", .cavage)
        try older.publish(on: world.net)
        world.clock.pass(700)
        let request = try older.request("/ocm/shares", share, at: now)
        #expect(try await world.denial(request)?.fault == .generation)
        // From the tag back to the label it may: both are RFC 9421.
        try modern.publish(on: world.net)
        try await isValid(
            try modern.request("/ocm/shares", share, at: now, nonce: "n3", tag: nil), .label)
    }

    @Test func observingNotesWhatIsWrongAndGoesOn() async throws {
        let world = try TestWorld(profile: "observe")
        var request = try modern.request("/ocm/shares", share, at: world.clock.now)
        request["signature"] = "ocm=:AAAA:"
        guard case .tolerated(let denial) = try await world.verify(request).signature else {
            Issue.record("not tolerated")
            return
        }
        #expect(denial.code == .signatureInvalid || denial.code == .keyUnavailable)
    }
}

import OpenSSL
import Testing

@testable import Federation

@Suite struct TokenSealerTests {
    private let key: TokenSealer.Key
    private let sealer: TokenSealer
    private let token: AccessToken

    init() throws {
        key = TokenSealer.Key(id: 0xA1B2_C3D4, key: try AEADKey(Secret.random(32)))
        sealer = TokenSealer(key, audience: "https://cloud.uni.example")
        token = AccessToken(
            share: "42", peer: try #require(PeerHost("peer.example:8443")),
            permissions: .named(["read", "share"]), pathPrefix: "/public.php/webdav",
            issued: 1_000_000, expires: 1_000_300, epoch: 7)
    }

    private func refusal(_ text: String, _ sealer: TokenSealer, now: Int = 1_000_000) -> Denial? {
        #expect(throws: Denial.self) { try sealer.open(text, now: now) }
    }

    @Test func whatWasSealedComesBack() throws {
        let text = try sealer.seal(token).text
        #expect(try sealer.open(text, now: 1_000_299) == token)
        #expect(
            text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0)
                    || $0 == 0x2D || $0 == 0x5F
            })
        #expect(try sealer.seal(token) != sealer.seal(token))
    }

    @Test(arguments: [
        SharePermissions.unspecified, .named([]), .named(["read"]),
        .named(["read", "write", "share"]),
    ])
    func permissionsComeBack(_ permissions: SharePermissions) throws {
        let token = AccessToken(
            share: "", peer: token.peer, permissions: permissions, pathPrefix: "", issued: 0,
            expires: 10, epoch: .max)
        #expect(try sealer.open(try sealer.seal(token).text, now: 9) == token)
    }

    /// A share's name, a path, a time made and one to expire.
    @Test(arguments: [
        (256, 0, 0, 1), (0, 2049, 0, 1), (0, 0, -1, 1), (0, 0, -2, -1), (0, 0, 0, -1),
    ])
    func whatTheLayoutDoesNotHoldIsNotSealed(
        _ share: Int, _ path: Int, _ issued: Int, _ expires: Int
    ) {
        let token = AccessToken(
            share: String(repeating: "1", count: share), peer: token.peer,
            permissions: .unspecified, pathPrefix: String(repeating: "/", count: path),
            issued: issued, expires: expires, epoch: 0)
        let denial = #expect(throws: Denial.self) { try sealer.seal(token) }
        #expect(denial?.code == .backendUnavailable)
    }

    @Test func aLayoutThatIsNotWholeIsNone() throws {
        for token in [token.pathPrefix, ""].map({ path in
            AccessToken(
                share: "42", peer: token.peer, permissions: .unspecified, pathPrefix: path,
                issued: 0, expires: 1, epoch: 0)
        }) {
            let whole = try #require(token.encoded())
            #expect(AccessToken(decoding: whole) == token)
            for count in whole.indices {
                #expect(AccessToken(decoding: Array(whole[..<count])) == nil, "\(count)")
            }
            #expect(AccessToken(decoding: whole + [0]) == nil)
        }
    }

    @Test func anExpiredTokenIsRefusedAndLooksInvalid() throws {
        let text = try sealer.seal(token).text
        let denial = refusal(text, sealer, now: 1_000_300)
        #expect(denial?.code == .tokenExpired)
        #expect(denial?.status == 401)
        #expect(denial?.disclosedCode == Denial(.tokenInvalid).disclosedCode)
        #expect(denial?.hint == Denial(.tokenInvalid).hint)
    }

    /// It would be good until that time comes, and for its lifetime from then on.
    @Test func aTokenThatWasMadeWhileTheClockWasAheadIsRefused() throws {
        let text = try sealer.seal(token).text
        #expect(refusal(text, sealer, now: 1_000_000 - 3600)?.code == .tokenExpired)
        #expect(refusal(text, sealer, now: 1_000_000 - 31)?.code == .tokenExpired)
        #expect(try sealer.open(text, now: 1_000_000 - 30) == token)
        #expect(try sealer.opened(text) == token)
    }

    @Test func oneChangedCharacterAnywhereIsRefused() throws {
        let text = try sealer.seal(token).text
        for place in text.indices {
            var changed = text
            changed.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
            #expect(refusal(changed, sealer)?.code == .tokenInvalid)
            #expect(refusal(String(text[..<place]), sealer)?.code == .tokenInvalid)
        }
        #expect(refusal(text + "A", sealer)?.code == .tokenInvalid)
        #expect(refusal(text + "=", sealer)?.code == .tokenInvalid)
    }

    @Test func aForeignTokenIsRefused() throws {
        let text = try sealer.seal(token).text
        let otherSite = TokenSealer(key, audience: "https://other.example")
        #expect(refusal(text, otherSite)?.code == .tokenInvalid)
        let sameID = TokenSealer(
            .init(id: key.id, key: try AEADKey(Secret.random(32))),
            audience: "https://cloud.uni.example")
        #expect(refusal(text, sameID)?.code == .tokenInvalid)
    }

    @Test func tokensOpenUnderEachNameOfTheSite() throws {
        let text = try sealer.seal(token).text
        let renamed = TokenSealer(
            key, audience: "https://new.example", others: ["https://cloud.uni.example"])
        #expect(try renamed.open(text, now: 1_000_000) == token)
        // The name of now seals.
        let anew = try renamed.seal(token).text
        #expect(refusal(anew, sealer)?.code == .tokenInvalid)
        let alone = TokenSealer(key, audience: "https://new.example")
        #expect(try alone.open(anew, now: 1_000_000) == token)
    }

    @Test func keysCanBeChangedWhileTokensAreOut() throws {
        let text = try sealer.seal(token).text
        let newKey = TokenSealer.Key(id: 2, key: try AEADKey(Secret.random(32)))
        let next = TokenSealer(newKey, olderKeys: [key], audience: "https://cloud.uni.example")
        #expect(try next.open(text, now: 1_000_000) == token)
        #expect(refusal(try next.seal(token).text, sealer)?.code == .tokenInvalid)
    }

    @Test(arguments: [
        "", "x", "SECRET15CHARS00", String(repeating: "A", count: 100),
        String(repeating: "A", count: 100_000), "not base64 !",
    ])
    func otherTextsAreNoTokens(_ text: String) {
        #expect(refusal(text, sealer)?.code == .tokenInvalid)
        #expect(!sealer.hasForm(text))
    }

    /// A secret of a backend is not taken for one.
    @Test func aTokenIsKnownByItsFormWhateverItsSealIsWorth() throws {
        let token = AccessToken(
            share: "", peer: token.peer, permissions: .unspecified, pathPrefix: "", issued: 0,
            expires: 1, epoch: 0)
        let text = try sealer.seal(token).text
        #expect(sealer.hasForm(text))
        let forged = TokenSealer(
            .init(id: key.id, key: try AEADKey(Secret.random(32))), audience: "https://a.example")
        #expect(try sealer.hasForm(forged.seal(token).text))
        let other = TokenSealer(.init(id: 1, key: key.key), audience: "https://cloud.uni.example")
        #expect(try !sealer.hasForm(other.seal(token).text))
        // The texts are its only parts that may be missing.
        #expect(!sealer.hasForm(String(text.prefix(76))))
    }
}

@Suite struct AccessTokenTests {
    private func token(
        _ permissions: SharePermissions, prefix: String = "/dav/ocm/1"
    ) throws -> AccessToken {
        AccessToken(
            share: "1", peer: try #require(PeerHost("peer.example")), permissions: permissions,
            pathPrefix: prefix, issued: 0, expires: 1, epoch: 0)
    }

    private func judge(
        _ token: AccessToken, _ method: String, _ path: String,
        _ destination: DAVDestination = .absent
    ) -> DenialCode? {
        do {
            try token.scope.permit(
                method: DAVMethod(rawValue: method), path: path, destination: destination)
            return nil
        } catch { return error.code }
    }

    @Test(arguments: ["OPTIONS", "PROPFIND", "GET", "HEAD", "REPORT"])
    func readingNeedsRead(_ method: String) throws {
        #expect(judge(try token(.named(["read"])), method, "/dav/ocm/1/a") == nil)
        #expect(judge(try token(.unspecified), method, "/dav/ocm/1/a") == nil)
        #expect(
            judge(try token(.named(["write"])), method, "/dav/ocm/1/a") == .permissionNotAllowed)
        #expect(judge(try token(.named([])), method, "/dav/ocm/1/a") == .permissionNotAllowed)
    }

    @Test(arguments: ["PUT", "MKCOL", "DELETE", "PROPPATCH", "LOCK", "UNLOCK", "MOVE", "COPY"])
    func writingNeedsWrite(_ method: String) throws {
        let destination = DAVDestination.path("/dav/ocm/1/b")
        #expect(judge(try token(.named(["write"])), method, "/dav/ocm/1/a", destination) == nil)
        #expect(judge(try token(.unspecified), method, "/dav/ocm/1/a", destination) == nil)
        #expect(
            judge(try token(.named(["read", "share"])), method, "/dav/ocm/1/a", destination)
                == .permissionNotAllowed)
    }

    @Test(arguments: ["POST", "PATCH", "TRACE", "CONNECT", "get", "SEARCH", "ACL", ""])
    func otherMethodsAreRefusedWhateverTheShareAllows(_ method: String) throws {
        #expect(judge(try token(.unspecified), method, "/dav/ocm/1/a") == .methodNotAllowed)
    }

    @Test(arguments: [
        ("/dav/ocm/1", true), ("/dav/ocm/1/", true), ("/dav/ocm/1/a/b", true),
        ("/dav/ocm/12", false),
        ("/dav/ocm/2", false), ("/dav/ocm", false), ("/", false), ("/dav/ocm/1;x/a", false),
        ("/DAV/ocm/1", false),
    ])
    func aTokenIsGoodBelowItsPathOnly(_ path: String, _ isInside: Bool) throws {
        #expect(judge(try token(.unspecified), "GET", path) == (isInside ? nil : .notAllowed))
    }

    @Test(arguments: [
        (DAVDestination.path("/dav/ocm/1/b"), true), (.path("/dav/ocm/1"), true),
        (.path("/dav/ocm/1/sub%20x/"), true), (.path("/dav/ocm/2/b"), false),
        (.path("/dav/ocm/12"), false), (.path("/"), false), (.elsewhere, false), (.absent, false),
    ])
    func aDestinationMustLieInTheSameShare(_ destination: DAVDestination, _ isInside: Bool) throws {
        for method in ["MOVE", "COPY"] {
            let code = judge(try token(.unspecified), method, "/dav/ocm/1/a", destination)
            #expect(code == (isInside ? nil : .destinationNotAllowed))
        }
    }

    @Test(arguments: [
        ("/dav/ocm/1", "/dav/ocm/1/x", false), ("/dav/ocm/1/", "/dav/ocm/1/x", false),
        ("/dav/ocm/1", "/dav/ocm/1/", false), ("/dav/ocm/1/a", "/dav/ocm/1/a", false),
        ("/dav/ocm/1/a", "/dav/ocm/1/a/b/c", false), ("/dav/ocm/1/a/", "/dav/ocm/1/a", false),
        ("/dav/ocm/1/e%CC%812", "/dav/ocm/1/%C3%A92/x", false),
        ("/dav/ocm/1/e%CC%812", "/dav/ocm/1/%C3%A92", false),
        ("/dav/ocm/1/a", "/dav/ocm/1/ab", true), ("/dav/ocm/1/a", "/dav/ocm/1/A", true),
        ("/dav/ocm/1/a/b", "/dav/ocm/1/a", true), ("/dav/ocm/1/e", "/dav/ocm/1/%C3%A9/e", true),
    ])
    func nothingIsCopiedOrMovedIntoItself(
        _ path: String, _ target: String, _ isLetThrough: Bool
    ) throws {
        for method in ["MOVE", "COPY"] {
            let code = judge(try token(.unspecified), method, path, .path(target))
            #expect(code == (isLetThrough ? nil : .destinationNotAllowed))
        }
    }

    @Test func aMoveWithoutDestinationIsRefused() throws {
        #expect(judge(try token(.unspecified), "MOVE", "/dav/ocm/1/a") == .destinationNotAllowed)
    }
}

@Suite struct TokenRequestTests {
    private func read(_ text: String, _ type: MediaType? = .form) throws -> TokenRequest {
        try TokenRequest(parsing: Array(text.utf8), type: type)
    }

    @Test(arguments: [
        "client_id=ocmgo2.test&code=0kB6mC-L%3D&grant_type=authorization_code",
        "grant_type=ocm_share&client_id=OCMGO2.test:443&code=0kB6mC-L%3D&scope=x&redirect_uri=y",
        "grant_type=authorization_code&client_id=https%3A%2F%2Focmgo2.test%2F&code=0kB6mC-L%3D&client_secret=",
    ])
    func requestsAreRead(_ text: String) throws {
        let request = try read(text)
        #expect(request.client?.description == "ocmgo2.test")
        #expect(request.code == Secret(utf8: "0kB6mC-L="))
        #expect(request.claim == request.client.map { Claim($0) })
    }

    @Test func whatWeSendIsRead() throws {
        let host = try #require(PeerHost("cloud.test:8443"))
        let code = Secret(utf8: "a+b&c=d%20/~")
        let body = TokenRequest.body(client: host, code: code)
        let request = try TokenRequest(parsing: body, type: .form)
        #expect(request.client == host && request.code == code)
        #expect(String(decoding: body, as: UTF8.self).hasPrefix("grant_type=authorization_code&"))
    }

    @Test func theStubsJSONIsRead() throws {
        let request = try read(
            #"{"grant_type":"ocm_authorization_code","client_id":"a.test","code":"c","x":1}"#, .json
        )
        #expect(request.client?.description == "a.test")
    }

    /// As CERNBox writes it for users without an identity provider.
    @Test(arguments: ["", "&client_id="])
    func aRequestMayNameNobody(_ client: String) throws {
        let request = try read("grant_type=authorization_code&code=c\(client)")
        #expect(request.client == nil && request.claim == nil)
    }

    @Test(arguments: [
        ("", OAuthError.invalidRequest), ("client_id=a.test&code=c", .invalidRequest),
        ("grant_type=&client_id=a.test&code=c", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=c&code=c", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&client_id=b.test&code=c", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=c&x=1&x=2", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=c&%63ode=d", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=a%20b", .invalidRequest),
        ("grant_type=authorization_code&client_id=a.test&code=%zz", .invalidRequest),
        (
            "grant_type=authorization_code&client_id=a.test&code="
                + String(repeating: "c", count: 513),
            .invalidRequest
        ),
        ("grant_type=refresh_token&client_id=a.test&code=c", .unsupportedGrantType),
        ("grant_type=Authorization_Code&client_id=a.test&code=c", .unsupportedGrantType),
        ("grant_type=client_credentials", .unsupportedGrantType),
        ("grant_type=authorization_code&client_id=a+b&code=c", .invalidClient),
        ("grant_type=authorization_code&client_id=user%40a.test&code=c", .invalidClient),
        (
            "grant_type=authorization_code&code=c&client_id=https://a.test/"
                + String(repeating: "c", count: 498),
            .invalidClient
        ),
    ])
    func brokenRequestsGetTheErrorOfTheRFC(_ text: String, _ error: OAuthError) throws {
        let denial = #expect(throws: Denial.self) { try read(text) }
        #expect(denial?.code.oauthError == error)
        #expect(denial?.oauthStatus == 400)
        let body = try JSONValue(parsing: try #require(denial).oauthBody(decision: "d")).object
        #expect(body?["error"]?.string == error.rawValue)
    }

    @Test(arguments: ["[]", "x", #"{"grant_type":"authorization_code","grant_type":"x"}"#])
    func brokenJSONIsAnInvalidRequest(_ text: String) {
        let denial = #expect(throws: Denial.self) { try read(text, .json) }
        #expect(denial?.code == .invalidRequest)
    }

    @Test func otherTypesAndLongBodiesAreRefused() {
        #expect(
            #expect(throws: Denial.self) { try read("grant_type=authorization_code", nil) }?
                .oauthStatus
                == 415)
        let long = #expect(throws: Denial.self) { try read(String(repeating: "a", count: 16_385)) }
        #expect(long?.oauthStatus == 413)
        #expect(long?.code.oauthError == .invalidRequest)
    }

    @Test func theAnswerIsThatOfTheRFC() {
        #expect(
            String(
                decoding: TokenAnswer.body(token: Secret(utf8: "T"), lifetime: 300), as: UTF8.self)
                == #"{"access_token":"T","token_type":"Bearer","expires_in":300}"#)
    }

    @Test func aRequestCannotShowItsCode() throws {
        let request = try read("grant_type=authorization_code&client_id=a.test&code=CANARY")
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!"\(request)\(String(reflecting: request))\(dumped)".contains("CANARY"))
    }
}

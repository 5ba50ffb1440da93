import Federation
import Testing
import Transport

@testable import Gateway

@Suite struct PeerDocumentsTests {
    private static let document = #"{"endPoint":"https://a.test/ocm"}"#
    private let net = TestNet()

    private func ask() async throws -> (document: PeerDocument?, failure: String) {
        let found = try await found()
        return (found.document, found.failure)
    }

    private func found() async throws -> PeerDocumentFetch.Found {
        let host = try #require(PeerHost("a.test"))
        return await PeerDocumentFetch(
            fetch: { _, url, _ in await net.fetch(url) }, acquaintance: .stranger
        )
        .document(of: host)
    }

    @Test(arguments: ["/.well-known/ocm", "/ocm-provider/", "/ocm-provider"])
    func anyOfItsPlacesWillDo(_ path: String) async throws {
        net.answer("https://a.test\(path)", 200, Self.document)
        guard case .published(let document)? = try await ask().document else {
            Issue.record("no document")
            return
        }
        #expect(document.endPoint == "https://a.test/ocm")
    }

    @Test func aLoginPageWithStatus200IsNoDocument() async throws {
        net.answer("https://a.test/.well-known/ocm", 200, "<html>Log in</html>")
        net.answer("https://a.test/ocm-provider/", 200, Self.document)
        guard case .published? = try await ask().document else {
            Issue.record("no document")
            return
        }
    }

    // A sign-on page, or a TLS terminator that knows nothing of this place.
    @Test func aPlaceThatCannotBeUsedDoesNotHideTheNext() async throws {
        net.isUnusable("https://a.test/.well-known/ocm")
        net.answer("https://a.test/ocm-provider/", 200, Self.document)
        guard case .published? = try await ask().document else {
            Issue.record("no document")
            return
        }
    }

    @Test func aHostWithAPlaceThatCannotBeUsedAndNoDocumentIsNotAbsent() async throws {
        net.isUnusable("https://a.test/.well-known/ocm")
        let (document, failure) = try await ask()
        #expect(document == nil && failure == "redirect at /.well-known/ocm")
        #expect(net.asked.count == 3)
    }

    @Test func whatAPlaceShowsIsToldRatherThanThatTheNextTellsNothing() async throws {
        net.isUnusable("https://a.test/.well-known/ocm")
        net.answer("https://a.test/ocm-provider/", 401, "")
        net.answer("https://a.test/ocm-provider", 503, "")
        #expect(try await ask().failure == "redirect at /.well-known/ocm")
    }

    @Test func aHostThatAnswersAndHasNoneIsAbsent() async throws {
        guard case .absent? = try await ask().document else {
            Issue.record("not absent")
            return
        }
        #expect(net.asked.count == 3)
    }

    // Such a document may say that the server signs: who takes it for none lets anybody speak for it.
    @Test(arguments: [
        #"{"endPoint":"https://a.test/ocm","endPoint":"https://a.test/ocm"}"#,
        #" {"endPoint":"https://a.test/ocm","capabilities":["http-sig"]"#,
        #"{"endPoint":7,"publicKey":{"publicKeyPem":""}}"#,
        "\u{FEFF}{\"endPoint\":\"https://a.test/ocm\"}",
        #"{"enabled":false,"endPoint":"","capabilities":["http-sig"]}"#,
    ])
    func aDocumentThatCannotBeReadIsNotAbsent(_ text: String) async throws {
        net.answer("https://a.test/.well-known/ocm", 200, text)
        let (document, failure) = try await ask()
        #expect(document == nil)
        #expect(failure.hasPrefix("the document at /.well-known/ocm cannot be read: no "))
        // Another place may have one that can.
        net.answer("https://a.test/ocm-provider/", 200, Self.document)
        guard case .published? = try await ask().document else {
            Issue.record("no document")
            return
        }
    }

    // Switched off, as Nextcloud and reva say it.
    @Test(arguments: [
        #"{"enabled":false,"apiVersion":"1.0-proposal1","endPoint":"","resourceTypes":[]}"#,
        #"{"enabled":false,"endPoint":null,"capabilities":[]}"#,
    ])
    func aServerThatHasItSwitchedOffHasNoDocument(_ text: String) async throws {
        net.answer("https://a.test/.well-known/ocm", 200, text)
        guard case .absent? = try await ask().document else {
            Issue.record("not absent")
            return
        }
    }

    @Test(arguments: ["{}", #"{"message":"not found"}"#, "[]", "", "\u{FEFF}<html>"])
    func whatIsAboutSomethingElseIsNoDocument(_ text: String) async throws {
        net.answer("https://a.test/.well-known/ocm", 200, text)
        guard case .absent? = try await ask().document else {
            Issue.record("not absent")
            return
        }
    }

    @Test func aHostThatCannotBeReachedIsNotAbsent() async throws {
        net.fail("https://a.test/.well-known/ocm")
        let (document, failure) = try await ask()
        #expect(document == nil && failure == "connect")
        #expect(net.asked.count == 1)
    }

    // Else whoever makes a peer refuse our questions could speak for it without a signature.
    @Test(arguments: [503, 500, 401, 403, 408, 429])
    func aServerThatDoesNotTellIsNotAbsent(_ status: Int) async throws {
        for path in ["/.well-known/ocm", "/ocm-provider"] {
            let net = TestNet()
            net.answer("https://a.test\(path)", status, "")
            let found = await PeerDocumentFetch(
                fetch: { _, url, _ in await net.fetch(url) }, acquaintance: .stranger
            ).document(of: try #require(PeerHost("a.test")))
            #expect(found.document == nil && found.failure.contains("\(status)"))
            #expect(found.silence == ([401, 403].contains(status) ? .withheld : .trouble))
        }
    }

    @Test func whatOnePlaceKeepsToItselfIsNotWithheldWhereAnotherIsInTrouble() async throws {
        net.isUnusable("https://a.test/.well-known/ocm")
        #expect(try await found().silence == .withheld)
        net.isUnusable("https://a.test/ocm-provider/", isElsewhere: false)
        let long = try await found()
        #expect(long.document == nil && long.silence == .trouble)
        net.answer(
            "https://a.test/ocm-provider/", 200, #"{"endPoint":7,"publicKey":{"publicKeyPem":""}}"#)
        let broken = try await found()
        #expect(broken.document == nil && broken.silence == .trouble)
        net.fail("https://a.test/ocm-provider/")
        #expect(try await found().silence == .trouble)
        net.fail("https://a.test/.well-known/ocm")
        #expect(try await found().silence == .trouble)
    }
}

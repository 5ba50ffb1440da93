import Federation
import OpenSSL
import Testing

@Suite struct DAVCredentialTests {
    private func basic(_ pair: String) -> String { "Basic \(Base64.encode(Array(pair.utf8)))" }

    @Test(arguments: [
        "SECRET15CHARS00:", "SECRET15CHARS00::", "SECRET15CHARS00::::", "SECRET15CHARS00:::::",
        "SECRET15CHARS00:x", "SECRET15CHARS00: ",
    ])
    func theSecretIsTheUserWhateverThePassword(_ pair: String) {
        #expect(DAVCredential(basic(pair)).shareSecret == Secret(utf8: "SECRET15CHARS00"))
    }

    @Test(arguments: [":", ":x", "::::"])
    func aPairWithoutAUserIsNoSecret(_ pair: String) {
        #expect(DAVCredential(basic(pair)).shareSecret == nil)
        #expect(DAVCredential(basic(pair)) != .unreadable)
    }

    @Test(arguments: ["Bearer abc-._~+/=", "bearer abc-._~+/=", "BEARER  abc-._~+/="])
    func aBearerIsTheSecret(_ field: String) {
        #expect(DAVCredential(field).shareSecret == Secret(utf8: "abc-._~+/="))
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \u{e9}", "Basic", "Basic ",
        "Basic !!!", "Basic YQ", "Basic YQ==", "Digest username=\"x\"", "Signature keyId=\"x\"",
        "Basic YTo= YTo=", "Bearer " + String(repeating: "a", count: 5000), "Basic YQA6",
    ])
    func everythingElseIsUnreadableAndNotAbsent(_ field: String) {
        #expect(DAVCredential(field) == .unreadable)
        #expect(DAVCredential(field).shareSecret == nil)
    }

    @Test func nothingIsAbsent() {
        #expect(DAVCredential(nil) == .absent)
        #expect(DAVCredential(nil).shareSecret == nil)
    }

    @Test func backendsGetTheSecretTheirWay() {
        let secret = Secret(utf8: "SECRET15CHARS00")
        for credential in [Backend.Credential.basic, .bearer] {
            let field = DAVCredential.field(for: secret, credential)
            #expect(DAVCredential(field.text).shareSecret == secret)
        }
        #expect(DAVCredential.field(for: secret, .basic).text == "Basic U0VDUkVUMTVDSEFSUzAwOg==")
        #expect(DAVCredential.field(for: secret, .bearer).text == "Bearer SECRET15CHARS00")
    }

    @Test func everyRecordedCredentialIsRead() {
        var seen = 0
        for exchange in RecordedTraffic.all {
            guard let field = exchange.field("authorization"), exchange.path.contains("dav") else {
                continue
            }
            #expect(DAVCredential(field).shareSecret != nil, "\(exchange.testDescription)")
            seen += 1
        }
        #expect(seen > 100)
    }
}

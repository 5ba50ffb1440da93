import Testing

@testable import OpenSSL

@Suite struct SecretTests {
    private let secret = Secret(utf8: "hunter2hunter2")

    @Test func noWayOfPrintingShowsIt() {
        struct Holder { let inner: Secret }
        var dumped = ""
        dump(Holder(inner: secret), to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), dumped,
            "\(Holder(inner: secret))", "\([secret])", "\(Optional(secret) as Any)",
            String(reflecting: [1: secret]),
        ]
        for text in texts {
            #expect(!text.contains("hunter2") && text.contains("<secret>"), "\(text)")
        }
    }

    @Test func itIsEqualByItsBytesAlone() {
        #expect(secret == Secret(Array("hunter2hunter2".utf8)))
        for other in ["hunter2hunter3", "iunter2hunter2", "hunter2hunter2 ", "hunter2", ""] {
            #expect(secret != Secret(utf8: other))
        }
        #expect(Secret([]) == Secret(utf8: "") && Secret([]).isEmpty)
    }

    @Test func base64IsReadInBothAlphabetsAndNothingElseIs() {
        #expect(Secret(base64: "+/8=") == Secret([0xFB, 0xFF]))
        #expect(Secret(base64: "-_8") == Secret([0xFB, 0xFF]))
        for text in ["+_8=", "a", "aa aa", "aGk=\n", "é"] { #expect(Secret(base64: text) == nil) }
    }

    @Test func randomOnesDiffer() {
        let some = (0..<50).map { _ in Secret.random(16) }
        #expect(some.allSatisfy { $0.count == 16 })
        for (index, one) in some.enumerated() {
            #expect(!some[(index + 1)...].contains(one))
        }
    }

    @Test func aFingerprintNamesItUnderOneKeyOnly() {
        let (key, other) = (HMACKey(.sha256, Secret([1])), HMACKey(.sha256, Secret([2])))
        let name = secret.fingerprint(key: key)
        #expect(
            name.utf8.count == 16 && name.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(name == Secret(utf8: "hunter2hunter2").fingerprint(key: key))
        #expect(name != secret.fingerprint(key: other))
        #expect(name != Secret(utf8: "hunter2hunter3").fingerprint(key: key))
    }
}

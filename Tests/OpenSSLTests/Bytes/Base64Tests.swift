import Testing

@testable import OpenSSL

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]) func theExamplesOfTheStandardGoBothWays(_ text: String, _ encoded: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == encoded)
        #expect(Base64.decode(encoded) == bytes)
        #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
        var appended = Array("x".utf8)
        Base64.append(bytes.span, to: &appended)
        #expect(appended == Array("x\(encoded)".utf8))
    }

    @Test func theAlphabetsAreNotMixed() {
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=" && Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decode("-_8=") == nil && Base64.decodeURL("+/8") == nil)
    }

    @Test(arguments: [
        "Z", "Zg=", "Zg===", "=Zg=", "Z=g=", "====", "=", "Zm9v=", "Zg==Zg==", "Zm 9v", "Zm9v\n",
        "Zm9é", "Zh==", "Zm9=", "\u{0}m9v",
    ]) func whatIsNotStrictIsNotRead(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func anyBytesComeBack() {
        for count in 0..<130 {
            let bytes = Random.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
            var appended: [UInt8] = [1]
            Base64.appendURL(bytes.span, to: &appended)
            #expect(appended == [1] + Array(Base64.encodeURL(bytes).utf8))
        }
    }
}

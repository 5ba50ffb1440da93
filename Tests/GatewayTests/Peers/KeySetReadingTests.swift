import Federation
import HTTPSignatures
import Testing

@testable import Gateway

@Suite struct KeySetReadingTests {
    private static let good =
        #"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    private func read(_ body: String) throws(JWKSet.Failure) -> ShownKeys {
        try PeerDirectory.readKeySet(Array(body.utf8))
    }

    @Test func keysAreReadWithTheirNames() throws {
        let shown = try read(#"{"keys":[\#(Self.good)]}"#)
        #expect(shown.keys.map(\.id) == ["k"])
        #expect(shown.keys.first?.source == .jwks)
        #expect(shown.unusable.isEmpty)
    }

    private static func key(_ id: String, _ more: String = "") -> String {
        #"{"kty":"OKP","crv":"Ed25519","kid":"\#(id)","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"\#(more)}"#
    }

    private static let noStrictJSON = "no strict JSON ("
    private static let noSet = "no set of keys ("

    @Test(arguments: [
        ("", noStrictJSON), ("<html>login</html>", noStrictJSON), ("[]", noSet), ("{}", noSet),
        (#"{"keys":{}}"#, noSet), (#"{"keys":["text"]}"#, noSet),
        (#"{"error":"not found"}"#, noSet),
        (#"{"keys":[],"keys":[]}"#, "no strict JSON (duplicate member"),
        ("\u{FEFF}{\"keys\":[]}", "no strict JSON (byte order mark"),
        // One name twice, a private key, a shared secret: nobody knows what was meant.
        (#"{"keys":[\#(good),\#(good)]}"#, KeyError.repeatedKeyID.description),
        (
            #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"p","x":"AA","d":"AA"}]}"#,
            KeyError.privateKey.description
        ),
        (#"{"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0"}]}"#, KeyError.privateKey.description),
        (
            #"{"keys":[\#((0..<21).map { #"{"kty":"OKP","crv":"X448","kid":"\#($0)"}"# }.joined(separator: ","))]}"#,
            KeyError.tooManyKeys.description
        ),
        (String(repeating: "[", count: 100_000), "no strict JSON (nested too deeply"),
    ]) func whatIsNoKeySetIsRefusedWithTheReason(_ body: String, _ reason: String) {
        do throws(JWKSet.Failure) {
            _ = try read(body)
            Issue.record("it was read")
        } catch { #expect(error.description.hasPrefix(reason)) }
    }

    @Test(arguments: [
        // No name, another use, other operations, an unknown curve, a point that is none.
        (
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "an unnamed key: it has no kid"
        ),
        (key("e", #","use":"enc""#), "key e: key is not for verifying signatures"),
        (key("o", #","key_ops":["sign"]"#), "key o: key is not for verifying signatures"),
        (key("a", #","alg":"ed25519""#), "key a: kind of key or algorithm not supported"),
        (key("n", #","alg":null"#), "key n: malformed key"),
        (
            #"{"kty":"OKP","crv":"X25519","kid":"x","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "key x: kind of key or algorithm not supported"
        ),
        (
            #"{"kty":"OKP","crv":"Ed25519","kid":"p","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#,
            "key p: malformed key"
        ),
        (
            #"{"kty":"OKP","crv":"Ed25519","kid":"z","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            "key z: the numbers make no valid key"
        ),
        (
            #"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#,
            "key r: the numbers make no valid key"
        ),
        // Its name is kept no longer than that of a key.
        (key(String(repeating: "k", count: 513)), "an unnamed key: malformed key"),
    ]) func aKeyThatIsNotForUsIsLeftOutWithTheReason(_ key: String, _ reason: String) throws {
        let shown = try read(#"{"keys":[\#(key),\#(Self.good)]}"#)
        #expect(shown.keys.map(\.id) == ["k"])
        #expect(shown.unusable.map(\.description) == [reason])
    }

    @Test func anEmptySetHasNoKeys() throws {
        #expect(try read(#"{"keys":[]}"#).keys.isEmpty)
    }
}

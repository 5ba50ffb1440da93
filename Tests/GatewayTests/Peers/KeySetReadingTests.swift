import HTTPSignatures
import Testing

@testable import Gateway

@Suite struct KeySetReadingTests {
    private static let good =
        #"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test func keysAreReadWithTheirNames() throws {
        let keys = PeerDirectory.readKeySet(Array(#"{"keys":[\#(Self.good)]}"#.utf8))
        #expect(keys?.map(\.id) == ["k"])
        #expect(keys?.first?.source == .jwks)
    }

    @Test(arguments: [
        "", "<html>login</html>", "[]", "{}", #"{"keys":{}}"#, #"{"keys":["text"]}"#,
        #"{"error":"not found"}"#, #"{"keys":[],"keys":[]}"#,
        // One name twice, a private key, a shared secret: nobody knows what was meant.
        #"{"keys":[\#(good),\#(good)]}"#,
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"p","x":"AA","d":"AA"}]}"#,
        #"{"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0"}]}"#,
        #"{"keys":[\#((0..<21).map { #"{"kty":"OKP","crv":"X448","kid":"\#($0)"}"# }.joined(separator: ","))]}"#,
        String(repeating: "[", count: 100_000),
    ]) func whatIsNoKeySetIsNil(_ body: String) {
        #expect(PeerDirectory.readKeySet(Array(body.utf8)) == nil)
    }

    @Test(arguments: [
        // No name, another use, other operations, an unknown curve, a point that is none.
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519","kid":"e","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519","kid":"o","key_ops":["sign"],"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"X25519","kid":"x","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519","kid":"z","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
        #"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#,
    ]) func aKeyThatIsNotForUsIsLeftOut(_ key: String) {
        let keys = PeerDirectory.readKeySet(Array(#"{"keys":[\#(key),\#(Self.good)]}"#.utf8))
        #expect(keys?.map(\.id) == ["k"])
    }

    @Test func anEmptySetHasNoKeys() {
        #expect(PeerDirectory.readKeySet(Array(#"{"keys":[]}"#.utf8)) == [])
    }
}

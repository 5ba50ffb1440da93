import HTTPSignatures
import Testing

@testable import Federation

/// The table of sets that are none, and of keys that are left out, is in `KeySetReadingTests`.
@Suite struct KeySetDocumentTests {
    private func key(_ more: String = "") -> String {
        #"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"\#(more)}"#
    }

    @Test(arguments: ["", #","use":"sig""#, #","key_ops":["verify"]"#, #","x5c":[],"ext":true"#])
    func membersOfAnyKindReachTheReaderOfKeys(_ more: String) {
        let set = try? JWKSet(document: Array(#"{"keys":[\#(key(more))]}"#.utf8))
        #expect(set?.keys.map(\.id) == ["k"])
    }

    @Test(arguments: [#","key_ops":"verify""#, #","use":["sig"]"#, #","use":null"#])
    func memberOfTheWrongKindSpoilsItsKey(_ more: String) {
        let set = try? JWKSet(document: Array(#"{"keys":[\#(key(more))]}"#.utf8))
        #expect(set?.keys.isEmpty == true)
        #expect(set?.ignored.map(\.id) == ["k"])
    }

    @Test(arguments: ["[]", "{}", #"{"keys":["k"]}"#]) func whatIsNoSetIsRefused(_ body: String) {
        #expect(throws: JWKSet.Failure.noSet) { try JWKSet(document: Array(body.utf8)) }
    }

    @Test(arguments: [
        ("", JSONError(problem: .endOfText, offset: 0)),
        ("\u{FEFF}{}", JSONError(problem: .byteOrderMark, offset: 0)),
        (#"{"keys":[],"keys":[]}"#, JSONError(problem: .duplicateMember, offset: 11)),
    ]) func whatIsNoStrictJSONIsRefusedWithItsPlace(_ body: String, _ error: JSONError) {
        #expect(throws: JWKSet.Failure.notJSON(error)) { try JWKSet(document: Array(body.utf8)) }
    }
}

import Federation
import Testing

/// The one spelling of a host, for backends to which each spelling is another provider.
@Suite struct AddressTranslationTests {
    @Test(
        arguments: [BackendKind.ocis, .opencloud, .cernbox],
        ["NC33A.test", "nc33a.test.", "nc33a.test:0443"])
    func aHostHasItsOneSpelling(_ kind: BackendKind, _ host: String) throws {
        let translation = Translation(for: Backend(kind: kind, age: .current))
        let modern = #"{"name":"multi","webdav":{"uri":"https://nc33a.test/x","sharedSecret":"S"}}"#
        let text = """
            {"shareWith":"bob@h.test","shareType":"user","name":"doc.txt","resourceType":"file",\
            "providerId":"26","owner":"alice@\(host)","sender":"alice@\(host)",\
            "sharedBy":"alice@\(host)","protocol":\(modern)}
            """
        let body = try translation.share(try Samples.share(text))
        let told = try #require(try JSONValue(parsing: body.bytes).object)
        for name in ["owner", "sender", "sharedBy"] {
            #expect(told[name]?.string == "alice@nc33a.test")
        }
        let sent = #"{"recipientProvider":"\#(host)","token":"t","userID":"u"}"#
        let invite = translation.inviteAccepted(try InviteAccepted(parsing: Array(sent.utf8)))
        #expect(invite.text == sent.replacing(host, with: "nc33a.test"))
    }
}

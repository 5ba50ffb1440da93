import Federation
import OpenSSL
import Testing

@Suite struct OCMAddressTests {
    @Test(arguments: [
        ("alice@nc33a.test", "alice", "nc33a.test", AddressForm.bare),
        ("alice@https://nc27a.test/", "alice", "nc27a.test", .schemeAndSlash),
        ("alice@https://oc10a.test", "alice", "oc10a.test", .scheme),
        ("alice@http://old.test", "alice", "old.test", .plainScheme),
        ("alice@http://old.test:80/", "alice", "old.test", .plainScheme),
        ("alice@https://h.test/index.php", "alice", "h.test", .scheme),
        ("alice@https://h.test/index.php/", "alice", "h.test", .schemeAndSlash),
        ("alice@h.test/", "alice", "h.test", .bare),
        ("alice@H.TEST:443", "alice", "h.test", .bare),
        ("alice@h.test:8443", "alice", "h.test:8443", .bare),
        ("alice@example.org@h.test", "alice@example.org", "h.test", .bare),
        ("uuid@ocis1.test@ocis1.test", "uuid@ocis1.test", "ocis1.test", .bare),
        ("uuid@h.test:9200@h.test:9200", "uuid@h.test:9200", "h.test:9200", .bare),
        ("uuid@https://h.test@h.test", "uuid@https://h.test", "h.test", .bare),
        ("YjFmNzRlYzQ=@h.test", "YjFmNzRlYzQ=", "h.test", .bare),
        ("056fc874-dd7f@https://opencloud2.test", "056fc874-dd7f", "opencloud2.test", .scheme),
        ("Ünï ☃@h.test", "Ünï ☃", "h.test", .bare), ("a/b+c=@h.test", "a/b+c=", "h.test", .bare),
        ("a@bücher.example", "a", "xn--bcher-kva.example", .bare),
    ])
    func everyWrittenFormIsRead(
        _ text: String, _ identifier: String, _ host: String, _ form: AddressForm
    ) throws {
        let address = try #require(OCMAddress(text))
        #expect(address.identifier == identifier)
        #expect(address.host.description == host)
        #expect(address.form == form)
        #expect(address.canonical == "\(identifier)@\(host)")
    }

    @Test(arguments: [
        "", "@", "alice", "alice@", "@h.test", "alice@h test", "alice@https://",
        "alice@ftp://h.test",
        "alice@h.test\n", "ali\0ce@h.test", "alice@user:pw@", "alice@https://h.test/../x",
        "alice@https://h.test//", "alice@https://h.test/a?b", "alice@https://h.test/#",
        "alice@h.test/\u{301}x",
        // Nextcloud cuts at the first `/` or `:` and would find the first host.
        "alice@https://good.test/x@evil.test", "alice@good.test/x@evil.test",
        "alice@good.test:1@evil.test", "alice@good.test#@evil.test", "alice@good.test\\@evil.test",
        "https://good.test/@evil.test", "a@b@good.test?@evil.test",
        // No issuer: behind what is no UUID, in front of another host, and without a host behind it.
        "056afc87-4dd7-4f00-8a00-0123456789a@https://idp.test/x@h.test",
        "056afc87-4dd7-4f00-8a00-0123456789ab@https://idp.test/x@i.test@h.test",
        "056afc87-4dd7-4f00-8a00-0123456789ab/x@https://idp.test/x@h.test",
        "056afc87-4dd7-4f00-8a00-0123456789ab@https://idp.test/realms/x?y",
    ])
    func whatIsNoAddressOrTwoIsRefused(_ text: String) { #expect(OCMAddress(text) == nil) }

    @Test func anAddressOverOneKibibyteIsRefused() {
        #expect(OCMAddress(String(repeating: "a", count: 1020) + "@h.test") == nil)
    }

    @Test func theFormNeverChangesTheHost() throws {
        let address = try #require(OCMAddress("alice@HTTPS://Cloud.example.org:8443/nc/"))
        #expect(address.basePath == "/nc")
        for form in AddressForm.allCases where form != .plainScheme {
            let again = try #require(OCMAddress(address.written(form)))
            #expect(again == address)
            #expect(again.form == form)
            #expect(again.basePath == "/nc")
        }
        #expect(address.written(.schemeAndSlash) == "alice@https://cloud.example.org:8443/nc/")
        #expect(address.written(.scheme) == "alice@https://cloud.example.org:8443/nc")
        #expect(address.written(.bare) == "alice@cloud.example.org:8443/nc")
    }

    private static let uuid = "056afc87-4dd7-4f00-8a00-0123456789ab"
    /// The base64 of the UUID and of an `@`, with the first bits of what follows.
    private static let code = "MDU2YWZjODctNGRkNy00ZjAwLThhMDAtMDEyMzQ1Njc4OWFiQG"
    /// The base64 of an address whose name is as long as a UUID.
    private static let chosen = Base64.encode(
        Array("\(String(repeating: "b", count: 36))@h.test".utf8))

    @Test(arguments: [
        ("bob@h.test", "bob@h.test"), ("bob@h.test@h.test", "bob@h.test"),
        ("bob@h.test@h.test@h.test", "bob@h.test"), ("bob@H.test:443@h.test", "bob@h.test"),
        ("bob@h.test:9200@h.test:9200", "bob@h.test:9200"),
        ("bob@https://h.test@h.test", "bob@h.test"),
        ("bob@https://h.test/idp@h.test", "bob@h.test"),
        ("bob@h.test@https://h.test/", "bob@https://h.test/"),
        ("bob@h.test@https://h.test/nc", "bob@https://h.test/nc"),
        ("bob@i.test@h.test", "bob@i.test@h.test"),
        ("bob@h.test@i.test@h.test", "bob@h.test@i.test@h.test"),
        ("@h.test@h.test", "@h.test@h.test"),
        // An issuer.
        ("\(uuid)@https://idp.test/realms/x@h.test", "\(uuid)@h.test"),
        ("\(uuid)@https://idp.test/realms/x@h.test@h.test", "\(uuid)@h.test"),
        ("\(uuid)@idp.test@h.test", "\(uuid)@idp.test@h.test"),
        // Base64 of a UUID's address: with a scheme, without, unpadded, and with the host twice.
        ("\(code)h0dHBzOi8vaC50ZXN0@h.test", "\(uuid)@h.test"),
        ("\(code)gudGVzdA==@H.test", "\(uuid)@h.test"),
        ("\(code)gudGVzdA@https://h.test/", "\(uuid)@https://h.test/"),
        ("\(code)gudGVzdEBoLnRlc3Q=@h.test", "\(uuid)@h.test"),
        // At i.test, with too much padding, and with what is none.
        ("\(code)kudGVzdA@h.test", "\(code)kudGVzdA@h.test"),
        ("\(code)gudGVzdA===@h.test", "\(code)gudGVzdA===@h.test"),
        ("\(code)gudGVzdA=x@h.test", "\(code)gudGVzdA=x@h.test"),
        // Of bob@h.test, which somebody else may choose for a name.
        ("Ym9iQGgudGVzdA@h.test", "Ym9iQGgudGVzdA@h.test"),
        ("\(chosen)@h.test", "\(chosen)@h.test"),
        // Without its end it would be no address.
        ("https://x@https://h.test@h.test", "https://x@https://h.test@h.test"),
    ])
    func aHostThatIsSaidTwiceCanBeSaidOnce(_ text: String, _ once: String) throws {
        let address = try #require(OCMAddress(text))
        #expect(address.saidOnce.written(address.form) == once)
        #expect(OCMAddress(once) == address.saidOnce)
    }

    @Test func identifiersCompareAsBytes() {
        #expect(OCMAddress("\u{e9}@h.test") != OCMAddress("e\u{301}@h.test"))
        #expect(OCMAddress("Alice@h.test") != OCMAddress("alice@h.test"))
        #expect(OCMAddress("alice@https://H.test/") == OCMAddress("alice@h.test"))
    }
}

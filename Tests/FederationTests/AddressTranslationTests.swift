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

    private static let uuid = "04bf0617-406a-40ad-93d3-84768f0cdf66"

    /// OpenCloud's shares and its answers to invitations name the same people.
    @Test(arguments: BackendKind.allCases)
    func whoInvitedIsNamedAsTheSharesNameThem(_ kind: BackendKind) throws {
        let reader = Translation(for: Backend(kind: kind, age: .current))
        let host = try #require(PeerHost("oc.test"))
        func told(_ account: String) throws -> String? {
            let body = Array(#"{"userID":"\#(account)","email":"","name":"Alice"}"#.utf8)
            let told = reader.answer(body, ofInviterAt: host)
            return try JSONValue(parsing: told).object?["userID"]?.string
        }
        let (said, encoded) = (
            "\(Self.uuid)@https://oc.test",
            "MDRiZjA2MTctNDA2YS00MGFkLTkzZDMtODQ3NjhmMGNkZjY2QGh0dHBzOi8vb2MudGVzdA=="
        )
        switch kind {
        case .nextcloud: #expect(try [told(said), told(encoded)] == [Self.uuid, Self.uuid])
        case .generic: #expect(try [told(said), told(encoded)] == [Self.uuid, encoded])
        case .owncloud10, .ocis, .opencloud, .cernbox, .seafile:
            #expect(try [told(said), told(encoded)] == [said, encoded])
        }
        #expect(try told("alice") == "alice")
        let issued = "\(Self.uuid)@https://idp.test/realms/x"
        let isKept = [BackendKind.ocis, .opencloud, .cernbox].contains(kind)
        #expect(try told(issued) == (isKept ? issued : Self.uuid))
        for other in ["[]", #"{"userID":7}"#, "<html>"].map({ Array($0.utf8) }) {
            #expect(reader.answer(other, ofInviterAt: host) == other)
        }
    }

    /// Who logs in elsewhere is nobody of that host.
    @Test(arguments: BackendKind.allCases)
    func ofAnIssuerTheRevaFamilyAloneIsTold(_ kind: BackendKind) throws {
        let reader = Translation(for: Backend(kind: kind, age: .current))
        let issued = "\(Self.uuid)@https://idp.test/realms/x"
        let text = Samples.nextcloud33.replacing("alice@nc33a.test", with: "\(issued)@nc33a.test")
            .replacing(#"bob@https:\/\/nc33b.test"#, with: "\(issued)@nc33b.test")
        let share = try Samples.share(text)
        let isKept = [BackendKind.ocis, .opencloud, .cernbox].contains(kind)
        #expect(share.owner.saidOnce.canonical == "\(Self.uuid)@nc33a.test")
        let body = try reader.share(share, uri: "https://nc33a.test/public.php/webdav/")
        let told = try #require(try JSONValue(parsing: body.bytes).object)
        for name in ["owner", "sender"] {
            let person = try #require(told[name]?.string.flatMap { OCMAddress($0) })
            #expect(person.identifier == (isKept ? issued : Self.uuid), "\(name)")
        }
        let receiver = try #require(told["shareWith"]?.string.flatMap { OCMAddress($0) })
        let isFound = [BackendKind.ocis, .opencloud].contains(kind)
        #expect(receiver.identifier == (isFound ? issued : Self.uuid))
        let sent =
            #"{"recipientProvider":"nc33a.test","token":"t","userID":"\#(issued)"}"#
        let invite = reader.inviteAccepted(try InviteAccepted(parsing: Array(sent.utf8)))
        #expect(invite.text == (isKept ? sent : sent.replacing(issued, with: Self.uuid)))
    }
}

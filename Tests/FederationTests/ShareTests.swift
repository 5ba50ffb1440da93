import Federation
import OpenSSL
import Testing

@Suite struct ShareTests {
    private func host(_ text: String) throws -> PeerHost { try #require(PeerHost(text)) }

    @Test func nextcloud27NamesTheSharerOnly() throws {
        let share = try Samples.share(Samples.nextcloud27)
        #expect(share.sender.canonical == "alice@nc27a.test")
        #expect(share.shareWith.canonical == "bob@nc27b.test")
        #expect(share.providerID.text == "22")
        #expect(share.members["providerId"]?.number?.text == "22")
        #expect(share.shape == .legacy)
        #expect(share.webdav?.permissions == .unspecified)
        #expect(share.secrets == [Secret(utf8: "SECRET15CHARS00")])
        #expect(share.claim == Claim(try host("nc27a.test")))
    }

    @Test func openCloudWritesURLAndNoExpiration() throws {
        let share = try Samples.share(Samples.opencloud)
        #expect(share.shape == .multi)
        #expect(share.expiration == nil)
        #expect(share.webdav?.permissions == .named(["read"]))
        #expect(share.webdav?.uri == "https://opencloud1.test/dav/ocm/2bd4e667")
        #expect(!share.requires(.mustExchangeToken))
    }

    @Test func whatMayBeLeftAwayMayBeNull() throws {
        let nulls = ["description", "ownerDisplayName", "senderDisplayName", "expiration"].map {
            "\"\($0)\":null,"
        }
        let text = Samples.opencloudmeshgo.replacing(
            #""name":"go.txt","#, with: #""name":"go.txt","# + nulls.joined())
        let share = try Samples.share(text)
        #expect(share.expiration == nil && share.members["expiration"]?.isNull == true)
    }

    @Test func whereBothHoldNoPermissionIsMore() {
        let (all, read) = (SharePermissions.unspecified, SharePermissions.named(["read"]))
        #expect(all.intersection(all) == all)
        #expect(all.intersection(read) == read && read.intersection(all) == read)
        #expect(read.intersection(.named(["write", "read"])) == read)
        #expect(read.intersection(.named(["write"])) == .named([]))
    }

    @Test func theNewestDraftsLeaveTheNameAway() throws {
        let text = Samples.opencloudmeshgo.replacing(#""name":"multi","#, with: "")
        let share = try Samples.share(text)
        #expect(share.shape == .multi)
        #expect(share.webdav?.uri == "01a20a35")
        for ways in ["{}", #"{"options":{"sharedSecret":"S"}}"#] {
            let bare = text.replacing(/"protocol":.*/, with: #""protocol":\#(ways)}"#)
            #expect(throws: Denial.self) { try Samples.share(bare) }
        }
    }

    @Test func openCloudMeshGoDemandsTheExchange() throws {
        let share = try Samples.share(Samples.opencloudmeshgo)
        #expect(share.requires(.mustExchangeToken))
        #expect(!share.requires(.mustUseMFA))
        #expect(share.webdav?.uri == "01a20a35")
    }

    @Test func bothShapesInOneBodyAreOneProtocol() throws {
        let share = try Samples.share(Samples.nextcloud35)
        #expect(share.shape == .single)
        #expect(share.protocols.count == 1)
        #expect(share.protocols.first?.place == .both)
        #expect(share.webdav?.permissions == .named(["read", "write"]))
    }

    @Test func applicationsKeepTheirOwnProtocols() throws {
        #expect(try Samples.share(Samples.calendar).shape == .legacy)
        let talk = try Samples.share(Samples.talk)
        #expect(talk.shape == .foreign)
        #expect(talk.protocols.map(\.name) == ["nctalk"])
    }

    /// It writes the one word where Nextcloud names a property.
    @Test func seafileSaysInAWordThatAShareIsForReading() throws {
        let text = Samples.owncloud10.replacing(
            #""options":{"#, with: #""options":{"permissions":"read","#)
        #expect(try Samples.share(text).webdav?.permissions == .named(["read"]))
    }

    @Test func everyProtocolHasItsOwnSecret() throws {
        let share = try Samples.share(
            Samples.opencloudmeshgo.replacing(
                #""webdav":{"#,
                with:
                    #""webapp":{"uri":"https://x.test/app","sharedSecret":"OTHER","permissions":["view"],"requirements":["use-code"]},"ssh":{"uri":"x"},"webdav":{"#
            ))
        #expect(share.protocols.map(\.name) == ["webapp", "ssh", "webdav"])
        #expect(share.secrets == [Secret(utf8: "OTHER"), Secret(utf8: "SECRET15CHARS00")])
        #expect(!share.requires(.mustExchangeToken))
    }

    @Test func placesOfEmbeddedDataAreFoundWhereverTheyStand() throws {
        let crate =
            #"{"@graph":[{"url":"a"},{"URL":{"@Id":"b","@type":"c"}},{"url":["d",1]},"#
            + #"{"distribution":[{"contentURL":"e","encodingFormat":"f"}],"url":"","@id":"g"}]}"#
        for (payload, places) in [(crate, ["a", "b", "d", "e"]), (#""text""#, ["text"])] {
            let share = try Samples.share(
                Samples.opencloudmeshgo.replacing(
                    #""webdav":{"#, with: #""embedded":{"payload":\#(payload)},"webdav":{"#))
            #expect(share.protocols.first?.places == places)
        }
        #expect(throws: Denial.self) {
            try Samples.share(
                Samples.opencloudmeshgo.replacing(
                    #""webdav":{"#, with: #""embedded":{"Payload":{}},"webdav":{"#))
        }
    }

    @Test func olderNamesOfRequirementsFallTogether() throws {
        let share = try Samples.share(
            Samples.opencloudmeshgo.replacing(
                #"["must-exchange-token"]"#, with: #"["use-code","mfa-enforced","future"]"#))
        #expect(share.webdav?.requirements == [.mustExchangeToken, .mustUseMFA, .other("future")])
    }

    @Test func inAReshareOfTheOldShapeOnlyTheOwnersServerSpeaks() throws {
        let body = Samples.owncloud10.replacing(
            #""sender":"alice@https:\/\/oc10a.test""#, with: #""sender":"bob@oc10c.test""#)
        let claim = try Samples.share(body).claim
        #expect(claim.peer == (try host("oc10a.test")))
        #expect(claim.signers == [try host("oc10a.test")])
        #expect(claim.named == [try host("oc10c.test"), try host("oc10a.test")])
    }

    @Test func inAReshareOfTheNewShapeTheSenderSpeaksToo() throws {
        let body = Samples.opencloudmeshgo.replacing(
            #""sender":"MDFh@ocmgo1.test""#, with: #""sender":"x@other.test""#)
        let claim = try Samples.share(body).claim
        #expect(claim.peer == (try host("ocmgo1.test")))
        #expect(claim.signers == [try host("other.test"), try host("ocmgo1.test")])
    }

    @Test func stubsCapitalsAreRead() throws {
        let share = try Samples.share(
            Samples.opencloudmeshgo.replacing(#""uri":"#, with: #""URI":"#))
        #expect(share.webdav?.uri == "01a20a35")
    }

    @Test(arguments: [
        "shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType",
        "protocol",
    ])
    func everyRequiredMemberIsRequired(_ name: String) throws {
        var members = try #require(try JSONValue(parsing: Array(Samples.owncloud10.utf8)).object)
        members[name] = nil
        for replacement in [nil, .null, .array([.null]), .bool(true)] as [JSONValue?] {
            var changed = members
            if let replacement { changed[name] = replacement }
            let denial = #expect(throws: Denial.self) {
                try Share(parsing: JSONValue.object(changed).serialized())
            }
            #expect(denial?.code == .malformedMessage)
        }
    }

    @Test(arguments: [
        (#""name":"doc.txt""#, #""name":"""#), (#""providerId":"10""#, #""providerId":"""#),
        (#""providerId":"10""#, #""providerId":1.5"#), (#""providerId":"10""#, #""providerId":-1"#),
        (#""providerId":"10""#, #""providerId":1e3"#),
        (#""providerId":"10""#, #""providerId":"a\n""#),
        (#""shareType":"user""#, #""shareType":"User""#),
        (#""shareType":"user""#, #""shareType":"group ""#),
        (#""owner":"alice@"#, #""owner":""#), (#""shareType":"user""#, #""shareType":6"#),
        (#""sender":"alice@https:\/\/oc10a.test""#, #""sender":"alice""#),
        (#""name":"doc.txt""#, #""Name":"doc.txt""#),
        (#""shareType":"user""#, #""shareType":"user","SharedBy":"eve@evil.test""#),
        (#""shareType":"user""#, #""shareType":"user","sharedBy":"eve@evil.test""#),
        (#""shareType":"user""#, #""shareType":"user","expiration":-1"#),
        (#""shareType":"user""#, #""shareType":"user","expiration":"tomorrow""#),
        (#""sharedSecret":"SECRET15CHARS00""#, #""sharedSecret":"""#),
        (#""sharedSecret":"SECRET15CHARS00""#, #""sharedSecret":7"#),
        (#""sharedSecret":"SECRET15CHARS00""#, #""sharedSecret":"a\r\nX: y""#),
        (#""sharedSecret":"SECRET15CHARS00""#, #""SharedSecret":"x""#),
        (#""sharedSecret":"SECRET15CHARS00""#, #""sharedSecret":"x","permissions":"write""#),
        (
            #""options":{"sharedSecret":"SECRET15CHARS00"}"#,
            #""webdav":{"sharedSecret":"x","permissions":"read"}"#
        ),
        (#""sharedSecret":"SECRET15CHARS00""#, #""sharedSecret":"x","permissions":[1]"#),
        (#"{"name":"webdav","options""#, #"{"options""#),
        (#"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#, #"{"name":"multi"}"#),
        (#"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#, "[]"),
        (
            #"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#,
            #"{"name":"multi","webdav":{"uri":"x"}}"#
        ),
        (
            #"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#,
            #"{"name":"multi","webdav":"x","webapp":{"sharedSecret":"y"}}"#
        ),
        (
            #"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#,
            #"{"name":"multi","Webdav":{"sharedSecret":"y"}}"#
        ),
        (
            #""options":{"sharedSecret":"SECRET15CHARS00"}"#,
            #""options":{"sharedSecret":"a"},"webdav":{"sharedSecret":"b"}"#
        ),
        (
            #"{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}"#,
            #"{"name":"multi","webdav":{"sharedSecret":"y","uri":"a","url":"b"}}"#
        ),
    ])
    func aBodyThatCouldBeReadInTwoWaysIsRefused(_ part: String, _ other: String) throws {
        let body = Samples.owncloud10.replacing(part, with: other)
        #expect(body != Samples.owncloud10)
        let denial = #expect(throws: Denial.self) { try Samples.share(body) }
        #expect(denial?.code == .malformedMessage)
    }

    @Test(arguments: ["", "[]", "null", "7", #""x""#])
    func whatIsNoObjectIsNoShare(_ body: String) {
        let denial = #expect(throws: Denial.self) { try Samples.share(body) }
        #expect(denial?.status == 400)
    }

    @Test(arguments: [(64, 7, true), (65, 0, false), (1, 8, false)])
    func listsAndWaysHaveAnEnd(_ words: Int, _ ways: Int, _ isTaken: Bool) {
        let permissions = Array(repeating: #""read""#, count: words).joined(separator: ",")
        let others = (0..<ways).map { #","way\#($0)":{"sharedSecret":"x"}"# }.joined()
        let webdav = #""webdav":{"uri":"x","sharedSecret":"x","permissions":[\#(permissions)]}"#
        let body = Samples.owncloud10.replacing(
            #""options":{"sharedSecret":"SECRET15CHARS00"}"#, with: webdav + others)
        #expect(((try? Samples.share(body)) != nil) == isTaken)
    }

    /// What a share keeps in memory is kept for ever: of an honest one that is a few hundred bytes.
    @Test func whatIsKeptOfAShareHasAnEnd() {
        func isTaken(_ ways: [String]) -> Bool {
            let body = Samples.owncloud10.replacing(
                #""options":{"sharedSecret":"SECRET15CHARS00"}"#, with: ways.joined(separator: ","))
            return (try? Samples.share(body)) != nil
        }
        func way(_ name: String, _ fields: String) -> String {
            #""\#(name)":{"sharedSecret":"x"\#(fields)}"#
        }
        func uri(_ count: Int) -> String {
            #","uri":"\#(String(repeating: "u", count: count))""#
        }
        func words(_ member: String, _ length: Int) -> String {
            let word = #""\#(String(repeating: "w", count: length))""#
            return #","\#(member)":[\#(Array(repeating: word, count: 60).joined(separator: ","))]"#
        }
        #expect(isTaken([way("webdav", uri(4096)), way("webapp", uri(3900))]))
        #expect(!isTaken([way("webdav", uri(4096)), way("webapp", uri(4096))]))
        #expect(isTaken([way("webdav", words("permissions", 40) + words("requirements", 40))]))
        for member in ["permissions", "requirements"] {
            #expect(!isTaken([way("webdav", words(member, 203))]))
        }
        // A word of one letter costs as much as one of sixteen.
        let short = words("permissions", 1) + words("requirements", 1)
        #expect(isTaken(["webdav", "a", "b"].map { way($0, short) }))
        #expect(!isTaken(["webdav", "a", "b", "c"].map { way($0, short) }))
        #expect(!isTaken([way("webdav", ""), way(String(repeating: "n", count: 8200), "")]))
    }

    @Test func aBodyOverTheLimitIsTooLarge() {
        let denial = #expect(throws: Denial.self) {
            try Share(parsing: [UInt8](repeating: 0x20, count: 262_145))
        }
        #expect(denial?.code == .bodyTooLarge)
        #expect(denial?.status == 413)
    }

    @Test func aShareCannotShowItsSecret() throws {
        let share = try Samples.share(Samples.nextcloud33)
        var dumped = ""
        dump(share, to: &dumped)
        #expect(!"\(share)\(String(reflecting: share))\(dumped)".contains("SECRET15"))
        dumped = ""
        dump(share.protocols, to: &dumped)
        #expect(!"\(share.protocols)\(dumped)".contains("SECRET15"))
    }

    @Test func aDenialNamesTheMemberAndNotItsValue() {
        let body = Samples.owncloud10.replacing("SECRET15CHARS00", with: "SECRET CANARY")
        let denial = #expect(throws: Denial.self) { try Samples.share(body) }
        #expect(denial?.detail.contains("CANARY") == false)
        #expect(denial?.detail.contains("sharedSecret") == true)
    }
}

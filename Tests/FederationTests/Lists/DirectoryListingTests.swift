import Testing

@testable import Federation

@Suite struct DirectoryListingTests {
    private func defect(_ payload: String) -> String? {
        do throws(ListDefect) {
            _ = try DirectoryListing.contents(Array(payload.utf8))
            return nil
        } catch { return error.description }
    }

    @Test func theDraftsPayloadIsRead() throws {
        let contents = try DirectoryListing.contents(Array(ListSamples.directory.utf8))
        #expect(contents.title == "Mesh")
        #expect(
            ListSamples.patterns(contents) == [
                "n1.mesh.example", "n2.mesh.example:4443", "192.168.1.1:8080",
            ])
        #expect(contents.entries.map(\.note) == ["One", "Two", nil])
    }

    @Test(arguments: [
        ("https://a.example:443", "a.example:443"), ("https://A.example:443/", "a.example:443"),
        ("http://a.example:443", "a.example:443"), ("http://a.example", "a.example"),
        ("https://[2001:db8::1]:443", "[2001:db8::1]:443"), ("https://[::443]", "[::443]"),
    ])
    func aPortThatIsWrittenStays(_ url: String, _ pattern: String) throws {
        let payload =
            "{\"federation\":\"F\",\"servers\":[{\"url\":\"\(url)\",\"displayName\":\"d\"}]}"
        #expect(
            try ListSamples.patterns(DirectoryListing.contents(Array(payload.utf8))) == [pattern])
    }

    @Test func membersOfLaterDraftsAreIgnored() {
        #expect(
            defect(
                #"{"federation":"F","version":2,"servers":[{"url":"https://a.example","displayName":"A","inviteAcceptDialog":"/x"}]}"#
            )
                == nil)
    }

    @Test(arguments: [
        ("[]", "the payload has no \"federation\""),
        (#"{"federation":"","servers":[]}"#, "the payload has no \"federation\""),
        (#"{"federation":"F"}"#, "the payload has no \"servers\""),
        (
            #"{"federation":"F","servers":[{"url":"https://a.example"}]}"#,
            "servers[0]: there is no \"displayName\""
        ),
        (
            #"{"federation":"F","servers":["https://a.example"]}"#,
            "servers[0]: there is no \"displayName\""
        ),
        (
            #"{"federation":"F","servers":[{"displayName":"x"}]}"#,
            "servers[0].url: there is no \"url\""
        ),
        (
            #"{"federation":"F","federation":"G","servers":[]}"#,
            "payload, byte 18: this is not strict JSON: duplicate"
        ),
    ])
    func whatIsRequiredHasToBeThere(_ payload: String, _ wanted: String) {
        #expect(defect(payload)?.hasPrefix(wanted) == true)
    }

    @Test(arguments: [
        "https://a.example/ocm", "https://u@a.example", "https://a.example?x",
        "https://a.example/#f",
        "ftp://a.example", "a.example", "https://", "https://*.example", "https://a.example:0",
        "https://a.example\\\\b", "https://127.1",
    ])
    func aURLIsOfAHostAlone(_ url: String) {
        let payload =
            "{\"federation\":\"F\",\"servers\":[{\"url\":\"\(url)\",\"displayName\":\"d\"}]}"
        #expect(defect(payload)?.hasPrefix("servers[0].url: ") == true)
    }
}

@Suite struct ProviderListTests {
    /// As the documentation of OpenCloud has them, shortened.
    private let text = #"""
        [{"name":"OpenCloud Test 1","full_name":"OpenCloud Test provider 1","organization":"One",
        "domain":"cloud1.opencloud.test","homepage":"https://cloud1.opencloud.test","services":[
        {"endpoint":{"type":{"name":"OCM","description":"API"},"path":"https://cloud1.opencloud.test/ocm/"},
        "api_version":"0.0.1","host":"http://cloud1.opencloud.test"},
        {"endpoint":{"type":{"name":"Webdav"},"path":"https://cloud1.opencloud.test/dav/"},"host":"x"}]},
        {"domain":"Server-Two:9200","services":[{"endpoint":{"type":{"name":"OCM"}}}]},
        {"name":"no OCM","domain":"other.example","services":[{"endpoint":{"type":{"name":"Webdav"}}}]}]
        """#

    @Test func providersAreRead() throws {
        let contents = try ListSamples.read(text, .providers, for: .allow)
        #expect(ListSamples.patterns(contents) == ["cloud1.opencloud.test", "server-two:9200"])
        #expect(contents.entries.map(\.note) == ["OpenCloud Test provider 1", nil])
        #expect(contents.leftOut == ["no OCM service": 1])
    }

    @Test(arguments: PeerList.Stance.allCases)
    func aPortThatIsWrittenStays(_ stance: PeerList.Stance) throws {
        let text = text.replacing("Server-Two:9200", with: "Server-Two:443")
        let contents = try ListSamples.read(text, .providers, for: stance)
        #expect(ListSamples.patterns(contents)[1] == "server-two:443")
    }

    @Test func aBlockNeedsNoService() throws {
        #expect(try ListSamples.read(text, .providers, for: .block).entries.count == 3)
    }

    @Test(arguments: [
        ("{}", "this is no array of providers"), ("[7]", "[0]: there is no \"domain\""),
        (#"[{"name":"x"}]"#, "[0]: there is no \"domain\""),
        (#"[{"domain":"https://a.example"}]"#, "[0].domain: \"https://a.example\" is not a host"),
        (#"[{"domain":"*.a.example"}]"#, "[0].domain: "), (#"[{"domain":""}]"#, "[0].domain: "),
    ])
    func oneWrongProviderSpoilsTheList(_ text: String, _ wanted: String) {
        #expect(ListSamples.defect(of: text, .providers)?.hasPrefix(wanted) == true)
    }
}

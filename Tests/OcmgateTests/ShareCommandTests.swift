import Testing

@testable import ocmgate

@Suite struct ShareCommandTests {
    @Test(
        arguments: [
            ("https://a.test/apps/SECRET?t=SECRET#SECRET", "https://a.test"),
            ("https://SECRET:SECRET@a.test:8443/x", "https://a.test:8443"),
            ("/remote.php/dav/ocm/SECRET", nil), ("SECRET", nil), ("", nil),
        ] as [(String, String?)])
    func ofAnAddressOnlyTheServerIsShown(_ uri: String, _ shown: String?) {
        #expect(ShareCommand.server(uri) == shown)
    }
}

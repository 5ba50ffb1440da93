import Testing

@testable import Transport

@Suite struct RequestStartTests {
    @Test(
        arguments: [
            ("POST /ocm/shares HTTP/1.1\r\nHost: a\r\n", "/ocm/shares"),
            ("POST /ocm/shares?x=1 HTTP/1.1", "/ocm/shares"), ("POST /a#b HTTP/1.1", "/a"),
            ("\r\nPOST  /a HTTP/1.1", "/a"), ("POST /a", "/a"), ("POST /a\n", "/a"),
            ("POST https://h.test/a?b HTTP/1.1", "/a"), ("POST https://h.test HTTP/1.1", ""),
            ("OPTIONS * HTTP/1.1", ""), ("CONNECT h.test:443 HTTP/1.1", ""), ("POST", ""),
            ("", ""), (" ", ""), ("\u{16}\u{3}\u{1}", ""),
        ] as [(String, String)])
    func thePathIsGuessedFromTheFirstLine(_ bytes: String, _ path: String) {
        let start = RequestStart(guessing: Array(bytes.utf8).span)
        #expect(String(decoding: start.path, as: UTF8.self) == path)
    }
}

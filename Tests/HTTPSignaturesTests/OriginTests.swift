import HTTPSignatures
import Testing

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://cloud.example", "https://cloud.example"),
        ("https://cloud.example/", "https://cloud.example"),
        ("HTTPS://Cloud.EXAMPLE:443", "https://cloud.example"),
        ("https://cloud.example:", "https://cloud.example"),
        ("https://cloud.example:0443", "https://cloud.example"),
        ("https://cloud.example:8443", "https://cloud.example:8443"),
        ("https://cloud.example:80", "https://cloud.example:80"),
        ("http://cloud.example:80", "http://cloud.example"),
        ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://192.0.2.1", "https://192.0.2.1"),
    ]) func originsHaveOneForm(text: String, canonical: String) {
        #expect(Origin(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "cloud.example", "https:/cloud.example", "ftp://cloud.example", "https://",
        "https:///", "https://user@cloud.example", "https://cloud.example/path",
        "https://cloud.example?", "https://cloud.example#", "https://cloud.example:x",
        "https://cloud.example:-1", "https://cloud.example:65536", "https://cloud example",
        "https://cl\u{F6}ud.example", "https://cloud.example\\", "https://cloud.example\n",
        "https://:443",
    ]) func whatIsNoOriginIsRefused(text: String) {
        #expect(Origin(text) == nil)
    }
}

import Federation
import Testing

@testable import Gateway

@Suite struct PresentedSignatureTests {
    @Test(arguments: [
        ("modern.test#key1", "modern.test"), ("MODERN.test#key1", "modern.test"),
        ("modern.test:8443#k", "modern.test:8443"), ("https://h.test/ocm#signature", "h.test"),
        ("https://H.TEST:443/x", "h.test"), ("https://h.test", "h.test"),
        ("modern.test.#k", "modern.test"),
    ]) func theHostOfAKeysName(_ id: String, _ host: String) {
        #expect(PresentedSignature.host(ofKeyID: id)?.description == host)
    }

    @Test(arguments: [
        "https://victim.test@evil.test/key#x", "https://victim.test/key#x@evil.test",
        "http://victim.test/ocm#signature", "ftp://victim.test/#x", "https:///victim.test#x",
        "https://victim.test\\@evil.test#x", "victim.test/../evil.test#x", "victim .test#x", "#x",
        "https://[::1%25eth0]/#x", "victim.test:0#x", "victim.test:99999#x", "https://#x",
        "javascript://victim.test#x", "0x7f.1#x",
    ]) func namesThatCouldMeanTwoHostsMeanNone(_ id: String) {
        #expect(PresentedSignature.host(ofKeyID: id) == nil)
        #expect(PresentedSignature.namesHost(id))
    }

    @Test(arguments: ["key1", "4f3a", "urn:uuid:1"]) func aBareNameNamesNoHost(_ id: String) {
        #expect(PresentedSignature.host(ofKeyID: id) == nil)
        #expect(!PresentedSignature.namesHost(id))
    }
}

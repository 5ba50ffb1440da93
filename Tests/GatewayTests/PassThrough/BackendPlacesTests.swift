import Testing

@testable import Gateway

@Suite struct BackendPlacesTests {
    @Test(arguments: [
        ("http://cloud.test:8080/remote.php/dav/", "https://cloud.test/remote.php/dav/"),
        ("HTTP://Cloud.Test.:8080/a?b=http://x/#c", "https://cloud.test/a?b=http://x/#c"),
        ("http://cloud.test/a", "https://cloud.test/a"),
        ("http://cloud.test:80/a", "https://cloud.test/a"),
        ("http://127.0.0.1:8080/a", "https://cloud.test/a"),
        ("http://cloud.test:8080", "https://cloud.test"),
        ("http://cloud.test:8080?a", "https://cloud.test?a"),
    ])
    func aPlaceOfTheBackendsIsTheSites(_ location: String, _ outer: String) {
        let places = BackendPlaces(
            host: "cloud.test", url: "http://127.0.0.1:8080", origin: "https://cloud.test")
        #expect(places.outer(location) == outer)
    }

    @Test(arguments: [
        "https://cloud.test/a", "https://cloud.test:8080/a", "http://cloud.test:81/a", "/a", "a",
        "", "http:", "http:/", "http://", "//cloud.test:8080/a", "http://other.test:8080/a",
        "http://cloud.test:8080@other.test/", "http://cloud.test:8080.other.test/",
        "http://cloud.test\\@other.test/", "http://127.0.0.1/a", "ftp://cloud.test/a",
    ])
    func anythingElseGoesOnAsItCame(_ location: String) {
        let places = BackendPlaces(
            host: "cloud.test", url: "http://127.0.0.1:8080", origin: "https://cloud.test")
        #expect(places.outer(location) == nil)
    }

    @Test(arguments: [
        ("unix:/run/web.sock", "http://inner.test/a", true),
        ("unix:/run/web.sock", "http://inner.test:8080/a", false),
        ("https://127.0.0.1:9200", "https://inner.test:9200/a", true),
        ("https://127.0.0.1:9200", "https://127.0.0.1:9200/a", true),
        ("https://127.0.0.1:9200", "http://inner.test:9200/a", false),
        ("https://127.0.0.1:9200", "https://inner.test/a", false),
        ("http://[::1]:8080", "http://[::1]:8080/a", true),
    ])
    func itIsWhereItIsDialledBelowItsHost(_ url: String, _ location: String, _ isIts: Bool) {
        let places = BackendPlaces(host: "inner.test", url: url, origin: "https://cloud.test:8443")
        #expect(places.outer(location) == (isIts ? "https://cloud.test:8443/a" : nil))
    }
}

import Testing
import Transport

@testable import Gateway

@Suite struct SiteTests {
    private func site() throws -> Site {
        try #require(
            Site(origin: "https://cloud.uni.example", aliases: ["https://files.uni.example"]))
    }

    @Test(arguments: [
        ("cloud.uni.example", true), ("CLOUD.uni.example:443", true),
        ("cloud.uni.example.:8443", true), ("files.uni.example", true),
        ("other.example", false), ("uni.example", false), ("127.0.0.1", false),
    ])
    func requestsAreForTheNamesOfTheSite(_ host: String, _ isNamed: Bool) throws {
        #expect(try site().isNamed(by: try Authority(host)) == isNamed)
    }

    @Test func aRequestWithoutHostIsForTheSite() throws {
        #expect(try site().isNamed(by: nil))
    }

    @Test(arguments: [
        (nil, true), ("cloud.uni.example", true), ("files.uni.example", false),
        ("other.example", false),
    ])
    func theNameOfTheHandshakeIsTheOneOfTheRequest(_ name: String?, _ isReached: Bool) throws {
        #expect(
            try site().isReached(by: name, for: try Authority("cloud.uni.example")) == isReached)
    }
}

import Federation
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

    // Old servers cut an address where they take the host to end, and would find another user.
    @Test(arguments: [
        ("dean", true), ("dean@other.example", true), ("dean/x", true),
        ("dean@cloud.uni.example/", false), ("dean@cloud.uni.example:443", false),
        ("dean@https://cloud.uni.example/", false), ("dean@cloud.uni.example/index.php", false),
        ("dean@cloud.uni.example?", false), ("dean@cloud.uni.example#", false),
    ])
    func ourPeopleHaveOneSpelling(_ identifier: String, _ isTaken: Bool) throws {
        guard let address = OCMAddress("\(identifier)@cloud.uni.example") else {
            #expect(!isTaken)
            return
        }
        let site = try site()
        guard isTaken else {
            let denial = #expect(throws: Denial.self) { try site.checkOwn(address, "shareWith") }
            #expect(denial?.code == .malformedMessage)
            return
        }
        try site.checkOwn(address, "shareWith")
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

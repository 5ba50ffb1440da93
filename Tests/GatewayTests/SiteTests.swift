import Federation
import HTTPSignatures
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
        try expect(address, isTaken)
    }

    /// A directory finds one user by several spellings, and a policy names one of them.
    @Test(arguments: [
        ("Dean Smith", true), ("m\u{fc}ller", true), ("\u{4e2d}\u{6587}", true),
        ("\u{ff44}ean", false), ("mu\u{308}ller", false), ("de\u{ad}an", false),
        ("de\u{200b}an", false), ("dean  smith", false), ("\u{e9}  x", false),
        ("dean\u{a0}smith", false),
    ])
    func ourPeopleAreNamedInOneForm(_ identifier: String, _ isTaken: Bool) throws {
        try expect(OCMAddress(identifier: identifier, host: try site().host), isTaken)
    }

    /// Whether somebody is taken for one of ours, or refused.
    private func expect(_ address: OCMAddress, _ isTaken: Bool) throws {
        let site = try site()
        guard isTaken else {
            let denial = #expect(throws: Denial.self) { try site.checkOwn(address, "shareWith") }
            #expect(denial?.code == .malformedMessage)
            return
        }
        try site.checkOwn(address, "shareWith")
    }

    /// An alias may have the name of the site itself, or of another alias, at another port.
    @Test(arguments: [
        ("cloud.uni.example", "https://cloud.uni.example"),
        ("cloud.uni.example:8443", "https://cloud.uni.example:8443"),
        ("cloud.uni.example:9000", "https://cloud.uni.example"),
        ("files.uni.example:444", "https://files.uni.example:444"),
        ("files.uni.example:445", "https://files.uni.example:445"),
        ("files.uni.example:9000", "https://files.uni.example:444"),
        ("other.example", "https://cloud.uni.example"), (nil, "https://cloud.uni.example"),
    ])
    func peersSignForTheNameAndPortThatTheyAsk(_ host: String?, _ origin: String) throws {
        let site = try #require(
            Site(
                origin: "https://cloud.uni.example",
                aliases: [
                    "https://cloud.uni.example:8443", "https://files.uni.example:444",
                    "https://files.uni.example:445",
                ]))
        let authority = try host.map { try Authority($0) }
        #expect(site.signedOrigin(for: authority).description == origin)
        #expect(site.signedOrigins.count == 4)
        #expect(Set(site.signedOrigins.map(\.description)).count == 4)
    }

    @Test func aFormerNameCountsWhileItIsOneOfTheSite() throws {
        let site = try site()
        let former = try #require(PeerHost("files.uni.example"))
        #expect(site.name(former) == former)
        #expect(site.name(site.host) == site.host)
        #expect(site.name(PeerHost("other.example")) == site.host)
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

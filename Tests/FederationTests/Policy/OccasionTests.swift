import Testing

@testable import Federation

@Suite struct OccasionTests {
    @Test(arguments: [
        ("share.in", ["share.in"]), ("share", ["share.in", "share.out"]),
        ("request-share.out", ["request-share.out"]),
        (
            "*.in",
            [
                "share.in", "notification.in", "invite.in", "token.in", "webdav.in",
                "request-share.in", "ocs.in",
            ]
        ),
    ])
    func wordMeansTheseMessages(_ word: String, _ meaning: [String]) throws {
        #expect(try #require(OccasionSet(word: word)).occasions.map(\.description) == meaning)
    }

    @Test(arguments: ["", "*", "in", ".in", "share.", "share.In", "shares", "share.in.out", "*.*"])
    func wordIsRefused(_ word: String) {
        #expect(OccasionSet(word: word) == nil)
    }

    @Test func everyOccasionHasItsOwnPlaceInASet() {
        for one in Occasion.all {
            #expect(OccasionSet([one]).occasions == [one])
            #expect(Occasion(one.description) == one)
        }
        #expect(OccasionSet.everything.occasions == Occasion.all)
    }
}

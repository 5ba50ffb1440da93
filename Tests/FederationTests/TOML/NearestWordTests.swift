import Federation
import Testing

@Suite struct NearestWordTests {
    private let known = ["origin", "aliases", "provider", "accept_secret", "ttl"]

    @Test(arguments: [
        ("orgin", "origin"), ("oirgin", "origin"), ("Origin", "origin"), ("alias", "aliases"),
        ("accept-secret", "accept_secret"), ("acceptsecret", "accept_secret"), ("tll", "ttl"),
    ])
    func aMisspeltWordFindsTheNearest(_ word: String, _ nearest: String) {
        #expect(nearestWord(to: word, among: known) == nearest)
    }

    @Test(arguments: ["", "x", "zzz", "listen", String(repeating: "o", count: 65)])
    func aWordThatIsNearNoneFindsNothing(_ word: String) {
        #expect(nearestWord(to: word, among: known) == nil)
    }

    @Test func withoutANearWordAShortListIsShown() {
        #expect(
            remedy(for: "zzz", among: ["a_long_one", "another"])
                == "known here: a_long_one, another")
        #expect(remedy(for: "zzz", among: []) == nil)
        #expect(remedy(for: "zzz", among: (0..<17).map { "long_word_\($0)" }) == nil)
    }

    @Test func quotedWordsShowTheirControlCharacters() {
        #expect(quoted("a\"b\\c\n\u{7F}ü") == #""a\"b\\c\u{a}\u{7f}ü""#)
    }
}

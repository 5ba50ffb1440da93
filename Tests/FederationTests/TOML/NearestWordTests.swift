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

    @Test func theOnlyWordThatBeginsSoIsMeant() {
        #expect(remedy(for: "warn", among: ["info", "warning"]) == "did you mean \"warning\"?")
        #expect(
            remedy(for: "warn", among: ["warnings_off", "warning_few"])
                == "known here: warnings_off, warning_few")
        #expect(remedy(for: "xyz", among: ["", "a_long_one"]) == "known here: \"\", a_long_one")
    }

    @Test func withoutANearWordAShortListIsShown() {
        #expect(
            remedy(for: "zzz", among: ["a_long_one", "another"])
                == "known here: a_long_one, another")
        #expect(remedy(for: "zzz", among: []) == nil)
        #expect(remedy(for: "zzz", among: (0..<17).map { "long_word_\($0)" }) == nil)
    }

    @Test(arguments: [
        ("http://user:pass@proxy.test:3128", "http://***@proxy.test:3128"),
        ("https://user@list.test/a", "https://***@list.test/a"),
        ("http://user:p@s/s@proxy.test", "http://***@proxy.test"),
        ("user:pass@proxy.test:3128", "***@proxy.test:3128"),
        ("http://proxy.test:3128", "http://proxy.test:3128"), ("alice@a.test", "alice@a.test"),
        ("ask: alice@a.test", "ask: alice@a.test"),
    ])
    func quotedURLsHideUserAndPassword(_ url: String, _ shown: String) {
        #expect(quoted(url) == "\"\(shown)\"")
        #expect((remedyForUser(in: url) != nil) == (url != shown))
    }

    @Test func quotedWordsShowTheirControlCharacters() {
        #expect(
            quoted("\u{FEFF}a\u{200B}\u{202E}\u{2066}é") == #""\u{feff}a\u{200b}\u{202e}\u{2066}é""#
        )
        #expect(quoted("a\"b\\c\n\u{7F}ü") == #""a\"b\\c\u{a}\u{7f}ü""#)
    }
}

import Testing

@testable import Federation

@Suite struct HostNameTests {
    /// A small generator, so that a failure comes back.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private func isCanonical(_ text: String) -> Bool { HostName.isCanonical(text.utf8.span) }

    @Test(arguments: [
        "a", "localhost", "cloud.example.org", "a-b.c-d", "1.2.3.com", "x--y.org",
        "0x7f.example", String(repeating: "a", count: 63) + ".org",
    ])
    func ordinaryNamesNeedNoFurtherReading(_ text: String) {
        #expect(isCanonical(text))
        #expect(HostName(reading: text[...])?.text == text)
        #expect(HostName(text[...])?.text == text)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a-.b", "ab--c", "xn--bcher-kva.example",
        "A", "a_b", "127.0.0.1", "a.1", "a.0x1", "[::1]", "bücher", "a b", "a\u{0}",
        String(repeating: "a", count: 64), String(repeating: "a.", count: 130) + "a",
    ])
    func whatIsNotCanonicalAsItStandsIsReadAtLength(_ text: String) {
        #expect(!isCanonical(text))
    }

    @Test(arguments: ["[", "[]", "[::1", "[::1x", "[::1]x"])
    func anAddressStandsBetweenBrackets(_ text: String) {
        #expect(HostName(reading: text[...]) == nil)
    }

    @Test func bothWaysOfReadingAgree() {
        var random = Numbers(state: 7)
        let pieces = [
            "a", "b", "z", "0", "9", "-", ".", "x", "xn--", "--", "A", "_", ":", "ü", "\u{301}",
            "0x", "example", "org", "", " ",
        ]
        var canonical = 0
        for _ in 0..<40_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            let read = HostName(reading: text[...])
            #expect(HostName(text[...]) == read, "\(text)")
            guard isCanonical(text) else { continue }
            canonical += 1
            #expect(read?.text.utf8.elementsEqual(text.utf8) == true, "\(text)")
            #expect(read?.kind == .name, "\(text)")
        }
        #expect(canonical > 1000)
    }

    /// Others leave such a character out, or make another name of it: it would be judged as one
    /// host, and be reached as another.
    @Test(arguments: [
        "legacy\u{FE0F}.test", "cl\u{34F}oud.example", "cloud\u{3164}.example",
        "cl\u{180B}oud.test", "cloud\u{17B4}.test", "\u{115F}cloud.test", "cl\u{AD}oud.test",
        "ü\u{200C}.test", "ü\u{200D}.test", "xn--legacy-n648a.test", "\u{1FB3}.gr", "xn--hsg.gr",
        "\u{345}α.gr", "α\u{345}.gr", "\u{13A0}.example", "\u{AB70}.example", "\u{1C88}.example",
        "\u{3F2}.gr", "\u{3F9}.gr", "\u{1D6D3}.gr", "FA\u{1E9E}.de", "\u{210C}\u{331}.example",
    ])
    func whatOthersReadAsAnotherNameIsNone(_ text: String) {
        #expect(HostName(text[...]) == nil)
    }

    /// A dot in the middle stands between two letters l alone.
    @Test(arguments: ["a·b.cat", "·l.cat", "l·.cat", "l·a.cat", "xn--ab-0ea.cat"])
    func aMiddleDotElsewhereIsNone(_ text: String) {
        #expect(HostName(text[...]) == nil)
    }

    @Test(arguments: [
        ("faß.de", "xn--fa-hia.de"), ("xn--fa-hia.de", "xn--fa-hia.de"),
        ("ΣΟΦΟΣ.gr", "xn--0xaakcn.gr"), ("σοφος.gr", "xn--0xaajbq.gr"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u{308}cher.example", "xn--bcher-kva.example"),
        ("paral·lel.cat", "xn--parallel-koa.cat"), ("PARAL·LEL.cat", "xn--parallel-koa.cat"),
        ("xn--parallel-koa.cat", "xn--parallel-koa.cat"), ("l·l·l.cat", "xn--lll-lgab.cat"),
        ("二〇.example", "xn--w6jt23g.example"),
        ("ＣＬＯＵＤ．example", "cloud.example"), ("ДОМ.example", "xn--d1aqf.example"),
    ])
    func namesBeyondASCIIHaveOneSpelling(_ text: String, _ spelling: String) {
        #expect(HostName(text[...])?.text == spelling)
    }
}

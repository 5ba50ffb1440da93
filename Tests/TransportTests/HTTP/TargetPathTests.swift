import Testing

@testable import Transport

@Suite struct TargetPathTests {
    private func path(_ text: String, _ rule: TargetPath.Rule) throws(PathFailure) -> String {
        try TargetPath(latin1(text)[...], rule: rule).text
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("//a///b//", "/a/b/"), ("/%61%2d%7E", "/a-~"),
        ("/%c3%a4%20", "/%C3%A4%20"), ("/a+b;c=d,e", "/a+b;c=d,e"), ("/...", "/..."),
        ("/.a/..b/c.", "/.a/..b/c."), ("/50%25", "/50%25"), ("/50%25%20off", "/50%25%20off"),
        ("/a[b]{c}|^", "/a[b]{c}|^"), ("/%25zz", "/%25zz"), ("/a%3Bb", "/a%3Bb"),
    ])
    func routedPathHasOneSpelling(_ raw: String, _ text: String) throws {
        #expect(try path(raw, .routed) == text)
        #expect(try path(text, .routed) == text)
        #expect(TargetPath(canonical: text)?.text == text)
    }

    @Test(arguments: [
        ("//a//b", "/a/b"), ("/%61", "/%61"), ("/%c3%a4", "/%c3%a4"), ("/a%2fb", "/a%2fb"),
        ("/a%5Cb", "/a%5Cb"), ("/a%252fb", "/a%252fb"),
    ])
    func passedThroughPathKeepsItsEscapes(_ raw: String, _ text: String) throws {
        #expect(try path(raw, .passThrough) == text)
    }

    @Test(arguments: [
        ("/a/./b:c", "/a/b:c"), ("/./x", "/x"), ("/.", "/"), ("/a/.", "/a/"), ("/a/./", "/a/"),
        ("/.//././/x/.//", "/x/"), ("/a./.b/./c", "/a./.b/c"),
    ])
    func plainDotIsLeftOutWhereNoPolicyHangs(_ raw: String, _ text: String) throws {
        #expect(try path(raw, .passThrough) == text)
        #expect(throws: PathFailure.dotSegment) { try path(raw, .routed) }
        #expect(
            try TargetPath(TargetPath.leavingOutDots(latin1(raw)[...]), rule: .routed).text == text)
    }

    @Test(arguments: [
        "/a/../b/./c", "/a/./%2e/b", "/a/./.;/b", "/a/./b\\c", "/a/./%zz", "a/./b", "",
    ])
    func ofAPathThatIsRefusedNothingIsLeftOut(_ raw: String) {
        #expect(TargetPath.leavingOutDots(latin1(raw)[...]).elementsEqual(latin1(raw)))
    }

    @Test(arguments: [
        ("", PathFailure.relative), ("a", .relative), ("*", .relative), ("/a b", .character),
        ("/a\u{0}", .character), ("/a\u{E9}", .character), ("/a?b", .character),
        ("/a#b", .character), ("/%", .escape), ("/%4", .escape), ("/%g0", .escape),
        ("/%0a", .control), ("/%7f", .control), ("/a\\b", .backslash), ("/..", .dotSegment),
        ("/a/../b", .dotSegment), ("/./../b", .dotSegment), ("/%2e/", .dotSegment),
        ("/%2e", .dotSegment), ("/a/.;x/b", .dotSegment), ("/./.;/b", .dotSegment),
        ("/.%2E", .dotSegment), ("/..;", .dotSegment), ("/.%3Bx/", .dotSegment),
        ("/%ff", .encoding), ("/%c0%ae", .encoding), ("/%e4%b8", .encoding),
        ("/%f4%90%80%80", .encoding),
    ])
    func oddPathIsRefusedByEveryRule(_ raw: String, _ failure: PathFailure) {
        #expect(throws: failure) { try path(raw, .routed) }
        #expect(throws: failure) { try path(raw, .passThrough) }
    }

    @Test(arguments: [
        ("/a%2Fb", PathFailure.encodedSlash), ("/a%5cb", .encodedBackslash),
        ("/%252e", .doubleEncoding), ("/a%252F..", .doubleEncoding), ("/..%255cx", .doubleEncoding),
        ("/%2500", .doubleEncoding), ("/..%253f", .doubleEncoding),
        ("/a%252f.%253bx", .doubleEncoding),
        ("/%2525252e", .doubleEncoding), ("/%25252525252525", .doubleEncoding),
    ])
    func separatorsInEscapesAreRefusedWherePolicyHangs(_ raw: String, _ failure: PathFailure) {
        #expect(throws: failure) { try path(raw, .routed) }
        #expect(throws: Never.self) { try path(raw, .passThrough) }
    }

    /// As pages and exports are named: no server takes them for another folder.
    @Test(arguments: [
        "/a%252Fb", "/https%253A%252F%252Fhost%252Fpage.html", "/100%2525.txt", "/v1%252E2.txt",
        "/20%2510er", "/a%255Cb", "/%252525",
    ])
    func aNameMayHoldWhatLooksLikeAnEscape(_ raw: String) throws {
        #expect(try path(raw, .routed) == raw)
    }

    @Test func segmentsAreDecoded() throws {
        let path = try TargetPath(latin1("/a%20b/%C3%A4/")[...], rule: .routed)
        #expect(path.segments == ["a b", "ä", ""])
    }

    @Test(arguments: ["/%61", "//a", "/a/./b", "a", "/%c3%a4"])
    func otherSpellingsAreNotCanonical(_ text: String) {
        #expect(TargetPath(canonical: text) == nil)
    }
}

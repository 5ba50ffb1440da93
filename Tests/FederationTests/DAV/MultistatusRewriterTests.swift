import Federation
import Testing

@Suite struct MultistatusRewriterTests {
    private static let host = PeerHost("peer.test")

    private func rewriter(
        from: String = "/webdav/ocm/01a2", to: String = "/public.php/webdav"
    ) throws -> MultistatusRewriter {
        MultistatusRewriter(
            from: from, to: to,
            hosts: [try #require(Self.host), try #require(PeerHost("inner.corp:9200"))])
    }

    /// The whole text, pushed in pieces of `size` bytes.
    private func rewrite(
        _ text: String, size: Int = .max, _ rewriter: MultistatusRewriter? = nil
    ) throws -> String {
        var rewriter = try rewriter ?? self.rewriter()
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = size < bytes.count - start ? start + size : bytes.count
            output += try rewriter.push(Array(bytes[start..<end]).span)
            start = end
        }
        output += try rewriter.finish()
        return String(decoding: output, as: UTF8.self)
    }

    private static let listing =
        #"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>/webdav/ocm/01a2/</d:href><d:propstat><d:prop><d:getetag>&quot;a/webdav/ocm/01a2/b&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response><d:response><d:href>/webdav/ocm/01a2/sub%20dir/a&amp;b.txt</d:href></d:response></d:multistatus>"#

    private static let mapped =
        #"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>/public.php/webdav/</d:href><d:propstat><d:prop><d:getetag>&quot;a/webdav/ocm/01a2/b&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response><d:response><d:href>/public.php/webdav/sub%20dir/a&amp;b.txt</d:href></d:response></d:multistatus>"#

    @Test(arguments: [1, 2, 3, 5, 7, 11, 64, 1000])
    func hrefsAreMappedHoweverTheBodyIsCut(_ size: Int) throws {
        #expect(try rewrite(Self.listing, size: size) == Self.mapped)
    }

    private static func one(_ href: String) -> String {
        "<multistatus xmlns='DAV:'><response><href>\(href)</href></response></multistatus>"
    }

    @Test(arguments: [
        ("/webdav/ocm/01a2", "/public.php/webdav/"),
        ("/webdav/ocm/01a2/x", "/public.php/webdav/x"),
        ("/webdav/%6fcm/01a2/%C3%A9", "/public.php/webdav/%C3%A9"),
        ("https://peer.test/webdav/ocm/01a2/x", "/public.php/webdav/x"),
        ("https://PEER.test:443/webdav/ocm/01a2/x", "/public.php/webdav/x"),
        ("https://peer.test/webdav/ocm/01a2/ä?ö#ü", "/public.php/webdav/ä?ö#ü"),
        ("http://inner.corp:9200/webdav/ocm/01a2/x", "/public.php/webdav/x"),
        ("<![CDATA[/webdav/ocm/01a2/a&b]]>", "/public.php/webdav/a&amp;b"),
        ("/webdav/<!-- here -->ocm/01a2/x", "/public.php/webdav/x"),
        ("&#47;webdav&#x2F;ocm/01a2/x", "/public.php/webdav/x"),
        ("\n  /webdav/ocm/01a2/x\n", "/public.php/webdav/x"),
    ])
    func pathsBelowTheRootInAnySpelling(_ href: String, _ mapped: String) throws {
        #expect(try rewrite(Self.one(href)) == Self.one(mapped))
        #expect(try rewrite(Self.one(href), size: 1) == Self.one(mapped))
    }

    @Test(arguments: [
        "/webdav/ocm/01a23/x", "/webdav/ocm/", "/", "", "//webdav/ocm/01a2/x", "x/y",
        "https://other.test/webdav/ocm/01a2/x", "/webdav%2Focm/01a2/x", "&unknown;/webdav/ocm/01a2",
        "<b/>/webdav/ocm/01a2/x", "/webdav/ocm/01a2\u{0}",
        "mailto:a@peer.test",
    ])
    func everythingElseStays(_ href: String) throws {
        #expect(try rewrite(Self.one(href)) == Self.one(href))
    }

    @Test func onlyHrefsOfDAVCount() throws {
        let text =
            #"<a:multistatus xmlns:a="DAV:" xmlns:b="other"><b:href>/webdav/ocm/01a2/x</b:href><a:href xmlns:a="other">/webdav/ocm/01a2/x</a:href><href>/webdav/ocm/01a2/x</href><a:href/><a:hrefs>/webdav/ocm/01a2/x</a:hrefs><a:xhref>/webdav/ocm/01a2/x</a:xhref><a:prop a:href="/webdav/ocm/01a2/x">/webdav/ocm/01a2/x</a:prop></a:multistatus>"#
        #expect(try rewrite(text) == text)
        let prefixed = "<m xmlns='DAV:'><a:b:href>/webdav/ocm/01a2/x</a:b:href></m>"
        #expect(try rewrite(prefixed) == prefixed)
        let inner =
            #"<m xmlns='other'><href xmlns = "DA&#86;:" >/webdav/ocm/01a2/x</href><href>/webdav/ocm/01a2/x</href></m>"#
        #expect(
            try rewrite(inner)
                == #"<m xmlns='other'><href xmlns = "DA&#86;:" >/public.php/webdav/x</href><href>/webdav/ocm/01a2/x</href></m>"#
        )
    }

    @Test func markupThatLooksLikeAnotherIsNotMistaken() throws {
        let text =
            #"<?xml version="1.0"?><!-- <d:href>/webdav/ocm/01a2/x</d:href> --><d:m xmlns:d="DAV:" q="a>b" r='"'><![CDATA[<d:href>/webdav/ocm/01a2/x</d:href>]]><?p ->?></d:m>"#
        #expect(try rewrite(text) == text)
        #expect(try rewrite(text, size: 1) == text)
    }

    @Test func rootsMayBeEmpty() throws {
        let up = try rewriter(from: "", to: "/public.php/webdav")
        #expect(try rewrite(Self.one("/a/b"), up) == Self.one("/public.php/webdav/a/b"))
        let down = try rewriter(from: "/dav/ocm/7", to: "")
        #expect(try rewrite(Self.one("/dav/ocm/7"), down) == Self.one("/"))
    }

    @Test(arguments: [
        ("<!DOCTYPE a><a/>", MultistatusError.declaration),
        ("<!ENTITY a 'b'>", .declaration),
        ("<a", .cutOff), ("<a>", .cutOff), ("<a><!-- ", .cutOff), ("<a b='", .cutOff),
        ("</a>", .malformed), ("<a></a></a>", .malformed), ("<a <b>", .malformed),
        ("<>", .malformed),
        ("<a b></a>", .malformed), ("<a b=c></a>", .malformed),
        ("<a b x'c'></a>", .malformed), ("<a b='<'/>", .malformed),
    ])
    func whatIsNoWholeDocumentIsRefused(_ text: String, _ error: MultistatusError) throws {
        #expect(throws: error) { try rewrite(text) }
        #expect(throws: error) { try rewrite(text, size: 1) }
    }

    @Test func memoryIsBounded() throws {
        #expect(throws: MultistatusError.tooLong) {
            try rewrite("<a b='" + String(repeating: "x", count: 70_000))
        }
        #expect(throws: MultistatusError.tooDeep) {
            try rewrite(String(repeating: "<a>", count: 65))
        }
        #expect(throws: MultistatusError.tooDeep) {
            try rewrite(
                "<a" + (0..<300).map { " xmlns:p\($0)='x'" }.joined() + "/>")
        }
        let long = Self.one("/webdav/ocm/01a2/" + String(repeating: "x", count: 70_000))
        #expect(try rewrite(long) == long)
    }

    @Test(arguments: RecordedTraffic.all.filter { $0.status == 207 })
    func recordedAnswersAreMappedThereAndBack(_ exchange: RecordedExchange) throws {
        let text = String(decoding: exchange.answer, as: UTF8.self)
        let root =
            exchange.path.hasPrefix("/dav/ocm/")
            ? exchange.path.split(separator: "/").prefix(3).map { "/\($0)" }.joined()
            : "/public.php/webdav"
        let there = try rewriter(from: root, to: "/else where/&ocm")
        let mapped = try rewrite(text, size: 13, there)
        #expect(mapped.contains("<d:href>/else where/&amp;ocm/"))
        #expect(!mapped.contains("<d:href>\(root)/"))
        let back = try rewriter(from: "/else where/&ocm", to: root)
        #expect(try rewrite(mapped, back) == text)
    }
}

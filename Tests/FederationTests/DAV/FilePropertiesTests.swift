import Testing

@testable import Federation

@Suite struct FilePropertiesTests {
    private func told(_ file: FileProperties, at path: String = "/a") -> String {
        String(decoding: file.multistatus(at: path), as: UTF8.self)
    }

    @Test func whatHeadTellsIsSaidOfOneFile() throws {
        let file = FileProperties(
            length: 9, modified: "Mon, 23 Nov 2026 20:40:44 GMT", tag: #""a<b""#,
            type: "text/a&b; charset=utf-8", permissions: .named(["read"]))
        let text = told(file, at: "/public.php/webdav/a%20b&c")
        for each in [
            "<d:href>/public.php/webdav/a%20b&amp;c</d:href>", "<d:resourcetype/>",
            "<d:getcontentlength>9</d:getcontentlength>",
            "<d:getlastmodified>Mon, 23 Nov 2026 20:40:44 GMT</d:getlastmodified>",
            #"<d:getetag>"a&lt;b"</d:getetag>"#,
            "<d:getcontenttype>text/a&amp;b</d:getcontenttype>",
            "<oc:permissions></oc:permissions>", "<ocs:share-permissions>1</ocs:share-permissions>",
        ] {
            #expect(text.contains(each), "\(each)")
        }
        let bytes = Array(text.utf8)
        let isOfFolder = try MultistatusRewriter.isOfFolder(bytes.span)
        #expect(!isOfFolder)
    }

    @Test func whatIsNotToldIsLeftOut() {
        let text = told(FileProperties(length: 0, permissions: .named(["read", "write"])))
        for name in ["getlastmodified", "getetag", "getcontenttype"] {
            #expect(!text.contains(name))
        }
        #expect(text.contains("<oc:permissions>W</oc:permissions>"))
        #expect(text.contains("<ocs:share-permissions>3</ocs:share-permissions>"))
    }
}

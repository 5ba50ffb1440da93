import HTTP2
import Testing

@testable import Transport

@Suite struct FieldBlockAnswerTests {
    @Test func aHeadThatWasWrittenComesApartAgain() throws {
        var writer = HeadWriter()
        writer.statusLine(404)
        try writer.add(FieldName("etag"), "\"a: b\"")
        try writer.add(FieldName("empty"), "")
        writer.add(.contentLength, 5)
        var bytes = writer.finish()
        bytes.removeLast(2)
        bytes += Array("Set-Cookie: a=b\r\n\r\n".utf8)
        let block = FieldBlock(bytes)
        let lines = block.fields.map {
            String(decoding: block.name($0), as: UTF8.self) + "="
                + String(decoding: block.value($0), as: UTF8.self)
        }
        #expect(
            lines == [
                ":status=404", "etag=\"a: b\"", "empty=", "content-length=5", "set-cookie=a=b",
            ])
    }
}

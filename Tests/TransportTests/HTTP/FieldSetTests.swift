import Testing

@testable import Transport

@Suite struct FieldSetTests {
    @Test(arguments: [0, 1, 8, 9, 24, 100])
    func exactlyItsNamesAreInIt(_ count: Int) throws {
        let names = (0..<count).map { FieldName("x-name-\($0)") }
        let set = FieldSet(names)
        #expect(set.map(\.description) == names.map(\.description))
        for number in 0..<120 {
            let text = "HTTP/1.1 200 OK\r\nX-Name-\(number): 1\r\nContent-Length: 0\r\n\r\n"
            var parser = ResponseHeadParser()
            guard
                case .head(let head, _) = try parser.parse(
                    Array(text.utf8).span, answering: .get)
            else {
                Issue.record("no head")
                return
            }
            #expect(set.holds(head.fields.entries[0], of: head.fields) == (number < count))
            #expect(!set.holds(head.fields.entries[1], of: head.fields))
        }
    }
}

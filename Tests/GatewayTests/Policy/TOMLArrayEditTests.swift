import Federation
import Testing

@testable import Gateway

@Suite struct TOMLArrayEditTests {
    private func edited(_ text: String) throws -> (text: String, line: Int) {
        let document = try TOMLDocument(Array(text.utf8), file: "t.toml")
        guard case .table(let members) = document.root.content,
            let array = members.first(where: { $0.key == "a" })
        else { return ("", 0) }
        let edit = try #require(TOMLArrayEdit(Array(text.utf8), at: array.value.position))
        let (bytes, line) = edit.appending("\"new\"")
        let new = String(decoding: bytes, as: UTF8.self)
        // What comes out is the same array with one element more.
        let changed = try TOMLDocument(bytes, file: "t.toml")
        #expect(try count(changed) == (try count(document)) + 1, "\(new)")
        return (new, line)
    }

    private func count(_ document: TOMLDocument) throws -> Int {
        guard case .table(let members) = document.root.content,
            case .array(let nodes)? = members.first(where: { $0.key == "a" })?.value.content
        else { return -1 }
        return nodes.count
    }

    @Test(arguments: [
        ("a = []\n", "a = [\"new\"]\n", 1),
        ("\u{FEFF}a = [\"x\"]\n", "\u{FEFF}a = [\"x\", \"new\"]\n", 1),
        ("a = [ \"x\" ] # c\n", "a = [ \"x\", \"new\" ] # c\n", 1),
        ("a = [\"x\",]\n", "a = [\"x\", \"new\"]\n", 1),
        ("a = [ \"]\", '\"#' ]\n", "a = [ \"]\", '\"#', \"new\" ]\n", 1),
        (
            "# top\na = [\n  \"x\", # one\n  { b = [1, 2], c = \"}\" }, # two\n  # end\n]\nb = 1\n",
            "# top\na = [\n  \"x\", # one\n  { b = [1, 2], c = \"}\" }, # two\n  \"new\",\n  # end\n]\nb = 1\n",
            5
        ),
        (
            "a = [\n\t\"x\",\n\t\"y\" # last, [ \"\n]\n",
            "a = [\n\t\"x\",\n\t\"y\", # last, [ \"\n\t\"new\"\n]\n", 4
        ),
        ("a = [\n  \"x\",\n  \"y\"]\n", "a = [\n  \"x\",\n  \"y\",\n  \"new\"]\n", 4),
        ("a = [\r\n  \"x\"\r\n]\r\n", "a = [\r\n  \"x\",\r\n  \"new\"\r\n]\r\n", 3),
        ("a = [\r\n  \"x\", # c\r\n]\r\n", "a = [\r\n  \"x\", # c\r\n  \"new\",\r\n]\r\n", 3),
        ("a = [\r\n  \"x\"]\r\n", "a = [\r\n  \"x\",\r\n  \"new\"]\r\n", 3),
        (
            "a = [\"\"\"x\"\"\"\"\", '''y''']\n", "a = [\"\"\"x\"\"\"\"\", '''y''', \"new\"]\n",
            1
        ),
        ("a = [ # nothing yet\n]\n", "a = [\"new\" # nothing yet\n]\n", 1),
        (
            "é = 1\na = [\"é\"]\n".replacing("é = 1", with: "\"é\" = 1"),
            "\"é\" = 1\na = [\"é\", \"new\"]\n", 2
        ),
    ]) func theNewElementIsTheLastAndAllElseStays(
        _ text: String, _ wanted: String, _ line: Int
    ) throws {
        let result = try edited(text)
        #expect(result.text == wanted)
        #expect(result.line == line)
    }
}

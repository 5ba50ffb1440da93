import Testing

@testable import OpenSSL

@Suite struct PEMTests {
    private static func block(_ label: String, _ body: String) -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        for count in [0, 1, 47, 48, 49, 200] {
            let pem = PEM(label: "PUBLIC KEY", bytes: Random.bytes(count))
            let read = try PEM.only(in: pem.text)
            #expect(read.label == pem.label && read.bytes == pem.bytes)
            #expect(pem.text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
        }
    }

    @Test func whatStandsBetweenBlocksIsPassedOver() throws {
        let text = "subject: a\n" + Self.block("A", "Zm9v") + "more\n" + Self.block("B", "YmFy")
        let blocks = try PEM.blocks(in: text)
        #expect(blocks.map(\.label) == ["A", "B"])
        #expect(blocks.map { String(decoding: $0.bytes, as: UTF8.self) } == ["foo", "bar"])
        #expect(throws: CryptoError.self) { try PEM.only(in: text) }
        #expect(throws: CryptoError.self) { try PEM.only(in: "none") }
    }

    @Test func anyLineEndIsOne() throws {
        for end in ["\n", "\r\n", "\r", " \n", "\t\r\n"] {
            let text = ["-----BEGIN A-----", "Zm9v", "YmFy", "-----END A-----"].joined(
                separator: end)
            let block = try PEM.only(in: text + end)
            #expect(String(decoding: block.bytes, as: UTF8.self) == "foobar")
        }
    }

    @Test(arguments: [
        "-----BEGIN A-----\nZm9v\n", "Zm9v\n-----END A-----\n",
        "-----BEGIN A-----\nZm9v\n-----END B-----\n",
        "-----BEGIN A-----\n-----BEGIN A-----\nZm9v\n-----END A-----\n",
        "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n-----END A-----\n",
        "-----BEGIN A-----\nZm9\n-----END A-----\n", "-----BEGIN A-----\nZm-_\n-----END A-----\n",
        "-----BEGIN A-----\nZm9v===\n-----END A-----\n",
    ]) func aBlockThatIsNotWholeIsRefused(_ text: String) {
        #expect(throws: CryptoError.self) { try PEM.blocks(in: text) }
    }
}

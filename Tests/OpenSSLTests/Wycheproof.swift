import Foundation

/// Reads the files of Tests/Vectors/wycheproof.
enum Wycheproof {
    /// A file with groups of one shape.
    struct File<Group: Decodable>: Decodable {
        let numberOfTests: Int
        let testGroups: [Group]
    }

    /// A case of a signature file.
    struct SignatureCase: Decodable {
        let tcId: Int
        let comment: String
        let msg: String
        let sig: String
        let result: String
    }

    /// A key with its cases.
    struct SignatureGroup: Decodable {
        let publicKeyDer: String
        let publicKeyPem: String
        let tests: [SignatureCase]
        let sha: String?
        let mgfSha: String?
        let sLen: Int?
    }

    static func load<Group: Decodable>(_ name: String, as type: Group.Type) throws -> File<Group> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/wycheproof")
        let data = try Data(contentsOf: folder.appending(path: name))
        return try JSONDecoder().decode(File<Group>.self, from: data)
    }
}

/// The bytes of a hexadecimal text; stops the test run on anything else.
func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { UInt8(UInt32(Character(Unicode.Scalar($0)).hexDigitValue ?? 99)) }
    precondition(digits.count % 2 == 0 && digits.allSatisfy { $0 < 16 }, "not hexadecimal: \(hex)")
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

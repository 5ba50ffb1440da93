import Foundation

/// The recorded vectors, found from this file's own place.
enum Vectors {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Vectors")

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    static func json(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: path)))
    }
}

/// A value that a vector lacks, so that a broken file fails the test and does not skip it.
struct Missing: Error {
    let what: String
}

extension Optional {
    func orMissing(_ what: String) throws -> Wrapped {
        guard let self else { throw Missing(what: what) }
        return self
    }
}

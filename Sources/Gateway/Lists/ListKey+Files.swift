package import Federation
import Foundation

extension ListKey {
    /// The keys in these files.
    ///
    /// Refused: a file that cannot be read, and what `keys(in:)` refuses.
    package static func pinned(in files: [String]) throws(PrivateFile.Problem) -> [ListKey] {
        var keys: [ListKey] = []
        for file in files {
            guard let document = FileManager.default.contents(atPath: file) else {
                throw PrivateFile.Problem(
                    path: file, what: "cannot be read",
                    remedy: "put the publisher's key (JWK or PEM) there")
            }
            do throws(ListDefect) {
                keys += try ListKey.keys(in: [UInt8](document))
            } catch {
                throw PrivateFile.Problem(path: file, what: error.description, remedy: "")
            }
        }
        return keys
    }
}

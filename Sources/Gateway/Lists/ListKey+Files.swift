package import Federation
import Foundation

extension ListKey {
    /// The keys in these files.
    ///
    /// Refused: a file that cannot be read, and what `keys(in:)` refuses.
    package static func pinned(in files: [String]) throws(PrivateFile.Problem) -> [ListKey] {
        var keys: [ListKey] = []
        for file in files {
            let document: [UInt8]
            do throws(PrivateFile.Problem) {
                document = try PrivateFile.readPlain(file, limit: 1 << 20)
            } catch {
                throw PrivateFile.Problem(
                    path: file, what: error.what,
                    remedy: "put the publisher's key (JWK or PEM) there")
            }
            do throws(ListDefect) {
                keys += try ListKey.keys(in: document)
            } catch {
                throw PrivateFile.Problem(path: file, what: error.description, remedy: "")
            }
        }
        return keys
    }
}

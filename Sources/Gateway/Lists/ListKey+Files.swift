package import Federation
import Foundation

extension ListKey {
    /// The keys in these files.
    ///
    /// Refused: a file that cannot be read, and what `keys(in:)` refuses.
    package static func pinned(in files: [String]) throws(FileProblem) -> [ListKey] {
        var keys: [ListKey] = []
        for file in files {
            let document: [UInt8]
            do throws(FileProblem) {
                document = try PrivateFile.readPlain(file, limit: 1 << 20)
            } catch {
                throw FileProblem(file, error.what, "put the publisher's key (JWK or PEM) there")
            }
            do throws(ListDefect) {
                keys += try ListKey.keys(in: document)
            } catch {
                throw FileProblem(file, error.description)
            }
        }
        return keys
    }
}

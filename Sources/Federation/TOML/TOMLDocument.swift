/// A TOML document in which every key and value knows where it stands.
package struct TOMLDocument: Sendable {
    package let file: String
    /// The members of the document itself.
    package let root: TOMLNode

    /// Refused: bytes that are no UTF-8, more than 8 MiB, and what ``TOMLParser`` refuses.
    package init(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) {
        func fault(
            _ position: SourcePosition?, _ message: String, remedy: String? = nil
        ) -> ConfigurationErrors {
            ConfigurationErrors(
                ConfigurationError(
                    file: file, position: position, message: message, remedy: remedy))
        }
        guard bytes.count <= Self.sizeLimit else {
            throw fault(nil, "the file is larger than 8 MiB")
        }
        if let position = Self.firstInvalid(bytes) {
            throw fault(position, "the file is not UTF-8 here")
        }
        do throws(TOMLFault) {
            root = try TOMLParser.read(bytes)
        } catch {
            throw fault(error.position, error.message, remedy: error.remedy)
        }
        self.file = file
    }

    private static let sizeLimit = 8 << 20

    /// Where the first bytes stand that are no UTF-8.
    private static func firstInvalid(_ bytes: [UInt8]) -> SourcePosition? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &input) { offset += scalar.count }
        var cursor = TOMLCursor(Array(bytes[..<offset]))
        while cursor.peek != nil { cursor.advance() }
        return cursor.position
    }
}

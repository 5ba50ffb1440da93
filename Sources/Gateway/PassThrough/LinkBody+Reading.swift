import Federation

/// How a body is read that may name a public link.
extension LinkBody {
    /// What the parameters are called that are documents: in ownCloud's text editor, and in draw.io.
    private static let documents = ["filecontents", "fileContents", "previewContents"]

    /// How much of it is read, in bytes. ownCloud's editor opens files of 4 MiB, which escapes make longer.
    /// More than `ServerLimits.shortestDocument`, so that it counts as a document.
    var limit: Int {
        switch self {
        case .parameters: 16 << 10
        case .document: 8 << 20
        }
    }

    /// What it is held to as JSON.
    var json: JSONLimits {
        switch self {
        case .parameters: .message
        case .document: JSONLimits(bytes: limit)
        }
    }

    /// Whether the parameter of this name is a document.
    func isDocument(_ name: String) -> Bool {
        self == .document && Self.documents.contains { $0.utf8.elementsEqual(name.utf8) }
    }

    /// A form without its documents: these may have any bytes. Refused (`body_too_large`): more than 64 KiB
    /// beside them.
    func withoutDocuments(_ form: [UInt8]) throws(Denial) -> [UInt8] {
        guard self == .document else { return form }
        let documents = Self.documents.map { Array("\($0)=".utf8) }
        var parameters: [UInt8] = []
        var start = form.startIndex
        while start < form.endIndex {
            let end = form[start...].firstIndex(of: UInt8(ascii: "&")) ?? form.endIndex
            let pair = form[start..<end]
            if !documents.contains(where: { pair.starts(with: $0) }) {
                guard parameters.count + pair.count < 64 << 10 else {
                    throw Denial(.bodyTooLarge, "the parameters beside the document")
                }
                parameters += pair
                parameters.append(UInt8(ascii: "&"))
            }
            start = min(end + 1, form.endIndex)
        }
        return parameters
    }
}

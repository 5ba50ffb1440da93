import HTTPSignatures

/// Structured fields.
enum StructuredFieldProperties {
    /// What was read can be written, and is then read the same.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        if let item = readItem(bytes) {
            let written = try write { (writer) throws(StructuredFieldError) in
                try writer.write(item)
            }
            try hold(readItem(written) == item, "item \(text(written)) reads otherwise")
        }
        if let list = readList(bytes) {
            let written = try write { (writer) throws(StructuredFieldError) in
                try writer.write(list)
            }
            try hold(readList(written) == list, "list \(text(written)) reads otherwise")
        }
        if let dictionary = readDictionary(bytes, .lastWins) {
            let written = try write { (writer) throws(StructuredFieldError) in
                try writer.write(dictionary)
            }
            // A key is written once, so the stricter reading takes it too.
            try hold(
                readDictionary(written, .refused) == dictionary,
                "dictionary \(text(written)) reads otherwise")
        }
        if let strict = readDictionary(bytes, .refused) {
            try hold(
                readDictionary(bytes, .lastWins) == strict, "the two readings of keys differ")
        }
    }

    private static func readItem(_ bytes: [UInt8]) -> StructuredField.Item? {
        var parser = StructuredFieldParser(bytes.span)
        return try? parser.parseItem()
    }

    private static func readList(_ bytes: [UInt8]) -> StructuredField.List? {
        var parser = StructuredFieldParser(bytes.span)
        return try? parser.parseList()
    }

    private static func readDictionary(
        _ bytes: [UInt8], _ keys: StructuredField.RepeatedKeys
    ) -> StructuredField.Dictionary? {
        var parser = StructuredFieldParser(bytes.span, repeatedKeys: keys)
        return try? parser.parseDictionary()
    }

    private static func write(
        _ body: (inout StructuredFieldSerializer) throws(StructuredFieldError) -> Void
    ) throws(Violation) -> [UInt8] {
        var writer = StructuredFieldSerializer()
        do { try body(&writer) } catch {
            throw Violation("read, but cannot be written: \(error)")
        }
        return writer.bytes
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

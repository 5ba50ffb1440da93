import Federation
import Transport

/// Keys and tables whose function is not available yet. They are read and checked like all others;
/// what asks for something is refused, what turns it off (`""`, `[]`) is taken. A later version
/// takes lines away here.
extension ConfigurationReader {
    /// The value that asks for nothing.
    enum Off {
        case emptyText, emptyList

        var content: TOMLNode.Content { self == .emptyText ? .string("") : .array([]) }
        var text: String { self == .emptyText ? #""""# : "[]" }
    }

    /// Reads a key whose function comes later. What is wrong with its value is told first.
    func later<Value>(
        _ key: String, _ form: TOMLForm<Value>, off: Off, in table: inout TOMLTableReader
    ) {
        guard let node = table.node(key), node.content != off.content,
            form.read(node, findings) != nil
        else { return }
        findings.notYet(
            "\(table.path).\(key)", at: node.position, remedy: "\(key) = \(off.text) turns it off")
    }

    /// Keys of a table that mean nothing unless `key` turns it on.
    private func refuse(_ table: TOMLTableReader, without key: String) {
        guard !table.has(key), !table.all.isEmpty else { return }
        findings.notYet(
            "[\(table.path)]", at: table.position, remedy: #"\#(key) = "" turns it off"#)
    }

    func refuseJournal(_ top: inout TOMLTableReader) {
        var table = top.tableOrEmpty("journal")
        later("dir", .line, off: .emptyText, in: &table)
        _ = table.read("keep", .duration(from: .seconds(86_400), to: .seconds(36_525 * 86_400)))
        _ = table.read("bodies", TOMLForm<JournalBodies>.word("value"))
        _ = table.read("checkpoint", .duration(from: .seconds(1), to: .seconds(86_400)))
        table.finish()
        refuse(table, without: "dir")
    }

    private enum JournalBodies: String, CaseIterable { case none, redacted }

    func refuseMetricsAndAdmin(_ top: inout TOMLTableReader) {
        var metrics = top.tableOrEmpty("metrics")
        later("listen", .listenAddress, off: .emptyText, in: &metrics)
        metrics.finish()
        var admin = top.tableOrEmpty("admin")
        later("socket", .line, off: .emptyText, in: &admin)
        later("page", .listenAddress, off: .emptyText, in: &admin)
        admin.finish()
    }
}

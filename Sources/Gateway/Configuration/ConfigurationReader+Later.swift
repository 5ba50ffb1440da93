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

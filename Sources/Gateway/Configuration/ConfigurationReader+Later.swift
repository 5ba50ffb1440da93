import Federation
import Transport

/// Keys and tables whose function is not available yet. They are read and checked like all others;
/// what asks for something is refused, what turns it off (`""`) is taken. A later version
/// takes lines away here.
extension ConfigurationReader {
    /// Reads a key whose function comes later. What is wrong with its value is told first.
    func later<Value>(
        _ key: String, _ form: TOMLForm<Value>, in table: inout TOMLTableReader
    ) {
        guard let node = table.node(key), node.content != .string(""),
            form.read(node, findings) != nil
        else { return }
        findings.notYet(
            "\(table.path).\(key)", at: node.position, remedy: #"\#(key) = "" turns it off"#)
    }

    func refuseMetricsAndAdmin(_ top: inout TOMLTableReader) {
        var metrics = top.tableOrEmpty("metrics")
        later("listen", .listenAddress, in: &metrics)
        metrics.finish()
        var admin = top.tableOrEmpty("admin")
        later("socket", .line, in: &admin)
        later("page", .listenAddress, in: &admin)
        admin.finish()
    }
}

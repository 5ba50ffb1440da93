import Federation
import Foundation

/// The real gateway as a child process, with the log that it writes.
final class GatewayProcess {
    private let binary: String
    private let files: DemoFiles
    private let process = Process()
    private var readUpTo = 0

    init(binary: String, files: DemoFiles) {
        self.binary = binary
        self.files = files
    }

    /// `ocmgate run -c FILE`.
    func start() throws {
        try files.write("", to: "gateway.log")
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: files.log))
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = ["run", "-c", files.configuration]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Another command of the binary on the same configuration; its standard output as JSON.
    func command(_ arguments: [String]) throws -> JSONValue {
        let command = Process()
        let output = Pipe()
        command.executableURL = URL(fileURLWithPath: binary)
        command.arguments = arguments + ["-c", files.configuration, "--json"]
        command.standardInput = FileHandle.nullDevice
        command.standardOutput = output
        try command.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        command.waitUntilExit()
        guard command.terminationStatus == 0 else {
            throw DemoFailure(
                "ocmgate \(arguments.joined(separator: " ")) ended with \(command.terminationStatus)"
            )
        }
        return try JSONValue(parsing: [UInt8](text))
    }

    /// All that it has written so far.
    func log() -> String {
        (try? String(contentsOfFile: files.log, encoding: .utf8)) ?? ""
    }

    /// The lines since the last call that tell of a decision: on a message, or on shared data that
    /// was refused. Waits a moment for the first one.
    func decisions() async throws -> [JSONObject] {
        for _ in 0..<40 {
            let found = newLines().filter { line in
                ["ocm.decision", "data.refused"].contains(line["message"]?.string)
            }
            if !found.isEmpty { return found }
            try await Task.sleep(for: .milliseconds(25))
        }
        return []
    }

    /// Skips what was written up to now.
    func skipLog() { _ = newLines() }

    private func newLines() -> [JSONObject] {
        let text = Array(log().utf8)
        guard let end = text.lastIndex(of: UInt8(ascii: "\n")), end >= readUpTo else { return [] }
        let lines = text[readUpTo...end].split(separator: UInt8(ascii: "\n"))
        readUpTo = end + 1
        return lines.compactMap { try? JSONValue(parsing: Array($0)).object }
    }
}

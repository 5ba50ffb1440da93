import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy fmt FILE…`: the canonical layout of policy files.
struct PolicyFmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt", abstract: "Lay a policy file out in the canonical way.",
        discussion: """
            Prints FILE with its spaces, empty lines and line ends put right; with -w it is written \
            back. Comments, values and their order stay, and so does the policy's hash. Tests that \
            stand beside a policy (FILE.test.toml) are laid out in the same way.

            Exit code 0 when that is done, 1 with --check when a file would change, 2 when a file \
            cannot be read as TOML or written.
            """)

    @Argument(help: "Policy files, - for standard input.")
    var files: [String] = ["-"]

    @Flag(help: "Only name the files that would change.")
    var check = false

    @Flag(name: .shortAndLong, help: "Write it back into the file; mode and owner stay.")
    var write = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if check, write { throw ValidationError("--check and --write exclude each other") }
        if write, files.contains("-") {
            throw ValidationError("standard input cannot be written back: leave out --write")
        }
    }

    func run() throws {
        var rows: [[String: Output.Value]] = []
        var errors: [ConfigurationError] = []
        var changed = false
        for file in files {
            let name = InputFile.name(file)
            do throws(ConfigurationErrors) {
                let before = try PolicyCommand.bytes(of: file)
                let after = try Policy.laidOut(before, file: name, .disk)
                let differs = before != after
                changed = changed || differs
                if write, differs { try rewrite(file, after, over: before) }
                var row: [String: Output.Value] = [
                    "file": .string(name), "changed": .bool(differs),
                ]
                if !check, !write { row["text"] = .string(String(decoding: after, as: UTF8.self)) }
                rows.append(row)
                if !json { show(name, after, differs) }
            } catch {
                errors += error.all
                Output.error(error.description)
            }
        }
        if json { Output.json(["files": .list(rows), "errors": Output.rows(errors)]) }
        if !errors.isEmpty { throw Exit.cannotRun }
        if check, changed { throw Exit.findings }
    }

    private func show(_ name: String, _ text: [UInt8], _ differs: Bool) {
        if check || write {
            if differs { Output.line(name) }
        } else {
            StandardOutput.write(text)
        }
    }

    private func rewrite(
        _ file: String, _ bytes: [UInt8], over old: [UInt8]
    ) throws(ConfigurationErrors) {
        do throws(FileProblem) {
            try OperatorFile.rewrite(file, bytes, over: old)
        } catch {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil, message: error.what,
                    remedy: error.remedy.isEmpty ? nil : error.remedy))
        }
    }
}

import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// What commands print: text for people, or one JSON value.
enum Output {
    /// A value of a JSON answer.
    enum Value {
        case string(String)
        case strings([String])
        case number(Int)
        case bool(Bool)
        case null
        case list([[String: Value]])
        case object([String: Value])
        /// As it was read.
        case json(JSONValue)

        /// A text that may be missing.
        static func optional(_ text: String?) -> Value { text.map { .string($0) } ?? .null }

        /// A number that may be missing.
        static func optional(_ number: Int?) -> Value { number.map { .number($0) } ?? .null }
    }

    /// One line on standard output, whatever peers have put into it.
    static func line(_ text: String) { StandardOutput.write("\(plain(text))\n".utf8) }

    /// Lines on standard output; their ends are ours, and the last may have one.
    static func text(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        for one in lines { line(String(one)) }
    }

    /// What is wrong, or only odd, in a file, as programs read it.
    static func rows(_ errors: [ConfigurationError]) -> Value {
        .list(
            errors.map { error in
                [
                    "file": .string(error.file), "line": .optional(error.line),
                    "column": .optional(error.column),
                    "message": .string(error.message),
                    "remedy": .optional(error.remedy),
                ]
            })
    }

    /// A text that others chose, without what moves a terminal's cursor or turns its writing; tabs
    /// stay, which lists have between their columns.
    static func plain(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { isPlain($0) || $0 == "\t" ? $0 : "\u{FFFD}" }))
    }

    /// Whether it is seen as what it is.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{FFFD}" || LogText.isVisible(scalar)
    }

    /// Lines on standard error. Where they cannot be written there is nobody to tell.
    static func error(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.map { plain(String($0)) }.joined(separator: "\n")
        try? FileBytes.writeAll(STDERR_FILENO, Array("\(shown)\n".utf8).span)
    }

    /// There is nothing of what was asked for: says so to people and, when they asked for it, to
    /// programs. The exit code is 1.
    static func miss(_ reason: String, _ isJSON: Bool) throws -> Never {
        if isJSON { json(failure(reason)) }
        error(reason)
        throw Exit.findings
    }

    /// Why there is no answer, as programs read it: in one text, and row by row where what is wrong
    /// stands in files.
    static func failure(
        _ reason: String, _ errors: [ConfigurationError] = []
    ) -> [String: Value] {
        ["error": .string(reason), "errors": rows(errors)]
    }

    /// One JSON object on one line, its members by name.
    static func json(_ members: [String: Value]) {
        StandardOutput.write("\(text(of: members))\n".utf8)
    }

    /// One JSON object on one line with one member, a list whose rows are written as they come.
    struct Rows {
        private let name: String
        private let write: (String) -> Void
        private var isBegun = false

        init(
            of name: String, write: @escaping (String) -> Void = { StandardOutput.write($0.utf8) }
        ) {
            self.name = name
            self.write = write
        }

        mutating func add(_ row: [String: Value]) {
            write((isBegun ? "," : beginning) + text(of: row))
            isBegun = true
        }

        func end() { write((isBegun ? "" : beginning) + "]}\n") }

        private var beginning: String { "{\(text(of: .string(name))):[" }
    }

    /// A value on one line, with everything escaped that is not plainly visible.
    static func text(of value: JSONValue) -> String {
        let text = String(decoding: value.serialized(), as: UTF8.self)
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isPlain(scalar) {
                escaped.append(scalar)
            } else {
                // Only inside of a string can there be any.
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    escaped +=
                        ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
                        .unicodeScalars
                }
            }
        }
        return String(escaped)
    }

    /// A value for people: a member a line, short arrays on one.
    static func readable(_ value: JSONValue, indent: String = "") -> String {
        let inner = indent + "  "
        switch value {
        case .object(let object) where object.count > 0:
            let members = object.members.map { member in
                "\(inner)\(text(of: .string(member.name))): "
                    + readable(member.value, indent: inner)
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements):
            let line = text(of: value)
            if line.count + indent.count < 90 { return line }
            let rows = elements.map { inner + readable($0, indent: inner) }
            return "[\n\(rows.joined(separator: ",\n"))\n\(indent)]"
        case .object, .string, .number, .bool, .null: return text(of: value)
        }
    }

    private static func text(of members: [String: Value]) -> String {
        text(of: value(.object(members)))
    }

    private static func value(_ value: Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .strings(let texts): .array(texts.map { .string($0) })
        case .number(let number): .integer(number)
        case .bool(let flag): .bool(flag)
        case .null: .null
        case .json(let value): value
        case .list(let rows): .array(rows.map { self.value(.object($0)) })
        case .object(let members):
            .object(members.sorted { $0.key < $1.key }.map { ($0.key, self.value($0.value)) })
        }
    }
}

/// A command that cannot run: the reason goes to standard error, the exit code is 2.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    /// What is wrong in files of the operator's, each with its place.
    let errors: [ConfigurationError]

    init(_ reason: String) {
        description = "ocmgate: \(reason)"
        errors = []
    }

    /// What another error says; what is a failure of a command already stays as it is.
    init(telling error: any Error) {
        if let failure = error as? CommandFailure {
            self = failure
        } else {
            self.init("\(error)")
        }
    }

    /// `file:line:column: message; remedy`, a line for each.
    init(_ errors: ConfigurationErrors) {
        description = errors.description
        self.errors = errors.all
    }
}

/// The exit codes of every command (`0` fine).
enum Exit {
    /// It ran and found something wrong.
    static let findings = ExitCode(1)
    /// It could not run.
    static let cannotRun = ExitCode(2)
    /// The policy refuses.
    static let refused = ExitCode(3)
}
